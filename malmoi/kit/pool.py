"""Spawned processes that may die. A task whose process is gone is given back to the caller, or told in one line.

multiprocessing.Pool waits for ever for a worker that was killed, and ProcessPoolExecutor gives up on all of them. Both
rooms that spread work over processes use this one: the corpus with `run_all`, the tokenizer with `map_in_order`.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from malmoi.kit import fence
from malmoi.kit.errors import UserError

Given = TypeVar("Given")
Result = TypeVar("Result")

Work = Callable[[Any, Callable[[Any], None]], Any]
"""A function of a task and of `report`, which sends news to the driver while it works. Importable by name."""
IN_FLIGHT_PER_PROCESS = 3
"""Tasks of map_in_order whose results are not taken yet: one at work, the others done before an earlier one."""


@dataclass(frozen=True)
class Hooks:
    """What the driver is told. news(task number, what was reported); done(task number, result).

    retry(task number, exit code): the task to try in place of the one whose process died.
    """

    news: Callable[[int, Any], None]
    done: Callable[[int, Any], None]
    retry: Callable[[int, int], Any]


def num_processes(asked: int | None) -> int:
    """`asked`, or the cores this process may use."""
    return asked or len(os.sched_getaffinity(0))


def run_all(work: Work, tasks: Sequence[Any], processes: int, hooks: Hooks) -> None:
    """Does all `tasks` in so many spawned processes; any error stops them.

    Raises what `work` raises where that is an OSError (a full disk is no mistake of ours) or a UserError, RuntimeError
    for all else.
    """
    pending = deque(enumerate(tasks))
    with _workers(work, min(processes, len(tasks))) as workers:
        while pending or any(worker.number is not None for worker in workers):
            for worker in workers:
                if worker.number is None and pending:
                    worker.give(*pending.popleft())
            for worker in _ready(workers):
                number = worker.number
                assert number is not None
                kind, value = worker.hear()
                if kind == "died":
                    workers[workers.index(worker)] = Worker(work)
                    pending.appendleft((number, hooks.retry(number, value)))
                else:
                    (hooks.done if kind == "done" else hooks.news)(number, value)


def map_in_order(function: Callable[[Given], Result], tasks: Iterable[Given], processes: int) -> Iterator[Result]:
    """Yields function(task) for each task, in order; in this process where `processes` is 1.

    `function` must be importable by name. Tasks are taken from the iterable only as fast as results are. Raises what
    `run_all` raises, and UserError where a worker is killed.
    """
    if processes == 1:
        yield from map(function, tasks)
        return
    numbered, results, given, taken = enumerate(tasks), dict[int, Result](), 0, 0
    with _workers(partial(_silent, function), processes) as workers:
        while True:
            for worker in workers:
                room = given - taken < processes * IN_FLIGHT_PER_PROCESS
                if worker.number is None and room and (task := next(numbered, None)):
                    worker.give(*task)
                    given += 1
            if taken == given:
                return
            for worker in _ready(workers):
                number = worker.number
                kind, results[number or 0] = worker.hear()
                if kind == "died":
                    hint = "the system ends processes when memory runs out: set fewer processes, then run again"
                    raise UserError(f"one of {processes} worker processes was killed", hint=hint)
            while taken in results:
                taken += 1
                yield results.pop(taken - 1)


def _silent(function: Callable[[Given], Result], task: Given, _report: Callable[[Any], None]) -> Result:
    return function(task)


def raise_failure(kind: str, value: Any) -> None:
    """Raises here what ended the work there, if the message is of that sort."""
    if kind == "raised":
        raise value
    if kind == "failed":
        raise RuntimeError(f"a worker failed:\n{value}")


class Worker:
    """One process and the number of the task that it does, None while it waits."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locked thread pools of the libraries
        self.pipe, theirs = context.Pipe()
        self.number: int | None = None
        self._process = context.Process(target=_serve, args=(work, theirs, fence.held()), daemon=True)
        with _ctrl_c_waits():
            self._process.start()
        theirs.close()

    def give(self, number: int, task: Any) -> None:
        """Hands over a task."""
        self.number = number
        with contextlib.suppress(OSError):  # it died while it waited: `hear` says so
            self.pipe.send(task)

    def receive(self) -> tuple[str, Any]:
        """Its next message: a kind and a value; ("died", exit code) where the process is gone."""
        try:
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            return "died", self.wait_exit()
        if kind == "done":
            self.number = None
        return kind, value

    def hear(self) -> tuple[str, Any]:
        """As `receive`, but raises what ended its work."""
        kind, value = self.receive()
        raise_failure(kind, value)
        return kind, value

    def wait_exit(self) -> int:
        """Waits for the dead process; returns its exit code, negative for a signal."""
        self._process.join()
        self.pipe.close()
        return self._process.exitcode or 0

    def stop(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        self.wait_exit()


@contextlib.contextmanager
def _workers(work: Work, processes: int) -> Iterator[list[Worker]]:
    """So many workers, which end when the caller is done with them. One that died may be replaced in the list."""
    workers: list[Worker] = []
    try:
        workers.extend(Worker(work) for _ in range(processes))
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def _ready(workers: Sequence[Worker]) -> list[Worker]:
    """Those at work that have something to say, or died; waits for the first."""
    busy = [worker for worker in workers if worker.number is not None]
    ready = multiprocessing.connection.wait([worker.pipe for worker in busy])
    return [worker for worker in busy if worker.pipe in ready]


@contextlib.contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """While a process is born, so that no half-started one leaves its traceback on the screen; told at the end.

    The new process inherits the mask, and never hears of it. Here other threads may, so a handler only takes note.
    """
    resource_tracker.ensure_running()  # it clears the mask when it is started, so it comes first
    is_main = threading.current_thread() is threading.main_thread()
    heard: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: heard.append(number)) if is_main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if is_main:
            signal.signal(signal.SIGINT, handler)
        if heard:
            signal.raise_signal(signal.SIGINT)


def _serve(work: Work, pipe: Connection, leases: tuple[fence.Token, ...]) -> None:
    """A worker's life: tasks from the pipe until the driver is gone. It publishes while the driver's `leases` hold."""
    fence.adopt(leases)
    os.environ["RAYON_NUM_THREADS"] = "1"  # one thread a worker, whichever libraries `work` has loaded
    if pyarrow := sys.modules.get("pyarrow"):
        pyarrow.set_cpu_count(1)
        pyarrow.set_io_thread_count(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            result = work(task, lambda value: pipe.send(("news", value)))
        except (OSError, UserError) as error:
            pipe.send(("raised", error))
            return
        except Exception:
            print(traceback.format_exc(), file=sys.stderr)
            pipe.send(("failed", traceback.format_exc()))
            return
        pipe.send(("done", result))


def _die_with_parent() -> None:
    """A driver killed with -9 closes nothing in an orderly way: its workers must not go on writing."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
