import numpy as np
import pyarrow as pa

from malmoi.corpus.kernels.buffers import joined, string_array, string_buffers
from malmoi.corpus.kernels.patterns import scan, snippets, weigh


def found(expressions, *texts):
    return scan(expressions, *string_buffers(pa.array(texts, pa.large_string())))


def test_match_is_told_by_text_pattern_and_end():
    result = found(("나비", "[0-9]{2}"), "하얀 나비", "", "12 나비")
    assert result.texts.tolist() == [0, 2, 2]
    assert result.patterns.tolist() == [0, 1, 0]


def test_no_match_reaches_from_one_text_into_the_next():
    assert not len(found(("나비",), "하얀 나", "비가 온다").ends)
    assert len(found(("[^0-9]7[^0-9]",), "7", "17", "7").ends) == 2


def test_batch_without_text_has_no_match():
    assert not len(found(("가",)).ends)
    assert not len(found(("가",), "", "").ends)


def test_snippets_are_whole_characters_and_say_where_they_were_cut():
    text = "가나다라마바사 나비 아자차카타파하"
    (snippet,) = snippets(found(("나비",), "앞", text), 16, 4)
    assert "나비" in snippet.content
    assert snippet.text == 1
    assert snippet.cut_before
    assert snippet.cut_after
    assert text.encode()[snippet.start :].decode().startswith(snippet.content)


def test_near_matches_come_in_one_snippet_and_far_ones_in_two():
    pieces = list(snippets(found(("나비",), "나비 나비" + "가" * 100 + "나비"), 12, 12))
    assert len(pieces) == 2
    assert not pieces[0].cut_before
    assert not pieces[1].cut_after


def test_weights_count_a_phrase_a_limited_number_of_times():
    result = found(("특가", "쿠폰"), "특가 특가 특가 쿠폰", "없음", "쿠폰")
    assert weigh(result, np.array([2.0, 1.0]), 2, 3).tolist() == [5.0, 0.0, 1.0]


def test_string_array_and_buffers_are_inverse_with_nulls():
    texts = pa.array(["가", None, "", "🎉끝"], pa.large_string())
    data, offsets = string_buffers(texts.slice(1))
    assert string_array(data, offsets, texts.slice(1)).to_pylist() == [None, "", "🎉끝"]
    whole, starts = joined(data, offsets)
    assert bytes(whole) == "\n\n\n🎉끝\n".encode()
    assert starts.tolist() == [1, 2, 3, 11]
