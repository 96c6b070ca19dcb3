"""The learned judgement: for every block of a page the chance that it belongs to the page's core region.

Two sets of boosted trees: the first sees a block and where it stands, the second sees also what the first said of the
blocks around it. The weights lie beside this file; `learn.py` makes them again.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.html.block_features import COLUMN, block_features
from malmoi.corpus.html.block_features import NAMES as BLOCK_NAMES
from malmoi.corpus.html.boosting import Trees, log_odds
from malmoi.corpus.html.context import NAMES as CONTEXT_NAMES
from malmoi.corpus.html.context import context_features
from malmoi.corpus.html.scan import Scanned
from malmoi.kit.errors import UserError
from malmoi.kit.files import atomic_file

WEIGHTS = Path(__file__).with_name("weights.npz")
THRESHOLD = 0.5
"""Chance from which a block is chosen. What the learner aims at; not tuned on any page."""


class Weights(NamedTuple):
    """Trees over block features, and trees over block features followed by context features."""

    first: Trees
    second: Trees


@cache
def shipped_weights() -> Weights:
    """The weights in the package."""
    return load_weights(WEIGHTS)


def load_weights(path: Path) -> Weights:
    """Weights from a file that `save_weights` wrote for these features."""
    with np.load(path, allow_pickle=False) as stored:
        if stored["names"].tolist() != [*BLOCK_NAMES, *CONTEXT_NAMES]:
            raise UserError(
                f"{path} was learned for other features",
                "weights of this version",
                "malmoi corpus learn core-region DATA",
            )
        return Weights(*(Trees(*(stored[f"{part}_{field}"] for field in Trees._fields)) for part in Weights._fields))


def save_weights(weights: Weights, path: Path) -> None:
    """Writes weights as plain arrays (npz); the same weights give the same bytes."""
    arrays = {
        f"{part}_{field}": getattr(getattr(weights, part), field) for part in Weights._fields for field in Trees._fields
    }
    names = np.array([*BLOCK_NAMES, *CONTEXT_NAMES])
    with atomic_file(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, names=names, **arrays)


def judge(page: np.ndarray, scanned: Scanned, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """For each block of the page (uint8) the chance that it is core region, float32 in 0..1, and its features."""
    features, style = block_features(page, scanned)
    first = as_chance(log_odds(features, *weights.first))
    context = context_features(scanned, features[:, COLUMN["weight"]], style, first)
    return as_chance(log_odds(np.hstack([features, context]), *weights.second)), features


def as_chance(odds: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-odds))
