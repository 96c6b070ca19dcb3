"""Peak memory of this process and of those that it started, while something runs."""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.2
"""Between two looks. A stage of seconds is seen often enough; a look costs well under a millisecond."""


@dataclass
class Peak:
    """The most resident memory seen so far, in bytes. 0 where the system has no /proc."""

    resident_bytes: int = 0


@contextlib.contextmanager
def watched() -> Iterator[Peak]:
    """Yields a Peak that is kept up to date until the block ends."""
    peak, over = Peak(), threading.Event()

    def look() -> None:
        while True:
            peak.resident_bytes = max(peak.resident_bytes, _resident_bytes())
            if over.wait(SAMPLE_S):
                return

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _resident_bytes() -> int:
    """Resident bytes of the process tree. Pages that two processes share are counted twice: an upper bound."""
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    processes: dict[int, tuple[int, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it may end while we look
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            processes[int(folder.name)] = int(parent), int((folder / "statm").read_text().split()[1])
    family, youngest = set[int](), {os.getpid()}
    while youngest:
        family |= youngest
        youngest = {child for child, (parent, _) in processes.items() if parent in youngest} - family
    return page_bytes * sum(pages for member, (_, pages) in processes.items() if member in family)
