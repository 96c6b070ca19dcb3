"""What goes to a terminal: text without what it would obey, and small tables."""

from collections.abc import Iterable
from typing import Any


def harmless(text: str) -> str:
    """Without what a terminal would obey: names in archives and broken texts may hold any control character."""
    return "".join(
        sign if sign in "\n\t" or (sign >= " " and not "\x7f" <= sign <= "\x9f") else repr(sign)[1:-1] for sign in text
    )


def table(title: str, rows: Iterable[tuple[str, Any]]) -> None:
    """Names and values under a title."""
    print(f"{title}:")
    for name, value in rows:
        print(f"  {name:<32} {value:>12,}" if isinstance(value, int) else f"  {name:<32} {value}")
