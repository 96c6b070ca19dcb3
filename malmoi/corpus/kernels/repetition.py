"""How much a text repeats itself: words, runs of 2 to 10 words, lines (Rae et al. 2021, Gopher, table A1).

Every n-gram gets a name. One that stands once only is forgotten, since no longer one that begins or ends with it can
come twice: a text of ordinary Korean needs two looks into a hash table for a word, and all nine lengths come of that.
"""

from typing import Any

import numpy as np
from numba import njit, uint64

from malmoi.corpus.kernels.characters import mix

LONGEST = 10
"""Words in the longest n-gram that is looked for."""

UNIQUE, TOP_WORD, GRAMS = 0, 1, 2
NUM_REPEATS = GRAMS + LONGEST - 1
"""What `repeats` returns: distinct words, times of the most frequent longer word, then for n = 2..10 characters: up to
4 those of the n-gram that covers most, from 5 on those inside n-grams that stood in the text before."""

_TOP_LENGTH = 4
_LOW = np.uint64(0xFFFFFFFF)


def slots_for(entries: int) -> int:
    """Rows of a hash table for so many entries: uint64 key, and round << 32 | count. It need never be cleared."""
    return 1 << max(4, (2 * entries - 1).bit_length())


@njit(inline="always")
def _mask(entries: Any) -> Any:  # pragma: no cover (compiled)
    """Only as much of the table as a text needs, so that short texts stay in the processor's cache.

    entries: int64. Returns uint64, a power of two less one.
    """
    size = uint64(16)
    while size < uint64(2 * entries):
        size = size << uint64(1)
    return size - uint64(1)


@njit(inline="always")
def _enter(table: Any, place: Any, key: Any, mask: Any, turn: Any) -> Any:  # pragma: no cover (compiled)
    """Counts a key in this turn; returns its slot. Slots of other turns are free.

    table: uint64 (slots, 2). place, key, mask, turn: uint64. Linear probing: the table is at most half full.
    """
    while True:
        place = place & mask
        state = table[place, 1]
        if state >> uint64(32) != turn:
            table[place, 0] = key
            table[place, 1] = turn << uint64(32) | uint64(1)
            return place
        if table[place, 0] == key:
            table[place, 1] = state + uint64(1)
            return place
        place += uint64(1)


@njit(inline="always")
def _times(table: Any, slot: Any) -> Any:  # pragma: no cover (compiled)
    """How often a key was entered in its turn (int64): the low 32 bits of its state."""
    return np.int64(table[slot, 1] & _LOW)


@njit(nogil=True, cache=True)
def repeats(hashes: Any, starts: Any, words: Any, table: Any, work: Any, turn: Any, out: Any) -> Any:
    """Fills `out` (NUM_REPEATS) for a text of so many words; returns the turn after its own.

    starts: characters before each word and in all. work: two int32 arrays as long as there are words.

    hashes: uint64 (words,). starts: int32 (words + 1,). table: uint64 (slots, 2). turn: uint64, a round that the table
    has not seen. out: int64 (NUM_REPEATS,).
    """
    names, places = work
    mask = _mask(words)
    out[:] = 0
    for k in range(words):
        slot = _enter(table, hashes[k], hashes[k], mask, turn)
        names[k] = slot
        times = _times(table, slot)
        out[UNIQUE] += times == 1
        if times > out[TOP_WORD] and starts[k + 1] - starts[k] > 1:
            out[TOP_WORD] = times
    count = 0
    for k in range(words):
        places[count] = k
        count += table[names[k], 1] & _LOW > uint64(1)
    for length in range(2, LONGEST + 1):
        if count < 2:
            break
        turn += uint64(1)
        count = _longer(starts, count, table, work, turn, length, out)
    return turn + uint64(1)


@njit(inline="always")
def _longer(
    starts: Any, count: Any, table: Any, work: Any, turn: Any, length: Any, out: Any
) -> Any:  # pragma: no cover
    """From the n-grams that stand more than once to those one word longer: renames them and says how many are left.

    starts: int32. work: names and places, int32. out: int64 (NUM_REPEATS,). length: words of the n-grams that are made
    here.
    """
    names, places = work
    mask = _mask(count)
    found, reached, figure = 0, 0, 0
    for i in range(count - 1):
        k = places[i]
        if places[i + 1] != k + 1:
            continue
        key = uint64(names[k]) << uint64(32) | uint64(names[k + 1])
        slot = _enter(table, mix(key), key, mask, turn)
        names[k] = slot
        places[found] = k
        found += 1
        times = _times(table, slot)
        if times > 1:
            if length <= _TOP_LENGTH:
                figure = max(figure, times * (starts[k + length] - starts[k]))
            else:
                figure += starts[k + length] - starts[max(k, reached)]
                reached = k + length
    out[GRAMS + length - 2] = figure
    left = 0
    for i in range(found):
        places[left] = places[i]
        left += table[names[places[i]], 1] & _LOW > uint64(1)
    return left


@njit(nogil=True, cache=True)
def repeated_lines(hashes: Any, lengths: Any, lines: Any, table: Any, turn: Any) -> Any:
    """How many of the lines stood in the text before, and their characters.

    hashes: uint64, lengths: int32, each with room for `lines`. table: uint64 (slots, 2). turn: uint64.
    """
    mask, repeated, characters = _mask(lines), 0, 0
    for k in range(lines):
        slot = _enter(table, hashes[k], hashes[k], mask, turn)
        if _times(table, slot) > 1:
            repeated += 1
            characters += lengths[k]
    return repeated, characters
