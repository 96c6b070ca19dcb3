"""What kind of harm a text holds: a second look, by a model of each type, at texts that score as harmful."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.classify.scoring import SENTENCE_LANES, LinearParameters, interleave, score
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
        models, groups = _models(folder)
        data, offsets = string_buffers(texts.take(pa.array(harmful)))
        highest = [score(data, offsets, group.features, [], group.models, group.table).highest for group in groups]
        for row, probabilities in zip(harmful, np.concatenate(highest, axis=1), strict=True):
            names[row] = [name for name, share in zip(models, probabilities, strict=True) if share >= CERTAIN]
    return pa.array(names, pa.list_(pa.string()))


class _Group(NamedTuple):
    """As many models as one reading has room for. table: as `scoring.interleave` gives it."""

    features: Features
    models: list[LinearParameters]
    table: np.ndarray


@cache
def _models(folder: Path | None) -> tuple[list[str], list[_Group]]:
    """The names in alphabetical order, and the models in the same order by groups."""
    own = folder / FOLDER if folder is not None else WEIGHTS / FOLDER
    paths = sorted((own if own.is_dir() else WEIGHTS / FOLDER).glob("*.npz"))
    models = [load_model(path) for path in paths]
    groups = []
    for at in range(0, len(models), SENTENCE_LANES):
        features, chosen = models[at].features, [model.parameters for model in models[at : at + SENTENCE_LANES]]
        groups.append(_Group(features, chosen, interleave([], chosen, features.slots)))
    return [path.stem for path in paths], groups
