import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import time

import pytest
import torch
from safetensors.torch import load_file
from small_runs import curve, run, settings, silent
from small_tokens import MODEL, countable_documents, write_tokens

from malmoi.kit import events, manifest
from malmoi.kit import run as run_record
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.lock import Terms, lock
from malmoi.train import plan, trainer
from malmoi.train.run_events import steps
from malmoi.train.trainer import train


@pytest.fixture(scope="module")
def shared_tokens(tmp_path_factory):
    return write_tokens(tmp_path_factory.mktemp("module") / "tokens", countable_documents())


@pytest.fixture(scope="module")
def undisturbed(shared_tokens):
    """A run of 12 steps that nothing stopped."""
    torch.set_num_threads(1)
    out = shared_tokens.parent / "undisturbed"
    run(shared_tokens, out)
    return out


class StoppedError(Exception):
    pass


def stop_at(step):
    def progress(done, _total):
        if done == step:
            raise StoppedError

    return progress


def weights(out, step=12):
    folder = out / "checkpoints" / f"step-{step:08d}"
    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def assert_same_run(out, expected, step=12):
    assert curve(out) == curve(expected)
    found, wanted = weights(out, step), weights(expected, step)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_run_learns_and_says_so(undisturbed):
    content = manifest.read(undisturbed)
    losses = [step[2] for step in curve(undisturbed)]
    assert [step[0] for step in curve(undisturbed)] == list(range(1, 13))
    assert losses[0] == pytest.approx(4.6, abs=0.2)  # ln 101
    assert losses[-1] < losses[0] - 0.2
    assert content["counts"]["steps"] == 12
    assert content["counts"]["loss"] == pytest.approx(sum(losses) / 12)
    assert [path.name for path in sorted((undisturbed / "checkpoints").iterdir())] == ["step-00000008", "step-00000012"]
    assert [event["step"] for event in events.every(undisturbed, "checkpoint")] == [4, 8, 12]


@pytest.mark.parametrize("step", [1, 4, 6, 11])
def test_a_run_that_died_goes_on_bit_for_bit(shared_tokens, tmp_path, undisturbed, step):
    with pytest.raises(StoppedError):
        run(shared_tokens, tmp_path / "out", stop_at(step))
    run(shared_tokens, tmp_path / "out")
    assert_same_run(tmp_path / "out", undisturbed)


def test_a_finished_run_is_left_as_it_is(shared_tokens, undisturbed):
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")}
    counts = run(shared_tokens, undisturbed, stop_at(0))
    assert counts == manifest.read(undisturbed)["counts"]
    assert {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")} == before


def test_a_run_that_another_process_finished_before_the_lock_was_had_is_left_as_it_is(
    shared_tokens, tmp_path, undisturbed, monkeypatch
):
    def finished_meanwhile(out):
        shutil.copytree(undisturbed, out)
        return lock(out)

    monkeypatch.setattr(trainer, "lock", finished_meanwhile)
    counts = run(shared_tokens, tmp_path / "out", stop_at(0))
    assert counts == manifest.read(undisturbed)["counts"]
    assert (tmp_path / "out" / "manifest.json").read_bytes() == (undisturbed / "manifest.json").read_bytes()
    assert events.every(tmp_path / "out", "resume") == []


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_run_of_code_that_gives_other_numbers_is_not_gone_on_with(
    shared_tokens, tmp_path, undisturbed, monkeypatch, is_killed
):
    out = shutil.copytree(undisturbed, tmp_path / "out")
    if is_killed:
        (out / "manifest.json").unlink()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    monkeypatch.setattr(plan, "OUTPUT_VERSION", 2)
    with pytest.raises(UserError, match=r"output_version is 2, and the checkpoints in .* were made with 1"):
        run(shared_tokens, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}.items() >= before.items()
    run(shared_tokens, out, from_scratch=True)
    assert manifest.read(out)["output_version"] == 2


def test_the_manifests_of_a_run_name_its_device_and_its_run(shared_tokens, tmp_path):
    known = run_record.begin(tmp_path, {"a": 1})
    run(shared_tokens, tmp_path / "train", steps=4)
    for folder in (tmp_path / "train", tmp_path / "train" / "checkpoints" / "step-00000004"):
        found = manifest.read(folder)
        assert (found["run_id"], found["devices"], found["output_version"]) == (known.id, ["cpu"], 1)


def test_a_flipped_bit_is_refused_by_name_and_the_run_goes_on_from_the_checkpoint_before(
    shared_tokens, tmp_path, undisturbed
):
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(10))
    newest = out / "checkpoints" / "step-00000008" / "model-00002-of-00002.safetensors"
    content = bytearray(newest.read_bytes())
    content[-5] ^= 1
    newest.write_bytes(content)
    run(shared_tokens, out)
    assert_same_run(out, undisturbed)
    (refused,) = events.every(out, "refused_checkpoint")
    assert refused["name"] == "step-00000008"
    assert "model-00002-of-00002.safetensors is not as it was written" in refused["reason"]
    assert [event["step"] for event in events.every(out, "resume")] == [4]


def test_a_finished_run_whose_newest_checkpoint_is_damaged_makes_it_anew(shared_tokens, tmp_path, undisturbed):
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    newest = out / "checkpoints" / "step-00000012" / "model-00001-of-00002.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    run(shared_tokens, out)
    assert_same_run(out, undisturbed)
    assert [event["step"] for event in events.every(out, "resume")] == [8]


def test_a_flipped_bit_in_the_tokens_is_refused(tmp_path, documents):
    tokens = write_tokens(tmp_path / "tokens", documents)
    raw = bytearray((tokens / "train-00001.bin").read_bytes())
    raw[20] ^= 1
    (tokens / "train-00001.bin").write_bytes(raw)
    with pytest.raises(UserError, match=r"train-00001\.bin is not as it was written"):
        run(tokens, tmp_path / "out")


def test_damaged_events_cost_their_steps_and_no_more(shared_tokens, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(9))
    (file,) = (out / "events").iterdir()
    lines = file.read_text().splitlines()
    damaged = [line.replace('"loss"', '"lost"') if '"step": 3,' in line else line for line in lines]
    damaged = [line.replace('"step": 5,', '"step": "5",') for line in damaged]
    file.write_text("\n".join(damaged) + "\n")
    run(shared_tokens, out)
    assert [step["step"] for step in steps(out)] == [1, 2, 4, *range(6, 13)]


def test_the_seconds_of_a_run_are_those_of_all_its_starts(shared_tokens, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(11))
    for name in ("step", "checkpoint"):
        assert list(events.every(out, name))
    (file,) = (out / "events").iterdir()
    file.write_text(re.sub(r'("kind": "step".*"seconds": )[\d.]+', r"\g<1>100.0", file.read_text()))
    run(shared_tokens, out)
    assert 800 <= manifest.read(out)["seconds"] < 1000


def signals_at(step, *numbers):
    def progress(done, _total):
        if done == step:
            for number in numbers:
                os.kill(os.getpid(), number)

    return progress


STOPPING = [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]


@pytest.mark.parametrize("number", [*STOPPING, signal.SIGINT])
def test_a_signal_ends_the_run_after_the_step_in_hand_with_a_checkpoint(shared_tokens, tmp_path, undisturbed, number):
    out = tmp_path / "out"
    with pytest.raises(UserError if number in STOPPING else KeyboardInterrupt) as caught:
        run(shared_tokens, out, signals_at(5, number))
    if number in STOPPING:
        assert f"stopped by {number.name} after step 6 of 12, which is saved; run the same" in str(caught.value)
        assert caught.value.code == 75
    assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    assert len(curve(out)) == 6
    assert (out / "checkpoints" / "step-00000006").is_dir()
    assert not (out / "manifest.json").exists()
    run(shared_tokens, out)
    assert_same_run(out, undisturbed)


@pytest.mark.parametrize("number", [*STOPPING, signal.SIGINT])
def test_a_signal_in_the_last_step_outlives_it_so_that_no_stage_after_it_begins(shared_tokens, tmp_path, number):
    out = tmp_path / "out"
    with pytest.raises(UserError if number in STOPPING else KeyboardInterrupt):
        run(shared_tokens, out, signals_at(11, number))
    assert manifest.read(out)["counts"]["steps"] == 12
    assert run(shared_tokens, out, stop_at(0)) == manifest.read(out)["counts"]


def test_the_signals_of_a_closed_ssh_and_of_a_scheduler_come_together_and_the_step_is_saved_all_the_same(
    shared_tokens, tmp_path
):
    with pytest.raises(UserError, match="after step 6 of 12"):
        run(
            shared_tokens, tmp_path / "out", signals_at(5, signal.SIGHUP, signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM)
        )
    assert (tmp_path / "out" / "checkpoints" / "step-00000006").is_dir()


def test_a_run_under_nohup_does_not_end_with_the_session(shared_tokens, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(shared_tokens, tmp_path / "out", signals_at(5, signal.SIGHUP))["steps"] == 12
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.5}, r"train.learning_rate is 0.5, and the checkpoints in .* were made with 0.003"),
        ({"steps": 13}, r"train.steps is 13"),
        ({"precision": "bfloat16"}, r"train.precision is 'bfloat16', .* made with 'float32'"),
        ({"seed": 9}, r"train.seed is 9"),
    ],
)
def test_a_changed_recipe_is_named_and_touches_nothing(shared_tokens, undisturbed, change, message):
    before = curve(undisturbed)
    with pytest.raises(UserError, match=message):
        run(shared_tokens, undisturbed, **change)
    assert curve(undisturbed) == before


def test_a_changed_model_or_text_is_named_too(shared_tokens, tmp_path, undisturbed):
    bigger = type(MODEL)(**{**MODEL.__dict__, "layers": 3})
    with pytest.raises(UserError, match=r"model.layers is 3, .* made with 2"):
        train(settings(), bigger, shared_tokens, undisturbed, silent)
    other = write_tokens(tmp_path / "tokens", countable_documents()[:-1])
    with pytest.raises(UserError, match=r"tokens is '\w+', .* made with"):
        run(other, undisturbed)


def test_how_often_is_saved_may_change_and_open_threads_stay_as_they_were(shared_tokens, tmp_path, undisturbed):
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(6))
    run(shared_tokens, out, threads=None, checkpoint_steps=3, keep_checkpoints=1)
    assert curve(out) == curve(undisturbed)
    assert manifest.read(out)["counts"]["threads"] == 1
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-00000012"]


def test_another_machine_goes_on_with_the_same_run_and_an_event_says_so(shared_tokens, tmp_path, undisturbed):
    """Sums are split in another way: the numbers differ by rounding. The same machine gives the same bits."""
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(6))
    run(shared_tokens, out, threads=2, micro_sequences=4, device="cpu")
    (changed,) = events.every(out, "machine_changed")
    assert (changed["step"], changed["changes"]) == (4, {"threads": [1, 2], "micro_sequences": [2, 4]})
    found, expected = [row[2] for row in curve(out)], [row[2] for row in curve(undisturbed)]
    assert found[:4] == expected[:4]
    assert found == pytest.approx(expected, rel=1e-3)
    assert manifest.read(out)["config"] == manifest.read(undisturbed)["config"]


def test_a_precision_that_is_left_open_stays_that_of_the_checkpoint(shared_tokens, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(6), precision="bfloat16")
    run(shared_tokens, out, precision="auto")
    assert manifest.read(out)["counts"]["precision"] == "bfloat16"
    assert events.every(out, "machine_changed") == []


def test_a_finished_run_stays_finished_on_another_machine(shared_tokens, undisturbed):
    before = manifest.read(undisturbed)
    assert run(shared_tokens, undisturbed, stop_at(0), threads=2, micro_sequences=1) == before["counts"]
    assert manifest.read(undisturbed) == before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_two_threads_give_the_same_bits_twice(shared_tokens, tmp_path, precision):
    for name in ("one", "two"):
        run(shared_tokens, tmp_path / name, threads=2, precision=precision, steps=2, warmup_steps=1)
    assert_same_run(tmp_path / "one", tmp_path / "two", step=2)


def test_a_loss_that_is_no_number_names_step_and_documents_and_keeps_the_checkpoints(shared_tokens, tmp_path):
    with pytest.raises(
        UserError, match=r"step \d+ gives loss .* nan \(documents [0-9a-f]{32}, .* more\); lower train"
    ) as no:
        run(shared_tokens, tmp_path / "out", learning_rate=1e30, warmup_steps=0)
    assert no.value.code == 93
    (event,) = events.every(tmp_path / "out", "not_finite")
    assert event["step"] == len(curve(tmp_path / "out")) + 1
    assert event["documents"]


def test_a_folder_that_cannot_be_written_is_one_clear_line(shared_tokens, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file cannot be written to"):
        run(shared_tokens, tmp_path / "file")


def test_two_runs_in_one_folder_are_refused(shared_tokens, tmp_path):
    def progress(_done, _total):
        with pytest.raises(UserError, match="is at work in") as caught:
            run(shared_tokens, tmp_path / "out")
        assert caught.value.code == TRY_AGAIN
        raise StoppedError

    with pytest.raises(StoppedError):
        run(shared_tokens, tmp_path / "out", progress)


def test_a_run_whose_folder_was_taken_over_saves_nothing_more(shared_tokens, tmp_path):
    out = tmp_path / "out"

    def progress(done, _total):
        if done == 5:
            with lock(out, Terms(attempt=1)):
                pass

    with pytest.raises(UserError, match="was taken over") as caught:
        run(shared_tokens, out, progress)
    assert caught.value.code == TRY_AGAIN
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-00000004"]
    assert not (out / "manifest.json").exists()
    assert max(step["step"] for step in steps(out)) == 5
    assert json.loads((out / "heartbeat.json").read_text())["step"] == 5


def test_a_run_whose_folder_was_taken_over_leaves_the_manifest_of_the_newer_one(
    shared_tokens, tmp_path, undisturbed, monkeypatch
):
    out, settle = shutil.copytree(undisturbed, tmp_path / "out"), trainer.settle
    newest = out / "checkpoints" / "step-00000012" / "model-00001-of-00002.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    monkeypatch.setattr(trainer, "settle", lambda *words: (out / "lock.json").unlink() or settle(*words))
    with pytest.raises(UserError, match="was taken over"):
        run(shared_tokens, out)
    assert (out / "manifest.json").exists()


def test_sequences_longer_than_the_context_are_refused(shared_tokens, tmp_path):
    with pytest.raises(UserError, match=r"train.sequence_tokens is 65; expected at most model.context_tokens \(64\)"):
        run(shared_tokens, tmp_path / "out", sequence_tokens=65)


@pytest.mark.slow
def test_kill_9_at_any_moment_gives_the_curve_of_a_run_never_killed(shared_tokens, tmp_path):
    out, expected, chance = tmp_path / "out", tmp_path / "expected", random.Random()
    run(shared_tokens, expected, steps=60)
    processes = multiprocessing.get_context("forkserver")  # imports torch once, so that there is time for many kills
    processes.set_forkserver_preload(["small_runs", "torch._dynamo"])
    for kills in range(20):
        process = processes.Process(target=run, args=(shared_tokens, out), kwargs={"steps": 60})
        process.start()
        goal = 8 * (kills + 1)
        while process.is_alive() and len(steps(out)) < goal:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)  # in a step, in a checkpoint, between the two
        process.kill()
        process.join()
        if process.exitcode == 0:
            break
    assert kills >= 5
    assert_same_run(out, expected, step=60)
    assert not list(out.rglob("*.partial"))


def test_a_killed_writer_leaves_no_checkpoint_behind(shared_tokens, tmp_path, undisturbed):
    """What kill -9 leaves while a checkpoint is written: a folder aside, half a line of events."""
    out = tmp_path / "out"
    with pytest.raises(StoppedError):
        run(shared_tokens, out, stop_at(6))
    whole = out / "checkpoints" / "step-00000004"
    shutil.copytree(whole, out / "checkpoints" / "step-00000006.99.partial")
    (file,) = (out / "events").iterdir()
    with file.open("a") as stream:
        stream.write('{"kind": "step", "step": 7, "lo')
    run(shared_tokens, out)
    assert_same_run(out, undisturbed)
    assert not list(out.rglob("*.partial"))
