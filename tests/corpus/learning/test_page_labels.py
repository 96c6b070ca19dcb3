"""Labels of blocks from the true text."""

from malmoi.corpus.learning.page_labels import label_blocks


def test_a_short_heading_counts_where_it_stands_and_not_in_the_menu():
    texts = ["홈 뉴스 결론", "첫 문단은 길게 이어진다", "결론", "둘째 문단도 길게 이어진다", "구독 결론"]
    shares, lengths = label_blocks(texts, "첫 문단은 길게 이어진다\n결론\n둘째 문단도 길게 이어진다")
    assert (shares > 0.5).tolist() == [False, True, True, True, False]
    assert lengths.tolist() == [3, 4, 1, 4, 2]


def test_repeated_text_is_matched_once():
    shares, _ = label_blocks(["같은 글이 두 번 나온다", "같은 글이 두 번 나온다"], "같은 글이 두 번 나온다")
    assert sorted(shares.tolist()) == [0.0, 1.0]


def test_an_empty_page_and_an_empty_truth_give_no_match():
    assert label_blocks([], "글")[0].tolist() == []
    assert label_blocks(["글", ""], "")[0].tolist() == [0.0, 0.0]
