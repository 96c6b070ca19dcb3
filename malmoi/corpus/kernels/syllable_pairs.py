"""Which pairs of neighbouring syllables real text has: what OCR misreads makes pairs that no text has.

2,350 syllables (KS X 1001) are written every day; of their 5.5 million pairs some 200,000 stand in 64 million pairs of
statutes, film reviews, magazines of 1920 to 1942, a dictionary and documentation: benchmarks/misread_print.py.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from malmoi.corpus.kernels.characters import common_syllables
from malmoi.kit.hangul import FIRST_SYLLABLE, LAST_SYLLABLE

TABLE = Path(__file__).with_name("syllable_pairs.npz")
NUM_COMMON = 2350


@cache
def numbers() -> np.ndarray:
    """int16 by syllable: its number in KS X 1001, below 0 for the 8,822 others."""
    table = np.full(LAST_SYLLABLE - FIRST_SYLLABLE + 1, -1, np.int16)
    table[common_syllables() - FIRST_SYLLABLE] = np.arange(NUM_COMMON)
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
