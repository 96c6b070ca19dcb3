"""Which pairs of neighbouring syllables real text has: what OCR misreads makes pairs that no text has.

2,350 syllables (KS X 1001) are written every day; of their 5.5 million pairs some 200,000 stand in 64 million pairs of
statutes, film reviews, magazines of 1920 to 1942, a dictionary and documentation. Learnt by `learn`.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from malmoi.kit.hangul import FIRST_SYLLABLE, LAST_SYLLABLE

TABLE = Path(__file__).with_name("syllable_pairs.npz")
LEAST_TIMES = 2
"""A pair that comes once in all of what is learnt from is often a slip of the pen."""
NUM_COMMON = 2350


@cache
def numbers() -> np.ndarray:
    """int16 by syllable: its number in KS X 1001, below 0 for the 8,822 others."""
    rows = [bytes((lead, trail)) for lead in range(0xB0, 0xC9) for trail in range(0xA1, 0xFF)]
    table = np.full(LAST_SYLLABLE - FIRST_SYLLABLE + 1, -1, np.int16)
    table[[ord(row.decode("euc_kr")) - FIRST_SYLLABLE for row in rows]] = np.arange(NUM_COMMON)
    return table


@cache
def tables() -> tuple[np.ndarray, np.ndarray]:
    """`numbers`, and uint8 of a bit for each pair of numbers, left times NUM_COMMON plus right, the low bit first."""
    with np.load(TABLE, allow_pickle=False) as stored:
        return numbers(), stored["bits"]


@njit(inline="always")
def is_seen(left: Any, right: Any, by_syllable: Any, bits: Any) -> Any:  # pragma: no cover (compiled)
    """Whether text has the two syllables side by side. left, right: uint32 code points. Tables: as `tables` gives."""
    one = np.int64(by_syllable[np.int64(left) - FIRST_SYLLABLE])
    other = np.int64(by_syllable[np.int64(right) - FIRST_SYLLABLE])
    if one < 0 or other < 0:
        return False
    pair = one * NUM_COMMON + other
    return (bits[pair >> 3] >> (pair & 7)) & 1 != 0


def learn(texts: Iterable[str], least_times: int = LEAST_TIMES) -> np.ndarray:
    """The bits of `tables`: the pairs that stand in the texts so often."""
    counts = np.zeros(NUM_COMMON * NUM_COMMON, np.int64)
    for text in texts:
        codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.int64) - FIRST_SYLLABLE
        is_syllable = (codes >= 0) & (codes <= LAST_SYLLABLE - FIRST_SYLLABLE)
        found = np.where(is_syllable, numbers()[np.where(is_syllable, codes, 0)], -1).astype(np.int64)
        left, right = found[:-1], found[1:]
        both = (left >= 0) & (right >= 0)
        counts += np.bincount(left[both] * NUM_COMMON + right[both], minlength=len(counts))
    return np.packbits(counts >= least_times, bitorder="little")


def save(bits: np.ndarray, path: Path = TABLE) -> None:
    """Writes the bits; the same bytes for the same bits."""
    np.savez_compressed(path, bits=bits)
