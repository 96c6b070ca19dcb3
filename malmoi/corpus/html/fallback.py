"""What stands for the core region of a page of which the model chose nothing, so that a page with text is not empty."""

import numpy as np

from malmoi.corpus.html.block_features import COLUMN, GOOD_LINK_SHARE, GOOD_WEIGHT

SHARE_OF_BEST = 0.5
"""A block is taken whose chance is at least this share of the best one of a good block; of any where none is good."""
LEAST_CHANCE = 0.1
"""Of the best good block, or of the best block where none is good; less is no text: an index of teasers, menus alone.

Of 766 labelled pages of unseen sites three have no chosen block: one has such a chance of 0.14, two no plain block.
"""


def likeliest(features: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The blocks that are most like text, bool (blocks,).

    features: float32 (blocks, columns) of block_features.py. chance: float32 (blocks,), of which none was chosen.
    """
    weight, link_share = features[:, COLUMN["weight"]], features[:, COLUMN["link_share"]]
    is_plain = link_share < GOOD_LINK_SHARE
    is_good = is_plain & (weight >= GOOD_WEIGHT)
    best = float(chance[is_good if is_good.any() else is_plain].max(initial=0.0))
    return is_plain & (chance >= SHARE_OF_BEST * best) & (best >= LEAST_CHANCE)
