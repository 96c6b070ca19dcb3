"""Two corpora of the same raw files under other recipes, compared document by document."""

import dataclasses

import pytest
from small_batches import quiet, write_rows

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import questions
from malmoi.corpus.report.copies import differences
from malmoi.corpus.report.difference import difference
from malmoi.corpus.sources.input import Input
from malmoi.kit.errors import UserError


@pytest.fixture(scope="module")
def without_near(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("difference") / "corpus"
    build(dataclasses.replace(recipe, off=("near_duplicate",)), out, quiet)
    return out


def test_a_corpus_differs_in_nothing_from_itself(built):
    found = difference(built, built)
    assert found["changes"] == found["samples"] == []
    assert found["counts"]["before"] == found["counts"]["after"]


def test_what_a_recipe_adds_is_told_by_reason_and_balances_with_the_counts(built, without_near):
    found = difference(built, without_near)
    added = sum(row["documents"] for row in found["changes"] if row["change"] == "added")
    dropped = sum(row["documents"] for row in found["changes"] if row["change"] == "dropped")
    kept = {side: counts["documents_kept"] for side, counts in found["counts"].items()}
    assert added > 0
    assert kept["after"] - kept["before"] == added - dropped
    assert {row["reason_a"] for row in found["changes"] if row["change"] == "added"} == {"near_duplicate"}
    gained = sum(row["bytes_after"] - row["bytes_before"] for row in found["changes"])
    before, after = (found["counts"][side]["text_bytes_kept"] for side in ("before", "after"))
    assert gained == after - before


def test_the_way_back_is_the_same_with_the_signs_turned(built, without_near):
    there, back = difference(built, without_near), difference(without_near, built)
    turned = {"added": "dropped", "dropped": "added", "new": "gone", "gone": "new"}
    forward = {(turned.get(row["change"], row["change"]), row["documents"]) for row in there["changes"]}
    assert forward == {(row["change"], row["documents"]) for row in back["changes"]}


def test_samples_show_text_also_of_what_is_kept(built, without_near):
    samples = difference(built, without_near, samples=1)["samples"]
    assert samples
    assert all(row["text"] for row in samples)


def test_a_folder_that_is_no_corpus_is_refused(built, tmp_path):
    with pytest.raises(UserError, match="manifest"):
        difference(built, tmp_path)


def test_changes_are_told_by_kind_and_by_source(built, without_near, capsys):
    found = difference(built, without_near)
    total = sum(row["documents"] for row in found["changes"])
    for name, column in (("by_kind", "kind"), ("by_source", "source_name")):
        assert sum(row["documents"] for row in found[name]) == total > 0
        assert all(row[column] for row in found[name])
    assert main(["corpus", "diff", str(built), str(without_near)]) == 0
    printed = capsys.readouterr().out
    assert "by kind:" in printed
    assert "by source:" in printed


def test_a_near_copy_is_shown_beside_the_one_that_stays_with_what_differs(built, capsys):
    rows = questions.sample(built, "near_duplicate", 20)
    assert rows
    for row in rows:
        assert row["stays"]["id"] != row["id"]
        assert row["differs"]
        assert all(gone != instead for gone, instead in row["differs"])
    (kept,) = questions.sample(built, None, 1)
    assert (kept["stays"], kept["differs"]) == (None, [])
    assert main(["corpus", "sample", str(built), "--dropped-by", "near_duplicate", "--count", "1"]) == 0
    assert "-- stays: " in capsys.readouterr().out


def test_differences_are_runs_of_words():
    assert differences("가 나 다 라", "가 나 마 라 바") == [("다", "마"), ("", "바")]
    assert differences("가" * 200, "나")[0][0].endswith(" …")
    assert differences(None, "가") == [("", "가")]


def test_a_copy_of_what_is_dropped_too_is_shown_beside_it(tmp_path, capsys):
    write_rows(tmp_path / "a.jsonl", [{"text": "짧다"}, {"text": "짧다"}])
    build(CorpusRecipe(inputs=(Input(tmp_path / "a.jsonl"),), processes=1), tmp_path / "out", quiet)
    (copy,) = questions.sample(tmp_path / "out", "exact_duplicate", count=5)
    assert (copy["stays"]["kept"], copy["differs"]) == (False, [])
    assert main(["corpus", "sample", str(tmp_path / "out"), "--dropped-by", "exact_duplicate"]) == 0
    assert f"-- the best copy, dropped too: {copy['stays']['id']}" in capsys.readouterr().out
