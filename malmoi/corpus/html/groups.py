"""Numbering equal keys, compiled."""

import numpy as np
from numba import njit, uint64


@njit(nogil=True, cache=True)
def groups_of(keys: np.ndarray) -> tuple[np.ndarray, int]:
    """The number of each key's group, int64 (keys,), from 0 in the order of first sight; and how many groups there are.

    keys: uint64 (keys,); equal keys are one group. A hash table of open addressing, half full at most; the multiplier
    is 2^64 over the golden ratio (Knuth, volume 3, 6.4).
    """
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots = np.full(size, -1, np.int64)
    group = np.empty(len(keys), np.int64)
    count = 0
    for k in range(len(keys)):
        slot = (keys[k] * uint64(0x9E3779B97F4A7C15)) >> uint64(32)
        slot = slot & uint64(size - 1)
        while slots[slot] >= 0 and keys[slots[slot]] != keys[k]:
            slot = (slot + uint64(1)) & uint64(size - 1)
        if slots[slot] < 0:
            slots[slot] = k
            group[k] = count
            count += 1
        else:
            group[k] = group[slots[slot]]
    return group, count
