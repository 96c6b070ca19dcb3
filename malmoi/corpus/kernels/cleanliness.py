"""Which texts are as they should be already, so that nobody has to look at them as Python strings.

A text that is marked clean is what sources/record.py's clean_text would make of it, byte for byte. One that is not
marked may still be clean: it goes the long way, at no cost but time.
"""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numba import njit

PLAIN, SPACE, ODD = 0, 1, 2
"""Classes of `code_points`."""
CLEAN, MARKUP = 1, 2
"""What a text is found to be; 0 is any other."""
LAST = 0x20000
"""Code points from here on (rare Chinese characters, tags) take the long way."""
ODD_CONTROLS = frozenset((*range(0x09), 0x0B, 0x0C, 0x0D, *range(0x0E, 0x20), 0x7F, 0xFEFF))
MARKS = frozenset((0xFFFC, 0xFFFD))
"""Stand-ins for what is no text: sources/record.py counts them or takes them out."""
SIGNS = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x1100, 0x11FF), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0x3164, 0x3164), (0xA960, 0xA97C), (0xD7B0, 0xD7FB), (0xE000, 0xF8FF), (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFDC), (0xFFF9, 0xFFFB),
)  # fmt: skip
"""What text/signs.py looks at, first and last code points: a test compares."""


@cache
def code_points() -> np.ndarray:
    """PLAIN, SPACE or ODD (uint8) for each code point below LAST. Spaces matter at the ends of a text only.

    Odd is whatever NFC may change, alone or after another character: marks that combine, singletons (Ω the unit of
    Ohm, 神 of the compatibility block), conjoining vowels and consonants (jamo that may join into a syllable).
    """
    table = np.zeros(LAST, np.uint8)
    for code in range(LAST):
        letter = chr(code)
        if letter.isspace():
            table[code] = SPACE
        if unicodedata.combining(letter) or code in ODD_CONTROLS or code in MARKS or 0xD800 <= code < 0xE000:
            table[code] = ODD
        parts = unicodedata.decomposition(letter)
        if parts and not parts.startswith("<"):
            if unicodedata.normalize("NFC", letter) != letter:
                table[code] = ODD
            table[[int(part, 16) for part in parts.split()[1:]]] = ODD  # it may join what stands before it
    for first, last in SIGNS:  # with the vowels and final consonants of which syllables are made
        table[first : last + 1] = ODD
    return table


def clean(
    data: np.ndarray, offsets: np.ndarray, most_bytes: int, pages: bool = True, markup: np.ndarray | None = None
) -> np.ndarray:
    """Whether each text is clean, not blank, no HTML page, and of `most_bytes` at most (bool). Checks that it is UTF-8.

    pages: False where no text is a page or holds HTML, so that "<" and "&" are signs like others. markup: filled with
    those that would be clean but for what looks like a tag or a character reference.

    data, offsets: as kernels/buffers.py gives them.

    data: uint8 (bytes,). offsets: int64 (texts + 1,). markup: bool (texts,). Returns bool (texts,).
    """
    result = np.zeros(len(offsets) - 1, np.uint8)
    _clean(data, offsets, most_bytes, pages, code_points(), result)
    if markup is not None:
        markup[:] = result == MARKUP
    return result == CLEAN


@njit(nogil=True, cache=True)
def _clean(data: Any, offsets: Any, most_bytes: Any, pages: Any, table: Any, result: Any) -> None:
    """Fills `result` (uint8, texts) with 0, CLEAN or MARKUP. table: uint8 (LAST,), of `code_points`. A text that begins
    with < may be a page."""
    for d in range(len(offsets) - 1):
        start, stop = offsets[d], offsets[d + 1]
        if start < stop and stop - start <= most_bytes and (data[start] != 60 or not pages):  # "<"
            result[d] = _is_clean(data, start, stop, pages, table)


@njit(nogil=True, cache=True)
def _is_clean(data: Any, start: Any, stop: Any, pages: Any, table: Any) -> Any:
    """CLEAN where data[start:stop] needs no cleaning: nothing odd in it, no blank at its ends nor before a line's end.
    MARKUP where it may hold HTML, 0 for any other. data: uint8 (bytes,). table: uint8 (LAST,).
    """
    at, begins, kind, found = start, True, PLAIN, CLEAN
    while at < stop:
        first = np.int64(data[at])
        if first < 0x80:
            # A blank before a line's end goes.
            if first == 10 and at > start and (data[at - 1] == 32 or data[at - 1] == 9):
                return 0
            if pages and (first == 60 or first == 38) and at + 1 < stop and _opens(data[at + 1]):
                found = MARKUP
            kind = table[first]
            at += 1
        else:
            code, width = _decoded(data, at, stop, first)
            kind = PLAIN if 0xAC00 <= code <= 0xD7A3 else table[code]
            at += width
        if kind == ODD or (kind == SPACE and begins):
            return 0
        begins = False
    return found if kind == PLAIN else 0


@njit(inline="always")
def _opens(byte: Any) -> Any:  # pragma: no cover (compiled)
    """Whether a tag, a comment or a character reference may begin with < or & and this byte (uint8)."""
    letter = byte | 32
    return 97 <= letter <= 122 or byte == 33 or byte == 35 or byte == 47


@njit(inline="always")
def _decoded(data: Any, at: Any, stop: Any, first: Any) -> Any:  # pragma: no cover (compiled)
    """The code point at `at` and its width; 0, which is odd, for what is no UTF-8 or beyond the table.

    data: uint8 (bytes,). at, stop, first: int64. Overlong forms and halves of surrogate pairs are no UTF-8 (RFC 3629).
    """
    if at + 1 >= stop or (data[at + 1] & 0xC0) != 0x80:
        return 0, 1
    second = np.int64(data[at + 1]) & 0x3F
    if first < 0xE0:
        return (((first & 0x1F) << 6) | second if first >= 0xC2 else 0), 2
    if at + 2 >= stop or (data[at + 2] & 0xC0) != 0x80:
        return 0, 1
    third = np.int64(data[at + 2]) & 0x3F
    if first < 0xF0:
        code = ((first & 0x0F) << 12) | (second << 6) | third
        return (code if code >= 0x800 else 0), 3
    if at + 3 >= stop or (data[at + 3] & 0xC0) != 0x80 or first > 0xF0:
        return 0, 1
    code = (second << 12) | (third << 6) | (np.int64(data[at + 3]) & 0x3F)
    return (code if 0x10000 <= code < LAST else 0), 4
