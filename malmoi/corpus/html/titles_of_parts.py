"""Questions, headings and leads of items that open a part of the text: they stay where their part was chosen.

A question in a <button> or <summary>, a heading that is a link, the linked first line of an item look like controls and
menus to a model of blocks. What stands right before a chosen block, alone in its box, beside others of its style that
do the same, is its title.
"""

from collections import defaultdict

import numpy as np

from malmoi.corpus.html.page_furniture import is_button
from malmoi.corpus.html.region_text import block_reader
from malmoi.corpus.html.scan import ELEMENT, END, ENTERED, PARENT, START, STYLE, TAG, Scanned, ancestors
from malmoi.corpus.html.tags import ID, tag_mask

MAX_BLOCKS = 4_000
"""A longer page is left as it is: this walks in Python."""
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
    groups = _titles(scanned, np.flatnonzero(chosen[1:] & ~chosen[:-1]).tolist())
    if not groups:
        return chosen
    known = _titles(scanned, np.flatnonzero(chosen[1:] & chosen[:-1]).tolist())
    kept = chosen.copy()
    for style, texts in groups.items():
        every = [*texts.values(), *known.get(style, {}).values()]
        is_repeated = len(set(every)) == len(every) >= LEAST_TITLES
        for number, text in texts.items():
            kept[number] |= is_repeated or style[0] == SUMMARY or text.endswith(ASKS)
    return kept


def _titles(scanned: Scanned, numbers: list[int]) -> dict[tuple[int, int], dict[int, str]]:
    """Those of the blocks that are the title of the next block, by tag and style of what makes them one."""
    groups: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    read = block_reader(scanned)
    sizes = scanned.blocks[:, END] - scanned.blocks[:, START]
    for number in numbers:
        if sizes[number] > MOST_BYTES:
            continue
        opener = _opener(scanned, number)
        text = read(number).strip() if opener else ""
        if 1 < len(text) <= TITLE_CHARACTERS and any(map(str.isalpha, text)) and not is_button(text):
            groups[int(scanned.elements[opener, TAG]), int(scanned.elements[opener, STYLE])][number] = text
    return groups


def _opener(scanned: Scanned, number: int) -> int:
    """The element that makes block `number` the title of the block after it; 0 where there is none."""
    elements = scanned.elements
    around = set(ancestors(elements, int(scanned.blocks[number + 1, ELEMENT])))
    opener, above, box = 0, 0, 0
    for element in ancestors(elements, int(scanned.blocks[number, ENTERED])):
        if element in around:
            above = element
            break
        if ASIDE[elements[element, TAG]]:
            return 0
        box = element
        opener = element if OPENS_PART[elements[element, TAG]] else opener
    if not above or not box or _num_blocks(scanned, number, box) > 1:
        return 0
    if not opener and _is_linked_lead(scanned, number, above):
        opener = above
    return opener


def _num_blocks(scanned: Scanned, number: int, box: int) -> int:
    """Whether the block is alone in a box: 1, or 2 where the block before it is in there too."""
    if number and box in ancestors(scanned.elements, int(scanned.blocks[number - 1, ELEMENT])):
        return 2
    return 1


def _is_linked_lead(scanned: Scanned, number: int, above: int) -> bool:
    """Whether a block is the first of an item and a link. above: the innermost element around it and its part."""
    elements = scanned.elements
    item = next((element for element in ancestors(elements, above) if elements[element, TAG] == LI), 0)
    if not item or elements[item, PARENT] <= 0:
        return False
    is_first = not number or item not in ancestors(elements, int(scanned.blocks[number - 1, ELEMENT]))
    inner = ancestors(elements, int(scanned.blocks[number, ENTERED]))
    return is_first and any(elements[element, TAG] == A for element in inner)
