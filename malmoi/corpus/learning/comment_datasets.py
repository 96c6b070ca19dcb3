"""What the "harm" and "profanity" models are learned from: two sets of labelled comments, each with help of the other.

Each is measured on the part of its own set that is kept aside. What counts how much was chosen by cross-validation on
the learning part (docs/concepts/learned_scores.md).
"""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.learning.datasets import Dataset, dataset_of, folder_of, kept_aside
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.corpus.learning.value_dataset import PROSE, source_lines
from malmoi.kit.errors import UserError

HATE, OFFENCE, CURSE = 2.0, 0.7, 0.3
"""What a comment counts in the harm dataset, one without harm being 1: people agree on hate and hardly on offence."""
OTHER_SET = 0.2
"""What a comment of the other set counts in the profanity dataset: hate, or none; offence says nothing of swearing."""
NEUTRAL = 0.1
"""What a line of prose counts in both. At 0.3 it costs AUROC 0.005, at 0.1 nothing (November 2026)."""
PROSE_LINES, PROSE_CHARACTERS = 600, (40, 200)
"""Lines of each source; the shortest line, and where a longer one is cut."""


class WeightedComment(NamedTuple):
    """A text, its label (0 or 1), and what it counts."""

    text: str
    label: int
    importance: float


def harm(data: Path) -> Dataset:
    """Hate or offence (1) against none in comments on entertainment news; swearing of the other set is learned too."""
    counts = {"hate": HATE, "offensive": OFFENCE, "none": 1.0}
    news = [WeightedComment(text, int(grade != "none"), counts[grade]) for text, grade in _news_comments(data)]
    curses = [WeightedComment(text, 1, CURSE) for text, label in _forum_comments(data) if label]
    note = "kocohub_hate train.tsv (CC BY-SA 4.0): hate or offensive against none; curses of curse_detection; prose"
    return _dataset_of(news, curses + _prose(data), note)


def profanity(data: Path) -> Dataset:
    """Swearing and slurs (1) against none in forum comments; hate against none of the other set is learned too."""
    graded = [(text, grade) for text, grade in _news_comments(data) if grade != "offensive"]
    news = [WeightedComment(text, int(grade == "hate"), OTHER_SET) for text, grade in graded]
    note = "curse_detection dataset.txt (MIT); hate against none of kocohub_hate; prose (CC BY-SA 4.0)"
    forum = [WeightedComment(text, label, 1.0) for text, label in _forum_comments(data)]
    return _dataset_of(forum, news + _prose(data), note)


def _news_comments(data: Path) -> list[tuple[str, str]]:
    """Comments with their grade: hate, offensive or none."""
    rows = [line.split("\t") for line in _lines(folder_of(data, "kocohub_hate") / "labeled" / "train.tsv")][1:]
    return [(row[0], row[3]) for row in rows]


def _forum_comments(data: Path) -> list[tuple[str, int]]:
    """Comments with 1 for swearing or 0. The separator may stand in the text; broken lines are left out."""
    rows = [line.rpartition("|") for line in _lines(folder_of(data, "curse_detection") / "dataset.txt")]
    return [(text, int(label)) for text, _, label in rows if text.strip() and label.strip() in ("0", "1")]


def _prose(data: Path) -> list[WeightedComment]:
    """Lines of edited prose, taken for harmless, from as many of its sources as there are.

    Without them all prose scores in the middle, because it lacks the words of friendly comments as well.
    """
    shortest, longest = PROSE_CHARACTERS
    sources = ((line.strip() for line in source_lines(data, glob)) for glob in PROSE.values())
    lines = (islice((line[:longest] for line in source if len(line) >= shortest), PROSE_LINES) for source in sources)
    return [WeightedComment(line, 0, NEUTRAL) for source in lines for line in source]


def _dataset_of(measured: list[WeightedComment], others: list[WeightedComment], note: str) -> Dataset:
    """A dataset of a set's comments, of which a part is kept aside, and of others, which are only learned from.

    Of the others those are left out that would be kept aside in their own set.
    """
    comments = measured + [comment for comment in others if not kept_aside(comment.text)]
    aside = np.array([kept_aside(comment.text) for comment in comments])
    importance = np.array([comment.importance for comment in comments])[~aside]
    pairs = [(comment.text, comment.label) for comment in comments]
    return dataset_of(pairs, aside, LearnSettings(note=note), Guidance(importance))


def _lines(path: Path) -> list[str]:
    if not path.exists():
        raise UserError(f"{path} does not exist", "the unpacked labelled set")
    return path.read_text(encoding="utf-8").split("\n")[: -1 if path.stat().st_size else None]
