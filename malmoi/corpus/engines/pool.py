"""Spawned processes that may die. A task whose process is gone is given back to the caller to think about, and goes on.

multiprocessing.Pool waits for ever for a worker that was killed, and ProcessPoolExecutor gives up on all of them.
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
from collections.abc import Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

import pyarrow as pa

from malmoi.corpus.passes.tasks import Hooks, Work
from malmoi.kit import fence
from malmoi.kit.errors import UserError


def run_all(work: Work, tasks: Sequence[Any], processes: int, hooks: Hooks) -> None:
    """Does all `tasks` in so many spawned processes; any error stops them.

    Raises what `work` raises where that is an OSError (a full disk is no mistake of ours) or a UserError, RuntimeError
    for all else.
    """
    pending = deque(enumerate(tasks))
    workers: list[Worker] = []
    try:
        workers.extend(Worker(work) for _ in range(min(processes, len(tasks))))
        while pending or any(worker.number is not None for worker in workers):
            for worker in workers:
                if worker.number is None and pending:
                    worker.give(*pending.popleft())
            busy = {worker.pipe: worker for worker in workers if worker.number is not None}
            for pipe in multiprocessing.connection.wait(list(busy)):
                worker = busy[pipe]  # pyright: ignore[reportArgumentType]
                revived = _hear(worker, hooks)
                if revived is not None:
                    pending.appendleft(revived)
                    workers[workers.index(worker)] = Worker(work)
    finally:
        for worker in workers:
            worker.stop()


def _hear(worker: "Worker", hooks: Hooks) -> tuple[int, Any] | None:
    """Takes one message; returns the task to try again if there was none, because the process has died."""
    number = worker.number
    assert number is not None
    try:
        kind, value = worker.pipe.recv()
    except (EOFError, OSError):
        return number, hooks.revive(number, worker.bury())
    raise_failure(kind, value)
    if kind == "done":
        worker.number = None
        hooks.done(number, value)
    else:
        hooks.news(number, value)
    return None


def raise_failure(kind: str, value: Any) -> None:
    """Raises here what ended the work there, if the message is of that sort."""
    if kind == "raised":
        raise value
    if kind == "failed":
        raise RuntimeError(f"a worker failed:\n{value}")


class Worker:
    """One process and the number of the task that it does, None while it waits."""

    def __init__(self, work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.number: int | None = None
        self._process = context.Process(target=_serve, args=(work, theirs, fence.held()), daemon=True)
        with _ctrl_c_waits():
            self._process.start()
        theirs.close()

    def give(self, number: int, task: Any) -> None:
        """Hands over a task."""
        self.number = number
        with contextlib.suppress(OSError):  # it died while it waited: the next recv says so
            self.pipe.send(task)

    def bury(self) -> int:
        """Waits for the dead process; returns its exit code, negative for a signal."""
        self._process.join()
        self.pipe.close()
        return self._process.exitcode or 0

    def stop(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        self.bury()


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
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
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
