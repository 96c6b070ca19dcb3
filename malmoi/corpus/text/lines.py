"""Values of any type as one line of text; lines of code in a fence."""

import re
from collections.abc import Mapping
from typing import Any

MAX_CHARACTERS = 2_000
"""Longer values are no title, name or address."""


BACKTICKS = re.compile("`{3,}")
MOST_NESTED = 4
"""Lists and tables around a value. YAML can put a list into itself."""


def one_line(value: Any) -> str | None:
    """A value as one line of text; of a list its first item, of a table its name. None where nothing is left."""
    for _ in range(MOST_NESTED):
        if isinstance(value, (list, tuple)):
            value = value[0] if value else None
        elif isinstance(value, Mapping):
            value = value.get("name") if not isinstance(value.get("name"), Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, int) and value.bit_length() > MAX_CHARACTERS:
        return None
    text = " ".join(str(value)[: MAX_CHARACTERS + 1].split())
    return text if 0 < len(text) <= MAX_CHARACTERS else None


def fenced(code: str, language: str = "") -> str:
    """Lines of code in Markdown, in a fence that is longer than any in them."""
    fence = "`" * max(3, 1 + max(map(len, BACKTICKS.findall(code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"
