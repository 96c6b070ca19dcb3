"""The engine for many machines: the same tasks as pool.run_all, as Ray core tasks.

A Ray worker holds one child process that does the work, so what kills the child (a parser with a fault in its C code)
costs a task and no Ray worker, and is blamed on the item that the child's journal names, as on one machine. A Ray
worker or a node that is lost itself says nothing about the task: it is done again from its beginning elsewhere.
"""

import contextlib
import os
import socket
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

from malmoi.corpus.passes.attempts import MAX_ATTEMPTS
from malmoi.corpus.passes.memory import WORKER_BYTES
from malmoi.corpus.passes.scan import journal_path
from malmoi.corpus.passes.tasks import Task
from malmoi.kit.errors import UserError
from malmoi.kit.pool import Hooks, Work, Worker, raise_failure

try:
    import ray
    from ray.exceptions import RayError, RayTaskError, TaskCancelledError
except ModuleNotFoundError as error:
    raise UserError(
        f"engine 'ray' needs {error.name}, which is not installed", hint="pip install 'malmoi[ray]'"
    ) from None

ADDRESS = "RAY_ADDRESS"
QUEUED_PER_CORE = 2
"""Tasks handed to Ray for each core: the next one is there when one ends, and an autoscaler sees that some wait."""
ANSWER_S = 5.0
"""How long to wait for news before looking again how many cores there are: nodes come and go."""


def run_all(work: Work, tasks: Sequence[Any], processes: int, hooks: Hooks) -> None:
    """Does all `tasks` on the Ray cluster that RAY_ADDRESS names; without one, on one started here with `processes`.

    On a cluster its own cores count, one for each task. Any error stops all. Raises what pool.run_all raises, and
    RuntimeError where a task loses one Ray worker after another.
    """
    if not tasks:
        return
    _connect(processes)
    crew = _Crew(work, tasks, hooks)
    try:
        while crew.pending or crew.at_work:
            crew.hand_out()
            crew.listen()
    finally:
        for stream in crew.at_work:
            with contextlib.suppress(RayError, ValueError):
                ray.cancel(stream, force=True)


class _Crew:
    """The tasks that wait and those that were handed out, each with the stream of its news."""

    def __init__(self, work: Work, tasks: Sequence[Any], hooks: Hooks) -> None:
        self.pending = deque(enumerate(tasks))
        self.at_work: dict[Any, tuple[int, Any]] = {}
        self._hooks = hooks
        self._losses: Counter[int] = Counter()
        self._work = work
        self._do = ray.remote(num_cpus=1, memory=WORKER_BYTES, max_retries=0)(_do)

    def hand_out(self) -> None:
        """Gives Ray as many tasks as its cores will soon ask for."""
        if not self.pending:
            return
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        while self.pending and len(self.at_work) < QUEUED_PER_CORE * cores:
            number, task = self.pending.popleft()
            self.at_work[self._do.remote(self._work, task)] = number, task

    def listen(self) -> None:
        """Takes the next message of each task that has one."""
        ready, _ = ray.wait(list(self.at_work), num_returns=1, timeout=ANSWER_S)
        stream: Any
        for stream in ready:
            number, task = self.at_work[stream]
            try:
                kind, value = ray.get(next(stream))
            except (RayTaskError, TaskCancelledError):
                raise
            except RayError as error:
                del self.at_work[stream]
                self._lost(number, task, error)
                continue
            if kind != "news":
                del self.at_work[stream]
            self._told(kind, value, number, task)

    def _told(self, kind: str, value: Any, number: int, task: Any) -> None:
        raise_failure(kind, value)
        if kind == "died":
            exit_code, journal = value
            _bring(task, journal)
            self.pending.appendleft((number, self._hooks.retry(number, exit_code)))
        elif kind == "done":
            self._hooks.done(number, value)
        else:
            self._hooks.news(number, value)

    def _lost(self, number: int, task: Any, error: RayError) -> None:
        """The Ray worker or its node is gone. Ray would try for ever where memory was short; this has an end."""
        self._losses[number] += 1
        if self._losses[number] > MAX_ATTEMPTS:
            lost = f"task {number} lost {self._losses[number]} Ray workers; the last one: {error}"
            raise RuntimeError(lost) from None
        self.pending.appendleft((number, task))


def _connect(processes: int) -> None:
    """Joins a cluster once for the life of this process. One started here has no dashboard and tells nobody of itself.

    Ray opens its ports on every address of the machine and asks for a token (RAY_AUTH_MODE) that it keeps in ~/.ray.
    """
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = os.environ.get(ADDRESS)
    shared: dict[str, Any] = {"log_to_driver": False, "logging_level": "WARNING"}
    if not address:
        ray.init(address="local", num_cpus=processes, include_dashboard=False, **shared)
        return
    try:
        _knock(address)
        ray.init(address=address, **shared)
    except (OSError, RuntimeError, ValueError) as error:
        words = " ".join(str(error).split())[:300]
        hint = "RAY_AUTH_MODE=token and the cluster's ~/.ray/auth_token, where it asks for a token"
        raise UserError(f"no Ray cluster at {ADDRESS}={address}: {words}", "host:port of a head node", hint) from None


def _knock(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself would go on trying for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()


_children: dict[Any, Worker] = {}
"""In a Ray worker: its child by the work that it does. It stays for the next task, because loading the libraries takes
longer than a small task, and ends with the Ray worker."""


def _do(work: Work, task: Any) -> Iterator[tuple[str, Any]]:
    """One task in a Ray worker: the messages of its child, and "died" with exit code and journal where it is gone."""
    for other in [known for known in _children if known is not work and known != work]:
        _children.pop(other).stop()
    if work not in _children:
        _children[work] = Worker(work)
    child = _children[work]
    child.give(0, task)
    kind = "news"
    while kind == "news":
        kind, value = child.receive()
        if kind == "died":
            value = value, _journal(task)
        if kind not in ("news", "done"):
            _children.pop(work, None)
        yield kind, value


def _journal(task: Any) -> bytes | None:
    """What the child's journal says, read on the machine where it died."""
    if not isinstance(task, Task) or not journal_path(task).exists():
        return None
    return journal_path(task).read_bytes()


def _bring(task: Any, journal: bytes | None) -> None:
    """Puts a journal where `retry` reads it: on the driver's machine, which may share no disk with the node."""
    if journal is not None and (not journal_path(task).exists() or journal_path(task).read_bytes() != journal):
        journal_path(task).write_bytes(journal)
