"""Columns about where a block stands: its element and those around it, its style, its order in the page.

All functions are compiled. elements: int64 (elements, 6) and blocks: int64 (blocks, 12) as scanned. good: float64
(blocks,), the weight of good blocks, 0 for others. texts: float64 (blocks, 4): weight, linked weight, sentences, share
of the title. style: int64 (blocks,). columns: float32 (blocks, LAYOUT_NAMES + LEVEL_NAMES), is written to; a row's
numbers are positions in LAYOUT_NAMES. block_features.py says what weight and good mean.
"""

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.groups import groups_of
from malmoi.corpus.html.scan import DEPTH, ELEMENT, PARENT, STYLE, TAG
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START

LEVELS = 5
"""The element of a block and those above it that are measured."""
LAYOUT_NAMES = (
    "tag level depth style_blocks style_weight style_good_share style_link_share "
    "kin_blocks kin_weight kin_good_share in_best above_best best_gap best_weight_share "
    "index_share blocks weight_before good_before good_share_page since_good until_good since_heading heading_level "
    "since_title headings_before page_weight same_as_last same_as_next last_good_style next_good_style window_good "
    "after_good"
).split()
LEVEL_NAMES = [f"{what}_{level}" for level in range(LEVELS) for what in ("good", "links", "blocks", "mean", "tag")]
WEIGHT, GOOD, LINKED, BLOCKS, SCORE = range(5)
SENTENCE_GAIN = 25.0
"""What a sentence adds to a container's score, in weight: containers of prose win over lists of long titles."""
NEVER, LONG_AGO = 60, 50
"""Distances in blocks: there is none; at least so many."""
REACH = 5
"""Blocks to each side over which the share of good text is measured."""
TITLE_SHARE = 0.6
"""A block with so many of the title's words repeats the title."""


@njit(nogil=True, cache=True)
def measure_layout(
    elements: np.ndarray,
    blocks: np.ndarray,
    good: np.ndarray,
    texts: np.ndarray,
    tag_table: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    """Fills `columns`; returns the number of the style of each block, int64 (blocks,).

    tag_table: float32 (256, 2): by tag its class and, of a heading, its level.
    """
    style = _styles(elements, blocks, 3)
    kin = _styles(elements, blocks, 1)
    totals = _totals(elements, blocks, good, texts)
    _fill_styles(style, good, texts, columns[:, 3:7])
    _fill_styles(kin, good, texts, columns[:, 7:10])
    _fill_containers(elements, blocks, totals, max(1.0, good.sum()), columns)
    _fill_elements(elements, blocks, totals, tag_table, columns)
    _fill_order(good, texts, style, columns)
    return style


@njit(nogil=True, cache=True)
def _totals(elements: np.ndarray, blocks: np.ndarray, good: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """float64 (elements, 5): of an element and all below it weight, good weight, linked weight, blocks; and its score.

    The score is Readability's (Arc90, 2009): a good block gives to its parent, and half to itself and its grandparent.
    """
    totals = np.zeros((len(elements), 5))
    for b in range(len(blocks)):
        e = blocks[b, ELEMENT]
        totals[e, WEIGHT] += texts[b, 0]
        totals[e, GOOD] += good[b]
        totals[e, LINKED] += texts[b, 1]
        totals[e, BLOCKS] += 1
        if good[b] > 0:
            gain = good[b] + SENTENCE_GAIN * texts[b, 2]
            totals[e, SCORE] += 0.5 * gain
            parent = elements[e, PARENT]
            if parent >= 0:
                totals[parent, SCORE] += gain
                if elements[parent, PARENT] >= 0:
                    totals[elements[parent, PARENT], SCORE] += 0.5 * gain
    for e in range(len(elements) - 1, 0, -1):
        for column in range(4):
            totals[elements[e, PARENT], column] += totals[e, column]
    return totals


@njit(nogil=True, cache=True)
def _styles(elements: np.ndarray, blocks: np.ndarray, generations: int) -> np.ndarray:
    """int64 (blocks,): equal where the elements, up so many generations, have equal names and classes."""
    keys = np.empty(len(blocks), np.uint64)
    for b in range(len(blocks)):
        value = uint64(FNV_START)
        e = blocks[b, ELEMENT]
        for _ in range(generations):
            if e < 0:
                break
            value = (value ^ uint64(elements[e, TAG])) * uint64(FNV_PRIME)
            value = (value ^ uint64(elements[e, STYLE])) * uint64(FNV_PRIME)
            e = elements[e, PARENT]
        keys[b] = value
    return groups_of(keys)[0]


@njit(nogil=True, cache=True)
def _fill_styles(style: np.ndarray, good: np.ndarray, texts: np.ndarray, columns: np.ndarray) -> None:
    """Of a block's style: its blocks, their mean weight, share of the page's good text, and (fourth) share of links."""
    sums = np.zeros((style.max() + 1, 4))
    page_good = max(1.0, good.sum())
    for b in range(len(style)):
        sums[style[b], 0] += 1
        sums[style[b], 1] += texts[b, 0]
        sums[style[b], 2] += good[b]
        sums[style[b], 3] += texts[b, 1]
    for b in range(len(style)):
        s = style[b]
        columns[b, 0] = sums[s, 0]
        columns[b, 1] = sums[s, 1] / sums[s, 0]
        columns[b, 2] = sums[s, 2] / page_good
        if columns.shape[1] > 3:
            columns[b, 3] = sums[s, 3] / max(1.0, sums[s, 1])


@njit(nogil=True, cache=True)
def _fill_containers(
    elements: np.ndarray, blocks: np.ndarray, totals: np.ndarray, page_good: float, columns: np.ndarray
) -> None:
    """Where a block stands to the best container: the element whose children hold most prose.

    totals: float64 (elements, 5), of `_totals`.
    """
    best, best_score = 0, -1.0
    for e in range(len(elements)):
        score = totals[e, SCORE] * (1.0 - totals[e, LINKED] / max(1.0, totals[e, WEIGHT]))
        if score > best_score:
            best, best_score = e, score
    side = np.zeros(len(elements), np.uint8)  # 1: holds the best container, 2: is it or stands within it
    e = elements[best, PARENT]
    while e >= 0:
        side[e] = 1
        e = elements[e, PARENT]
    meeting = np.zeros(len(elements), np.int64)
    for e in range(len(elements)):
        parent = elements[e, PARENT]
        if e == best or (parent >= 0 and side[parent] == 2):
            side[e] = 2
        meeting[e] = e if side[e] else (meeting[parent] if parent >= 0 else 0)
    for b in range(len(blocks)):
        e = blocks[b, ELEMENT]
        columns[b, 10] = side[e] == 2
        columns[b, 11] = elements[e, DEPTH] - elements[best, DEPTH]
        columns[b, 12] = elements[best, DEPTH] - elements[meeting[e], DEPTH] if side[e] != 2 else -1
        columns[b, 13] = totals[best, GOOD] / page_good


@njit(nogil=True, cache=True)
def _fill_elements(
    elements: np.ndarray, blocks: np.ndarray, totals: np.ndarray, tag_table: np.ndarray, columns: np.ndarray
) -> None:
    """The block's element, and what it and each of the LEVELS above it hold. totals: float64 (elements, 5)."""
    page_good = max(1.0, totals[0, GOOD])
    for b in range(len(blocks)):
        e = blocks[b, ELEMENT]
        columns[b, 0] = tag_table[elements[e, TAG], 0]
        columns[b, 1] = tag_table[elements[e, TAG], 1]
        columns[b, 2] = elements[e, DEPTH]
        column = columns.shape[1] - 5 * LEVELS
        for _ in range(LEVELS):
            columns[b, column] = totals[e, GOOD] / page_good
            columns[b, column + 1] = totals[e, LINKED] / max(1.0, totals[e, WEIGHT])
            columns[b, column + 2] = totals[e, BLOCKS]
            columns[b, column + 3] = totals[e, WEIGHT] / max(1.0, totals[e, BLOCKS])
            columns[b, column + 4] = tag_table[elements[e, TAG], 0]
            column += 5
            e = max(0, elements[e, PARENT])


@njit(nogil=True, cache=True)
def _since(b: int, last: int) -> int:
    """Blocks since the last such one, whose number is -1 for none."""
    return min(LONG_AGO, b - last) if last >= 0 else NEVER


@njit(nogil=True, cache=True)
def _fill_order(good: np.ndarray, texts: np.ndarray, style: np.ndarray, columns: np.ndarray) -> None:
    """How far through the page, and how far from good text, from the last heading and from the title."""
    n = len(good)
    page_weight, page_good = max(1.0, texts[:, 0].sum()), max(1.0, good.sum())
    next_good = np.full(n + 1, n, np.int64)
    good_before = np.zeros(n + 1)
    for b in range(n):
        good_before[b + 1] = good_before[b] + good[b]
    for b in range(n - 1, -1, -1):
        next_good[b] = b if good[b] > 0 else next_good[b + 1]
    weight_before = 0.0
    last_good, last_heading, last_level, last_title, headings = -1, -1, 0.0, -1, 0
    for b in range(n):
        row = columns[b]
        after = next_good[b + 1]
        row[14] = b / n
        row[15] = n
        row[16] = weight_before / page_weight
        row[17] = good_before[b] / page_good
        row[18] = page_good / page_weight
        row[19] = _since(b, last_good)
        row[20] = min(LONG_AGO, after - b) if after < n else NEVER
        row[21] = _since(b, last_heading)
        row[22] = last_level
        row[23] = _since(b, last_title)
        row[24] = headings
        row[25] = page_weight
        row[26] = b > 0 and style[b - 1] == style[b]
        row[27] = b + 1 < n and style[b + 1] == style[b]
        row[28] = last_good >= 0 and style[last_good] == style[b]
        row[29] = after < n and style[after] == style[b]
        row[30] = (good_before[min(n, b + REACH + 1)] - good_before[max(0, b - REACH)]) / page_good
        row[31] = (good_before[n] - good_before[b + 1]) / page_good
        weight_before += texts[b, 0]
        if good[b] > 0:
            last_good = b
        if row[1] > 0:
            last_heading, last_level = b, row[1]
            headings += 1
        if texts[b, 3] > TITLE_SHARE:
            last_title = b
