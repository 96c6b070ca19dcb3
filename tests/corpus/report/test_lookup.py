"""A person asks by what they have: a file, an address, a title, a site, a source, a kind."""

import unicodedata

import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import questions
from malmoi.corpus.report.lookup import Among
from malmoi.corpus.sources.input import Input
from malmoi.kit import manifest
from malmoi.kit.errors import UserError

PAGES = (
    "https://blog.가온.example/1",
    "https://news.example/a?id=2",
    "https://NEWS.example:443/b",
    "https://m.news.example/c",
)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    rows = [{"text": sentences(n), "url": url, "title": f"{n}째 이야기"} for n, url in enumerate(PAGES)]
    write_rows(folder / "pages.jsonl", [*rows, {"text": "짧다", "url": "https://news.example/short"}])
    write_rows(folder / "뉴스" / "둘.jsonl", [{"text": sentences(10), "name": "가온 신문", "kind": "news"}])
    (folder / "cut.csv").write_text("제목,내용\n하나,둘\n" * 50, encoding="utf-8")
    (folder / "note.md").write_text(sentences(11), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(raw, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    build(CorpusRecipe(inputs=(Input(raw, name="모음", exclude=("*.md",)),), processes=1), out, quiet)
    return out


@pytest.mark.parametrize(
    ("what", "offsets"),
    [
        ("https://news.example/a?id=2", 1),
        ("https://news.example/a?id=2/", 1),
        ("2째 이야기", 1),
        (unicodedata.normalize("NFD", "2째 이야기"), 1),
        ("뉴스/둘.jsonl", 1),
        ("둘.jsonl", 1),
        (unicodedata.normalize("NFD", "./뉴스/둘.jsonl"), 1),
        ("pages.jsonl", 5),
        ("cut.csv", 1),
    ],
)
def test_why_takes_an_address_a_file_and_a_title(folder, what, offsets):
    assert len(questions.explain(folder, what)) == offsets


def test_why_takes_the_path_of_a_file_on_this_machine(folder, raw):
    (trail,) = questions.explain(folder, str(raw / "cut.csv"))
    assert (trail["id"], trail["reasons"], trail["raw_bytes"]) == (None, ["no_text"], (raw / "cut.csv").stat().st_size)


@pytest.mark.parametrize("what", ["note.md", "PATH/note.md"])
def test_why_says_that_a_file_was_left_out_by_a_pattern(folder, raw, what):
    with pytest.raises(UserError, match=r"note.md was left out by include and exclude of corpus.inputs\[0\]"):
        questions.explain(folder, what.replace("PATH", str(raw)))


def test_why_names_what_is_like_an_address_that_was_never_read(folder):
    with pytest.raises(UserError, match=r"did you mean 'https://news\.example/short'"):
        questions.explain(folder, "news.example/sho")
    with pytest.raises(UserError, match="what was never read is in no ledger"):
        questions.explain(folder, "https://nowhere.example/")


def texts(rows) -> set:
    return {row["source"] and row["source"]["url"] for row in rows}


def test_samples_of_a_site_hold_its_subdomains_however_they_are_written(folder):
    news = {PAGES[1], PAGES[2], PAGES[3], "https://news.example/short"}
    assert texts(questions.sample(folder, questions.EVERY, 10, among=Among(site="news.example"))) == news
    assert texts(questions.sample(folder, None, 10, among=Among(site="https://News.example/x"))) == news - {
        "https://news.example/short"
    }
    assert texts(questions.sample(folder, None, 9, among=Among(site="blog.xn--o39a190c.example"))) == {PAGES[0]}
    assert questions.outcomes(folder, Among(site="news.example")) == {"kept": 3, "too_short": 1}
    with pytest.raises(UserError, match=r"no document is of the site 'ews\.example'"):
        questions.sample(folder, None, 10, among=Among(site="ews.example"))


def test_samples_of_a_source_and_of_a_kind(folder):
    assert len(questions.sample(folder, None, 10, among=Among(source="가온 신문"))) == 1
    assert len(questions.sample(folder, None, 10, among=Among(kind="news"))) == 1
    assert questions.outcomes(folder, Among(source="모음")) == {"kept": 4, "left_out": 1, "no_text": 1, "too_short": 1}
    with pytest.raises(UserError, match="did you mean 'news'"):
        Among(kind="newz")


def test_long_texts_are_cut_and_say_so(folder, capsys):
    (row,) = questions.sample(folder, None, 1, characters=20)
    assert len(row["text"]) == 20 < row["characters"]
    main(["corpus", "sample", str(folder), "--kept", "--count", "1", "--characters", "20"])
    assert f"… ({row['characters']:,} characters)" in capsys.readouterr().out
    assert main(["corpus", "sample", str(folder)]) == 2
    assert "--site" in capsys.readouterr().err


def test_show_says_what_each_source_lost_to_each_reason_by_documents_and_bytes(folder, raw, capsys):
    source = manifest.read(folder)["counts"]["by_source"]["모음"]
    size_bytes = (raw / "cut.csv").stat().st_size
    assert source["dropped"] == {"left_out": 1, "no_text": 1, "too_short": 1}
    assert source["dropped_bytes"]["no_text"] == size_bytes
    main(["corpus", "show", str(folder)])
    (line,) = [line for line in capsys.readouterr().out.split("\n") if "모음  no_text" in line]
    assert f"1 documents {size_bytes:>14,} bytes" in line
