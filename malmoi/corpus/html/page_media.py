"""Pictures, sound and video of a page's core region, each with its position, absolute address and caption.

What belongs to the region: what stands inside a chosen block or between the first and the last of them, not under an
element named for menus, advertisements, related links, profiles or comments, and not as small as an icon.
"""

import itertools
import re
from typing import Any, NamedTuple
from urllib.parse import urljoin

import numpy as np

from malmoi.corpus import media
from malmoi.corpus.html import scan
from malmoi.corpus.html.attributes import attribute, attribute_bytes
from malmoi.corpus.html.class_words import CLASS_BIT
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.markup import UNSEEN
from malmoi.corpus.html.microdata import text_of
from malmoi.corpus.html.tags import ID, tag_mask

IMG, SOURCE, VIDEO, AUDIO = (ID[name] for name in "img source video audio".split())
FIGURE, FIGCAPTION = ID["figure"], ID["figcaption"]
KINDS = {IMG: "image", VIDEO: "video", AUDIO: "audio"}
ASIDE = sum(CLASS_BIT[name] for name in "nav ad related comment share sign_up bio footer popup".split())
ASIDE_TAGS = tag_mask("nav footer aside header button form")
LAZY = (b"data-src", b"data-original", b"data-lazy-src", b"data-lazysrc", b"src")
"""A page that loads its pictures late keeps their addresses in these; src then holds a blank."""
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
    numbers = np.flatnonzero(blocks)
    if not len(numbers):
        return []
    marks = parsed.scanned.marks
    near = (marks[:, scan.MARK_BLOCK] >= numbers[0]) & (marks[:, scan.MARK_BLOCK] <= numbers[-1] + 1)
    rows = np.flatnonzero(np.isin(marks[:, scan.MARK_TAG], list(KINDS)) & near)[: 4 * MAX_ITEMS].tolist()
    if not rows:
        return []
    shared = _around(parsed, numbers)
    captions = _captions(parsed)
    region: list[Medium] = []
    for row in rows:
        mark = marks[row].tolist()
        block = mark[scan.MARK_BLOCK]
        if mark[scan.INSIDE] and not blocks[block]:
            continue
        is_edge = not numbers[0] < block <= numbers[-1]
        if not mark[scan.INSIDE] and _is_aside(parsed, mark[scan.MARK_ELEMENT], shared, is_edge):
            continue
        item = _item(parsed, row, mark, url, captions)
        if item and len(region) < MAX_ITEMS:
            region.append(Medium(block, bool(mark[scan.INSIDE]), mark[scan.MARK_AT], item))
    return region


def _around(parsed: Parsed, numbers: np.ndarray) -> frozenset[int]:
    """The elements that hold any of the blocks, the page included. numbers: int64, of blocks."""
    around: set[int] = {0}
    for element in np.unique(parsed.scanned.blocks[numbers, scan.ELEMENT]).tolist():
        for above in scan.ancestors(parsed.scanned.elements, element):
            if above in around:
                break
            around.add(above)
    return frozenset(around)


def _is_aside(parsed: Parsed, element: int, around: frozenset[int], is_edge: bool) -> bool:
    """Whether something between the element and what it shares with the text says that it is no part of the text.

    is_edge: it stands before the first or after the last block; then it must share more with them than the page.
    """
    elements = parsed.scanned.elements
    for above in scan.ancestors(elements, element):
        if above in around:
            return False
        row = elements[above]
        if ASIDE_TAGS[row[scan.TAG]] or row[scan.WORDS] & ASIDE or row[scan.FLAGS] & UNSEEN:
            return True
    return is_edge


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
    parsed: Parsed, row: int, mark: list[int], url: str | None, captions: dict[int, int]
) -> dict[str, Any] | None:
    """The item of the mark in this row; None for an icon, and for one without an address."""
    start = mark[scan.MARK_ATTRIBUTES]
    if any(_is_small(attribute(parsed, start, name)) for name in (b"width", b"height")):
        return None
    address = _address(parsed, start) or (_first_source(parsed, row) if mark[scan.MARK_TAG] != IMG else None)
    if not address:
        return None
    figure = _figure(parsed.scanned.elements, mark[scan.MARK_ELEMENT])
    caption = text_of(parsed.scanned, captions[figure], " ") if figure in captions else None
    caption = caption or _shown_below(parsed, mark[scan.MARK_ELEMENT])
    caption = caption or attribute(parsed, start, b"alt") or attribute(parsed, start, b"aria-label")
    return media.item(KINDS[mark[scan.MARK_TAG]], _absolute(address, url), None, caption)


def _shown_below(parsed: Parsed, element: int) -> str | None:
    """The text of the first of the next elements whose class says that it describes a picture (se-caption, img_desc).

    element: the one around the picture. It and the caption share a box at most CAPTION_LEVELS above the element.
    """
    elements, spans = parsed.scanned.elements, parsed.scanned.spans
    around = list(itertools.islice(scan.ancestors(elements, element), CAPTION_LEVELS + 1))
    for number in range(element + 1, min(element + 1 + CAPTIONS_AFTER, len(elements))):
        size = spans[number, scan.LAST] - spans[number, scan.FIRST]
        if not around or number < around[-1] or not 0 < size <= MAX_CAPTION_BYTES:
            continue
        stated = attribute(parsed, int(spans[number, scan.ATTRIBUTES]), b"class")
        if stated and CAPTION_CLASS.search(stated) and around[-1] in scan.ancestors(elements, number):
            return text_of(parsed.scanned, number, " ") or None
    return None


def _is_small(pixels: str | None) -> bool:
    digits = (pixels or "").removesuffix("px")
    return digits.isascii() and digits.isdecimal() and len(digits) < 6 and int(digits) < SMALL_PIXELS


def _address(parsed: Parsed, start: int) -> str | None:
    """The first address that is not empty; a data URI only where there is no other."""
    data = None
    for name in LAZY:
        value = attribute_bytes(parsed, start, name, MAX_DATA_BYTES)
        if not value or not value.strip():
            continue
        if value.strip()[:5].lower() != b"data:":
            return attribute(parsed, start, name)
        data = value
    listed = attribute(parsed, start, b"srcset")
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
