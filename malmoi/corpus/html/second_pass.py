"""Rules for pages that are no articles, of which the model, learned from articles, has seen none.

Lists and tables of links, as boards have, are dropped from every page. All else here touches no page with more than
SHORT_WEIGHT chosen: imprints and links alone are dropped; where nothing is chosen, all plain text is taken; where
something is, the lists and tables of the same box are completed. The limits were set on Korean notices, recipes and
boards in November 2026. On the two sets of news pages the rules cost F1 .0001 and .0004 (benchmarks/results).
"""

import re

import numpy as np
from numba import njit

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.class_words import CLASS_BIT
from malmoi.corpus.html.markup import UNSEEN
from malmoi.corpus.html.region_text import block_reader
from malmoi.corpus.html.scan import ELEMENT, ENTERED, FLAGS, PARENT, TAG, WORDS, Scanned, ancestors
from malmoi.corpus.html.tags import tag_mask

POOR_WEIGHT, SHORT_WEIGHT = 200.0, 1_500.0
"""Some 80 and some 600 syllables (block_features.py says what a weight is)."""
MAX_BLOCKS = 2_000
"""A longer page is left as it is: the rules below walk in Python."""
APART, PLAIN_LINK_SHARE = 30, 0.5
"""block_features.FAR: no such element above the block. A block with a larger share of links is a link."""
LIST_LINKS, LIST_LINK_SHARE = 3, 0.4
"""A list or a table with so many blocks that are links, and so much of its text in them, leads elsewhere."""
IS_LIST = tag_mask("ul ol table dl")
FURNITURE = ("nav", "header", "footer", "aside", "button", "form", "unseen", "words_nav", "words_footer", "words_ad")
FURNITURE_TAGS = tag_mask("nav footer aside button form select")
ASIDE = sum(CLASS_BIT[name] for name in "nav ad related comment share sign_up footer popup tags meta side".split())
LISTED_TAGS = tag_mask("li dt dd td th pre")
IMPRINT_CHARACTERS = 300
IMPRINT = re.compile(
    r"copyright|[©ⓒ]\s*\d{4}|all rights reserved|무단\s?전재|저작권자\s*[©ⓒ(]"
    r"|이용약관.{0,40}개인정보|사업자\s?등록\s?번호",
    re.IGNORECASE | re.DOTALL,
)
SENTENCE_END = re.compile(r"[다요]\.(?:\s|$)")
"""A short block of these words without a whole sentence is an imprint, not a text about one."""


def second_pass(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The blocks that are taken after all, bool (blocks,).

    features: float32 (blocks, columns). chosen: bool (blocks,), what the model took.
    """
    weight, link_share = features[:, COLUMN["weight"]], features[:, COLUMN["link_share"]]
    chosen = chosen & ~_in_link_lists(scanned.elements, scanned.blocks, chosen, weight, link_share)
    if weight[chosen].sum() >= SHORT_WEIGHT or len(chosen) > MAX_BLOCKS:
        return chosen
    if (weight * (1 - link_share))[chosen].sum() < POOR_WEIGHT:
        chosen = _all_but_furniture(scanned, features, chosen)
    return _completed(scanned, features, chosen) if chosen.any() else chosen


@njit(nogil=True, cache=True)
def _in_link_lists(
    elements: np.ndarray, blocks: np.ndarray, chosen: np.ndarray, weight: np.ndarray, link_share: np.ndarray
) -> np.ndarray:
    """The chosen blocks of the lists and tables that are made of links, bool (blocks,).

    elements: int64 (elements, 6). blocks: int64 (blocks, 12). chosen: bool; weight, link_share: float32, all (blocks,).
    """
    around = np.zeros(len(chosen), np.int64)
    sums = np.zeros((len(elements), 3))  # weight, linked weight, blocks that are links
    for b in range(len(chosen)):
        if not chosen[b]:
            continue
        e = blocks[b, ELEMENT]
        while e > 0 and not IS_LIST[elements[e, TAG]]:
            e = elements[e, PARENT]
        around[b] = e
        sums[e, 0] += weight[b]
        sums[e, 1] += weight[b] * link_share[b]
        sums[e, 2] += link_share[b] >= PLAIN_LINK_SHARE
    dropped = np.zeros(len(chosen), np.bool_)
    for b in range(len(chosen)):
        e = around[b]
        dropped[b] = e > 0 and sums[e, 2] >= LIST_LINKS and sums[e, 1] >= LIST_LINK_SHARE * sums[e, 0]
    return dropped


def _all_but_furniture(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """What the model chose, but no imprint and no links; where it chose nothing, all plain text."""
    read = block_reader(scanned)
    is_text = np.array([_is_text(read(number)) for number in range(len(chosen))], np.bool_)
    is_text &= features[:, COLUMN["link_share"]] < PLAIN_LINK_SHARE
    if chosen.any():
        return chosen & is_text
    apart = [features[:, COLUMN[f"under_{name}"]] < APART for name in FURNITURE]
    return ~np.any(apart, axis=0) & is_text


def _is_text(text: str) -> bool:
    if not any(map(str.isalnum, text)):
        return False
    return len(text) > IMPRINT_CHARACTERS or IMPRINT.search(text) is None or SENTENCE_END.search(text) is not None


def _completed(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """With the plain blocks of the box that holds all chosen ones: those between them, and lists and tables."""
    numbers = np.flatnonzero(chosen)
    box = _common(scanned, numbers)
    plain = features[:, COLUMN["link_share"]] < PLAIN_LINK_SHARE
    completed = chosen.copy()
    for number in np.flatnonzero(plain & ~chosen).tolist():
        between = numbers[0] < number < numbers[-1]
        completed[number] = (between or box > 0) and _is_listed(scanned, number, box)
    return completed


def _common(scanned: Scanned, numbers: np.ndarray) -> int:
    """The innermost element around all the blocks, by its number; 0 is the page. numbers: int64, of blocks."""
    inner = np.unique(scanned.blocks[numbers, ELEMENT]).tolist()
    ways = [list(ancestors(scanned.elements, element))[::-1] for element in inner]
    shared = 0
    for level in zip(*ways, strict=False):
        if len(set(level)) > 1:
            break
        shared = level[0]
    return shared


def _is_listed(scanned: Scanned, number: int, box: int) -> bool:
    """Whether a block stands in a list, a table or code inside the box, and under nothing that is furniture."""
    is_listed = False
    for element in ancestors(scanned.elements, int(scanned.blocks[number, ENTERED])):
        if element <= box:
            return is_listed and element == box
        row = scanned.elements[element]
        if FURNITURE_TAGS[row[TAG]] or row[WORDS] & ASIDE or row[FLAGS] & UNSEEN:
            return False
        is_listed |= bool(LISTED_TAGS[row[TAG]])
    return is_listed and box == 0
