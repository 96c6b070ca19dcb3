"""Pages that list other pages: teasers, each a link and a text cut off, one like the other. They are no prose.

What is taken of such a page reads like an article in pieces (adbar/trafilatura#811). It is told by what repeats:
siblings of one style that hold most of the text, each with its own link, most of them cut with an ellipsis or dated.
"""

import re
from collections import defaultdict

import numpy as np
from numba import njit

from malmoi.corpus.html.attributes import attribute
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.region_text import block_reader
from malmoi.corpus.html.scan import ATTRIBUTES, DEPTH, ELEMENT, END, PARENT, START, STYLE, TAG, ancestors
from malmoi.corpus.html.tags import ID

LEAST_TEASERS = 4
"""Fewer teasers may stand below an article."""
MOST_SHARE = 0.7
"""The teasers hold so much of the text that was chosen."""
CUT_SHARE, DATED_SHARE = 0.5, 0.7
"""So many of them are cut off; or so many are dated and short, and a few are cut off."""
TEASER_CHARACTERS = 400
MAX_BLOCKS = 1_500
"""A page with more blocks is read as it is."""
CUT = re.compile(
    r"(?:…|\.{3}|···|‥)\s*(?:\[?(?:더 ?보기|자세히(?: ?보기)?|more|read more|계속 ?읽기)\]?)?\s*$", re.IGNORECASE
)
CUT_SIGNS = ("…", "...", "···", "‥")
DATE = re.compile(r"(?:19|20)?\d{2}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}|\d+\s?(?:분|시간|일|주|개월|년) ?전")
A = ID["a"]


def num_teasers(parsed: Parsed) -> int:
    """How many teasers the chosen text of a page stands in; 0 for a page that is no index.

    A teaser is read whole, also where the model chose a part of it.
    """
    chosen = np.flatnonzero(parsed.chosen).tolist()
    if not chosen or len(parsed.chosen) > MAX_BLOCKS:
        return 0
    scanned = parsed.scanned
    region = scanned.text[scanned.blocks[chosen[0], START] : scanned.blocks[chosen[-1], END]].tobytes()
    read = block_reader(scanned)
    if not any(sign.encode() in region for sign in CUT_SIGNS) or not any(map(_is_cut, map(read, chosen))):
        return 0
    texts = list(map(read, range(len(parsed.chosen))))
    best = 0
    for items in _alike(parsed, np.array([len(text) for text in texts])):
        held = ["\n".join(texts[number] for number in blocks) for blocks in items.values()]
        linked = sum(_leads_away(parsed, element) for element in items) if _are_teasers(held) else 0
        best = max(best, len(items) if linked > MOST_SHARE * len(items) else 0)
    return best


def _is_cut(text: str) -> bool:
    return any(sign in text for sign in CUT_SIGNS) and CUT.search(text) is not None


def _are_teasers(texts: list[str]) -> bool:
    cut = sum(any(map(_is_cut, text.split("\n"))) for text in texts)
    dated = sum(DATE.search(text) is not None for text in texts)
    return cut >= CUT_SHARE * len(texts) or (dated >= DATED_SHARE * len(texts) and cut >= LEAST_TEASERS)


def _alike(parsed: Parsed, sizes: np.ndarray) -> list[dict[int, list[int]]]:
    """The groups of siblings of one tag and style that may be teasers; of each sibling (an element) the blocks in it.

    sizes: int64 (blocks,), characters. A group holds MOST_SHARE of the chosen ones, and each sibling a short text.
    """
    elements = parsed.scanned.elements
    around, inner = _pairs(elements, parsed.scanned.blocks)
    order = np.argsort(around, kind="stable")
    around, inner = around[order], inner[order]
    bounds = np.searchsorted(around, np.arange(len(elements) + 1))
    chosen = np.bincount(around, (sizes * parsed.chosen)[inner], len(elements))
    lengths = np.bincount(around, sizes[inner] + 1, len(elements)) - 1
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    inside = np.unique(around)
    for element, key in zip(inside.tolist(), elements[inside][:, [PARENT, TAG, STYLE]].tolist(), strict=True):
        groups[tuple(key)].append(element)
    least = MOST_SHARE * sizes[parsed.chosen].sum()
    return [
        {element: inner[bounds[element] : bounds[element + 1]].tolist() for element in group}
        for group in groups.values()
        if len(group) >= LEAST_TEASERS and chosen[group].sum() >= least and lengths[group].max() <= TEASER_CHARACTERS
    ]


@njit(nogil=True, cache=True)
def _pairs(elements: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every element around a block with the number of the block, int64 both, in the order of the blocks.

    elements: int64 (elements, 6). blocks: int64 (blocks, 12).
    """
    size = 0
    for block in blocks:
        size += elements[block[ELEMENT], DEPTH]
    around, inner = np.empty(size, np.int64), np.empty(size, np.int64)
    count = 0
    for number in range(len(blocks)):
        e = blocks[number, ELEMENT]
        while e > 0:
            around[count], inner[count] = e, number
            count += 1
            e = elements[e, PARENT]
    return around, inner


def _leads_away(parsed: Parsed, element: int) -> bool:
    """Whether an element holds, or stands in, a link to another page."""
    elements, spans = parsed.scanned.elements, parsed.scanned.spans
    links = [above for above in ancestors(elements, element) if elements[above, TAG] == A]
    number = element + 1
    while number < len(elements) and elements[number, PARENT] >= element:
        if elements[number, TAG] == A:
            links.append(number)
        number += 1
    addresses = (attribute(parsed, int(spans[link, ATTRIBUTES]), b"href") or "" for link in links)
    return any(address.strip() and address.strip()[0] != "#" for address in addresses)
