import random

import numpy as np
import pyarrow as pa
import pytest
from small_batches import sentences

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.clusters import choose, flatten, link
from malmoi.corpus.kernels.signatures import EMPTY, band_keys, sign, similarity, sketches
from malmoi.corpus.sample.plant import char5_jaccard


def signed(*texts):
    return sign(*string_buffers(pa.array(texts, pa.large_string())), 5, 100)


def changed(text, share, seed):
    chance = random.Random(seed)
    return "".join(letter if chance.random() > share else chr(chance.randrange(0xAC00, 0xD7A4)) for letter in text)


def test_estimate_is_unbiased_and_within_the_binomial_error():
    ones = [sentences(number) for number in range(120)]
    others = [changed(text, 0.01 + number % 10 / 100, number) for number, text in enumerate(ones)]
    signatures, _, _ = signed(*ones, *others)
    small = sketches(signatures)
    true = np.array([char5_jaccard(one, other) for one, other in zip(ones, others, strict=True)])
    estimated = np.array([similarity(small[k], small[k + 120]) for k in range(120)])
    assert abs((estimated - true).mean()) < 0.015
    assert (estimated - true).std() < 0.06


def test_spacing_punctuation_and_case_do_not_change_a_signature():
    one, two, _ = signed("오늘 ABC를 배웠다. 참 좋다!", "오늘abc 를배웠다참좋다", "전혀 다른 글이다")[0]
    assert (one == two).all()


def test_fingerprint_sees_punctuation_but_not_white_space():
    _, fingerprints, _ = signed("1.5배 늘었다", "1.5배  늘었다\n", "15배 늘었다", "!!!", "...")
    assert (fingerprints[0] == fingerprints[1]).all()
    assert len({tuple(row) for row in fingerprints.tolist()}) == 4


def test_text_without_letters_has_no_shingle_and_an_empty_signature():
    signatures, _, shingles = signed("... !!! 🎉", "", "가", "가나다라", "가나다라마")
    assert shingles.tolist() == [0, 0, 1, 1, 1]
    assert (signatures[:2] == EMPTY).all()
    assert (signatures[2:] != EMPTY).all()


def test_close_copies_share_a_band_and_strangers_do_not():
    text = sentences(7)
    keys = band_keys(signed(text, changed(text, 0.02, 1), sentences(8))[0], 20)
    assert (keys[0] == keys[1]).any()
    assert not (keys[0] == keys[2]).any()
    assert keys.shape == (3, 20)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_clusters_do_not_depend_on_the_order_of_a_bucket(order):
    text = sentences(9)
    signatures, _, _ = signed(text, changed(text, 0.01, 1), changed(text, 0.01, 2), sentences(10))
    parents = np.arange(4)
    link(np.zeros(4, np.uint64), np.array(order), sketches(signatures), 0.7, parents)
    flatten(parents)
    assert parents.tolist() == [0, 0, 0, 3]


def test_document_at_the_end_of_a_chain_stays_where_it_is_unlike_the_best():
    text = sentences(11) + sentences(12)
    chain = [text, changed(text, 0.04, 1), changed(changed(text, 0.04, 1), 0.05, 2)]
    small = sketches(signed(*chain)[0])
    assert similarity(small[0], small[1]) >= 0.6 > similarity(small[0], small[2])
    stands_for, alike = np.arange(3), np.full(3, np.nan)
    choose(np.arange(3), np.zeros(3, np.int64), small, 0.6, stands_for, alike)
    assert stands_for.tolist() == [0, 0, 2]
    assert np.isnan(alike).tolist() == [True, False, True]
