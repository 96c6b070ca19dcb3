"""Probabilities that mean what they say: a model's log odds stretched and shifted (Platt 1999).

Learnt on texts that the model has not seen: models of four fifths of the texts score the other fifth.
"""

from dataclasses import replace

import numpy as np

from malmoi.corpus.classify.linear_model import LinearModel
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.learning.datasets import Dataset
from malmoi.corpus.learning.linear_learner import Guidance, learn

FOLDS = 5
NEWTON_STEPS, SMALLEST_STEP = 50, 1e-6
"""More than enough: the loss has two unknowns and one minimum. A step that makes the loss worse is halved."""
LEAST_IMPORTANCE = 0.25
"""Texts that count less take no part: help from other sets, and prose."""
ECE_BINS = 15
"""Bins of equal width, as Guo et al. 2017 have them."""


def calibrated(model: LinearModel, dataset: Dataset) -> LinearModel:
    """The model with probabilities fitted to the dataset's own labels: the order of texts stays as it is.

    Texts that count less than LEAST_IMPORTANCE take no part in the fit.
    """
    margins, used = unseen_margins(dataset), dataset.importance >= LEAST_IMPORTANCE
    stretch, shift = fit(margins[used], np.asarray(dataset.labels, np.float64)[used])
    return replace(model, scale=model.scale * stretch, bias=model.bias * stretch + shift)


def unseen_margins(dataset: Dataset) -> np.ndarray:
    """Log odds of every text to learn from, float64 (texts,), by a model that was learnt without it."""
    folds = np.arange(len(dataset.labels)) % FOLDS
    np.random.default_rng(0).shuffle(folds)
    margins = np.zeros(len(folds))
    for fold in range(FOLDS):
        rest, part = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        guidance = Guidance(dataset.importance[rest])
        model = learn(dataset.texts.take(rest), dataset.labels[rest], dataset.settings, guidance)
        margins[part] = model.margins(*string_buffers(dataset.texts.take(part)))
    return margins


def fit(margins: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Stretch and shift of log odds with the least log loss, by Newton's method. labels: (texts,), 0..1."""
    inputs, unknowns = np.stack([margins, np.ones(len(margins))], axis=1), np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        shares = 1 / (1 + np.exp(-np.clip(inputs @ unknowns, -50, 50)))
        slope = inputs.T @ (shares - labels)
        curve = (inputs * (shares * (1 - shares))[:, None]).T @ inputs + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        while _loss(inputs @ (unknowns - step), labels) > _loss(inputs @ unknowns, labels) + 1e-12:
            step = step / 2
        unknowns = unknowns - step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return float(unknowns[0]), float(unknowns[1])


def _loss(margins: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, margins) - labels * margins))


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """How far probabilities are off from the share of ones, in the mean over texts (Guo et al. 2017), 0..1."""
    bins = np.minimum((probabilities * ECE_BINS).astype(int), ECE_BINS - 1)
    off = np.bincount(bins, labels - probabilities, ECE_BINS)
    return float(np.abs(off).sum() / len(labels))
