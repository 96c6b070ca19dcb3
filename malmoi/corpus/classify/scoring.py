"""Scores texts by several linear models in one reading: one hash and one memory access an n-gram serve them all.

The weights of a slot lie side by side in 64 bits, a byte each, with 128 added so that they are sums of lanes:

    bits 0 16 32   models of documents        bits 8 24   models of sentences
    bits 40-63     the number of the last sentence that held this slot

Sentences are numbered through, so one number tells both whether the n-gram is new to the sentence (lower than its
number) and whether it is new to the document (lower than the number of its first sentence).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

from malmoi.corpus.classify import ngram_features as ngrams
from malmoi.corpus.classify.ngram_features import Features, sentence_slots
from malmoi.corpus.text.normalise import read_sentence

DOCUMENT_LANES, SENTENCE_LANES = 3, 2
"""Models of each kind for which a slot has room."""
ZERO = 128
"""Added to each weight."""

MARK = np.uint64(40)
WEIGHTS = np.uint64((1 << 40) - 1)
LANES_OF_DOCUMENTS, LANES_OF_SENTENCES = np.uint64(0x000000FF_00FF00FF), np.uint64(0x00FF00FF)
ONE = np.uint64(1 << 48)
"""In the lane above the models: counts the n-grams."""
BLOCK = 255
"""So many weights are added before the lanes of 16 bits could run over: 255 x 255 < 2^16."""
LAST_MARK = (1 << 24) - 2


class LinearParameters(NamedTuple):
    """One linear model: int8 weights, and p = sigmoid(bias + scale / sqrt(n) x their sum)."""

    weights: np.ndarray
    scale: float
    bias: float


def interleave(
    documents: Sequence[LinearParameters], sentences: Sequence[LinearParameters], num_slots: int
) -> np.ndarray:
    """The table, uint64 (slots,), of up to DOCUMENT_LANES models of documents and SENTENCE_LANES of sentences."""
    assert len(documents) <= DOCUMENT_LANES and len(sentences) <= SENTENCE_LANES
    table = np.zeros(num_slots, np.uint64)
    for first, models in ((0, documents), (8, sentences)):
        for lane, model in enumerate(models):
            assert model.weights.shape == (num_slots,) and model.weights.dtype == np.int8
            table |= (model.weights.astype(np.int64) + ZERO).astype(np.uint64) << np.uint64(first + 16 * lane)
    return table


class Scored(NamedTuple):
    """documents: log odds, texts x models. highest, mean: probability of sentences, texts x models; all float64."""

    documents: np.ndarray
    highest: np.ndarray
    mean: np.ndarray


def score(
    data: np.ndarray,
    offsets: np.ndarray,
    features: Features,
    documents: Sequence[LinearParameters],
    sentences: Sequence[LinearParameters],
    table: np.ndarray | None = None,
) -> Scored:
    """Scores texts data[offsets[d]:offsets[d + 1]] of valid UTF-8, uint8 (bytes,). An empty text has the bias.

    `table` is what `interleave` makes of the same models, where it is at hand; it is not changed.
    """
    entries = interleave(documents, sentences, features.slots) if table is None else table.copy()
    texts = len(offsets) - 1
    scored = Scored(*(np.zeros((texts, lanes)) for lanes in (DOCUMENT_LANES, SENTENCE_LANES, SENTENCE_LANES)))
    scales = np.zeros((DOCUMENT_LANES + SENTENCE_LANES, 2))
    for lane, model in (*enumerate(documents), *enumerate(sentences, DOCUMENT_LANES)):
        scales[lane] = model.scale, model.bias
    _score_all(data, offsets, ngrams.tables(), ngrams.room(), entries, scales, scored)
    return Scored(
        scored.documents[:, : len(documents)], scored.highest[:, : len(sentences)], scored.mean[:, : len(sentences)]
    )


@njit(nogil=True, cache=True)
def _score_all(data: Any, offsets: Any, by: Any, room: Any, entries: Any, scales: Any, scored: Any) -> None:
    """Fills `scored`. by, room: as in ngram_features. entries: uint64 (slots,), the table; its marks are written to.

    scales: float64 (lanes, 2), scale and bias of each model, those of documents first.
    """
    documents, highest, mean = scored
    symbols, slots = room
    totals = np.zeros((2, 4), np.int64)  # of a document, of a sentence: sums of lanes, number of n-grams
    now = 0
    for d in range(len(offsets) - 1):
        stop, offset = offsets[d + 1], offsets[d]
        totals[0] = 0
        first = now + 1
        while True:  # an empty text is one empty sentence
            now += 1
            if now > LAST_MARK:
                now = first = _wipe(entries)
            begun = offset
            totals[1] = 0
            count, offset = read_sentence(data, offset, stop, by[0], symbols)
            marks = uint64(first) << MARK, uint64(now) << MARK
            count = sentence_slots(symbols, count, by[1], entries, slots)
            _add(slots, count, entries, marks, totals)
            _judge_sentence(totals[1], scales, offset - begun, highest[d], mean[d])
            if offset >= stop:
                break
        for lane in range(DOCUMENT_LANES):
            documents[d, lane] = _margin(totals[0], lane, scales[lane])
        for lane in range(SENTENCE_LANES):
            mean[d, lane] /= max(stop - offsets[d], 1)


@njit(nogil=True, cache=True)
def _wipe(entries: Any) -> int:
    """Marks begin again at 1. In a document under way an n-gram may count twice, once in 16 million sentences."""
    for slot in range(len(entries)):
        entries[slot] &= WEIGHTS
    return 1


@njit(inline="always")
def _margin(totals: Any, lane: Any, model: Any) -> Any:  # pragma: no cover (compiled)
    """Log odds. totals: int64 (4,), sums of three lanes and the number of n-grams. model: scale and bias."""
    return model[1] + model[0] * totals[lane] / np.sqrt(max(totals[3], 1))


@njit(inline="always")
def _judge_sentence(
    totals: Any, scales: Any, size: Any, highest: Any, mean: Any
) -> None:  # pragma: no cover (compiled)
    """Takes a sentence of `size` bytes into the highest and the mean probability of its document."""
    for lane in range(SENTENCE_LANES):
        share = 1 / (1 + np.exp(-_margin(totals, lane, scales[DOCUMENT_LANES + lane])))
        highest[lane] = max(highest[lane], share)
        mean[lane] += share * max(size, 1)


@njit(nogil=True, cache=True)
def _add(slots: Any, count: Any, entries: Any, marks: Any, totals: Any) -> None:
    """Marks `count` slots (uint32) and adds the weights of those that are new to totals, int64 (2, 4).

    There is no branch: the mark is written in any case, and what is not new is multiplied by 0.
    """
    first, now = marks
    for begin in range(0, count, BLOCK):
        of_document, of_sentence = uint64(0), uint64(0)
        for index in range(begin, min(begin + BLOCK, count)):
            slot = slots[uint64(index)]
            entry = entries[slot]
            entries[slot] = (entry & WEIGHTS) | now
            of_document += ((entry & LANES_OF_DOCUMENTS) | ONE) * uint64(entry < first)
            of_sentence += (((entry >> uint64(8)) & LANES_OF_SENTENCES) | ONE) * uint64(entry < now)
        _spread(of_document, totals[0])
        _spread(of_sentence, totals[1])


@njit(inline="always")
def _spread(lanes: Any, totals: Any) -> None:  # pragma: no cover (compiled)
    """Adds four lanes of 16 bits to four totals, less the ZERO in each weight."""
    number = np.int64(lanes >> uint64(48))
    for lane in range(3):
        totals[lane] += np.int64((lanes >> uint64(16 * lane)) & uint64(0xFFFF)) - ZERO * number
    totals[3] += number
