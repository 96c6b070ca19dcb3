"""How well an extracted text agrees with the true one: the measure of the article extraction benchmark.

Texts are bags of shingles of four words (Scrapinghub, article-extraction-benchmark, evaluate.py, 2019): precision and
recall of each page over shingles, their means over the pages, and the harmonic mean of the two means.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SHINGLE_WORDS = 4
ORDINALS = re.compile(r"(?m)^\s*\d+[.)]\s+")
FIND_WORDS = re.compile(r"\w+").findall


@dataclass(frozen=True)
class Agreement:
    """Over some pages; all 0..1. exact: the share of pages without any difference in words. empty: pages of no text."""

    f1: float
    precision: float
    recall: float
    exact: float
    pages: int
    empty: int = 0


def agreement(pairs: Iterable[tuple[str, str]], korean: bool = False) -> Agreement:
    """Of (true text, extracted text) of each page. Pages with nothing extracted do not count for precision.

    korean: as the README of pages_kr measures instead: such a page's precision is 0, and numbers before items do not
    count.
    """
    precisions, recalls, exact, empty = [], [], [], 0
    for true, extracted in pairs:
        if korean:
            true, extracted = ORDINALS.sub("", true), ORDINALS.sub("", extracted)
        wanted, given = _shingles(true), _shingles(extracted)
        shared = sum((wanted & given).values())
        exact.append(wanted == given)
        empty += not given
        if given or korean:
            precisions.append(shared / max(1, sum(given.values())))
        if wanted:
            recalls.append(shared / sum(wanted.values()))
    precision, recall = _mean(precisions), _mean(recalls)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Agreement(f1, precision, recall, _mean(exact), len(exact), empty)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Each run of SHINGLE_WORDS words with how often it comes; a shorter text is one shingle."""
    words = FIND_WORDS(text)
    shingles = (tuple(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))
    return Counter(filter(None, shingles))


def _mean(values: list[float] | list[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
