"""Whether a word goes on over the end of a line: a linear model of the letters on both sides of the gap.

Lines of Korean are broken between words or between any two letters, and what is printed does not say which. The model
gives the probability that there was a space, from hashed pairs and triples of letters, the pieces of the words that
meet at the gap, and whether the words stand elsewhere in the same text. Learnt by benchmarks/line_breaks.py on text
with its spaces: every gap between two letters is one example.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
from numba import njit

FEATURES = 11
TABLE = 1 << 18
PIECE = 5
"""Letters of a piece of a word that count. Longer words of Korean end in what stands in their last letters."""
WEIGHTS = Path(__file__).with_name("word_gaps.npz")
DIGIT, LATIN, HANJA = ord("0"), ord("a"), ord("一")
MASK = np.uint64(TABLE - 1)
PRIME, OFFSET = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)


@lru_cache(maxsize=1)
def shipped_weights() -> np.ndarray:
    """float32 (TABLE + 1,): the weights of the package, the bias last."""
    with np.load(WEIGHTS) as stored:
        return stored["weights"].astype(np.float32)


def space_probability(
    gaps: list[tuple[str, str]], words: Counter[str], weights: np.ndarray | None = None
) -> np.ndarray:
    """float64 (gaps,): the probability of a space in each gap. gaps: the pieces of words left and right of it.

    words: how often each word stands in the text without the words at the gaps.
    """
    rows = np.array([row(left, right, words) for left, right in gaps], np.uint64).reshape(-1, 2 * PIECE + 1)
    hashed = hash_rows(rows)
    weights = shipped_weights() if weights is None else weights
    scores = weights[hashed].sum(axis=1, dtype=np.float64) + weights[TABLE]
    return 1 / (1 + np.exp(-scores))


def row(left: str, right: str, words: Counter[str]) -> list[int]:
    """The example of a gap: PIECE letters to its left, the nearest first, as many to its right, and what words say."""
    near = [ord(sign) for sign in left[: -PIECE - 1 : -1]] + [0] * (PIECE - len(left))
    far = [ord(sign) for sign in right[:PIECE]] + [0] * (PIECE - len(right))
    known = 1 + (words[left + right] > 0) + 2 * (words[left] > 0) + 4 * (words[right] > 0)
    return [*near, *far, known]


@njit(nogil=True, cache=True)
def hash_rows(rows: np.ndarray) -> np.ndarray:
    """int64 (rows, FEATURES): places in the table. rows: uint64 (rows, 2 * PIECE + 1), see `row`."""
    hashed = np.empty((len(rows), FEATURES), np.int64)
    signs = np.empty(2 * PIECE + 1, np.uint64)
    for i in range(len(rows)):
        for k in range(2 * PIECE):
            signs[k] = _folded(rows[i, k])
        signs[2 * PIECE] = rows[i, 2 * PIECE]
        left, right = 0, PIECE  # the nearest letter of either side
        _put(hashed, i, 0, signs, left, 1, right, 1)
        _put(hashed, i, 1, signs, left, 2, right, 1)
        _put(hashed, i, 2, signs, left, 1, right, 2)
        _put(hashed, i, 3, signs, left, 2, right, 2)
        _put(hashed, i, 4, signs, left, 3, right, 1)
        _put(hashed, i, 5, signs, left, 1, right, 3)
        _put(hashed, i, 6, signs, left, PIECE, right, 0)
        _put(hashed, i, 7, signs, left, 0, right, PIECE)
        _put(hashed, i, 8, signs, left, PIECE, right, 1)
        _put(hashed, i, 9, signs, left, 1, right, PIECE)
        _put(hashed, i, 10, signs, 2 * PIECE, 1, right, 0)
    return hashed


@njit(nogil=True, cache=True)
def _put(hashed: np.ndarray, i: int, feature: int, signs: np.ndarray, a: int, of_a: int, b: int, of_b: int) -> None:
    """One feature: of_a signs from a on, and of_b from b on."""
    value = (OFFSET ^ np.uint64(feature + 1)) * PRIME
    for k in range(a, a + of_a):
        value = (value ^ signs[k]) * PRIME
    value = (value ^ np.uint64(0x10FFFF)) * PRIME
    for k in range(b, b + of_b):
        value = (value ^ signs[k]) * PRIME
    hashed[i, feature] = np.int64((value ^ (value >> np.uint64(29))) & MASK)


@njit(nogil=True, cache=True)
def _folded(sign: np.uint64) -> np.uint64:
    """Digits are one letter, Latin letters another, Hanja a third; Hangul and punctuation are themselves."""
    if 48 <= sign <= 57:
        return np.uint64(DIGIT)
    if 65 <= sign <= 90 or 97 <= sign <= 122:
        return np.uint64(LATIN)
    if 0x4E00 <= sign <= 0x9FFF:
        return np.uint64(HANJA)
    return np.uint64(sign)
