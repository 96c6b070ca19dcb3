"""How long the present step of an engine lasts, seen from other threads; and the memory that is free."""

import time
from pathlib import Path
from typing import Self


class Step:
    """A step of an engine, entered by its thread. A step that lasts longer than `limit_s` is overdue until it ends."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._began_s: float | None = None
        self._is_told = False

    @property
    def lasts_s(self) -> float:
        """How long the present step has lasted; 0 between two steps."""
        began_s = self._began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    @property
    def is_overdue(self) -> bool:
        """Whether the present step lasts too long."""
        return self.lasts_s > self.limit_s

    def becomes_overdue(self) -> bool:
        """Whether the step is overdue and this was not told before."""
        is_new = self.is_overdue and not self._is_told
        self._is_told = self._is_told or is_new
        return is_new

    def __enter__(self) -> Self:
        self._began_s, self._is_told = time.monotonic(), False
        return self

    def __exit__(self, *error: object) -> None:
        self._began_s = None


def free_memory_bytes(proc: Path = Path("/proc"), group: Path = Path("/sys/fs/cgroup")) -> int:
    """Memory that programs can still have: of the machine (MemAvailable), or less where a container is bounded.

    Without such a kernel, no bound. proc, group: where it tells.
    """
    machine = _numbers(proc / "meminfo").get("MemAvailable:", 2**62 // 1024) * 1024
    try:
        most, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one without a bound ("max")
        return machine
    return min(machine, most - used + _numbers(group / "memory.stat").get("inactive_file", 0))


def _numbers(file: Path) -> dict[str, int]:
    """The first number of each line by its first word; empty where the kernel has no such file."""
    try:
        words = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    except OSError:
        return {}
    return {word[0]: int(word[1]) for word in words if len(word) > 1 and word[1].isdecimal()}
