"""Learns the models that ship, each from its dataset: `malmoi corpus learn NAME DATA`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.corpus.classify.linear_model import LinearModel
from malmoi.corpus.learning.comment_datasets import harm, profanity
from malmoi.corpus.learning.datasets import Dataset, human_translation
from malmoi.corpus.learning.linear_learner import learn
from malmoi.corpus.learning.spam_dataset import spam
from malmoi.corpus.learning.value_dataset import value
from malmoi.kit.errors import UserError, did_you_mean

DATASETS: dict[str, Callable[..., Dataset]] = {
    "harm": harm,
    "profanity": profanity,
    "human_translation": human_translation,
    "value": value,
    "spam": spam,
}
"""By name of the model: how its dataset is read from the folder of all data."""


def dataset_named(name: str, data: Path, advertisements: Sequence[str] = ()) -> Dataset:
    """The dataset of a model; `data` holds its sets at any depth. UserError where there is no such model or data.

    advertisements: made ones (sample/plant.py), which "spam" alone is learned from.
    """
    if name not in DATASETS:
        raise UserError(f"no model {name!r} to learn", ", ".join(DATASETS), did_you_mean(name, list(DATASETS)))
    return spam(data, advertisements) if name == "spam" else DATASETS[name](data)


def learn_to_file(dataset: Dataset, path: Path) -> LinearModel:
    """Learns from the part that is not kept aside and writes the model to `path`: the same bytes for the same data."""
    model = learn(dataset.texts, dataset.labels, dataset.settings, dataset.guidance)
    model.save(path)
    return model


def learn_named(name: str, data: Path, out: Path, advertisements: Sequence[str] = ()) -> dict[str, Any]:
    """Learns a model into `out`/NAME.npz; returns its file, texts learned from and kept aside, AUROC on the latter.

    A folder of such files is what the setting `weights` of the learned step takes.
    """
    dataset = dataset_named(name, data, advertisements)
    out.mkdir(parents=True, exist_ok=True)
    model = learn_to_file(dataset, out / f"{name}.npz")
    auroc = auroc_of(dataset.aside_labels, model.score(dataset.aside_texts))
    sizes = {"texts": len(dataset.texts), "kept_aside": len(dataset.aside_texts)}
    return {"file": str(out / f"{name}.npz"), **sizes, "auroc": round(auroc, 4), "note": model.note}


def auroc_of(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, first, tied = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (tied + 1) / 2, tied)
    ones = int(labels.sum())
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / max(1, ones * (len(labels) - ones)))
