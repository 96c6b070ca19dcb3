"""Numbers of money: payment cards and bank accounts."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import AFTER, BEFORE, PersonalSpan, alone, cued, cued_after

_CARD = re.compile(
    rf"{BEFORE}(?:[0-9]{{4}}(?P<mark> ?- ?|[ .])[0-9]{{4}}(?P=mark)[0-9]{{4}}(?P=mark)[0-9]{{3,4}}"
    rf"|3[0-9]{{3}}(?P<mark2>[- .])[0-9]{{6}}(?P=mark2)[0-9]{{4,5}}|[0-9]{{13,16}}){AFTER}"
)
_CARD_LOOSE = re.compile(
    rf"{BEFORE}(?:[0-9](?:[-./_ \n]{{0,3}}[0-9]){{14,15}}"
    rf"|[0-9]{{4}}[- ](?:[0-9]{{2}}\*\*|[0-9]{{4}}|\*{{4}})[- ]\*{{4}}[- ][0-9]{{3,4}}){AFTER}"
)
"""Other marks, more blanks, line ends, or some digits hidden: only directly beside the word."""
_CARD_NAME = re.compile(r"카드|\bcard", re.IGNORECASE)
_FEWEST_SIGNS = 2
"""With so few different digits it is a pattern (1111-2222-...), unless a word says that it is a card."""
_CARD_CUE = re.compile(r"카드|card|visa|master|amex|비자|결제|신용|체크", re.IGNORECASE)
_BRANDS = re.compile(r"3[0-9]|4|5[0-9]|6|9|22[2-9]|2[3-6]|27[01]|272")
"""First digits that card brands use (ISO/IEC 7812), 9 among Korean cards. What else passes Luhn is a table of years."""


def find_cards(text: str) -> Iterator[PersonalSpan]:
    """13 to 16 digits that pass Luhn's test, in fours or as Amex does; without marks beside a word for cards only."""
    for match in _CARD.finditer(text):
        digits = "".join(letter for letter in match.group() if letter.isdecimal())
        if not _BRANDS.match(digits) or not luhn_fits(digits):
            continue
        named = cued(text, match.start(), _CARD_CUE, 20) or cued_after(text, match.end(), _CARD_CUE, 16)
        marked = (match["mark"] or match["mark2"]) and len(set(digits)) > _FEWEST_SIGNS
        if named or marked or (alone(text, match.start(), match.end()) and len(digits) in (15, 16)):
            yield PersonalSpan(match.start(), match.end(), "card")
    for match in _CARD_LOOSE.finditer(text):
        digits = "".join(letter for letter in match.group() if letter.isdecimal())
        if not cued(text, match.start(), _CARD_NAME, 10) or not _BRANDS.match(digits):
            continue
        if "*" in match.group() or luhn_fits(digits):
            yield PersonalSpan(match.start(), match.end(), "card")


def luhn_fits(digits: str) -> bool:
    """Luhn's test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        double = int(digit) * (1 + index % 2)
        total += double - 9 if double > 9 else double
    return total % 10 == 0


_ACCOUNT = re.compile(
    rf"{BEFORE}(?:[0-9]{{2,6}}(?: ?-(?: ?|\n)[0-9]{{1,8}}){{2,4}}|[0-9]{{2,6}}(?P<sep>[ ./])[0-9]{{1,8}}"
    rf"(?:(?P=sep)[0-9]{{1,8}}){{1,2}}|[0-9]{{3,6}}-[0-9]{{6,10}}|[0-9]{{10,16}}){AFTER}"
)
_BANK = (
    r"(?:(?:국민|신한|우리|하나|기업|부산|대구|광주|전북|경남|제주|산업|외환|한국씨티|씨티|시티|수출입|저축|"
    r"상호|SC|SC제일|제일|iM) ?(?:은행|뱅크)|농협|수협|신협|우체국|카카오 ?뱅크|카뱅|토스 ?뱅크|토스|케이 ?뱅크|"
    r"[Kk]뱅크|새마을 ?금고|산림조합|iM뱅크|\bKB|\bNH|\bIBK|\bKDB)"
)
_CUE = re.compile(rf"{_BANK}|계좌|입금|예금주|송금|이체|account", re.IGNORECASE)
_BANK_BEFORE = re.compile(
    rf"(?:{_BANK}(?:은행)?|계좌(?: ?번호)?)[ :(은는/|\n\t]{{0,4}}(?:계좌(?: ?번호)?[ :은는|\n\t]{{0,3}})?$"
)
_SHORT = "국민|신한|우리|하나|기업|카카오|토스|농협"
_BANK_AFTER = re.compile(rf"\s?[(,/]? ?(?:{_BANK}|예금주|(?:{_SHORT})(?![가-힣]))")
_SHORT_BANK = re.compile(rf"(?<![가-힣])(?:{_SHORT}) ?:? ?$")
"""Names that are words too: enough before a number with two hyphens."""
_OTHER_NUMBER = re.compile(
    r"주문|접수|송장|운송장|예약|관리|문서|사건|공고|고객|전화|연락|팩스|문의|사업자|상품|버전|제$"
)
_DATE = re.compile(r"(?:19|20)[0-9]{2} ?[- ] ?(?:0?[1-9]|1[0-2]) ?[- ] ?[0-9]{1,2}(?![0-9])")
_LINE_BEFORE = re.compile(r"^.*\n(?!$)", re.DOTALL)
"""Lines above, but not a label that stands alone on the line before."""
_CUE_CHARACTERS, _FEWEST, _MOST = 24, 10, 16
_PHONE = re.compile(r"0(?:10|1[16-9]|2|[3-6][1-5]|70|50[2-8]?) ?[- ]? ?[0-9]{3,4} ?[- ]? ?[0-9]{4}")


def find_accounts(text: str) -> Iterator[PersonalSpan]:
    """Groups of 10 to 16 digits within reach of a bank's name or of 계좌, 입금, 예금주.

    Shapes differ by bank and by decade (KB 6-2-6, Kakao 4-2-7, NH 3-4-4-2): any with two marks or more will do where
    a cue stands near; without marks, or with spaces, the bank must stand directly before. A nearer word for another
    number (주문번호) takes it away.
    """
    for match in _ACCOUNT.finditer(text):
        number = match.group()
        if not _FEWEST <= sum(letter.isdecimal() for letter in number) <= _MOST or _DATE.match(number):
            continue
        before = text[max(0, match.start() - _CUE_CHARACTERS) : match.start()]
        before = _LINE_BEFORE.sub("", before).rpartition(". ")[2]
        cues = list(_CUE.finditer(before))
        others = list(_OTHER_NUMBER.finditer(before))
        if (others and (not cues or others[-1].start() > cues[-1].start())) or _PHONE.fullmatch(number):
            continue
        near = _BANK_BEFORE.search(before) or _BANK_AFTER.match(text, match.end())
        if near or (number.count("-") >= 2 and (cues or _SHORT_BANK.search(before))):
            yield PersonalSpan(match.start(), match.end(), "bank_account")
