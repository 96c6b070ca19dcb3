"""Character references of HTML (&amp; &#54620; &#xD55C;) as the text that they stand for. Compiled.

page: uint8 (bytes,) in UTF-8; i, j are offsets of bytes in it. text: uint8, is written to; length: its bytes in use.
"""

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.markup import MAX_NAME_BYTES, is_letter
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, Tables


@njit(nogil=True, cache=True)
def write_reference(page: np.ndarray, i: int, text: np.ndarray, length: int, tables: Tables) -> tuple[int, int]:
    """Writes what the character reference at page[i] ('&') stands for, or a plain '&' where it is none.

    text: uint8, with room; length: bytes of it in use. Returns the offset after the reference, and the new length.
    A named reference without its semicolon stays as written: in old pages most of those are parts of addresses.
    """
    n = len(page)
    j = i + 1
    if j < n and page[j] == 35:  # '#'
        j, code = _number(page, j + 1)
        if code >= 0:
            return j, _put(text, length, code)
        text[length] = 38
        return i + 1, length + 1
    while j < n and j - i <= MAX_NAME_BYTES and (is_letter(page[j]) or 48 <= page[j] <= 57):
        j += 1
    if j > i + 1 and j < n and page[j] == 59:
        value = uint64(FNV_START)
        for k in range(i + 1, j):
            value = (value ^ uint64(page[k])) * uint64(FNV_PRIME)
        number = np.searchsorted(tables.entity_hashes, value)
        if number < len(tables.entity_hashes) and tables.entity_hashes[number] == value:
            for k in range(tables.entity_starts[number], tables.entity_starts[number + 1]):
                text[length] = tables.entity_bytes[k]
                length += 1
            return j + 1, length
    text[length] = 38
    return i + 1, length + 1


@njit(nogil=True, cache=True)
def _number(page: np.ndarray, j: int) -> tuple[int, int]:
    """The offset after the number of a reference, which begins at page[j], and its code point; -1 if there is none.

    At most 8 digits are read; no code point has more.
    """
    n = len(page)
    is_hex = j < n and (page[j] | 32) == 120
    if is_hex:
        j += 1
    code, first = 0, j
    while j < n and j - first < 8:
        byte = int(page[j])
        if 48 <= byte <= 57:
            digit = byte - 48
        elif is_hex and 97 <= (byte | 32) <= 102:
            digit = (byte | 32) - 87
        else:
            break
        code = code * (16 if is_hex else 10) + digit
        j += 1
    if j == first:
        return j, -1
    return j + (j < n and page[j] == 59), code


@njit(nogil=True, cache=True)
def _put(text: np.ndarray, length: int, code: int) -> int:
    """Writes a code point as UTF-8 into text (uint8) at `length`; returns the new length.

    A control character writes nothing. What is no code point (a surrogate, a number too large) writes U+FFFD.
    """
    if (code < 32 and code != 9 and code != 10) or code == 127:
        return length
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        code = 0xFFFD
    if code < 0x80:
        text[length] = code
        return length + 1
    if code < 0x800:
        text[length] = 0xC0 | code >> 6
    elif code < 0x10000:
        text[length] = 0xE0 | code >> 12
        length += 1
        text[length] = 0x80 | code >> 6 & 63
    else:
        text[length] = 0xF0 | code >> 18
        text[length + 1] = 0x80 | code >> 12 & 63
        text[length + 2] = 0x80 | code >> 6 & 63
        length += 2
    text[length + 1] = 0x80 | code & 63
    return length + 2
