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
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it may end while we look
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(after_name[1])
            pages[int(folder.name)] = int((folder / "statm").read_text().split()[1])
    family = {os.getpid()}
    grown = True
    while grown:
        children = {child for child, parent in parents.items() if parent in family} - family
        family |= children
        grown = bool(children)
    return page_bytes * sum(pages.get(member, 0) for member in family)
