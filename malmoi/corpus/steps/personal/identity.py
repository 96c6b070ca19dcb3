"""Numbers by which the state knows people and firms: resident, foreigner, business, corporation, passport, licence."""

import datetime
import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import AFTER, BEFORE, PersonalSpan, alone, cued

_HIDDEN = "*xX●○♥♡■□◆◇◼◻×ⅹ#"
"""Signs by which people hide the last digits. What stands before them says who it is all the same."""
_RESIDENT = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.,])([0-9]{6})( ?[-~/_.] ?\n?|\n-| ?다시 ?| {0,2})"
    rf"([1-8][0-9]{{6}}|[1-8][0-9]{{0,5}}[{_HIDDEN}]{{1,6}}|[{_HIDDEN}]{{7}})(?![0-9A-Za-z_*])(?!-[0-9])"
)
_LOOSE = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][-.,])((?:[0-9][-. ]{0,1}){5}[0-9])([-~/_. \n]{1,3}| ?다시 ?)"
    r"([1-8](?: ?[0-9]){6})(?![0-9A-Za-z_*])(?! ?[-.]? ?[0-9])"
)
"""Blanks between the digits or the parts of the date: only beside the word."""
_BACK = re.compile(r"(?:주민|외국인)[^\n]{0,40}뒷 ?자리(?:는|은|:)? ?:? ?([1-8][0-9]{6})(?![0-9A-Za-z])")
_RESIDENT_CUE = re.compile(r"주민|등록번호|외국인|거소|본인|신분|생년월일|\b[rf]rn\b|resident", re.IGNORECASE)
_OWN_CUE = re.compile(r"주민|외국인|거소")
_CORPORATE_CUE = re.compile(r"법인|등기번호|corporat", re.IGNORECASE)
_CUE_CHARACTERS = 32
_LAST_BIRTH_YEAR = 2039
"""The digit for the century can mean no later birth: what claims one is not a resident number."""
_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def find_resident(text: str) -> Iterator[PersonalSpan]:
    """Six digits that are a date, and seven. A hyphen between is enough; else a word before it or its check digit.

    The check digit is evidence and no more: numbers given since October 2020 have none. Seventh digit 5 to 8:
    foreigners. What a word before it calls a corporation's number is left to find_corporate.
    """
    for match in _RESIDENT.finditer(text):
        date, mark, back = match.groups()
        if len(back) != 7 or not _is_birthday(date, back[0]) or cued(text, match.start(), _CORPORATE_CUE, 10):
            continue
        if mark.strip(" .\n") or resident_check_fits(date + back) or _is_named(text, match, _RESIDENT_CUE):
            yield PersonalSpan(match.start(), match.end(), _resident_type(back))
    for match in _LOOSE.finditer(text):
        date, back = ("".join(filter(str.isdecimal, match[part])) for part in (1, 3))
        if _is_birthday(date, back[0]) and cued(text, match.start(), _OWN_CUE, _CUE_CHARACTERS // 2):
            yield PersonalSpan(match.start(), match.end(), _resident_type(back))
    for match in _BACK.finditer(text):
        yield PersonalSpan(match.start(1), match.end(), _resident_type(match[1]))


def _is_named(text: str, match: re.Match[str], cue: re.Pattern[str]) -> bool:
    """Whether a word before the number says what it is, or nothing stands beside it."""
    return cued(text, match.start(), cue, _CUE_CHARACTERS) or alone(text, match.start(), match.end())


def _resident_type(back: str) -> str:
    return "foreigner_number" if back[0] in "5678" else "resident_number"


def _is_birthday(date: str, century: str) -> bool:
    """Whether YYMMDD is a day of the century that the seventh digit means (1, 2, 5, 6: 1900s; 3, 4, 7, 8: 2000s)."""
    centuries = (1900,) if century in "1256" else (2000,) if century in "3478" else (1900, 2000)
    for first in centuries:
        year = first + int(date[:2])
        try:
            datetime.date(year, int(date[2:4]), int(date[4:]))
        except ValueError:
            continue
        if year <= _LAST_BIRTH_YEAR:
            return True
    return False


def resident_check_fits(number: str) -> bool:
    """Resident numbers: (11 - sum % 11) % 10; foreigners' (seventh digit 5 to 8): (13 - sum % 11) % 10."""
    if not number.isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _RESIDENT_WEIGHTS, strict=False))
    return ((13 if number[6] in "5678" else 11) - total % 11) % 10 == int(number[12])


_BUSINESS = re.compile(rf"{BEFORE}([1-9][0-9]{{2}})(?P<mark> ?- ?| ?)([0-9]{{2}})(?P=mark)([0-9]{{5}}){AFTER}")
_BUSINESS_CUE = re.compile(r"사업자|등록번호|\bbrn\b|business", re.IGNORECASE)
_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def find_business(text: str) -> Iterator[PersonalSpan]:
    """3-2-5 digits whose check digit fits; without hyphens only beside a word that says so, or alone."""
    for match in _BUSINESS.finditer(text):
        number = match[1] + match[3] + match[4]
        if match[1] < "101" or match[3] == "00" or not business_check_fits(number):
            continue
        if "-" in match["mark"] or _is_named(text, match, _BUSINESS_CUE):
            yield PersonalSpan(match.start(), match.end(), "business_number")


def business_check_fits(number: str) -> bool:
    """Weights 1 3 7 1 3 7 1 3 5, and a tenth of five times the ninth digit; check: (10 - sum % 10) % 10."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _BUSINESS_WEIGHTS, strict=False))
    return (10 - (total + int(number[8]) * 5 // 10) % 10) % 10 == int(number[9])


_CORPORATE = re.compile(rf"{BEFORE}([0-9]{{6}})( ?- ?| ?)([0-9]{{7}}){AFTER}")


def find_corporate(text: str) -> Iterator[PersonalSpan]:
    """Six digits (court, kind of firm) and seven beside a word that says so. Since 2025 the last is no check digit."""
    for match in _CORPORATE.finditer(text):
        if cued(text, match.start(), _CORPORATE_CUE, _CUE_CHARACTERS // 2):
            yield PersonalSpan(match.start(), match.end(), "corporate_number")


_PASSPORT = re.compile(
    r"(?<![0-9A-Za-z_-])(?:(?P<new>[MSRODGmsrodg][0-9]{3}[A-Za-z][0-9]{4})"
    r"|[MSRODGmsrodg엠][ -]?[0-9]{4} ?[0-9]{4}|[MSRODGmsrodg][ -]?[0-9]{3} ?[A-Za-z] ?[0-9]{4})(?![0-9A-Za-z_-])"
)
_PASSPORT_CUE = re.compile(r"여권|passport", re.IGNORECASE)


def find_passports(text: str) -> Iterator[PersonalSpan]:
    """M123A4567 as issued since 2021, in capitals; else (M12345678) only beside the word, or alone."""
    for match in _PASSPORT.finditer(text):
        if (match["new"] and match.group().isupper()) or _is_named(text, match, _PASSPORT_CUE):
            yield PersonalSpan(match.start(), match.end(), "passport")


_LICENCE = re.compile(
    rf"{BEFORE}(?P<region>1[1-9]|2[0-8])(?P<mark> ?- ?| |)[0-9]{{2}}(?P=mark)[0-9]{{6}}(?P=mark)[0-9]{{2}}{AFTER}"
)
_LICENCE_LOOSE = re.compile(
    rf"{BEFORE}(?:1[1-9]|2[0-8])[-./ \n]{{1,3}}[0-9]{{2}}[-./ \n]{{1,3}}[0-9]{{6}}[-./ \n]{{1,3}}[0-9]{{2}}{AFTER}"
)
_LICENCE_BY_NAME = re.compile(
    r"(?:서울|부산|경기(?:남부|북부)?|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산)[ -]?"
    rf"[0-9]{{2}} ?- ?[0-9]{{6}} ?- ?[0-9]{{2}}{AFTER}"
)
_LICENCE_CUE = re.compile(r"면허|licen[cs]e", re.IGNORECASE)


def find_licences(text: str) -> Iterator[PersonalSpan]:
    """Region (11 to 28, or its name), year, six digits, two. Without hyphens beside the word, or alone."""
    for match in _LICENCE.finditer(text):
        if "-" in match["mark"] or _is_named(text, match, _LICENCE_CUE):
            yield PersonalSpan(match.start(), match.end(), "driver_licence")
    for match in _LICENCE_LOOSE.finditer(text):
        if cued(text, match.start(), _LICENCE_CUE, _CUE_CHARACTERS // 2):
            yield PersonalSpan(match.start(), match.end(), "driver_licence")
    for match in _LICENCE_BY_NAME.finditer(text):
        yield PersonalSpan(match.start(), match.end(), "driver_licence")
