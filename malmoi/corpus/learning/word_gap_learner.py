"""Learns the weights of text/word_gaps.py from texts with their spaces."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numba import njit

from malmoi.corpus.text.word_gaps import TABLE, hash_rows, row

EPOCHS, RATE, DECAY = 4, 0.08, 1e-7
SEED = 20261130


def learn(texts: Iterable[list[str]]) -> np.ndarray:
    """float32 (TABLE + 1,): weights by stochastic gradient descent on the logistic loss. texts: paragraphs each."""
    rows: list[list[int]] = []
    truths: list[bool] = []
    for paragraphs in texts:
        add_examples(paragraphs, rows, truths)
    hashed = hash_rows(np.array(rows, np.uint64))
    truth = np.array(truths, np.float32)
    weights = np.zeros(TABLE + 1, np.float32)
    order = np.random.default_rng(SEED).permutation(len(truth))
    for epoch in range(EPOCHS):
        _descend(hashed, truth, order, weights, RATE / (1 + epoch), DECAY)
    return weights


def save(weights: np.ndarray, path: Path) -> None:
    """Half precision: 256 KB before compression."""
    np.savez_compressed(path, weights=weights.astype(np.float16))


def add_examples(paragraphs: list[str], rows: list[list[int]], truths: list[bool]) -> None:
    """Every gap of the paragraphs: inside each word, and between each two."""
    words = Counter(word for paragraph in paragraphs for word in paragraph.split())
    for paragraph in paragraphs:
        split = paragraph.split()
        for number, word in enumerate(split):
            words[word] -= 1  # a word at a gap does not speak for itself
            for cut in range(1, len(word)):
                rows.append(row(word[:cut], word[cut:], words))
                truths.append(False)
            if number + 1 < len(split):
                after = split[number + 1]
                words[after] -= 1
                rows.append(row(word, after, words))
                truths.append(True)
                words[after] += 1
            words[word] += 1


@njit(nogil=True, cache=True)
def _descend(
    hashed: np.ndarray, truth: np.ndarray, order: np.ndarray, weights: np.ndarray, rate: float, decay: float
) -> None:
    """One pass over the examples, in place. hashed: int64 (n, FEATURES). truth: float32 (n,). order: int64 (n,)."""
    for i in order:
        score = weights[-1]
        for f in range(hashed.shape[1]):
            score += weights[hashed[i, f]]
        step = rate * (truth[i] - 1 / (1 + np.exp(-score)))
        weights[-1] += 0.1 * step
        for f in range(hashed.shape[1]):
            weights[hashed[i, f]] += step - decay * weights[hashed[i, f]]
