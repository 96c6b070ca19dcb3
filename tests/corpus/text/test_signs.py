"""Signs that nobody sees go, and letters in other clothes become the letters that a reader sees."""

import unicodedata
from pathlib import Path

import pytest

from malmoi.corpus.kernels import cleanliness
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.record import clean_text
from malmoi.corpus.sources.web_page import to_documents
from malmoi.corpus.text import signs

ZWSP, SHY, ZWJ, ZWNJ, VS16 = "\u200b", "\xad", "\u200d", "\u200c", "\ufe0f"
FAMILY = "👨\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e007f"
CASES = {
    "zero-width spaces": (f"한{ZWSP}국{ZWSP}어", "한국어"),
    "a number with them": (f"0{ZWSP}1{ZWSP}0-1234-5678", "010-1234-5678"),
    "a word joiner and a mark in the middle": ("가\u2060나\ufeff다", "가나다"),
    "soft hyphens": (f"so{SHY}ft 부드{SHY}럽게", "soft 부드럽게"),
    "a paragraph of one": (f"첫 문단\n\n{ZWSP}\n\n둘째 문단", "첫 문단\n\n둘째 문단"),
    "lines of them": (f"첫 줄\n{ZWSP}\n{ZWSP} {ZWSP}\n둘째 줄", "첫 줄\n둘째 줄"),
    "nothing but one": (ZWSP, ""),
    "a family and a flag stay": (FAMILY, FAMILY),
    "a heart, a keycap, a skin": (f"❤{VS16} 1{VS16}\u20e3 👍🏽{ZWJ}♂{VS16}", f"❤{VS16} 1{VS16}\u20e3 👍🏽{ZWJ}♂{VS16}"),
    "joiners in Korean and Latin": (f"한{ZWJ}국{ZWNJ}어{VS16} a{ZWJ}b", "한국어 ab"),
    "Persian and Hindi": (f"می{ZWNJ}خواهم क{ZWJ}ष", f"می{ZWNJ}خواهم क{ZWJ}ष"),
    "Thai words": (f"ภาษา{ZWSP}ไทย", f"ภาษา{ZWSP}ไทย"),
    "signs of direction in Korean": ("\u202a한국\u202c어\u200e", "한국어"),
    "signs of direction in Hebrew": ("\u200fשלום\u200e abc", "\u200fשלום\u200e abc"),
    "tags without a flag": ("말\U000e0061\U000e0062", "말"),
    "an ideograph's variant": ("葛\U000e0100飾", "葛\U000e0100飾"),
    "half-width jamo": ("소리 \uffa1\uffc2 \uffbe\uffc2\uffa4\uffa1\uffda\uffa9", "소리 가 한글"),
    "half-width laughter": ("\uffbb\uffbb\uffbb \uffd7\uffd7", "ㅋㅋㅋ ㅠㅠ"),
    "half-width final before a vowel": ("\uffa1\uffc2\uffa4\uffc2", "가나"),
    "half-width kana": ("ｶﾞ", "ｶﾞ"),
    "the blank letter": ("가\u3164나", "가 나"),
    "loose conjoining jamo": ("\u110f\u110f\u110f \u1172\u1172", "ㅋㅋㅋ ㅠㅠ"),
    "decomposed": (unicodedata.normalize("NFD", "값어치 있는 글"), "값어치 있는 글"),
    "torn by a zero-width space": ("\u1112\u200b\u1161\u11ab", "한"),
    "old Hangul": ("나랏말\u110a\u119e미 \u1112\u119e\u11ab글", "나랏말\u110a\u119e미 \u1112\u119e\u11ab글"),
    "list marks of HWP": ("\uf0b7 첫째\n\uf0a7 둘째\n\uf0b2 셋째", "• 첫째\n▪ 둘째\n• 셋째"),
    "boxed numbers of HWP": ("\U000f02b1 현황 \U000f02b2 계획", "① 현황 ② 계획"),
    "an icon of a font": ("\ue8b6 검색과 \uf002 찾기는 같은 말이다", "검색과 찾기는 같은 말이다"),
    "separators of lines": ("한 줄\u2028두 줄", "한 줄\n두 줄"),
    "notes of an interlinear text": ("\ufff9漢字\ufffa한자\ufffb", "漢字한자"),
    "a zero byte": ("가\0나", "가나"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_signs_become_what_a_reader_sees(case):
    text, expected = CASES[case]
    assert clean_text(text) == expected
    long = "가나다 " * 100  # from some length on the compiled look comes first
    assert clean_text(f"{long}\n{text}\n끝") == f"{long.rstrip()}\n{expected}\n끝".replace(
        "\n\n끝", "\n끝" if not expected else "\n\n끝"
    )


def test_a_text_in_a_font_of_its_own_does_not_lose_its_letters_silently():
    text = "\ue0bc\ue0c4\ue0d1 말\uf100미 \uf101\uf102\uf103 글 " * 5
    assert clean_text(text) == text.strip()


def test_cleaning_is_done_once():
    for text, _ in CASES.values():
        once = clean_text(text)
        assert clean_text(once) == once


def test_the_kernel_leaves_every_sign_to_the_long_way():
    table = cleanliness.code_points()
    odd = {code for code in range(cleanliness.LAST) if signs.ODD.match(chr(code)) and not 0xD800 <= code < 0xE000}
    assert {code for code in odd if table[code] != cleanliness.ODD} == set()
    assert {code for first, last in cleanliness.SIGNS for code in range(first, last + 1)} <= odd | {0x2029, 0x202F}


def test_a_long_run_of_signs_costs_linear_time():
    text = ZWSP * 200_000 + "\u110f" * 200_000 + "\uffbb" * 200_000 + "\uf0b7" * 200_000
    assert clean_text(text).startswith("ㅋㅋ")


def test_a_page_has_no_paragraph_of_nothing_and_no_soft_hyphens():
    body = "보름달이 뜨는 밤에는 갯벌의 물이 가장 멀리 빠진다. 아이들은 장화를 신고 조개를 캤다."
    parts = [f"<p>{body}</p>", "<p>&#8203;</p>", f"<p>\u200b</p><ul><li>\u200b</li><li>{body} 부드&shy;럽게</li></ul>"]
    page = f"<html><body><article>{''.join(parts)}<p>{body} 전화 0\u200b10</p></article></body></html>"
    made = to_documents(Raw(page, "html", "a.html", 0, len(page)), Input(Path("a.html")))
    assert isinstance(made, list)
    assert made[0]["text"].split("\n\n") == [body, f"- {body} 부드럽게", f"{body} 전화 010"]
