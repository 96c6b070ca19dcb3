import itertools
import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.ngram_features import Features, slots
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.text.normalise import LETTER_COUNT, LETTERS, letter_table, read_sentence, symbol_table

SMALL = Features(bits=16)


def sentences(text):
    """The plain symbols of each sentence of a text, as the classifiers read them."""
    data, offsets = string_buffers(pa.array([text]))
    start, room = int(offsets[0]), np.zeros(len(data) + 3, np.uint16)
    while start < offsets[1]:
        count, start = read_sentence(data, start, offsets[1], symbol_table(), room)
        yield room[:count].copy()


def letters(text):
    packed = [int(value) for read in sentences(text) for value in letter_table()[read]]
    places = [value.to_bytes(4)[1:][3 - (value >> LETTER_COUNT) :] for value in packed]
    return "".join(LETTERS[place] for each in places for place in each)


def symbols(text):
    return " ".join(filter(None, ("".join(map(chr, read)).strip() for read in sentences(text))))


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


def found(texts, features=SMALL):
    indices, starts = slots(*string_buffers(pa.array(texts)), features)
    return [indices[start:stop].tolist() for start, stop in itertools.pairwise(starts)]


def test_sentences_end_at_newlines_and_stops_before_a_space():
    text = "첫째입니다. 둘째인가요? 3.14는 수다\n\n넷째\n"
    pieces = ["첫째입니다.", "둘째인가요?", "3.14는 수다", "넷째"]
    assert set(found([text])[0]) == set().union(*found(pieces))
    joined = set(found(["첫째입니다.둘째인가요?"])[0])
    assert joined - set().union(*found(pieces)), "without a space it is one sentence, with n-grams across the stop"


@pytest.mark.parametrize("text", ["끝。 다음", "끝! 다음", "끝\r\n다음", "끝\n\n\n다음", "끝.\t다음"])
def test_other_ends_of_sentences_are_seen(text):
    assert set(found([text])[0]) <= set().union(*found([text.replace("다음", ""), "다음"]))


def test_a_stretch_of_any_length_is_read_to_its_end():
    features = Features(bits=22)
    long = "".join(chr(0xAC00 + n % 11_000) for n in range(60_000)) + "끝ㅋ"
    assert set(found(["끝ㅋ"], features)[0]) & set(found([long], features)[0])
    spaced = " ".join(["여덟글자인낱말하나"] * 9_000)
    assert len(found([spaced], features)[0]) < 100


def test_a_repeated_word_counts_once():
    assert len(found(["가 가 가 가"])[0]) == len(found(["가 가 가"])[0])


def test_an_empty_text_has_no_features():
    assert found(["", "\u200b", " \n\t "]) == [[], [], []]


def test_nfd_full_width_and_disguised_words_share_features_with_the_plain_word():
    plain = set(found(["시발 1회 ABC"])[0])
    assert set(found([unicodedata.normalize("NFD", "시발")])[0]) & plain
    assert set(found(["시1발"])[0]) & set(found(["시발"])[0])
    assert found(["１２회 ＡＢＣ"]) == found(["12회 abc"])


def test_sliced_and_chunked_arrays_are_read_from_their_place():
    texts = pa.array(["버릴 것", "하나", "둘", "셋"])
    features = Features(bits=12)
    whole, _ = slots(*string_buffers(pa.array(["하나", "둘"])), features)
    part, _ = slots(*string_buffers(texts.slice(1, 2)), features)
    pieces, _ = slots(*string_buffers(pa.chunked_array([["하나"], ["둘"]])), features)
    assert whole.tolist() == part.tolist() == pieces.tolist()
