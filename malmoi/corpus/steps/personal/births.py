"""Days of birth of living people, only where a word says that one is: 생년월일, 생일, DOB, 1996년 1월 1일생."""

import datetime
import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan

_YEAR, _MONTH, _DAY = r"(?:(?:19|20)[0-9]{2}|[0-9]{2})", r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12][0-9]|0?[1-9])"
_DATE = (
    rf"(?:(?P<y1>{_YEAR}) ?년 ?(?P<m1>{_MONTH}) ?월 ?(?P<d1>{_DAY}) ?일"
    rf"|(?P<y2>{_YEAR})(?P<mark> ?[-./] ?)(?P<m2>{_MONTH})(?P=mark)(?P<d2>{_DAY})(?![0-9])\.?)"
)
_SOLID = r"(?P<y3>(?:19|20)?[0-9]{2})(?P<m3>1[0-2]|0[1-9])(?P<d3>3[01]|[12][0-9]|0[1-9])(?![0-9])"
_CUE = r"(?:생년 ?월 ?일|생일|출생일자?|출생|d\.?o\.?b\.?|date of birth|birth ?da(?:y|te))"
_BESIDE = re.compile(
    rf"(?<![가-힣A-Za-z]){_CUE}(?: ?\([가-힣/ ]{{1,8}}\))?(?:은|는|이)?[ \t]{{0,3}}[:|/\n]?[ \t]{{0,3}}"
    rf"(?<![0-9])(?P<date>{_DATE}|{_SOLID})",
    re.IGNORECASE,
)
_BEFORE_WORD = re.compile(rf"(?<![0-9.-])(?P<date>{_DATE}) ?(?:출)?생(?=[^가-힣]|$|이[고며]|입니|인|으로)")
_IN_BRACKETS = re.compile(rf"(?:(?<=[가-힣]\()|(?<=[가-힣] \())(?P<date>{_DATE}),? ?(?:남|여)(?:성|자)?(?=\))")
_SPAN_AFTER = re.compile(r" ?(?:부터|까지|이후|이전|전후|~|현재|기준|오[전후] [0-9])")
"""Rules are for all who were born in a span of days; an hour makes it an example of a program's clock."""
_FIRST_YEAR, _LAST_YEAR = 1920, 2039
"""Of people who may be alive. Whoever was born before stands in books."""


def find_births(text: str) -> Iterator[PersonalSpan]:
    """Whole dates, from 1920 to today's children, after a word for births, before 생, or in brackets with the sex."""
    for pattern in (_BESIDE, _BEFORE_WORD, _IN_BRACKETS):
        for match in pattern.finditer(text):
            if _is_day_of_birth(match):
                yield PersonalSpan(match.start("date"), match.end("date"), "birth_date")


def _is_day_of_birth(match: re.Match[str]) -> bool:
    fields = match.groupdict()
    for way in "123":
        if fields.get(f"y{way}"):
            year, month, day = (int(fields[f"{name}{way}"]) for name in "ymd")
            break
    else:
        return False
    if _SPAN_AFTER.match(match.string, match.end("date")):
        return False
    try:
        datetime.date(year if year > 99 else 2000 + year, month, day)  # a leap year where only two digits are given
    except ValueError:
        return False
    return year <= 99 or _FIRST_YEAR <= year <= _LAST_YEAR
