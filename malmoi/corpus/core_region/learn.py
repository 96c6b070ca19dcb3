"""Making the weights of the core-region model from labelled pages; the same pages and seed give the same weights.

Pages with their whole text known label each of their blocks. Of pages with only some segments known, the other blocks
get the judgement of trees that have not seen the page's site, with less weight the less sure that is. The second trees
learn from judgements of first trees that have not seen the site either, so that they meet what they will meet.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from malmoi.corpus.core_region.boosting import Boosting, Trees, boost, log_odds
from malmoi.corpus.core_region.context import context_features
from malmoi.corpus.core_region.features import COLUMN, block_features
from malmoi.corpus.core_region.labelled import Labelled
from malmoi.corpus.core_region.labels import FIND_WORDS, label_blocks
from malmoi.corpus.core_region.model import Weights, as_chance
from malmoi.corpus.core_region.scan import END, START, Scanned, scan
from malmoi.corpus.core_region.tags import tables

FOLDS = 5
INNER_FOLDS = 3
SIZE_POWER = 0.6
"""A block counts in learning by the number of its words to this power: the measure counts words, the eye counts blocks."""
KNOWN_WEIGHT, GUESSED_WEIGHT = 1.5, 0.4
"""Of blocks with a known segment, and of guessed ones times how sure the guess is."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Example:
    """A labelled page as the learner sees it. labels: 1 core region, 0 not, -1 not known; weights by size."""

    page: Labelled
    scanned: Scanned
    features: np.ndarray
    style: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def fold_of(site: str, folds: int = FOLDS, salt: str = "") -> int:
    """The fold that all pages of a site belong to, by hash."""
    return int(hashlib.sha256(f"{salt}{site}".encode()).hexdigest()[:8], 16) % folds


def prepare(page: Labelled) -> Example:
    """Scans a page and labels its blocks."""
    content = np.frombuffer(page.html, np.uint8)
    scanned = scan(content, tables())
    features, style = block_features(content, scanned)
    text = scanned.text.tobytes()
    texts = [text[block[START] : block[END]].decode("utf-8", "replace") for block in scanned.blocks]
    if page.truth is not None:
        shares, lengths = label_blocks(texts, page.truth)
        labels = (shares > 0.5).astype(np.float32)
    else:
        labels = _known(texts, page)
        lengths = np.array([len(FIND_WORDS(block)) for block in texts], np.int64)
    return Example(page, scanned, features, style, labels, ((lengths + 1.0) ** SIZE_POWER).astype(np.float32))


def learn(examples: Sequence[Example], how: Boosting, progress: Progress = lambda done, total: None) -> Weights:
    """Weights from all examples; `progress` is called with sets of trees made and to make."""
    total = 2 * INNER_FOLDS + 2
    examples = [example for example in examples if len(example.labels)]
    guesses = _guess(examples, how, lambda done: progress(done, total))
    examples = [_fill(example, guess) for example, guess in zip(examples, guesses, strict=True)]
    first = _boost(examples, how)
    progress(INNER_FOLDS + 1, total)
    guesses = _guess(examples, how, lambda done: progress(INNER_FOLDS + 1 + done, total))
    second = _boost(examples, how, guesses)
    progress(total, total)
    return Weights(first, second)


def cross_validate(examples: Sequence[Example], how: Boosting, progress: Progress = lambda done, total: None) -> list[np.ndarray]:
    """For each example the chances of its blocks by weights that have seen no page of its site."""
    chances: list[np.ndarray] = [np.zeros(0, np.float32)] * len(examples)
    for fold in range(FOLDS):
        weights = learn([example for example in examples if fold_of(example.page.site) != fold], how)
        for number, example in enumerate(examples):
            if fold_of(example.page.site) == fold and example.page.truth is not None:
                chances[number] = judge_example(example, weights)
        progress(fold + 1, FOLDS)
    return chances


def judge_example(example: Example, weights: Weights) -> np.ndarray:
    """The chances of the blocks of a prepared page."""
    first = as_chance(log_odds(example.features, *weights.first))
    return as_chance(log_odds(_with_context(example, first), *weights.second))


def _known(texts: list[str], page: Labelled) -> np.ndarray:
    labels = np.full(len(texts), -1, np.float32)
    lines = [" ".join(text.split()) for text in texts]
    for segments, label in ((page.unwanted, 0), (page.wanted, 1)):
        for segment in filter(None, (" ".join(segment.split()) for segment in segments)):
            labels[[segment in line for line in lines]] = label
    return labels


def _guess(examples: Sequence[Example], how: Boosting, progress: Callable[[int], None]) -> list[np.ndarray]:
    """For each example the chances by first trees that have not seen its site."""
    guesses: list[np.ndarray] = [np.zeros(0, np.float32)] * len(examples)
    for fold in range(INNER_FOLDS):
        trees = _boost([example for example in examples if _inner_fold(example) != fold], how)
        for number, example in enumerate(examples):
            if _inner_fold(example) == fold:
                guesses[number] = as_chance(log_odds(example.features, *trees))
        progress(fold + 1)
    return guesses


def _inner_fold(example: Example) -> int:
    return fold_of(example.page.site, INNER_FOLDS, "inner")


def _fill(example: Example, guess: np.ndarray) -> Example:
    """The example with guesses where nothing is known."""
    if example.page.truth is not None:
        return example
    known = example.labels >= 0
    weights = np.where(known, KNOWN_WEIGHT, GUESSED_WEIGHT * np.abs(2 * guess - 1)) * example.weights
    return replace(example, labels=np.where(known, example.labels, guess > 0.5).astype(np.float32), weights=weights)


def _with_context(example: Example, chance: np.ndarray) -> np.ndarray:
    context = context_features(example.scanned, example.features[:, COLUMN["weight"]], example.style, chance)
    return np.hstack([example.features, context])


def _boost(examples: Sequence[Example], how: Boosting, chances: Sequence[np.ndarray] | None = None) -> Trees:
    """Trees from the blocks with a label; with chances, over context features too."""
    rows, labels, weights = [], [], []
    for number, example in enumerate(examples):
        known = example.labels >= 0
        features = example.features if chances is None else _with_context(example, chances[number])
        rows.append(features[known])
        labels.append(example.labels[known])
        weights.append(example.weights[known])
    return boost(np.vstack(rows), np.concatenate(labels), np.concatenate(weights).astype(np.float32), how)
