"""Microdata of a page (itemscope, itemtype, itemprop) in the shape of JSON-LD, each node with its element."""

from typing import Any

import numpy as np

from malmoi.corpus.html import scan
from malmoi.corpus.html.attributes import attribute
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.markup import ITEM
from malmoi.corpus.html.scan import Scanned, ancestors

ELEMENT_KEY = "@element"
"""The key of a node under which the number of its element is kept; JSON-LD itself has no such key."""
MAX_ITEMS = 2_000
"""Elements with microdata that are read; a list of 500 comments has as many."""
MAX_MARKS = 2_000
"""<meta>, <link> and <img> that are read for an itemprop."""
MAX_TEXT_BYTES = 20_000
"""Of the text of an element that is taken as a value: names and dates are short."""


def text_of(scanned: Scanned, element: int, joint: str = "\n") -> str:
    """The text of an element and all below it, its blocks joined; cut at MAX_TEXT_BYTES."""
    first, last = scanned.spans[element, scan.FIRST], scanned.spans[element, scan.LAST]
    last = min(last, first + MAX_TEXT_BYTES)
    low = max(0, int(np.searchsorted(scanned.blocks[:, scan.START], first, "right")) - 1)
    parts = []
    for block in scanned.blocks[low:]:
        if block[scan.START] >= last:
            break
        part = scanned.text[max(first, block[scan.START]) : min(last, block[scan.END])]
        if len(part):
            parts.append(part.tobytes().decode("utf-8", "replace").strip())
    return joint.join(parts)


def microdata(parsed: Parsed) -> list[dict[str, Any]]:
    """The outermost items of the page: {"@type": [...], "@element": number, property: value, node or list of both}."""
    scanned = parsed.scanned
    nodes: dict[int, dict[str, Any]] = {}
    outermost: list[dict[str, Any]] = []
    for element in np.flatnonzero(scanned.elements[:, scan.FLAGS] & ITEM)[:MAX_ITEMS].tolist():
        start = int(scanned.spans[element, scan.ATTRIBUTES])
        name = attribute(parsed, start, b"itemprop")
        owner = _owner(scanned, int(scanned.elements[element, scan.PARENT]), nodes)
        kind = attribute(parsed, start, b"itemtype")
        if kind is not None or attribute(parsed, start, b"itemscope") is not None:
            value: Any = {"@type": (kind or "").split(), ELEMENT_KEY: element}
            nodes[element] = value
            if owner is None or not name:
                outermost.append(value)
        else:
            value = _first_of(parsed, start, b"content", b"datetime") or text_of(scanned, element)
        if name and owner is not None:
            _put(owner, name, value)
    for mark in scanned.marks[:MAX_MARKS].tolist() if nodes else ():
        owner = _owner(scanned, mark[scan.MARK_ELEMENT], nodes)
        name = owner is not None and attribute(parsed, mark[scan.MARK_ATTRIBUTES], b"itemprop")
        if owner is not None and name:
            _put(owner, name, _first_of(parsed, mark[scan.MARK_ATTRIBUTES], b"content", b"href", b"src"))
    return outermost


def _owner(scanned: Scanned, element: int, nodes: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    """The node of the element, or of the innermost one above it that is a node."""
    return next((nodes[above] for above in ancestors(scanned.elements, element) if above in nodes), None)


def _first_of(parsed: Parsed, start: int, *names: bytes) -> str:
    """The first of these attributes that is not empty; "" where there is none."""
    return next(filter(None, (attribute(parsed, start, name) for name in names)), "")


def _put(owner: dict[str, Any], names: str, value: Any) -> None:
    """Adds a value under each of the names; a second value makes a list."""
    for name in names.split():
        if name in owner:
            owner[name] = [*owner[name], value] if isinstance(owner[name], list) else [owner[name], value]
        else:
            owner[name] = value
