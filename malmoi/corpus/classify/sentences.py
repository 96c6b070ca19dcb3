"""Where sentences end, on bytes: enough to score parts of a text on their own, with no text copied."""

import numpy as np
from numba import njit

NEWLINE, SPACE = 10, 32
ENDS = np.zeros(256, np.bool_)
ENDS[[ord(sign) for sign in ".!?"]] = True

LONGEST_BYTES = 600
"""A longer stretch without an end is cut at the next space: 200 syllables."""


def sentence_offsets(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offsets of all sentences in `data` (int64), and by text the number of its first sentence (int64, texts + 1).

    A sentence ends at a newline, or at . ! ? before a space. An empty text has one empty sentence.
    """
    lengths = np.diff(offsets)
    cuts = np.empty(int(lengths.sum()) + len(offsets), np.int64)
    first = np.zeros(len(offsets), np.int64)
    count = _cut_all(data, offsets, ENDS, cuts, first)
    cuts[count] = offsets[-1]
    return cuts[: count + 1], first


@njit(nogil=True, cache=True)
def _cut_all(data, offsets, ends, cuts, first) -> int:  # noqa: ANN001
    """Writes the start of every sentence to `cuts`; returns their number."""
    count = 0
    for d in range(len(offsets) - 1):
        first[d] = count
        start, stop = offsets[d], offsets[d + 1]
        cuts[count] = start
        count += 1
        begun = start
        for at in range(start + 1, stop):
            before = data[at - 1]
            ended = before == NEWLINE or (data[at] == SPACE and (ends[before] or at - begun > LONGEST_BYTES))
            if ended and data[at] != NEWLINE:
                cuts[count] = at
                count += 1
                begun = at
    first[len(offsets) - 1] = count
    return count
