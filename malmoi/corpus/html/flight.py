"""Flight data: what a Next.js App Router page pushes to `self.__next_f`, as rows that refer to each other.

A row is `key:` and a value up to the line end, or `key:T<length in bytes, hex>,` and so many bytes of text. A value is
JSON, perhaps after a letter (React, packages/react-client/src/ReactFlightClient.js, 2026): "$key" in it is another
row, ["$", tag, key, properties] is an element. Elements are written as HTML again, rows in the place that names them.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Any, TypeGuard

MAX_ROWS = 10_000
MAX_ELEMENTS = 50_000
MAX_DEPTH = 200
"""Rows and elements that are read of a page, and elements in each other."""
ROW = re.compile(rb"\n*([0-9a-f]{0,8}):([A-Za-z#]?)")
WITH_LENGTH = frozenset("TAOoUSsLlGgMmV")
"""Letters after which a length stands; only T is text."""
REFERENCE = re.compile(r"\$[LQ]?([0-9a-f]{1,8})")
SILENT_TAGS = frozenset("nav header footer aside button form script style svg link meta title head noscript".split())
"""Elements that hold no text of an article, and what the page shows of them it shows by itself."""
VOID_TAGS = frozenset("br hr img input wbr".split())
TAG_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def flight_rows(stream: str, parse: Callable[[bytes], Any]) -> list[Any]:
    """The values of the rows in order: JSON with other rows' text in place, elements as {"__html": "<p>..."}.

    stream: the pushed strings, joined. parse: gives the JSON at the beginning of bytes, or None. Text of rows that no
    other row names stands last, in order, as one list.
    """
    content = stream.encode("utf-8", "replace")
    texts: dict[str, str] = {}
    values: list[Any] = []
    at = 0
    for _ in range(MAX_ROWS):
        row = ROW.match(content, at)
        if row is None:
            break
        key, letter = row[1].decode(), row[2].decode()
        comma = content.find(b",", row.end(), row.end() + 12) if letter in WITH_LENGTH else -1
        length = _length(content[row.end() : comma]) if comma > 0 else -1
        if length >= 0:
            at = comma + 1 + length
            if letter == "T":
                texts[key] = content[comma + 1 : at].decode("utf-8", "replace")
            continue
        end = content.find(b"\n", row.end())
        end = len(content) if end < 0 else end
        at = end + 1
        value = parse(content[row.end() - len(letter) if letter in ("t", "n", "f") else row.end() : end])
        if letter not in ("I", "H") and isinstance(value, (dict, list)):
            values.append(value)
    return _resolved(values, texts)


def _length(digits: bytes) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return -1


def _resolved(values: list[Any], texts: dict[str, str]) -> list[Any]:
    """The values with texts for references to them, and a list of the texts that nothing refers to."""
    reader = _Reader(texts)
    resolved = [reader.resolve(value, 0) for value in values]
    return [*resolved, [text for key, text in texts.items() if key not in reader.used]]


class _Reader:
    """Puts texts in the places that name them and elements into HTML; counts what it has read."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.used: set[str] = set()
        self.left = MAX_ELEMENTS

    def resolve(self, value: Any, depth: int) -> Any:
        """A value with texts for references to them and {"__html": ...} for elements."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return None
        if isinstance(value, str):
            return self._text(value)
        if _is_element(value):
            rest: list[Any] = []
            html = self._html(value, depth, rest)
            return [{"__html": html}, *rest] if rest else {"__html": html}
        if isinstance(value, list):
            return [self.resolve(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {name: self.resolve(item, depth + 1) for name, item in value.items()}
        return value

    def _text(self, value: str) -> str:
        """The row that a string names, once; any other string as it is ("$$" begins one that begins with "$")."""
        named = REFERENCE.fullmatch(value)
        if named is None:
            return value.removeprefix("$") if value.startswith("$$") else value
        key = named[1]
        if key not in self.texts or key in self.used:
            return ""
        self.used.add(key)
        return self.texts[key]

    def _html(self, value: Any, depth: int, rest: list[Any]) -> str:
        """Children of elements as HTML. rest: takes the other properties of components, resolved."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return ""
        if isinstance(value, str):
            named = REFERENCE.fullmatch(value)
            is_lost = named is not None and named[1] not in self.texts
            return "" if is_lost else escape(self._text(value), quote=False)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if _is_element(value):
            return self._element(str(value[1]), value[3], depth, rest)
        if isinstance(value, list):
            return "".join(self._html(item, depth + 1, rest) for item in value)
        return ""

    def _element(self, tag: str, properties: dict[str, Any], depth: int, rest: list[Any]) -> str:
        if tag in SILENT_TAGS:
            return ""
        raw = properties.get("dangerouslySetInnerHTML")
        inner = self._html(properties.get("children"), depth + 1, rest)
        if isinstance(raw, dict) and isinstance(raw.get("__html"), str):
            inner += self._text(raw["__html"])
        if not TAG_NAME.fullmatch(tag):  # a component of the page's own: what it is given may be text
            others = {name: item for name, item in properties.items() if name != "children"}
            rest.append(self.resolve(others, depth + 1))
            return f"<div>{inner}</div>"
        return f"<{tag}>" if tag in VOID_TAGS else f"<{tag}>{inner}</{tag}>"


def _is_element(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and len(value) >= 4 and value[0] == "$" and isinstance(value[3], dict)
