"""The tree learner."""

import numpy as np

from malmoi.corpus.html.boosting import log_odds
from malmoi.corpus.html.region_model import logistic
from malmoi.corpus.learning.boosting import Boosting, boost


def table(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    features = np.random.default_rng(seed).random((rows, 6), np.float32)
    return features, ((features[:, 0] > 0.5) ^ (features[:, 3] > 0.3)).astype(np.float32)


def test_trees_learn_an_exclusive_or_and_tell_it_on_new_rows():
    features, labels = table(4000)
    trees = boost(features, labels, np.ones(4000, np.float32), Boosting(num_trees=60, column_share=0.7))
    features, labels = table(1000, seed=1)
    assert ((logistic(log_odds(features, *trees)) > 0.5) == labels).mean() > 0.97


def test_the_same_seed_gives_the_same_trees_and_another_seed_others():
    features, labels = table(500)
    ones = np.ones(500, np.float32)
    first, again, other = (boost(features, labels, ones, Boosting(num_trees=5, seed=seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first.leaf == other.leaf).all()


def test_rows_without_weight_change_nothing():
    features, labels = table(2000)
    weights = (np.arange(2000) < 1000).astype(np.float32)
    labels[1000:] = 1 - labels[1000:]
    trees = boost(features, labels, weights, Boosting(num_trees=60, column_share=0.7))
    assert ((logistic(log_odds(features[:1000], *trees)) > 0.5) == labels[:1000]).mean() > 0.97


def test_columns_of_one_value_are_no_trouble():
    trees = boost(
        np.ones((50, 3), np.float32), np.zeros(50, np.float32), np.ones(50, np.float32), Boosting(num_trees=3)
    )
    assert (log_odds(np.ones((2, 3), np.float32), *trees) < 0).all()
