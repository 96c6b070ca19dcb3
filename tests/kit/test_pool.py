import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from malmoi.kit.errors import UserError
from malmoi.kit.pool import IN_FLIGHT_PER_PROCESS, map_in_order, num_processes

ORPHANS = """
import sys, time
from malmoi.kit.pool import map_in_order
if __name__ == "__main__":
    def tasks():
        yield from [0.01, 0.01]
        print("working", flush=True)
        time.sleep(60)
    print(list(map_in_order(time.sleep, tasks(), 2)))
"""


def test_results_come_in_the_order_of_the_work():
    assert list(map_in_order(abs, range(-30, 0), 2)) == list(range(30, 0, -1))
    assert list(map_in_order(abs, range(-3, 0), 1)) == [3, 2, 1]
    assert list(map_in_order(abs, [], 2)) == []


def test_a_killed_worker_is_one_clear_line():
    with pytest.raises(UserError, match=r"one of 2 worker processes was killed; .* set fewer processes"):
        list(map_in_order(signal.raise_signal, [signal.SIGKILL], 2))


def test_work_is_taken_no_faster_than_results_are():
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        while True:
            yield taken
            taken += 1

    results = map_in_order(abs, tasks(), 2)
    next(results)
    assert taken <= 2 * IN_FLIGHT_PER_PROCESS
    results.close()


def test_an_error_in_a_worker_reaches_the_caller():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(map_in_order(divmod_by_zero, [1], 2))


def test_all_cores_are_the_default():
    assert num_processes(3) == 3
    assert num_processes(None) == len(os.sched_getaffinity(0))


def test_workers_end_when_their_parent_is_killed(tmp_path: Path):
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"working\n"
    time.sleep(1)
    children = _children(parent.pid)
    assert len(children) >= 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(map(_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_alive, children))


def divmod_by_zero(number: int) -> tuple[int, int]:
    return divmod(number, 0)


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
