"""Gradient-boosted trees for yes or no: their form and how rows are scored. learning/boosting.py grows them.

All trees have one depth and are stored as full trees, so that scoring needs no branch: the node after `node` is
2 * node + 1, or one more where the value is above the threshold.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64

EVER_LEFT = np.float32(np.inf)
"""The threshold of a node that does not split."""


class Trees(NamedTuple):
    """A sum of trees. column: int16 and threshold: float32, both (trees, inner nodes); leaf: float32 (trees, leaves).

    A row goes right where its column is above the threshold; the leaf that it reaches is added to its log odds.
    """

    column: np.ndarray
    threshold: np.ndarray
    leaf: np.ndarray


@njit(nogil=True, cache=True)
def log_odds(features: np.ndarray, column: np.ndarray, threshold: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    """float32 (rows,): the sum of the leaves that each row of features, float32 (rows, columns), reaches.

    Four rows go down a tree together: one row's next step waits for its last, four rows' steps do not for each other.
    Indices are unsigned: numba then leaves out the check for negative ones, which is twice as fast.
    """
    num_trees, inner = column.shape
    result = np.zeros(len(features), np.float32)
    last = len(features) - 1
    one, two, end = uint64(1), uint64(2), uint64(inner)
    for r in range(0, len(features), 4):
        row_0, row_1 = features[r], features[min(r + 1, last)]
        row_2, row_3 = features[min(r + 2, last)], features[min(r + 3, last)]
        sum_0 = sum_1 = sum_2 = sum_3 = np.float32(0)
        for t in range(num_trees):
            columns, thresholds, leaves = column[t], threshold[t], leaf[t]
            n_0 = n_1 = n_2 = n_3 = uint64(0)
            while n_0 < end:  # all leaves are equally deep
                n_0 = two * n_0 + one + uint64(row_0[uint64(columns[n_0])] > thresholds[n_0])
                n_1 = two * n_1 + one + uint64(row_1[uint64(columns[n_1])] > thresholds[n_1])
                n_2 = two * n_2 + one + uint64(row_2[uint64(columns[n_2])] > thresholds[n_2])
                n_3 = two * n_3 + one + uint64(row_3[uint64(columns[n_3])] > thresholds[n_3])
            sum_0 += leaves[n_0 - end]
            sum_1 += leaves[n_1 - end]
            sum_2 += leaves[n_2 - end]
            sum_3 += leaves[n_3 - end]
        result[r] = sum_0
        result[min(r + 1, last)] = sum_1
        result[min(r + 2, last)] = sum_2
        result[min(r + 3, last)] = sum_3
    return result
