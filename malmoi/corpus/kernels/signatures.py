"""Signatures of texts for finding copies: one-permutation MinHash over character 5-grams, and an exact fingerprint.

Signature: every shingle falls into one of K bins by its high hash bits and the bin keeps its smallest low bits; bins
that stay empty copy another by optimal densification (Shrivastava, ICML 2017). The share of equal bins estimates the
Jaccard similarity J of two texts' shingle sets. Bands of r bins meet by chance 1 - (1 - J^r)^b.
Measured on Korean text: 161 MB/s on one core where 112 separate permutations do 45 (references/curation.md 3a).
"""

from typing import Any

import numpy as np
from numba import njit, uint32, uint64

from malmoi.corpus.kernels.characters import IS_WORD, NEWLINE, SPACE, class_of, class_table, code_point, mix

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
OTHER = np.uint64(0xD1B54A32D192ED03)


def sign(data: np.ndarray, offsets: np.ndarray, shingle: int, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signatures (uint64, texts x bins), fingerprints (uint64, texts x 2) and numbers of shingles (int32) of texts.

    Shingles are of `shingle` letters or digits, ASCII in lower case, all else left out. The fingerprint is of the text
    without white space. A text with fewer letters than `shingle` has one shingle; without any, its signature is EMPTY.
    """
    texts = len(offsets) - 1
    signatures = np.full((texts, bins), EMPTY, np.uint64)
    fingerprints = np.zeros((texts, 2), np.uint64)
    shingles = np.zeros(texts, np.int32)
    _sign_all(data, offsets, shingle, class_table(), IS_WORD, signatures, fingerprints, shingles)
    return signatures, fingerprints, shingles


def band_keys(signatures: np.ndarray, bands: int) -> np.ndarray:
    """One uint64 key for each text and band: texts that share any key are candidates. Needs bins % bands == 0."""
    keys = np.empty((len(signatures), bands), np.uint64)
    _band_keys(signatures, bands, signatures.shape[1] // bands, keys)
    return keys


def sketches(signatures: np.ndarray) -> np.ndarray:
    """The low byte of every bin (uint8, texts x bins): enough to estimate J, at an eighth of the size."""
    return (signatures & np.uint64(255)).astype(np.uint8)


@njit(inline="always")
def similarity(left: np.ndarray, right: np.ndarray) -> float:  # pragma: no cover (compiled)
    """Estimated Jaccard similarity of two sketches, freed of the 1/256 that agree by chance (b-bit minwise hashing)."""
    equal = 0
    for k in range(len(left)):
        equal += left[k] == right[k]
    return (equal / len(left) - 1 / 256) / (1 - 1 / 256)


@njit(nogil=True, cache=True)
def _sign_all(
    data: Any, offsets: Any, shingle: Any, table: Any, is_word: Any, signatures: Any, fingerprints: Any, shingles: Any
) -> None:
    ring = np.zeros(shingle, np.uint64)
    for d in range(len(offsets) - 1):
        shingles[d] = _sign(data, offsets[d], offsets[d + 1], table, is_word, ring, signatures[d], fingerprints[d])
        _densify(signatures[d])


@njit(nogil=True, cache=True)
def _sign(data: Any, start: Any, stop: Any, table: Any, is_word: Any, ring: Any, bins: Any, fingerprint: Any) -> Any:
    """Fills one text's `bins` and `fingerprint`; returns its number of shingles."""
    num_bins, size = uint64(len(bins)), len(ring)
    out_factor = uint64(1)
    for _ in range(size):
        out_factor *= GOLDEN
    rolling, first, second = uint64(0), uint64(1), uint64(2)
    letters, slot, at = 0, 0, start
    while at < stop:
        code, width = code_point(data, at, uint32(data[at]))
        at += width
        kind = class_of(table, code)
        if kind in (SPACE, NEWLINE):
            continue
        letter = uint64(code)
        first = (first ^ letter) * GOLDEN
        first ^= first >> uint64(32)
        second = (second + letter) * OTHER
        second ^= second >> uint64(29)
        if not is_word[kind]:
            continue
        if uint64(65) <= letter <= uint64(90):
            letter += uint64(32)
        letter += uint64(1)
        rolling = rolling * GOLDEN + letter
        if letters >= size:
            rolling -= ring[slot] * out_factor
        ring[slot] = letter
        slot = slot + 1 if slot + 1 < size else 0
        letters += 1
        if letters >= size:
            _put(bins, num_bins, mix(rolling))
    if 0 < letters < size:
        _put(bins, num_bins, mix(rolling))
    fingerprint[0], fingerprint[1] = mix(first), mix(second)
    return max(letters - size + 1, min(letters, 1))


@njit(inline="always")
def _put(bins: Any, num_bins: Any, value: Any) -> None:  # pragma: no cover (compiled)
    place = ((value >> uint64(32)) * num_bins) >> uint64(32)
    low = value & uint64(0xFFFFFFFF)
    if low < bins[place]:
        bins[place] = low


@njit(nogil=True, cache=True)
def _densify(bins: Any) -> None:
    filled = 0
    for k in range(len(bins)):
        filled += bins[k] != EMPTY
    if filled == 0 or filled == len(bins):
        return
    source = bins.copy()
    for k in range(len(bins)):
        attempt = uint64(0)
        while bins[k] == EMPTY:
            attempt += uint64(1)
            donor = mix(uint64(k) * GOLDEN + attempt) % uint64(len(bins))
            if source[donor] != EMPTY:
                bins[k] = mix(source[donor] + uint64(k))


@njit(nogil=True, cache=True)
def _band_keys(signatures: Any, bands: Any, rows: Any, keys: Any) -> None:
    for d in range(len(signatures)):
        for b in range(bands):
            key = uint64(b) * GOLDEN
            for r in range(rows):
                key = mix(key ^ signatures[d, b * rows + r]) + GOLDEN
            keys[d, b] = key
