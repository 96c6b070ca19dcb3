import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import publisher
import pytest

from malmoi.kit import fence, files, paths, pool
from malmoi.kit import lock as locks
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.lock import Terms, lock
from malmoi.kit.pool import Hooks

KINDS = ("file", "directory", "text", "move", "remove", "manifest")
HOUR_S = 3600.0
SHORT_S, LONG_S = 0.4, 60.0


@contextmanager
def older(folder, kind="file", host="가", lease_s=SHORT_S, attempt=None):
    """Another process that holds the folder and waits at its publish."""
    words = [sys.executable, publisher.__file__, str(folder), kind, host, str(lease_s)]
    words += [] if attempt is None else [str(attempt)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(process):
    """Lets it publish; returns its exit code and what it said."""
    said, _ = process.communicate("go\n" * 9, timeout=60)
    return process.returncode, said


def run_out(folder):
    """Waits until the lease of a folder is no more in time."""
    while fence.read(folder).until > time.time():
        time.sleep(0.02)


def by_another(lease_s=SHORT_S, attempt=None, **changed):
    return Terms(**(publisher.terms("나", lease_s, attempt).__dict__ | changed))


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_stopped_at_its_publish_and_woken_later_publishes_nothing(tmp_path, kind):
    with older(tmp_path, kind) as process:
        process.send_signal(signal.SIGSTOP)
        run_out(tmp_path)
        with lock(tmp_path, by_another(LONG_S)):
            files.write_text(tmp_path / "result", "newer")
            process.send_signal(signal.SIGCONT)
            code, said = finish(process)
            assert code == TRY_AGAIN
            assert "was taken over by process" in said
            assert fence.read(tmp_path).host == "나"  # who lost the folder does not give it back
            assert (tmp_path / "result").read_text() == "newer"
            assert not (tmp_path / "manifest.json").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "older") == ["result"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_process_that_nobody_replaced_goes_on_when_it_is_woken(tmp_path, kind):
    with older(tmp_path, kind) as process:
        process.send_signal(signal.SIGSTOP)
        run_out(tmp_path)
        process.send_signal(signal.SIGCONT)
        code, said = finish(process)
    assert (code, said.splitlines()[-1]) == (0, "published")
    assert not (tmp_path / fence.NAME).exists()


def test_what_a_newer_process_removed_under_an_older_one_is_told_as_a_takeover(tmp_path):
    with older(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        run_out(tmp_path)
        with lock(tmp_path, by_another(LONG_S)):
            files.remove_partials(tmp_path)
            process.send_signal(signal.SIGCONT)
            code, said = finish(process)
    assert (code, "was taken over" in said) == (TRY_AGAIN, True)


def test_a_process_that_lives_and_renews_keeps_others_out_longer_than_its_lease(tmp_path):
    with older(tmp_path, lease_s=4.0) as process:
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            words = rf"process {process.pid} on 가 is at work in .* for \d+ s"
            with pytest.raises(UserError, match=words) as caught, lock(tmp_path, by_another()):
                pass
            assert caught.value.code == TRY_AGAIN
            time.sleep(0.1)
        assert finish(process)[0] == 0
    assert (tmp_path / "result").read_text() == "older"


def test_a_higher_attempt_takes_over_at_once_and_a_lower_or_equal_one_does_not(tmp_path, monkeypatch):
    with older(tmp_path, lease_s=LONG_S, attempt=2) as process:
        for attempt in ("1", "2"):
            monkeypatch.setenv(locks.ATTEMPT, attempt)
            with pytest.raises(UserError, match="is at work"), lock(tmp_path):
                pass
        monkeypatch.setenv(locks.ATTEMPT, "3")
        with lock(tmp_path) as token:
            assert token.attempt == 3
            assert finish(process)[0] == TRY_AGAIN
    monkeypatch.setenv(locks.ATTEMPT, "three")
    with pytest.raises(UserError, match="MALMOI_ATTEMPT is 'three'"), lock(tmp_path):
        pass


def test_attempts_of_another_job_are_not_compared_and_two_jobs_take_no_folder_from_each_other(tmp_path, monkeypatch):
    def start(job_id, attempt):
        monkeypatch.setenv(locks.FOLDER_VARIABLE, f"/jobs/{job_id}")
        monkeypatch.setenv(locks.ATTEMPT, attempt)
        return lock(tmp_path)

    with older(tmp_path, lease_s=LONG_S) as process:  # started by hand: attempt 0, and no job
        with pytest.raises(UserError, match=f"process {process.pid} on 가 is at work"), start("하나", "1"):
            pass
        assert finish(process)[0] == 0
    with start("하나", "1"):
        with pytest.raises(UserError, match="is at work"), start("둘", "2"):
            pass
        files.write_text(tmp_path / "result", "하나")
    lease_of(tmp_path, Terms(), attempt=5, supervisor="하나", until=0.0)
    with start("둘", "2") as token:
        assert token.attempt == 2  # its own count: its next start, the third, takes over from a hanging second one
    with pytest.raises(UserError, match="was taken over"), start("둘", "2"):
        with start("둘", "3") as token:
            assert token.attempt == 3
        files.write_text(tmp_path / "result", "둘")
    assert (tmp_path / "result").read_text() == "하나"


def test_a_lease_that_names_no_supervisor_is_one_of_an_older_malmoi_and_holds(tmp_path):
    lease_of(tmp_path, Terms(), pid=1)
    found = json.loads((tmp_path / fence.NAME).read_text())
    del found["supervisor"]
    (tmp_path / fence.NAME).write_text(json.dumps(found))
    with pytest.raises(UserError, match=r"process 1 on .* is at work"), lock(tmp_path):
        pass


def lease_of(folder, terms, **changed):
    """Leaves a lease behind as a killed process does."""
    now = time.time()
    holder = terms.holder or locks.this_process()
    found = {**holder.__dict__, "since": now, "until": now + LONG_S, "token": "0"} | changed
    folder.mkdir(exist_ok=True)
    (folder / fence.NAME).write_text(json.dumps(found))


def dead_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("changed", "is_taken"),
    [
        ({"pid": dead_pid()}, True),
        ({"boot_id": "another machine of this name"}, False),
        ({"boot_id": "another machine of this name", "pid": dead_pid()}, False),
        ({"boot_id": "the boot before", "until": 0.0}, True),
        ({"pid": os.getpid()}, False),
        ({"pid": 1}, False),
        ({"pid": dead_pid(), "pid_space": "pid:[another container]"}, False),
        ({"pid": dead_pid(), "host": "another"}, False),
        ({"boot_id": "any", "host": "another"}, False),
        ({"host": "another", "until": 0.0}, True),
        ({"until": 0.0}, True),
    ],
)
def test_a_dead_holder_of_this_host_is_replaced_at_once_and_no_other_before_its_time(tmp_path, changed, is_taken):
    lease_of(tmp_path, Terms(), **changed)
    if is_taken:
        with lock(tmp_path):
            assert fence.read(tmp_path).pid == os.getpid()
        assert list(tmp_path.iterdir()) == []
    else:
        with pytest.raises(UserError, match="is at work"), lock(tmp_path):
            pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"host": "a"}', "null"])
def test_a_torn_lease_is_none(tmp_path, content):
    (tmp_path / fence.NAME).write_text(content)
    with lock(tmp_path):
        files.write_text(tmp_path / "a", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("jump_s", [-HOUR_S, HOUR_S])
@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_jumps_makes_no_two_that_publish(tmp_path, kind, jump_s):
    """The newcomer's clock is an hour off. It is kept out, or the older one publishes nothing: never both."""
    with older(tmp_path, kind, lease_s=LONG_S) as process:
        newcomer, published = by_another(clock=lambda: time.time() + jump_s), []
        try:
            with lock(tmp_path, newcomer):
                files.write_text(tmp_path / "result", "newer")
                published.append("newer")
                code, _ = finish(process)
        except UserError:
            code, _ = finish(process)
    if code == 0:
        published.append("older")
    assert published == (["newer"] if jump_s > 0 else ["older"])


def test_a_clock_that_jumps_under_the_holder_does_not_cost_it_the_folder(tmp_path):
    now = [time.time()]
    terms = Terms(SHORT_S, 0.02, clock=lambda: now[0])
    with lock(tmp_path, terms):
        for jump_s in (HOUR_S, -2 * HOUR_S):
            now[0] += jump_s
            deadline = time.monotonic() + 20
            while abs(fence.read(tmp_path).until - now[0]) > 1 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert fence.read(tmp_path).until == pytest.approx(now[0] + SHORT_S)
            files.write_text(tmp_path / "a", str(jump_s))
    assert (tmp_path / "a").read_text() == str(-2 * HOUR_S)


def test_of_twenty_threads_one_has_the_folder_at_a_time_and_all_get_it(tmp_path):
    inside, most, done = [], [], []

    def work(number):
        while True:
            try:
                with lock(tmp_path, Terms()):
                    inside.append(number)
                    most.append(len(inside))
                    files.write_text(tmp_path / "result", str(number))
                    inside.remove(number)
                    done.append(number)
                return
            except UserError as error:
                assert error.code == TRY_AGAIN
                time.sleep(0.01)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(20))
    assert set(most) == {1}
    assert [path.name for path in tmp_path.iterdir()] == ["result"]
    assert fence.held() == ()


def test_a_process_stopped_while_it_changes_the_lease_keeps_nobody_waiting(tmp_path, monkeypatch):
    script = (
        "import fcntl, sys, pathlib; stream = open(sys.argv[1], 'ab'); fcntl.flock(stream, fcntl.LOCK_EX)\n"
        "print('held', flush=True); sys.stdin.readline()"
    )
    words = [sys.executable, "-c", script, str(tmp_path / locks.GUARD)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(locks, "GUARD_S", 0.2)
    with lock(tmp_path):
        files.write_text(tmp_path / "a", "a")
    process.kill()
    process.communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_newer_holder_in_the_same_process_frees_no_older_one(tmp_path):
    with pytest.raises(UserError, match="taken over"), lock(tmp_path):
        with lock(tmp_path, Terms(attempt=1)):
            pass
        files.write_text(tmp_path / "a", "a")
    assert list(tmp_path.iterdir()) == []
    assert fence.held() == ()


def test_a_process_that_lost_the_guard_while_it_slept_takes_nothing(tmp_path):
    def clock():  # asked between reading the lease and writing it
        (tmp_path / locks.GUARD).unlink()
        return time.time()

    with pytest.raises(UserError, match="is at work") as caught, lock(tmp_path, Terms(clock=clock)):
        pass
    assert caught.value.code == TRY_AGAIN
    assert list(tmp_path.iterdir()) == []


def publish_one(path, _report):
    files.write_text(path, "worker")


def publish_when_taken_over(path, report):
    report("waiting")
    while (found := fence.read(path.parent)) is None or found.host != "나":
        time.sleep(0.02)
    files.write_text(path, "worker")


def test_a_worker_process_publishes_only_while_its_driver_holds_the_folder(tmp_path):
    hooks = Hooks(news=lambda *_: None, done=lambda *_: None, retry=lambda *_: None)
    with lock(tmp_path):
        pool.run_all(publish_one, [tmp_path / "one"], 1, hooks)
    assert (tmp_path / "one").read_text() == "worker"

    def take_over(*_):
        lease_of(tmp_path, by_another())

    hooks = Hooks(news=take_over, done=lambda *_: None, retry=lambda *_: None)
    with pytest.raises(UserError, match="taken over") as caught, lock(tmp_path):
        pool.run_all(publish_when_taken_over, [tmp_path / "two"], 1, hooks)
    assert caught.value.code == TRY_AGAIN
    assert not (tmp_path / "two").exists()


def test_a_folder_behind_a_link_is_the_same_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for held, written in (("real", "link"), ("link", "real")):
        with pytest.raises(UserError, match="taken over"), lock(tmp_path / held):
            lease_of(tmp_path / "real", by_another(), until=0.0)
            files.write_text(tmp_path / written / "a", "a")
    assert not (tmp_path / "real" / "a").exists()


def test_a_new_folder_of_who_lost_the_lease_does_not_appear(tmp_path):
    """Nothing lies at its name that would keep the rename from being made."""
    with pytest.raises(UserError, match="was taken over"), lock(tmp_path), files.atomic_directory(tmp_path / "a"):
        lease_of(tmp_path, by_another())
    assert not (tmp_path / "a").exists()


def test_who_loses_the_lease_between_removing_and_moving_moves_nothing(tmp_path, monkeypatch):
    files.write_text(tmp_path / "old", "old")
    remove = files.remove

    def removed_then_lost(path):
        remove(path)
        lease_of(tmp_path, by_another())

    monkeypatch.setattr(files, "remove", removed_then_lost)
    with pytest.raises(UserError, match="was taken over"), lock(tmp_path):
        files.move(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "old").exists()
    assert not (tmp_path / "new").exists()


def test_what_lies_beside_a_folder_that_was_taken_over_may_be_written(tmp_path):
    with lock(tmp_path / "말뭉치"):
        lease_of(tmp_path / "말뭉치", by_another())
        files.write_text(tmp_path / "말뭉치 둘", "a")
    assert (tmp_path / "말뭉치 둘").read_text() == "a"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to"), lock(tmp_path / "file" / "folder"):
        pass


def test_tokens_travel_between_processes(tmp_path):
    for folder in (tmp_path, paths.to_path("memory://bucket/말뭉치")):
        with lock(folder, Terms(settle_s=0.0)) as token:
            assert pickle.loads(pickle.dumps(token)) == token
            assert fence.held() == (token,)


@pytest.fixture(scope="module")
def bucket():
    sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))
    import object_store

    with object_store.served() as path:
        yield path


@pytest.mark.parametrize("kind", ["file", "text", "remove", "manifest"])
def test_on_an_object_store_a_stopped_process_publishes_nothing_when_it_is_woken(bucket, kind):
    folder = bucket / f"말뭉치 {kind}"
    with older(folder, kind) as process:
        process.send_signal(signal.SIGSTOP)
        run_out(folder)
        with lock(folder, by_another(LONG_S)):
            files.write_text(folder / "result", "newer")
            process.send_signal(signal.SIGCONT)
            assert finish(process)[0] == TRY_AGAIN
            assert (folder / "result").read_text() == "newer"
    assert set(files.sizes_below(folder)) - {"older"} == {"result"}


def test_on_an_object_store_a_living_process_keeps_others_out_and_a_higher_attempt_takes_over(bucket):
    folder = bucket / "살아 있음"
    with older(folder, lease_s=4.0) as process:
        time.sleep(5)
        with pytest.raises(UserError, match=f"process {process.pid} on 가"), lock(folder, by_another()):
            pass
        with lock(folder, by_another(LONG_S, attempt=1, settle_s=1.0)):
            assert finish(process)[0] == TRY_AGAIN
    assert files.sizes_below(folder) == {}


@pytest.mark.parametrize("knows_conditions", [True, False])
def test_on_an_object_store_one_of_many_that_come_together_gets_the_folder(bucket, knows_conditions, monkeypatch):
    folder = bucket / f"함께 {knows_conditions}"
    if not knows_conditions:
        system = type(folder.fs)
        usual = system.pipe_file

        def without(self, path, value, mode="overwrite", **options):
            if mode == "create":
                raise NotImplementedError("A header you provided implies functionality that is not implemented")
            return usual(self, path, value, mode=mode, **options)

        monkeypatch.setattr(system, "pipe_file", without)
    start, leave = threading.Barrier(6), threading.Event()
    had, refused = [], []

    def work():
        start.wait()
        try:
            with lock(folder, Terms(settle_s=1.5)) as token:
                had.append(token)
                leave.wait(60)
        except UserError:
            refused.append(1)
            if len(refused) == 5:
                leave.set()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(had), len(refused)) == (1, 5)
