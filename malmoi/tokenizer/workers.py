"""Work spread over spawned processes, with the results in the order of the work and little of it in flight."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from malmoi.kit.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")

IN_FLIGHT_PER_PROCESS = 3
"""One at work, one waiting, one being fetched: enough to keep a worker busy, few enough to bound the memory."""


def num_processes(asked: int | None) -> int:
    """`asked`, or the cores this process may use."""
    return asked or len(os.sched_getaffinity(0))


def map_in_order(function: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """Yields function(task) for each task, in order; in this process where `processes` is 1.

    `function` must be importable by name. Tasks are taken from the iterable only as fast as results are. Raises
    UserError where a worker is killed.
    """
    if processes == 1:
        yield from map(function, tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy locked thread pools of the libraries
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare_worker)
    waiting: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            waiting.append(pool.submit(function, task))
            if len(waiting) >= processes * IN_FLIGHT_PER_PROCESS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        hint = "the system ends processes when memory runs out: set fewer processes, then run again"
        raise UserError(f"one of {processes} worker processes was killed", hint=hint) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare_worker() -> None:
    """One thread per worker; Ctrl-C is the parent's to handle; a worker ends when its parent is killed."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # without this, workers of a parent killed with -9 wait on their queue for ever
        os._exit(1)
