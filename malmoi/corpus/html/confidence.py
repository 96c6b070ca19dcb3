"""How sure the core region of a page is: the F1 that its text will probably have, from the chances of its blocks.

A linear function of what the chances themselves expect. learning/region_learner.py fits it on pages of sites that the
trees had not seen; rank correlation with the true F1 by site folds is in benchmarks/results.
"""

import numpy as np
from numba import njit

NAMES = ("expected_precision", "expected_recall", "unsure_blocks", "switches", "weight")
THRESHOLD = 0.5
"""Chance above which a block is chosen: what the loss of the learner aims at, not tuned on any page."""


def predicted_f1(weight: np.ndarray, chance: np.ndarray, fit: np.ndarray) -> float:
    """The F1 that the text of a page is predicted to have, 0..1; 0 for a page without blocks.

    weight, chance: float32 (blocks,). fit: float32 (1 + NAMES,), the constant and a factor for each of NAMES.
    """
    if not len(chance):
        return 0.0
    return min(1.0, max(0.0, float(fit[0] + confidence_features(weight, chance) @ fit[1:])))


@njit(nogil=True, cache=True)
def confidence_features(weight: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """float32 (NAMES,): what the chances expect of precision and recall, and how torn they are.

    unsure_blocks: the sum of the distance to certainty over the chosen blocks' number, logarithm. switches: changes
    between chosen and not along the page for each chosen block. weight: of what is chosen, logarithm.
    """
    chosen, hit, expected, unsure = 0.0, 0.0, 0.0, 0.0
    count, switches = 0, 0
    for b in range(len(chance)):
        is_chosen = chance[b] > THRESHOLD
        expected += weight[b] * chance[b]
        unsure += min(chance[b], 1 - chance[b])
        if is_chosen:
            chosen += weight[b]
            hit += weight[b] * chance[b]
            count += 1
        switches += b > 0 and is_chosen != (chance[b - 1] > THRESHOLD)
    result = np.empty(5, np.float32)
    result[0] = hit / max(1.0, chosen)
    result[1] = hit / max(1.0, expected)
    result[2] = np.log(0.02 + unsure / max(1, count))
    result[3] = min(1.0, switches / max(1, count))
    result[4] = np.log(1.0 + chosen)
    return result
