"""Features of a text for linear classifiers: which n-grams its sentences hold, hashed, each counted once.

The n-grams are of one to three plain symbols and of four letters (normalise.py; before the first of a sentence stands
nothing, so its first ones are shorter). None crosses the end of a sentence: so a document and its sentences are scored
in one reading. Each n-gram counted once is better than each as often as it comes (docs/log.md: AUROC .891 against .866
on profanity). What other lengths give: docs/concepts/learned_scores.md.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import int64, njit, uint32, uint64

from malmoi.corpus.kernels.characters import GOLDEN
from malmoi.corpus.kernels.prefetch import prefetch
from malmoi.corpus.text.normalise import LETTER_COUNT, letter_table, read_sentence, symbol_table

LETTERS_SALT = np.uint64(0xD1B54A32D192ED03)
"""Letters and symbols with the same bits are not the same n-gram."""

SYMBOL, LETTER = np.uint64(16), np.uint64(8)
"""Bits of each: the last ones lie side by side in 64 bits, so an n-gram is a mask and its hash one multiplication."""
ONE_SYMBOL, TWO_SYMBOLS, THREE_SYMBOLS = (np.uint64((1 << bits) - 1) for bits in (16, 32, 48))
FOUR_LETTERS = np.uint64((1 << 32) - 1)

WINDOW = 1 << 12
"""Symbols read at a time: a longer stretch without a space is cut, so that memory stays bounded for any text."""


@dataclass(frozen=True)
class Features:
    """bits: there are 2^bits slots. One size for all models that are scored together."""

    bits: int = 18

    def __post_init__(self) -> None:
        assert 8 <= self.bits <= 24, self.bits

    @property
    def slots(self) -> int:
        """The number of weights."""
        return 1 << self.bits


def tables() -> tuple[np.ndarray, np.ndarray]:
    """What the kernels read characters by: uint16 (code points,) symbols; uint32 (symbols,) letters."""
    return symbol_table(), letter_table()


def room() -> tuple[np.ndarray, np.ndarray]:
    """Room for one window's symbols, uint16 (WINDOW + 1,), and for the slots of its n-grams, uint32.

    A symbol ends three n-grams of symbols and has up to three letters; the last one writes two places too far.
    """
    return np.zeros(WINDOW + 1, np.uint16), np.zeros(6 * (WINDOW + 1) + 2, np.uint32)


def slots(data: np.ndarray, offsets: np.ndarray, features: Features) -> tuple[np.ndarray, np.ndarray]:
    """The distinct slots of each text in order, int32, one text after another; and where each begins, int64.

    data: uint8 (bytes,), valid UTF-8. offsets: int (texts + 1,): text d is data[offsets[d]:offsets[d + 1]].
    """
    marks, starts = np.full(features.slots, -1, np.int64), np.zeros(len(offsets), np.int64)
    kept = np.zeros(features.slots + 1, np.int32)  # one more: the last write is never kept
    return _list_all(data, offsets, tables(), room(), marks, kept, starts), starts


@njit(nogil=True, cache=True)
def _list_all(data: Any, offsets: Any, by: Any, room: Any, marks: Any, kept: Any, starts: Any) -> np.ndarray:
    """As `slots`. by: `tables()`. room: `room()`. marks: int64 (slots,), the last text that held each slot.

    kept: int32 (slots + 1,), the slots of the text under way. starts: int64 (texts + 1,), is written to.
    """
    symbols, found = room
    result = np.empty(1 << 16, np.int32)
    for d in range(len(offsets) - 1):
        num_kept, offset = 0, offsets[d]
        while offset < offsets[d + 1]:
            count, offset = read_sentence(data, offset, offsets[d + 1], by[0], symbols)
            for index in range(sentence_slots(symbols, count, by[1], marks, found)):
                slot = found[index]
                kept[num_kept] = slot  # written in any case, counted where it is new: no branch
                num_kept += marks[slot] != d
                marks[slot] = d
        stop = starts[d] + num_kept
        if stop > len(result):
            larger = np.empty(2 * stop, np.int32)
            larger[: starts[d]] = result[: starts[d]]
            result = larger
        result[starts[d] : stop] = np.sort(kept[:num_kept])
        starts[d + 1] = stop
    return result[: starts[-1]].copy()


@njit(nogil=True, cache=True)
def sentence_slots(symbols: Any, count: Any, letters: Any, entries: Any, found: Any) -> Any:
    """Fills `found` with the slot of every n-gram of a sentence, some more than once; returns how many there are.

    symbols: uint16, of which `count` are read. letters: uint32, of `letter_table`. entries: the table whose slots they
    are, which is asked for them, so that it is near when they are looked up: a fifth of all looks misses the cache.
    found: uint32, as in `room`.
    """
    shift, recent, end = shift_of(len(entries)), uint64(0), uint64(0)
    for position in range(count):
        recent = (recent << SYMBOL) | uint64(symbols[position])
        for mask in (ONE_SYMBOL, TWO_SYMBOLS, THREE_SYMBOLS):
            found[end] = _near(recent & mask, shift, entries)
            end += uint64(1)
    recent = uint64(0)
    for position in range(count):
        packed = letters[symbols[position]]
        number = uint64(packed >> uint32(LETTER_COUNT))
        recent = (recent << (LETTER * number)) | uint64(packed & uint32((1 << LETTER_COUNT) - 1))
        # As if there were three: what is too much is written over.
        found[end] = _near((recent & FOUR_LETTERS) ^ LETTERS_SALT, shift, entries)
        found[end + uint64(1)] = _near(((recent >> LETTER) & FOUR_LETTERS) ^ LETTERS_SALT, shift, entries)
        found[end + uint64(2)] = _near(((recent >> (LETTER + LETTER)) & FOUR_LETTERS) ^ LETTERS_SALT, shift, entries)
        end += number
    return int64(end)


@njit(inline="always")
def _near(ngram: Any, shift: Any, entries: Any) -> Any:  # pragma: no cover (compiled)
    """The slot of an n-gram's bits, which is asked for."""
    slot = slot_of(ngram, shift)
    prefetch(entries, slot)
    return slot


@njit(inline="always")
def slot_of(ngram: Any, shift: Any) -> Any:  # pragma: no cover (compiled)
    """The slot of an n-gram's bits: the highest of a product."""
    return (ngram * GOLDEN) >> shift


@njit(inline="always")
def shift_of(num_slots: Any) -> Any:  # pragma: no cover (compiled)
    """How far a hash is shifted to be a slot."""
    shift = 64
    while num_slots > 1:
        num_slots >>= 1
        shift -= 1
    return uint64(shift)
