"""Jobs with real child processes and a clock that is set by hand. Nothing sleeps on a clock: ends are waited for."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from malmoi.kit import job
from malmoi.kit.errors import UserError
from malmoi.kit.job import State

READY = "import pathlib, os; folder = pathlib.Path(os.environ['MALMOI_JOB']); (folder / 'ready').touch()\n"
FOREVER = READY + "while True: signal.pause()"
SAVES = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\n" + FOREVER
IGNORES = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOREVER
NOTES = READY + "import sys\nsys.stdin.read()\nfrom malmoi.kit.job import note_exit\nopen({!r}).read()\nnote_exit(0)"


class Clock:
    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def runner():
    local = job.LocalRunner()
    yield local
    for child in local._children.values():
        if child.poll() is None:
            child.kill()
        child.wait()


def submit(tmp_path, code, clock=time.time):
    return job.submit(tmp_path / "jobs", [sys.executable, "-c", code], "run-1", "가나", clock)


def wait_for(condition):
    """Waits for what a child does. The deadline is only there for a child that is broken."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def run_to_its_end(folder, runner, clock):
    job.advance(folder, runner, clock)
    for child in runner._children.values():
        child.wait(timeout=60)
    return job.advance(folder, runner, clock)


@pytest.mark.parametrize(
    ("code", "state"), [(0, "finished"), (1, "failed"), (2, "failed"), (75, "queued"), (93, "failed"), (130, "failed")]
)
def test_an_exit_code_decides_the_state(tmp_path, runner, clock, code, state):
    folder = submit(tmp_path, f"import sys; print('말'); sys.exit({code})", clock)
    assert job.read(folder)[1] == job.Status(State.QUEUED, 0, 1000.0)
    status = run_to_its_end(folder, runner, clock)
    assert (status.state, status.exit_code, status.attempt) == (state, code, 1)
    assert (folder / "log").read_text() == "말\n"
    if code != 75:
        assert job.advance(folder, runner, clock) == status


def test_argv_is_words_and_no_shell_reads_it(tmp_path, runner, clock):
    words = ["$HOME; touch x", "한 글", "*"]
    code = "import sys; print(sys.argv[1:])"
    folder = job.submit(tmp_path / "jobs", [sys.executable, "-c", code, *words], "run-1", "가나", clock)
    run_to_its_end(folder, runner, clock)
    assert (folder / "log").read_text() == f"{words}\n"
    described = job.read(folder)[0]
    assert (described.argv[3:], described.run, described.owner) == (tuple(words), "run-1", "가나")
    assert folder.name == described.id


def test_a_program_that_cannot_be_started_has_failed_and_says_why(tmp_path, runner, clock):
    folder = job.submit(tmp_path / "jobs", ["/nowhere/malmoi"], "", "", clock)
    status = job.advance(folder, runner, clock)
    assert (status.state, status.exit_code) == (State.FAILED, 2)
    assert "cannot be started" in (folder / "log").read_text()


def test_try_again_later_is_started_again_with_the_next_attempt_and_not_at_once(tmp_path, runner, clock):
    folder = submit(tmp_path, "import os, sys; print(os.environ['MALMOI_ATTEMPT']); sys.exit(75)", clock)
    assert run_to_its_end(folder, runner, clock).state == State.QUEUED
    clock.at += job.RETRY_S - 1
    assert job.advance(folder, runner, clock).state == State.QUEUED
    clock.at += 1
    assert job.advance(folder, runner, clock).state == State.RUNNING
    assert run_to_its_end(folder, runner, clock).attempt == 2
    assert (folder / "log").read_text() == "1\n2\n"


def test_a_stop_that_was_saved_waits_until_it_is_let_go_on(tmp_path, runner, clock):
    folder = submit(tmp_path, SAVES, clock)
    assert job.advance(folder, runner, clock).state == State.RUNNING
    wait_for((folder / "ready").exists)
    job.ask_to_stop(folder)
    assert job.advance(folder, runner, clock).state == State.STOPPING
    status = run_to_its_end(folder, runner, clock)
    assert (status.state, status.exit_code) == (State.QUEUED, 75)
    clock.at += 10 * job.RETRY_S
    assert job.advance(folder, runner, clock) == status
    job.try_again(folder, clock)
    status = job.advance(folder, runner, clock)
    assert (status.state, status.attempt) == (State.RUNNING, 2)


def test_a_program_that_does_not_stop_is_killed_after_its_grace(tmp_path, runner, clock):
    folder = submit(tmp_path, IGNORES, clock)
    job.advance(folder, runner, clock)
    wait_for((folder / "ready").exists)
    job.ask_to_stop(folder)
    job.advance(folder, runner, clock)
    clock.at += job.GRACE_S - 1
    assert job.advance(folder, runner, clock).state == State.STOPPING
    assert all(child.poll() is None for child in runner._children.values())
    clock.at += 1
    job.advance(folder, runner, clock)
    status = run_to_its_end(folder, runner, clock)
    assert (status.state, status.exit_code) == (State.FAILED, -signal.SIGKILL)


def test_a_job_that_is_asked_to_stop_before_its_start_never_starts(tmp_path, runner, clock):
    folder = submit(tmp_path, "print('no')", clock)
    job.ask_to_stop(folder)
    assert job.advance(folder, runner, clock).state == State.QUEUED
    assert not (folder / "log").exists()


@pytest.fixture
def orphan(tmp_path, clock):
    """A job whose runner was killed with -9: the program lives on, and is nobody's child here."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    folder = submit(tmp_path, NOTES.format(str(fifo)), clock)
    code = (
        "import os, pathlib, sys; from malmoi.kit import job\n"
        "job.advance(pathlib.Path(sys.argv[1]), job.LocalRunner()); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == -signal.SIGKILL
    wait_for((folder / "ready").exists)
    yield folder, fifo
    process = job.read(folder)[1].process
    if process is not None and job._started(process.pid) == process.started:
        os.kill(process.pid, signal.SIGKILL)


def test_the_next_runner_follows_a_job_to_its_end(orphan, runner, clock):
    folder, fifo = orphan
    status = job.advance(folder, runner, clock)
    assert (status.state, status.attempt) == (State.RUNNING, 1)
    fifo.write_text("go on")  # opening waits for the reader
    wait_for(lambda: job.advance(folder, runner, clock).state != State.RUNNING)
    status = job.read(folder)[1]
    assert (status.state, status.exit_code) == (State.FINISHED, 0)


def test_a_job_whose_process_is_gone_without_a_word_is_lost(orphan, runner, clock):
    folder, _ = orphan
    process = job.advance(folder, runner, clock).process
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: job.advance(folder, runner, clock).state != State.RUNNING)
    assert job.read(folder)[1].state == State.LOST
    job.try_again(folder, clock)
    assert job.advance(folder, runner, clock).attempt == 2


def test_another_process_with_the_same_number_is_not_taken_for_the_job(orphan, runner, clock):
    folder, _ = orphan
    found = json.loads((folder / "state.json").read_text())
    process = dict(found["process"])
    (folder / "state.json").write_text(json.dumps(found | {"process": process | {"pid": os.getpid(), "started": 1}}))
    assert job.advance(folder, runner, clock).state == State.LOST
    os.kill(process["pid"], signal.SIGKILL)


def test_a_job_of_another_machine_is_left_to_it(orphan, runner, clock):
    folder, _ = orphan
    found = json.loads((folder / "state.json").read_text())
    elsewhere = found | {"process": found["process"] | {"host": "node-139"}}
    (folder / "state.json").write_text(json.dumps(elsewhere))
    assert job.advance(folder, runner, clock).state == State.RUNNING
    (folder / "state.json").write_text(json.dumps(found))


def test_a_runner_killed_while_it_started_a_job_leaves_it_lost(tmp_path, runner, clock):
    folder = submit(tmp_path, "print('no')", clock)
    job._write(folder, job.Status(State.STARTING, 1, 1000.0))
    assert job.advance(folder, runner, clock).state == State.LOST


def test_two_runners_start_a_job_once(tmp_path, runner, clock):
    folder = submit(tmp_path, SAVES, clock)
    with job._locked(folder, wait=False) as is_ours:
        assert is_ours
        assert job.advance(folder, runner, clock).state == State.QUEUED
    assert job.advance(folder, runner, clock).state == State.RUNNING


@pytest.mark.parametrize("state", ["running", "stopping", "finished", "starting"])
def test_only_what_has_stopped_can_be_tried_again_and_nothing_changes_else(tmp_path, clock, state):
    folder = submit(tmp_path, "", clock)
    before = job.Status(State(state), 1, 1000.0)
    job._write(folder, before)
    job.ask_to_stop(folder)
    with pytest.raises(UserError, match=f"is {state}; expected one that was stopped"):
        job.try_again(folder, clock)
    assert job.read(folder)[1] == before
    assert (folder / "stop").exists()


def test_only_changes_of_the_table_are_possible():
    assert set(job.CHANGES) == set(State)
    allowed = {(before, after) for before, afters in job.CHANGES.items() for after in afters}
    for before in State:
        for after in State:
            if (before, after) in allowed:
                assert job._changed(job.Status(before, 1, 0.0), after, 1.0).state == after
            else:
                with pytest.raises(AssertionError, match="may not go"):
                    job._changed(job.Status(before, 1, 0.0), after, 1.0)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"state": "asleep", "process": null}'])
def test_no_job_and_a_damaged_one_are_one_clear_line(tmp_path, clock, content):
    folder = submit(tmp_path, "", clock)
    (folder / "state.json").unlink()
    if content is not None:
        (folder / "state.json").write_text(content)
    with pytest.raises(UserError, match="holds no job" if content is None else "cannot be read"):
        job.read(folder)


def test_a_command_of_ours_leaves_its_exit_code_and_heartbeat_in_the_folder_of_its_job(tmp_path, runner, clock):
    folder = job.submit(tmp_path / "jobs", [sys.executable, "-m", "malmoi", "train", "show", "/none"], "", "", clock)
    status = run_to_its_end(folder, runner, clock)
    assert (status.state, status.exit_code) == (State.FAILED, 2)
    assert (folder / "exit").read_text().endswith(" 2\n")
    beats = "from malmoi.kit import events; from pathlib import Path; events.heartbeat(Path('/none'), step=3)"
    folder = submit(tmp_path, beats, clock)
    assert run_to_its_end(folder, runner, clock).state == State.FINISHED
    assert json.loads((folder / "heartbeat.json").read_text())["step"] == 3


def test_a_command_of_ours_that_is_asked_to_stop_waits_to_go_on(tmp_path, runner, clock):
    os.mkfifo(tmp_path / "recipe.toml")
    argv = [sys.executable, "-m", "malmoi", "run", str(tmp_path / "recipe.toml")]
    folder = job.submit(tmp_path / "jobs", argv, "run-1", "가나", clock)
    job.advance(folder, runner, clock)
    with (tmp_path / "recipe.toml").open("w"):  # opening it waits until it is read
        job.ask_to_stop(folder)
        status = run_to_its_end(folder, runner, clock)
    assert (status.state, status.exit_code) == (State.QUEUED, 75)


def test_a_child_of_a_job_does_not_speak_for_it(tmp_path, runner, clock):
    note = "import sys\nfrom malmoi.kit.job import note_exit\nnote_exit(0)\n"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {note!r}], check=True)\n"
    folder = submit(tmp_path, parent, clock)
    assert run_to_its_end(folder, runner, clock).state == State.FINISHED
    assert not (folder / "exit").exists()


def test_a_dead_process_that_nobody_has_reaped_is_not_alive(runner):
    """In a container, what was process 1 may reap nobody."""
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    process = job.Process(os.uname().nodename, child.pid, job._started(child.pid))
    assert runner.is_alive(process)
    child.kill()
    wait_for(lambda: not runner.is_alive(process))
    assert child.returncode is None
    child.communicate()
