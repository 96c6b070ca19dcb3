"""Signatures of texts for finding copies: one-permutation MinHash over character 5-grams, and an exact fingerprint.

Signature: every shingle falls into one of K bins by its high hash bits and the bin keeps its smallest low bits; bins
that stay empty copy another by optimal densification (Shrivastava, ICML 2017). The share of equal bins estimates the
Jaccard similarity J of two texts' shingle sets. Bands of r bins meet by chance 1 - (1 - J^r)^b.

Texts are read span by span (kernels/letters.py); all hashes of a span are made in loops that the compiler turns into
vectors, and only what fills the bins goes shingle by shingle. Speed: benchmarks/near_duplicates.py.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import int64, njit, uint64

from malmoi.corpus.kernels.characters import GOLDEN, mix
from malmoi.corpus.kernels.letters import (
    OTHER,
    carry,
    copy_span,
    finish,
    flag_table,
    fold,
    read_code_points,
    sort_out,
    span_arrays,
)

EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
"""A bin without a shingle. Contents are below 2^32, so none is taken for it."""
LONGEST_SHINGLE = 100
"""Characters; the arrays of a span have room for what is carried over from the span before."""


@cache
def donor_table(bins: int) -> np.ndarray:
    """uint16, bins x bins: for each bin, in which order it asks the others for their content when it is empty."""
    return np.array([np.random.default_rng(k).permutation(bins) for k in range(bins)], np.uint16)


def sign(data: np.ndarray, offsets: np.ndarray, shingle: int, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signatures (uint64, texts x bins), fingerprints (uint64, texts x 2) and numbers of shingles (int32) of texts.

    Shingles are of `shingle` letters or digits, ASCII in lower case, all else left out. The fingerprint is of the text
    without white space. A text with fewer letters than `shingle` has one shingle; without any, its signature is EMPTY.

    data: uint8 (bytes,). offsets: int64 (texts + 1,).
    """
    assert 1 <= shingle <= LONGEST_SHINGLE, shingle
    texts = len(offsets) - 1
    signatures = np.full((texts, bins), EMPTY, np.uint64)
    fingerprints = np.zeros((texts, 2), np.uint64)
    shingles = np.zeros(texts, np.int32)
    _sign_all(data, offsets, shingle, (flag_table(), donor_table(bins)), signatures, fingerprints, shingles)
    return signatures, fingerprints, shingles


def sketches(signatures: np.ndarray) -> np.ndarray:
    """The low byte of every bin (uint8, texts x bins): enough to estimate J, at an eighth of the size."""
    return signatures.astype(np.uint8)


@njit(inline="always")
def similarity(left: np.ndarray, right: np.ndarray) -> float:  # pragma: no cover (compiled)
    """Estimated Jaccard similarity of two sketches, freed of the 1/256 that agree by chance (b-bit minwise hashing).

    left, right: uint8 (bins,). The correction is that of b-bit minwise hashing with b = 8 (Li and König 2010): unequal
    bins agree in their low byte once in 256 times.
    """
    equal = 0
    for k in range(len(left)):
        equal += left[k] == right[k]
    return (equal / len(left) - 1 / 256) / (1 - 1 / 256)


@njit(nogil=True, cache=True)
def _sign_all(
    data: Any, offsets: Any, shingle: Any, tables: Any, signatures: Any, fingerprints: Any, shingles: Any
) -> None:
    """Fills signatures (uint64, texts x bins), fingerprints (uint64, texts x 2) and shingles (int32, texts). data:
    uint8 (bytes,). offsets: int64 (texts + 1,). tables: flags (uint8) and donors (uint16, bins x bins). A shingle
    that crosses two spans is seen once: the last letters of a span are carried over.
    """
    flags, donors = tables
    piece, codes, places, visible, letters = span_arrays(LONGEST_SHINGLE)
    hashes = np.empty(len(letters), np.uint64)
    filled = np.empty(signatures.shape[1], np.bool_)
    for d in range(len(offsets) - 1):
        at, count = offsets[d], 0
        num_visible, num_letters = 0, 0  # carried over from the span before
        fingerprint, bins = fingerprints[d], signatures[d]
        fingerprint[0], fingerprint[1] = uint64(1), uint64(2)
        while at < offsets[d + 1]:
            length = copy_span(data, at, offsets[d + 1], piece)
            at += length
            read_code_points(piece, length, codes, places)
            num_visible, num_letters = sort_out(
                codes, places, length, flags, visible, num_visible, letters, num_letters
            )
            num_visible = fold(visible, num_visible, fingerprint)
            count += _fill(bins, hashes, _hash_shingles(letters, num_letters, shingle, hashes))
            num_letters = carry(letters, num_letters, shingle - 1)
        if count == 0 and num_letters > 0:
            count = _fill(bins, hashes, _hash_shingles(letters, num_letters, num_letters, hashes))
        finish(visible, num_visible, fingerprint)
        _densify(bins, donors, filled)
        shingles[d] = count


@njit(nogil=True, cache=True)
def _hash_shingles(letters: Any, count: Any, size: Any, hashes: Any) -> Any:
    """A hash for every `size` letters in a row; returns how many. Letter by letter over all: the compiler's vectors.

    letters: uint32, `count` of them. hashes: uint64, filled.
    """
    shingles = max(count - size + 1, 0)
    for k in range(shingles):
        hashes[k] = uint64(letters[k]) + uint64(1)
    for letter in range(1, size):
        for k in range(shingles):
            hashes[k] = hashes[k] * GOLDEN + uint64(letters[k + letter])
    for k in range(shingles):
        value = hashes[k] ^ (hashes[k] >> uint64(32))
        value *= OTHER
        hashes[k] = value ^ (value >> uint64(32))
    return shingles


@njit(nogil=True, cache=True)
def _fill(bins: Any, hashes: Any, count: Any) -> Any:
    """Puts hashes into bins and returns `count`. The high 32 bits choose the bin by multiplication (Lemire 2019), the
    low 32 bits are its content, the smallest one stays. bins: uint64 (bins,). hashes: uint64.
    """
    num_bins = uint64(len(bins))
    for k in range(count):
        bin_number = ((hashes[k] >> uint64(32)) * num_bins) >> uint64(32)
        low = hashes[k] & uint64(0xFFFFFFFF)
        if low < bins[bin_number]:
            bins[bin_number] = low
    return count


@njit(nogil=True, cache=True)
def _densify(bins: Any, donors: Any, filled: Any) -> None:
    """Gives every empty bin the content of the first filled one in its own row of `donors`.

    bins: uint64 (bins,), changed. donors: uint16 (bins, bins). filled: bool (bins,), room to work in.
    """
    num_filled = 0
    for k in range(len(bins)):
        filled[k] = bins[k] != EMPTY
        num_filled += filled[k]
    if num_filled == 0 or num_filled == len(bins):
        return
    for k in range(len(bins)):
        attempt = 0
        donor = int64(k)
        while not filled[donor]:
            donor = int64(donors[k, attempt])
            attempt += 1
        if donor != k:
            bins[k] = mix(bins[donor] + uint64(k))


@njit(nogil=True, cache=True)
def band_keys(signatures: np.ndarray, bands: int) -> np.ndarray:
    """One uint64 key for each text and band: texts that share any key are candidates. Needs bins % bands == 0.

    signatures: uint64 (texts, bins). Returns uint64 (texts, bands). Band b of `rows` bins is bins b x rows to
    (b + 1) x rows - 1.
    """
    rows = signatures.shape[1] // bands
    keys = np.empty((len(signatures), bands), np.uint64)
    # Bands in the inner loop: one text's keys do not wait for each other.
    for d in range(len(signatures)):
        for b in range(bands):
            keys[d, b] = uint64(b) * GOLDEN
        for r in range(rows):
            for b in range(bands):
                keys[d, b] = mix(keys[d, b] ^ signatures[d, b * rows + r]) + GOLDEN
    return keys
