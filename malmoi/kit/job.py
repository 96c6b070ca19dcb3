"""Jobs: programs of ours started apart from who asks for them, so that neither's end is the other's.

jobs/<id>/ holds job.json (what is to run; written once by who asks), state.json (owned by the runner), `stop` (its
presence asks the job to save and end), heartbeat.json (the program's), exit (its exit code) and log. Everything is a
file, so a runner that was killed is followed by the next. `advance` looks at one job once; who calls it, with which
clock and which processes (this machine's, Slurm's, a simulator's), is the caller's business.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from typing import Any, Protocol

from malmoi.kit.errors import ASKED_WRONGLY, DONE, TRY_AGAIN, UserError
from malmoi.kit.events import HEARTBEATS
from malmoi.kit.files import atomic_directory, read_json, write_json, write_text
from malmoi.kit.lock import ATTEMPT, FOLDER_VARIABLE, flocked
from malmoi.kit.run import new_id

JOB, STATE, STOP, EXIT, LOG = "job.json", "state.json", "stop", "exit", "log"
RETRY_S, GRACE_S = 30.0, 120.0
"""From an exit with 75 to the next start; and from asking for a stop to kill -9. A checkpoint must fit into the second
(Slurm's default KillWait is 30 s, too short for 10 GB on one disk)."""


class State(StrEnum):
    """Where a job stands. Queued is also a job that stopped and was saved as asked, while its `stop` file is there."""

    QUEUED, STARTING, RUNNING, STOPPING = "queued", "starting", "running", "stopping"
    FINISHED, FAILED, LOST = "finished", "failed", "lost"


ENDS = frozenset({State.QUEUED, State.FINISHED, State.FAILED, State.LOST})
CHANGES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.STARTING}),
    State.STARTING: frozenset({State.RUNNING, State.FAILED, State.LOST}),
    State.RUNNING: ENDS | {State.STOPPING},
    State.STOPPING: ENDS,
    State.FINISHED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.LOST: frozenset({State.QUEUED}),
}
"""Which change of state is allowed. From failed and lost only a person leads back (`try_again`)."""
STATE_BY_EXIT_CODE = {DONE: State.FINISHED, TRY_AGAIN: State.QUEUED, None: State.LOST}
"""Any other code (1, 2, 93, 130, minus the number of a signal) is a failure. None: no code is known."""


@dataclass(frozen=True)
class Job:
    """What is to run. argv: a list of words, never a shell line. run: the id or folder of its run. owner: who asked."""

    id: str
    argv: tuple[str, ...]
    run: str
    owner: str
    submitted_at: float


@dataclass(frozen=True)
class Process:
    """A program that was started. started: tells it from a later one with its number (clock ticks since boot)."""

    host: str
    pid: int
    started: int


@dataclass(frozen=True)
class Status:
    """What state.json holds. attempt: starts so far. since: of this state (s since 1970). exit_code: of its end."""

    state: State
    attempt: int
    since: float
    process: Process | None = None
    exit_code: int | None = None


class Runner(Protocol):
    """What starts programs somewhere and says how they are."""

    def start(self, folder: Path, argv: Sequence[str], environment: dict[str, str]) -> Process:
        """Starts a program that outlives this one. Its words go to the log in `folder`. OSError where it cannot."""
        ...

    def is_alive(self, process: Process) -> bool | None:
        """Whether it still runs; None where that cannot be known from here."""
        ...

    def exit_code(self, process: Process) -> int | None:
        """How it ended, minus the signal's number where one ended it; None where that is unknown."""
        ...

    def stop(self, process: Process, at_once: bool) -> None:
        """Asks the program to save and end (SIGTERM); at once: ends it and all that it started (SIGKILL)."""
        ...


def submit(jobs: Path, argv: Sequence[str], run: str, owner: str, now: Callable[[], float] = time.time) -> Path:
    """Asks for a program to be run. Returns the folder of the new job, queued."""
    assert argv and not isinstance(argv, str), "a list of words"
    submitted_at = now()
    job = Job(new_id(submitted_at), tuple(argv), run, owner, submitted_at)
    with atomic_directory(jobs / job.id) as aside:
        write_json(aside / JOB, asdict(job))
        _write(aside, Status(State.QUEUED, 0, submitted_at))
    return jobs / job.id


def read(folder: Path) -> tuple[Job, Status]:
    """A job and where it stands. Raises UserError where the folder holds no job, or a damaged one."""
    job, found = read_json(folder / JOB), read_json(folder / STATE)
    if job is None or found is None:
        raise UserError(f"{folder} holds no job", "a folder in jobs/")
    try:
        process = Process(**found["process"]) if found["process"] else None
        status = replace(Status(**found), state=State(found["state"]), process=process)
        return replace(Job(**job), argv=tuple(job["argv"])), status
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"the job in {folder} cannot be read: {error}") from None


def ask_to_stop(folder: Path) -> None:
    """Asks a job to save and end, or not to begin. The runner passes it on; a program may also look for the file."""
    (folder / STOP).touch()


def try_again(folder: Path, now: Callable[[], float] = time.time) -> None:
    """Lets a job that was stopped, failed or was lost go on, at the next look of its runner.

    Raises UserError where it is at work or finished.
    """
    with _locked(folder, wait=True):
        _, status = read(folder)
        if status.state not in (State.QUEUED, State.FAILED, State.LOST):
            raise UserError(f"the job in {folder} is {status.state}", "one that was stopped, failed or lost")
        (folder / STOP).unlink(missing_ok=True)
        _write(folder, Status(State.QUEUED, status.attempt, now()))


def advance(folder: Path, runner: Runner, now: Callable[[], float] = time.time) -> Status:
    """Looks at a job once and does what is due: starts it, passes on a stop, notes its end. Call it again and again.

    Safe beside other runners of this machine (flock): who comes second sees the state and does nothing.
    """
    with _locked(folder, wait=False) as is_ours:
        job, status = read(folder)
        after = _next(folder, job, status, runner, now()) if is_ours else status
        if after != status:
            _write(folder, after)
        return after


def note_exit(code: int) -> None:
    """Leaves this program's exit code in the folder of its job, for a runner that is not its parent any more.

    Nothing happens where this process is no job, or only a child of one.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and (process := read(Path(folder))[1].process) and process.pid == os.getpid():
        write_text(Path(folder) / EXIT, f"{process.pid} {process.started} {code}\n")


@contextlib.contextmanager
def _locked(folder: Path, wait: bool) -> Iterator[bool]:
    """Whether the job is this process's to change, for as long as this is open."""
    with (folder / "lock").open("w") as lock:
        yield flocked(lock, wait)


def _next(folder: Path, job: Job, status: Status, runner: Runner, at: float) -> Status:
    wants_stop, process = (folder / STOP).exists(), status.process
    if status.state == State.QUEUED:
        is_due = status.exit_code != TRY_AGAIN or at >= status.since + RETRY_S
        return _start(folder, job, status, runner, at) if is_due and not wants_stop else status
    if status.state == State.STARTING:
        # Under the lock: the runner that wrote this was killed in the middle. Its program may live; the next start
        # has a higher attempt, so its lease gives way.
        return _changed(status, State.LOST, at)
    if process is None:  # at an end
        return status
    if runner.is_alive(process) is False:
        code = runner.exit_code(process)
        code = _noted_exit(folder, process) if code is None else code
        return _changed(status, STATE_BY_EXIT_CODE.get(code, State.FAILED), at, exit_code=code)
    if wants_stop and status.state == State.RUNNING:
        runner.stop(process, at_once=False)
        return _changed(status, State.STOPPING, at)
    if status.state == State.STOPPING and at >= status.since + GRACE_S:
        runner.stop(process, at_once=True)
    return status


def _start(folder: Path, job: Job, status: Status, runner: Runner, at: float) -> Status:
    starting = _changed(status, State.STARTING, at, attempt=status.attempt + 1)
    _write(folder, starting)
    where = str(folder.absolute())
    environment = {FOLDER_VARIABLE: where, HEARTBEATS: where, ATTEMPT: str(starting.attempt)}
    try:
        process = runner.start(folder, job.argv, environment)
    except OSError as error:
        (folder / LOG).write_text(f"{job.argv[0]} cannot be started: {error.strerror}\n", encoding="utf-8")
        return _changed(starting, State.FAILED, at, exit_code=ASKED_WRONGLY)
    return _changed(starting, State.RUNNING, at, process=process)


def _noted_exit(folder: Path, process: Process) -> int | None:
    """The exit code that this very process left there (see note_exit)."""
    with contextlib.suppress(FileNotFoundError):
        pid, started, code = (int(word) for word in (folder / EXIT).read_text(encoding="utf-8").split())
        return code if (pid, started) == (process.pid, process.started) else None
    return None


def _changed(status: Status, state: State, at: float, **fields: Any) -> Status:
    assert state in CHANGES[status.state], f"a job may not go from {status.state} to {state}"
    process = status.process if state == State.STOPPING else None  # at an end there is none to look at
    return replace(status, **{"state": state, "since": at, "process": process, "exit_code": None} | fields)


def _write(folder: Path, status: Status) -> None:
    write_json(folder / STATE, asdict(status))


class LocalRunner:
    """Programs on this machine. Those that it started itself are reaped; those of a killed runner are only watched."""

    def __init__(self) -> None:
        self._children: dict[int, Popen[bytes]] = {}

    def start(self, folder: Path, argv: Sequence[str], environment: dict[str, str]) -> Process:
        """In a session of its own: Ctrl-C and the end of the runner do not reach it."""
        with (folder / LOG).open("ab") as log:
            environment = {**os.environ, **environment}
            child = Popen(argv, stdin=DEVNULL, stdout=log, stderr=STDOUT, start_new_session=True, env=environment)
        self._children[child.pid] = child
        return Process(os.uname().nodename, child.pid, _started(child.pid) or 0)

    def is_alive(self, process: Process) -> bool | None:
        """A process of another machine cannot be seen from here."""
        if process.host != os.uname().nodename:
            return None
        child = self._children.get(process.pid)
        return child.poll() is None if child else _started(process.pid) == process.started

    def exit_code(self, process: Process) -> int | None:
        """Of its own children alone; the others leave theirs in a file."""
        child = self._children.get(process.pid)
        return child.poll() if child else None

    def stop(self, process: Process, at_once: bool) -> None:
        """The program alone is asked, so that it ends its workers itself and takes none of them for lost."""
        if self.is_alive(process):
            send, number = (os.killpg, signal.SIGKILL) if at_once else (os.kill, signal.SIGTERM)
            with contextlib.suppress(ProcessLookupError):
                send(process.pid, number)


def _started(pid: int) -> int | None:
    """When a process of this machine was started (clock ticks since boot: field 22 in proc(5)); None once it ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])
