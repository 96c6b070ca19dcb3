"""Which of many known n-grams stand in a text: one pass, two looks into a table of bits for each place.

A text is a row of tokens: its letters and digits (ASCII in lower case), or its words (a hash of the letters of each).
Hashes of windows of any length come from one row of prefix hashes. An item shorter than n tokens is known by its first
`seed` tokens, and where those stand it is compared as a whole.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint8, uint32, uint64

from malmoi.corpus.kernels.characters import GOLDEN, code_point, mix
from malmoi.corpus.kernels.letters import (
    LETTER,
    OTHER,
    SPAN_BYTES,
    UPPER,
    VISIBLE,
    flag_place,
    flag_table,
    read_letters,
    span_arrays,
)

SPAN_TOKENS = 8192
"""Tokens read at a time. Their two rows of hashes take 128 kB, which a second-level cache holds."""
BITS_FOR_EACH = 16
"""Bits of the table for each n-gram, which sets three in one word (a blocked Bloom filter): about one look in 200 at
unknown text goes on to the search, which takes some 100 ns."""


class Known(NamedTuple):
    """What is looked for. Hashes are uint64, numbers int64.

    n, seed: lengths in tokens. grams: sorted hashes of whole windows of n. seeds: sorted hashes of the first tokens of
    short items, lengths and wholes beside them. bits: the table, of a power of two of words. A find is the number of a
    gram, or of a short item after all grams.
    """

    by_words: bool
    n: int
    seed: int
    grams: np.ndarray
    seeds: np.ndarray
    lengths: np.ndarray
    wholes: np.ndarray
    bits: np.ndarray


def windows(
    data: np.ndarray, offsets: np.ndarray, by_words: bool, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The n-grams of texts to know: text (int64), length (int64), hash and seed (uint64) of each.

    A text of fewer than n tokens gives one, itself; one of fewer than `seed` gives none.

    data: uint8 (bytes,). offsets: int64 (texts + 1,).
    """
    most = int(offsets[-1] - offsets[0])
    columns = tuple(np.empty(most, kind) for kind in (np.int64, np.int64, np.uint64, np.uint64))
    prefixes = np.zeros(int(np.diff(offsets).max(initial=0)) + SPAN_BYTES + 1, np.uint64)
    count = _windows(data, offsets, by_words, n, seed, flag_table(), prefixes, columns)
    text, length, hashes, seeds = (values[:count].copy() for values in columns)
    return text, length, hashes, seeds


def known(by_words: bool, n: int, seed: int, length: np.ndarray, hashes: np.ndarray, seeds: np.ndarray) -> Known:
    """A table of different n-grams, in the order in which finds are numbered (see `order`)."""
    short = length < n
    bits = np.zeros(1 << int(np.ceil(np.log2(max(64, len(hashes) * BITS_FOR_EACH) / 64))), np.uint64)
    table = Known(by_words, n, seed, hashes[~short], seeds[short], length[short], hashes[short], bits)
    _set_bits(table.grams, bits)
    _set_bits(table.seeds, bits)
    return table


def order(n: int, length: np.ndarray, hashes: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The order in which `known` wants n-grams: whole windows by hash, then short items by seed."""
    short = length < n
    return np.lexsort((hashes, np.where(short, seeds, hashes), short))


def find(data: np.ndarray, offsets: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
    """Where what is known stands: text and number of each find (int64), one row for each place.

    data: uint8 (bytes,). offsets: int64 (texts + 1,).
    """
    room = 1024
    while True:
        texts, numbers = np.empty(room, np.int64), np.empty(room, np.int64)
        count = _find(data, offsets, known, flag_table(), texts, numbers)
        if count <= room:
            return texts[:count], numbers[:count]
        room = count


@njit(nogil=True, cache=True)
def _find(data: Any, offsets: Any, known: Any, flags: Any, texts: Any, numbers: Any) -> Any:
    """Fills texts and numbers (int64) as far as they have room; returns how many finds there are. data: uint8 (bytes,).
    offsets: int64 (texts + 1,). flags: uint8 (PLANE + 2,). Tokens are read SPAN_TOKENS at a time; those at the end
    of a span are carried to the next, so that no window is missed or seen twice.
    """
    n, seed, count = known.n, known.seed, 0
    prefixes = np.zeros(SPAN_TOKENS + SPAN_BYTES + n + 1, np.uint64)
    values, arrays = np.empty(len(prefixes), np.uint64), span_arrays(0)
    for d in range(len(offsets) - 1):
        at, stop, tokens = offsets[d], offsets[d + 1], 0
        while at < stop:
            at, tokens = _read(data, at, stop, known.by_words, flags, arrays, prefixes, tokens)
            _hash_windows(prefixes, tokens, n, values)
            for index in range(tokens - n + 1):
                if _has_bits(known.bits, values[index]):
                    count = _whole(known, values[index], d, texts, numbers, count)
            # Others than at the end of a text wait for what follows them.
            places = max(tokens - seed + 1 if at >= stop else tokens - n + 1, 0)
            if len(known.seeds):
                _hash_windows(prefixes, places + seed - 1, seed, values)
                for index in range(places):
                    if _has_bits(known.bits, values[index]):
                        count = _short(known, values[index], prefixes, index, tokens, (texts, numbers, count, d))
            tokens = _carry(prefixes, tokens, places)
    return count


@njit(nogil=True, cache=True)
def _hash_windows(prefixes: Any, tokens: Any, size: Any, values: Any) -> None:
    """The hash of every `size` tokens in a row. No branches: the compiler makes vectors.

    prefixes, values: uint64. tokens, size: int64. The hash of tokens i to j is prefix[j] - prefix[i] x GOLDEN^(j - i),
    a polynomial hash in 64 bits (Karp and Rabin 1987).
    """
    power = _power(size)
    for index in range(tokens - size + 1):
        values[index] = _scramble(prefixes[index + size] - prefixes[index] * power)


@njit(nogil=True, cache=True)
def _whole(known: Any, value: Any, text: Any, texts: Any, numbers: Any, count: Any) -> Any:
    """Notes a whole window of n tokens where its hash is known; returns the number of finds. value: uint64. texts,
    numbers: int64.
    """
    gram = np.searchsorted(known.grams, value)
    if gram < len(known.grams) and known.grams[gram] == value:
        if count < len(texts):
            texts[count], numbers[count] = text, gram
        count += 1
    return count


@njit(nogil=True, cache=True)
def _short(known: Any, value: Any, prefixes: Any, place: Any, tokens: Any, into: Any) -> Any:
    """Notes the short items whose first tokens hash to `value`, where the whole item stands at `place`; returns the
    number of finds. prefixes: uint64. into: texts and numbers (int64), the finds so far, the text.
    """
    texts, numbers, count, text = into
    number = np.searchsorted(known.seeds, value)
    while number < len(known.seeds) and known.seeds[number] == value:
        end = place + known.lengths[number]
        if end <= tokens:
            whole = _scramble(prefixes[end] - prefixes[place] * _power(known.lengths[number]))
            if whole == known.wholes[number]:
                if count < len(texts):
                    texts[count], numbers[count] = text, len(known.grams) + number
                count += 1
        number += 1
    return count


@njit(nogil=True, cache=True)
def _windows(data: Any, offsets: Any, by_words: Any, n: Any, seed: Any, flags: Any, prefixes: Any, found: Any) -> Any:
    """Fills `found` (text and length int64, hash and seed uint64); returns how many n-grams. prefixes: uint64, room for
    the longest text. found: four arrays as long as there are bytes.
    """
    text, length, hashes, seeds = found
    count, arrays = 0, span_arrays(0)
    for d in range(len(offsets) - 1):
        at, tokens = offsets[d], 0
        while at < offsets[d + 1]:
            at, tokens = _read(data, at, offsets[d + 1], by_words, flags, arrays, prefixes, tokens)
        if tokens < seed:
            continue
        size = min(tokens, n)
        for index in range(tokens - size + 1):
            text[count], length[count] = d, size
            hashes[count] = _scramble(prefixes[index + size] - prefixes[index] * _power(size))
            seeds[count] = _scramble(prefixes[index + seed] - prefixes[index] * _power(seed))
            count += 1
    return count


@njit(nogil=True, cache=True)
def _read(data: Any, at: Any, stop: Any, by_words: Any, flags: Any, arrays: Any, prefixes: Any, tokens: Any) -> Any:
    """Goes on with `prefixes` until they are full or the text ends; returns the next byte and the number of tokens.

    data: uint8 (bytes,). at, stop, tokens: int64. arrays: of letters.span_arrays. prefixes: uint64, changed.
    """
    if by_words:
        return _read_words(data, at, stop, flags, prefixes, tokens)
    while at < stop and tokens + SPAN_BYTES < len(prefixes):
        at, letters = read_letters(data, at, stop, flags, arrays, 0)
        for k in range(letters):
            prefixes[tokens + k + 1] = prefixes[tokens + k] * GOLDEN + (uint64(arrays[4][k]) + uint64(1))
        tokens += letters
    return at, tokens


@njit(nogil=True, cache=True)
def _read_words(data: Any, at: Any, stop: Any, flags: Any, prefixes: Any, tokens: Any) -> Any:
    """As `_read`, with words as tokens: a word is the hash of its letters and digits, and ends at white space. Signs
    inside a word are left out. prefixes: uint64, changed.
    """
    last = len(prefixes) - 1
    word, inside = uint64(0), False
    while at < stop and tokens < last:
        code, width = code_point(data, at, uint32(data[at]))
        flag = flags[flag_place(code)]
        if flag & uint8(LETTER):
            letter = uint64(code) + (uint64(flag & uint8(UPPER)) << uint64(3)) + uint64(1)
            word, inside = (word ^ letter) * GOLDEN, True
            word ^= word >> uint64(32)
        elif inside and not flag & uint8(VISIBLE):
            prefixes[tokens + 1] = prefixes[tokens] * GOLDEN + mix(word)
            tokens, word, inside = tokens + 1, uint64(0), False
        at += width
    if inside:  # the text ends in a word
        prefixes[tokens + 1] = prefixes[tokens] * GOLDEN + mix(word)
        tokens += 1
    return at, tokens


@njit(nogil=True, cache=True)
def _carry(prefixes: Any, tokens: Any, done: Any) -> Any:
    """Moves the prefixes from place `done` on to the front; returns how many tokens that are.

    prefixes: uint64, changed. tokens, done: int64.
    """
    for k in range(done, tokens + 1):
        prefixes[k - done] = prefixes[k]
    return tokens - done


@njit(nogil=True, cache=True)
def _power(exponent: Any) -> Any:
    """GOLDEN^exponent modulo 2^64. exponent: int64."""
    result = uint64(1)
    for _ in range(exponent):
        result *= GOLDEN
    return result


@njit(inline="always")
def _scramble(value: Any) -> Any:  # pragma: no cover (compiled)
    """Makes every bit of a hash matter (uint64): a polynomial hash alone has weak low bits."""
    value ^= value >> uint64(32)
    value *= OTHER
    return value ^ (value >> uint64(32))


@njit(inline="always")
def _has_bits(bits: Any, value: Any) -> Any:  # pragma: no cover (compiled)
    """Whether all three bits of a hash are set in its word of the table. bits: uint64, a power of two of them. value:
    uint64: 18 bits choose three places in the word, those above them the word.
    """
    word = bits[(value >> uint64(18)) & uint64(len(bits) - 1)]
    return (
        word >> (value & uint64(63))
        & word >> (value >> uint64(6) & uint64(63))
        & (word >> (value >> uint64(12) & uint64(63)))
        & uint64(1)
    )


@njit(nogil=True, cache=True)
def _set_bits(values: Any, bits: Any) -> None:
    """Sets the three bits of each hash. values, bits: uint64."""
    for value in values:
        word = (value >> uint64(18)) & uint64(len(bits) - 1)
        for shift in range(0, 18, 6):
            bits[word] |= uint64(1) << (value >> uint64(shift) & uint64(63))
