import random

import pytest
from small_batches import batch_of, judge, sentences, verdict

from malmoi.corpus.sample import plant
from malmoi.corpus.steps.profanity import Profanity, weigh
from malmoi.corpus.steps.promotion import Promotion, lexicon
from malmoi.corpus.steps.quality import Quality
from malmoi.corpus.steps.translation import Translation

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


def test_every_promotion_phrase_compiles_and_has_a_weight():
    expressions, weights = lexicon()
    assert len(expressions) == len(weights) == len(set(expressions)) > 80
    assert min(weights) > 0


def test_word_by_word_translation_is_found_and_a_novel_is_kept():
    translated = (
        "당신의 새로운 청소기를 구매한 것에 대해 감사합니다. 그것을 사용하기 이전에 모든 지시들을 읽으십시오. "
        "만약 당신이 문제를 가지고 있다면 그것은 제거하는 것을 필요로 한다. "
        "버튼을 누르는 것에 의해 그것이 시작되어진다. 당신은 그것을 좋아하는 것이 가능하다. "
        "우리의 친절한 팀은 당신을 돕는다."
    )
    novel = "그녀는 창밖을 보았다. 당신은 오지 않을 거라고, 그녀는 중얼거렸다. 그것이 마지막이었다. " + sentences(4)
    batch = judge(Translation(), QUALITY(batch_of([translated, novel, sentences(5)])))
    assert verdict(batch, "machine_translated") == [True, False, False]
