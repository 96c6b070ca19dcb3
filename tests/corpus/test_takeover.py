"""A build that was taken over publishes nothing more, wherever its tasks run, and mixes no two versions."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus import build as builds
from malmoi.corpus.build import build
from malmoi.corpus.passes import inputs, phases, tasks, units
from malmoi.corpus.passes.tasks import Plan, Workspace
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit import fence, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.lock import ATTEMPT, Terms, lock


@pytest.fixture
def recipe(tmp_path) -> CorpusRecipe:
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": sentences(number)} for number in range(20)])
    return CorpusRecipe(inputs=(Input(tmp_path / "raw", name="raw"),), processes=1)


def content(folder: Path) -> dict[str, bytes]:
    names = ("shards", "ledger", "index")
    return {path.name + name: path.read_bytes() for name in names for path in sorted((folder / name).iterdir())}


def test_a_task_on_any_node_publishes_nothing_once_its_driver_was_taken_over(recipe, tmp_path):
    out = tmp_path / "corpus"
    with lock(out, Terms(attempt=1)) as token:
        space = Workspace(recipe, out / "work" / "plan", out, 2, token)
        space.folder.mkdir(parents=True)
        tasks.write_plan(Plan(space, tuple(units.plan(recipe))))
        (task,) = tasks.tasks_of(space.folder, tasks.SCAN)  # as a node of a cluster reads it
    assert task.space.lease == token
    with lock(out, Terms(attempt=2)), pytest.raises(UserError, match="was taken over by process") as lost:
        phases.work(task, lambda _: None)
    assert lost.value.code == 75
    assert token not in fence.held()  # the node is free for a task of the newer driver
    assert sorted(path.name for path in space.folder.iterdir()) == [
        f"pass-000000.{token.token}.journal",
        "plan.json",
    ]


DRIVER = """
import os, signal
from pathlib import Path
from malmoi.corpus.build import build
from malmoi.corpus.passes import phases
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit.errors import UserError
do = phases.work
def work(task, report):
    if task.stage == {stage!r}:
        os.kill(os.getpid(), signal.SIGSTOP)
    do(task, report)
def engine(work, given, _processes, hooks):
    for number, task in enumerate(given):
        hooks.done(number, work(task, lambda _: None))
phases.work = work
recipe = CorpusRecipe(inputs=(Input(Path({raw!r}), name="raw"),), processes=1)
try:
    build(recipe, Path({out!r}), lambda done, total: None, engine)
except UserError as error:
    print(error)
    raise SystemExit(error.code)
"""


@pytest.mark.parametrize("stage", [tasks.RANK, tasks.CLUSTER, tasks.PUBLISH])
def test_a_stopped_driver_wakes_after_a_takeover_and_changes_nothing(recipe, tmp_path, monkeypatch, stage):
    out, script = tmp_path / "corpus", tmp_path / "driver.py"
    script.write_text(DRIVER.format(stage=stage, raw=str(tmp_path / "raw"), out=str(out)))
    driver = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    try:
        _wait_until_stopped(driver.pid)
        with pytest.raises(UserError, match=f"process {driver.pid} on .* is at work"):
            build(recipe, out, quiet)
        monkeypatch.setenv(ATTEMPT, "1")
        counts = build(recipe, out, quiet)
        before = content(out), manifest.read(out)
    finally:
        driver.send_signal(signal.SIGCONT)
        said, _ = driver.communicate(timeout=60)
    assert driver.returncode == 75, said
    assert "was taken over" in said
    assert (content(out), manifest.read(out)) == before
    assert counts["documents_in"] == 20
    assert not (out / "work").exists()


def _wait_until_stopped(pid: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the driver never stopped")


def killed_after_the_scan(done: int, total: int) -> None:
    if done > 0.75 * total:
        raise KeyboardInterrupt


def test_a_killed_build_goes_on_under_its_own_version_and_begins_again_under_another(recipe, tmp_path, monkeypatch):
    out, scans = tmp_path / "corpus", []

    def counting(work, given, _processes, hooks):
        scans.extend(task.stem for task in given if task.stage == tasks.SCAN)
        for number, task in enumerate(given):
            hooks.done(number, work(task, lambda _: None))

    with pytest.raises(KeyboardInterrupt):
        build(recipe, out, killed_after_the_scan)
    shutil.copytree(out, tmp_path / "copy")
    build(recipe, out, quiet, counting)
    assert scans == []
    monkeypatch.setattr(builds, "OUTPUT_VERSION", builds.OUTPUT_VERSION + 1)
    build(recipe, tmp_path / "copy", quiet, counting)
    assert scans == ["pass-000000"]
    assert manifest.read(tmp_path / "copy")["output_version"] == builds.OUTPUT_VERSION
    finished_at = manifest.read(out)["finished_at"]
    build(recipe, out, quiet, counting)
    assert manifest.read(out)["finished_at"] > finished_at


def test_whether_inputs_changed_is_asked_without_reading_them(recipe, tmp_path, monkeypatch):
    out, file = tmp_path / "corpus", tmp_path / "raw" / "a.jsonl"
    build(recipe, out, quiet)
    finished_at, read = manifest.read(out)["finished_at"], []
    monkeypatch.setattr(inputs, "sha256_of", lambda path: read.append(path) or "0" * 64)
    build(recipe, out, quiet)
    assert read == []
    monkeypatch.undo()
    os.utime(file, ns=(1, 1))  # only the time differs, as after a copy: the content says that nothing changed
    build(recipe, out, quiet)
    assert manifest.read(out)["finished_at"] == finished_at
    monkeypatch.setattr(inputs, "sha256_of", lambda path: read.append(path) or "0" * 64)
    build(recipe, out, quiet)
    assert read == []  # the new time is known now
    monkeypatch.undo()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("다.", "요.", 1), encoding="utf-8")  # as many bytes
    build(recipe, out, quiet)
    assert manifest.read(out)["finished_at"] > finished_at
    assert manifest.read(out)["inputs"]["0 raw"] != "0" * 64


def test_inputs_are_known_by_their_content_wherever_they_lie(recipe, tmp_path):
    build(recipe, tmp_path / "one", quiet)
    shutil.copytree(tmp_path / "raw", tmp_path / "moved" / "raw")
    os.utime(tmp_path / "moved" / "raw" / "a.jsonl", ns=(5, 5))
    build(replace(recipe, inputs=(Input(tmp_path / "moved" / "raw", name="raw"),)), tmp_path / "two", quiet)
    known = [manifest.read(tmp_path / name)["inputs"]["0 raw"] for name in ("one", "two")]
    assert known[0] == known[1]
    (tmp_path / "one" / "inputs.json").unlink()  # killed between the manifest and this file
    finished_at = manifest.read(tmp_path / "one")["finished_at"]
    build(recipe, tmp_path / "one", quiet)
    assert manifest.read(tmp_path / "one")["finished_at"] == finished_at
    assert (tmp_path / "one" / "inputs.json").exists()
