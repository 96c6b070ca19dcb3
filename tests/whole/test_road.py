"""The whole road in small: from raw files to an answer, through the commands that a person types."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_model import MODEL_AND_TRAINING

from malmoi.kit import events

ROOT = Path(__file__).parents[2]
RECIPE = """
name = "tiny"
folder = "{folder}"
[corpus]
processes = 1
[[corpus.inputs]]
path = "{raw}"
[tokenizer]
vocabulary_tokens = 1800
sample_bytes = 60_000
[tokens]
heldout_share = 0.1
"""
RECIPE += MODEL_AND_TRAINING
RECIPE += """
[evaluate]
samples = 1
heldout_bytes_per_kind = 3_000
sample_tokens = 8
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """A recipe on grown samples, walked once by `malmoi run`."""
    folder = tmp_path_factory.mktemp("road")
    malmoi("sample", "grow", "--documents", "120", "--out", str(folder / "grown"))
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE.format(folder=folder / "run", raw=folder / "grown" / "raw"), encoding="utf-8")
    malmoi("run", str(recipe))
    return recipe


def malmoi(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "malmoi", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


def test_every_stage_is_finished_and_documents_in_are_kept_plus_dropped(road):
    run = road.parent / "run"
    for stage in ("corpus", "tokenizer", "tokens", "train", "model", "report"):
        assert (run / stage / "manifest.json").is_file(), stage
    counts = json.loads((run / "corpus" / "manifest.json").read_text())["counts"]
    assert counts["documents_in"] == counts["documents_kept"] + counts["documents_dropped"] == 120
    report = (run / "report" / "report.html").read_text(encoding="utf-8")
    assert "default-src" in report
    assert 'href="../corpus/report.html"' in report
    assert "120건" in (run / "corpus" / "report.html").read_text(encoding="utf-8")


def test_a_second_run_skips_what_is_finished(road):
    stamps = {path: path.stat().st_mtime_ns for path in (road.parent / "run").glob("*/manifest.json")}
    malmoi("run", str(road))
    assert stamps == {path: path.stat().st_mtime_ns for path in (road.parent / "run").glob("*/manifest.json")}


def test_a_dry_run_prints_the_plan_and_changes_nothing(road, tmp_path):
    done = malmoi("run", str(road), "--dry-run", "--json", "--set", f"folder={tmp_path / 'new'}")
    plan = json.loads(done.stdout)
    assert plan["training_tokens"] == 12 * 4 * 64
    assert not (tmp_path / "new").exists()


def interrupted(words: list[str], begun: Callable[[], bool]) -> tuple[int, str]:
    """Starts a command, presses Ctrl-C once it has `begun`; gives its exit code and what it said."""
    command = [sys.executable, "-m", "malmoi", *words]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 120
            while not begun() and time.monotonic() < deadline:
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, err


def test_a_run_that_is_interrupted_goes_on_where_it_was(road, tmp_path):
    folder = tmp_path / "again"
    words = ["run", str(road), "--set", f"folder={folder}", "--set", "train.steps=4000"]
    returned, err = interrupted(words, lambda: any(events.every(folder / "train", "step")))
    assert (returned, "Traceback" in err) == (130, False), err
    assert list(folder.rglob("*.partial")) == []
    steps = [event["step"] for event in events.every(folder / "train", "step")]
    returned, err = interrupted(words, lambda: any(events.every(folder / "train", "resume")))
    assert (returned, "Traceback" in err) == (130, False), err
    later = [event["step"] for event in events.every(folder / "train", "step")]
    assert later[: len(steps)] == steps == list(range(1, len(steps) + 1))


def test_the_demo_answers_its_own_request_and_exits(road):
    done = malmoi("demo", "--once", "--recipe", str(road))
    assert done.stdout.startswith("오늘 아침")
