"""Microdata of a page (itemscope, itemtype, itemprop) in the shape of JSON-LD, each node with its element."""

from typing import Any

import numpy as np

from malmoi.corpus.html.attributes import attribute
from malmoi.corpus.html.core_region import Look
from malmoi.corpus.html.markup import ITEM
from malmoi.corpus.html.scan import (
    ATTRIBUTES,
    END,
    FIRST,
    FLAGS,
    LAST,
    MARK_ATTRIBUTES,
    MARK_ELEMENT,
    PARENT,
    START,
    Scanned,
)

ELEMENT_KEY = "@element"
MAX_ITEMS = 2_000
"""Elements with microdata that are read; a list of 500 comments has as many."""
MAX_MARKS = 2_000
MAX_TEXT_BYTES = 20_000
VALUES = (b"content", b"datetime")


def text_of(scanned: Scanned, element: int, joint: str = "\n") -> str:
    """The text of an element and all below it, its blocks joined; cut at MAX_TEXT_BYTES."""
    first, last = scanned.places[element, FIRST], scanned.places[element, LAST]
    last = min(last, first + MAX_TEXT_BYTES)
    low = max(0, int(np.searchsorted(scanned.blocks[:, START], first, "right")) - 1)
    parts = []
    for block in scanned.blocks[low:]:
        if block[START] >= last:
            break
        part = scanned.text[max(first, block[START]) : min(last, block[END])]
        if len(part):
            parts.append(part.tobytes().decode("utf-8", "replace").strip())
    return joint.join(parts)


def microdata(seen: Look) -> list[dict[str, Any]]:
    """The outermost items of the page as {"@type": ..., "@element": ..., property: value or node or list of them}."""
    elements = np.flatnonzero(seen.scanned.elements[:, FLAGS] & ITEM)[:MAX_ITEMS].tolist()
    if not elements:
        return []
    nodes: dict[int, dict[str, Any]] = {}
    outermost: list[dict[str, Any]] = []
    for element in elements:
        place = int(seen.scanned.places[element, ATTRIBUTES])
        name = attribute(seen.page, seen.content, place, b"itemprop")
        owner = _owner(seen.scanned, int(seen.scanned.elements[element, PARENT]), nodes)
        kind = attribute(seen.page, seen.content, place, b"itemtype")
        if kind is not None or attribute(seen.page, seen.content, place, b"itemscope") is not None:
            value: Any = {"@type": (kind or "").split(), ELEMENT_KEY: element}
            nodes[element] = value
            if owner is None or not name:
                outermost.append(value)
        else:
            value = _value(seen, element, place)
        if name and owner is not None:
            _put(owner, name, value)
    for mark in seen.scanned.marks[:MAX_MARKS].tolist():
        owner = _owner(seen.scanned, mark[MARK_ELEMENT], nodes)
        name = owner is not None and attribute(seen.page, seen.content, mark[MARK_ATTRIBUTES], b"itemprop")
        if owner is not None and name:
            values = (
                attribute(seen.page, seen.content, mark[MARK_ATTRIBUTES], key) for key in (b"content", b"href", b"src")
            )
            _put(owner, name, next(filter(None, values), ""))
    return outermost


def _owner(scanned: Scanned, element: int, nodes: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    while element > 0:
        if element in nodes:
            return nodes[element]
        element = int(scanned.elements[element, PARENT])
    return None


def _value(seen: Look, element: int, place: int) -> str:
    given = (attribute(seen.page, seen.content, place, name) for name in VALUES)
    return next(filter(None, given), None) or text_of(seen.scanned, element)


def _put(owner: dict[str, Any], names: str, value: Any) -> None:
    """Adds a value under each of the names; a second value makes a list."""
    for name in names.split():
        if name in owner:
            owner[name] = [*owner[name], value] if isinstance(owner[name], list) else [owner[name], value]
        else:
            owner[name] = value
