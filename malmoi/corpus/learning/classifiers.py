"""Learns the models that ship, each from its dataset: `malmoi corpus learn NAME DATA`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.corpus.classify import harm_types
from malmoi.corpus.classify.linear_model import LinearModel
from malmoi.corpus.learning import comment_datasets
from malmoi.corpus.learning.calibration import calibrated, expected_calibration_error
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
CALIBRATED = ("harm", "profanity")
"""Whose probabilities are fitted to texts unseen: people set limits on them."""


def dataset_named(name: str, data: Path, advertisements: Sequence[str] = ()) -> Dataset:
    """The dataset of a model; `data` holds its sets at any depth. UserError where there is no such model or data.

    advertisements: made ones (sample/plant.py), which "spam" alone is learned from.
    """
    if name not in DATASETS:
        raise UserError(f"no model {name!r} to learn", ", ".join(DATASETS), did_you_mean(name, list(DATASETS)))
    return spam(data, advertisements) if name == "spam" else DATASETS[name](data)


def learn_to_file(dataset: Dataset, path: Path, is_calibrated: bool = False) -> LinearModel:
    """Learns from the part that is not kept aside and writes the model to `path`: the same bytes for the same data."""
    model = learn(dataset.texts, dataset.labels, dataset.settings, dataset.guidance)
    if is_calibrated:
        model = calibrated(model, dataset)
    model.save(path)
    return model


def learn_named(name: str, data: Path, out: Path, advertisements: Sequence[str] = ()) -> dict[str, Any]:
    """Learns a model into `out`/NAME.npz; returns its file, texts learned from and kept aside, and how good it is.

    A folder of such files is what the setting `weights` of the learned step takes.
    """
    dataset = dataset_named(name, data, advertisements)
    out.mkdir(parents=True, exist_ok=True)
    model = learn_to_file(dataset, out / f"{name}.npz", name in CALIBRATED)
    if name == "harm":
        learn_types(data, out / harm_types.FOLDER)
    scores = model.score(dataset.aside_texts)
    sizes = {"texts": len(dataset.texts), "kept_aside": len(dataset.aside_texts)}
    measured = {"auroc": round(auroc_of(dataset.aside_labels, scores), 4)}
    if name in CALIBRATED:
        measured["calibration_error"] = round(expected_calibration_error(dataset.aside_labels, scores), 4)
    return {"file": str(out / f"{name}.npz"), **sizes, **measured, "note": model.note}


def learn_types(data: Path, out: Path) -> dict[str, float]:
    """Learns a model of each type of harm into `out`; returns the AUROC of each on the part kept aside."""
    out.mkdir(parents=True, exist_ok=True)
    measured = {}
    for name, dataset in comment_datasets.harm_types(data).items():
        model = learn_to_file(dataset, out / f"{name}.npz", is_calibrated=True)
        measured[name] = round(auroc_of(dataset.aside_labels, model.score(dataset.aside_texts)), 4)
    return measured


def auroc_of(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, first, tied = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (tied + 1) / 2, tied)
    ones = int(labels.sum())
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / max(1, ones * (len(labels) - ones)))
