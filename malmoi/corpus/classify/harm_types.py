"""What kind of harm a text holds: a second look, by a model of each type, at texts that score as harmful."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.linear_model import WEIGHTS, LinearModel, load_model
from malmoi.corpus.classify.scoring import SENTENCE_LANES, score
from malmoi.corpus.kernels.buffers import string_buffers

FOLDER = "harm_types"
HARMFUL = 0.5
"""Texts whose mean harm is below have no type: types are learnt on comments, and say nothing of harmless prose."""
CERTAIN = 0.5
"""A type is named where its probability in some sentence is at least this."""


def types_of(texts: pa.Array | pa.ChunkedArray, harm_mean: np.ndarray, folder: Path | None = None) -> pa.Array:
    """The types of each text, list<string>, alphabetical; null where `harm_mean` (texts,) is below HARMFUL.

    folder: of models learnt by yourself, whose harm_types/NAME.npz are taken in place of those of the package.
    """
    harmful = np.flatnonzero(harm_mean >= HARMFUL)
    names: list[list[str] | None] = [None] * len(harm_mean)
    if len(harmful):
        models = _models(folder)
        data, offsets = string_buffers(texts.take(pa.array(harmful)))
        highest = _highest(data, offsets, list(models.values()))
        for row, probabilities in zip(harmful, highest, strict=True):
            names[row] = [name for name, share in zip(models, probabilities, strict=True) if share >= CERTAIN]
    return pa.array(names, pa.list_(pa.string()))


def _highest(data: np.ndarray, offsets: np.ndarray, models: list[LinearModel]) -> np.ndarray:
    """The highest probability of a sentence, float64 (texts, models): so many models in one reading as have room."""
    parts = [
        score(data, offsets, models[0].features, [], [model.parameters for model in models[at : at + SENTENCE_LANES]])
        for at in range(0, len(models), SENTENCE_LANES)
    ]
    return np.concatenate([part.highest for part in parts], axis=1)


@cache
def _models(folder: Path | None) -> dict[str, LinearModel]:
    """By name, in alphabetical order."""
    own = folder / FOLDER if folder is not None else WEIGHTS / FOLDER
    return {path.stem: load_model(path) for path in sorted((own if own.is_dir() else WEIGHTS / FOLDER).glob("*.npz"))}
