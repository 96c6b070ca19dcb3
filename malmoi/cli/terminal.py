"""What goes to a terminal: text without what it would obey, and small tables."""

import json
import unicodedata
from collections.abc import Callable, Iterable
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


def show(found: Any, as_json: bool, for_people: Callable[[Any], None], indent: int | None = 1) -> None:
    """What a command found: JSON where it was asked for (indent None: on one line), else as `for_people` prints it."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=indent, default=str))
    else:
        for_people(found)


def print_table(found: dict[str, Any], as_json: bool) -> None:
    """What a command found or made: JSON, or a line for each value and two levels of names."""
    show(found, as_json, _print_names)


def _print_names(found: dict[str, Any]) -> None:
    for key, value in found.items():
        if isinstance(value, dict):
            print(f"{key}:")
            for name, inner in value.items():
                print(f"  {name}: {_shown(inner)}")
        else:
            print(f"{key}: {_shown(value)}")


def figures(value: float) -> str:
    """A number of four figures, or all of those before the point: 17910, not 1.791e+04."""
    return f"{value:.0f}" if 1_000 <= abs(value) < 1e15 else f"{value:.4g}"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{float(figures(value)):,.15g}" if value >= 1000 or value < 0.001 else f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
