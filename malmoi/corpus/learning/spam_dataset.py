"""What the "spam" model is learned from: advertisement made for the samples and a publisher's blog, against all else.

There is no labelled Korean spam among the data: in 113,000 reviews and comments every hit of the phrase rules
(steps/promotion.py) is a false alarm, so nothing could be learned from those hits. What is left is circular in part:
the advertisement is made for the samples (malmoi/sample/plant.py), and the phrase rules were written for the like.
Therefore three of its eight offers are never learned from, one half of the positives is a real source, and the rules
stay the judge.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from malmoi.corpus.learning.datasets import Dataset, dataset_of, kept_aside
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.corpus.learning.value_dataset import PROSE, REMARKS, first_passages

PASSAGES_PER_SOURCE = 600
LIKED = "nsmc_raw/raw/1[3-4]*.json"
PUBLISHER = "boddari/boddari/csv/book_review02.csv"
OFFERS_ASIDE = ("휴대폰", "명품", "분양가")
"""How the offers begin that are kept aside: a service, goods, property. Five others are learned from."""


def spam(folder: Path, advertisements: Sequence[str]) -> Dataset:
    """Advertisements and a publisher's blog (1) against prose and remarks of all sorts (0). `folder` holds all data."""
    sources: list[tuple[list[str], int]] = [(list(advertisements), 1)]
    for glob, label in ((PUBLISHER, 1), *((glob, 0) for glob in (*PROSE.values(), *REMARKS.values(), LIKED))):
        sources.append((first_passages(folder, glob, PASSAGES_PER_SOURCE, any_rating=glob == LIKED), label))
    pairs = [(passage, label) for passages, label in sources for passage in passages]
    numbers = np.repeat(np.arange(len(sources)), [len(passages) for passages, _ in sources])
    aside = np.array([is_aside(passage, number == 0) for (passage, _), number in zip(pairs, numbers, strict=True)])
    groups, labels = numbers[~aside], np.array([label for _, label in pairs])[~aside]
    importance = 1 / np.bincount(groups)[groups]
    importance /= np.bincount(labels, importance)[labels]  # both classes alike, and the sources of each
    note = "spam: planted advertisement, a publisher's blog against prose, remarks (spam_lesson.py; CC BY-SA 4.0)"
    guidance = Guidance(importance / importance.mean(), groups)
    return dataset_of(pairs, aside, LearnSettings(minimum_groups=2, passes=20, note=note), guidance)


def is_aside(passage: str, is_planted: bool) -> bool:
    """Whether a passage is kept aside: advertisement by its offer, all else by its hash."""
    return any(offer in passage for offer in OFFERS_ASIDE) if is_planted else kept_aside(passage)
