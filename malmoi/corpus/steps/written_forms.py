"""How personal data is written in Korean text, and what only looks like it. Pure Python, run on candidates only.

Numbers that belong to the public are not personal: representative numbers (1588-1234), 080 and emergency numbers.
"""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

TYPES = ("phone", "email", "resident_number")

_SPELLED_DIGITS = "공영빵일이삼사오육륙칠팔구"
_SEVEN_MORE = rf"([-. )]{{0,3}}[0-9o{_SPELLED_DIGITS}]){{7}}"
CANDIDATES = (
    # a mobile number in digits, in Hangul, with the letter o, and half and half
    r"[^0-9０-９][0０][-. ]?[1１][-. ]?[016-9０１６-９]([^0-9０-９가-힣\n]{0,3}[0-9０-９]){7}",
    rf"(공|영|빵)[-. ]?[1l일][-. ]?[0o공영빵16789일육륙칠팔구]{_SEVEN_MORE}",
    rf"o[-. ]?[1l일][-. ]?[0o공영빵16789일육륙칠팔구]{_SEVEN_MORE}",
    rf"[^0-9０-９]0[-. ]?[1l일][-. ]?[0o공영빵]{_SEVEN_MORE}",
    # a landline, 070 or 050: zero, area, exchange, number, with marks between
    r"[^0-9０-９][0０][2-7２-７][0-9０-９]{0,2}[^0-9０-９\n]{0,4}[0-9０-９]{3,4}[^0-9０-９\n]{0,3}[0-9０-９]{4}",
    r"82[^0-9０-９\n]{0,3}(0[^0-9０-９\n]{0,2})?[0-9０-９]{1,3}[^0-9０-９\n]{0,4}[0-9０-９]{3,4}[^0-9０-９\n]{0,3}[0-9０-９]{4}",
    r"８２[^0-9０-９\n]{0,3}[0-9０-９]{1,3}[^0-9０-９\n]{0,4}[0-9０-９]{3,4}[^0-9０-９\n]{0,3}[0-9０-９]{4}",
    # a resident number: six digits and seven, the last ones perhaps starred
    r"[^0-9０-９][0-9０-９]{6}[^0-9０-９\n]{0,3}[1-8１-８*][0-9０-９*xX●○]{6}",
    # an e-mail address: only the sign; the address is looked for around it
    r"[@＠]|골뱅이|[(\[<] ?at ?[)\]>]",
)
"""Hyperscan expressions. What one stands for begins within BEFORE_BYTES of its end and ends within AFTER_BYTES."""

BEFORE_BYTES, AFTER_BYTES = 160, 320


class Span(NamedTuple):
    """Characters start..stop of a text are personal data of this type."""

    start: int
    stop: int
    type: str


def find(text: str) -> list[Span]:
    """The personal data in a text, in order, none overlapping. A resident number wins over a phone, that over mail."""
    plain = text.translate(_PLAIN)
    spans: list[Span] = []
    for finder in (_resident_numbers, _phones, _emails):
        for span in finder(plain):
            if all(span.stop <= other.start or span.start >= other.stop for other in spans):
                spans.append(span)
    return sorted(spans)


def _one_to_one() -> dict[int, str]:
    """Full-width signs, other hyphens and other spaces as their ASCII twins: places in the text stay the same."""
    table = {0xFF01 + place: chr(0x21 + place) for place in range(94)}
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣⁃─ㅡ"), "-")
    table |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2005\u2009\u202f\u3000\t"), " ")
    return table | {ord("∙"): "·", ord("･"): "·", ord("ㆍ"): "·", ord("•"): "·"}


_PLAIN = _one_to_one()
_BEFORE = r"(?<![0-9A-Za-z_])(?<![0-9][-.,:/])"
_AFTER = r"(?![0-9A-Za-z_])(?!-[0-9])"
_MARK = r"(?: ?[-.)/~·] ?| {1,2})"
_AREA = r"2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8]?"
_MOBILE = r"10|1[16-9]"

_PHONE_FORMS = (
    # 010-1234-5678, 010 1234 5678, 010) 1234.5678, (010)12345678; other marks between the groups, or none
    rf"{_BEFORE}\(?0 ?(?:10{_MARK}?[0-9]{{4}}|1[16-9]{_MARK}?[0-9]{{3,4}}){_MARK}?[0-9]{{4}}{_AFTER}",
    # 02-123-4567, (031) 123-4567, 070-1234-5678, 0504-123-4567: marks are needed
    rf"{_BEFORE}\(?0(?:{_AREA}){_MARK}[0-9]{{3,4}}{_MARK}[0-9]{{4}}{_AFTER}",
    # +82 10-1234-5678, +82-2-123-4567, (+82)10 1234 5678, +82 (0)10-1234-5678, +821012345678
    r"(?<![0-9A-Za-z_])\(?(?:\+ ?|00)82\)?[-. ]{0,2}\(?0?\)?"
    rf"(?:{_MOBILE}|{_AREA}){_MARK}?[0-9]{{3,4}}{_MARK}?[0-9]{{4}}{_AFTER}",
    rf"{_BEFORE}82{_MARK}(?:{_MOBILE}){_MARK}[0-9]{{3,4}}{_MARK}[0-9]{{4}}{_AFTER}",
)
_DIGIT = "[0-9oO공영빵일이삼사오육륙칠팔구]"
_SPELLED = re.compile(
    # 공일공 일이삼사 오육칠팔, o1o-1234-5678, 0 1 0 1 2 3 4 5 6 7 8: a mark may stand between any two digits
    r"(?<![0-9A-Za-z])(?<![0-9][-.,])[0oO공영빵][-. ]?[1lI일][-. ]?[0oO공영빵16789일육륙칠팔구]"
    rf"(?:[-. )]{{0,3}}{_DIGIT}){{8}}(?![0-9A-Za-z])"
)
_PHONE = re.compile("|".join(_PHONE_FORMS))
_CUED_PHONE = re.compile(rf"{_BEFORE}0(?:{_AREA}){_MARK}?[0-9]{{7,8}}{_AFTER}")
_PHONE_CUE = re.compile(r"전화|연락|휴대|핸드폰|문의|문자|팩스|☎|☏|tel|fax|phone|mobile|h\.?p\b", re.IGNORECASE)
_CUE_CHARACTERS = 16


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        yield Span(match.start(), match.end(), "phone")
    for match in _SPELLED.finditer(text):
        last = [letter for letter in match.group() if letter not in "-. )"][3:]
        if len(set(last)) > 2 and sum(letter not in "oOlI" for letter in last) >= 5:
            yield Span(match.start(), match.end(), "phone")
    for match in _CUED_PHONE.finditer(text):
        if _PHONE_CUE.search(text, max(0, match.start() - _CUE_CHARACTERS), match.start()):
            yield Span(match.start(), match.end(), "phone")


_RESIDENT = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.,])([0-9]{6})( ?- ?| {0,2})"
    r"([1-8][0-9]{6}|[1-8][0-9]{0,5}[*xX●○]{1,6}|[*]{7})(?![0-9A-Za-z_*])(?!-[0-9])"
)
_RESIDENT_CUE = re.compile(r"주민|등록번호|외국인|본인|신분|생년월일|resident|rrn", re.IGNORECASE)
_LAST_BIRTH_YEAR = 2039
"""The digit for the century can mean no later birth: what claims one is not a resident number."""
_CHECK_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def _resident_numbers(text: str) -> Iterator[Span]:
    """Six digits that are a date, and seven. A hyphen between is enough; else a word before it or its check digit.

    The check digit is evidence and no more: numbers given since October 2020 have none.
    """
    for match in _RESIDENT.finditer(text):
        date, mark, back = match.groups()
        if len(back) != 7 or not _is_birthday(date, back[0]):
            continue
        cued = _RESIDENT_CUE.search(text, max(0, match.start() - 2 * _CUE_CHARACTERS), match.start())
        if "-" in mark or cued or _check_digit_fits(date + back):
            yield Span(match.start(), match.end(), "resident_number")


def _is_birthday(date: str, century: str) -> bool:
    """Whether YYMMDD is a day of the century that the seventh digit means (1, 2, 5, 6: 1900s; 3, 4, 7, 8: 2000s)."""
    centuries = {"*": (1900, 2000)}.get(century, (1900,) if century in "1256" else (2000,))
    for first in centuries:
        year = first + int(date[:2])
        try:
            datetime.date(year, int(date[2:4]), int(date[4:]))
        except ValueError:
            continue
        if year <= _LAST_BIRTH_YEAR:
            return True
    return False


def _check_digit_fits(number: str) -> bool:
    """Resident numbers: (11 - sum % 11) % 10; foreigners' (seventh digit 5 to 8): (13 - sum % 11) % 10."""
    if not number.isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _CHECK_WEIGHTS, strict=False))
    return ((13 if number[6] in "5678" else 11) - total % 11) % 10 == int(number[12])


_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_DOT = r"(?:\.| ?(?:닷|점|[(\[] ?(?:dot|닷|점) ?[)\]]) ?)"
_AT = r"(?:@|[(\[<] ?(?:[aA][tT]|골뱅이|앳) ?[)\]>]|골뱅이)"
_PROVIDER = r"(?:네이버|지메일|한메일|다음|네이트|핫메일|카카오|구글)"
_EMAIL = re.compile(
    rf"{_LOCAL}(?P<mark> ?{_AT} ?)(?:"
    rf"(?:{_LABEL}{_DOT}){{1,6}}(?P<top>[A-Za-z]{{2,24}}|컴|넷)(?![A-Za-z0-9])"
    rf"|{_PROVIDER}(?:{_DOT}?(?:컴|넷|com|net|co\.kr))?)"
)
_FILE_ENDINGS = frozenset("png jpg jpeg gif svg webp bmp css js ts py md html json xml beta alpha rc dll exe".split())
_SPACED_TOPS = frozenset("com net org kr edu gov io me info biz jp cn us uk de dev ai co example 컴 넷".split())
_ROBOTS = frozenset(("git", "hg", "svn"))


def _emails(text: str) -> Iterator[Span]:
    """Addresses with a top domain of letters. Around a spaced @ (as in `a @ b.T`) only a well-known one counts."""
    for match in _EMAIL.finditer(text):
        top = (match.group("top") or "컴").lower()
        local = match.group()[: match.start("mark") - match.start()]
        if top in _FILE_ENDINGS or local in _ROBOTS:
            continue
        if " " in match.group("mark") and "@" in match.group("mark") and top not in _SPACED_TOPS:
            continue
        yield Span(match.start(), match.end(), "email")
