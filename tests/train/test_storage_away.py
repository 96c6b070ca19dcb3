"""A run whose checkpoints are damaged, absent, or not readable at this moment: three answers, and nothing lost."""

import errno
import resource
import shutil
from pathlib import Path

import pytest
import torch
from small_runs import curve, run
from small_tokens import countable_documents, write_tokens

from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError

WEIGHTS = "model-00001-of-00002.safetensors"


class StoppedError(Exception):
    pass


def stop_at_10(done: int, _total: int) -> None:
    if done == 10:
        raise StoppedError


@pytest.fixture(scope="module")
def tokens(tmp_path_factory) -> Path:
    return write_tokens(tmp_path_factory.mktemp("module") / "tokens", countable_documents())


@pytest.fixture(scope="module")
def stopped_run(tokens: Path) -> Path:
    """A run of 12 steps that died in step 11, with checkpoints of steps 4 and 8."""
    torch.set_num_threads(1)
    out = tokens.parent / "stopped"
    with pytest.raises(StoppedError):
        run(tokens, out, stop_at_10)
    return out


@pytest.fixture
def stopped(stopped_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stopped_run, tmp_path / "out")


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.name != "lock"}


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.EACCES])
@pytest.mark.parametrize(
    "where", ["checkpoints", "checkpoints/step-00000008", f"checkpoints/step-00000008/{WEIGHTS}", "events.jsonl"]
)
def test_what_cannot_be_read_now_ends_the_start_with_75_and_changes_nothing(
    tokens, stopped, unreadable, monkeypatch, where, number
):
    before = content(stopped)
    unreadable(stopped / where, number)
    with pytest.raises(UserError, match=r"cannot be read now: .*; nothing was changed; run again") as caught:
        run(tokens, stopped)
    assert caught.value.code == 75
    monkeypatch.undo()
    assert content(stopped) == before


@pytest.mark.parametrize("where", ["manifest.json", "train-00001.bin", "train-00001.documents.parquet"])
def test_tokens_that_cannot_be_read_now_are_not_called_damaged(tokens, tmp_path, unreadable, where):
    unreadable(tokens / where, errno.ESTALE)
    with pytest.raises(UserError, match=f"{where} cannot be read now: Stale file handle") as caught:
        run(tokens, tmp_path / "out")
    assert caught.value.code == 75


def test_a_run_whose_checkpoints_are_gone_does_not_begin_again_unasked(tokens, stopped):
    before = content(stopped)
    (stopped / "checkpoints").rename(stopped.parent / "moved")
    with pytest.raises(
        UserError, match=r"has done 10 steps, and its checkpoints are absent; .* --from-scratch"
    ) as caught:
        run(tokens, stopped)
    assert caught.value.code == 75
    (stopped.parent / "moved").rename(stopped / "checkpoints")
    assert content(stopped) == before
    run(tokens, stopped)
    assert [event["step"] for event in events.every(stopped, "resume")] == [8]


def test_a_run_whose_checkpoints_are_all_damaged_says_what_is_wrong_and_keeps_their_names(tokens, stopped):
    for step in (4, 8):
        (stopped / "checkpoints" / f"step-{step:08d}" / WEIGHTS).write_bytes(b"")
    before = content(stopped)
    words = r"done 10 steps, and step-00000008 is damaged: model-.*; step-00000004 is damaged: model-"
    with pytest.raises(UserError, match=words) as caught:
        run(tokens, stopped)
    assert caught.value.code == 93
    assert content(stopped) == before


@pytest.mark.parametrize("damaged", [True, False])
def test_from_scratch_begins_again_and_keeps_the_former_events(tokens, stopped, damaged):
    former = events.every(stopped)
    if damaged:
        for step in (4, 8):
            (stopped / "checkpoints" / f"step-{step:08d}" / WEIGHTS).unlink()
    else:
        shutil.rmtree(stopped / "checkpoints")
    run(tokens, stopped, from_scratch=True)
    assert [step[0] for step in curve(stopped)] == list(range(1, 13))
    assert events.every(stopped)[: len(former)] == former
    (begun,) = events.every(stopped, "begun_again")
    assert begun["former_steps"] == 10
    assert (stopped / "checkpoints" / "step-00000008.refused").is_dir() == damaged


def test_from_scratch_needs_no_former_events(tokens, stopped):
    for step in (4, 8):
        (stopped / "checkpoints" / f"step-{step:08d}" / WEIGHTS).unlink()
    shutil.rmtree(stopped / "events")
    with pytest.raises(UserError, match="has done 0 steps, and step-00000008 is damaged"):
        run(tokens, stopped)
    run(tokens, stopped, from_scratch=True)
    assert len(curve(stopped)) == 12


def test_from_scratch_goes_on_where_a_checkpoint_is_whole_so_that_a_restart_loses_nothing(tokens, stopped):
    run(tokens, stopped, from_scratch=True)
    assert [event["step"] for event in events.every(stopped, "resume")] == [8]


def test_a_finished_run_without_its_checkpoints_is_not_called_finished(tokens, stopped):
    run(tokens, stopped)
    before = (stopped / "manifest.json").read_bytes()
    (stopped / "checkpoints").rename(stopped.parent / "moved")
    with pytest.raises(UserError, match=r"has done 12 steps, and its checkpoints are absent") as caught:
        run(tokens, stopped)
    assert caught.value.code == 75
    assert (stopped / "manifest.json").read_bytes() == before


def test_a_finished_run_without_its_newest_checkpoint_makes_it_anew(tokens, stopped):
    run(tokens, stopped)
    before = curve(stopped)
    shutil.rmtree(stopped / "checkpoints" / "step-00000012")
    run(tokens, stopped)
    assert (stopped / "checkpoints" / "step-00000012").is_dir()
    assert curve(stopped) == before
    assert manifest.read(stopped)["counts"]["steps"] == 12


def test_a_curve_that_cannot_be_written_at_the_start_is_one_sentence(tokens, stopped):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(UserError, match=r"out cannot be written to: File too large; make room"):
            run(tokens, stopped)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
