"""Which items a request means: in every column, in every way of writing, with copies and near copies."""

import unicodedata

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import at_home

from malmoi.corpus.build import build
from malmoi.corpus.erasure import near
from malmoi.corpus.erasure.request import Request
from malmoi.corpus.erasure.search import HIDDEN, excerpt, find
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input

NAME, OTHER = "소라빛나루", "가온누리솔"


def near_copy(text, words):
    """The text with some of its words left out."""
    parts = text.split(" ")
    return " ".join(part for number, part in enumerate(parts) if number % (len(parts) // words) != 3)


ROWS = {
    "plain": {"text": f"{sentences(1)} {NAME}가 썼다."},
    "nfd": {"text": unicodedata.normalize("NFD", f"{sentences(2)} {NAME}가 썼다.")},
    "zero width": {"text": f"{sentences(3)} {chr(0x200b).join(NAME)}가 썼다."},
    "line": {"text": f"{sentences(4)} {NAME[:2]}\n{NAME[2:]}가 썼다."},
    "title": {"text": sentences(5), "title": f"{NAME}의 하루"},
    "address": {"text": sentences(6), "url": f"https://a.example/{NAME}/1"},
    "author": {"text": sentences(7), "author": NAME, "site": "마당"},
    "short": {"text": f"{NAME} 짧다"},
    "below": {"text": sentences(8), "url": "https://b.example/blog/1?page=2"},
    "copy": {"text": sentences(9), "url": "https://c.example/1"},
    "same": {"text": f" {sentences(9)}\n", "url": "https://c.example/2"},
    "near": {"text": near_copy(sentences(9), 4), "url": "https://c.example/3"},
    "like": {"text": near_copy(sentences(9), 16), "url": "https://c.example/4"},
    "talk": {"kind": "dialogue", "turns": [{"speaker": "나", "text": sentences(10)}, {"speaker": "너", "text": NAME}]},
    "other": {"text": f"{sentences(11)} {OTHER}가 썼다."},
    "apart": {"text": f"{sentences(12)} 작은소라 빛나루터"},
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    rows = [{"text": sentences(10)} | row for row in ROWS.values()]
    write_rows(folder / "raw" / "posts.jsonl", rows)
    (folder / "raw" / f"{NAME}_일기.txt").write_text(sentences(20), encoding="utf-8")
    (folder / "raw" / f"{NAME}.xyz").write_bytes(b"\0")
    (folder / "raw" / "표.csv").write_text(f"{NAME},{OTHER}\n1,2\n", encoding="utf-8")
    build(CorpusRecipe(inputs=(Input(folder / "raw"),), processes=1), folder / "corpus", quiet, at_home)
    return folder / "corpus"


@pytest.fixture(scope="module")
def ids(small):
    rows = [row for row in pq.read_table(small / "ledger").to_pylist() if row["origin"]["file"] == "posts.jsonl"]
    in_order = sorted(rows, key=lambda row: row["origin"]["offset"])
    return dict(zip(ROWS, (row["id"] for row in in_order), strict=True))


def found(small, ids, request, certain=True):
    names = {one: name for name, one in ids.items()}
    return {names.get(hit.id, hit.origin["file"]) for hit in find(small, [request]) if hit.is_certain is certain}


BY_NAME = {"plain", "nfd", "zero width", "line", "title", "address", "author", "short", "talk"}
FILES = {f"{NAME}_일기.txt", f"{NAME}.xyz", "표.csv"}


@pytest.mark.parametrize("typed", [NAME, unicodedata.normalize("NFD", NAME), "\u200b".join(NAME)])
def test_a_person_is_found_in_every_place_however_the_name_is_typed(small, ids, typed):
    assert found(small, ids, Request(names=(typed,))) == BY_NAME | FILES
    assert found(small, ids, Request(names=(typed,)), certain=False) == {"apart"}


def test_an_author_alone_finds_what_was_written_and_not_what_names(small, ids):
    assert found(small, ids, Request(authors=(NAME,))) == {"author"}
    assert found(small, ids, Request(authors=(unicodedata.normalize("NFD", NAME),))) == {"author"}


@pytest.mark.parametrize("address", ["https://b.example/blog", "http://www.b.example/", "b.example/blog/1"])
def test_an_address_finds_all_below_it(small, ids, address):
    assert found(small, ids, Request(addresses=(address,))) == {"below"}


def test_an_address_is_no_beginning_of_a_word(small, ids):
    assert found(small, ids, Request(addresses=("https://b.example/bl",))) == set()


def test_a_passage_is_found_whole_though_it_is_broken_otherwise(small, ids):
    passage = sentences(9)[:150].replace(" ", "\n")
    assert {"copy", "same"} <= found(small, ids, Request(texts=(passage,))) <= {"copy", "same", "near", "like"}
    assert found(small, ids, Request(texts=(passage + "그리고 다른 말",))) == set()


def test_an_expression_is_read_folded(small, ids):
    pattern = unicodedata.normalize("NFD", "소라.나루가")
    assert found(small, ids, Request(matching=pattern)) == {"plain", "nfd", "zero width"}


def test_an_id_finds_its_exact_copies(small, ids):
    hits = find(small, [Request(ids=(ids["same"],))])
    assert {hit.id: hit.how for hit in hits} == {ids["same"]: "id", ids["copy"]: "copy"}
    assert find(small, [Request(ids=("f" * 32,))]) == []


def test_near_copies_are_certain_from_the_similarity_on_and_shown_below_it(small, ids):
    wanted = near.targets(small, {ids["copy"]: 2}, (), small)
    known = frozenset({ids["copy"], ids["same"]})
    hits = {hit.id: hit for hit in near.find(small, wanted, known, 0.7)}
    assert set(hits) == {ids["near"], ids["like"]}
    assert (hits[ids["near"]].is_certain, hits[ids["near"]].request) == (True, 2)
    assert hits[ids["near"]].similarity > 0.7 > hits[ids["like"]].similarity > near.LEAST_SHOWN
    assert not hits[ids["like"]].is_certain
    assert not any(hit.is_certain for hit in near.find(small, wanted, known, 0.99))
    assert near.find(small, near.targets(small, {ids["short"]: 0}, (), small), frozenset(), 0.1) == []


def test_near_copies_of_a_passage_of_ones_own_are_found(small, ids):
    wanted = near.targets(small, {}, [(0, near_copy(sentences(9), 5))], small)
    assert {hit.id for hit in near.find(small, wanted, frozenset(), 0.7)} >= {ids["copy"], ids["near"]}


def test_several_requests_stay_apart(small, ids):
    hits = find(small, [Request(names=(NAME,)), Request(names=(OTHER,))])
    of_other = {hit.id for hit in hits if hit.request == 1}
    assert of_other == {ids["other"]}


def test_an_excerpt_hides_what_was_asked_for_and_personal_data():
    text = "그날 hong@example.com 으로 홍길동이 쓴 편지를 홍길동이 010-1234-5678 로 보냈다"
    start = text.index("홍길동")
    told = excerpt(text, start, start + 3)
    assert HIDDEN in told
    assert not [word for word in ("홍길동", "hong@", "1234-5678") if word in told]
    assert len(told) < 80


def test_an_item_without_a_text_is_known_by_its_place(small):
    hits = [hit for hit in find(small, [Request(names=(NAME,))]) if hit.id is None]
    ledger = pq.read_table(small / "ledger").to_pylist()
    assert {ledger[hit.place[1]]["origin"]["file"] for hit in hits} == {f"{NAME}.xyz", "표.csv"}
    assert {hit.place[0] for hit in hits} == {"part-00000.parquet"}


def test_an_expression_hides_what_it_found_though_python_reads_it_otherwise_or_never_ends(tmp_path):
    slow = "하" * 60 + "호 끝에 비밀말 있다"
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": f"{sentences(1)} {NAME}가 썼다."}, {"text": slow}])
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),), processes=1), tmp_path / "corpus", quiet, at_home)
    for pattern, gone in (
        (rf"\p{{Hangul}}{{2}}{NAME[2:]}", NAME),
        ("(하+)+뀋|비밀말", "비밀말"),
        (r"(?P<a>끝에)\s", "끝에"),
    ):
        (hit,) = find(tmp_path / "corpus", [Request(matching=pattern)])
        assert HIDDEN in hit.excerpt
        assert gone not in hit.excerpt
