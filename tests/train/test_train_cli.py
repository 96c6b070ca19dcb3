"""`malmoi train run` as a person and a scheduler see it: sentences and exit codes."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_runs import run as train_small
from small_tokens import countable_documents, write_tokens

from malmoi.cli.plan import Planned
from malmoi.cli.recipe import load
from malmoi.cli.run import STAGES, Stage, run_stages
from malmoi.cli.train import train_folder
from malmoi.kit import events
from malmoi.kit.errors import UserError

RECIPE = """
name = "tiny"
folder = "{folder}"
[[corpus.inputs]]
path = "raw"
[model]
layers = 2
hidden = 32
heads = 4
kv_heads = 2
feed_forward = 48
context_tokens = 64
[train]
steps = 100_000
sequence_tokens = 32
batch_sequences = 4
micro_sequences = 2
warmup_steps = 3
checkpoint_steps = 5
threads = 1
device = "cpu"
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    write_tokens(tmp_path / "run" / "tokens", countable_documents())
    (tmp_path / "tiny.toml").write_text(RECIPE.format(folder=tmp_path / "run"))
    return tmp_path / "tiny.toml"


def start(recipe: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "malmoi.cli.main", "train", "run", str(recipe), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stopped(process: subprocess.Popen[str], saved_twice: Callable[[], bool], number: signal.Signals) -> tuple[int, str]:
    """Sends a signal when the process has saved twice; returns the exit code and what stood on stderr."""
    deadline = time.monotonic() + 120
    while not saved_twice() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


def test_a_stopped_run_whose_checkpoints_were_moved_is_refused_until_it_is_told_to_begin_again(recipe):
    out = recipe.parent / "run" / "train"

    def saved_twice() -> bool:
        return len(list(events.every(out, "checkpoint"))) > 1

    def begun_again() -> list[events.Event]:
        return events.every(out, "begun_again")

    code, told = stopped(start(recipe), saved_twice, signal.SIGTERM)
    steps = max(event["step"] for event in events.every(out, "step"))
    assert told == (
        f"malmoi: stopped by SIGTERM after step {steps} of 100000, which is saved; "
        "run the same command again to go on\n"
    )
    assert code == 75

    (out / "checkpoints").rename(out.parent / "elsewhere")
    (out / "checkpoints").symlink_to(out.parent / "not_mounted")
    before = events.every(out)
    refused = start(recipe)
    _, told = refused.communicate(timeout=60)
    assert told.startswith(f"malmoi: {out} has done {steps} steps, and its checkpoints are absent; ")
    assert told.count("\n") == 1
    assert refused.returncode == 75
    assert events.every(out) == before

    (out / "checkpoints").unlink()

    def saved_anew() -> bool:
        return len(events.every(out, "start")) > 1 and len(events.Curve(out).update().checkpoints) > 1

    code, told = stopped(start(recipe, "--from-scratch"), saved_anew, signal.SIGHUP)
    assert (code, "stopped by SIGHUP" in told) == (75, True)
    assert events.every(out)[: len(before)] == before
    assert begun_again()[0]["former_steps"] == steps
    assert min(events.Curve(out).update().by_step) == 1
    assert train_folder(out.parent) == out


def test_no_stage_begins_after_one_that_was_asked_to_stop_in_its_last_step(recipe, monkeypatch):
    """SIGTERM in the last step of training once was swallowed: export and evaluation ran, and the exit code was 0."""
    folder, begun = recipe.parent / "run", []

    def training(_run, _progress, _from_scratch):
        def progress(done, _total):
            if done == 11:
                os.kill(os.getpid(), signal.SIGTERM)

        return train_small(folder / "tokens", folder / "train", progress)

    fakes = {"train": training, "model": lambda *_: begun.append("model")}
    stages = tuple(Stage(one.folder, one.title, fakes[one.folder]) for one in STAGES if one.folder in fakes)
    monkeypatch.setattr("malmoi.cli.run.STAGES", stages)
    monkeypatch.setattr("malmoi.cli.run.plan", lambda _run: [Planned("corpus", "unchanged")])  # there is no corpus
    run = load(argparse.Namespace(recipe=recipe, assignments=[]))
    with pytest.raises(UserError, match="stopped by SIGTERM after step 12 of 12, which is saved") as caught:
        run_stages(run)
    assert (caught.value.code, begun) == (75, [])
    run_stages(run)
    assert begun == ["model"]
