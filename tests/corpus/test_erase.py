"""Removal on request: nothing of a document is left but its tombstone, and a killed erasure is finished later."""

import base64
import dataclasses
import json
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.erase import erase
from malmoi.corpus.erasure import columns
from malmoi.corpus.erasure.request import Request
from malmoi.corpus.erasure.search import find
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.layout import INDEX
from malmoi.corpus.ledger.tombstones import erased_ids
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report.page import write_report
from malmoi.corpus.report.questions import explain
from malmoi.corpus.sources.input import Input
from malmoi.kit import erasing, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.lock import lock


@pytest.fixture
def corpus(built, tmp_path):
    folder = tmp_path / "corpus"
    shutil.copytree(built, folder)
    return folder


def rows(folder, name):
    return pq.read_table(folder / name).to_pylist()


def found_ids(folder, request):
    return [hit.id for hit in find(folder, [request])]


def first_ids(folder, number):
    return [row["id"] for row in rows(folder, "shards")[:number]]


def test_text_is_nowhere_and_a_tombstone_stays(corpus):
    one, other = rows(corpus, "shards")[:2]
    before = manifest.read(corpus)
    done = erase(corpus, [one["id"]], quiet).rows
    assert done["shards"] == 1
    assert done["ledger"] >= 1
    assert done[INDEX] == 1
    assert one["id"] not in [row["id"] for row in rows(corpus, INDEX)]
    texts = [row["text"] for name in ("shards", "ledger") for row in rows(corpus, name)]
    assert one["text"] not in texts
    assert other["text"] in texts
    trail = explain(corpus, one["id"])[0]
    assert trail["reasons"] == ["erased"]
    assert trail["title"] is None
    assert trail["kept"] is False
    after = manifest.read(corpus)
    assert after["counts"]["documents_kept"] == before["counts"]["documents_kept"] - 1
    assert after["counts"]["documents_in"] == before["counts"]["documents_in"]
    assert after["counts"]["dropped_by_reason"]["erased"] == 1
    assert manifest.verify(corpus) is None
    assert erased_ids(corpus) == [one["id"]]


def test_a_tombstone_names_nobody_whether_the_document_was_kept_or_dropped(tmp_path):
    told = {"title": "홍길동의 첫날", "url": "https://hong.example.kr/1", "source": "홍길동의 일기장", "kind": "blog"}
    texts = (sentences(1), "홍길동의 짧은 글.", sentences(2))
    write_rows(tmp_path / "raw" / "hong.jsonl", [{"text": text, **told} for text in texts])
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), tmp_path / "corpus", quiet)
    before = rows(tmp_path / "corpus", "ledger")
    assert [row["kept"] for row in before] == [True, False, True]
    assert before[1]["text"] == texts[1]
    erase(tmp_path / "corpus", [row["id"] for row in before[:2]], quiet)
    *stones, other = rows(tmp_path / "corpus", "ledger")
    assert other == before[2]
    for stone, row in zip(stones, before, strict=False):
        said = json.dumps(stone, ensure_ascii=False, default=str)
        assert not re.search("홍길동|hong", said), said
        assert stone["source"] == dict.fromkeys(row["source"]) | {"kind": "blog"}
        assert stone["origin"] == {"file": "(erased)", "offset": row["origin"]["offset"]}
        assert (stone["id"], stone["kept"], stone["reasons"]) == (row["id"], False, ["erased"])
        assert (stone["text_bytes"], stone["raw_bytes"]) == (0, row["raw_bytes"])


def test_what_the_source_says_in_any_other_field_is_found_and_goes(tmp_path):
    fields = [
        {"category": "홍길동의 방"},
        {"licence": "ⓒ 홍길동"},
        {"published": "홍길동이 쓴 날"},
        {"moved": "홍길동 칸"},
    ]
    fields += [{"moved": "홍길동의 칸"}, {}]
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": sentences(n)} | row for n, row in enumerate(fields)])
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw", category_field="moved"),), processes=1)
    build(recipe, tmp_path / "corpus", quiet)
    named = {row["id"] for row in rows(tmp_path / "corpus", "ledger") if "홍길동" in str(row)}
    found = set(found_ids(tmp_path / "corpus", Request(names=("홍길동",))))
    assert len(found) >= 3
    assert found == named
    erase(tmp_path / "corpus", sorted(found), quiet)
    assert "홍길동" not in str([*rows(tmp_path / "corpus", "ledger"), *rows(tmp_path / "corpus", "shards")])


def test_every_column_of_strings_is_searched_or_said_to_hold_nothing_of_a_source(corpus):
    def leaves(kind, name):
        if pa.types.is_struct(kind):
            return {leaf for field in kind for leaf in leaves(field.type, f"{name}.{field.name}")}
        if pa.types.is_list(kind):
            return leaves(kind.value_type, name)
        return {name} if pa.types.is_string(kind) or pa.types.is_large_string(kind) else set()

    searched = set(columns.SEARCHED)
    for kind in ("shards", "ledger"):
        schema = pq.read_schema(next((corpus / kind).glob("*.parquet")))
        strings = {leaf for field in schema for leaf in leaves(field.type, field.name)}
        assert strings - searched - columns.NOT_OF_SOURCES == set()


def test_a_pattern_finds_text_title_and_address_also_of_what_was_dropped(corpus):
    kept = rows(corpus, "shards")[0]
    snippet = kept["text"][:20]
    found = found_ids(corpus, Request(matching=re.escape(snippet)))
    assert kept["id"] in found
    gone = next(row for row in rows(corpus, "ledger") if not row["kept"] and row["text"] and len(row["text"]) > 20)
    found = found_ids(corpus, Request(matching=re.escape(gone["text"][:20])))
    assert gone["id"] in found


def test_what_is_asked_wrongly_gets_one_sentence(corpus, capsys):
    assert main(["corpus", "erase", str(corpus), "--id", "nope"]) == 2
    assert "no document 'nope' to erase" in capsys.readouterr().err
    assert main(["corpus", "erase", str(corpus), "--id", "nope", "--near-similarity", "0.1"]) == 2
    assert "--near-similarity 0.1; expected 0.4 to 1" in capsys.readouterr().err
    ids = corpus.with_name("ids.txt")
    ids.write_text(f"{first_ids(corpus, 1)[0]}\n", encoding="utf-8-sig")
    assert main(["corpus", "erase", str(corpus), "--ids", str(ids), "--dry-run"]) == 0
    assert "1 documents would be erased" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"the pattern '\[' cannot be read"):
        Request(matching="[")
    with pytest.raises(UserError, match="nothing is asked"):
        Request()
    one = first_ids(corpus, 1)
    erase(corpus, one, quiet)
    assert found_ids(corpus, Request(ids=tuple(one))) == []


@pytest.mark.parametrize("files_done", ["none", "all"])
def test_an_erasure_that_was_killed_is_finished_without_its_words_and_nothing_works_around_it(
    recipe, corpus, files_done, capsys
):
    first, second = first_ids(corpus, 2)

    def killed(done, total):  # before the first file, or between the last one and the manifest
        if done == (0 if files_done == "none" else total):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(corpus, [first], killed)
    sentence = f"an erasure of {corpus} is not finished; finish it: malmoi corpus erase {corpus}"
    for attempt in (lambda: erase(corpus, [second], quiet), lambda: build(recipe, corpus, quiet)):
        with pytest.raises(UserError, match=re.escape(sentence)):
            attempt()
    assert main(["corpus", "erase", str(corpus), "--id", second, "--dry-run"]) == 93
    assert sentence in capsys.readouterr().err
    assert main(["corpus", "where", str(corpus), "--id", first]) == 0
    assert f"1 in an erasure that is not finished (malmoi corpus erase {corpus})" in capsys.readouterr().out
    assert main(["corpus", "erase", str(corpus)]) == 0
    assert "an erasure that was killed is finished: 1 documents" in capsys.readouterr().out
    assert not (corpus / erasing.PLAN).exists()
    erase(corpus, [second], quiet)
    assert erased_ids(corpus) == sorted([first, second])
    assert not {first, second} & {row["id"] for row in rows(corpus, "shards")}
    assert {row["id"] for row in rows(corpus, "ledger") if row["reasons"] == ["erased"]} == {first, second}
    assert manifest.verify(corpus) is None
    assert manifest.read(corpus)["counts"] == manifest.read(corpus)["counts"] | count(corpus)


def test_what_was_not_rewritten_is_not_hashed_again_and_damage_to_it_stays_known(corpus):
    (corpus / "thresholds.json").write_text("[]")
    erase(corpus, first_ids(corpus, 1), quiet)
    assert (manifest.verify(corpus) or "").startswith("thresholds.json is not as it was written (2 bytes, not ")


def test_a_damaged_corpus_beside_it_hinders_nothing_and_is_named(corpus, capsys):
    beside = corpus.with_name("beside")
    shutil.copytree(corpus, beside)
    for file in (beside / "ledger").iterdir():
        file.unlink()
    (one,) = first_ids(corpus, 1)
    assert main(["corpus", "where", str(corpus), "--id", one]) == 0
    assert "1 in a corpus that cannot be read" in capsys.readouterr().out
    assert main(["corpus", "erase", str(corpus), "--id", one]) == 0
    assert erased_ids(corpus) == [one]


def test_nothing_asked_and_nothing_left_over_changes_nothing(corpus):
    before = manifest.read(corpus)
    assert not any(erase(corpus, [], quiet).rows.values())
    assert manifest.read(corpus) == before


def test_a_build_from_the_same_raw_files_leaves_erased_texts_out(recipe, corpus):
    one = rows(corpus, "shards")[0]
    erase(corpus, [one["id"]], quiet)
    finished = manifest.read(corpus)
    assert build(recipe, corpus, quiet) == finished["counts"]  # nothing to do: what was erased is part of what it is
    (corpus / manifest.NAME).unlink()
    counts = build(recipe, corpus, quiet)
    assert counts["dropped_by_reason"]["erased"] == 1
    assert counts["documents_in"] == finished["counts"]["documents_in"]
    assert one["text"] not in [row["text"] for name in ("shards", "ledger") for row in rows(corpus, name)]


def test_a_corpus_on_top_of_another_does_not_bring_back_what_was_erased_there(recipe, corpus, tmp_path):
    one = rows(corpus, "shards")[0]
    erase(corpus, [one["id"]], quiet)
    later = tmp_path / "later"
    counts = build(dataclasses.replace(recipe, base=(corpus,)), later, quiet)
    assert counts["dropped_by_reason"]["erased"] == 1
    assert one["text"] not in [row["text"] for name in ("shards", "ledger") for row in rows(later, name)]


def test_exact_copies_in_other_files_go_too_and_do_not_come_back(tmp_path):
    for name in ("a", "b"):
        write_rows(tmp_path / "raw" / f"{name}.jsonl", [{"text": sentences(1)}, {"text": sentences(ord(name))}])
    recipe, out = CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), tmp_path / "corpus"
    build(recipe, out, quiet)
    one = next(row for row in rows(out, "shards") if row["text"] == sentences(1))
    found = found_ids(out, Request(ids=(one["id"],)))
    assert len(found) == 2
    erase(out, found, quiet)
    (out / manifest.NAME).unlink()
    for _ in range(2):
        texts = [row["text"] for name in ("shards", "ledger") for row in rows(out, name)]
        assert one["text"] not in texts
        build(recipe, out, quiet)


def test_reports_work_folders_and_half_written_files_go_with_the_text(corpus):
    write_report(corpus)
    gone = first_ids(corpus, 1)
    left = (corpus / "shards" / "part-00000.parquet.host.1.partial", corpus / "work" / "a" / "pass-000000.documents")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    erase(corpus, gone, quiet)
    assert not [path for path in (*left, corpus / "report.html", corpus / "report.json") if path.exists()]


def test_two_at_work_in_one_folder_would_undo_each_other_and_the_second_is_refused(corpus):
    with lock(corpus), pytest.raises(UserError, match="is at work in"):
        erase(corpus, first_ids(corpus, 1), quiet)


def test_what_the_title_or_the_address_alone_says_is_found(tmp_path):
    told = [{"title": "홍길동의 첫날"}, {"url": "https://hong.example.kr/1"}, {"title": "남의 글"}]
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": sentences(n), **row} for n, row in enumerate(told)])
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), tmp_path / "corpus", quiet)
    ids = [row["id"] for row in rows(tmp_path / "corpus", "ledger")]
    for number, pattern in enumerate(("홍길동", r"hong\.example\.kr")):
        found = found_ids(tmp_path / "corpus", Request(matching=pattern))
        assert found == [ids[number]]


def test_pictures_that_only_an_erased_document_showed_go_with_it(tmp_path):
    pictures = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{n}'/>".encode() for n in range(2)]
    for number, picture in enumerate(pictures):
        path = tmp_path / "raw" / f"{number}.md"
        path.parent.mkdir(exist_ok=True)
        data = base64.b64encode(picture).decode()
        path.write_text(
            f"{sentences(number)}\n\n![그림](data:image/svg+xml;base64,{data})\n\n{sentences(9 - number)}\n"
        )
    out = tmp_path / "corpus"
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), out, quiet)
    stored = {path.read_bytes() for path in (out / "media").glob("??/*")}
    assert sorted(re.findall(rb"width=.(\d)", b"".join(stored))) == [b"0", b"1"]
    gone = next(row["id"] for row in rows(out, "shards") if sentences(0) in row["text"])
    assert erase(out, [gone], quiet).rows["media"] == 1
    (left,) = (path.read_bytes() for path in (out / "media").glob("??/*"))
    assert re.search(rb"width=.1", left)
