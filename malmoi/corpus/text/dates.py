"""Dates as sources write them, as ISO 8601."""

import datetime
import email.utils
import re
from functools import lru_cache

DAY = re.compile(r"(?<!\d)(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})(?!\d)")
SHORT_DAY = re.compile(r"^\W*(\d{2})[-./] ?(\d{1,2})[-./] ?(\d{1,2})(?!\d)")  # 15.08.25, as Korean sites write it
COMPACT_DAY = re.compile(r"^(\d{4})(\d{2})(\d{2})(?!\d{7})")
AMERICAN_DAY = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
MONTH = re.compile(r"^\D*(\d{4})\s*[-./년]\s*(\d{1,2})\s*월?\s*\.?$")
NAMED_DAY = re.compile(
    r"([A-Z][a-z]{2})[a-z]{0,6}\.? (\d{1,2}),? (\d{4})|(\d{1,2})[ -]([A-Z][a-z]{2})[a-z]{0,6},?[ -](\d{4}|\d{2}\b)"
)
"""May 25, 2021; 25 May 2021; 25-May-21, as chat programs and English sites write it."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
YEAR = re.compile(r"^(\d{4})년?$")
CENTURY_TURN = 70
"""Two-digit years below it are of the 2000s."""
SECONDS = (100_000_000, 10_000_000_000)
"""Numbers between are seconds since 1970 (1973 to 2286); a thousand times as large, milliseconds."""


def iso_date(value: object) -> str | None:
    """The date in `value` (text, number of seconds or milliseconds, date) as YYYY-MM-DD, YYYY-MM or YYYY.

    None where there is no date in it that exists in the calendar. Times of day and zones are left away.
    """
    if isinstance(value, datetime.date):  # a datetime is one too
        return value.strftime("%Y-%m-%d") if value.year >= 1000 else None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    return _from_text(value.strip()[:100]) if isinstance(value, str) else None


def _from_number(number: float) -> str | None:
    if 10_000_101 <= number <= 99_991_231:
        match = COMPACT_DAY.match(str(int(number)))
        return _checked(*map(int, match.groups())) if match else None
    if 1000 <= number <= 2999:
        return str(int(number))
    if not SECONDS[0] <= number < 1000 * SECONDS[1]:  # JSON has whole numbers that no fraction can hold
        return None
    seconds = number / 1000 if number >= SECONDS[1] else number
    if not SECONDS[0] <= seconds < SECONDS[1]:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=4096)
def _from_text(text: str) -> str | None:
    for pattern in (DAY, COMPACT_DAY):
        if (match := pattern.search(text)) and (day := _checked(*map(int, match.groups()))):
            return day
    if match := SHORT_DAY.search(text):
        year, month, number = map(int, match.groups())
        return _checked(year + (2000 if year < CENTURY_TURN else 1900), month, number)
    if match := AMERICAN_DAY.search(text):
        month, number, year = map(int, match.groups())
        return _checked(year, month, number) or _checked(year, number, month)
    if match := MONTH.search(text):
        month_start = _checked(int(match[1]), int(match[2]), 1)
        return month_start and month_start[:7]
    if (match := NAMED_DAY.search(text)) and (month := match[1] or match[5]) in MONTHS:
        year = int(match[3] or match[6])
        year += 0 if year >= 100 else 2000 if year < CENTURY_TURN else 1900
        return _checked(year, MONTHS.index(month) + 1, int(match[2] or match[4]))
    if match := YEAR.search(text):
        return match[1]
    if text.isascii() and text.isdigit() and len(text) <= 16:
        return _from_number(int(text))
    return _from_mail_date(text)


def _from_mail_date(text: str) -> str | None:
    """RFC 2822, as in "Tue, 25 May 2021 09:00:00 +0900"."""
    parsed = email.utils.parsedate(text)
    return _checked(*parsed[:3]) if parsed else None


def _checked(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return None
