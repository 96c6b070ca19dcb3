"""What kind of character a code point is: one table for every kernel, and reading code points from UTF-8 bytes."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numba import njit, uint32

SPACE, NEWLINE, HANGUL, RARE_HANGUL, JAMO, LATIN, ACCENTED = 0, 1, 2, 3, 4, 5, 6
DIGIT, HANJA, KANA, LETTER, PUNCTUATION, SYMBOL, DAMAGE = 7, 8, 9, 10, 11, 12, 13
NUM_CLASSES = 14
"""Classes of characters. A class below PUNCTUATION and above NEWLINE is a letter or a digit."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio, odd: multiplying by it spreads bits upwards (Knuth, TAOCP 3, 6.4)."""
PLANE = 0x10000
"""The table covers the first plane; above it, ideographs are HANJA and all else (emoji) SYMBOL."""

_LETTER_CLASSES = (HANGUL, RARE_HANGUL, JAMO, LATIN, ACCENTED, DIGIT, HANJA, KANA, LETTER)
IS_WORD = np.array([kind in _LETTER_CLASSES for kind in range(NUM_CLASSES)])
"""By class: whether a character counts when two texts are compared. Spaces, punctuation and symbols do not."""


@cache
def class_table() -> np.ndarray:
    """uint8 class of each code point below PLANE.

    RARE_HANGUL are the 8,822 syllables outside KS X 1001's 2,350: real text hardly has them, and text whose bytes were
    read in a wrong Korean charset is full of them. U+318D, used as a middle dot in law, is punctuation here.
    """
    table = np.array([_class_of(code) for code in range(PLANE)], np.uint8)
    table[0xAC00:0xD7A4] = RARE_HANGUL
    table[common_syllables()] = HANGUL
    table[0x318D] = PUNCTUATION
    return table


def common_syllables() -> np.ndarray:
    """int64 (2350,): the code points of KS X 1001's syllables, in its order."""
    rows = bytes(byte for lead in range(0xB0, 0xC9) for trail in range(0xA1, 0xFF) for byte in (lead, trail))
    return np.array([ord(syllable) for syllable in rows.decode("euc_kr")])


def _class_of(code: int) -> int:
    if code in (0x0A, 0x0D, 0x2028, 0x2029):
        return NEWLINE
    if code in (0x09, 0x20, 0x200B, 0x200C, 0x200D, 0x2060, 0xFE0E, 0xFE0F, 0xFEFF):
        return SPACE
    category = unicodedata.category(chr(code))
    if category in ("Cc", "Co", "Cs", "Cn") or code == 0xFFFD:
        return DAMAGE
    if category == "Nd":
        return DIGIT
    if category[0] in ("L", "M"):
        return _letter_class(code)
    if category[0] == "Z" or category == "Cf":
        return SPACE
    return PUNCTUATION if category[0] == "P" or code < 0x80 else SYMBOL


def _letter_class(code: int) -> int:
    if code < 0x80 or 0xFF21 <= code <= 0xFF5A:
        return LATIN
    if code < 0x180:
        return ACCENTED
    if 0x3131 <= code <= 0x318E or 0xFFA0 <= code <= 0xFFDC:
        return JAMO
    if 0x1100 <= code <= 0x11FF or 0xA960 <= code <= 0xA97F or 0xD7B0 <= code <= 0xD7FF:
        return HANGUL  # conjoining jamo: old Hangul
    if 0xFF66 <= code <= 0xFF9D or 0x31F0 <= code <= 0x31FF:
        return KANA  # half-width, and small ones for Ainu
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code == 0x3005:
        return HANJA
    return KANA if 0x3040 <= code <= 0x30FF else LETTER


@njit(inline="always")
def code_point(data: np.ndarray, at: Any, first: Any) -> Any:  # pragma: no cover (compiled)
    """The code point that starts at byte `at` with the byte `first`, and its number of bytes. UTF-8 must be valid.

    data: uint8 (bytes,). at: any whole number inside it. first: uint32. Returns uint32 and int64.
    """
    if first < 0x80:
        return first, 1
    second = uint32(data[at + 1]) & uint32(63)
    if first < 0xE0:
        return ((first & uint32(31)) << uint32(6)) | second, 2
    third = uint32(data[at + 2]) & uint32(63)
    if first < 0xF0:
        return ((first & uint32(15)) << uint32(12)) | (second << uint32(6)) | third, 3
    fourth = uint32(data[at + 3]) & uint32(63)
    return ((first & uint32(7)) << uint32(18)) | (second << uint32(12)) | (third << uint32(6)) | fourth, 4


@njit(inline="always")
def class_of(table: np.ndarray, code: Any) -> Any:  # pragma: no cover (compiled)
    """The class of any code point.

    table: uint8 (PLANE,), of `class_table`. code: uint32.
    """
    if code < PLANE:
        return table[code]
    return HANJA if 0x20000 <= code < 0x32400 else SYMBOL


@njit(inline="always")
def mix(value: Any) -> Any:  # pragma: no cover (compiled)
    """A 64-bit finaliser (MurmurHash3's fmix64, public domain): every input bit reaches every output bit.

    value: uint64.
    """
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value
