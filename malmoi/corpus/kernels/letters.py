"""The letters of texts, span by span: what counts when texts are compared, ready for loops that become vectors.

A text is read in spans of SPAN_BYTES, each in passes over small arrays that stay in the first-level cache: code points
for every byte (no branch on the width of a character), then a pass without branches that drops what does not count.
On Korean text this is twice as fast as reading character by character, where a branch is mispredicted once a word.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import int64, njit, uint8, uint32, uint64

from malmoi.corpus.kernels.characters import GOLDEN, IS_WORD, NEWLINE, PLANE, SPACE, class_table, mix

OTHER = np.uint64(0xD1B54A32D192ED03)
"""Odd, and unlike GOLDEN: two hashes of one text must not follow from one another."""

SPAN_BYTES = 1024
"""The five arrays of a span take 20 kB: less than the first-level cache of any processor of the last ten years."""
VISIBLE, LETTER, UPPER = 1, 2, 4
"""Bits of `flag_table`."""

_INSIDE = 0x20
"""Stands for a byte inside a character: a space, which counts for nothing."""


@cache
def flag_table() -> np.ndarray:
    """uint8 of each code point below PLANE: bits for "not white space", "letter or digit" and "upper-case ASCII".

    Two more entries stand for the planes above: PLANE for symbols, PLANE + 1 for ideographs.
    """
    classes = class_table()
    flags = np.zeros(PLANE + 2, np.uint8)
    flags[:PLANE][(classes != SPACE) & (classes != NEWLINE)] |= VISIBLE
    flags[:PLANE][IS_WORD[classes]] |= LETTER
    flags[ord("A") : ord("Z") + 1] |= UPPER
    flags[PLANE:] = VISIBLE, VISIBLE | LETTER
    return flags


@njit(inline="always")
def flag_place(code: Any) -> Any:  # pragma: no cover (compiled)
    """Where the flags of a code point (uint32) stand in `flag_table`."""
    if code < PLANE:
        return code
    return uint32(PLANE + 1) if uint32(0x20000) <= code < uint32(0x32400) else uint32(PLANE)


@njit(nogil=True, cache=True)
def copy_span(data: Any, at: Any, stop: Any, piece: Any) -> Any:
    """Copies at most SPAN_BYTES whole characters from `at`; returns their bytes.

    data: uint8 (bytes,). at, stop: int64. piece: uint8 (SPAN_BYTES + 3,); three zeros behind the span let the next pass
    read ahead.
    """
    last = min(stop, at + SPAN_BYTES)
    while last < stop and last > at + 1 and data[last] & uint8(0xC0) == 0x80:
        last -= 1
    length = last - at
    source = data[at:last]
    for k in range(length):  # assigned as a whole, numba would first ask whether the two overlap
        piece[k] = source[k]
    for k in range(length, length + 3):
        piece[k] = uint8(0)
    return length


@njit(nogil=True, cache=True)
def read_code_points(piece: Any, length: Any, codes: Any, places: Any) -> None:
    """The code point that starts at each byte, _INSIDE where none does, and its place in the table of flags.

    No branches: the compiler makes vectors.

    piece: uint8 (SPAN_BYTES + 3,). length: int64. codes, places: uint32 (SPAN_BYTES,), filled.
    """
    low = uint32(63)
    for k in range(length):
        first, second, third = uint32(piece[k]), uint32(piece[k + 1]) & low, uint32(piece[k + 2]) & low
        code = first if first < 0x80 else uint32(_INSIDE)
        code = ((first & uint32(31)) << uint32(6)) | second if first >= 0xC0 else code
        three = ((first & uint32(15)) << uint32(12)) | (second << uint32(6)) | third
        code = three if first >= 0xE0 else code
        four = ((three & uint32(0x7FFF)) << uint32(6)) | (uint32(piece[k + 3]) & low)
        code = four if first >= 0xF0 else code
        ideograph = (code >= uint32(0x20000)) & (code < uint32(0x32400))
        codes[k] = code
        places[k] = min(code, uint32(PLANE)) + (uint32(1) if ideograph else uint32(0))


@njit(nogil=True, cache=True)
def sort_out(
    codes: Any, places: Any, length: Any, flags: Any, visible: Any, num_visible: Any, letters: Any, num_letters: Any
) -> Any:
    """Appends what is no white space to `visible` and letters, in lower case, to `letters`; returns both numbers.

    Written at every byte, moved on only after what counts: a branch here would be mispredicted once a word.

    codes, places: uint32 (SPAN_BYTES,). flags: uint8 (PLANE + 2,). visible, letters: uint32, room for a span and what
    was carried over. num_visible, num_letters: int64, how many are there before.
    """
    v, n = uint64(num_visible), uint64(num_letters)  # unsigned: no look whether an index is negative
    for k in range(length):
        flag = flags[places[k]]
        visible[v] = codes[k]
        v += uint64(flag & uint8(VISIBLE))
        letters[n] = codes[k] + (uint32(flag & uint8(UPPER)) << uint32(3))
        n += uint64((flag >> uint8(1)) & uint8(1))
    return int64(v), int64(n)


@njit(nogil=True, cache=True)
def read_letters(data: Any, at: Any, stop: Any, flags: Any, arrays: Any, num_letters: Any) -> Any:
    """Appends the letters of one span to those of `arrays` (see `span_arrays`); returns the next byte, the number.

    data: uint8 (bytes,). at, stop: int64. flags: uint8 (PLANE + 2,).
    """
    piece, codes, places, visible, letters = arrays
    length = copy_span(data, at, stop, piece)
    read_code_points(piece, length, codes, places)
    _, num_letters = sort_out(codes, places, length, flags, visible, 0, letters, num_letters)
    return at + length, num_letters


@njit(nogil=True, cache=True)
def span_arrays(carried: Any) -> Any:
    """The arrays of a span: bytes, code points, places of flags, visible characters, letters.

    The last two have room for what is carried over from the span before.

    carried: int64, the most that is carried over.
    """
    room = SPAN_BYTES + carried
    return (
        np.empty(SPAN_BYTES + 3, np.uint8),
        np.empty(SPAN_BYTES, np.uint32),
        np.empty(SPAN_BYTES, np.uint32),
        np.empty(room, np.uint32),
        np.empty(room, np.uint32),
    )


@njit(nogil=True, cache=True)
def carry(values: Any, count: Any, most: Any) -> Any:
    """Moves the last `most` of `count` values to the front; returns their number.

    values: uint32. count, most: int64.
    """
    kept = min(count, most)
    for k in range(kept):
        values[k] = values[count - kept + k]
    return kept


@njit(nogil=True, cache=True)
def fold(letters: Any, count: Any, hashes: Any) -> Any:
    """Takes characters into two hashes (uint64), three a step; returns how many are left over, moved to the front.

    letters: uint32, three more than `count` long. hashes: uint64 (2,), changed. A code point has 21 bits: three fit in
    64.
    """
    first, second = hashes[0], hashes[1]
    whole = count - count % 3
    for k in range(0, whole, 3):
        three = uint64(letters[k]) | uint64(letters[k + 1]) << uint64(21) | uint64(letters[k + 2]) << uint64(42)
        first = (first ^ three) * GOLDEN
        first ^= first >> uint64(32)
        second = (second + three) * OTHER
        second ^= second >> uint64(29)
    hashes[0], hashes[1] = first, second
    return carry(letters, count, count - whole)


@njit(nogil=True, cache=True)
def finish(letters: Any, count: Any, hashes: Any) -> None:
    """Takes the one or two characters that are left over: they never look like those of a longer text.

    letters: uint32, three more than `count` long. hashes: uint64 (2,), changed.
    """
    letters[count : count + 3] = PLANE * 17  # no character
    fold(letters, 3, hashes)
    hashes[0], hashes[1] = mix(hashes[0]), mix(hashes[1])
