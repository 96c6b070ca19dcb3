"""What goes to a terminal: text without what it would obey, and small tables."""

import unicodedata
from collections.abc import Iterable
from typing import Any


def harmless(text: str) -> str:
    """Without what a terminal would obey: names in archives and broken texts may hold any control character."""
    return "".join(
        sign if sign in "\n\t" or (sign >= " " and not "\x7f" <= sign <= "\x9f") else repr(sign)[1:-1] for sign in text
    )


def table(title: str, rows: Iterable[tuple[str, Any]]) -> None:
    """Names and values under a title; nothing under it is said so."""
    rows = list(rows)
    print(f"{title}:" if rows else f"{title}: nothing")
    for name, value in rows:
        print(f"  {_padded(name, 32)} {value:>12,}" if isinstance(value, int) else f"  {_padded(name, 32)} {value}")


def _padded(text: str, columns: int) -> str:
    """`text` filled up to so many columns of a terminal, where Hangul takes two."""
    taken = sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )
    return text + " " * (columns - taken)
