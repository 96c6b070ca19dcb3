"""Paragraphs of texts as units that are kept or cut whole, and a hash of the letters of each.

A unit is a line, but a fenced code block, an indented code block (after a blank line, as in Markdown) and a table
(lines beside each other with "|" or box-drawing characters) are one unit each: none is ever cut in half. A unit goes
from the start of its first line to the start of the next one, blank lines after it included.
"""

from typing import Any

import numpy as np
from numba import int64, njit, uint8, uint32, uint64

from malmoi.corpus.kernels.characters import GOLDEN, code_point, mix
from malmoi.corpus.kernels.letters import LETTER, UPPER, flag_place, flag_table

PLAIN, FENCE, TABLE, INDENTED, BLANK = 0, 1, 2, 3, 4
"""Kinds of lines, and of the unit that is open."""
_NEWLINE, _SPACE, _TAB, _BAR, _BACKTICK, _TILDE = 10, 32, 9, 124, 96, 126


def find(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All units of all texts in order: row (int32), start and stop (int64, bytes), hash (uint64), letters (int32).

    Texts are as `buffers.string_buffers` gives them. The hash is of letters and digits, ASCII in lower case.

    data: uint8 (bytes,). offsets: int64 (texts + 1,). Each result: (units,).
    """
    most = int(np.count_nonzero(data[offsets[0] : offsets[-1]] == _NEWLINE)) + len(offsets) - 1
    rows, letters = np.empty(most, np.int32), np.empty(most, np.int32)
    starts, stops, hashes = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.uint64)
    count = _find(data, offsets, rows, starts, stops)
    _hash(data, starts[:count], stops[:count], flag_table(), hashes, letters)
    return rows[:count], starts[:count], stops[:count], hashes[:count], letters[:count]


@njit(nogil=True, cache=True)
def _find(data: Any, offsets: Any, rows: Any, starts: Any, stops: Any) -> Any:
    """Fills rows (int32), starts and stops (int64), each (most,), with the units of all texts; returns how many there
    are. data: uint8 (bytes,). offsets: int64 (texts + 1,). One pass over the lines: a unit ends where the next one
    begins.
    """
    count = 0
    for d in range(len(offsets) - 1):
        at, stop = offsets[d], offsets[d + 1]
        kind, fence, blank = BLANK, at, True  # of the unit that is open; whether the line before was blank
        while at < stop:
            end, line = _line(data, at, stop)
            if kind == FENCE:
                kind = PLAIN if _closes(data, at, end, fence) else FENCE
            elif not _goes_on(kind, line, blank):
                rows[count], starts[count], count = d, at, count + 1
                fence = _first(data, at, end)
                kind = line if line in (FENCE, TABLE) or (line == INDENTED and blank) else PLAIN
            blank = line == BLANK
            stops[count - 1] = at = end
    return count


@njit(nogil=True, cache=True)
def _goes_on(kind: Any, line: Any, blank: Any) -> Any:
    """Whether a line belongs to the unit before it: to a table, to a block of code, or as a blank line to anything.

    kind, line: one of PLAIN, FENCE, TABLE, INDENTED, BLANK. blank: bool, whether the line before was blank.
    """
    if line == BLANK:
        return kind != BLANK
    return (line == TABLE and kind == TABLE and not blank) or (line == INDENTED and kind == INDENTED)


@njit(nogil=True, cache=True)
def _first(data: Any, at: Any, end: Any) -> Any:
    """The first byte of a line that is neither space nor tab; its last byte where there is none.

    data: uint8 (bytes,). at, end: int64, the line's first byte and the one behind its last.
    """
    while at < end - 1 and (data[at] == _SPACE or data[at] == _TAB):
        at += 1
    return at


@njit(nogil=True, cache=True)
def _line(data: Any, at: Any, stop: Any) -> Any:
    """The end of the line that starts at `at`, and its kind.

    data: uint8 (bytes,). at, stop: int64, inside one text.
    """
    rest = data[at:stop]  # indices into this are never negative, which saves a look at each byte
    length, is_table = len(rest), False
    for k in range(len(rest)):
        byte = rest[k]
        if byte == _NEWLINE:
            length = k + 1
            break
        if byte == _BAR or (byte == 0xE2 and k + 1 < len(rest) and (rest[k + 1] == 0x94 or rest[k + 1] == 0x95)):
            is_table = True
    end = at + length
    first = _first(data, at, end)
    if data[first] in (_NEWLINE, _SPACE, _TAB):
        return end, BLANK
    if first - at < 4 and _opens(data, first, end):
        return end, FENCE
    if is_table:
        return end, TABLE
    return end, INDENTED if first - at >= 4 or data[at] == _TAB else PLAIN


@njit(nogil=True, cache=True)
def _opens(data: Any, first: Any, end: Any) -> Any:
    """Whether three or more backticks or tildes begin here. CommonMark: no other backtick may follow backticks.

    data: uint8 (bytes,). first, end: int64.
    """
    marker = data[first]
    if marker not in (_BACKTICK, _TILDE):
        return False
    k = first
    while k < end and data[k] == marker:
        k += 1
    if k - first < 3:
        return False
    if marker == _BACKTICK:
        for other in range(k, end):
            if data[other] == _BACKTICK:
                return False
    return True


@njit(nogil=True, cache=True)
def _closes(data: Any, at: Any, end: Any, fence: Any) -> Any:
    """Whether a line is of at least as many of the same sign as the one at `fence`, and of nothing else.

    data: uint8 (bytes,). at, end, fence: int64, bytes of `data`.
    """
    k, opened = _first(data, at, end), fence
    while k < end and data[k] == data[fence]:
        k, opened = k + 1, opened + (data[opened] == data[fence])
    if data[opened] == data[fence]:
        return False
    while k < end and data[k] in (_SPACE, _TAB, _NEWLINE):
        k += 1
    return k == end


@njit(nogil=True, cache=True)
def _hash(data: Any, starts: Any, stops: Any, flags: Any, hashes: Any, letters: Any) -> None:
    """Fills hashes (uint64) and letters (int32), each (units,), of the units data[starts:stops]. flags: uint8, of
    letters.flag_table. A letter of ASCII in upper
    case counts as the small one: its flag, shifted, adds 32 to its code.
    """
    # Character by character: most units are shorter than what the spans of kernels/letters.py need to pay.
    for unit in range(len(starts)):
        value, count, at = uint64(1), 0, uint64(starts[unit])
        stop = uint64(stops[unit])
        while at < stop:
            code, width = code_point(data, at, uint32(data[at]))
            at += uint64(width)
            flag = flags[flag_place(code)]
            if flag & uint8(LETTER):
                value = (value ^ (uint64(code) + (uint64(flag & uint8(UPPER)) << uint64(3)))) * GOLDEN
                value ^= value >> uint64(32)
                count += 1
        hashes[unit], letters[unit] = mix(value), count


@njit(nogil=True, cache=True)
def hashes_of(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """A hash of each string (uint32), 0 of an empty one. data: uint8 (bytes,). offsets: int64 (strings + 1,)."""
    result = np.zeros(len(offsets) - 1, np.uint32)
    for k in range(len(result)):
        value = uint64(2)
        for byte in data[offsets[k] : offsets[k + 1]]:
            value = (value ^ uint64(byte)) * GOLDEN
            value ^= value >> uint64(32)
        if offsets[k + 1] > offsets[k]:
            result[k] = max(uint64(1), mix(value) >> uint64(32))
    return result


@njit(nogil=True, cache=True)
def cut(
    data: np.ndarray, offsets: np.ndarray, rows: np.ndarray, starts: np.ndarray, stops: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The texts without the units from `starts` to `stops` (bytes, ascending) of `rows`: new data and offsets.

    lengths: filled with the characters of each unit. A text that ends in a cut loses the blank end that is left.

    data: uint8 (bytes,). offsets: int64 (texts + 1,). rows: int32, starts, stops, lengths: int64, each (units,).
    """
    result = np.empty(offsets[-1] - offsets[0], np.uint8)
    places = np.zeros(len(offsets), np.int64)
    size, unit = 0, 0
    for d in range(len(offsets) - 1):
        at, cut_at_end = offsets[d], False
        while unit < len(rows) and rows[unit] == d:
            size = _copy(data, at, starts[unit], result, size)
            lengths[unit] = count_characters(data, starts[unit], stops[unit])
            at, cut_at_end, unit = stops[unit], stops[unit] == offsets[d + 1], unit + 1
        size = _copy(data, at, offsets[d + 1], result, size)
        while cut_at_end and size > places[d] and result[size - 1] in (_NEWLINE, _SPACE, _TAB):
            size -= 1
        places[d + 1] = size
    return result[:size], places


@njit(nogil=True, cache=True)
def _copy(data: Any, start: Any, stop: Any, result: Any, size: Any) -> Any:
    """Copies data[start:stop] to `result` from `size` on, byte by byte; returns where the next bytes go. data, result:
    uint8. start, stop, size: int64.
    """
    source = data[start:stop]
    target = result[size : size + len(source)]
    for k in range(len(source)):
        target[k] = source[k]
    return size + int64(len(source))


@njit(nogil=True, cache=True)
def count_characters(data: np.ndarray, start: Any, stop: Any) -> Any:
    """Code points between two bytes.

    data: uint8 (bytes,). start, stop: int64.
    """
    count = 0
    for k in range(start, stop):
        count += (data[k] & uint8(0xC0)) != 0x80
    return count


@njit(nogil=True, cache=True)
def characters_of(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Code points of each text (int64).

    data: uint8 (bytes,). offsets: int64 (texts + 1,).
    """
    result = np.empty(len(offsets) - 1, np.int64)
    for d in range(len(result)):
        result[d] = count_characters(data, offsets[d], offsets[d + 1])
    return result


@njit(nogil=True, cache=True)
def character_places(data: np.ndarray, offsets: np.ndarray, rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Where units begin, in characters of their text (int64). Units are in order.

    data: uint8 (bytes,). offsets: int64 (texts + 1,). rows: int32 (units,). starts: int64 (units,), bytes.
    """
    result = np.empty(len(rows), np.int64)
    for unit in range(len(rows)):
        if unit and rows[unit] == rows[unit - 1]:
            result[unit] = result[unit - 1] + count_characters(data, starts[unit - 1], starts[unit])
        else:
            result[unit] = count_characters(data, offsets[rows[unit]], starts[unit])
    return result


@njit(nogil=True, cache=True)
def move(values: np.ndarray, row_of: np.ndarray, rows: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    """Moves places in texts (characters, float64) to where they are when the units of `starts` and `lengths` are gone.

    row_of: the text of each place. rows: the text of each unit, ascending. A place inside a unit goes to its start.

    values: float64 (places,), changed. row_of: int64 (places,). rows: int32, starts, lengths: int64 (units,),
    characters.
    """
    for k in range(len(values)):
        before = values[k]
        for unit in range(np.searchsorted(rows, row_of[k]), len(rows)):
            if rows[unit] != row_of[k] or starts[unit] >= before:
                break
            values[k] -= min(float(lengths[unit]), before - starts[unit])
