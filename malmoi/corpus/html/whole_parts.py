"""Parts of a page that are one thing: a list, a table, a piece of code of which the model chose some come whole.

A model of blocks drops the short header row of a table, the item of a list that is all code, the listing between two
paragraphs. A reader would miss them: half a table or a list with holes says something else than its author did.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.scan import ELEMENT, END, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID

UL, OL, DL, TABLE, PRE = (ID[name] for name in "ul ol dl table pre".split())
CHOSEN_SHARE, NUMBERED_SHARE = 0.6, 0.1
"""Of the plain text of a list or a table so much was chosen where it is taken whole; a tenth of a numbered list, any of
code. Code, numbered lists and tables right between two chosen blocks are taken too. F1 on pages_kr .9481 without this
file, .9540 with it; on the two sets of news pages .9883 and .9881, .9837 and .9835 (weights of November 2026, which
have seen the news). Lists without numbers between two blocks: .9553, but .9869 and .9831.
"""
PLAIN_LINK_SHARE = 0.5
"""A block with a larger share of links is no plain text."""


def with_whole_parts(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen blocks with the rest of the parts that they belong to, bool (blocks,).

    features: float32 (blocks, columns). chosen: bool (blocks,).
    """
    if not chosen.any():
        return chosen
    return _whole(scanned.elements, scanned.blocks, features[:, COLUMN["link_share"]] < PLAIN_LINK_SHARE, chosen)


@njit(nogil=True, cache=True)
def _whole(elements: np.ndarray, blocks: np.ndarray, plain: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """As `with_whole_parts`. elements: int64 (elements, 6). blocks: int64 (blocks, columns). plain: bool (blocks,)."""
    n = len(chosen)
    parts = np.zeros(n, np.int64)
    sums = np.zeros((len(elements), 2))
    first, last = np.full(len(elements), n, np.int64), np.full(len(elements), -1, np.int64)
    for b in range(n):
        e = blocks[b, ELEMENT]
        while e > 0:
            tag = elements[e, TAG]
            if tag in (UL, OL, DL, TABLE, PRE):
                break
            e = elements[e, PARENT]
        parts[b] = e
        if e > 0 and (plain[b] or chosen[b]):
            size = blocks[b, END] - blocks[b, START]
            sums[e, 0] += size
            sums[e, 1] += size * chosen[b]
            first[e] = min(first[e], b)
            last[e] = max(last[e], b)
    whole = chosen.copy()
    for b in range(n):
        e = parts[b]
        if e == 0 or chosen[b] or not plain[b]:
            continue
        tag = elements[e, TAG]
        before, after = first[e] - 1, last[e] + 1
        while tag == PRE and before >= 0 and not chosen[before] and elements[parts[before], TAG] == PRE:
            before -= 1  # the gutter of line numbers beside code, or one listing after another
        while tag == PRE and after < n and not chosen[after] and elements[parts[after], TAG] == PRE:
            after += 1
        is_between = before >= 0 and after < n and chosen[before] and chosen[after]
        share = 0.0 if tag == PRE else NUMBERED_SHARE if tag == OL else CHOSEN_SHARE
        whole[b] = sums[e, 1] > share * sums[e, 0] or (is_between and tag in (PRE, OL, TABLE))
    return whole
