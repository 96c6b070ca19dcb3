"""How sure the core region is, and what stands for it where the model chose nothing."""

import numpy as np
import pytest

from malmoi.corpus.html.block_features import NAMES as COLUMNS
from malmoi.corpus.html.confidence import NAMES, confidence_features, predicted_f1
from malmoi.corpus.html.fallback import likeliest

FIT = np.array([0.1, 0.5, 0.4, 0.0, 0.0, 0.0], np.float32)


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_page_of_certain_blocks_is_surer_than_one_of_doubtful_blocks():
    weight = array(100, 100, 20)
    sure, torn = array(0.99, 0.98, 0.01), array(0.6, 0.55, 0.45)
    assert predicted_f1(weight, sure, FIT) > 0.95
    assert predicted_f1(weight, torn, FIT) < 0.85


def test_expected_precision_and_recall_are_by_weight():
    features = dict(zip(NAMES, confidence_features(array(300, 100), array(0.8, 0.4)), strict=True))
    assert features["expected_precision"] == pytest.approx(0.8)
    assert features["expected_recall"] == pytest.approx(240 / 280)
    assert features["switches"] == 1


def test_a_predicted_f1_is_no_less_than_0_and_no_more_than_1():
    assert predicted_f1(array(9), array(0.9), array(5, 0, 0, 0, 0, 0)) == 1.0
    assert predicted_f1(array(9), array(0.9), array(-5, 0, 0, 0, 0, 0)) == 0.0
    assert predicted_f1(array(), array(), FIT) == 0.0


def features(*rows: tuple[float, float]) -> np.ndarray:
    """Rows of features of which weight and share of links are given."""
    table = np.zeros((len(rows), len(COLUMNS)), np.float32)
    if rows:
        table[:, [COLUMNS.index("weight"), COLUMNS.index("link_share")]] = rows
    return table


def test_the_likeliest_text_stands_for_a_page_of_which_nothing_was_chosen():
    table = features((200, 0), (10, 0), (300, 1), (90, 0))
    assert likeliest(table, array(0.4, 0.3, 0.45, 0.1)).tolist() == [True, True, False, False]


def test_a_page_of_links_and_teasers_stays_empty():
    assert not likeliest(features((200, 1), (10, 1)), array(0.4, 0.4)).any()
    assert not likeliest(features((200, 0), (90, 0)), array(0.05, 0.01)).any()
    assert not likeliest(features(), array()).any()


def test_a_page_of_one_short_line_is_that_line():
    assert likeliest(features((8, 0), (30, 1)), array(0.2, 0.1)).tolist() == [True, False]
