"""Which open elements a tag ends: those whose end is implied, and those that an end tag closes. Compiled.

It follows the HTML standard (13.2.4.2 and 13.2.6.4.7) as far as it decides which text stands where: table cells and
lists are walls that no end tag outside them is looked for beyond.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.tags import BLOCK, CLOSES_P, ID, SCOPE

P, A, LI, TD, TH, TR, DT, DD, OPTION = (ID[name] for name in "p a li td th tr dt dd option".split())
DIV, ADDRESS, TABLE, TBODY, THEAD, TFOOT = (ID[name] for name in "div address table tbody thead tfoot".split())
CUSTOM = ID["?-"]


@njit(nogil=True, cache=True)
def _find_open(stack: np.ndarray, top: int, tag: int, wall_one: int, wall_two: int) -> int:
    """The row of `stack` with the innermost open `tag`, looking no further than a wall; -1 if none.

    stack: int64 (depth, 4), rows as in scan._scan; top: its last row in use. wall_one, wall_two: ids of elements.
    """
    for k in range(top, 0, -1):
        if stack[k, 1] == tag:
            return k
        if stack[k, 1] == wall_one or stack[k, 1] == wall_two:
            return -1
    return -1


@njit(nogil=True, cache=True)
def _find_item(stack: np.ndarray, top: int, one: int, other: int) -> int:
    """The row of the innermost open item, an element `one` or `other`; -1 where a box other than <div>, <p> and
    <address> stands before it: <menu>, <footer> and <article> are walls as <ul> is (HTML standard, 13.2.6.4.7).

    stack, top: as in `_find_open`.
    """
    for k in range(top, 0, -1):
        tag = stack[k, 1]
        if tag in (one, other):
            return k
        if stack[k, 3] & BLOCK and tag not in (DIV, P, ADDRESS, CUSTOM):
            return -1
    return -1


@njit(nogil=True, cache=True)
def implied_end(stack: np.ndarray, top: int, tag: int, does: int, counts: np.ndarray) -> int:
    """The new top of the stack after the ends that the start of `tag` implies (HTML standard, 13.2.6.4.7).

    stack: as in scan._scan. does: what `tag` does. counts: int64 (256,): how many elements of each id are open.
    """
    if does & CLOSES_P and counts[P]:
        k = top
        while k > 0 and stack[k, 1] != P and not (stack[k, 3] & (SCOPE | BLOCK)):
            k -= 1
        if k > 0 and stack[k, 1] == P:
            top = k - 1
    k = -1
    if tag == LI and counts[LI]:
        k = _find_item(stack, top, LI, LI)
    elif tag in (TD, TH) and (counts[TD] or counts[TH]):
        k = max(_find_open(stack, top, TD, TR, TABLE), _find_open(stack, top, TH, TR, TABLE))
    elif tag == TR and counts[TR]:
        k = _find_open(stack, top, TR, TABLE, TABLE)
    elif tag in (DT, DD) and (counts[DT] or counts[DD]):
        k = _find_item(stack, top, DT, DD)
    elif tag == OPTION and counts[OPTION]:
        k = _find_open(stack, top, OPTION, OPTION, OPTION)
    elif tag in (TBODY, THEAD, TFOOT) and (counts[TBODY] or counts[THEAD]):
        k = max(_find_open(stack, top, TBODY, TABLE, TABLE), _find_open(stack, top, THEAD, TABLE, TABLE))
    elif tag == A and counts[A]:
        k = top if stack[top, 1] == A else -1
    return k - 1 if k > 0 else top


@njit(nogil=True, cache=True)
def end_of(stack: np.ndarray, top: int, tag: int, does: int) -> int:
    """The new top of the stack after </tag>, which is open somewhere; the same top if a wall is in between.

    stack: as in scan._scan. does: what `tag` does.
    """
    for k in range(top, 0, -1):
        if stack[k, 1] == tag:
            return k - 1
        if not does & BLOCK and stack[k, 3] & BLOCK:
            return top  # </b> does not end the box around it
        if stack[k, 3] & SCOPE and tag != TABLE and tag != TR and tag != TBODY and tag != THEAD and tag != TFOOT:
            return top
    return top
