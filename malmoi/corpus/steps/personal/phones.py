"""Korean telephone numbers. Representative (1588-1234), 080 and emergency numbers are public and never personal."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import AFTER, BEFORE, PersonalSpan, cued

_MARK = r"(?: ?[-.)/~·_] ?\n?| {1,2}| ?\n ?[-.] ?)"
_ANY_MARK = r"(?: ?[-.)/~·_:*=→…+\]'] ?\n?| {1,2}|--|,| ?\n ?[-.] ?| ?(?:다시|하이픈|대시) ?|에 ?| ?[|;「」] ?)"
"""Of mobile numbers, whose 010 and eleven digits say enough."""
_AREA = r"2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[2-8]?"
_MOBILE = r"10|1[16-9]"
_PHONE_FORMS = (
    # 010-1234-5678, 010 1234 5678, 010) 1234.5678, (010)12345678, 010,1234,5678; other marks between, or none
    rf"{BEFORE}[(\[]?0 ?(?:10{_ANY_MARK}?[0-9]{{4}}|1[16-9]{_ANY_MARK}?[0-9]{{3,4}}){_ANY_MARK}?[0-9]{{4}}{AFTER}",
    # 02-123-4567, (031) 123-4567, 070-1234-5678, 0504-123-4567: marks are needed
    rf"{BEFORE}\(?0(?P<area>{_AREA}){_MARK}(?P<exchange>[0-9]{{3,4}}){_MARK}[0-9]{{4}}{AFTER}",
    # +82 10-1234-5678, +82-2-123-4567, (+82)10 1234 5678, +82 (0)10-1234-5678, +821012345678
    r"(?<![0-9A-Za-z_])\(?(?:\+|\+ (?=82[-. )])|00)82\)?[-. ]{0,2}\(?0?\)?"
    rf"(?:{_MOBILE}|{_AREA}){_MARK}?[0-9]{{3,4}}{_MARK}?[0-9]{{4}}{AFTER}",
    rf"{BEFORE}82{_MARK}(?:{_MOBILE}){_MARK}[0-9]{{3,4}}{_MARK}[0-9]{{4}}{AFTER}",
)
_PHONE = re.compile("|".join(_PHONE_FORMS))
_DIGIT = "[0-9oOlI공영빵일이삼사오육륙칠팔구]"
_SPELLED = re.compile(
    # 공일공 일이삼사 오육칠팔, o1o-1234-5678, 0 1 0 1 2 3 4 5 6 7 8: a mark may stand between any two digits
    r"(?<![0-9A-Za-z])(?<![0-9][-.,])[0oO공영빵][-. ]?[1lI일][-. ]?[0oO공영빵16789일육륙칠팔구]"
    rf"(?:(?:다시|[-. )]{{0,3}}){_DIGIT}){{8}}(?![0-9A-Za-z])"
)
_EACH = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][-. ])0(?P<mark>[-. ])1(?P=mark)(?:0(?:[-. ]{1,3}[0-9]){8}|[16-9](?:[-. ][0-9]){7,8})"
    r"(?![0-9A-Za-z])(?![-. ][0-9](?![0-9]))"
)
"""Each digit by itself, the first two marks alike, and no more digits beside: tables of numbers have more."""
_COINS = frozenset("01-. ")
"""Nothing but these: draws of 0 and 1 as programs print them, and no number of a person."""
_HANGUL = "[공영빵일이삼사오육륙칠팔구]"
_SPELLED_LANDLINE = re.compile(
    rf"(?<![가-힣])[공영빵](?:이|[삼사오육][일이삼사오]|"
    rf"칠[공영빵])[-. )]{{1,3}}{_HANGUL}{{3,4}}[-. ]{{1,3}}{_HANGUL}{{4}}"
)
_CUED_PHONE = re.compile(rf"{BEFORE}0(?:{_AREA}){_MARK}?[0-9]{{7,8}}{AFTER}")
_CUE = re.compile(r"전화|연락|휴대|핸드폰|폰|자택|문의|문자|팩스|☎|☏|tel|fax|phone|mobile|h\.?p\b", re.IGNORECASE)
_CUE_CHARACTERS = 16
_BROKEN = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.,:/ ])(?:\+ ?8 ?2(?=[-. \n()]))?[(]?(?:0|(?<=2)[-. \n()]{1,3}1)"
    r"(?:[-. \n()/|;]{0,3}[0-9]){8,10}(?![0-9A-Za-z_@])(?![-. ][0-9])"
)
"""Blanks and line ends anywhere in a number: only beside a word for telephones, and where its digits are one."""
_ALL_DIGITS = re.compile(rf"(?:82)?0?(?:10[0-9]{{8}}|1[16-9][0-9]{{7,8}}|(?:{_AREA})[0-9]{{7,8}})")
_REPRESENTATIVE = re.compile("1[568][0-9]{2}")
"""Exchanges of representative numbers: dialled with an area code before them they are still public."""


def find_phones(text: str) -> Iterator[PersonalSpan]:
    """Mobile, landline, internet and personal (050x) numbers, in digits, in Hangul and with letters for digits."""
    for match in _PHONE.finditer(text):
        if not _REPRESENTATIVE.fullmatch(match["exchange"] or "") or match["area"][:2] in ("70", "50"):
            yield _span(match)
    for match in _SPELLED.finditer(text):
        if _is_spelled(match.group()):
            yield _span(match)
    for pattern in (_EACH, _SPELLED_LANDLINE):
        yield from (_span(match) for match in pattern.finditer(text) if not _COINS.issuperset(match.group()))
    for match in _BROKEN.finditer(text):
        digits = "".join(filter(str.isdecimal, match.group()))
        named = cued(text, match.start(), _CUE, _CUE_CHARACTERS) or _CUE.match(text, match.end() + 1)
        if _ALL_DIGITS.fullmatch(digits) and (named or match.group()[0] == "+"):
            yield _span(match)
    for match in _CUED_PHONE.finditer(text):
        if cued(text, match.start(), _CUE, _CUE_CHARACTERS):
            yield _span(match)


def _is_spelled(written: str) -> bool:
    """Some of Hangul or of letters, and not the same two signs over and over; digits alone are the others' business."""
    last = [letter for letter in written if letter not in "-. )다시"][3:]
    spelled = any(letter in "oOlI" or letter > "가" for letter in written)
    return spelled and len(set(last)) > 2 and sum(letter not in "oOlI" for letter in last) >= 4


def _span(match: re.Match[str]) -> PersonalSpan:
    """An opening bracket that closes outside the number is no part of it."""
    unclosed = match.group()[0] in "([" and not set(match.group()) & set(")]")
    return PersonalSpan(match.start() + unclosed, match.end(), "phone")
