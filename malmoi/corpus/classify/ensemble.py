"""The scores that a document gets, all models in one reading: of the document as a whole, and of its sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.columns import OF_DOCUMENTS, OF_SENTENCES
from malmoi.corpus.classify.linear_model import WEIGHTS, Model, load, probability
from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.classify.scoring import Line, interleave, score
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.kit.errors import UserError


@dataclass(frozen=True, eq=False)
class Together:
    """Models that read the same features, ready to score: see scoring.py for the table."""

    features: Features
    documents: tuple[Line, ...]
    sentences: tuple[Line, ...]
    table: np.ndarray

    def score(self, texts: pa.Array | pa.ChunkedArray) -> dict[str, np.ndarray]:
        """The COLUMNS of texts: probabilities, float32. A null counts as an empty text."""
        data, offsets = string_buffers(texts)
        scored = score(data, offsets, self.features, self.documents, self.sentences, self.table)
        columns = {name: probability(scored.documents[:, lane]) for lane, name in enumerate(OF_DOCUMENTS)}
        for lane, name in enumerate(OF_SENTENCES):
            columns[name] = scored.highest[:, lane].astype(np.float32)
            columns[f"{name}_mean"] = scored.mean[:, lane].astype(np.float32)
        return columns


def join(models: Mapping[str, Model]) -> Together:
    """All of OF_DOCUMENTS and OF_SENTENCES together. UserError where their features differ."""
    features = models[OF_DOCUMENTS[0]].features
    for name, model in models.items():
        if model.features != features:
            raise UserError(f"model {name!r} reads {model.features}", f"{features} like the others")
    documents, sentences = (tuple(models[name].line for name in names) for names in (OF_DOCUMENTS, OF_SENTENCES))
    return Together(features, documents, sentences, interleave(documents, sentences, features.slots))


def together(own: Path | None = None) -> Together:
    """The models of the package; those for which the folder `own` holds NAME.npz are taken from there.

    Read once a process, and again when a file of `own` has changed.
    """
    files = sorted(own.glob("*.npz")) if own is not None else []
    return _together(own, tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@cache
def _together(own: Path | None, _stamps: tuple[tuple[int, int], ...]) -> Together:
    if own is not None and not own.is_dir():
        raise UserError(f"{own} is no folder", "a folder of learnt models, like value.npz")
    files = {name: WEIGHTS / f"{name}.npz" for name in (*OF_DOCUMENTS, *OF_SENTENCES)}
    if own is not None:
        files |= {name: own / f"{name}.npz" for name in files if (own / f"{name}.npz").exists()}
    return join({name: load(path) for name, path in files.items()})


def score_texts(texts: Sequence[str]) -> list[dict[str, Any]]:
    """One dict a text, for JSON: `language`, `quality`, the COLUMNS, and `features` by name (None: it says nothing)."""
    from malmoi.corpus.kernels import languages, quality_features

    array = pa.array(texts, pa.large_string())
    measured = quality_features.measure(*string_buffers(array))
    scores = {"quality": quality_features.quality(measured), **together().score(array)}
    language = pa.array(languages.language(measured)).to_pylist()
    return [
        {
            "language": language[place],
            **{name: round(float(column[place]), 4) for name, column in scores.items()},
            "features": {
                name: None if np.isnan(share) else round(float(share), 4)
                for name, share in zip(quality_features.FEATURES, row, strict=True)
            },
        }
        for place, row in enumerate(measured)
    ]
