"""Learns a linear classifier from labelled texts: naive Bayes ratios, then logistic regression in its dual.

Each n-gram's feature is its log-count ratio between the classes (Wang & Manning 2012, NB-SVM), which lets rare telling
n-grams count at once; on top, logistic regression with an L2 penalty by coordinate descent in the dual (Yu, Huang & Lin
2011, algorithm 5): no learning rate, one optimum, the order of the texts drawn from the seed. The ratios are folded
into the weights, and the weights rounded to 8 bits.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numba import njit

from malmoi.corpus.classify import ngram_features as ngrams
from malmoi.corpus.classify.linear_model import LARGEST_WEIGHT, LinearModel
from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.kit.errors import UserError

NEWTON_STEPS, SMALL_SLOPE = 30, 1e-4
"""Bounds of the search for one coefficient: steps, and the slope (in log odds) that is as good as none."""
CUT_QUANTILE = 0.9999
"""The weights above it are cut, so that the 8 bits of the others are finer."""


@dataclass(frozen=True)
class LearnSettings:
    """How a classifier is learned. The defaults were chosen by cross-validation in November 2026 (docs/log.md).

    cost: of an error against the penalty on weights. smoothing: texts added to each class's counts for the ratios.
    minimum_texts, minimum_groups: n-grams in fewer texts, or in texts of fewer groups, weigh nothing. passes: over the
    texts, at most; tolerance: it ends when no text's coefficient moves by more of its cost. note: kept in the model.
    """

    features: Features = field(default_factory=Features)
    smoothing: float = 0.5
    cost: float = 3.0
    minimum_texts: int = 2
    minimum_groups: int = 1
    passes: int = 60
    tolerance: float = 0.01
    seed: int = 0
    note: str = ""


@dataclass(frozen=True)
class Guidance:
    """What may be known besides labels; each None or an array (texts,).

    importance: float64, how much a text counts, 1 if not given. groups: int64; texts of one group share what they are
    about (a folder, a site), so that an n-gram seen in few groups is a topic and no style.
    """

    importance: np.ndarray | None = None
    groups: np.ndarray | None = None


def learn(
    texts: pa.Array | pa.ChunkedArray, labels: np.ndarray, settings: LearnSettings, guidance: Guidance | None = None
) -> LinearModel:
    """A model of P(label = 1). The same texts, labels and settings give the same model.

    labels: (texts,), 0..1; one between (a teacher's guess) counts as both classes in that proportion.
    UserError where a class is missing.
    """
    guidance = guidance or Guidance()
    labels = np.asarray(labels, np.float64)
    assert len(labels) == len(texts), (len(labels), len(texts))
    if not (labels > 0.5).any() or not (labels < 0.5).any():
        raise UserError("all texts have the same label", "texts of both classes")
    importance = np.ones(len(labels)) if guidance.importance is None else np.asarray(guidance.importance, np.float64)
    data, offsets = string_buffers(texts)
    indices, starts = ngrams.slots(data, offsets, settings.features)
    worth = _worth(indices, starts, labels, importance, settings)
    if guidance.groups is not None:
        worth[_groups_of(indices, starts, guidance.groups, settings.features.slots) < settings.minimum_groups] = 0.0
    problem = _examples(indices, starts, worth, labels, settings.cost * importance)
    weights = np.zeros(settings.features.slots + 1)
    _descend(problem, weights, settings.passes, settings.tolerance, settings.seed)
    return _rounded(weights[:-1] * worth, float(weights[-1]), settings)


def _worth(
    indices: np.ndarray, starts: np.ndarray, labels: np.ndarray, importance: np.ndarray, settings: LearnSettings
) -> np.ndarray:
    """float64 (slots,): what each slot's feature is worth, |log-count ratio|; 0 for slots in too few texts.

    indices: int32, the slots of all texts, one text after another. starts: int64 (texts + 1,), where each text begins.
    labels, importance: float64 (texts,).
    """
    num_slots, lengths = settings.features.slots, np.diff(starts)
    texts = np.bincount(indices, minlength=num_slots)
    ones = np.bincount(indices, np.repeat(labels * importance, lengths), num_slots) + settings.smoothing
    noughts = np.bincount(indices, np.repeat((1 - labels) * importance, lengths), num_slots) + settings.smoothing
    ratio = np.abs(np.log(ones / ones.sum()) - np.log(noughts / noughts.sum()))
    return np.where(texts >= settings.minimum_texts, ratio, 0.0)


def _groups_of(indices: np.ndarray, starts: np.ndarray, groups: np.ndarray, num_slots: int) -> np.ndarray:
    """int64 (slots,): the number of groups in whose texts each slot is. indices, starts: as in `_worth`."""
    numbers = np.unique(groups, return_inverse=True)[1]
    pairs = np.unique(np.repeat(numbers, np.diff(starts)).astype(np.int64) * num_slots + indices)
    return np.bincount(pairs % num_slots, minlength=num_slots)


def _examples(
    indices: np.ndarray, starts: np.ndarray, worth: np.ndarray, labels: np.ndarray, costs: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The problem for `_descend`: slots and values of the texts, and examples of one class each: row, sign and cost.

    A text with a label between 0 and 1 is two examples. Slots that are worth nothing are left out. The arguments are as
    in `_worth`; costs: float64 (texts,).
    """
    lengths = np.diff(starts)
    used = worth[indices] > 0
    values = worth[indices] / np.repeat(np.sqrt(np.maximum(lengths, 1)), lengths)
    begins = np.concatenate([[0], np.cumsum(used)])[starts]
    rows, signs, shares = np.arange(len(labels)), np.ones(len(labels)), costs * labels
    both = (np.tile(rows, 2), np.concatenate([signs, -signs]), np.concatenate([shares, costs - shares]))
    chosen = both[2] > 0
    return indices[used], values[used].astype(np.float32), begins, *(column[chosen] for column in both)


def _rounded(weights: np.ndarray, bias: float, settings: LearnSettings) -> LinearModel:
    """The model with weights in 8 bits. The scale follows the largest but a few: those are cut, the rest is finer."""
    sizes = np.abs(weights[weights != 0])
    largest = float(np.quantile(sizes, CUT_QUANTILE)) if len(sizes) else 1.0
    scale = largest / LARGEST_WEIGHT
    eighth = np.clip(np.rint(weights / scale), -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int8)
    return LinearModel(eighth, scale, bias, settings.features, settings.note)


@njit(nogil=True, cache=True)
def _descend(problem, weights, passes, tolerance, seed) -> None:  # noqa: ANN001
    """Dual coordinate descent until no alpha moves more than `tolerance` of its cost. The last weight is the bias.

    problem: of `_examples`. weights: float64 (slots + 1,), zeros, is written to.
    """
    indices, values, starts, rows, signs, costs = problem
    np.random.seed(seed)
    alphas, squares = np.empty(len(rows)), np.ones(len(rows))
    for e in range(len(rows)):
        row, alphas[e] = rows[e], 1e-8 * costs[e]
        for position in range(starts[row], starts[row + 1]):
            squares[e] += values[position] ** 2
    order = np.arange(len(rows))
    for _ in range(passes):
        np.random.shuffle(order)
        largest = 0.0
        for e in order:
            start, stop = starts[rows[e]], starts[rows[e] + 1]
            margin = weights[-1]
            for position in range(start, stop):
                margin += weights[indices[position]] * values[position]
            alpha = _best_alpha(alphas[e], costs[e], signs[e] * margin, squares[e])
            step = signs[e] * (alpha - alphas[e])
            for position in range(start, stop):
                weights[indices[position]] += step * values[position]
            weights[-1] += step
            largest = max(largest, abs(step) / costs[e])
            alphas[e] = alpha
        if largest < tolerance:
            break


@njit(inline="always")
def _best_alpha(alpha, cost, margin, square) -> float:  # noqa: ANN001  # pragma: no cover (compiled)
    """The x in (0, cost) where margin + square * (x - alpha) + log(x / (cost - x)) is 0: Newton, kept in bounds."""
    low, high, at = 0.0, cost, alpha
    for _ in range(NEWTON_STEPS):
        slope = margin + square * (at - alpha) + np.log(at / (cost - at))
        if abs(slope) < SMALL_SLOPE:
            break
        if slope > 0:
            high = at
        else:
            low = at
        step = at - slope / (square + cost / (at * (cost - at)))
        at = step if low < step < high else 0.5 * (low + high)
    return min(max(at, 1e-12 * cost), cost * (1 - 1e-12))
