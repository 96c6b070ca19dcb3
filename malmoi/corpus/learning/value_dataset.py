"""What the "value" model is learned from: prose that somebody edited to inform, against remarks and complaints; and
documentation translated by people against the same by machine.

It measures informational value as far as these stand for it; docs/concepts/learned_scores.md says what it prefers.
Markup is taken out first: otherwise headings and tags are the best sign of prose. Remarks are joined until they are as
long as a passage of prose, so that length says nothing, every source counts alike, and an n-gram must come in three
sources, so that neither law nor films nor one product's documentation are the difference.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from malmoi.corpus.learning import datasets
from malmoi.corpus.learning.datasets import Dataset
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.kit.errors import UserError

PASSAGE_CHARACTERS = 600
"""The least length of a passage. Remarks are joined to it, so that length says nothing."""
PASSAGES_PER_SOURCE = 1500
LOW_RATING = 4
"""Of ten: such reviews are taken for complaints."""
MINIMUM_SOURCES = 3
"""An n-gram in fewer sources is a subject."""

MARKUP = re.compile(r"<[^>]*>|[#*|\[\]{}]+|(?<= )/(?= )")

PROSE = {
    "wikinews": "boddari/boddari/txt/wikinews.txt",
    "library_reviews": "boddari/boddari/txt/book_review01.txt",
    "react_docs": "react_docs_ko/src/content/**/*.md",
    "tensorflow_docs": "tensorflow_docs_ko/site/ko/**/*.md",
    "law": "law_kr/kr/[가-다]*/*.md",
}
REMARKS = {"comments": "kocohub_hate/unlabeled/*.txt", "low_rated_reviews": "nsmc_raw/raw/1[0-2]*.json"}
"""Globs below any folder of the data."""


def value(folder: Path) -> Dataset:
    """Prose (1) against remarks (0), people's translations (1) against a machine's (0). `folder` holds all of the data.

    All in passages of about PASSAGE_CHARACTERS; translations are kept aside by their folder, all else by its own hash.
    """
    passages = [*_untranslated(folder), *_translated(folder)]
    aside = np.array([datasets.kept_aside(passage.key) for passage in passages])
    groups = np.array([passage.source for passage in passages])[~aside]
    importance = np.ones(len(groups)) / np.bincount(groups)[groups]
    note = "value: prose, people's translations against remarks, a machine's (value_lesson.py; CC BY-SA 4.0)"
    settings = LearnSettings(minimum_groups=MINIMUM_SOURCES, passes=20, note=note)
    pairs = [(passage.text, passage.label) for passage in passages]
    return datasets.dataset_of(pairs, aside, settings, Guidance(importance / importance.mean(), groups))


class SourcePassage(NamedTuple):
    """A passage of a source, its label, the number of the source, and the text whose hash may keep it aside."""

    text: str
    label: int
    source: int
    key: str


def _untranslated(folder: Path) -> Iterator[SourcePassage]:
    """Passages of prose (1), then of remarks (0); each source has the number of its place among them."""
    for number, glob in enumerate((*PROSE.values(), *REMARKS.values())):
        label = int(number < len(PROSE))
        for text in first_passages(folder, glob, PASSAGES_PER_SOURCE):
            yield SourcePassage(text, label, number, text)


def _translated(folder: Path) -> Iterator[SourcePassage]:
    """Passages of pages in the order of a hash of their folder, so that no folder stands for all."""
    pages = sorted(
        datasets.translated_pages(datasets.folder_of(folder, datasets.TRANSLATIONS)),
        key=lambda page: hashlib.sha256(page[0].encode()).digest(),
    )
    for label in (1, 0):
        chosen = [(text, path) for text, kind, path in pages if kind == label]
        cut = ((passage, path) for text, path in chosen for passage in islice(passages_of(iter(text.splitlines())), 2))
        for passage, path in islice(cut, PASSAGES_PER_SOURCE):
            yield SourcePassage(passage, label, len(PROSE) + len(REMARKS) + label, path)


def first_passages(folder: Path, glob: str, number: int, any_rating: bool = False) -> list[str]:
    """So many passages of a source. UserError where there is none."""
    passages = list(islice(passages_of(source_lines(folder, glob, any_rating)), number))
    if not passages:
        raise UserError(f"nothing to learn from in {folder}", f"files like {glob}")
    return passages


def source_lines(folder: Path, glob: str, any_rating: bool = False) -> Iterator[str]:
    """Lines of prose, or one remark after another: of film reviews only those with a low rating, if not any."""
    for path in sorted(folder.glob(f"**/{glob}")):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as stream:
                yield from (line for row in csv.reader(stream) for line in MARKUP.sub(" ", row[-1]).splitlines())
        elif path.suffix == ".json":
            reviews = orjson.loads(path.read_bytes())
            yield from (review["review"] for review in reviews if any_rating or _is_low(review["rating"]))
        else:
            yield from MARKUP.sub(" ", datasets.prose(path.read_text(encoding="utf-8-sig"))).splitlines()


def _is_low(rating: str) -> bool:
    return rating.isdigit() and 1 <= int(rating) <= LOW_RATING


def passages_of(lines: Iterator[str]) -> Iterator[str]:
    """Lines joined by newlines until they are PASSAGE_CHARACTERS long or more."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line.strip())
        size += len(line)
        if size >= PASSAGE_CHARACTERS:
            yield "\n".join(filter(None, waiting))
            waiting, size = [], 0
