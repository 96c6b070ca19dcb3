"""Reading the folder of jobs: pages of a list, one job as people see it, its progress, and parts of its log.

It reads files that anyone may write at the same time (kit/job.py), and changes none.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from malmoi.kit import job
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.files import read_json
from malmoi.kit.job import State
from malmoi.studio.jobs.commands import COMMANDS

Shown = Literal["queued", "starting", "running", "stopping", "waiting", "stopped", "finished", "failed", "lost"]
"""Where a job stands. "waiting": it goes on by itself, RETRY_S after an exit with 75. "stopped": as a person asked."""
MOST_STARTS = 5
"""A job that ended without a word of its own (killed, or the machine went down) is started again by itself so often in
all; from then on a person decides. A fault that kills each start (no memory) must not turn for ever."""
GOING = frozenset({"queued", "starting", "running", "stopping", "waiting"})
"""What needs no person to go on."""
PROGRESS = "progress"
"""The heartbeat that cli/progress.py writes: label, done, total, and where and when its label began."""
LOG_BYTES = 65_536
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True)
class Log:
    """A part of a log. start, next: its first byte, and the byte to go on from. size: of the log now."""

    text: str
    start: int
    next: int
    size: int


def ids(jobs: Path, after: str | None = None) -> Iterator[str]:
    """The ids of jobs, the newest first. after: only those older than this one."""
    if not jobs.is_dir():
        return iter(())
    with os.scandir(jobs) as entries:
        names = [entry.name for entry in entries if _ID.fullmatch(entry.name) and (not after or entry.name < after)]
    return iter(sorted(names, reverse=True))


def find(jobs: Path, job_id: str) -> Path | None:
    """The folder of a job; None where there is none. An id can never lead out of the folder of jobs."""
    folder = jobs / job_id
    return folder if _ID.fullmatch(job_id) and (folder / job.JOB).is_file() else None


def page(jobs: Path, size: int, after: str | None = None) -> tuple[list[dict[str, Any]], bool]:
    """At most `size` jobs, the newest first, and whether there are more.

    A damaged job is left out of the list, so that it hides no other.
    """
    found: list[dict[str, Any]] = []
    for job_id in ids(jobs, after):
        with contextlib.suppress(UserError):
            if len(found) == size:
                return found, True
            found.append(summary(jobs / job_id))
    return found, False


def summary(folder: Path) -> dict[str, Any]:
    """A job in one line of a list. Times are seconds since 1970. Raises UserError where it cannot be read."""
    asked, status = job.read(folder)
    state = shown(folder, status)
    return {
        "id": asked.id,
        "run": asked.run,
        "owner": asked.owner,
        "command": command(asked.argv),
        "state": state,
        "since": status.since,
        "submitted_at": asked.submitted_at,
        "attempt": status.attempt,
        "exit_code": status.exit_code,
        "goes_on_at": status.since + job.RETRY_S if status.exit_code == TRY_AGAIN and state == "waiting" else None,
        "progress": progress(folder) if state in ("running", "stopping") else None,
    }


def detail(folder: Path) -> dict[str, Any]:
    """A job with the words that were run, its process, when it last gave a sign of life, and the size of its log."""
    asked, status = job.read(folder)
    process = None if status.process is None else {"host": status.process.host, "pid": status.process.pid}
    more = {"argv": list(asked.argv), "process": process, "alive_at": _alive_at(folder)}
    return {**summary(folder), **more, "log_bytes": _size(folder / job.LOG)}


def command(argv: tuple[str, ...]) -> str:
    """The name of the command in COMMANDS that some words run; the words themselves where it is none of them."""
    words = argv[argv.index("malmoi") + 1 :] if "malmoi" in argv else argv
    found = (name for name, known in COMMANDS.items() if words[: len(known.words)] == known.words)
    return next(found, " ".join(words[:2]))


def shown(folder: Path, status: job.Status) -> Shown:
    """Where a job stands, for people: kit's "queued" is four things to them."""
    is_stopped = (folder / job.STOP).exists()
    if goes_on_by_itself(folder, status):
        return "waiting"
    if status.state == State.QUEUED:
        return "stopped" if is_stopped else "waiting" if status.exit_code == TRY_AGAIN else "queued"
    if status.state == State.FAILED and is_stopped and (status.exit_code or 0) < 0:
        return "stopped"  # asked to stop before it could hear it, or not within its grace
    return status.state.value


def goes_on_by_itself(folder: Path, status: job.Status) -> bool:
    """Whether a job ended without a word of its own, nobody wants it stopped, and it was not started too often yet."""
    is_killed = status.state == State.LOST or (status.state == State.FAILED and (status.exit_code or 0) < 0)
    return is_killed and status.attempt < MOST_STARTS and not (folder / job.STOP).exists()


def progress(folder: Path) -> dict[str, Any] | None:
    """How far the job's present work is; None where it has not said so, or before its first words of this attempt."""
    with contextlib.suppress(UserError):
        found = read_json(folder / f"{PROGRESS}.json") or {}
        names = ("label", "done", "total", "since", "since_done", "time")
        if all(name in found for name in names):
            return {name: found[name] for name in names}
    return None


def read_log(folder: Path, after: int | None, most: int = LOG_BYTES) -> Log:
    """At most `most` bytes of a log from a byte on; None: its end. Half a character at either end is left out."""
    path = folder / job.LOG
    size = _size(path)
    start = max(0, size - most) if after is None else min(after, size)
    content = b""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
        stream.seek(start)
        content = stream.read(most)
    left = _cut_before(content) if start else 0
    right = _cut_after(content[left:])
    kept = content[left : len(content) - right]
    return Log(kept.decode(errors="replace"), start + left, start + left + len(kept), size)


def _cut_before(content: bytes) -> int:
    """Bytes at the beginning that end a character of which the first byte is not there (UTF-8 has three at most)."""
    return next((at for at, byte in enumerate(content[:4]) if byte & 0xC0 != 0x80), 0)


def _cut_after(content: bytes) -> int:
    """Bytes at the end that begin a character of which more is to come."""
    for back in range(1, min(3, len(content)) + 1):
        byte = content[-back]
        if byte & 0xC0 == 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if back < length else 0
        if byte & 0x80 == 0:
            return 0
    return 0


def _alive_at(folder: Path) -> float | None:
    """When the job last gave a sign of life: its progress, or the heartbeat of a training."""
    times = []
    for name in (PROGRESS, "heartbeat"):
        with contextlib.suppress(FileNotFoundError):
            times.append((folder / f"{name}.json").stat().st_mtime)
    return max(times, default=None)


def _size(path: Path) -> int:
    """The length of a file in bytes; 0 where it is not there yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
