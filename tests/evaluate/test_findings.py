import json
from pathlib import Path

import pytest

from malmoi.evaluate.findings import gather, thinned
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError


def test_all_stages_of_a_run_are_found(run_folder: Path):
    found = gather(run_folder)
    assert found["name"] == "작은 실행"
    assert [stage["stage"] for stage in found["stages"]] == ["corpus", "tokenizer", "tokens", "train"]
    assert found["corpus"]["documents_kept"] == 150
    assert found["tokenizer"]["vocabulary_tokens"] == 1400
    assert found["tokens"]["bytes_per_token"] > 1
    assert found["train"]["last_loss"] == 0.5  # the manifest's mean, not the last step's 0.45
    assert found["evaluate"] is None
    assert json.loads(json.dumps(found))["model"] is None


def test_time_is_the_stages_own_and_memory_that_of_the_run_that_did_the_work(run_folder: Path):
    train = next(stage for stage in gather(run_folder)["stages"] if stage["stage"] == "train")
    assert (train["seconds"], train["peak_bytes"]) == (40.0, 3_000_000)


def test_the_corpus_is_its_manifests_counts_and_the_way_to_its_report(run_folder: Path):
    found = gather(run_folder)
    assert found["corpus"] == manifest.read(run_folder / "corpus")["counts"]
    assert found["corpus"]["dropped_by_reason"] == {"drop_near_duplicate": 4, "malformed_json": 1}
    assert found["corpus_report"] is None


def test_a_run_whose_name_has_brackets_loses_no_figure(tmp_path: Path):
    folder = tmp_path / "run[1]"
    counts = {"dropped_by_reason": {"drop_jamo": 2, "drop_promotion": 7}}
    manifest.write(folder / "corpus", manifest.Manifest("corpus", {}, counts=counts))
    (folder / "corpus" / "report.html").write_text("", encoding="utf-8")
    found = gather(folder)
    assert found["corpus"] == counts
    assert (folder / "report" / found["corpus_report"]).resolve() == folder / "corpus" / "report.html"


def test_a_step_done_again_after_a_kill_counts_once(tmp_path: Path):
    for step, loss in ((1, 5.0), (2, 4.0), (3, 3.5), (2, 4.1), (3, 3.6)):
        events.append(tmp_path / "train", "step", step=step, tokens=step, loss=loss)
    (file,) = (tmp_path / "train" / "events").iterdir()
    with file.open("a") as stream:
        stream.write('{"kind": "step", "step": 4, "lo')
    train = gather(tmp_path)["train"]
    assert [step["loss"] for step in train["steps"]] == [5.0, 4.1, 3.6]
    assert (train["finished"], train["num_steps"], train["last_loss"]) == (False, 3, 3.6)


def test_a_folder_without_a_run_is_named(tmp_path: Path):
    with pytest.raises(UserError, match="has no stage of a run"):
        gather(tmp_path)


def test_a_damaged_manifest_or_measurement_is_named_and_loses_no_figure_silently(tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"manifest\.json cannot be read"):
        gather(tmp_path)
    (tmp_path / "corpus" / "manifest.json").write_text('{"stage": "corpus"}', encoding="utf-8")
    with pytest.raises(UserError, match="has no counts or config"):
        gather(tmp_path)
    manifest.write(tmp_path / "corpus", manifest.Manifest("corpus", {}, counts={}))
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "measurements.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"measurements\.json is damaged"):
        gather(tmp_path)


def test_a_thinned_curve_keeps_its_ends():
    points = [{"step": step} for step in range(1001)]
    few = thinned(points, 11)
    assert [point["step"] for point in few] == list(range(0, 1001, 100))
    assert thinned(points[:5], 11) == points[:5]
