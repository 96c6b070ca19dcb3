"""What the "harm" and "profanity" models and the types of harm are learned from: five sets of labelled comments.

A fifth of each set is kept aside by a hash of the text (datasets.py). What counts how much was chosen by
cross-validation on two of the other four fifths (docs/concepts/learned_scores.md).
"""

import csv
import tomllib
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.learning.datasets import Dataset, dataset_of, folder_of, kept_aside
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.corpus.learning.value_dataset import PROSE, source_lines
from malmoi.kit.errors import UserError

HARMLESS = Path(__file__).with_name("harmless.toml")
INNOCENT = 4.0
"""What a sentence of HARMLESS counts: there are few, and each stands for a kind."""
NEUTRAL = 0.1
"""What a line of prose counts. At 0.3 it costs AUROC 0.005, at 0.1 nothing (November 2026)."""
PROSE_LINES, PROSE_CHARACTERS = 600, (40, 200)
"""Lines of each source; the shortest line, and where a longer one is cut."""
HARM_COST, PROFANITY_COST, TYPE_COST = 5.0, 20.0, 10.0
"""Of an error against the penalty on weights: the best of 1, 3, 5, 10, 20, 40 in cross-validation (November 2026)."""

OFFENCE = 0.5
"""What a comment counts that kocohub calls offensive: people agree on hate and hardly on offence."""
HARM_IMPORTANCE = {"kmhas": 1.0, "kocohub": 1.0, "apeach": 0.3, "kodoli": 0.3, "curse": 0.3}
PROFANITY_IMPORTANCE = {"curse": 1.0, "kmhas": 0.3, "kodoli": 0.2, "kocohub": 0.2}
"""What a comment of each set counts. One model serves all: with 0.6 for K-MHaS kocohub gains AUROC 0.002 and K-MHaS
loses 0.006."""

LEARNT_ONLY = ("prose", "harmless")

NO_HATE, SWEARING = 8, 3
TYPES = {0: "origin", 1: "appearance", 2: "politics", 3: "profanity", 4: "age", 5: "gender", 6: "origin", 7: "religion"}
"""The classes of K-MHaS. Race (6) has 24 comments, too few to learn from; it goes with origin."""

KODOLI_HARM = {
    ("NON", "NOT"): 0.0,
    ("ABS", "OFFEN"): 1.0,
    ("ABS", "LIKELY"): 0.8,
    ("NON", "OFFEN"): 0.8,
    ("ABS", "NOT"): 0.5,
    ("NON", "LIKELY"): 0.5,
}
"""Its two labels, abuse and offensiveness, as a probability of harm: where they differ, people are unsure."""


class Comment(NamedTuple):
    """A comment of a set. label: the probability of its class, 0..1; importance: what it counts."""

    of: str
    text: str
    label: float
    importance: float


def harm(data: Path) -> Dataset:
    """Hate, abuse or offence (1) against none, in comments on news and in forums."""
    note = "harm: K-MHaS validation part, APEACH, kocohub, KODOLI (CC BY-SA 4.0), curse_detection (MIT); prose"
    return dataset_of_comments(
        [*harm_comments(data), *_harmless(), *_prose(data)], LearnSettings(cost=HARM_COST, note=note)
    )


def profanity(data: Path) -> Dataset:
    """Swearing and slurs (1) against none."""
    note = "profanity: curse_detection (MIT), K-MHaS validation part, KODOLI, kocohub (CC BY-SA 4.0); prose"
    comments = [*profanity_comments(data), *_harmless(), *_prose(data)]
    return dataset_of_comments(comments, LearnSettings(cost=PROFANITY_COST, note=note))


def harm_comments(data: Path) -> list[Comment]:
    """The comments that "harm" is learned from and measured on, all of every set."""
    labels = [
        *(("kmhas", text, float(classes != {NO_HATE}), 1.0) for text, classes in kmhas(data)),
        *(("kocohub", text, float(grade != "none"), OFFENCE if grade == "offensive" else 1.0)
          for text, grade in _kocohub(data)),
        *(("apeach", text, float(is_hate), 1.0) for text, is_hate in _apeach(data)),
        *(("kodoli", text, KODOLI_HARM[both], 1.0) for text, both in _kodoli(data)),
        *(("curse", text, 1.0, 1.0) for text, is_curse in _curses(data) if is_curse),
    ]  # fmt: skip
    return [Comment(of, text, label, HARM_IMPORTANCE[of] * counts) for of, text, label, counts in labels]


def profanity_comments(data: Path) -> list[Comment]:
    """The comments that "profanity" is learned from and measured on. Hate without a bad word is left out."""
    labels = [
        *(("curse", text, float(is_curse)) for text, is_curse in _curses(data)),
        *(("kmhas", text, float(SWEARING in classes)) for text, classes in kmhas(data)
          if SWEARING in classes or classes == {NO_HATE}),
        *(("kodoli", text, float(both[0] == "ABS")) for text, both in _kodoli(data) if both != ("ABS", "NOT")),
        *(("kocohub", text, float(grade == "hate")) for text, grade in _kocohub(data) if grade != "offensive"),
    ]  # fmt: skip
    return [Comment(of, text, label, PROFANITY_IMPORTANCE[of]) for of, text, label in labels]


def harm_types(data: Path) -> dict[str, Dataset]:
    """By type of harm: comments of K-MHaS that are of it (1) against all others of the set."""
    comments = kmhas(data)
    note = "K-MHaS validation part, one class against the others (CC BY-SA 4.0)"
    return {
        name: dataset_of_comments(
            [Comment("kmhas", text, float(name in _types_of(classes)), 1.0) for text, classes in comments],
            LearnSettings(cost=TYPE_COST, note=f"harm type {name}: {note}"),
        )
        for name in dict.fromkeys(TYPES.values())
    }


def _types_of(classes: set[int]) -> set[str]:
    return {TYPES[number] for number in classes if number in TYPES}


def dataset_of_comments(comments: list[Comment], settings: LearnSettings) -> Dataset:
    """A dataset of which a fifth by the hash of the text is kept aside: without prose and without unsure labels."""
    aside = np.array([comment.of != "harmless" and kept_aside(comment.text) for comment in comments])
    importance = np.array([comment.importance for comment in comments])[~aside]
    measured = [comment.of not in LEARNT_ONLY and comment.label in (0.0, 1.0) for comment in comments]
    used = ~aside | np.array(measured)
    pairs = [(comment.text, comment.label) for comment, is_used in zip(comments, used, strict=True) if is_used]
    return dataset_of(pairs, aside[used], settings, Guidance(importance))


def kmhas(data: Path) -> list[tuple[str, set[int]]]:
    """Comments on news with their classes (TYPES, or NO_HATE alone). A text in quotation marks has lost its own."""
    rows = [line.rpartition("\t") for line in _lines(folder_of(data, "kmhas") / "kmhas_valid.txt")[1:] if line]
    return [(_unquoted(text), {int(number) for number in classes.split(",")}) for text, _, classes in rows]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _apeach(data: Path) -> list[tuple[str, bool]]:
    return [(row["text"], row["class"] == "Spoiled") for row in _rows(folder_of(data, "apeach") / "test.csv")]


def _kodoli(data: Path) -> list[tuple[str, tuple[str, str]]]:
    """Comments with abuse (ABS or NON) and offensiveness (NOT, LIKELY, OFFEN): the half that is open for training."""
    rows = _rows(folder_of(data, "kodoli") / "data" / "kodoli.csv")
    return [(row["sentences"], (row["abuse"], row["offensiveness"])) for row in rows]


def _kocohub(data: Path) -> list[tuple[str, str]]:
    """Comments on entertainment news with their grade: hate, offensive or none."""
    rows = [line.split("\t") for line in _lines(folder_of(data, "kocohub_hate") / "labeled" / "train.tsv")][1:]
    return [(row[0], row[3]) for row in rows]


def _curses(data: Path) -> list[tuple[str, bool]]:
    """Forum comments, and whether they swear. The separator may stand in the text; broken lines are left out."""
    rows = [line.rpartition("|") for line in _lines(folder_of(data, "curse_detection") / "dataset.txt")]
    return [(text, label.strip() == "1") for text, _, label in rows if text.strip() and label.strip() in ("0", "1")]


def _harmless() -> list[Comment]:
    """Sentences with the letters of a bad word, or about one. They are only learned from, all of them."""
    kinds = tomllib.loads(HARMLESS.read_text(encoding="utf-8"))
    return [Comment("harmless", text, 0.0, INNOCENT) for texts in kinds.values() for text in texts]


def _prose(data: Path) -> list[Comment]:
    """Lines of edited prose, taken for harmless, from as many of its sources as there are.

    Without them all prose scores in the middle, because it lacks the words of friendly comments as well. They are only
    learned from.
    """
    shortest, longest = PROSE_CHARACTERS
    sources = ((line.strip() for line in source_lines(data, glob)) for glob in PROSE.values())
    lines = (islice((line[:longest] for line in source if len(line) >= shortest), PROSE_LINES) for source in sources)
    return [Comment("prose", line, 0.0, NEUTRAL) for source in lines for line in source]


def _rows(path: Path) -> list[dict[str, str]]:
    with _there(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _lines(path: Path) -> list[str]:
    return _there(path).read_text(encoding="utf-8").split("\n")[: -1 if path.stat().st_size else None]


def _there(path: Path) -> Path:
    if not path.exists():
        raise UserError(f"{path} does not exist", "the unpacked labelled set")
    return path
