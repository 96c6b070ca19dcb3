"""Where a worker is, kept in a mapped file that outlives it: what killed a worker is known by name."""

import mmap
import struct
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("<qqq")


class Phase(IntEnum):
    """What the worker does with an item: read it from its file, parse it, or judge the batch that it closed."""

    READING = 0
    PARSING = 1
    JUDGING = 2


class Place(NamedTuple):
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

    def at(self, place: Place, phase: Phase) -> None:
        """Says what comes next."""
        _RECORD.pack_into(self._memory, 0, *place, phase)


def last(path: Path) -> tuple[Place, Phase]:
    """What the dead worker was doing."""
    file, item, phase = _RECORD.unpack(path.read_bytes() if path.exists() else bytes(_RECORD.size))
    return Place(file, item), Phase(phase)


@dataclass(frozen=True)
class Wounds:
    """What a unit has cost so far, and what the next attempt does about it.

    lost: items that are not parsed again. unread: from these on their file is not read. one_by_one: documents are
    judged alone, so that the next death names the one that causes it.
    """

    deaths: int = 0
    before: tuple[Place, Phase] | None = None
    lost: frozenset[Place] = field(default_factory=frozenset)
    unread: frozenset[Place] = field(default_factory=frozenset)
    one_by_one: bool = False


PATIENCE = 8
"""A worker may be killed for what others do (memory that they took). From so many deaths on, every one counts."""


def after_death(wounds: Wounds, path: Path) -> Wounds:
    """The first death at a place is forgiven; the second one costs the item, or the rest of its file.

    Raises RuntimeError where that did not help.
    """
    place, phase = last(path)
    if place in wounds.unread | wounds.lost:
        raise RuntimeError(f"workers die whatever they do: {wounds.deaths + 1} deaths, the last one at {place}")
    now = replace(wounds, deaths=wounds.deaths + 1, before=(place, phase))
    if wounds.before != now.before and now.deaths <= PATIENCE:
        return now
    if phase == Phase.READING:
        return replace(now, unread=now.unread | {place})
    if phase == Phase.JUDGING and not wounds.one_by_one:
        return replace(now, one_by_one=True, before=None)
    return replace(now, lost=now.lost | {place})
