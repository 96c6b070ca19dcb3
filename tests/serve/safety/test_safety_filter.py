"""The safety filter on attacks and false friends, on whole texts and on streams."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide
from malmoi.serve.safety.check import find_spans, judge
from malmoi.serve.safety.policy import Rules
from malmoi.serve.safety.stream import HELD, STEP, StreamFilter
from malmoi.serve.safety.words import find_words

TABLE = tomllib.loads(Path(__file__).with_name("attacks_open.toml").read_text(encoding="utf-8"))
MASKING = Rules(profanity="mask", personal="mask")


def parted(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the marked spans."""
    text, spans = "", []
    for number, part in enumerate(re.split(r"\[\[(.*?)\]\](?!\])", marked, flags=re.DOTALL)):
        if number % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


EVASIONS = [parted(marked) for group in TABLE["evasions"] for marked in group["texts"]]


def is_caught(text: str, spans: list[tuple[int, int]]) -> bool:
    found = find_words(text)
    return all(any(hit.start < stop and start < hit.stop for hit in found) for start, stop in spans)


def test_nineteen_of_twenty_hidden_spellings_are_caught():
    missed = [text for text, spans in EVASIONS if not is_caught(text, spans)]
    assert len(missed) <= len(EVASIONS) / 20, missed


def test_false_friends_stay_as_they_are():
    touched = [text for text in TABLE["friends"]["texts"] if judge(text, Rules(profanity="mask")).text != text]
    assert len(touched) <= len(TABLE["friends"]["texts"]) / 100, touched


@pytest.mark.parametrize("pieces", [1, 2, 3, 7])
def test_a_stream_shows_what_the_whole_text_would_show(pieces: int):
    assert EVASIONS
    for text, _ in EVASIONS:
        text = f"오늘 회의는 세 시에 시작합니다. {text} 그래도 저녁은 맛있게 드세요."
        stream = StreamFilter(MASKING)
        shown = "".join(stream.feed(text[at : at + pieces]) for at in range(0, len(text), pieces))
        assert shown + stream.feed("", is_last=True) == judge(text, MASKING).text


def test_nothing_waits_longer_than_24_characters():
    text = "국립중앙도서관은 매주 월요일에 쉬고 나머지 날에는 아침 아홉 시부터 저녁 여섯 시까지 문을 엽니다. " * 4
    stream, shown = StreamFilter(MASKING), ""
    for number, letter in enumerate(text, 1):
        shown += stream.feed(letter)
        assert number - len(shown) <= HELD + STEP == 24


def test_personal_data_never_leaves_a_stream_of_single_letters():
    text = "담당자 연락처: 010-2345-6789 로 전화하시거나 kim.malmoi@example.co.kr 로 편지를 주세요."
    stream = StreamFilter(MASKING)
    shown = "".join(map(stream.feed, text)) + stream.feed("", is_last=True)
    assert "2345" not in shown and "malmoi@" not in shown
    assert {span.kind for span in stream.spans} == {"personal"}


def test_a_block_ends_the_stream_before_the_word_and_says_which():
    stream = StreamFilter(Rules(profanity="block"))
    text = "그 사람이 말했다. 시1발 이게 뭐야, 그리고 더 많은 말이 따라온다."
    shown = "".join(map(stream.feed, text)) + stream.feed("", is_last=True)
    assert shown == "그 사람이 말했다. "
    assert stream.blocked is not None
    assert text[stream.blocked.start : stream.blocked.stop] == "시1발"


def test_spans_are_places_of_the_text_as_it_was_written():
    text = unicodedata.normalize("NFD", "저런 병신 같은") + " 그리고 ㅅㅣㅂㅏㄹ"
    first, second = find_spans(text, Rules(profanity="flag"))
    assert unicodedata.normalize("NFC", text[first.start : first.stop]) == "병신"
    assert text[second.start : second.stop] == "ㅅㅣㅂㅏㄹ"


def test_mild_words_count_only_where_they_are_asked_for():
    assert find_spans("야 닥쳐", Rules(profanity="flag"))
    assert not find_spans("야 닥쳐", Rules(profanity="flag", mild=False))


def test_a_harmful_sentence_is_a_hit_as_a_whole():
    text = "오늘 날씨가 참 좋네요. 저 나라 놈들은 벌레만도 못하니 다 죽여 버려야 한다. 내일 봐요."
    spans = find_spans(text, Rules(harm="flag", harm_at=0.5))
    assert [text[span.start : span.stop].strip() for span in spans] == [
        "저 나라 놈들은 벌레만도 못하니 다 죽여 버려야 한다."
    ]


def test_harm_cannot_be_masked_and_says_so():
    with pytest.raises(UserError, match="whole sentence"):
        Rules(harm="mask")


@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("secret", ["4111-1111-1111-1111", "4111 1111 1111 1111", "hong.gildong@example.com"])
def test_a_span_as_long_as_the_delay_never_leaves_a_stream(secret, step):
    text = f"카드나 편지는 {secret} 입니다. 그리고 이야기는 계속 이어집니다."
    stream = StreamFilter(MASKING)
    shown = [stream.feed(text[at : at + step]) for at in range(0, len(text), step)]
    assert "".join(shown) + stream.feed("", is_last=True) == judge(text, MASKING).text
    assert secret not in judge(text, MASKING).text


def test_of_a_span_whose_beginning_went_out_the_rest_is_marked():
    stream = StreamFilter(MASKING)
    text = "편지는 kim.malmoi.the.long.name@example.co.kr 로 주세요."
    shown = "".join(map(stream.feed, text)) + stream.feed("", is_last=True)
    assert "<이메일> 로 주세요." in shown and "@" not in shown


@pytest.mark.parametrize("first", range(30))
def test_the_last_part_of_an_address_that_was_masked_too_early_does_not_leave(first):
    text = "(06236) 서울특별시 강남구 테헤란로 152 강남파이낸스센터 27층"
    for pieces in (4, 7, 9):
        stream = StreamFilter(Rules(personal="mask"))
        parts = [text[:first], *(text[at : at + pieces] for at in range(first, len(text), pieces))]
        shown = "".join(map(stream.feed, parts)) + stream.feed("", is_last=True)
        assert "<주소>2" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "질병신고 절차",
        "투병신앙 간증집",
        "표시발광 소자",
        "생존나무 심기",
        "현존나치 잔당",
        "편지랄까 일기랄까",
        "강아지랄 것도 없다",
        "민족같이 큰 말",
        "합창녀석들",
        "번개새끼",
        "찾아가리라",
        "악어 아가리",
        "쓰레기 새벽 배출",
        "영향을 미친 연도",
        "선물을 휩싸가지고",
    ],
)
def test_words_of_abuse_at_the_border_of_two_common_words_are_none(text):
    assert find_words(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "개병신",
        "진짜병신같네",
        "또지랄이네",
        "그새끼가",
        "아시발",
        "존나병신",
        "이 아가리 닥쳐",
        "쓰레기같은 놈",
        "질병@신",
        "편지ㄹㅏㄹ 개지랄",
    ],
)
def test_words_of_abuse_inside_a_word_stay_hits(text):
    assert find_words(text)


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("제 번호는 010-2345-6789 이에요", "010-23"),
        ("제 번호는 ０１０-２３４５-６７８９", "０１０-２３"),
        ("번호는 공일공 이삼사오 육칠팔구", "공일공 이삼"),
        ("전화 02-345-6789 번", "02-345"),
        ("+82 10-2345-6789 로", "10-2345"),
        ("메일은 kim.malmoi@example.co.kr 입니다", "malmoi@"),
        ("주민번호 900101-1234567 입니다", "900101-1"),
        ("카드 4111 1111 1111 1111 이고", "4111 1111"),
        ("계좌 110-234-567890 국민은행", "110-234-5"),
        ("여권 M12345678 입니다", "M1234"),
    ],
)
def test_a_cut_at_any_place_shows_no_beginning_of_a_number(text, leak):
    assert leak in text
    for cut in range(1, len(text) + 1):
        for pieces in (1, 5):
            stream = StreamFilter(Rules(personal="mask"))
            shown = "".join(stream.feed(text[at : min(cut, at + pieces)]) for at in range(0, cut, pieces))
            assert leak not in shown + stream.feed("", is_last=True, dropped="")


@pytest.mark.parametrize(
    "text",
    [
        "2026년 11월 30",
        "값은 12,345",
        "3.14159",
        "11시 30",
        "방 번호는 1203",
        "버전 2026.11.30",
        "A4 용지 500",
        "오전 10-12",
    ],
)
def test_a_cut_number_that_is_nobodys_stays(text):
    stream = StreamFilter(Rules(personal="mask"))
    assert stream.feed(text) + stream.feed("", is_last=True, dropped="") == text


def test_a_schema_is_written_only_for_an_answer_with_a_hit():
    unwritten = Guide("json", {"type": object()})  # json.dumps would fail
    stream = StreamFilter(MASKING, guide=unwritten)
    assert stream.feed('{"글": "오늘은 맑아요"}') + stream.feed("", is_last=True) == '{"글": "오늘은 맑아요"}'
