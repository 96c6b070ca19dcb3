"""The Slurm engine on a real Slurm on this machine: whole builds, with a node and the driver killed once."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import Deadly, write_files
from small_slurm import running

from malmoi.corpus import build
from malmoi.corpus.engines import slurm as slurm_engine
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with running(tmp_path_factory.mktemp("slurm")) as made:
        yield made


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("slurm") / "raw"
    write_files(folder, 4, 100)
    return folder


@pytest.fixture(scope="module")
def recipe(raw) -> CorpusRecipe:
    return CorpusRecipe(inputs=(Input(raw, name="raw"),), processes=2, shard_bytes=500_000)


@pytest.fixture(scope="module")
def by_pool(recipe, tmp_path_factory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("slurm") / "pool"
    build.build(recipe, out, quiet)
    return manifest.read(out)["outputs"]


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_job_arrays_give_the_bytes_of_the_pool(recipe, by_pool, tmp_path):
    out = tmp_path / "말뭉치 [1] $(touch x)'"
    build.build(recipe, out, quiet, slurm_engine.run_all)
    assert manifest.read(out)["outputs"] == by_pool
    assert not list(events.every(out, "resubmitted"))
    assert not (out / "work").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_kill_of_the_driver_and_another_run_give_the_same_bytes(raw, recipe, by_pool, tmp_path):
    out, script = tmp_path / "corpus", tmp_path / "driver.py"
    script.write_text(DRIVER.format(raw=str(raw), out=str(out)))
    driver = subprocess.Popen([sys.executable, str(script)])
    _wait_for(lambda: list(out.glob("work/*/pass-*.json")))
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert not (out / "manifest.json").exists()
    build.build(recipe, out, quiet, slurm_engine.run_all)
    assert manifest.read(out)["outputs"] == by_pool


DRIVER = """
from pathlib import Path
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus import build
from malmoi.corpus.engines import slurm
if __name__ == "__main__":
    recipe = CorpusRecipe(inputs=(Input(Path({raw!r}), name="raw"),), processes=2, shard_bytes=500_000)
    build.build(recipe, Path({out!r}), lambda done, total: None, slurm.run_all)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_jobs_that_leave_the_queue_undone_are_submitted_again(recipe, by_pool, tmp_path):
    out = tmp_path / "corpus"

    def cancel_once() -> None:
        _wait_for(lambda: list(out.glob("work/*/pass-*.json")))
        subprocess.run(["scancel", "--me"], check=True)

    killer = threading.Thread(target=cancel_once)
    killer.start()
    build.build(recipe, out, quiet, slurm_engine.run_all)
    killer.join()
    assert [event["stage"] for event in events.every(out, "resubmitted")] == ["pass"]
    assert manifest.read(out)["outputs"] == by_pool


@pytest.mark.slow
def test_document_that_kills_its_worker_on_a_node_reaches_the_ledger(tmp_path, monkeypatch):
    rows = [{"text": sentences(number) + (" 독이 든 사과" if number == 3 else "")} for number in range(6)]
    write_rows(tmp_path / "raw" / "a.jsonl", rows)
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),), profanity=Deadly())
    known = slurm_engine.tasks_of

    def with_deadly_step(folder, stage):  # the plan is written as tables, which know no class of a test
        return [replace(task, space=replace(task.space, recipe=recipe)) for task in known(folder, stage)]

    monkeypatch.setattr(slurm_engine, "tasks_of", with_deadly_step)

    def on_this_machine(_work, tasks, _processes, hooks):
        for place, task in enumerate(tasks):
            slurm_engine.do(task.space.folder, task.stage, task.number)
            assert task.record.exists()
            hooks.done(place, None)

    counts = build.build(recipe, tmp_path / "corpus", quiet, on_this_machine)
    assert counts["dropped_by_reason"] == {"worker_died": 1}


def test_without_slurm_the_engine_says_what_is_missing(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="there is no sbatch on this machine; expected a login node"):
        build.build(recipe, tmp_path / "corpus", quiet, slurm_engine.run_all)


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_a_job_that_slurm_refuses_is_one_sentence(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("SBATCH_PARTITION", "nowhere")
    with pytest.raises(UserError, match=r"sbatch refused the job: .*partition") as raised:
        build.build(recipe, tmp_path / "corpus", quiet, slurm_engine.run_all)
    assert "\n" not in str(raised.value)


def _wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
