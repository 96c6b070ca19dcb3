from collections import Counter
from pathlib import Path

import pytest

from malmoi.tokenizer.corpus_text import read_documents
from malmoi.tokenizer.sample import EXCERPT_BYTES, divide, draw, weigh
from malmoi.tokenizer.settings import MAX_HELDOUT_SHARE, id_share


def test_shares_follow_square_roots_and_never_pass_what_there_is():
    assert divide(30, {"a": 10_000, "b": 40_000}) == {"a": 10.0, "b": 20.0}
    shares = divide(1000, {"law": 10**6, "news": 10**6, "dialogue": 10})
    assert shares["dialogue"] == pytest.approx(1000 * 10**0.5 / (2000 + 10**0.5))
    assert divide(1000, {"law": 400, "dialogue": 100}) == {"dialogue": 100.0, "law": 400.0}
    assert divide(900, {"law": 10**6, "dialogue": 100})["law"] == pytest.approx(900 - 900 / 101, rel=0.01)
    assert divide(10, {}) == {}


def test_the_sample_of_a_small_corpus_is_all_that_may_not_be_held_out(corpus: Path, documents: list[dict]):
    weights = weigh(corpus, 10**9)
    texts = [excerpt.text for excerpt in draw(corpus, weights, seed=0)]
    assert weights.expected_bytes == sum(len(text.encode()) for text in texts)
    assert texts == [one["text"] for one in documents if id_share(one["id"]) >= MAX_HELDOUT_SHARE]


def test_the_same_seed_draws_the_same_and_another_draws_others(corpus: Path):
    weights = weigh(corpus, 20_000)
    first, again, other = ([one.text for one in draw(corpus, weights, seed)] for seed in (1, 1, 2))
    assert first == again != other
    assert 10_000 < sum(len(text.encode()) for text in first) < 30_000


def test_a_small_kind_is_heard_beside_a_large_one(write_corpus, tmp_path: Path, make_document):
    documents = [make_document(f"법 제{n}조 " * 30, "law", "법령") for n in range(600)]
    documents += [make_document(f"대화 {n} " * 30, "dialogue", None) for n in range(40)]
    corpus = write_corpus(tmp_path / "corpus", documents)
    drawn = Counter(excerpt.kind for excerpt in draw(corpus, weigh(corpus, 60_000), seed=0))
    assert drawn["dialogue"] / drawn.total() > 2 * 40 / 640


def test_a_long_document_gives_its_beginning_only(write_corpus, tmp_path: Path, make_document):
    documents = [make_document(str(n) + "가나다라" * 50_000, "law") for n in range(8)]
    corpus = write_corpus(tmp_path / "corpus", documents)
    sizes = [len(excerpt.text.encode()) for excerpt in draw(corpus, weigh(corpus, 10**9), seed=0)]
    assert sizes
    assert all(EXCERPT_BYTES - 3 < size <= EXCERPT_BYTES for size in sizes)


def test_documents_are_read_a_few_at_a_time(corpus: Path, documents: list[dict]):
    batches = list(read_documents(corpus, rows=50))
    assert max(len(batch.ids) for batch in batches) <= 50
    assert [one for batch in batches for one in batch.ids] == [one["id"] for one in documents]
    assert [size for batch in batches for size in batch.text_bytes()] == [len(d["text"].encode()) for d in documents]
