"""The learned judgement: for every block of a page the chance that it belongs to the page's core region.

Two sets of boosted trees: the first sees a block and where it stands, the second sees also what the first said of the
blocks around it. The weights lie beside this file. `malmoi corpus learn
core-region` makes them again, byte by byte, from the pages of pages.tar.zst (697 pages, checked in November 2026).
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
"""Probability above which a block is chosen: what the loss of the learner aims at, not tuned on any page."""


class RegionWeights(NamedTuple):
    """Trees over block features, and trees over block features followed by context features."""

    first: Trees
    second: Trees


@cache
def shipped_weights() -> RegionWeights:
    """The weights in the package."""
    return load_weights(WEIGHTS)


def load_weights(path: Path) -> RegionWeights:
    """Weights from a file that `save_weights` wrote. UserError where they were learned for other features."""
    with np.load(path, allow_pickle=False) as stored:
        if stored["names"].tolist() != [*BLOCK_NAMES, *CONTEXT_NAMES]:
            hint = "malmoi corpus learn core-region DATA"
            raise UserError(f"{path} was learned for other features", "weights of this version", hint)
        trees = (Trees(*(stored[f"{name}_{field}"] for field in Trees._fields)) for name in RegionWeights._fields)
        return RegionWeights(*trees)


def save_weights(weights: RegionWeights, path: Path) -> None:
    """Writes weights as plain arrays (npz); the same weights give the same bytes."""
    sets = weights._asdict().items()
    arrays = {f"{name}_{field}": array for name, trees in sets for field, array in trees._asdict().items()}
    names = np.array([*BLOCK_NAMES, *CONTEXT_NAMES])
    with atomic_file(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, names=names, **arrays)


def judge(page: np.ndarray, scanned: Scanned, weights: RegionWeights) -> tuple[np.ndarray, np.ndarray]:
    """For each block its probability of core region, float32 (blocks,), and its features, float32 (blocks, columns).

    page: uint8 (bytes,) in UTF-8, of which `scanned` was made.
    """
    features, style = block_features(page, scanned)
    first = logistic(log_odds(features, *weights.first))
    context = context_features(scanned, features[:, COLUMN["weight"]], style, first)
    return logistic(log_odds(np.hstack([features, context]), *weights.second)), features


def logistic(odds: np.ndarray) -> np.ndarray:
    """The logistic function of log odds, float32 (rows,)."""
    return 1 / (1 + np.exp(-odds))
