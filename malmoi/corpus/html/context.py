"""What the second set of trees is told besides: the first set's judgement of the blocks around a block.

A page is laid out in runs: the neighbours in reading order, the blocks of the same style and the blocks of the same
container mostly share their fate, and the first judgement of all of them says more than that of one.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.scan import ELEMENT, PARENT, Scanned

REACH = 4
"""Blocks to each side whose own probability is a column."""
WINDOWS = (2, 5, 10, 30)
"""Blocks to each side over which the probability is averaged by weight."""
CONTAINERS = 4
"""The element of a block and those above it over which it is averaged."""
SURE, SURE_WEIGHT = 0.7, 40.0
"""A block of such probability and weight is text; the first and the last of them bound the region."""
FAR = 99.0
"""The distance from them where there are none."""
NAMES = (
    ["chance"]
    + [f"chance_{offset:+d}" for offset in range(-REACH, REACH + 1) if offset]
    + [f"chance_within_{window}" for window in WINDOWS]
    + ["chance_of_style"]
    + [f"chance_in_{level}" for level in range(CONTAINERS)]
    + ["text_so_far", "text_expected", "since_first_sure", "until_last_sure", "best_chance"]
)
NUM_COLUMNS = len(NAMES)


def context_features(scanned: Scanned, weight: np.ndarray, style: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """float32 (blocks, len(NAMES)): the columns that the second trees see besides those of block_features.py.

    weight: float32 (blocks,). style: int64 (blocks,), of `block_features`. chance: float32 (blocks,), what the first
    trees say, 0..1. Measured: with these columns F1 .9653 and .9644, without .9615 and .9605 (November 2026, the two
    sets of benchmarks/core_region.py).
    """
    if not len(chance):
        return np.empty((0, len(NAMES)), np.float32)
    return _context(scanned.elements, scanned.blocks, weight.astype(np.float64), style, chance.astype(np.float64))


@njit(nogil=True, cache=True)
def _context(
    elements: np.ndarray, blocks: np.ndarray, weight: np.ndarray, style: np.ndarray, chance: np.ndarray
) -> np.ndarray:
    """As `context_features`, for at least one block, with weight and chance as float64."""
    context = np.empty((len(chance), NUM_COLUMNS), np.float32)
    n = len(chance)
    weights, expected = np.zeros(n + 1), np.zeros(n + 1)
    style_sums = np.zeros((style.max() + 1, 2))
    sums = np.zeros((len(elements), 2))
    first_sure, last_sure, best = -1, -1, 0.0
    for b in range(n):
        mass = chance[b] * weight[b]
        weights[b + 1] = weights[b] + weight[b]
        expected[b + 1] = expected[b] + mass
        style_sums[style[b], 0] += weight[b]
        style_sums[style[b], 1] += mass
        sums[blocks[b, ELEMENT], 0] += weight[b]
        sums[blocks[b, ELEMENT], 1] += mass
        best = max(best, chance[b])
        if chance[b] > SURE and weight[b] > SURE_WEIGHT:
            last_sure = b
            if first_sure < 0:
                first_sure = b
    for e in range(len(elements) - 1, 0, -1):
        sums[elements[e, PARENT], 0] += sums[e, 0]
        sums[elements[e, PARENT], 1] += sums[e, 1]
    for b in range(n):
        row = context[b]
        row[0] = chance[b]
        c = 1
        for offset in range(-REACH, REACH + 1):
            if offset != 0:
                other = b + offset
                row[c] = chance[other] if 0 <= other < n else -1.0
                c += 1
        for window in WINDOWS:
            low, high = max(0, b - window), min(n, b + window + 1)
            row[c] = (expected[high] - expected[low]) / max(1.0, weights[high] - weights[low])
            c += 1
        row[c] = style_sums[style[b], 1] / max(1.0, style_sums[style[b], 0])
        c += 1
        e = blocks[b, ELEMENT]
        for _ in range(CONTAINERS):
            row[c] = sums[e, 1] / max(1.0, sums[e, 0])
            c += 1
            e = max(0, elements[e, PARENT])
        row[c] = expected[b + 1] / max(1.0, expected[n])
        row[c + 1] = expected[n]
        row[c + 2] = b - first_sure if first_sure >= 0 else -FAR
        row[c + 3] = last_sure - b if first_sure >= 0 else -FAR
        row[c + 4] = best
    return context
