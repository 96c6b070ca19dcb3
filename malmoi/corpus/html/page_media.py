"""Pictures, sound and video of a page's core region, each with its place, absolute address and caption.

What belongs to the region: what stands inside a chosen block or between the first and the last of them, not under an
element named for menus, advertisements, related links, profiles or comments, and not as small as a sign.
"""

from typing import Any, NamedTuple
from urllib.parse import urljoin

import numpy as np

from malmoi.corpus import media
from malmoi.corpus.html.attributes import attribute, attribute_bytes
from malmoi.corpus.html.class_words import CLASS_WORDS
from malmoi.corpus.html.core_region import Look
from malmoi.corpus.html.markup import UNSEEN
from malmoi.corpus.html.microdata import text_of
from malmoi.corpus.html.scan import (
    ELEMENT,
    FLAGS,
    INSIDE,
    MARK_AT,
    MARK_ATTRIBUTES,
    MARK_BLOCK,
    MARK_ELEMENT,
    MARK_TAG,
    PARENT,
    TAG,
    WORDS,
)
from malmoi.corpus.html.tags import ID

IMG, SOURCE, VIDEO, AUDIO = (ID[name] for name in "img source video audio".split())
FIGURE, FIGCAPTION = ID["figure"], ID["figcaption"]
KINDS = {IMG: "image", VIDEO: "video", AUDIO: "audio"}
ASIDE = sum(
    1 << bit
    for bit, name in enumerate(CLASS_WORDS)
    if name in ("nav", "ad", "related", "comment", "share", "sign_up", "bio", "footer", "popup")
)
ASIDE_TAGS = frozenset(ID[name] for name in ("nav", "footer", "aside", "header", "button", "form"))
LAZY = (b"data-src", b"data-original", b"data-lazy-src", b"data-lazysrc", b"src")
"""A page that loads its pictures late keeps their addresses in these; src then holds a blank."""
SMALL_PIXELS = 65
MAX_ITEMS = media.MOST_ITEMS
MAX_DATA_BYTES = media.MOST_BYTES * 4 // 3 + 1_000


class Medium(NamedTuple):
    """Where it stands (before a block or, inside, in one, at a byte of the scanned text); the item for media.place."""

    block: int
    inside: bool
    at: int
    item: dict[str, Any]


def region_media(seen: Look, blocks: np.ndarray, url: str | None) -> list[Medium]:
    """The media of the blocks (bool) in reading order. url: what relative addresses are relative to."""
    numbers = np.flatnonzero(blocks)
    if not len(numbers):
        return []
    marks = seen.scanned.marks
    tags = marks[:, MARK_TAG]
    is_medium = (tags == IMG) | (tags == VIDEO) | (tags == AUDIO)
    near = (marks[:, MARK_BLOCK] >= numbers[0]) & (marks[:, MARK_BLOCK] <= numbers[-1] + 1)
    rows = np.flatnonzero(is_medium & near)[: 4 * MAX_ITEMS].tolist()
    if not rows:
        return []
    shared = _around(seen, numbers)
    captions = _captions(seen)
    found: list[Medium] = []
    for row in rows:
        mark = marks[row].tolist()
        block = mark[MARK_BLOCK]
        if mark[INSIDE] and not blocks[block]:
            continue
        if not mark[INSIDE] and _is_aside(seen, mark[MARK_ELEMENT], shared, not numbers[0] < block <= numbers[-1]):
            continue
        item = _item(seen, row, mark, url, captions)
        if item and len(found) < MAX_ITEMS:
            found.append(Medium(block, bool(mark[INSIDE]), mark[MARK_AT], item))
    return found


def _around(seen: Look, numbers: np.ndarray) -> frozenset[int]:
    """The elements that have chosen blocks below them."""
    elements = seen.scanned.elements
    around: set[int] = {0}
    for element in np.unique(seen.scanned.blocks[numbers, ELEMENT]).tolist():
        while element > 0 and element not in around:
            around.add(element)
            element = int(elements[element, PARENT])
    return frozenset(around)


def _is_aside(seen: Look, element: int, around: frozenset[int], is_edge: bool) -> bool:
    """Whether something between the element and what it shares with the text says that it is no part of the text.

    is_edge: it stands before the first or after the last block; then it must share more with them than the page.
    """
    elements = seen.scanned.elements
    while element > 0 and element not in around:
        row = elements[element]
        if row[TAG] in ASIDE_TAGS or row[WORDS] & ASIDE or row[FLAGS] & UNSEEN:
            return True
        element = int(row[PARENT])
    return is_edge and element == 0


def _captions(seen: Look) -> dict[int, int]:
    """The first <figcaption> of each <figure>."""
    elements = seen.scanned.elements
    captions: dict[int, int] = {}
    for element in np.flatnonzero(elements[:, TAG] == FIGCAPTION)[:MAX_ITEMS].tolist():
        figure = _figure(elements, element)
        if figure:
            captions.setdefault(figure, element)
    return captions


def _figure(elements: np.ndarray, element: int) -> int:
    while element > 0 and elements[element, TAG] != FIGURE:
        element = int(elements[element, PARENT])
    return max(0, element)


def _item(seen: Look, row: int, mark: list[int], url: str | None, captions: dict[int, int]) -> dict[str, Any] | None:
    place = mark[MARK_ATTRIBUTES]
    if any(_is_small(attribute(seen.page, seen.content, place, name)) for name in (b"width", b"height")):
        return None
    address = _address(seen, place) or (_first_source(seen, row) if mark[MARK_TAG] != IMG else None)
    if not address:
        return None
    figure = _figure(seen.scanned.elements, mark[MARK_ELEMENT])
    caption = text_of(seen.scanned, captions[figure], " ") if figure in captions else None
    caption = caption or attribute(seen.page, seen.content, place, b"alt")
    caption = caption or attribute(seen.page, seen.content, place, b"aria-label")
    return media.item(KINDS[mark[MARK_TAG]], _absolute(address, url), None, caption)


def _is_small(pixels: str | None) -> bool:
    digits = (pixels or "").removesuffix("px")
    return digits.isascii() and digits.isdecimal() and len(digits) < 6 and int(digits) < SMALL_PIXELS


def _address(seen: Look, place: int) -> str | None:
    """The first address that is not empty; a data URI only where there is no other."""
    data = None
    for name in LAZY:
        value = attribute_bytes(seen.page, seen.content, place, name, MAX_DATA_BYTES)
        if not value or not value.strip():
            continue
        if value.strip()[:5].lower() != b"data:":
            return attribute(seen.page, seen.content, place, name)
        data = value
    listed = attribute(seen.page, seen.content, place, b"srcset")
    if listed:
        return listed.split(",")[0].split()[0] if listed.split(",")[0].split() else None
    return data.decode("ascii", "replace").strip() if data else None


def _first_source(seen: Look, row: int) -> str | None:
    """The src of the first <source> after the start of <video> or <audio>."""
    for mark in seen.scanned.marks[row + 1 : row + 4].tolist():
        if mark[MARK_TAG] == SOURCE:
            return attribute(seen.page, seen.content, mark[MARK_ATTRIBUTES], b"src")
    return None


def _absolute(address: str, url: str | None) -> str:
    if address[:5].lower() == "data:":
        return address
    try:
        return urljoin(url or "", address)
    except ValueError:
        return address
