import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_engines import Heard, ask_wrongly, die_on_odd, raise_on_three, square, write_to_nowhere

from malmoi.kit.errors import UserError
from malmoi.kit.pool import run_all


@pytest.mark.parametrize("processes", [1, 2])
def test_every_task_is_done_once_and_its_news_are_heard(processes):
    heard = Heard()
    run_all(square, [1, 2, 3, 4, 5], processes, heard.hooks())
    assert heard.done == {0: 1, 1: 4, 2: 9, 3: 16, 4: 25}
    assert sorted(heard.news) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_task_of_a_killed_worker_is_given_back_and_the_others_go_on():
    heard = Heard()
    run_all(die_on_odd, [0, 1, 2, 4], 2, heard.hooks(retry=lambda _: 10))
    assert heard.done == {0: 0, 1: 10, 2: 2, 3: 4}
    assert heard.deaths == [(1, -signal.SIGKILL)]


def test_exception_in_a_worker_is_raised_here_with_its_trace():
    with pytest.raises(RuntimeError, match="ValueError: three"):
        run_all(raise_on_three, [1, 2, 3], 1, Heard().hooks())


def test_what_the_system_refuses_a_worker_is_raised_here_as_it_was():
    with pytest.raises(FileNotFoundError) as raised:
        run_all(write_to_nowhere, ["/proc/no/such"], 1, Heard().hooks())
    assert raised.value.filename == "/proc/no/such"


def test_no_task_starts_no_process():
    heard, before = Heard(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run_all(square, [], 4, heard.hooks())
    assert resource.getrusage(resource.RUSAGE_CHILDREN) == before  # a process that had run and ended would show here
    assert (heard.done, heard.news, heard.deaths) == ({}, [], [])


DRIVER = """
import sys, time
sys.path[:0] = {here!r}
from test_pool_engine import sleep_long
from malmoi.kit.pool import Hooks, run_all
if __name__ == "__main__":
    run_all(sleep_long, [{marker!r}], 1, Hooks(print, print, print))
"""


def sleep_long(task, _report):
    Path(task).write_text(str(os.getpid()))
    time.sleep(600)


def test_workers_end_with_a_driver_that_is_killed(tmp_path):
    marker, script = tmp_path / "pid", tmp_path / "driver.py"
    script.write_text(
        DRIVER.format(here=[str(Path(__file__).parent), str(Path(__file__).parents[1])], marker=str(marker))
    )
    driver = subprocess.Popen([sys.executable, str(script)])
    try:
        worker = _wait_for(lambda: marker.exists() and marker.read_text())
    finally:
        driver.kill()
        driver.wait()
    assert worker
    assert _wait_for(lambda: not Path(f"/proc/{worker}").exists()), f"worker {worker} outlived its driver"


def test_ctrl_c_at_the_birth_of_a_worker_leaves_no_traceback_of_the_worker(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(
        DRIVER.format(here=[str(Path(__file__).parent), str(Path(__file__).parents[1])], marker=str(tmp_path / "pid"))
    )
    driver = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert _wait_for(lambda: _workers(driver.pid))
    os.killpg(driver.pid, signal.SIGINT)
    _, err = driver.communicate(timeout=30)
    assert err.count("Traceback") == 1, err  # the driver's own, which the command line turns into one line


def _workers(driver: int) -> list[str]:
    children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    return None


def test_what_was_asked_wrongly_is_one_sentence_whoever_notices_it():
    with pytest.raises(UserError, match="the folder is /nope; expected a folder with weights"):
        run_all(ask_wrongly, [1], 1, Heard().hooks())
