"""What the "harm" and "profanity" models are learnt from: two sets of labelled comments, each with help of the other.

Each is measured on the part of its own set that is kept aside. What counts how much was chosen by cross-validation on
the learning part (docs/concepts/learned_scores.md).
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.learning.datasets import Lesson, folder_of, kept_aside, lesson_of
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.corpus.learning.value_dataset import PROSE, stretches
from malmoi.kit.errors import UserError

HATE, OFFENCE, CURSE = 2.0, 0.7, 0.3
"""What a text counts in the harm lesson, one without harm being 1: people agree on hate and hardly on offence."""
STRANGER = 0.2
"""What a comment of the other set counts in the profanity lesson: hate, or none; offence says nothing of swearing."""
NEUTRAL = 0.1
"""What a line of prose counts in both. At 0.3 it costs AUROC 0.005, at 0.1 nothing."""
PROSE_LINES, PROSE_CHARACTERS = 600, (40, 200)
"""Of each source; the shortest line, and where a longer one is cut."""


def harm(data: Path) -> Lesson:
    """Hate or offence (1) against none in comments on entertainment news; swearing from the other set is learnt too."""
    comments, remarks = _comments(data), _remarks(data)
    counts = {"hate": HATE, "offensive": OFFENCE, "none": 1.0}
    own = [Remark(text, int(grade != "none"), counts[grade]) for text, grade in comments]
    others = [Remark(text, 1, CURSE) for text, label in remarks if label] + _prose(data)
    note = "kocohub_hate train.tsv (CC BY-SA 4.0): hate or offensive against none; curses of curse_detection; prose"
    return _lesson_of_remarks(own, others, note)


def profanity(data: Path) -> Lesson:
    """Swearing and slurs (1) against none in forum comments; hate against none from the other set is learnt too."""
    others = [Remark(text, int(grade == "hate"), STRANGER) for text, grade in _comments(data) if grade != "offensive"]
    note = "curse_detection dataset.txt (MIT); hate against none of kocohub_hate; prose (CC BY-SA 4.0)"
    own = [Remark(text, label, 1.0) for text, label in _remarks(data)]
    return _lesson_of_remarks(own, others + _prose(data), note)


class Remark(NamedTuple):
    """A text, its label, and what it counts."""

    text: str
    label: int
    importance: float


def _comments(data: Path) -> list[tuple[str, str]]:
    """Comments with hate, offensive or none."""
    rows = [line.split("\t") for line in _lines(folder_of(data, "kocohub_hate") / "labeled" / "train.tsv")][1:]
    return [(row[0], row[3]) for row in rows]


def _remarks(data: Path) -> list[tuple[str, int]]:
    """Forum comments with 1 for swearing or 0. The separator may stand in the text; broken lines are left out."""
    rows = [line.rpartition("|") for line in _lines(folder_of(data, "curse_detection") / "dataset.txt")]
    return [(text, int(label)) for text, _, label in rows if text.strip() and label.strip() in ("0", "1")]


def _prose(data: Path) -> list[Remark]:
    """Lines of edited prose, taken for harmless, from as many of its sources as there are.

    Without them all prose scores in the middle, for it lacks the signs of friendly comments as well.
    """
    lines = (islice(_long_lines(data, glob), PROSE_LINES) for glob in PROSE.values())
    return [Remark(line, 0, NEUTRAL) for source in lines for line in source]


def _long_lines(data: Path, glob: str) -> Iterator[str]:
    for line in stretches(data, glob):
        if len(line.strip()) >= PROSE_CHARACTERS[0]:
            yield line.strip()[: PROSE_CHARACTERS[1]]


def _lesson_of_remarks(own: list[Remark], others: list[Remark], note: str) -> Lesson:
    """A lesson of a set's own remarks, and of others that are only learnt from: without those kept aside elsewhere."""
    remarks = own + [remark for remark in others if not kept_aside(remark.text)]
    aside = np.array([kept_aside(remark.text) for remark in remarks])
    importance = np.array([remark.importance for remark in remarks])[~aside]
    pairs = [(remark.text, remark.label) for remark in remarks]
    return lesson_of(pairs, aside, LearnSettings(note=note), Guidance(importance))


def _lines(path: Path) -> list[str]:
    if not path.exists():
        raise UserError(f"{path} does not exist", "the unpacked labelled set")
    return path.read_text(encoding="utf-8").split("\n")[: -1 if path.stat().st_size else None]
