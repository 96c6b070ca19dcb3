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


def free_memory_bytes() -> int:
    """Memory that programs can still have, as the kernel says (MemAvailable); without such a kernel, no bound."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 2**62
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), 2**62)
