import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.features import Features, slots, sums
from malmoi.corpus.classify.normalise import as_read
from malmoi.corpus.kernels.buffers import string_buffers


def letters(text):
    return as_read(pa.array([text]), letters=True)[0].as_py()


def symbols(text):
    return as_read(pa.array([text]))[0].as_py()


@pytest.mark.parametrize(
    "disguised",
    [
        "시발",
        "시1발",
        "씨@발",
        "시 발",
        "시...발",
        "ㅅㅣ발",
        "ㅅ ㅣ ㅂ ㅏ ㄹ",
        "시\u200b발",
        "시ㅡ발".replace("ㅡ", "-"),
        unicodedata.normalize("NFD", "시발"),
        "시️발",
        "시★발",
    ],
)
def test_disguised_spellings_have_the_same_letters(disguised):
    assert letters(disguised) == "ㅅㅣㅂㅏㄹ"


def test_abbreviations_of_doubled_jamo_have_the_same_letters():
    assert letters("ㅆㅂ") == letters("ㅅㅂ") == letters("ㅅ1ㅂ") == "ㅅㅂ"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ＡＢＣ　１２３", "abc 000"),
        ("ㅋㅋㅋㅋㅋㅋㅋ", "ㅋㅋㅋ"),
        ("네\n\n\t  네", "네 네"),
        ("2024년 3월", "0000년 0월".replace("0000", "000")),
        ("漢字와 かな", "漢字와 かな"),
        ("좋아요😀😀", "좋아요★★"),
        ("ㆍ옛ㆎ", "ㆍ옛ㆎ"),
        ("", ""),
        ("\u200b\u200b", ""),
    ],
)
def test_plain_symbols_fold_width_case_digits_and_repeats(written, read):
    assert symbols(written) == read


def test_a_text_is_read_alike_alone_and_after_300_others():
    texts = ["같은 문장입니다"] + [f"다른 문장 {chr(0xAC00 + n)}" for n in range(300)] + ["같은 문장입니다"]
    features = Features(symbols=(1, 3), letters=(5, 5), bits=12)
    weights = np.arange(features.slots).astype(np.int8)
    totals, counts = sums(*string_buffers(pa.array(texts)), features, weights)
    assert totals[0] == totals[-1]
    assert counts[0] == counts[-1] > 10


def test_the_sum_of_weights_is_that_of_the_distinct_slots():
    texts = pa.array(["가나다 가나다 가나다", "", "ㅋㅋㅋ", "Hello 안녕", "끝" * 40_000, None])
    features = Features(symbols=(1, 4), letters=(4, 6), bits=14)
    weights = np.random.default_rng(0).integers(-127, 128, features.slots).astype(np.int8)
    totals, counts = sums(*string_buffers(texts), features, weights)
    indices, starts = slots(*string_buffers(texts), features)
    for text in range(len(texts)):
        own = indices[starts[text] : starts[text + 1]]
        assert len(set(own.tolist())) == len(own) == counts[text]
        assert totals[text] == weights[own].astype(int).sum()
    assert counts[1] == counts[5] == 0


def test_a_repeated_word_counts_once():
    features = Features(symbols=(1, 2))
    _, counts = sums(*string_buffers(pa.array(["가 가 가 가", "가 가"])), features, np.zeros(features.slots, np.int8))
    assert counts[0] == counts[1]


def test_a_long_text_is_read_in_windows_to_its_end():
    features = Features(symbols=(1, 1))
    text = "".join(chr(0xAC00 + n % 5000) for n in range(60_000)) + "끝"
    _, counts = sums(*string_buffers(pa.array([text])), features, np.zeros(features.slots, np.int8))
    assert 4_900 < counts[0] <= 5_002


def test_sliced_and_chunked_arrays_are_read_from_their_place():
    texts = pa.array(["버릴 것", "하나", "둘", "셋"])
    features = Features(symbols=(1, 2), bits=12)
    whole, _ = slots(*string_buffers(pa.array(["하나", "둘"])), features)
    part, _ = slots(*string_buffers(texts.slice(1, 2)), features)
    pieces, _ = slots(*string_buffers(pa.chunked_array([["하나"], ["둘"]])), features)
    assert whole.tolist() == part.tolist() == pieces.tolist()
