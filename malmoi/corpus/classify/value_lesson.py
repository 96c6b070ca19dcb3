"""What the "value" model is learnt from: prose that somebody edited to inform, against remarks and complaints.

It measures informational value as far as these stand for it; docs/concepts/learned_scores.md says what it prefers.
Markup is taken out first: otherwise headings and tags are the best sign of prose. Remarks are joined until they are as
long as a piece of prose, so that length says nothing, every source counts alike, and an n-gram must come in more than
one source, so that neither law nor films are the difference.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import orjson

from malmoi.corpus.classify.features import Features
from malmoi.corpus.classify.learn import Guidance, LearnSettings
from malmoi.corpus.classify.lessons import Lesson, kept_aside, lesson_of, prose
from malmoi.kit.errors import UserError

PIECE_CHARACTERS = 600
PIECES_PER_SOURCE = 1500
LOW_RATING = 4
MINIMUM_SOURCES = 2

MARKUP = re.compile(r"<[^>]*>|[#*|\[\]]+")

PROSE = {
    "wikinews": "boddari/boddari/txt/wikinews.txt",
    "library_reviews": "boddari/boddari/txt/book_review01.txt",
    "react_docs": "react_docs_ko/src/content/**/*.md",
    "tensorflow_docs": "tensorflow_docs_ko/site/ko/**/*.md",
    "law": "law_kr/kr/[가-다]*/*.md",
}
REMARKS = {
    "comments": "kocohub_hate/unlabeled/*.txt",
    "low_rated_reviews": "nsmc_raw/raw/1[0-2]*.json",
}
"""Globs below any folder of the data."""


def value(folder: Path) -> Lesson:
    """Prose (1) against remarks (0), both in pieces of about PIECE_CHARACTERS. `folder` holds all of the data."""
    pieces: list[tuple[str, int]] = []
    sources: list[int] = []
    labelled = [(glob, 1) for glob in PROSE.values()] + [(glob, 0) for glob in REMARKS.values()]
    for number, (glob, label) in enumerate(labelled):
        found = list(islice(_pieces(_stretches(folder, glob)), PIECES_PER_SOURCE))
        if not found:
            raise UserError(f"nothing to learn from in {folder}", f"files like {glob}")
        pieces += [(piece, label) for piece in found]
        sources += [number] * len(found)
    aside = np.array([kept_aside(piece) for piece, _ in pieces])
    groups = np.array(sources)[~aside]
    importance = np.ones(len(groups)) / np.bincount(groups)[groups]
    note = "value: edited prose against comments and low-rated reviews (sources in value_lesson.py; CC BY-SA 4.0)"
    settings = LearnSettings(features=Features(symbols=(1, 3)), minimum_groups=MINIMUM_SOURCES, passes=20, note=note)
    return lesson_of(pieces, aside, settings, Guidance(importance / importance.mean(), groups))


def _stretches(folder: Path, glob: str) -> Iterator[str]:
    """Lines of prose, or one remark after another."""
    for path in sorted(folder.glob(f"**/{glob}")):
        if path.suffix == ".json":
            yield from (review["review"] for review in orjson.loads(path.read_bytes()) if _is_low(review["rating"]))
        else:
            yield from MARKUP.sub(" ", prose(path.read_text(encoding="utf-8-sig"))).splitlines()


def _is_low(rating: str) -> bool:
    return rating.isdigit() and 1 <= int(rating) <= LOW_RATING


def _pieces(stretches: Iterator[str]) -> Iterator[str]:
    """Stretches joined by newlines until they are long enough."""
    waiting: list[str] = []
    size = 0
    for stretch in stretches:
        waiting.append(stretch.strip())
        size += len(stretch)
        if size >= PIECE_CHARACTERS:
            yield "\n".join(filter(None, waiting))
            waiting, size = [], 0
