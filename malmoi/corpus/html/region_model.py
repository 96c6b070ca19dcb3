"""The learned judgement: for every block of a page the chance that it belongs to the page's core region.

Two sets of boosted trees: the first sees a block and where it stands, the second sees also what the first said of the
blocks around it. Pages in wide scripts (Hangul, Kana, Chinese) have a pair of their own: what counts as the region
differs between labelled Korean pages of all kinds and labelled news of the West, and one pair for both costs the latter
F1 .005 (benchmarks/results). The weights lie beside this file. `malmoi corpus learn core-region` makes them again from
a folder in which pages.tar.zst and pages_kr.tar.zst are unpacked, and from the pages of page_layouts.py.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.html.block_features import COLUMN, GOOD_WEIGHT, block_features
from malmoi.corpus.html.block_features import NAMES as BLOCK_NAMES
from malmoi.corpus.html.boosting import Trees, log_odds
from malmoi.corpus.html.confidence import THRESHOLD
from malmoi.corpus.html.context import NAMES as CONTEXT_NAMES
from malmoi.corpus.html.context import context_features
from malmoi.corpus.html.scan import Scanned
from malmoi.kit.errors import UserError
from malmoi.kit.files import atomic_file

WEIGHTS = Path(__file__).with_name("weights.npz")
WIDE_COLUMN = COLUMN["wide_share_of_page"]
PAGES = ("wide", "narrow")
WIDE_THRESHOLD, NARROW_THRESHOLD = 0.4, 0.75
"""Chance above which a block is chosen: of a page in a wide script where a block of it is text for sure; of any other.

By site folds with the few trees of tests/gates: article extraction .9662 at .5, .9692 at .6, .9700 at .7, .9714 at .75,
.9719 at .8; fundus .9564, .9582, .9609, .9615, .9603; pages_kr .9829 with .4 (.4 was chosen on other folds of it).
"""
WIDE_SHARE = 0.1
"""A page with such a share of characters of three bytes or more is one in a wide script."""


class TreePair(NamedTuple):
    """Trees over block features, and trees over block features followed by context features."""

    first: Trees
    second: Trees


class RegionWeights(NamedTuple):
    """The trees for pages in wide scripts and those for all other pages; how sure they are.

    confidence: float32 (1 + confidence.NAMES + 1,): the fit of confidence.py, and the predicted F1 below which a page
    counts as unsure: a tenth of the pages of unseen sites lay below.
    """

    wide: TreePair
    narrow: TreePair
    confidence: np.ndarray

    def of(self, features: np.ndarray) -> TreePair:
        """The trees for a page with these features, float32 (blocks, columns)."""
        return self.wide if is_wide(features) else self.narrow

    def is_unsure(self, predicted: float) -> bool:
        """Whether a page of this predicted F1 is among the least sure."""
        return predicted < float(self.confidence[-1])


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
        wide, narrow = (
            TreePair(
                *(Trees(*(stored[f"{page}_{name}_{field}"] for field in Trees._fields)) for name in TreePair._fields)
            )
            for page in PAGES
        )
        return RegionWeights(wide, narrow, stored["confidence"])


def save_weights(weights: RegionWeights, path: Path) -> None:
    """Writes weights as plain arrays (npz); the same weights give the same bytes."""
    arrays = {
        f"{page}_{name}_{field}": array
        for page, pair in zip(PAGES, (weights.wide, weights.narrow), strict=True)
        for name, trees in pair._asdict().items()
        for field, array in trees._asdict().items()
    }
    arrays["confidence"] = weights.confidence
    names = np.array([*BLOCK_NAMES, *CONTEXT_NAMES])
    with atomic_file(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, names=names, **arrays)


def judge(page: np.ndarray, scanned: Scanned, weights: RegionWeights) -> tuple[np.ndarray, np.ndarray]:
    """For each block its probability of core region, float32 (blocks,), and its features, float32 (blocks, columns).

    page: uint8 (bytes,) in UTF-8, of which `scanned` was made.
    """
    features, style = block_features(page, scanned)
    pair = weights.of(features)
    first = logistic(log_odds(features, *pair.first))
    context = context_features(scanned, features, style, first)
    return logistic(log_odds(np.hstack([features, context]), *pair.second)), features


def chosen_blocks(features: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The blocks that are chosen, bool (blocks,), from what `judge` gave."""
    if not is_wide(features):
        return chance > NARROW_THRESHOLD
    is_sure = (chance > THRESHOLD) & (features[:, COLUMN["weight"]] >= GOOD_WEIGHT)
    return chance > (WIDE_THRESHOLD if is_sure.any() else THRESHOLD)


def is_wide(features: np.ndarray) -> bool:
    """Whether a page is in a wide script. features: float32 (blocks, columns)."""
    return bool(len(features)) and bool(features[0, WIDE_COLUMN] >= WIDE_SHARE)


def logistic(odds: np.ndarray) -> np.ndarray:
    """The logistic function of log odds, float32 (rows,)."""
    return 1 / (1 + np.exp(-odds))
