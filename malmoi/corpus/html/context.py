"""What the second set of trees is told besides: the first set's judgement of the blocks around a block.

A page is laid out in runs: the neighbours in reading order, the blocks of the same style and the blocks of the same
container mostly share their fate, and the first judgement of all of them says more than that of one. A heading belongs
to what follows it; the page's text is mostly one container and one run, which are looked for here.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.scan import DEPTH, ELEMENT, PARENT, Scanned

REACH = 4
"""Blocks to each side whose own probability is a column."""
WINDOWS = (2, 5, 10, 30)
"""Blocks to each side over which the probability is averaged by weight."""
CONTAINERS = 6
"""The element of a block and those above it over which it is averaged."""
SURE, SURE_WEIGHT = 0.7, 40.0
"""A block of such probability and weight is text; the first and the last of them bound the region."""
FAR = 99.0
"""The distance from them where there are none."""
SECTION = 40
"""A heading's section ends at the next heading of its level or above, after so many blocks at the latest."""
NAMES = (
    ["chance"]
    + [f"chance_{offset:+d}" for offset in range(-REACH, REACH + 1) if offset]
    + [f"chance_within_{window}" for window in WINDOWS]
    + ["chance_of_style"]
    + [f"chance_in_{level}" for level in range(CONTAINERS)]
    + ["text_so_far", "text_expected", "since_first_sure", "until_last_sure", "best_chance"]
    + ["chance_of_section", "chance_of_heading", "chance_of_section_around"]
    + ["in_region", "region_gap", "region_share", "in_run", "before_run", "after_run", "run_share"]
)
NUM_COLUMNS = len(NAMES)
FIRST_SECTION = NAMES.index("chance_of_section")
WEIGHT, LEVEL = COLUMN["weight"], COLUMN["level"]


def context_features(scanned: Scanned, features: np.ndarray, style: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """float32 (blocks, len(NAMES)): the columns that the second trees see besides those of block_features.py.

    features: float32 (blocks, columns) and style: int64 (blocks,), of `block_features`. chance: float32 (blocks,), what
    the first trees say, 0..1.
    """
    context = np.empty((len(chance), NUM_COLUMNS), np.float32)
    if len(chance):
        weight, chance = features[:, WEIGHT].astype(np.float64), chance.astype(np.float64)
        _around(scanned.elements, scanned.blocks, weight, style, chance, context)
        _sections(features[:, LEVEL], weight, chance, context[:, FIRST_SECTION:])
        excess = weight**0.5 * (chance - 0.5)
        _region(scanned.elements, scanned.blocks, excess, context[:, FIRST_SECTION + 3 :])
        _run(excess, context[:, FIRST_SECTION + 6 :])
    return context


@njit(nogil=True, cache=True)
def _around(
    elements: np.ndarray,
    blocks: np.ndarray,
    weight: np.ndarray,
    style: np.ndarray,
    chance: np.ndarray,
    context: np.ndarray,
) -> None:
    """The columns before FIRST_SECTION, for at least one block. weight, chance: float64 (blocks,)."""
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


@njit(nogil=True, cache=True)
def _sections(level: np.ndarray, weight: np.ndarray, chance: np.ndarray, columns: np.ndarray) -> None:
    """What a heading belongs to: the mean chance of its section; of any other block, of its heading and section.

    level: float32 (blocks,), of a heading 1 to 6, 0 for other blocks. columns: float32 (blocks, from FIRST_SECTION on).
    """
    n = len(level)
    heading = -1
    for b in range(n):
        if level[b] > 0:
            total, mass = 0.0, 0.0
            other = b + 1
            while other < n and other <= b + SECTION and not 0 < level[other] <= level[b]:
                total += weight[other]
                mass += weight[other] * chance[other]
                other += 1
            columns[b, 0] = mass / total if total > 0 else -1.0
            columns[b, 1] = chance[heading] if heading >= 0 else -1.0
            columns[b, 2] = columns[heading, 0] if heading >= 0 else -1.0
            heading = b
        else:
            columns[b, 0] = -1.0
            columns[b, 1] = chance[heading] if heading >= 0 else -1.0
            columns[b, 2] = columns[heading, 0] if heading >= 0 else -1.0


@njit(nogil=True, cache=True)
def _region(elements: np.ndarray, blocks: np.ndarray, excess: np.ndarray, columns: np.ndarray) -> None:
    """Where a block stands to the container with most text and least else: it is inside, or how far above they meet.

    excess: float64 (blocks,), positive where a block is rather text; a container is worth their sum.
    """
    sums = np.zeros(len(elements))
    total = 0.0
    for b in range(len(excess)):
        sums[blocks[b, ELEMENT]] += excess[b]
        total += max(0.0, excess[b])
    best = 0
    for e in range(len(elements) - 1, 0, -1):
        sums[elements[e, PARENT]] += sums[e]
        if sums[e] > sums[best] or best == 0:
            best = e
    if sums[0] > sums[best]:
        best = 0
    meeting = np.full(len(elements), -1, np.int64)  # depth of the innermost element around both
    e = best
    while e >= 0:
        meeting[e] = elements[e, DEPTH]
        e = elements[e, PARENT]
    inside = np.zeros(len(elements), np.bool_)
    inside[best] = True
    for e in range(1, len(elements)):
        parent = elements[e, PARENT]
        inside[e] = inside[e] or inside[parent]
        if meeting[e] < 0:
            meeting[e] = meeting[parent]
    for b in range(len(excess)):
        e = blocks[b, ELEMENT]
        columns[b, 0] = inside[e]
        columns[b, 1] = elements[best, DEPTH] - meeting[e]
        columns[b, 2] = sums[best] / max(1.0, total)


@njit(nogil=True, cache=True)
def _run(excess: np.ndarray, columns: np.ndarray) -> None:
    """Where a block stands to the run of blocks with the greatest sum of excess (Kadane's algorithm)."""
    first, last, best = 0, -1, 0.0
    start, running, total = 0, 0.0, 0.0
    for b in range(len(excess)):
        total += max(0.0, excess[b])
        if running <= 0:
            start, running = b, 0.0
        running += excess[b]
        if running > best:
            first, last, best = start, b, running
    for b in range(len(excess)):
        columns[b, 0] = first <= b <= last
        columns[b, 1] = max(0, first - b) if last >= 0 else -1
        columns[b, 2] = max(0, b - last) if last >= 0 else -1
        columns[b, 3] = best / max(1.0, total)
