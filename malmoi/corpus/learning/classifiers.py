"""Teaches the models that ship, each from its lesson: `malmoi corpus learn NAME DATA`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.corpus.classify.linear_model import Model
from malmoi.corpus.learning.comment_datasets import harm, profanity
from malmoi.corpus.learning.datasets import Lesson, human_translation
from malmoi.corpus.learning.linear_learner import learn
from malmoi.corpus.learning.spam_dataset import spam
from malmoi.corpus.learning.value_dataset import value
from malmoi.kit.errors import UserError, did_you_mean

LESSONS: dict[str, Callable[..., Lesson]] = {
    "harm": harm,
    "profanity": profanity,
    "human_translation": human_translation,
    "value": value,
    "spam": spam,
}
"""By name of the model: how its lesson is read from the folder of all data."""


def lesson_named(name: str, data: Path, advertisements: Sequence[str] = ()) -> Lesson:
    """The lesson of a model; `data` holds its sets at any depth. UserError where there is no such model or data.

    advertisements: made ones (sample/plant.py), which "spam" alone is learnt from.
    """
    if name not in LESSONS:
        raise UserError(f"no lesson {name!r}", ", ".join(LESSONS), did_you_mean(name, list(LESSONS)))
    return spam(data, advertisements) if name == "spam" else LESSONS[name](data)


def teach(lesson: Lesson, path: Path) -> Model:
    """Learns from the lesson's own part and writes the model to `path`: the same bytes for the same data."""
    model = learn(lesson.texts, lesson.labels, lesson.settings, lesson.guidance)
    model.save(path)
    return model


def learn_named(name: str, data: Path, out: Path, advertisements: Sequence[str] = ()) -> dict[str, Any]:
    """Learns a model into `out`/NAME.npz; returns its file, texts learnt from and kept aside, AUROC on the latter.

    A folder of such files is what the setting `weights` of the learned step takes.
    """
    lesson = lesson_named(name, data, advertisements)
    out.mkdir(parents=True, exist_ok=True)
    model = teach(lesson, out / f"{name}.npz")
    auroc = area(lesson.aside_labels, model.score(lesson.aside_texts))
    sizes = {"texts": len(lesson.texts), "kept_aside": len(lesson.aside_texts)}
    return {"file": str(out / f"{name}.npz"), **sizes, "auroc": round(auroc, 4), "note": model.note}


def area(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, first, tied = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (tied + 1) / 2, tied)
    ones = int(labels.sum())
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / max(1, ones * (len(labels) - ones)))
