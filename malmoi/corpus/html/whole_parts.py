"""Parts of a page that are one thing: a list, a table, a piece of code of which the model chose some come whole.

A model of blocks drops the short header row of a table, the item of a list that is all code, the listing between two
paragraphs. A reader would miss them: half a table or a list with holes says something else than its author did.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.region_tables import LAYOUT_CELL_BYTES, MOST_OF_TABLE
from malmoi.corpus.html.scan import ELEMENT, END, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID

UL, OL, DL, TABLE, TR, TD, TH, PRE = (ID[name] for name in "ul ol dl table tr td th pre".split())
CHOSEN_SHARE, NUMBERED_SHARE = 0.6, 0.1
"""Of the plain text of a list or a table so much was chosen where it is taken whole; a tenth of a numbered list, any of
code. Code, numbered lists and tables right between two chosen blocks are taken too. F1 on pages_kr .9481 without this
file, .9540 with it; on the two sets of news pages .9883 and .9881, .9837 and .9835 (weights of November 2026, which
have seen the news). Lists without numbers between two blocks: .9553, but .9869 and .9831.
"""
PLAIN_LINK_SHARE = 0.5
"""A block with a larger share of links is no plain text."""
DATA_ROWS = 3
"""A table of so many rows, of which no cell holds most, has its cells that are links too: names in a wiki, files to
fetch. One of a row may hold code and its maker's link, one with a large cell may place menus beside it. By site folds
with few trees cells in their rows .972 without this, .988 with it; F1 on pages_kr .9829 both times.
"""


def with_whole_parts(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen blocks with the rest of the parts that they belong to, bool (blocks,).

    features: float32 (blocks, columns). chosen: bool (blocks,).
    """
    if not chosen.any():
        return chosen
    elements, blocks = scanned.elements, scanned.blocks
    parts, is_data = _parts(elements, blocks)
    plain = features[:, COLUMN["link_share"]] < PLAIN_LINK_SHARE
    return _whole(elements[:, TAG], blocks[:, END] - blocks[:, START], (parts, is_data[parts], plain), chosen)


@njit(nogil=True, cache=True)
def _parts(elements: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of each block (an element, 0 for none), int64 (blocks,), and which elements are tables of data.

    elements: int64 (elements, 6). blocks: int64 (blocks, columns).
    """
    parts = np.zeros(len(blocks), np.int64)
    rows, last_row = np.zeros(len(elements), np.int64), np.zeros(len(elements), np.int64)
    size, largest = np.zeros(len(elements)), np.zeros(len(elements))
    for b in range(len(blocks)):
        e, row, cell = blocks[b, ELEMENT], 0, 0
        while e > 0 and elements[e, TAG] not in (UL, OL, DL, TABLE, PRE):
            if elements[e, TAG] == TR:
                row = e
            elif elements[e, TAG] in (TD, TH):
                cell = e
            e = elements[e, PARENT]
        parts[b] = e
        size[e] += blocks[b, END] - blocks[b, START]
        if e > 0 and elements[e, TAG] == TABLE:
            size[cell] += blocks[b, END] - blocks[b, START]
            largest[e] = max(largest[e], size[cell])
            rows[e] += row != last_row[e]
            last_row[e] = row
    return parts, (rows >= DATA_ROWS) & (largest < np.minimum(LAYOUT_CELL_BYTES, MOST_OF_TABLE * size))


@njit(nogil=True, cache=True)
def _whole(
    tags: np.ndarray, sizes: np.ndarray, known: tuple[np.ndarray, np.ndarray, np.ndarray], chosen: np.ndarray
) -> np.ndarray:
    """As `with_whole_parts`. tags: int64 (elements,). sizes: int64 (blocks,), bytes.

    known: of each block its part, int64 (blocks,), whether that is a data table, and whether the block is plain, bool.
    """
    parts, is_data, plain = known
    n = len(chosen)
    sums = np.zeros((len(tags), 2))
    first, last = np.full(len(tags), n, np.int64), np.full(len(tags), -1, np.int64)
    for b in range(n):
        e = parts[b]
        if plain[b] or chosen[b]:
            sums[e, 0] += sizes[b]
            sums[e, 1] += sizes[b] * chosen[b]
        if plain[b] or chosen[b] or is_data[b]:
            first[e] = min(first[e], b)
            last[e] = max(last[e], b)
    whole = chosen.copy()
    for b in range(n):
        e = parts[b]
        tag = tags[e]
        if e == 0 or chosen[b] or not (plain[b] or is_data[b]):
            continue
        before, after = first[e] - 1, last[e] + 1
        while tag == PRE and before >= 0 and not chosen[before] and tags[parts[before]] == PRE:
            before -= 1  # the gutter of line numbers beside code, or one listing after another
        while tag == PRE and after < n and not chosen[after] and tags[parts[after]] == PRE:
            after += 1
        is_between = before >= 0 and after < n and chosen[before] and chosen[after] and sums[e, 0] > 0
        share = 0.0 if tag == PRE else NUMBERED_SHARE if tag == OL else CHOSEN_SHARE
        whole[b] = sums[e, 1] > share * sums[e, 0] or (is_between and tag in (PRE, OL, TABLE))
    return whole
