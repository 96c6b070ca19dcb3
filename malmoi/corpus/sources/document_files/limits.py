"""Limits on the time and the memory of one piece of work, that hold inside a library too."""

import contextlib
import faulthandler
import resource
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Ends this process where the work inside takes longer, even inside a library that never comes back.

    In a build the item is tried once more and then stands in the ledger as `worker_died` (passes/attempts.py).
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def memory_limit(limit_bytes: int) -> Iterator[None]:
    """Lets the work inside take so many bytes of address space more than this process has now (RLIMIT_AS).

    Beyond it the system gives no memory: Python raises MemoryError, and a library raises it too or ends the process.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = _mapped_bytes() + limit_bytes
    if before[0] != resource.RLIM_INFINITY:
        limit = min(limit, before[0])
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _mapped_bytes() -> int:
    """The address space of this process (proc(5): the first number of statm, in pages)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
