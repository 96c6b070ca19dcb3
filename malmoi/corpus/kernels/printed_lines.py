"""Which texts may have been copied out of print (lines of one width) or are talks with times: quick looks at bytes."""

import numpy as np
from numba import njit

MOST_HALVES = 256
"""Widths are counted in halves of a letter of Hangul; wider lines count as so wide."""


@njit(nogil=True, cache=True)
def may_be_printed(
    data: np.ndarray, offsets: np.ndarray, least_lines: int, narrowest: int, widest: int, room: int, full_share: float
) -> np.ndarray:
    """Whether each text may be print, bool (rows,).

    data: uint8, UTF-8. offsets: int64 (rows + 1,). narrowest, widest, room: in halves of a letter.

    A row may be print where it has least_lines lines, the line wider than nine tenths of them is neither narrow nor
    wide, and full_share of the lines are as wide as it but for `room`.
    """
    rows = len(offsets) - 1
    found = np.zeros(rows, np.bool_)
    counts, halves = np.zeros(MOST_HALVES + 1, np.int64), _halves()
    for i in range(rows):
        start, end = offsets[i], offsets[i + 1]
        counts[:] = 0
        lines, width = 0, 0
        for at in range(start, end + 1):
            byte = data[np.uint64(at)] if at < end else np.uint8(10)
            if byte == 10:
                if width > 0:
                    counts[min(width, MOST_HALVES)] += 1
                    lines += 1
                width = 0
            else:
                width += np.int64(halves[byte])
        if lines < least_lines:
            continue
        below, edge = 0, 0
        while edge < MOST_HALVES and below + counts[edge] <= 0.9 * (lines - 1):
            below += counts[edge]
            edge += 1
        if edge < narrowest or edge > widest:
            continue
        full = 0
        for width in range(max(0, edge - room), min(MOST_HALVES, edge + room) + 1):
            full += counts[width]
        found[i] = full >= full_share * (lines - 1)
    return found


@njit(nogil=True, cache=True)
def _halves() -> np.ndarray:
    """Width of the letter that begins with each byte, in halves of a letter of Hangul, uint8 (256,); 0 within one."""
    halves = np.zeros(256, np.uint8)
    halves[:128], halves[192:225], halves[225:] = 1, 1, 2
    halves[13] = 0
    return halves


@njit(nogil=True, cache=True)
def have_clock(data: np.ndarray, offsets: np.ndarray, head_bytes: int) -> np.ndarray:
    """Whether a time ("3:21") stands in the first bytes of each text, bool (rows,). data, offsets: as above."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for i in range(len(found)):
        for at in range(offsets[i] + 1, min(offsets[i + 1], offsets[i] + head_bytes) - 2):
            if data[at] == 58:  # a colon
                before, tens, ones = data[at - 1], data[at + 1], data[at + 2]
                found[i] |= 48 <= before <= 57 and 48 <= tens <= 57 and 48 <= ones <= 57
    return found
