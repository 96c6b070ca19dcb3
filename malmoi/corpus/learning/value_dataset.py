"""What the "value" model is learnt from: prose that somebody edited to inform, against remarks and complaints; and
documentation translated by people against the same by machine.

It measures informational value as far as these stand for it; docs/concepts/learned_scores.md says what it prefers.
Markup is taken out first: otherwise headings and tags are the best sign of prose. Remarks are joined until they are as
long as a piece of prose, so that length says nothing, every source counts alike, and an n-gram must come in three
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

from malmoi.corpus.learning.datasets import (
    TRANSLATIONS,
    Lesson,
    folder_of,
    kept_aside,
    lesson_of,
    prose,
    translated_pages,
)
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.kit.errors import UserError

PIECE_CHARACTERS = 600
PIECES_PER_SOURCE = 1500
LOW_RATING = 4
MINIMUM_SOURCES = 3

MARKUP = re.compile(r"<[^>]*>|[#*|\[\]{}]+|(?<= )/(?= )")

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
    """Prose (1) against remarks (0), people's translations (1) against a machine's (0). `folder` holds all of the data.

    All in pieces of about PIECE_CHARACTERS; translations are kept aside by their folder, all else by its own hash.
    """
    found = [*_untranslated(folder), *_translated(folder)]
    aside = np.array([kept_aside(piece.key) for piece in found])
    groups = np.array([piece.source for piece in found])[~aside]
    importance = np.ones(len(groups)) / np.bincount(groups)[groups]
    note = "value: prose, people's translations against remarks, a machine's (value_lesson.py; CC BY-SA 4.0)"
    settings = LearnSettings(minimum_groups=MINIMUM_SOURCES, passes=20, note=note)
    pairs = [(piece.text, piece.label) for piece in found]
    return lesson_of(pairs, aside, settings, Guidance(importance / importance.mean(), groups))


class Piece(NamedTuple):
    """A piece of a source, its label, the number of the source, and what decides whether it is kept aside."""

    text: str
    label: int
    source: int
    key: str


def _untranslated(folder: Path) -> Iterator[Piece]:
    for number, glob in enumerate((*PROSE.values(), *REMARKS.values())):
        label = int(number < len(PROSE))
        for text in first_pieces(folder, glob, PIECES_PER_SOURCE):
            yield Piece(text, label, number, text)


def _translated(folder: Path) -> Iterator[Piece]:
    """Pieces of pages in the order of a hash of their folder, so that no folder stands for all."""
    pages = sorted(
        translated_pages(folder_of(folder, TRANSLATIONS)), key=lambda page: hashlib.sha256(page[0].encode()).digest()
    )
    for label in (1, 0):
        chosen = [(text, place) for text, kind, place in pages if kind == label]
        cut = ((piece, place) for text, place in chosen for piece in islice(pieces(iter(text.splitlines())), 2))
        for piece, place in islice(cut, PIECES_PER_SOURCE):
            yield Piece(piece, label, len(PROSE) + len(REMARKS) + label, place)


def first_pieces(folder: Path, glob: str, number: int, any_rating: bool = False) -> list[str]:
    """So many pieces of a source. UserError where there is none."""
    found = list(islice(pieces(stretches(folder, glob, any_rating)), number))
    if not found:
        raise UserError(f"nothing to learn from in {folder}", f"files like {glob}")
    return found


def stretches(folder: Path, glob: str, any_rating: bool = False) -> Iterator[str]:
    """Lines of prose, or one remark after another: of film reviews only those with a low rating, if not any."""
    for path in sorted(folder.glob(f"**/{glob}")):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as stream:
                yield from (line for row in csv.reader(stream) for line in MARKUP.sub(" ", row[-1]).splitlines())
        elif path.suffix == ".json":
            reviews = orjson.loads(path.read_bytes())
            yield from (review["review"] for review in reviews if any_rating or _is_low(review["rating"]))
        else:
            yield from MARKUP.sub(" ", prose(path.read_text(encoding="utf-8-sig"))).splitlines()


def _is_low(rating: str) -> bool:
    return rating.isdigit() and 1 <= int(rating) <= LOW_RATING


def pieces(lines: Iterator[str]) -> Iterator[str]:
    """Lines joined by newlines until they are PIECE_CHARACTERS long or more."""
    waiting: list[str] = []
    size = 0
    for stretch in lines:
        waiting.append(stretch.strip())
        size += len(stretch)
        if size >= PIECE_CHARACTERS:
            yield "\n".join(filter(None, waiting))
            waiting, size = [], 0
