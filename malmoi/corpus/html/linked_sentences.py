"""Lists of sentences that are links: sources, laws, further reading that an author put under a paragraph.

A model of blocks takes them for links to other pages. Titles of other pages are seldom sentences with a full stop.
No list of the 284 labelled pages is touched by it, so that their F1 says nothing about it; users of trafilatura miss
such lists (its issues 10 and 431).
"""

import numpy as np

from malmoi.corpus.html.block_features import COLUMN, GOOD_LINK_SHARE
from malmoi.corpus.html.scan import ELEMENT, PARENT, TAG, Scanned, ancestors
from malmoi.corpus.html.tags import tag_mask
from malmoi.corpus.html.tree_walks import innermost

LEAST_ITEMS, LEAST_WEIGHT = 2, 30.0
"""Items of such a list, and the weight of each (some twelve syllables)."""
END_OF_SENTENCE = 3
"""Class of a last sign (text_features.py)."""
LIST = tag_mask("ul ol")
ASIDE = tag_mask("nav footer aside")


def with_linked_sentences(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen blocks with the lists of linked sentences right after a chosen block of the same box, bool (blocks,).

    features: float32 (blocks, columns). chosen: bool (blocks,).
    """
    is_linked = features[:, COLUMN["link_share"]] >= GOOD_LINK_SHARE
    is_sentence = (features[:, COLUMN["last_sign"]] == END_OF_SENTENCE) & (features[:, COLUMN["sentence_ends"]] > 0)
    is_sentence &= is_linked & (features[:, COLUMN["weight"]] >= LEAST_WEIGHT)
    if (is_sentence & ~chosen).sum() < LEAST_ITEMS or not chosen.any():
        return chosen
    kept = chosen.copy()
    lists = innermost(scanned.elements, LIST)[scanned.blocks[:, ELEMENT]]
    for element in np.unique(lists[is_sentence & ~chosen]).tolist():
        numbers = np.flatnonzero(lists == element)
        if element and is_sentence[numbers].all() and len(numbers) >= LEAST_ITEMS:
            kept[numbers] |= _follows_text(scanned, element, int(numbers[0]), chosen)
    return kept


def _follows_text(scanned: Scanned, element: int, number: int, chosen: np.ndarray) -> bool:
    """Whether the block before block `number`, the first of the list, is chosen and stands in the box around it."""
    elements = scanned.elements
    if not number or not chosen[number - 1] or any(ASIDE[elements[one, TAG]] for one in ancestors(elements, element)):
        return False
    box = int(elements[element, PARENT])
    return box == 0 or box in ancestors(elements, int(scanned.blocks[number - 1, ELEMENT]))
