"""SipHash-2-4 over arrays of numbers: who has no key can neither compute such a hash nor test a guess by it."""

from typing import Any

import numpy as np
from numba import njit, uint64

_V0, _V1, _V2, _V3 = (
    np.uint64(value) for value in (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
)
"""The constants of SipHash (Aumasson and Bernstein 2012)."""
KEY_BYTES = 16


def siphash(values: np.ndarray, key: bytes) -> np.ndarray:
    """SipHash-2-4 of each number as 8 bytes, little-endian. values: uint64 of any shape; key: 16 bytes."""
    first, second = np.frombuffer(key, "<u8", 2)
    flat = np.ascontiguousarray(values, np.uint64).ravel()
    return _siphash(flat, first, second).reshape(values.shape)


@njit(inline="always")
def _turned(value: Any, bits: Any) -> Any:  # pragma: no cover (compiled)
    """uint64 `value` rotated to the left."""
    return (value << uint64(bits)) | (value >> uint64(64 - bits))


@njit(inline="always")
def _round(v0: Any, v1: Any, v2: Any, v3: Any) -> Any:  # pragma: no cover (compiled)
    """One SipRound."""
    v0 += v1
    v2 += v3
    v1 = _turned(v1, 13) ^ v0
    v3 = _turned(v3, 16) ^ v2
    v0 = _turned(v0, 32)
    v2 += v1
    v0 += v3
    v1 = _turned(v1, 17) ^ v2
    v3 = _turned(v3, 21) ^ v0
    return v0, v1, _turned(v2, 32), v3


@njit(nogil=True, cache=True)
def _siphash(values: Any, first: Any, second: Any) -> Any:
    """values: uint64 (n,). first, second: the key as two uint64. Returns uint64 (n,)."""
    hashes = np.empty_like(values)
    length = uint64(8) << uint64(56)
    for k in range(len(values)):
        v0, v1, v2, v3 = _V0 ^ first, _V1 ^ second, _V2 ^ first, _V3 ^ second
        for block in (values[k], length):
            v3 ^= block
            for _ in range(2):
                v0, v1, v2, v3 = _round(v0, v1, v2, v3)
            v0 ^= block
        v2 ^= uint64(0xFF)
        for _ in range(4):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        hashes[k] = v0 ^ v1 ^ v2 ^ v3
    return hashes


@njit(nogil=True, cache=True)
def nearest(sketches: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each sketch the target that it is most like: their similarity (float64) and the target's number (int64).

    sketches: uint8 (documents, bins). targets: uint8 (targets, bins). The estimate is that of signatures.similarity.
    """
    best, which = np.zeros(len(sketches)), np.zeros(len(sketches), np.int64)
    bins = sketches.shape[1]
    for d in range(len(sketches)):
        for t in range(len(targets)):
            equal = 0
            for k in range(bins):
                equal += sketches[d, k] == targets[t, k]
            alike = (equal / bins - 1 / 256) / (1 - 1 / 256)
            if alike > best[d]:
                best[d], which[d] = alike, t
    return best, which
