"""Events: what happened in a run, one JSON object a line, only ever appended, read by whoever watches.

Format 2: every process writes a file of its own, events/<host>-<pid>-<rank>.jsonl in the stage's folder, so that no two
ever write to one file on a shared disk. In an object store, where no file can grow, it writes parts beside each other.
A reader keeps a Mark and goes on from there. `events.jsonl`, the one file of format 1, is read too.
"""

import atexit
import contextlib
import itertools
import json
import os
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from malmoi.kit import fence, run
from malmoi.kit.files import append_line, atomic_file, json_object, listed, make_folder, opened, sizes_below
from malmoi.kit.paths import is_remote

Event = dict[str, Any]
NAME, FOLDER, SUFFIX = "events.jsonl", "events", ".jsonl"
HEARTBEATS = "MALMOI_HEARTBEATS"
"""Environment variable: a folder for heartbeats that is local to the node, instead of the stage's own."""

KINDS: dict[str, frozenset[str]] = {
    "stage": frozenset({"stage", "seconds"}),
    "build_started": frozenset({"units", "input_bytes", "processes"}),
    "build_finished": frozenset({"seconds", "documents_kept"}),
    "worker_died": frozenset({"stage", "task", "exit_code"}),
    "resubmitted": frozenset({"stage", "tasks", "attempt"}),
    "erased": frozenset({"documents"}),
    "start": frozenset({"step"}),
    "resume": frozenset({"step"}),
    "machine_changed": frozenset({"step", "changes"}),
    "step": frozenset({"step", "tokens", "loss"}),
    "checkpoint": frozenset({"step"}),
    "refused_checkpoint": frozenset({"name", "reason"}),
    "begun_again": frozenset({"former_steps"}),
    "not_finite": frozenset({"step", "documents"}),
}
"""Every kind of event with the fields that a reader may rely on. Others may stand beside them."""
FREQUENT = frozenset({"step"})
"""Kinds that may wait for the next part in an object store. All others are put there at once."""
PART_BYTES, PART_S = 1 << 20, 60.0
"""A part is put once it is so large or so old: a step a second makes 1,440 objects a day. kill -9 loses so much."""
_TICK_S = 1e-6  # time of this age in a float64 is exact to 2.4e-7 s
_ADDED = frozenset({"kind", "time", "seq", "run", "host", "rank"})


@dataclass(frozen=True)
class Mark:
    """How far a reader has read: bytes by file. begins_anew: files of the mark before are gone, all was read again."""

    bytes_by_file: Mapping[str, int] = field(default_factory=dict[str, int])
    begins_anew: bool = False


START = Mark()


def append(folder: Path, kind: str, **fields: Any) -> None:
    """Appends one event to this process's file in `folder`, from any thread.

    Its kind must be in KINDS and bring the fields named there. Added are time (s since 1970; it never goes back, nor
    behind what this process has read there), seq (0, 1, ... of this process), run (None where unknown), host and rank.
    Raises UserError (75), and notes nothing, where this process held a folder above and another one has it now.
    """
    assert kind in KINDS, f"event of the unknown kind {kind!r}: add it to KINDS"
    missing, taken = KINDS[kind] - fields.keys(), _ADDED & fields.keys()
    assert not missing and not taken, f"event {kind!r} lacks {sorted(missing)}, or sets {sorted(taken)}"
    _writer(folder).append(kind, fields)


def read(folder: Path, after: Mark = START, kinds: Collection[str] | None = None) -> tuple[list[Event], Mark]:
    """The events since a mark, by time, those of one file in its order; and the mark to go on from.

    kinds: only these. A line without its end is left for the next call: somebody is writing it, or was killed.
    """
    writer = _writer(folder)
    writer.flush()
    sizes = _sizes(folder)
    begins_anew = any(sizes.get(name, 0) < size for name, size in after.bytes_by_file.items())
    marks = {} if begins_anew else dict(after.bytes_by_file)
    found: list[tuple[float, Event]] = []
    for name in (name for name, size in sizes.items() if size > marks.get(name, 0)):
        events, marks[name] = _read_file(folder / name, marks.get(name, 0))
        found += events
    found.sort(key=lambda item: item[0])  # stable: files by name, lines in their order
    if found:
        writer.last_time = max(writer.last_time, found[-1][0])
    wanted = [event for _, event in found if kinds is None or event["kind"] in kinds]
    return wanted, Mark(marks, begins_anew)


def every(folder: Path, *kinds: str) -> list[Event]:
    """All events of a folder of these kinds (of any, where none is named), by time."""
    return read(folder, kinds=kinds or None)[0]


def last_written(folder: Path) -> float | None:
    """When an event was last written in a local folder (s since 1970); None where there is none."""
    files = (folder / NAME, *listed(folder / FOLDER, SUFFIX))
    return max((path.stat().st_mtime for path in files if path.is_file()), default=None)


class Curve:
    """The steps of a training run as they count, each once. `update` reads only what is new since the last call.

    A run that was killed does the steps since its last checkpoint again: "resume" (or "start") at step s strikes out
    whatever came after s before it, and of two events of one step the later counts. Nothing on the disk is changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.mark = folder, START
        self.by_step: dict[int, Event] = {}
        self.checkpoints: dict[int, Event] = {}
        self.resumes: list[int] = []

    def update(self) -> "Curve":
        """Reads what is new, and returns itself."""
        found, self.mark = read(self.folder, self.mark, ("start", "resume", "step", "checkpoint"))
        if self.mark.begins_anew:
            self.by_step, self.checkpoints, self.resumes = {}, {}, []
        for event in found:
            if type(event.get("step")) is int:
                self._count(event["kind"], event["step"], event)
        return self

    def steps(self) -> list[Event]:
        """The events of the steps that count, in order. Another thread may be at work in `update`."""
        return [event for _, event in sorted(self.by_step.copy().items())]

    def _count(self, kind: str, step: int, event: Event) -> None:
        if kind in ("start", "resume"):
            self.by_step, self.checkpoints = (
                {earlier: kept for earlier, kept in events.items() if earlier <= step}
                for events in (self.by_step, self.checkpoints)
            )
            self.resumes += [step] if kind == "resume" else []
        else:
            events = self.by_step if kind == "step" else self.checkpoints
            events[step] = {name: value for name, value in event.items() if name not in _ADDED}


def heartbeat(folder: Path, name: str = "heartbeat", **state: Any) -> None:
    """Rewrites <name>.json with `state` and the time, so that a watcher knows when this process last lived.

    It lies in `folder`, or in that which MALMOI_HEARTBEATS names. Atomic, but not flushed to the disk: after a power
    cut the process is gone as well. Local folders only.
    """
    target = Path(os.environ.get(HEARTBEATS) or folder) / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}.{os.uname().nodename}.{os.getpid()}.{threading.get_ident()}.partial")
    told = {"time": time.time(), "host": os.uname().nodename, "pid": os.getpid(), **state}
    aside.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    aside.replace(target)


class _Writer:
    """This process in one folder. last_time: the latest that it has written or read there (a Lamport clock)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock = folder, threading.Lock()
        self.rank = int(os.environ.get("RANK") or 0)  # torchrun sets it
        self.name = f"{os.uname().nodename}-{os.getpid()}-{self.rank}"
        self.last_time, self.seq, self.run_id = 0.0, itertools.count(), None
        self.pending, self.pending_since = b"", 0.0

    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        with self.lock:
            seq = next(self.seq)
            self.run_id = self.run_id if seq else run.id_of(self.folder)  # asked once: run.json is written first
            self.last_time = max(time.time(), self.last_time + _TICK_S)
            event = {"kind": kind, "time": self.last_time, "seq": seq, "run": self.run_id}
            event |= {"host": os.uname().nodename, "rank": self.rank, **fields}
            self.pending_since = self.pending_since if self.pending else time.monotonic()
            self.pending += json.dumps(event, ensure_ascii=False).encode() + b"\n"
            is_due = len(self.pending) >= PART_BYTES or time.monotonic() - self.pending_since >= PART_S
            if is_due or kind not in FREQUENT or not is_remote(self.folder):
                self._put()

    def flush(self) -> None:
        """Puts what waits for the next part. Nothing ever waits in a local folder."""
        with self.lock:
            if self.pending:
                self._put()

    def _put(self) -> None:
        folder = self.folder / FOLDER
        if is_remote(folder):  # a name of its own for each part: process numbers come again
            with atomic_file(folder / f"{self.name}.{time.time_ns()}{SUFFIX}") as aside:
                aside.write_bytes(self.pending)
            self.pending = b""  # not before: what could not be put waits for the next part
        else:
            line, self.pending = self.pending, b""
            fence.check(folder)  # a "resume" of who lost the folder would strike out the newer one's steps
            make_folder(folder)
            with (folder / f"{self.name}{SUFFIX}").open("ab+") as stream:
                append_line(stream, line)


_WRITERS: dict[tuple[int, str], _Writer] = {}


def _writer(folder: Path) -> _Writer:
    """One a process and folder; a forked child gets its own. dict.setdefault is atomic: both threads get the same."""
    key = os.getpid(), str(folder if is_remote(folder) else folder.absolute())
    return _WRITERS.get(key) or _WRITERS.setdefault(key, _Writer(folder))


@atexit.register
def _flush_all() -> None:
    for (pid, _), writer in list(_WRITERS.items()):
        if pid == os.getpid():
            with contextlib.suppress(OSError):  # what could not be reached while it ran says so itself
                writer.flush()


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file of events by its name in the folder, that of format 1 first."""
    old = {NAME: (folder / NAME).stat().st_size} if (folder / NAME).is_file() else {}
    below = sizes_below(folder / FOLDER).items()
    return old | {f"{FOLDER}/{name}": size for name, size in below if name.endswith(SUFFIX)}


def _read_file(path: Path, start: int) -> tuple[list[tuple[float, Event]], int]:
    """The events of one file from a byte on, each with its time for the order, and the byte to go on from."""
    found: list[tuple[float, Event]] = []
    latest = 0.0
    with contextlib.suppress(FileNotFoundError), opened(path) as stream:
        stream.seek(start)
        for line in stream:
            if not line.endswith(b"\n"):
                break
            start += len(line)
            event = json_object(line)
            if "kind" in event:
                noted = event.get("time")
                latest = max(latest, noted) if isinstance(noted, (int, float)) else latest
                found.append((latest, event))
    return found, start
