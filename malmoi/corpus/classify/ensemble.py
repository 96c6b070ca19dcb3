"""The scores that a document gets, all models in one reading: of the document as a whole, and of its sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.columns import OF_DOCUMENTS, OF_SENTENCES
from malmoi.corpus.classify.linear_model import WEIGHTS, LinearModel, load_model, probability
from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.classify.scoring import LinearParameters, interleave, score
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.kit.errors import UserError


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Models that read the same features, ready to score. table: uint64 (slots,), see scoring.py."""

    features: Features
    documents: tuple[LinearParameters, ...]
    sentences: tuple[LinearParameters, ...]
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


def ensemble_of(models: Mapping[str, LinearModel]) -> Ensemble:
    """All of OF_DOCUMENTS and OF_SENTENCES together. UserError where their features differ."""
    features = models[OF_DOCUMENTS[0]].features
    for name, model in models.items():
        if model.features != features:
            raise UserError(f"model {name!r} reads {model.features}", f"{features} like the others")
    documents, sentences = (tuple(models[name].parameters for name in names) for names in (OF_DOCUMENTS, OF_SENTENCES))
    return Ensemble(features, documents, sentences, interleave(documents, sentences, features.slots))


def load_ensemble(folder: Path | None = None) -> Ensemble:
    """The models of the package; those for which the folder `folder` holds NAME.npz are taken from there.

    Read once a process, and again when a file of `folder` has changed.
    """
    files = sorted(folder.glob("*.npz")) if folder is not None else []
    return _load(folder, tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@cache
def _load(folder: Path | None, _stamps: tuple[tuple[int, int], ...]) -> Ensemble:
    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder} is no folder", "a folder of learned models, like value.npz")
    files = {name: WEIGHTS / f"{name}.npz" for name in (*OF_DOCUMENTS, *OF_SENTENCES)}
    if folder is not None:
        files |= {name: folder / f"{name}.npz" for name in files if (folder / f"{name}.npz").exists()}
    return ensemble_of({name: load_model(path) for name, path in files.items()})


def score_texts(texts: Sequence[str]) -> list[dict[str, Any]]:
    """One dict a text, for JSON: `language`, `quality`, the COLUMNS, and `features` by name (None: it says nothing)."""
    from malmoi.corpus.kernels import languages, quality_features

    array = pa.array(texts, pa.large_string())
    measured = quality_features.measure(*string_buffers(array))
    scores = {"quality": quality_features.quality(measured), **load_ensemble().score(array)}
    language = pa.array(languages.language(measured)).to_pylist()
    return [
        {
            "language": language[number],
            **{name: round(float(column[number]), 4) for name, column in scores.items()},
            "features": {
                name: None if np.isnan(share) else round(float(share), 4)
                for name, share in zip(quality_features.FEATURES, row, strict=True)
            },
        }
        for number, row in enumerate(measured)
    ]
