from dataclasses import dataclass

import pytest

from malmoi.tokenizer.morphemes import CUT, MAX_LINE_CHARACTERS, boundaries, cut_points, lines_of, mark_morphemes


@dataclass
class Span:
    start: int
    len: int


def test_a_contraction_on_one_syllable_is_not_cut():
    assert cut_points("했다", [Span(0, 1), Span(0, 1), Span(1, 1)]) == [1]
    assert cut_points("만났다", [Span(0, 2), Span(1, 1), Span(2, 1)]) == [2]


def test_a_cut_stands_in_front_of_the_spaces():
    assert cut_points("가  나", [Span(0, 1), Span(3, 1)]) == [1]
    assert cut_points("  나", [Span(2, 1)]) == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("학교에서 만난 친구들이 했다.", "학교|에서| 만난| 친구|들|이| 했|다|."),
        ("😀👨‍👩‍👧학교에서", "😀|👨‍👩‍👧|학교|에서"),
        ("ㅋㅋㅋ 진짜ㅠㅠ", "ㅋㅋㅋ| 진짜|ㅠㅠ"),
        ("K팝을 들었다\n", "K|팝|을| 들|었|다\n"),
        ("", ""),
        ("   ", "   "),
    ],
)
def test_morphemes_are_parted_and_nothing_else_changes(text: str, marked: str):
    assert mark_morphemes([text])[0].replace(CUT, "|") == marked


def test_a_unit_separator_in_the_data_does_not_become_a_boundary():
    [marked] = mark_morphemes(["학\x1f교에서\x1f\x1f 만나"])
    assert marked.replace(CUT, "") == "학 교에서   만나"


def test_repeated_lines_keep_their_places():
    assert [line.replace(CUT, "") for line in mark_morphemes(["가다", "나는", "가다"])] == ["가다", "나는", "가다"]


@pytest.mark.parametrize("text", ["나랏말ᄊᆞ미 듀ᇰ귁에", "ᄀ ᅡ ᆨ", "가\x00나", "\ufeff가", "각\u0301나", "가" * 3000])
def test_hard_text_only_ever_gains_marks(text: str):
    assert mark_morphemes([text])[0].replace(CUT, "") == text
    assert all(0 < cut < len(text) for cut in boundaries([text])[0])


def test_lines_of_a_text_are_the_text():
    text = "첫 줄\n\n\n둘째\r\n" + "긴 말을 하였다 " * 2000 + "\n" + "가" * 10_000
    parts = list(lines_of(text))
    assert "".join(parts) == text
    assert max(map(len, parts)) <= MAX_LINE_CHARACTERS
    assert parts[0] == "첫 줄\n\n\n"
    assert parts[3].startswith(" ")
    assert list(lines_of("")) == []
