"""What was erased does not come back: not as a near copy, not at a new address, not by the same author or page."""

import json
import shutil
import unicodedata

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import at_home

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.ledger.erased_texts import NAME as MARKS
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input

WORDS = sentences(1).split(" ")
TEXT = " ".join(WORDS)
NEAR = " ".join([*WORDS[:30], "하늘빛", *WORDS[31:]])
NAME = "소라빛나루"


@pytest.fixture(scope="module")
def first_crawl(tmp_path_factory):
    """Raw files and a corpus of some posts, one of them with a near copy."""
    folder = tmp_path_factory.mktemp("crawl") / "run"
    posts = [{"text": TEXT, "url": "https://a.example/1"}, {"text": NEAR, "url": "https://a.example/2"}]
    posts += [{"text": sentences(number), "url": f"https://b.example/{number}"} for number in range(2, 12)]
    posts += [{"text": sentences(20), "url": "https://c.example/1", "author": NAME, "site": "마당"}]
    write_rows(folder / "raw" / "first.jsonl", posts)
    build(CorpusRecipe(inputs=(Input(folder / "raw"),), processes=1), folder / "corpus", quiet, at_home)
    return folder


@pytest.fixture
def crawl(first_crawl, tmp_path):
    """A copy of the first crawl, and the function that builds it again with more rows."""
    folder = shutil.copytree(first_crawl, tmp_path / "runs" / "one")
    raw = folder / "raw"

    def again(*rows, base=(), out="corpus"):
        write_rows(raw / "later.jsonl", rows)
        made = CorpusRecipe(inputs=(Input(raw),), processes=1, base=base)
        build(made, folder / out, quiet, at_home)
        return rows_of(folder / out, "ledger")

    return folder / "corpus", again


def rows_of(corpus, name):
    return pq.read_table(corpus / name).to_pylist()


def id_of(corpus, url):
    return next(row["id"] for row in rows_of(corpus, "ledger") if (row["source"] or {}).get("url") == url)


def texts_of(corpus):
    return [row["text"] for name in ("shards", "ledger") for row in rows_of(corpus, name) if row["text"]]


def run(*words, capsys):
    assert main(["corpus", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_near_copy_goes_with_it_and_neither_comes_back(crawl, capsys):
    corpus, again = crawl
    said = run("erase", str(corpus), "--id", id_of(corpus, "https://a.example/1"), capsys=capsys)
    assert [hit["how"] for hit in said["documents"]] == ["id", "near"]
    assert "하늘빛" not in " ".join(texts_of(corpus))
    ledger = again(
        {"text": TEXT, "url": "https://new.example/77"}, {"text": "\u200b".join(NEAR), "url": "https://n.example/"}
    )
    assert [row["reasons"] for row in ledger].count(["erased"]) == 4
    assert not {TEXT, NEAR} & set(texts_of(corpus))
    assert "하늘빛" not in " ".join(texts_of(corpus))
    told = [row for row in ledger if row["detail"] == "a copy of what was erased on request"]
    assert [(row["origin"]["file"], row["title"], row["text"]) for row in told] == [("(erased)", None, None)] * 2


def test_with_a_higher_similarity_the_near_copy_stays_now_and_later(crawl, capsys):
    corpus, again = crawl
    one = id_of(corpus, "https://a.example/1")
    said = run("erase", str(corpus), "--id", one, "--near-similarity", "0.999", capsys=capsys)
    assert len(said["documents"]) == 1
    assert [hit["how"] for hit in said["undecided"]] == ["near"]
    again({"text": TEXT, "url": "https://new.example/77"})
    assert TEXT not in texts_of(corpus)
    assert NEAR in texts_of(corpus)


def test_what_is_undecided_goes_with_yes(crawl, capsys):
    corpus, _ = crawl
    one = id_of(corpus, "https://a.example/1")
    said = run("erase", str(corpus), "--id", one, "--near-similarity", "0.999", "--yes", capsys=capsys)
    assert (len(said["documents"]), said["undecided"]) == (2, [])


def test_a_copy_goes_though_its_words_alone_leave_it_undecided(crawl, capsys):
    corpus, again = crawl
    text = f"{sentences(40)} 나루터에서 썼다."
    copy = {"text": text, "url": "https://copy.example/1"}
    near = {"text": text.replace("썼다", "적었다"), "url": "https://copy.example/2"}
    again({"text": text, "url": "https://own.example/1", "author": "나루", "site": "마당"}, copy, near)
    said = run("erase", str(corpus), "--person", "나루", capsys=capsys)
    assert {hit["how"] for hit in said["documents"]} == {"author", "copy", "near"}
    assert sentences(40) not in " ".join(texts_of(corpus))


def test_before_copies_are_compared_so_that_others_are_not_dropped_for_it(crawl, capsys):
    corpus, again = crawl
    run("erase", str(corpus), "--id", id_of(corpus, "https://b.example/5"), capsys=capsys)
    later = [sentences(5), " ".join([*sentences(5).split(" ")[:-1], "끝났다"]), sentences(40)]
    ledger = again(*({"text": text, "url": f"https://x.example/{n}"} for n, text in enumerate(later)))
    of_copies = [row["reasons"] for row in ledger if row["near_duplicate_of"] or row["exact_duplicate_of"]]
    assert of_copies == [["near_duplicate"]]  # those of the first crawl alone
    assert [row["reasons"] for row in ledger].count(["erased"]) == 3
    assert sentences(40) in texts_of(corpus)


def test_another_text_at_the_same_page_stays_out_and_the_rest_of_the_site_stays(crawl, capsys):
    corpus, again = crawl
    run("erase", str(corpus), "--id", id_of(corpus, "https://b.example/5"), capsys=capsys)
    again(
        {"text": sentences(50), "url": "http://www.b.example/5#top"},
        {"text": sentences(51), "url": "https://b.example/55"},
    )
    assert sentences(50) not in texts_of(corpus)
    assert sentences(51) in texts_of(corpus)


def test_an_address_that_others_have_too_stands_for_no_document(tmp_path, capsys):
    raw = tmp_path / "runs" / "one" / "raw"
    shared = "https://set.example/all"
    write_rows(
        raw / "a.jsonl",
        [{"text": sentences(number), "url": shared} for number in range(5)],
    )
    recipe, corpus = CorpusRecipe(inputs=(Input(raw),), processes=1), raw.with_name("corpus")
    build(recipe, corpus, quiet, at_home)
    one = next(row["id"] for row in rows_of(corpus, "shards") if row["text"] == sentences(1))
    run("erase", str(corpus), "--id", one, capsys=capsys)
    write_rows(raw / "b.jsonl", [{"text": sentences(9), "url": shared}])
    build(recipe, corpus, quiet, at_home)
    assert sorted(texts_of(corpus)) == sorted(sentences(number) for number in (0, 2, 3, 4, 9))


def test_an_address_that_another_has_written_otherwise_stands_for_no_document(crawl, capsys):
    corpus, again = crawl
    other = {"text": sentences(45), "url": "http://www.D.example/1/"}
    again({"text": sentences(44), "url": "https://d.example/1"}, other)
    run("erase", str(corpus), "--id", id_of(corpus, "https://d.example/1"), capsys=capsys)
    again(other)
    assert sentences(45) in texts_of(corpus)


def test_the_page_and_other_views_stay_where_its_comments_or_one_view_were_erased(crawl, capsys):
    corpus, again = crawl
    urls = [f"https://n.example/{part}" for part in ("1", "1#comments", "#/post/1")]
    again(*({"text": sentences(80 + number), "url": url} for number, url in enumerate(urls)))
    run("erase", str(corpus), "--id", id_of(corpus, urls[1]), "--id", id_of(corpus, urls[2]), capsys=capsys)
    later = (urls[0], urls[1], "https://n.example/#/post/2", urls[2])
    again(*({"text": sentences(90 + number), "url": url} for number, url in enumerate(later)))
    assert {sentences(90), sentences(92)} <= set(texts_of(corpus))
    assert not {sentences(91), sentences(93)} & set(texts_of(corpus))


def test_all_below_an_address_that_was_asked_for_stays_out(crawl, capsys):
    corpus, again = crawl
    said = run("erase", str(corpus), "--address", "https://b.example/", capsys=capsys)
    assert len(said["documents"]) == 10
    again(
        {"text": sentences(60), "url": "https://b.example/new/1"},
        {"text": sentences(61), "url": "https://bb.example/1"},
    )
    assert sentences(60) not in texts_of(corpus)
    assert sentences(61) in texts_of(corpus)


@pytest.mark.parametrize("word", ["--author", "--person"])
def test_what_an_author_writes_later_stays_out_wherever_it_is_written(crawl, capsys, word):
    corpus, again = crawl
    assert len(run("erase", str(corpus), word, NAME, capsys=capsys)["documents"]) == 1
    places = {"site": "마당"}, {"site": "새 마당"}, {}
    names = NAME, unicodedata.normalize("NFD", NAME), f"{NAME[:2]} {NAME[2:]}"
    later = [
        {"text": sentences(70 + number), "url": f"https://z{number}.example/1", "author": name} | place
        for number, (place, name) in enumerate(zip(places, names, strict=True))
    ]
    other = {"text": sentences(75), "url": "https://z.example/2", "author": "다른이", "site": "마당"}
    again(*later, other)
    assert not {row["text"] for row in later} & set(texts_of(corpus))
    assert sentences(75) in texts_of(corpus)


SAID = "정말 재미있게 봤어요"
SHORT = [
    {"text": SAID, "url": "https://r.example/1", "author": NAME, "site": "평"},
    {"text": SAID, "url": "https://r.example/2", "author": NAME, "site": "평"},
    {"text": SAID, "url": "https://r.example/3", "author": "다른이", "site": "평"},
    {"text": SAID, "url": "https://r.example/4"},
]


def test_everyday_words_of_one_stay_those_of_others_now_and_later(crawl, capsys):
    corpus, again = crawl
    again(*SHORT)
    ids = [id_of(corpus, row["url"]) for row in SHORT]
    said = run("erase", str(corpus), "--id", ids[0], capsys=capsys)
    assert {hit["id"]: hit["how"] for hit in said["documents"]} == {ids[0]: "id", ids[1]: "copy"}
    assert {hit["id"] for hit in said["undecided"]} == set(ids[2:])
    later = [row | {"url": row["url"].replace("r.", "q.")} for row in SHORT]
    ledger = again(*SHORT, *later)
    stays = {(row["source"] or {}).get("url") for row in ledger if row["reasons"] != ["erased"]}
    assert {row["url"] for row in (*SHORT, *later)} & stays == {row["url"] for row in (*SHORT[2:], *later[2:])}


def test_everyday_words_that_are_decided_on_stay_out_whoever_says_them(crawl, capsys):
    corpus, again = crawl
    again(*SHORT)
    said = run("erase", str(corpus), "--id", id_of(corpus, SHORT[0]["url"]), "--yes", capsys=capsys)
    assert len(said["documents"]) == 4
    again({"text": SAID, "url": "https://q.example/9", "author": "또다른이", "site": "평"})
    assert SAID not in texts_of(corpus)


def test_short_words_that_name_the_person_stay_out_whoever_says_them(crawl, capsys):
    corpus, again = crawl
    again(
        {"text": f"{NAME} 최고", "url": "https://r.example/1"}, {"text": f"{NAME} 최고", "url": "https://r.example/2"}
    )
    assert len(run("erase", str(corpus), "--person", NAME, capsys=capsys)["documents"]) == 3
    again({"text": f"{NAME} 최고", "url": "https://q.example/1"})
    assert not [text for text in texts_of(corpus) if NAME in text]


def test_a_corpus_on_top_of_it_leaves_copies_out_too(crawl, capsys):
    corpus, again = crawl
    run("erase", str(corpus), "--id", id_of(corpus, "https://a.example/1"), capsys=capsys)
    again({"text": NEAR, "url": "https://new.example/77"}, base=(corpus,), out="upper")
    assert not {TEXT, NEAR} & set(texts_of(corpus.parent / "upper"))


def test_a_page_whose_repeated_paragraphs_are_cut_is_known_after_the_cut(tmp_path, capsys):
    raw = tmp_path / "runs" / "one" / "raw"
    frame = " ".join(sentences(90).split())
    pages = [{"text": f"{frame}\n{sentences(number)}", "url": f"https://a.example/{number}"} for number in range(12)]
    write_rows(raw / "a.jsonl", pages)
    recipe, corpus = CorpusRecipe(inputs=(Input(raw),), processes=1), raw.with_name("corpus")
    build(recipe, corpus, quiet, at_home)
    one = next(row for row in rows_of(corpus, "shards") if sentences(3)[-30:] in row["text"])
    assert frame[:40] not in one["text"]  # so what was erased is a half of the page that comes again
    run("erase", str(corpus), "--id", one["id"], capsys=capsys)
    write_rows(raw / "b.jsonl", [pages[3] | {"url": "https://a.example/elsewhere"}])
    build(recipe, corpus, quiet, at_home)
    assert not [text for text in texts_of(corpus) if sentences(3)[-30:] in text]
    assert [text for text in texts_of(corpus) if sentences(4)[-30:] in text]


def test_a_file_that_gave_no_text_stays_nameless_in_the_next_build(tmp_path, capsys):
    raw = tmp_path / "runs" / "one" / "raw"
    write_rows(raw / "a.jsonl", [{"text": sentences(1)}])
    (raw / f"{NAME}.xyz").write_bytes(b"\0")
    recipe, corpus = CorpusRecipe(inputs=(Input(raw),), processes=1), raw.with_name("corpus")
    build(recipe, corpus, quiet, at_home)
    said = run("erase", str(corpus), "--person", NAME, capsys=capsys)
    assert [hit["id"] for hit in said["documents"]] == [None]
    for number in range(2):
        assert NAME not in json.dumps(rows_of(corpus, "ledger"), ensure_ascii=False, default=str)
        write_rows(raw / "b.jsonl", [{"text": sentences(5 + number)}])
        build(recipe, corpus, quiet, at_home)


def test_a_corpus_without_erasures_asks_nothing(crawl):
    corpus, again = crawl
    before = rows_of(corpus, "ledger")
    assert not (corpus / MARKS).exists()
    shutil.rmtree(corpus)
    assert again()[: len(before)] == before
