"""Questions, headings and leads of items that open a part of the text: they stay where their part was chosen.

A question in a <button> or <summary>, a heading that is a link, the linked first line of an item look like controls and
menus to a model of blocks. What stands right before a chosen block, alone in its box, beside others of its style that
do the same, is its title.
"""

from collections import defaultdict

import numpy as np
from numba import njit

from malmoi.corpus.html.page_furniture import is_button
from malmoi.corpus.html.scan import ELEMENT, END, ENTERED, PARENT, START, STYLE, TAG, Scanned
from malmoi.corpus.html.tags import ID, tag_mask
from malmoi.corpus.html.tree_walks import is_within

MAX_BLOCKS = 4_000
"""A longer page is left as it is."""
TITLE_CHARACTERS, MOST_BYTES = 150, 600
LEAST_TITLES = 2
"""So many of one style, with different words, are titles; a single one only where it asks or is a <summary>."""
OPENS_PART = tag_mask("button summary h2 h3 h4 h5 h6 dt legend")
ASIDE = tag_mask("nav footer aside select")
LI, SUMMARY, A = (ID[name] for name in "li summary a".split())
ASKS = ("?", "？", "요.", "까.")


def with_titles(scanned: Scanned, chosen: np.ndarray) -> np.ndarray:
    """The chosen blocks with the titles of their parts, bool (blocks,). chosen: bool (blocks,)."""
    if len(chosen) > MAX_BLOCKS or not chosen.any():
        return chosen
    groups = _titles(scanned, np.flatnonzero(chosen[1:] & ~chosen[:-1]))
    if not groups:
        return chosen
    known = _titles(scanned, np.flatnonzero(chosen[1:] & chosen[:-1]))
    kept = chosen.copy()
    for style, texts in groups.items():
        every = [*texts.values(), *known.get(style, {}).values()]
        is_repeated = len(set(every)) == len(every) >= LEAST_TITLES
        for number, text in texts.items():
            kept[number] |= is_repeated or style[0] == SUMMARY or text.endswith(ASKS)
    return kept


def _titles(scanned: Scanned, numbers: np.ndarray) -> dict[tuple[int, int], dict[int, str]]:
    """Those of the blocks that are the title of the next block, by tag and style of what makes them one."""
    groups: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    openers = _openers(scanned.elements, scanned.blocks, numbers, OPENS_PART, ASIDE)
    is_title = openers > 0
    rows = zip(numbers[is_title].tolist(), openers[is_title].tolist(), strict=True)
    for number, opener in rows:
        start, end = scanned.blocks[number, START : END + 1].tolist()
        text = scanned.text[start:end].tobytes().decode("utf-8", "replace").strip()
        if 1 < len(text) <= TITLE_CHARACTERS and any(map(str.isalpha, text)) and not is_button(text):
            groups[int(scanned.elements[opener, TAG]), int(scanned.elements[opener, STYLE])][number] = text
    return groups


@njit(nogil=True, cache=True)
def _openers(
    elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, opens_part: np.ndarray, aside: np.ndarray
) -> np.ndarray:
    """int64 (numbers,): the element that makes each block the title of the block after it; 0 where there is none.

    numbers: int64, of blocks that are not the last. opens_part, aside: bool (256,), by tag.
    """
    openers = np.zeros(len(numbers), np.int64)
    for k in range(len(numbers)):
        number = numbers[k]
        block, after = blocks[number], blocks[number + 1, ELEMENT]
        before = blocks[number - 1, ELEMENT] if number else 0
        if block[END] - block[START] <= MOST_BYTES:
            openers[k] = _opener(elements, block[ENTERED], before, after, opens_part, aside)
    return openers


@njit(nogil=True, cache=True)
def _opener(
    elements: np.ndarray, entered: int, before: int, after: int, opens_part: np.ndarray, aside: np.ndarray
) -> int:
    """The opener of one block. entered: the element of its first character. before, after: of the blocks beside it."""
    opener, box, above = 0, 0, entered
    while above > 0 and not is_within(elements, after, above):
        if aside[elements[above, TAG]]:
            return 0
        box = above
        opener = above if opens_part[elements[above, TAG]] else opener
        above = elements[above, PARENT]
    if above <= 0 or box == 0 or is_within(elements, before, box):  # alone in a box beside its part
        return 0
    return above if opener == 0 and _is_linked_lead(elements, entered, before, above) else opener


@njit(nogil=True, cache=True)
def _is_linked_lead(elements: np.ndarray, entered: int, before: int, above: int) -> bool:
    """Whether a block is the first of an item and a link. above: the innermost element around it and its part."""
    item = above
    while item > 0 and elements[item, TAG] != LI:
        item = elements[item, PARENT]
    if item <= 0 or elements[item, PARENT] <= 0 or is_within(elements, before, item):
        return False
    while entered > 0 and elements[entered, TAG] != A:
        entered = elements[entered, PARENT]
    return entered > 0
