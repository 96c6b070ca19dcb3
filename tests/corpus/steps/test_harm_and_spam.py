import random
import re
import time
import unicodedata

import pytest
from small_batches import batch_of, judge, sentences, verdict

from malmoi.corpus.steps.profanity import Profanity, weigh
from malmoi.corpus.steps.promotion import SHORTEST_CHARACTERS, Promotion, lexicon
from malmoi.corpus.steps.quality import Quality
from malmoi.sample import plant

QUALITY = Quality()
SWEARING = """ㅅㅂ 뭐야|시1발|씨@발|시~발 진짜|ㅅ.ㅂ|씨발놈|개새끼|개 같은 새끼야|이 새끼가|병신|ㅂㅅ|지랄하네
존나 춥다|미친놈아|ㅈㄹ|꺼져|FUCK you|좆같네|염병하네|느금마"""
INNOCENT = """시발점은 서울이다|버스의 시발역|다시 발표했다|역시 발전한다|오전 8시, 발차한다|8시 발표|새끼손가락을 걸고
고양이 새끼 세 마리|강아지의 새끼들|새끼줄을 꼬다|병신년(丙申年)에|합병신고서|징병신체검사|감염병 예방법
화염병을 던졌다|전염병이 돌았다|보존나무|아이가 목을 졸라|넥타이를 졸라매고|영향을 미친다
세계에 미친 영향|꺼져 가는 불씨|불이 꺼져서|위기가 닥쳐왔다|시바견을 키운다|솜씨 발휘|낱말씨 발음|개 색깔
이번 년도"""


def listed(table: str) -> list[str]:
    return table.replace("\n", "|").split("|")


@pytest.mark.parametrize("text", listed(SWEARING))
def test_swear_words_are_seen_through_their_disguises(text):
    assert weigh(text) > 0


@pytest.mark.parametrize("text", listed(INNOCENT))
def test_words_that_only_contain_one_are_innocent(text):
    assert weigh(text) == 0


@pytest.mark.parametrize(
    "text",
    [*listed(SWEARING), "시ㅡ발", "시ㅡㅡ발", "시1ㅡ발", "존ㅡ나", "18ㅡ놈", "개ㅡ새ㅡ끼", "꺼ㅡ져", "엿ㅡ 먹어"],
)
def test_the_step_looks_at_every_disguise_and_counts_as_its_words_alone(text):
    scored = Profanity()(QUALITY(batch_of(["가나다", f"그는 {text}", "라마바"])))
    assert scored.column("profanity_per_100").to_pylist() == [0, pytest.approx(100 * weigh(text) / 40), 0]
    assert weigh(text) > 0


def test_no_swear_word_reaches_from_one_text_into_the_next():
    scored = Profanity()(QUALITY(batch_of(["이것은 시", "발 아래", "존", "나"])))
    assert scored.column("profanity_per_100").to_pylist() == [0, 0, 0, 0]


def test_density_decides_and_one_outburst_in_a_long_text_is_kept():
    long_text = sentences(1) + " “씨발.” 그가 말했다. " + sentences(2)
    angry = plant.profanity("\n".join(sentences(number)[:60] for number in range(8)), random.Random(1))
    batch = judge(Profanity(), QUALITY(batch_of([long_text, angry, sentences(3)])))
    assert verdict(batch, "profanity") == [False, True, False]


def test_every_planted_promotion_is_found_and_news_about_discounts_is_kept():
    chance = random.Random(2)
    news = (
        "대형 마트가 이번 주말 할인 행사를 연다. 업계는 최대 30% 할인이 물가에 주는 영향을 지켜보고 있다. "
        "소비자 단체는 쿠폰 사용 조건을 확인하라고 권했다. 문의는 1588-0000으로 하면 된다. "
        "지난해 같은 행사에는 3만 명이 다녀갔고 혜택을 본 사람은 절반이었다."
    )
    batch = judge(Promotion(), QUALITY(batch_of([*(plant.promotion(chance) for _ in range(60)), news, sentences(1)])))
    assert verdict(batch, "promotion") == [True] * 60 + [False, False]


@pytest.mark.parametrize(
    "phrase", ["선착순 7명", "선착순 100명", "선착순100명", "선착순 １０명", "마감 임박", "월 300만원 보장"]
)
def test_a_phrase_counts_once_however_many_digits_it_has(phrase):
    once = Promotion()(QUALITY(batch_of([phrase]))).column("promotion_per_1000")[0].as_py()
    weights = {weight for expression, weight in zip(*lexicon(), strict=True) if re.match(expression, phrase)}
    assert once == pytest.approx(1000 * max(weights, default=0.0) / SHORTEST_CHARACTERS)


@pytest.mark.parametrize(
    "honest",
    [
        "군은 취약 가구에 무료 상담을 하고, 신청한 농가 가운데 선착순 30곳에 종자를 나누어 준다.",
        "은행은 '원금 보장'과 '고수익 보장'을 함께 내건 상품은 사기일 수 있다고 밝혔다.",
        "검찰은 리딩방을 열어 급등주를 알려 준다며 회비를 받은 두 사람을 재판에 넘겼다. 😢 댓글 1,200개",
        unicodedata.normalize("NFD", "구청은 무료 상담 창구를 열고 선착순 20명을 받는다."),
    ],
)
def test_a_short_text_that_tells_of_two_offers_is_no_offer(honest):
    batch = QUALITY(batch_of([unicodedata.normalize("NFC", honest)]))
    assert verdict(judge(Promotion(), batch), "promotion") == [False]


def test_two_offers_with_a_link_or_a_third_one_are_spam_however_short():
    texts = ["먹튀 없는 바카라 https://a.example", "무직자 당일 대출, 신용불량 환영", "조건 만남 출장 안마 ★"]
    assert verdict(judge(Promotion(), QUALITY(batch_of(texts))), "promotion") == [True] * 3


def test_every_promotion_phrase_compiles_and_has_a_weight():
    expressions, weights = lexicon()
    assert len(expressions) == len(weights) == len(set(expressions)) > 80
    assert min(weights) > 0


@pytest.mark.parametrize("word", ["씨발", "시발점 ", "졸라를 ", "미친 새끼야 "])
def test_text_of_nothing_but_curses_takes_time_in_proportion_to_its_length(word):
    batch = Quality()(batch_of([word * (300_000 // len(word))], "comment"))
    start = time.process_time()
    Profanity()(batch)
    assert time.process_time() - start < 5
