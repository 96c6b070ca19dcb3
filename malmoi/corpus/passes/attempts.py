"""Retries of a unit whose worker was killed: a mapped file outlives the worker and names the item that killed it.

The usual words are poison item and quarantine. An item that kills its worker twice is quarantined: it is not touched
again, and stands in the ledger as `worker_died`.
"""

import json
import mmap
import struct
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("<qqq")


class Phase(IntEnum):
    """What the worker does with an item: read it from its file, parse it, or score the batch that it closed."""

    READING = 0
    PARSING = 1
    JUDGING = 2


class ItemIndex(NamedTuple):
    """An item of a unit: which file, which item of that file, both from 0."""

    file: int
    item: int


class Journal:
    """Written before every item. A memory write, no system call: the page cache keeps it when the process dies."""

    def __init__(self, path: Path) -> None:
        # A new file: cut to nothing, the old one would kill a forgotten worker that still has it mapped (SIGBUS).
        path.unlink(missing_ok=True)
        path.write_bytes(bytes(_RECORD.size))
        with path.open("r+b") as stream:
            self._memory = mmap.mmap(stream.fileno(), _RECORD.size)

    def at(self, index: ItemIndex, phase: Phase) -> None:
        """Says what comes next."""
        _RECORD.pack_into(self._memory, 0, *index, phase)


def last(path: Path) -> tuple[ItemIndex, Phase]:
    """What the dead worker was doing."""
    file, item, phase = _RECORD.unpack(path.read_bytes() if path.exists() else bytes(_RECORD.size))
    return ItemIndex(file, item), Phase(phase)


@dataclass(frozen=True)
class Attempts:
    """How often a unit has failed, and what the next attempt does about it.

    last_failure: where the latest worker died. quarantined: items that are not parsed again. unread_from: from these
    items on, their file is not read. one_by_one: documents are scored alone, so that the next failure names its cause.
    """

    failures: int = 0
    last_failure: tuple[ItemIndex, Phase] | None = None
    quarantined: frozenset[ItemIndex] = field(default_factory=frozenset)
    unread_from: frozenset[ItemIndex] = field(default_factory=frozenset)
    one_by_one: bool = False

    def to_json(self) -> str:
        """For `from_json`: tuples are lists there, and sets are sorted ones."""
        return json.dumps(asdict(self), default=sorted)


def from_json(text: str) -> Attempts:
    """What `Attempts.to_json` gave."""
    table = json.loads(text)
    if table["last_failure"]:
        index, phase = table["last_failure"]
        table["last_failure"] = ItemIndex(*index), Phase(phase)
    for name in ("quarantined", "unread_from"):
        table[name] = frozenset(ItemIndex(*index) for index in table[name])
    return Attempts(**table)


MAX_ATTEMPTS = 8
"""A worker may be killed for what others do (memory that they took). After so many failures, every one counts."""


def after_failure(attempts: Attempts, path: Path) -> Attempts:
    """What the next attempt does, after a worker died with its journal at `path`.

    The first failure at an item is forgiven. The second one quarantines the item, or the rest of its file. Raises
    RuntimeError where that did not help.
    """
    index, phase = last(path)
    if index in attempts.unread_from | attempts.quarantined:
        raise RuntimeError(f"workers die whatever they do: {attempts.failures + 1} failures, the last one at {index}")
    now = replace(attempts, failures=attempts.failures + 1, last_failure=(index, phase))
    if attempts.last_failure != now.last_failure and now.failures <= MAX_ATTEMPTS:
        return now
    if phase == Phase.READING:
        return replace(now, unread_from=now.unread_from | {index})
    if phase == Phase.JUDGING and not attempts.one_by_one:
        return replace(now, one_by_one=True, last_failure=None)
    return replace(now, quarantined=now.quarantined | {index})
