import json
import shutil

import pyarrow.parquet as pq
import pytest

from malmoi.corpus.report import questions
from malmoi.kit.errors import UserError
from malmoi.sample import truth


def test_planted_faults_are_found_and_no_clean_document_is_lost(built, raw):
    found = truth.measure(built, raw.parent / "truth.jsonl")
    assert found["not_in_corpus"] == 0
    for name in ("exact_duplicates", "near_duplicates_jaccard_0.8", "personal_data"):
        assert found[name]["of"] > 0
        assert found[name]["share"] == 1.0, name
    assert found["clean_dropped"]["found"] == 0
    assert found["personal_data"]["false_alarm_documents"]["found"] == 0
    assert found["dropped_by_plant"]["word_list"]["share"] == found["dropped_by_plant"]["promotion"]["share"] == 1.0


def test_explanation_shows_every_rule_with_score_and_limit_for_kept_and_dropped(built):
    rows = pq.read_table(built / "ledger").to_pylist()
    kept = next(row for row in rows if row["kept"])
    listed = next(row for row in rows if row["reasons"][:1] == ["word_list"])
    (trail,) = questions.explain(built, kept["id"])
    assert trail["kept"]
    assert not any(judgement["dropped"] for judgement in trail["judgements"])
    assert {judgement["reason"] for judgement in trail["judgements"]} >= {"too_short", "promotion", "near_duplicate"}
    (trail,) = questions.explain(built, listed["id"])
    fired = [judgement for judgement in trail["judgements"] if judgement["dropped"]]
    assert list(dict.fromkeys(judgement["reason"] for judgement in fired)) == listed["reasons"]
    (ending,) = [judgement for judgement in fired if judgement["reason"] == "word_list"]
    assert (ending["score"], ending["bound"], ending["limit"]) == ("ending_share", "at least", 0.25)
    assert ending["value"] == listed["ending_share"]


def test_exact_copies_of_one_file_are_explained_each(built):
    row = next(row for row in pq.read_table(built / "ledger").to_pylist() if row["exact_duplicate_of"])
    (trail,) = questions.explain(built, row["id"])
    assert trail["exact_duplicate_of"] == row["exact_duplicate_of"]
    assert trail["detail"] == f"an exact copy of {row['exact_duplicate_of']}"


def test_unknown_id_is_one_line_with_the_id_that_begins_alike(built):
    known = pq.read_table(built / "ledger", columns=["id"]).column("id").drop_null()[0].as_py()
    with pytest.raises(UserError, match=f"did you mean '{known}'"):
        questions.explain(built, known[:-1] + "x")
    with pytest.raises(UserError, match="nothing read is 'zzz'"):
        questions.explain(built, "zzz")


def test_sample_is_the_same_for_a_seed_and_names_reasons_that_exist(built):
    first = questions.sample(built, "near_duplicate", 3)
    assert first == questions.sample(built, "near_duplicate", 3)
    assert len(first) == 3
    assert all("near_duplicate" in row["reasons"] and row["text"] for row in first)
    assert questions.sample(built, "malformed_json", 5)[0]["id"] is None
    with pytest.raises(UserError, match="did you mean 'near_duplicate'"):
        questions.sample(built, "near_duplicates", 3)


def test_folder_of_another_stage_and_a_damaged_truth_are_refused(built, tmp_path):
    with pytest.raises(UserError, match="no manifest"):
        questions.numbers(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"stage": "tokenizer", "counts": {}}))
    with pytest.raises(UserError, match="'tokenizer' stage"):
        questions.numbers(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"stage": "corpus", "counts": {}}))
    with pytest.raises(UserError, match="damaged"):
        questions.numbers(tmp_path)
    whole = {"offset": 0, "plants": [], "duplicate_of": None, "jaccard": None, "personal": [], "clean": True}
    for line, told in (
        ('{"file": "a"}', "line 1: no 'clean'"),
        ("5", "line 1: no table"),
        (json.dumps({**whole, "file": 5}), r"line 1\.file is 5"),
        (json.dumps({**whole, "file": "a", "duplicate_of": 7}), r"line 1\.duplicate_of is 7"),
        (json.dumps({**whole, "file": "a", "personal": [1]}), r"line 1\.personal\[0\] is 1"),
    ):
        (tmp_path / "truth.jsonl").write_text(f"{line}\n")
        with pytest.raises(UserError, match=told):
            truth.measure(built, tmp_path / "truth.jsonl")


@pytest.mark.parametrize("fault", ["gone", "cut", "overwritten"])
def test_damaged_ledger_is_named_in_one_line(built, tmp_path, fault):
    shutil.copytree(built, tmp_path / "corpus")
    (part,) = (tmp_path / "corpus" / "ledger").iterdir()
    whole = part.read_bytes()
    written = {"gone": None, "cut": whole[:-100], "overwritten": whole[:4] + bytes(len(whole) - 8) + whole[-4:]}[fault]
    part.unlink() if written is None else part.write_bytes(written)
    for ask in (
        lambda folder: questions.explain(folder, "0"),
        lambda folder: questions.sample(folder, "near_duplicate", 50),
    ):
        with pytest.raises(UserError, match="corpus cannot be read"):
            ask(tmp_path / "corpus")


def test_a_corpus_of_a_version_with_a_step_that_is_gone_still_opens(built, tmp_path):
    shutil.copytree(built, tmp_path / "old")
    known = json.loads((tmp_path / "old" / "manifest.json").read_text(encoding="utf-8"))
    known["config"] |= {"translation": {"maximum_per_1000_characters": 8.0}, "off": ["translation", "profanity"]}
    (tmp_path / "old" / "manifest.json").write_text(json.dumps(known), encoding="utf-8")
    assert questions.recipe_of(tmp_path / "old").off == ("profanity",)
    known["config"]["nonsense"] = 1
    (tmp_path / "old" / "manifest.json").write_text(json.dumps(known), encoding="utf-8")
    with pytest.raises(UserError, match=r"unknown key 'corpus\.nonsense'"):
        questions.recipe_of(tmp_path / "old")
