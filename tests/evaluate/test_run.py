import json
import math
import shutil
from pathlib import Path

import pytest

from malmoi.evaluate.run import measure
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.files import sha256_of

SETTINGS = EvaluateSettings(heldout_bytes_per_kind=1000, samples=3, prompt_tokens=8, sample_tokens=20)


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_a_run_is_measured_against_its_baselines(run_folder: Path, engine):
    counts = measure(SETTINGS, engine, run_folder, quiet)
    found = json.loads((run_folder / "report" / "measurements.json").read_text(encoding="utf-8"))
    assert counts["bits_per_byte"] == found["total"]
    assert set(found["by_kind"]) == {"news", "law", "comment"}
    for row in found["by_kind"].values():
        assert row["bits_per_byte"]["model"] == pytest.approx(row["tokens"] * math.log2(1400) / row["text_bytes"])
        assert row["bits_per_byte"]["unigram"] < row["bits_per_byte"]["model"]
        assert 0 < row["bits_per_byte"]["xz"] < 8
        assert row["text_bytes"] <= min(1000, row["heldout_bytes"])
    assert len(found["samples"]) == 3
    assert manifest.read(run_folder / "report")["inputs"]["model"] == "0" * 64
    assert (run_folder / "report" / "report.html").is_file()


def test_a_finished_report_is_drawn_again_and_not_measured(run_folder: Path, engine, make_engine):
    counts = measure(SETTINGS, engine, run_folder, quiet)
    (run_folder / "report" / "report.html").unlink()
    again = make_engine()
    assert measure(SETTINGS, again, run_folder, quiet) == counts
    assert again.scored == []
    assert (run_folder / "report" / "report.html").is_file()


def test_damaged_measurements_are_made_again(run_folder: Path, engine, make_engine):
    counts = measure(SETTINGS, engine, run_folder, quiet)
    path = run_folder / "report" / "measurements.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    again = make_engine()
    assert measure(SETTINGS, again, run_folder, quiet) == counts
    assert again.scored
    assert path.read_bytes() == whole


def test_an_unwritable_report_is_one_clear_line(run_folder: Path, engine):
    (run_folder / "report").write_text("")
    with pytest.raises(UserError, match="report cannot be written to"):
        measure(SETTINGS, engine, run_folder, quiet)


def test_a_model_with_a_smaller_vocabulary_is_refused(run_folder: Path, make_engine):
    engine = make_engine()
    engine.describe = lambda: make_engine().describe().__class__("x", "fake", 1300, 64, 1, "1" * 64)
    with pytest.raises(UserError, match="the model has 1300 tokens, the tokenizer 1400"):
        measure(SETTINGS, engine, run_folder, quiet)
    assert not (run_folder / "report" / "manifest.json").exists()


def test_two_that_measure_into_one_folder_do_not_break_each_other(run_folder: Path, engine, make_engine):
    refused = []

    def progress(_done: int, _total: int) -> None:
        if not refused:
            refused.append(0)
            with pytest.raises(UserError, match="is at work in") as caught:
                measure(SETTINGS, make_engine(), run_folder, quiet)
            refused[0] = caught.value.code

    measure(SETTINGS, engine, run_folder, progress)
    assert refused == [TRY_AGAIN]
    assert manifest.verify(run_folder / "report") is None


def put_model(run_folder: Path, tokenizer_sha256: str) -> None:
    """A model folder by its manifest."""
    manifest.write(run_folder / "model", manifest.Manifest("model", {}, {"tokenizer": tokenizer_sha256}))


def test_a_model_of_another_tokenizer_than_the_tokens_is_not_measured(run_folder: Path, engine):
    """Its figure would be wrong without a word: the ids mean other words."""
    put_model(run_folder, sha256_of(run_folder / "tokenizer" / "tokenizer.json"))
    measure(SETTINGS, engine, run_folder, quiet)
    put_model(run_folder, "1" * 64)
    with pytest.raises(UserError, match=r"model was made with tokenizer 11111111, and .* is"):
        measure(SETTINGS, engine, run_folder, quiet)


def test_tokens_of_another_tokenizer_than_there_is_now_are_not_measured_on(run_folder: Path, engine):
    former = (run_folder / "tokenizer").resolve()
    (run_folder / "tokenizer").unlink()
    shutil.copytree(former, run_folder / "tokenizer")
    with (run_folder / "tokenizer" / "tokenizer.json").open("a") as stream:
        stream.write(" ")
    with pytest.raises(UserError, match="tokens was made with tokenizer"):
        measure(SETTINGS, engine, run_folder, quiet)
    assert engine.scored == []
