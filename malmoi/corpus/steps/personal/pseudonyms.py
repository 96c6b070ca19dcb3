"""Other personal data in the place of what was found: of the same shape, the same for the same in one document.

The replacement is drawn by HMAC-SHA256 from a key, the document and the plain form of what was written, so that
010-1234-5678 and 공일공 일이삼사 오육칠팔 become the same number, in one document but in no other. Without the key
nobody can tell by trying numbers out. What can be made impossible is: telephone exchanges begin with 0 or 1 (none is
assigned), mail goes to example.com (RFC 2606), check digits are wrong, plates end in 00xx, IP addresses come from the
ranges for documents (RFC 5737, 3849), roads and quarters do not exist. Passports, licences, accounts and names have no
such room.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from malmoi.corpus.steps.personal.accounts import luhn_fits
from malmoi.corpus.steps.personal.identity import business_check_fits, resident_check_fits
from malmoi.corpus.steps.personal.plain import to_plain

_HANGUL = "공일이삼사오육칠팔구"
_HANGUL_VALUES = {letter: str(value) for value, letter in enumerate(_HANGUL)} | {"영": "0", "빵": "0", "륙": "6"}
_LETTER_VALUES = {"o": "0", "O": "0", "l": "1", "I": "1"}
_COUNTRY = re.compile(r"(?:00)?82(?=[1-7]|0[1-7])")
_AREA = re.compile(r"0?(?:50[0-9]|2|[0-9]{2})")
_LOCALS = "haneul bada noeul garam maru dasom areum saebyeok byeol namu sori nuri".split()
_GIVEN = "가온 나린 다온 라온 마루 바론 소담 아리 여울 이든 하람 해솔 누리 도담 미리내 새론".split()
_SURNAMES = "김이박최정강조윤장임한오서신권황안송전홍"
_ROADS = "새벽달 은하수 반딧불 구름다리 무지개샘 너울가지 꽃내음 별무리".split()
_ROAD = re.compile(r"[가-힣0-9·.]+?(대로|로|길|동|리|읍|면|가)(?=[ ,(0-9]|$)")


def pseudonym(kind: str, written: str, key: bytes, document: str) -> str:
    """What stands in a document for what was written. kind: a type of written_forms.TYPES."""
    plain = _plain(kind, written)
    digest = hmac.new(key, f"{document}\0{kind}\0{plain}".encode(), hashlib.sha256).digest()
    source = f"{int.from_bytes(digest):078d}"  # 78 decimal digits, all but the first few evenly drawn
    return _MAKERS[kind](written, source[::-1])


def _plain(kind: str, written: str) -> str:
    """The same for every way to write the same number or address."""
    if kind == "phone":
        number = _COUNTRY.sub("", _digits(written, letters=True), count=1)
        return number.lstrip("0")
    if kind in ("email", "name", "address", "ip_address"):
        return "".join(to_plain(written).lower().split())
    return "".join(letter for letter in to_plain(written).lower() if letter.isalnum())


def _digits(written: str, *, letters: bool = False) -> str:
    values = _HANGUL_VALUES | (_LETTER_VALUES if letters else {})
    return "".join(letter if letter.isdecimal() else values.get(letter, "") for letter in to_plain(written))


def _rewritten(written: str, digits: str, *, spelled: bool = False) -> str:
    """`written` with other digits, each in the script of the one it replaces."""
    left = iter(digits)
    out = []
    for letter in written:
        if letter.isascii() and letter.isdecimal():
            letter = next(left)
        elif "０" <= letter <= "９":
            letter = chr(ord("０") + int(next(left)))
        elif spelled and letter in _HANGUL_VALUES:
            letter = _HANGUL[int(next(left))]
        elif spelled and letter in _LETTER_VALUES:
            letter = next(left)
        out.append(letter)
    return "".join(out)


def _phone(written: str, source: str) -> str:
    digits = _digits(written, letters=True)
    country = _COUNTRY.match(digits)
    begin = country.end() if country else 0
    area = _AREA.match(digits, begin)
    kept = digits[: area.end() if area else begin]
    return _rewritten(written, kept + str(int(source[0]) % 2) + source[1 : len(digits) - len(kept)], spelled=True)


def _email(_written: str, source: str) -> str:
    return f"{_LOCALS[int(source[:4]) % len(_LOCALS)]}{source[4:8]}@example.com"


def _resident(written: str, source: str) -> str:
    """A date, the other digits, the region 99 that none has, and a check digit that does not fit."""
    foreign = _digits(written)[6:7] in ("5", "6", "7", "8")
    year, month, day = 50 + int(source[:2]) % 50, 1 + int(source[2:5]) % 12, 1 + int(source[5:8]) % 28
    body = f"{year}{month:02d}{day:02d}" + str((5 if foreign else 1) + int(source[8]) % 2) + "99" + source[9:12]
    return _rewritten(written, _misfit(body, resident_check_fits))


def _misfit(body: str, fits: Callable[[str], bool]) -> str:
    """`body` and a last digit with which it does not pass."""
    return next(number for digit in "3746" if not fits(number := body + digit))


def _business(written: str, source: str) -> str:
    body = str(101 + int(source[:3]) % 899) + f"{1 + int(source[3:6]) % 99:02d}" + source[6:10]
    return _rewritten(written, _misfit(body, business_check_fits))


def _corporate(written: str, source: str) -> str:
    return _rewritten(written, "0000" + source[: len(_digits(written)) - 4])


def _card(written: str, source: str) -> str:
    digits = _digits(written)
    return _rewritten(written, _misfit(digits[0] + source[: len(digits) - 2], luhn_fits))


def _plate(written: str, source: str) -> str:
    digits = _digits(re.sub("[가-힣]", "", written))
    return _rewritten(written, str(1 + int(source[0]) % 6) + source[1 : len(digits) - 4] + "00" + source[4:6])


def _network(written: str, source: str) -> str:
    if ":" in written:
        return f"2001:db8::{int(source[:4]):x}:{int(source[4:8]):x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[int(source[0]) % 3]}.{1 + int(source[1:5]) % 254}"


def _licence(written: str, source: str) -> str:
    digits = _digits(written)
    region = digits[:2] if len(digits) == 12 else ""
    return _rewritten(written, region + source[: len(digits) - len(region)])


def _address(written: str, source: str) -> str:
    """The city stays; the last road or quarter becomes one that is nowhere, and every number another."""
    places = list(_ROAD.finditer(written))
    if places:
        last = max(places, key=lambda place: place[1] in ("대로", "로", "길"))
        written = written[: last.start()] + _ROADS[int(source[:4]) % len(_ROADS)] + written[last.start(1) :]
    digits = iter(source[4:])
    return re.sub("[0-9]+", lambda found: "".join(str(1 + int(next(digits)) % 9) for _ in found.group()), written)


def _name(_written: str, source: str) -> str:
    given = [syllables for syllables in _GIVEN if len(syllables) == 2]
    return _SURNAMES[int(source[:4]) % len(_SURNAMES)] + given[int(source[4:8]) % len(given)]


def _birth(written: str, source: str) -> str:
    """A day of the same form, that no calendar has: the 30th of February."""
    numbers = [len(part) for part in re.findall("[0-9]+", written)]
    year = str(1950 + int(source[:3]) % 50)
    if len(numbers) == 1:
        return _rewritten(written, (year if numbers[0] > _SHORT_DATE else year[2:]) + "0230")
    parts = iter((year[-numbers[0] :], "2".zfill(numbers[1]), "30"))
    return re.sub("[0-9]+", lambda _: next(parts, ""), written)


def _messenger(written: str, source: str) -> str:
    return ("@" if written.startswith("@") else "") + f"{_LOCALS[int(source[:4]) % len(_LOCALS)]}_{source[4:10]}"


_SHORT_DATE = 6
"""Digits of YYMMDD."""
_MAKERS: dict[str, Callable[[str, str], str]] = {
    "phone": _phone,
    "email": _email,
    "resident_number": _resident,
    "foreigner_number": _resident,
    "business_number": _business,
    "corporate_number": _corporate,
    "passport": _rewritten,
    "driver_licence": _licence,
    "card": _card,
    "bank_account": _rewritten,
    "vehicle_plate": _plate,
    "ip_address": _network,
    "address": _address,
    "birth_date": _birth,
    "messenger_id": _messenger,
    "personal_code": _rewritten,
    "name": _name,
}
