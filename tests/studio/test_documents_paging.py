"""The pages of a list of documents: all of them once, whatever is filtered, and a word when the corpus is another."""

import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.document import SOURCE
from malmoi.kit import manifest
from malmoi.kit.manifest import Manifest
from malmoi.studio.corpora import listing, open_corpora

PARTS = (40, 0, 23, 1)
ALL = [f"{number:032x}" for number in range(sum(PARTS))]
IS_KEPT = {one: int(one, 16) % 3 != 0 for one in ALL}


def write_corpus(corpus, marks=""):
    """Documents over several parts, one of them empty; all have the same file, offset and title, and some a word."""
    for name in ("ledger", "shards"):
        (corpus / name).mkdir(parents=True, exist_ok=True)
    first = 0
    for part, rows in enumerate(PARTS):
        ids = ALL[first : first + rows]
        first += rows
        write_part(corpus, f"part-{part:05}.parquet", ids, marks)
    manifest.write(corpus, Manifest("corpus", {"of": marks}, counts={"documents_in": len(ALL)}))


def write_part(corpus, name, ids, marks):
    texts = [f"글 {marks} {'두루마기' if int(one, 16) % 5 == 0 else 'Word'}" for one in ids]
    source = {field.name: None for field in SOURCE}
    kept = [IS_KEPT[one] for one in ids]
    ledger = {
        "id": pa.array(ids, pa.string()),
        "title": pa.array(["같은 제목"] * len(ids), pa.string()),
        "origin": pa.array(
            [{"file": unicodedata.normalize("NFD", "한글 파일.jsonl"), "offset": 0}] * len(ids),
            pa.struct([("file", pa.string()), ("offset", pa.int64())]),
        ),
        "input": pa.array(["raw"] * len(ids), pa.string()),
        "source": pa.array([source | {"kind": f"kind{int(one, 16) % 2}"} for one in ids], SOURCE),
        "text_bytes": pa.array([9] * len(ids), pa.int64()),
        "kept": pa.array(kept, pa.bool_()),
        "reasons": pa.array([[] if keeps else ["short"] for keeps in kept], pa.list_(pa.string())),
        "detail": pa.nulls(len(ids), pa.string()),
        "text": pa.array([None if keeps else text for text, keeps in zip(texts, kept, strict=True)], pa.string()),
    }
    pq.write_table(pa.table(ledger), corpus / "ledger" / name, row_group_size=7)
    chosen = [(one, text) for one, text, keeps in zip(ids, texts, kept, strict=True) if keeps]
    shard = {name: pa.array([row[at] for row in chosen], pa.string()) for at, name in enumerate(("id", "text"))}
    pq.write_table(
        pa.table(shard | {"title": pa.array(["같은 제목"] * len(chosen), pa.string())}), corpus / "shards" / name
    )


@pytest.fixture
def corpus(client):
    folder = client.runs / "demo" / "corpus"
    write_corpus(folder)
    return folder


def walk(client, query, forth="next", after=None):
    """The pages from a place on, until there is no further one."""
    pages = []
    while True:
        place = f"&after={after}" if after else ""
        page = client.get(f"/api/runs/demo/documents?size=9&{query}{place}").json()
        pages.append(page)
        after = page[forth]
        if after is None:
            return pages
        assert len(pages) < 99


def ids_of(pages):
    return [document["id"] for page in pages for document in page["documents"]]


FILTERS = [
    ("", ALL),
    ("status=kept", [one for one in ALL if IS_KEPT[one]]),
    ("reason=short", [one for one in ALL if not IS_KEPT[one]]),
    ("kind=kind1&status=kept", [one for one in ALL if IS_KEPT[one] and int(one, 16) % 2]),
    ("q=두루마기", ALL[::5]),
    ("q=" + unicodedata.normalize("NFD", "두루마기"), ALL[::5]),
    ("q=" + unicodedata.normalize("NFD", "한글 파일"), ALL),
    ("q=wORD", [one for one in ALL if int(one, 16) % 5]),
    ("q=없는낱말", []),
]


@pytest.mark.parametrize("most", [1_000_000, 10])
@pytest.mark.parametrize(("query", "expected"), FILTERS)
@pytest.mark.usefixtures("corpus")
def test_all_pages_have_each_document_once_and_in_order(client, monkeypatch, query, expected, most):
    """Also where fewer places are remembered than there are documents: 10 are one more than a page has."""
    monkeypatch.setattr(listing, "MOST_PLACES", most)
    pages = walk(client, query)
    assert ids_of(pages) == expected
    assert pages[0]["previous"] is None
    if most > len(expected) or query == "":
        assert [page["total"] for page in pages] == [len(expected)] * len(pages)
        assert [page["before"] for page in pages] == [9 * number for number in range(len(pages))]


@pytest.mark.parametrize("query", ["", "status=kept", "q=두루마기"])
@pytest.mark.usefixtures("corpus")
def test_the_way_back_from_a_page_opened_cold_leads_over_the_same_documents(client, query):
    last = walk(client, query)[-2]["next"]
    open_corpora.forget()
    backwards = walk(client, query, "previous", last)
    assert ids_of(backwards[::-1]) == ids_of(walk(client, query))


@pytest.mark.parametrize("query", ["", "status=kept"])
def test_a_place_of_another_build_is_refused_and_the_first_page_is_of_the_new_one(client, corpus, query):
    place = client.get(f"/api/runs/demo/documents?size=9&{query}").json()["next"]
    write_corpus(corpus, "새로")
    refused = client.get(f"/api/runs/demo/documents?size=9&{query}&after={place}")
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "corpus_rebuilt"
    assert "첫 페이지" in refused.json()["error"]["message_ko"]
    first = client.get(f"/api/runs/demo/documents?size=9&{query}").json()
    assert {document["excerpt"][:4] for document in first["documents"]} == {"글 새로"}


def test_a_place_behind_the_last_document_is_an_empty_page_with_a_way_back(client, corpus):
    stamp = open_corpora.opened(corpus).stamp
    page = client.get(f"/api/runs/demo/documents?after={stamp}-999999999999").json()
    assert (page["documents"], page["next"]) == ([], None)
    assert page["previous"] is not None


def test_few_corpora_stay_open_and_their_spill_folders_go_with_them(client, corpus):
    others = [client.runs / f"other{number}" / "corpus" for number in range(open_corpora.MOST_OPEN + 1)]
    for other in others:
        write_corpus(other)
    kept = [open_corpora.opened(other) for other in others]
    assert open_corpora.opened(others[-1]) is kept[-1]
    assert open_corpora.opened(others[0]) is not kept[0]
    assert not [one for one in open_corpora.open_now() if one == corpus]
    assert len(open_corpora.open_now()) == open_corpora.MOST_OPEN


def test_a_filter_is_searched_once_for_all_its_pages_and_few_are_remembered(client, corpus):
    walk(client, "q=두루마기")
    lists = open_corpora.opened(corpus).lists
    assert len(lists) == 1
    for number in range(open_corpora.MOST_LISTS + 3):
        client.get(f"/api/runs/demo/documents?q=낱말{number}")
    assert len(lists) == open_corpora.MOST_LISTS
