import random
import re

import numpy as np
import pyarrow as pa
import pytest
from small_batches import sentences

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.clusters import choose, flatten, join, pairs
from malmoi.corpus.kernels.letters import SPAN_BYTES
from malmoi.corpus.kernels.signatures import EMPTY, band_keys, sign, similarity, sketches
from malmoi.sample.plant import char5_jaccard


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
    join(*pairs(np.zeros(4, np.uint64), np.array(order)), sketches(signatures), 0.7, parents)
    flatten(parents)
    assert parents.tolist() == [0, 0, 0, 3]


def test_document_at_the_end_of_a_chain_stays_where_it_is_unlike_the_best():
    text = sentences(11) + sentences(12)
    chain = [text, changed(text, 0.04, 1), changed(changed(text, 0.04, 1), 0.05, 2)]
    small = sketches(signed(*chain)[0])
    assert similarity(small[0], small[1]) >= 0.45 > similarity(small[0], small[2])
    assert similarity(small[1], small[2]) >= 0.45
    stands_for, alike = np.arange(3), np.full(3, np.nan)
    choose(np.arange(3), np.zeros(3, np.int64), small, 0.45, stands_for, alike)
    assert stands_for.tolist() == [0, 0, 2]
    assert np.isnan(alike).tolist() == [True, False, True]


def test_documents_of_an_older_corpus_stay_and_copies_of_each_go():
    """The second of the older ones is like the first; what is like the second alone would stay, were it not there."""
    text = sentences(11) + sentences(12)
    chain = [text, changed(text, 0.04, 1), changed(changed(text, 0.04, 1), 0.05, 2)]
    small = sketches(signed(*chain)[0])
    stands_for, alike = np.arange(3), np.full(3, np.nan)
    choose(np.arange(3), np.zeros(3, np.int64), small, 0.45, stands_for, alike, 2)
    assert stands_for.tolist() == [0, 1, 1]
    assert np.isnan(alike).tolist() == [True, True, False]


@pytest.mark.parametrize(("window", "step"), [(10, 1), (14, 2), (16, 2), (18, 2), (20, 2), (20, 3), (24, 3), (30, 4)])
@pytest.mark.parametrize("seed", [3, 4, 6])
def test_of_a_text_that_slides_no_sentence_is_lost(window, step, seed):
    whole = re.split(
        r"(?<=[.?!]) ", " ".join(sentences(seed * 100 + number) for number in range(12)).replace("\n", " ")
    )
    slides = [whole[first : first + window] for first in range(0, 60 - window, step)]
    documents = [" ".join(slide) for slide in slides]
    order = np.random.default_rng(seed).permutation(len(documents))  # the best may lie anywhere
    small = sketches(signed(*(documents[place] for place in order))[0])
    parents = np.arange(len(order))
    join(*np.triu_indices(len(order), 1), small, 0.7, parents)
    flatten(parents)
    by_cluster = np.argsort(parents, kind="stable")
    stands_for, alike = np.arange(len(order)), np.full(len(order), np.nan)
    choose(by_cluster, parents, small, 0.7, stands_for, alike)
    stay = np.flatnonzero(stands_for == np.arange(len(order)))
    kept = {sentence for place in stay for sentence in slides[order[place]]}
    assert {sentence for slide in slides for sentence in slide} - kept == set()
    assert len(stay) < len(order)


def test_copies_of_one_text_go_though_they_are_unlike_each_other():
    """A star has two steps between its points: the best one, its middle, stays alone."""
    text = sentences(21) + sentences(22)
    star = [text, *(changed(text, 0.04, seed) for seed in range(1, 7))]
    small = sketches(signed(*star)[0])
    stands_for, alike = np.arange(7), np.full(7, np.nan)
    choose(np.arange(7), np.zeros(7, np.int64), small, 0.45, stands_for, alike)
    assert similarity(small[1], small[2]) < 0.45
    assert stands_for.tolist() == [0] * 7


@pytest.mark.parametrize(
    ("one", "other", "same_letters", "same_text"),
    [
        ("오늘 날씨가 좋다", "오늘날씨가 좋다 ", True, True),
        ("오늘 날씨가 좋다", "오늘 날씨가 좋다.", True, False),
        ("ABC 마트에 갔다", "abc 마트에 갔다", True, False),
        ("역사와 노동 이야기", "력사와 로동 이야기", False, False),  # 두음법칙
        ("제12조 시행령이다", "제１２조 시행령이다", False, False),  # full-width digits
        ("ㅋㅋㅋㅋㅋㅋㅋ 웃기다", "ㅋㅋㅋㅋㅋ 웃기다", True, False),  # a set does not count
        ("나랏말ᄊᆞ미 듕귁에", "나랏말싸미 듕귁에", False, False),  # old Hangul
        ("漢字를 섞어 쓴 글", "漢字를 섞어 쓴 글", True, True),
        (
            "한글은 쉽다 정말",
            "\u1112\u1161\u11ab글은 쉽다 정말",
            False,
            False,
        ),  # NFD is other code points: text is NFC by then
        ("오늘은 좋다 😀😀", "오늘은 좋다 🎉", True, False),
        ("𠀀𠀁𠀂𠀃𠀄 옛 한자", "옛 한자 𠀀𠀁𠀂𠀃𠀄", False, False),
        ("가\u200b나다라마바", "가나다라마바", True, True),  # a zero-width space is white space
        ("�����가나다라마", "가나다라마", True, False),
    ],
)
def test_what_counts_in_a_comparison(one, other, same_letters, same_text):
    signatures, fingerprints, _ = signed(one, other)
    assert (signatures[0] == signatures[1]).all() == same_letters
    assert (fingerprints[0] == fingerprints[1]).all() == same_text


def test_nothing_changes_where_a_span_ends():
    text = "".join(sentences(number) for number in range(20))
    words = text.split()
    spaced = [" " * shift + " ".join(words) for shift in range(7)]
    signatures, fingerprints, shingles = signed(text, "".join(words), *spaced)
    assert (signatures == signatures[0]).all()
    assert (fingerprints == fingerprints[0]).all()
    assert (shingles == len("".join(letter for letter in text if letter.isalnum())) - 4).all()


def test_signature_of_a_long_text_is_that_of_its_set_of_shingles():
    once = sentences(3) + "끝."
    twice, many = once * 2, once * (3 * SPAN_BYTES // len(once.encode()) + 2)
    signatures, _, _ = signed(twice, many)
    assert (signatures[0] == signatures[1]).all()


def test_signatures_do_not_depend_on_the_neighbours_in_a_batch():
    texts = [sentences(1), "", "가", "😀", sentences(2) * 3, "끝"]
    together = signed(*texts)
    assert [len(part) for part in together] == [len(texts)] * 3  # signatures, fingerprints, numbers of shingles
    for number, text in enumerate(texts):
        for alone, batch in zip(signed(text), together, strict=True):
            assert (alone[0] == batch[number]).all()


def test_short_texts_with_empty_bins_are_estimated_as_long_ones_are():
    ones = [sentences(number)[:60] for number in range(300)]
    others = [changed(text, 0.03, number) for number, text in enumerate(ones)]
    small = sketches(signed(*ones, *others)[0])
    true = np.array([char5_jaccard(one, other) for one, other in zip(ones, others, strict=True)])
    estimated = np.array([similarity(small[k], small[k + 300]) for k in range(300)])
    assert abs((estimated - true).mean()) < 0.02


def test_strangers_agree_in_one_byte_of_256():
    small = sketches(signed(*(chr(0xAC00 + 50 * k) * 3 + chr(0x4E00 + k) * 9 for k in range(200)))[0])
    chance = [similarity(small[k], small[k + 1]) for k in range(199)]
    assert abs(np.mean(chance)) < 0.01
