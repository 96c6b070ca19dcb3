"""Pictures, sound and video of a page's core region, each with its position, absolute address and caption.

What belongs to the region: what stands inside a chosen block or between the first and the last of them, not under an
element named for menus, advertisements, related links, profiles or comments, and not as small as an icon.
"""

import re
from typing import Any, NamedTuple
from urllib.parse import urljoin

import numpy as np
from numba import njit

from malmoi.corpus import media
from malmoi.corpus.html import scan
from malmoi.corpus.html.attributes import attribute, attribute_spans, name_hashes, text_between
from malmoi.corpus.html.class_words import CLASS_BIT
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.markup import UNSEEN, find_attribute, holds
from malmoi.corpus.html.microdata import text_of
from malmoi.corpus.html.tags import ID, tag_mask
from malmoi.corpus.html.tree_walks import is_within

IMG, SOURCE, VIDEO, AUDIO = (ID[name] for name in "img source video audio".split())
FIGURE, FIGCAPTION = ID["figure"], ID["figcaption"]
KINDS = {IMG: "image", VIDEO: "video", AUDIO: "audio"}
IS_MEDIUM = tag_mask("img video audio")
ASIDE = sum(CLASS_BIT[name] for name in "nav ad related comment share sign_up bio footer popup".split())
ASIDE_TAGS = tag_mask("nav footer aside header button form")
LAZY = (b"data-src", b"data-original", b"data-lazy-src", b"data-lazysrc", b"src")
"""A page that loads its pictures late keeps their addresses in these; src then holds a blank."""
ATTRIBUTE_NAMES = (*LAZY, b"srcset", b"width", b"height", b"alt", b"aria-label")
ATTRIBUTE_HASHES = name_hashes([name.decode() for name in ATTRIBUTE_NAMES])
SMALL_PIXELS = 65
"""Narrower or lower pictures are icons and buttons; the usual sizes of those are 16, 24, 32, 48 and 64."""
MAX_ITEMS = media.MOST_ITEMS
MAX_DATA_BYTES = media.MOST_BYTES * 4 // 3 + 1_000
"""Of a data URI: base64 makes four bytes of three; the rest is its media type."""
CAPTION_CLASS = re.compile(r"caption|img_?-?desc|photo_?-?desc|img_?txt|사진설명", re.IGNORECASE)
CAPTION_LEVELS, CAPTIONS_AFTER, MAX_CAPTION_BYTES = 2, 8, 900
"""Where a caption that is no <figcaption> is looked for, and how long it is at most: 300 syllables."""
SOURCES_AFTER = 3
"""Marks after a <video> or <audio> among which its <source> is looked for."""


class Medium(NamedTuple):
    """A picture, sound or film of the page. item: what media.place takes.

    block: the number of the block that it stands in (inside) or before. at: its offset in the scanned text, in bytes.
    """

    block: int
    inside: bool
    at: int
    item: dict[str, Any]


def region_media(parsed: Parsed, blocks: np.ndarray, url: str | None) -> list[Medium]:
    """The media of the region in reading order, at most MAX_ITEMS.

    blocks: bool (blocks,), those of the region. url: what relative addresses are relative to.
    """
    scanned = parsed.scanned
    marks = scanned.marks
    rows = _rows_of_region(marks, scanned.elements, scanned.blocks, blocks, IS_MEDIUM, ASIDE_TAGS)
    if not len(rows):
        return []
    captions = _captions(parsed)
    spans = attribute_spans(parsed, marks[rows, scan.MARK_ATTRIBUTES], ATTRIBUTE_HASHES).tolist()
    region: list[Medium] = []
    for row, mark, places in zip(rows.tolist(), marks[rows].tolist(), spans, strict=True):
        item = _item(parsed, row, dict(zip(ATTRIBUTE_NAMES, places, strict=True)), url, captions)
        if item and len(region) < MAX_ITEMS:
            region.append(Medium(mark[scan.MARK_BLOCK], bool(mark[scan.INSIDE]), mark[scan.MARK_AT], item))
    return region


@njit(nogil=True, cache=True)
def _rows_of_region(
    marks: np.ndarray,
    elements: np.ndarray,
    blocks: np.ndarray,
    chosen: np.ndarray,
    is_medium: np.ndarray,
    aside_tags: np.ndarray,
) -> np.ndarray:
    """The rows of the marks that are media of the region, int64. chosen: bool (blocks,).

    Something between the element of a medium and what it shares with the text may say that it is no part of the text;
    before the first and after the last block it must share more with them than the page. is_medium, aside_tags: bool
    (256,), by tag.
    """
    numbers = np.flatnonzero(chosen)
    if not len(numbers):
        return numbers
    low, high = numbers[0], numbers[-1]
    around = np.zeros(len(elements), np.bool_)
    around[0] = True
    for number in numbers:
        e = blocks[number, scan.ELEMENT]
        while not around[e]:
            around[e] = True
            e = elements[e, scan.PARENT]
    rows = np.empty(len(marks), np.int64)
    count, near = 0, 0
    for row in range(len(marks)):
        block = marks[row, scan.MARK_BLOCK]
        if not is_medium[marks[row, scan.MARK_TAG]] or not low <= block <= high + 1 or near == 4 * MAX_ITEMS:
            continue
        near += 1
        is_aside = False
        if marks[row, scan.INSIDE]:
            is_aside = not chosen[block]
        else:
            e = marks[row, scan.MARK_ELEMENT]
            while not around[e] and not is_aside:
                is_aside = aside_tags[elements[e, scan.TAG]] or elements[e, scan.WORDS] & ASIDE != 0
                is_aside |= elements[e, scan.FLAGS] & UNSEEN != 0
                e = elements[e, scan.PARENT]
            is_aside |= e == 0 and not low < block <= high
        if not is_aside:
            rows[count] = row
            count += 1
    return rows[:count]


def _captions(parsed: Parsed) -> dict[int, int]:
    """The first <figcaption> of each <figure>, by number of element."""
    elements = parsed.scanned.elements
    captions: dict[int, int] = {}
    for element in np.flatnonzero(elements[:, scan.TAG] == FIGCAPTION)[:MAX_ITEMS].tolist():
        captions.setdefault(_figure(elements, element), element)
    captions.pop(0, None)
    return captions


def _figure(elements: np.ndarray, element: int) -> int:
    """The innermost <figure> around an element or the element itself; 0 where there is none."""
    return next((above for above in scan.ancestors(elements, element) if elements[above, scan.TAG] == FIGURE), 0)


def _item(
    parsed: Parsed, row: int, places: dict[bytes, list[int]], url: str | None, captions: dict[int, int]
) -> dict[str, Any] | None:
    """The item of the mark in this row; None for an icon, and for one without an address.

    places: by name of an attribute where its value is in the page.
    """
    if any(_is_small(text_between(parsed, *places[name])) for name in (b"width", b"height")):
        return None
    tag, element = parsed.scanned.marks[row, [scan.MARK_TAG, scan.MARK_ELEMENT]].tolist()
    address = _address(parsed, places) or (_first_source(parsed, row) if tag != IMG else None)
    if not address:
        return None
    figure = _figure(parsed.scanned.elements, element) if captions else 0
    caption = text_of(parsed.scanned, captions[figure], " ") if figure in captions else None
    caption = caption or _shown_below(parsed, element)
    caption = caption or text_between(parsed, *places[b"alt"]) or text_between(parsed, *places[b"aria-label"])
    return media.item(KINDS[tag], _absolute(address, url), None, caption)


def _shown_below(parsed: Parsed, element: int) -> str | None:
    """The text of the first of the next elements whose class says that it describes a picture (se-caption, img_desc).

    element: the one around the picture. It and the caption share a box at most CAPTION_LEVELS above the element.
    """
    scanned = parsed.scanned
    for number, first, last in _classes_below(parsed.page, scanned.elements, scanned.spans, element).tolist():
        if CAPTION_CLASS.search(text_between(parsed, first, last) or ""):
            return text_of(scanned, number, " ") or None
    return None


@njit(nogil=True, cache=True)
def _classes_below(page: np.ndarray, elements: np.ndarray, spans: np.ndarray, element: int) -> np.ndarray:
    """int64 (elements, 3): the elements that may be a caption, and where their classes are in the page.

    A class that has only ASCII, no reference and none of these pieces of words names no caption.
    """
    found = np.empty((CAPTIONS_AFTER, 3), np.int64)
    count, box = 0, element
    for _ in range(CAPTION_LEVELS):
        box = elements[box, scan.PARENT] if elements[box, scan.PARENT] > 0 else box
    for number in range(element + 1, min(element + 1 + CAPTIONS_AFTER, len(elements))):
        size = spans[number, scan.LAST] - spans[number, scan.FIRST]
        if not 0 < size <= MAX_CAPTION_BYTES or not is_within(elements, number, box):
            continue
        first, last = find_attribute(page, spans[number, scan.ATTRIBUTES], b"class")
        is_caption = holds(page, first, last, b"capti") or holds(page, first, last, b"desc")
        is_caption |= holds(page, first, last, b"txt") or holds(page, first, last, b"&")
        for k in range(first, last):
            is_caption |= page[k] >= 128
        if is_caption:
            found[count, 0], found[count, 1], found[count, 2] = number, first, last
            count += 1
    return found[:count]


def _is_small(pixels: str | None) -> bool:
    digits = (pixels or "").removesuffix("px")
    return digits.isascii() and digits.isdecimal() and len(digits) < 6 and int(digits) < SMALL_PIXELS


def _address(parsed: Parsed, places: dict[bytes, list[int]]) -> str | None:
    """The first address that is not empty; a data URI only where there is no other. places: as for `_item`."""
    data = None
    for name in LAZY:
        first, last = places[name]
        value = parsed.content[first:last].strip() if 0 <= last - first <= MAX_DATA_BYTES and first >= 0 else b""
        if value and value[:5].lower() != b"data:":
            return text_between(parsed, first, last)
        data = value or data
    listed = text_between(parsed, *places[b"srcset"])
    if listed:
        return next(iter(listed.split(",")[0].split()), None)
    return data.decode("ascii", "replace").strip() if data else None


def _first_source(parsed: Parsed, row: int) -> str | None:
    """The src of the first <source> after the start of <video> or <audio>."""
    for mark in parsed.scanned.marks[row + 1 : row + 1 + SOURCES_AFTER].tolist():
        if mark[scan.MARK_TAG] == SOURCE:
            return attribute(parsed, mark[scan.MARK_ATTRIBUTES], b"src")
    return None


def _absolute(address: str, url: str | None) -> str:
    if address[:5].lower() == "data:":
        return address
    try:
        return urljoin(url or "", address)
    except ValueError:
        return address
