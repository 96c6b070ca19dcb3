import unicodedata

import pytest

from malmoi.cards.blocked import Found, find

HIDDEN = [
    "시발",
    "이 시발 뭐야",
    "시발점검",  # a list of friends is for whoever blocks the word; a plain substring was always found
    "시 발",
    "아, 시.발!",
    "시1발",
    "시\u200b발",
    "시\u00ad발",
    "ㅅㅣㅂㅏㄹ",
    "ㅅ ㅣ ㅂ ㅏ ㄹ",
    unicodedata.normalize("NFD", "시발"),
    "시...발",
    "이런 시@발",
]
FRIENDS = [
    "다시 발표한다",
    "역시. 발이 아프다",
    "즉시(발송)",
    "시바다",
    "시바라",
    "시 발표",
    "시....발",
    "도시 발전",
    "",
    "ㅅㅣㅂㅏ",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_word_is_found_as_people_hide_it(text):
    assert find(text, ["시발"]) is not None


@pytest.mark.parametrize("text", FRIENDS)
def test_a_word_is_not_found_where_nobody_wrote_it(text):
    assert find(text, ["시발"]) is None


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("이것은 무조건 수익을 냅니다", "무조건 수익", 4),
        ("이것은 무조건수익을 냅니다", "무조건 수익", 4),
        ("ＦＵＬＬ Width", "full", 0),
        ("a BaD word", "bad", 2),
        ("전화 1588-0000", "1588", 3),
        ("전화 １５８８", "1588", 3),
        ("Ⅳ 완치율", "완치", 2),
        ("straße", "STRASSE", 0),
    ],
)
def test_case_width_and_the_words_own_spaces_make_no_difference(text, word, place):
    assert find(text, ["금지", word]) == Found(place, is_open=False)


@pytest.mark.parametrize("text", HIDDEN)
def test_what_streams_is_held_before_it_can_be_read(text):
    whole = find(text, ["시발"])
    assert whole is not None
    for end in range(1, len(text) + 1):
        so_far = find(text[:end], ["시발"], is_whole=False)
        assert so_far is None or so_far.place <= whole.place
        if end > whole.place and so_far is None:
            pytest.fail(f"the first {end} characters would be shown")


@pytest.mark.parametrize("text", FRIENDS)
def test_what_streams_is_let_go_once_it_is_no_blocked_word(text):
    found = find(text + " 그리고 다른 말", ["시발"], is_whole=False)
    assert found is None


def test_the_character_before_a_piece_of_text_counts():
    assert find("시 발 ", ["시발"], before="다") is None
    assert find("시 발 ", ["시발"], before=" ") == Found(0, is_open=False)
