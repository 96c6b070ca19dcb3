"""Plates of vehicles: 12가3456, 123가4567, 서울12가3456."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan, cued, cued_after

_LETTERS = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자허하호배"
"""Syllables of plates for private cars, hire, transport and delivery (자동차 등록번호판 등의 기준에 관한 고시)."""
_REGION = r"(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
_PLATE = re.compile(
    rf"(?P<region>{_REGION} ?)?(?<![0-9A-Za-z제.,-])(?P<class>[0-9]{{2,3}})(?P<s1>[ -]?)"
    rf"(?P<letter>[{_LETTERS}])(?P<s2>[ \n-]?)"
    r"(?P<number>[1-9][0-9]{3})(?![0-9A-Za-z년원명개호조항만억%가-힣]*[0-9])(?P<after>[가-힣]?)"
)
_CUE = re.compile(r"차량|차번|번호판|승용차|자동차|택시|트럭|주차|렌트|소유|등록번호|車")
_UNITS = frozenset("년원명개조항만억천백톤호번인회건세대")
_LISTS = frozenset("가나다라마바사아자하조호")
"""Syllables that also number paragraphs and articles: 12조 3456, 31가 1000. With a space they need a cue."""

_FIRST_COURT_YEAR = 62
"""Courts numbered their cases by two digits of the year from 1962 to 1999: 92다1234."""
_COURT_BEFORE = re.compile(r"(?:선고|사건(?: ?번호)?)[ :(]{0,2}(?:[0-9]{2}[가-힣]{1,2}[0-9]{1,6}, ?){0,4}$")
_COURT_AFTER = re.compile(
    r"(?:\([가-힣, ]{1,8}\))?(?:, ?[0-9]{2}[가-힣]{1,2}[0-9]{1,6}(?:\([가-힣, ]{1,8}\))?){0,9} ?"
    r"(?:전원합의체 ?)?(?:판결|결정|사건|명령)"
)


def find_plates(text: str) -> Iterator[PersonalSpan]:
    """Two or three digits, a syllable of the plates, four digits. With spaces only beside a word for vehicles."""
    for match in _PLATE.finditer(text):
        if _is_case(text, match):
            continue
        near = bool(match["region"]) or cued(text, match.start(), _CUE, 16) or cued_after(text, match.end(), _CUE, 6)
        if match["after"] in _UNITS and match["after"] and not near:
            continue
        spaced = match["s1"] or match["s2"]
        if near or (not spaced and not _follows_article(text, match)):
            yield PersonalSpan(match.start(), match.end("number"), "vehicle_plate")


def _follows_article(text: str, match: re.Match[str]) -> bool:
    """제 12조3456, 별표 12호1234, 제3조 12가1000: numbers of law."""
    return (
        text[max(0, match.start() - 4) : match.start()].rstrip().endswith(("제", "조", "항", "호", "별표", "표", "목"))
    )


def _is_case(text: str, match: re.Match[str]) -> bool:
    """선고 92다1234 판결: the number of a case, which is public. It is written without spaces."""
    if match["region"] or match["s1"] or match["s2"] or not _FIRST_COURT_YEAR <= int(match["class"]) <= 99:
        return False
    before = text[max(0, match.start() - 48) : match.start()]
    return bool(_COURT_BEFORE.search(before) or _COURT_AFTER.match(text, match.end("number")))
