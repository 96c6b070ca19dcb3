"""Features of a text for linear classifiers: which n-grams its sentences hold, hashed, each counted once.

The n-grams are of one to three plain symbols and of four letters (normalise.py; before the first of a sentence stands
nothing, so its first ones are shorter). None crosses the end of a sentence: so a document and its sentences are scored
in one reading. Each n-gram counted once is better than each as often as it comes (docs/log.md: AUROC .891 against .866
on profanity). What other lengths give: docs/concepts/learned_scores.md.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, uint64

from malmoi.corpus.kernels.characters import GOLDEN
from malmoi.corpus.text.normalise import letter_table, read_letters, read_sentence, symbol_table

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
    """What the kernels read characters by: uint16 (code points,) symbols; uint8 (symbols, 3) letters."""
    return symbol_table(), letter_table()


def room() -> tuple[np.ndarray, np.ndarray]:
    """Room for one window's symbols, uint16 (WINDOW + 1,), and its letters, uint8."""
    return np.zeros(WINDOW + 1, np.uint16), np.zeros(3 * WINDOW + 6, np.uint8)


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
    symbols, letters = room
    result = np.empty(1 << 16, np.int32)
    for d in range(len(offsets) - 1):
        num_kept, offset = 0, offsets[d]
        while offset < offsets[d + 1]:
            count, offset = read_sentence(data, offset, offsets[d + 1], by[0], symbols)
            num_kept = _list_symbols(symbols, count, marks, d, kept, num_kept)
            count = read_letters(symbols, count, by[1], letters)
            num_kept = _list_letters(letters, count, marks, d, kept, num_kept)
        stop = starts[d] + num_kept
        if stop > len(result):
            larger = np.empty(2 * stop, np.int32)
            larger[: starts[d]] = result[: starts[d]]
            result = larger
        result[starts[d] : stop] = np.sort(kept[:num_kept])
        starts[d + 1] = stop
    return result[: starts[-1]].copy()


@njit(nogil=True, cache=True)
def _list_symbols(symbols: Any, count: Any, marks: Any, text: Any, kept: Any, num_kept: Any) -> Any:
    """Adds to `kept` the slots that no n-gram of this text had before; returns how many it holds.

    symbols: uint16, of which `count` are read. text: the number of the text. marks, kept: as in `_list_all`.
    """
    shift, recent = shift_of(len(marks)), uint64(0)
    for position in range(count):
        recent = (recent << SYMBOL) | uint64(symbols[position])
        for mask in (ONE_SYMBOL, TWO_SYMBOLS, THREE_SYMBOLS):
            num_kept = _keep(slot_of(recent & mask, shift), marks, text, kept, num_kept)
    return num_kept


@njit(nogil=True, cache=True)
def _list_letters(letters: Any, count: Any, marks: Any, text: Any, kept: Any, num_kept: Any) -> Any:
    """The same for n-grams of letters, uint8."""
    shift, recent = shift_of(len(marks)), uint64(0)
    for position in range(count):
        recent = ((recent << LETTER) | uint64(letters[position])) & FOUR_LETTERS
        num_kept = _keep(slot_of(recent ^ LETTERS_SALT, shift), marks, text, kept, num_kept)
    return num_kept


@njit(inline="always")
def _keep(slot: Any, marks: Any, text: Any, kept: Any, num_kept: Any) -> Any:  # pragma: no cover (compiled)
    """Writes the slot in any case, and counts it where it is new: no branch."""
    kept[num_kept] = slot
    num_kept += marks[slot] != text
    marks[slot] = text
    return num_kept


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
