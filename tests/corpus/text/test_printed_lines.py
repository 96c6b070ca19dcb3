"""Printed lines become paragraphs again: words that a line end broke are whole, and what nobody printed stays."""

import unicodedata

import numpy as np
import pytest

from malmoi.corpus.text.line_breaks import BREAK, NOTHING, PARAGRAPH, SPACE, Line, join, line_ends
from malmoi.corpus.text.printed_text import candidates, mend

STORY = (
    "강변 산책로를 따라 걷다 보면 오래된 나루터 자리가 나온다. 지금은 표지석 하나만 남았지만 예전에는 소금과 쌀을 실은 "
    "배가 이곳에 닿았다고 한다. 마을 어른들은 물이 불어나면 배를 뒷산 아래까지 끌어 올렸던 일을 아직도 기억한다. "
    "다리가 놓인 뒤로 뱃사공은 모두 다른 일을 찾아 떠났다."
)
POEM = "강가에서\n\n물은\n흐르고\n\n나는\n서서\n\n다시\n물을 본다\n\n저녁이\n먼저 와서\n\n나루를\n덮는다"
RECIPE = "재료: 두부 1모\n1. 두부를 1cm 두께로 썬다.\n2. 소금을 뿌려 10분 둔다.\n3. 기름을 두르고 굽는다.\n4. 끼얹는다."
TIMES = "첫차 05:30 막차 23:10\n06:00 06:20 06:40\n07:00 07:10 07:20 07:30\n08:00 08:15 08:30 08:45\n토요일에는 쉰다."
TALK = "가온: 뭐라고? 배가 끊겼다고?\n나래: 응.\n가온: 그럼 할아버지는?\n나래: 이사 가셨대.\n가온: 인사도 못 했네."
LIST = "\n".join(f"{city}광역시 중구" for city in "부산 대구 인천 광주 대전 울산".split())


def cut(text, width):
    """Lines of `width` letters, whatever they break."""
    return [text[at : at + width] for at in range(0, len(text), width)]


@pytest.mark.parametrize("width", [18, 21, 30])
def test_words_broken_at_the_ends_of_lines_are_whole_again(width):
    mended, number = mend("\n".join(cut(STORY, width)))
    assert mended == STORY
    assert number == len(cut(STORY, width)) - 1


def test_letters_never_change_only_white_space():
    text = "\n".join(line.strip() for line in cut(STORY, 23))
    mended, _ = mend(text)
    assert "".join(mended.split()) == "".join(STORY.split())


def test_page_numbers_between_printed_lines_go():
    lines = cut(STORY, 21)
    mended, _ = mend("\n".join([*lines[:4], "- 12 -", *lines[4:], "- 13 -"]))
    assert mended == STORY


def test_text_in_nfd_with_windows_line_ends_is_mended():
    assert mend(unicodedata.normalize("NFD", "\r\n".join(cut(STORY, 21))))[0] == STORY


@pytest.mark.parametrize("text", [POEM, RECIPE, TIMES, TALK, LIST, STORY, "짧다\n글"])
def test_what_nobody_printed_stays_as_it_is(text):
    assert mend(text, single_ends=True) == (text, 0)


def test_a_single_line_end_inside_a_word_is_mended_in_files_only():
    text = f"{STORY}\n기존 교육 거버넌스에 의문을 제기하며, 전통적인 대학 모델\n의 기반이 되는 자율성을 우려한다."
    assert "대학 모델의 기반이" in mend(text, single_ends=True)[0]
    assert mend(text) == (text, 0)


def placed(*lines, size=10.0, page=0):
    """Lines of (text, left, right, y)."""
    return [Line(text, left, right, y, size, page) for text, left, right, y in lines]


def test_a_line_that_ends_early_ends_its_paragraph():
    full = [("가나다라마바사아자차", 0, 100, 15 * row) for row in range(8)]
    ends = line_ends(placed(*full, ("끝난다.", 0, 30, 120), ("다음 문단이다", 0, 70, 135)))
    assert ends[-1] == BREAK and BREAK not in ends[:-2]


def test_a_wider_step_and_another_size_of_letters_end_a_paragraph():
    rows = [("가나다라마바사아자차", 0, 100, 15 * row) for row in range(8)]
    assert line_ends(placed(*rows, ("다음 문단의 첫 줄이", 0, 100, 150)))[-1] == PARAGRAPH
    heading = placed(("큰 제목이 여기에 있다", 0, 100, -20), size=14.0)
    assert line_ends([*heading, *placed(*rows)])[0] == PARAGRAPH


def test_cells_on_one_base_line_stay_in_one_line_and_the_next_row_begins_another():
    cells = placed(("사람", 0, 20, 0), ("서 푼", 60, 85, 0), ("소", 0, 10, 15), ("닷 푼", 60, 85, 15))
    assert line_ends(cells) == [SPACE, BREAK, SPACE]


def test_a_program_that_writes_blanks_at_line_ends_is_believed():
    rows = ["나루터에는 배가 있", "었고 사람들이 많이 ", "모여서 물을 건너갔", "다고 어른들이 말을 ", "했다"]
    lines = placed(*((text, 0, 100, 15 * row) for row, text in enumerate(rows)))
    assert line_ends(lines) == [NOTHING, SPACE, NOTHING, SPACE]


def test_no_lines_are_no_text():
    assert join([]).text == "" and join(placed(("  ", 0, 1, 2))).text == ""


def test_the_quick_look_at_rows_misses_nothing_that_would_be_mended():
    texts = ["\n".join(cut(STORY, width)) for width in (18, 21, 30)]
    texts += ["\n".join([*cut(STORY, 21), "- 3 -"]), POEM, STORY, "", "한 줄"]
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)])
    looked_at = candidates(np.frombuffer(b"".join(encoded), np.uint8), offsets)
    would_change = [mend(text)[1] > 0 for text in texts]
    assert would_change == [True] * 4 + [False] * 4
    assert not (~looked_at & np.array(would_change)).any() and not looked_at[4:].any()
