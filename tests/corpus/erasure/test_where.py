"""`corpus where` tells every place before an erasure and none after it; certificates tell what was done."""

import json
import shutil
import unicodedata

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import at_home

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.erasure import certificate
from malmoi.corpus.erasure.request import Request
from malmoi.corpus.erasure.words import LEAST_BYTES, files_with, forms_of
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit import journal

NAME = "소라빛나루"


def said(number):
    return f"{sentences(number)} {NAME}가 썼다."


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs beside each other and a base with the person's text; one has a picture and a note that name it."""
    folder = tmp_path_factory.mktemp("where")
    runs = folder / "runs"
    for name, first, base in (("old", 30, ()), ("one", 1, ("old",)), ("two", 10, ())):
        rows = [{"text": said(first), "url": f"https://{name}.example/1"}]
        rows += [
            {"text": sentences(first + number), "url": f"https://{name}.example/{number}"} for number in range(2, 6)
        ]
        write_rows(folder / name / "a.jsonl", rows)
        bases = tuple(runs / one / "corpus" for one in base)
        recipe = CorpusRecipe(inputs=(Input(folder / name),), processes=1, base=bases)
        build(recipe, runs / name / "corpus", quiet, at_home)
    media = runs / "one" / "corpus" / "media" / "ab"
    media.mkdir(parents=True)
    (media / "ab12.jpg").write_bytes(b"\xff\xd8Exif" + NAME.encode("utf-16-be"))
    (runs / "one" / "note.txt").write_text(unicodedata.normalize("NFD", NAME), encoding="utf-8")
    return folder


@pytest.fixture
def runs(made, tmp_path):
    return shutil.copytree(made / "runs", tmp_path / "runs")


def run(*words, capsys):
    assert main(["corpus", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def places(told, runs):
    return {(one["what"], one["path"].removeprefix(f"{runs}/")) for one in told["found"]}


def of(run_name):
    return {(name, f"{run_name}/corpus/{name}") for name in ("shards", "index", "ledger")}


MEDIUM = ("media", "one/corpus/media/ab/ab12.jpg")
NOTE = ("a file of the run", "one/note.txt")


def test_every_place_is_told_and_one_command_empties_them_all(runs, capsys):
    corpus = runs / "one" / "corpus"
    asked = ("--person", unicodedata.normalize("NFD", NAME))
    before = run("where", corpus, *asked, capsys=capsys)
    # The base of a copy lies where it was; it is told by its own path.
    mine = {place for place in places(before, runs) if not place[1].startswith("/")}
    assert mine == of("one") | of("two") | of("old") | {MEDIUM, NOTE}
    assert before["not_searched"]
    told = run("erase", corpus, *asked, "--all-under", runs, capsys=capsys)
    assert {hit["corpus"].removeprefix(f"{runs}/") for hit in told["documents"]} == {
        "one/corpus", "two/corpus", "old/corpus"
    }  # fmt: skip
    assert told["erased"]["media"] == 1
    assert [one["path"] for one in told["left"] if str(runs) in one["path"]] == [str(runs / "one" / "note.txt")]
    after = run("where", corpus, *asked, capsys=capsys)
    assert {place for place in places(after, runs) if not place[1].startswith("/")} == {NOTE}
    assert len(after["erased_before"]) == 3
    assert run("where", corpus, "--person", "다른사람", capsys=capsys)["found"] == []


def test_beside_it_others_are_named_and_not_changed_unless_asked(runs, capsys):
    corpus, other = runs / "one" / "corpus", runs / "two" / "corpus"
    before = {file: file.read_bytes() for file in other.rglob("*.parquet")}
    told = run("erase", corpus, "--person", NAME, capsys=capsys)
    assert {hit["corpus"] for hit in told["documents"]} == {str(corpus)}
    assert {file: file.read_bytes() for file in other.rglob("*.parquet")} == before
    left = {one["path"]: one for one in told["left"]}
    assert left[str(other)]["what"] == "1 documents"
    assert "--siblings" in left[str(other)]["command"]
    assert {str(other), str(corpus)} <= set(told["searched"]["corpora"])
    again = run("erase", corpus, "--person", NAME, "--all-under", runs, capsys=capsys)
    assert str(other) in {hit["corpus"] for hit in again["documents"]}


def test_a_dry_run_changes_nothing_and_says_what_would_go(runs, capsys):
    files = {file: file.read_bytes() for file in runs.rglob("*") if file.is_file()}
    told = run("erase", runs / "one" / "corpus", "--person", NAME, "--siblings", "--dry-run", capsys=capsys)
    assert len(told["documents"]) >= 2
    assert (told["erased"], told["removed"]) == ({}, [])
    assert {file: file.read_bytes() for file in runs.rglob("*") if file.is_file()} == files


def test_a_certificate_says_what_when_and_where_and_no_name(runs, capsys):
    corpus = runs / "one" / "corpus"
    told = run("erase", corpus, "--person", NAME, capsys=capsys)
    assert [one["number"] for one in told["certificates"]] == [1, 2]
    assert main(["corpus", "certificates", str(corpus), "1"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["documents"] == [told["documents"][0]["id"]]
    assert {"shards/part-00000.parquet", "ledger/part-00000.parquet", "index/part-00000.parquet"} <= first[
        "files"
    ].keys()
    assert all(one["before"] != one["after"] for one in first["files"].values())
    kept = "".join(path.read_text(encoding="utf-8") for path in (corpus / certificate.FOLDER).iterdir())
    assert NAME not in kept
    assert [term["kind"] for term in first["terms"]] == ["name"]
    assert run("certificates", corpus, capsys=capsys)["wrong"] == []
    assert main(["corpus", "certificates", str(corpus), "9"]) == 2
    assert "expected 1 to 2" in capsys.readouterr().err


def test_a_certificate_that_was_changed_or_taken_away_is_told(runs, capsys):
    corpus = runs / "one" / "corpus"
    run("erase", corpus, "--person", NAME, capsys=capsys)
    folder = corpus / certificate.FOLDER
    path = folder / "000001.json"
    path.write_text(path.read_text().replace("documents", "document"))
    (folder / "000002.json").unlink()
    (folder / "000003.json").write_text("{}")
    assert certificate.verify(corpus) == [
        "000001.json is not as it was written",
        "000002.json is missing",
        "000003.json is in no journal",
    ]
    (folder / "읽어 보세요.json").write_text("[]")
    (folder / "0x1.json").mkdir()
    (folder / "메모.txt").write_text("글")
    assert len(list(certificate.read(corpus))) == 0
    assert sorted(certificate.verify(corpus)[3:]) == [
        "0x1.json is in no journal", "메모.txt is in no journal", "읽어 보세요.json is in no journal"
    ]  # fmt: skip
    assert run("where", corpus, "--person", NAME, capsys=capsys)["erased_before"] == []
    run("erase", corpus, "--address", "https://one.example/3", capsys=capsys)
    assert {path.name for path in folder.glob("00000*.json")} >= {"000004.json", "000005.json"}
    assert main(["corpus", "certificates", str(corpus)]) == 0
    lines = (folder / certificate.JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / certificate.JOURNAL).write_bytes(lines[0])
    assert "the end is cut" in " ".join(journal.verify(folder / certificate.JOURNAL))


def test_the_words_are_found_in_any_encoding_and_not_by_chance(tmp_path):
    asked = [Request(names=(NAME,))]
    spelt = {
        "utf8": NAME.encode(), "nfd": unicodedata.normalize("NFD", NAME).encode(), "utf16": NAME.encode("utf-16-le"),
        "big": NAME.encode("utf-16-be"), "cp949": NAME.encode("cp949"), "json": json.dumps(NAME).encode(),
        "upper": json.dumps(NAME).upper().replace("\\U", "\\u").encode(), "none": "소라 빛 나무".encode(), "empty": b"",
    }  # fmt: skip
    for name, content in spelt.items():
        (tmp_path / name).write_bytes(content if name == "empty" else b"\0x" * 7 + content + b"\xffy")
    assert {path.name for path in files_with(tmp_path, asked)} == spelt.keys() - {"none", "empty"}
    assert {path.name for path in files_with(tmp_path, asked, ("utf8", "json"))} == spelt.keys() - {
        "none", "empty", "utf8", "json",
    }  # fmt: skip
    assert all(len(form) >= LEAST_BYTES for form in forms_of("김수"))
    assert list(files_with(tmp_path, [Request(ids=("a" * 32,))])) == []


def test_a_file_that_is_called_after_the_person_is_found_and_none_is_skipped_for_its_ending(tmp_path):
    for name in (f"{unicodedata.normalize('NFD', NAME)} 보고.txt", "other.txt"):
        (tmp_path / name).write_text("글", encoding="utf-8")
    (tmp_path / "notes.corpus").write_text(NAME, encoding="utf-8")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(NAME, encoding="utf-8")
    found = {path.name for path in files_with(tmp_path, [Request(names=(NAME,))], ("corpus", ".bin"))}
    assert {unicodedata.normalize("NFC", name) for name in found} == {f"{NAME} 보고.txt", "notes.corpus"}


def test_a_short_copy_in_a_corpus_beside_it_is_shown_for_a_decision(runs, capsys):
    said_once = "짧은 비밀 이야기 하나"
    for name, url in (("one", "https://a.example/s"), ("two", "https://b.example/s")):
        rows = [{"text": said_once, "url": url}, *({"text": sentences(60 + number)} for number in range(3))]
        write_rows(runs / "raw" / f"{name}.jsonl", rows)
        recipe = CorpusRecipe(inputs=(Input(runs / "raw" / f"{name}.jsonl"),), processes=1)
        build(recipe, runs / f"short {name}" / "corpus", quiet, at_home)
    corpora = [runs / f"short {name}" / "corpus" for name in ("one", "two")]
    ledger = pq.read_table(corpora[0] / "ledger").to_pylist()
    one = next(row["id"] for row in ledger if (row["source"] or {}).get("url") == "https://a.example/s")
    told = run("erase", corpora[0], "--id", one, "--siblings", "--dry-run", capsys=capsys)
    assert [(hit["corpus"], hit["how"]) for hit in told["documents"]] == [(str(corpora[0]), "id")]
    assert [(hit["corpus"], hit["how"]) for hit in told["undecided"]] == [(str(corpora[1]), "copy")]
    run("erase", corpora[0], "--id", one, "--siblings", "--yes", capsys=capsys)
    assert said_once not in str(pq.read_table(corpora[1] / "ledger").to_pylist())


def test_a_short_copy_by_the_same_author_in_a_corpus_beside_it_needs_no_decision(runs, capsys):
    for name in ("one", "two"):
        row = {"text": "짧은 비밀 하나", "url": f"https://{name}.example/s", "author": "나루", "site": "마당"}
        write_rows(runs / "raw" / f"{name}.jsonl", [row, *({"text": sentences(60 + number)} for number in range(3))])
        recipe = CorpusRecipe(inputs=(Input(runs / "raw" / f"{name}.jsonl"),), processes=1)
        build(recipe, runs / f"short {name}" / "corpus", quiet, at_home)
    corpora = [runs / f"short {name}" / "corpus" for name in ("one", "two")]
    ledger = pq.read_table(corpora[0] / "ledger").to_pylist()
    one = next(row["id"] for row in ledger if (row["source"] or {}).get("url") == "https://one.example/s")
    told = run("erase", corpora[0], "--id", one, "--siblings", "--dry-run", capsys=capsys)
    assert [(hit["corpus"], hit["how"]) for hit in told["documents"]] == [
        (str(corpora[0]), "id"), (str(corpora[1]), "copy")
    ]  # fmt: skip


def test_a_base_that_is_not_where_it_was_is_named(runs, capsys):
    base = runs.parent / "base"
    shutil.copytree(runs / "two" / "corpus", base)
    write_rows(runs / "raw" / "on.jsonl", [{"text": said(50), "url": "https://on.example/1"}])
    recipe = CorpusRecipe(inputs=(Input(runs / "raw"),), processes=1, base=(base,))
    build(recipe, runs / "on" / "corpus", quiet, at_home)
    base.rename(runs.parent / "moved")
    told = run("where", runs / "on" / "corpus", "--person", NAME, capsys=capsys)
    assert [one["path"] for one in told["found"] if "reason" in one] == [str(base)]
    told = run("erase", runs / "on" / "corpus", "--person", NAME, "--siblings", capsys=capsys)
    assert str(base) in {one["path"] for one in told["left"]}


def test_a_name_too_short_to_be_looked_for_in_bytes_is_in_no_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG any picture")
    (tmp_path / "ed").mkdir()
    (tmp_path / "ed" / "b.png").write_bytes(b"\x89PNG any picture")
    assert list(files_with(tmp_path, [Request(names=("Jo", "Ed"))])) == []


def test_a_short_name_takes_no_picture_that_does_not_show_it(runs, capsys):
    told = run("erase", runs / "one" / "corpus", "--person", "Jo", "--dry-run", capsys=capsys)
    assert told["media"] == []
    told = run("erase", runs / "one" / "corpus", "--person", "Jo", capsys=capsys)
    assert told["erased"].get("media", 0) == 0
    assert list((runs / "one" / "corpus" / "media").rglob("*.jpg"))


def test_stored_files_that_would_go_are_named_before(runs, capsys):
    corpus = runs / "one" / "corpus"
    medium = [{"corpus": str(corpus), "path": "ab/ab12.jpg"}]
    assert run("erase", corpus, "--person", NAME, "--dry-run", capsys=capsys)["media"] == medium
    assert main(["corpus", "erase", str(corpus), "--person", NAME, "--dry-run"]) == 0
    assert f"{corpus / 'media' / 'ab/ab12.jpg'}: it holds the words" in capsys.readouterr().out


def test_people_read_who_was_meant_without_the_name(runs, capsys):
    corpus = runs / "one" / "corpus"
    assert main(["corpus", "erase", str(corpus), "--person", NAME, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "1 documents would be erased" in out
    assert "●●●" in out
    assert NAME not in out
    assert main(["corpus", "where", str(corpus), "--person", "없는사람"]) == 0
    assert capsys.readouterr().out.startswith("nothing is there\n")
