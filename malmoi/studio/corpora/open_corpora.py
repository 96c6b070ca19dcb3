"""The corpora whose documents people look at: one kept database for each, dropped when the corpus was built anew.

Opening one costs some 100 ms for each 100,000 rows (the footers of the Parquet files), so it is done once. A corpus is
another one when its manifest is another file: builds and erasures write it last, and never into the old file.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from malmoi.corpus.ledger import database
from malmoi.kit import manifest

MOST_OPEN = 2
"""Corpora at a time; the one that was asked for longest ago goes. With MEMORY this bounds what they hold."""
MEMORY = "250MB"
MOST_LISTS = 8
"""Filters of a corpus whose places are remembered: at most 8 bytes for each of MOST_PLACES (listing.py)."""


@dataclass(frozen=True)
class OpenCorpus:
    """stamp: tells this build from others, in the places that pages give. first_places: of each part of the ledger,
    with the number of all rows at the end. lists: places by filter, the last used at the end; use with `lock`.
    """

    stamp: str
    identity: tuple[int, ...]
    kept: database.Kept
    first_places: tuple[int, ...]
    lists: OrderedDict = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_open: OrderedDict[Path, OpenCorpus] = OrderedDict()
_lock = threading.Lock()


def opened(corpus: Path) -> OpenCorpus:
    """The corpus as it is now on the disk. Raises UserError where it is none or damaged."""
    identity = _identity(corpus)
    with _lock:
        found = _open.get(corpus)
    if found is None or found.identity != identity:
        found = _opened_anew(corpus, identity)  # two threads may do so at once: nobody waits for a large one
    with _lock:
        _open[corpus] = found
        _open.move_to_end(corpus)
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
    return found


def open_now() -> tuple[Path, ...]:
    """The corpora that are held open, the one that was asked for last at the end."""
    with _lock:
        return tuple(_open)


def forget() -> None:
    """Closes all, as at the start of a process."""
    with _lock:
        _open.clear()


def _opened_anew(corpus: Path, identity: tuple[int, ...]) -> OpenCorpus:
    kept = database.keep(corpus, MEMORY)
    stamp = hashlib.blake2b((corpus / manifest.NAME).read_bytes(), digest_size=4).hexdigest()
    counted = "SELECT file_index AS part, count(*) AS rows FROM ledger GROUP BY 1"
    with database.asking(kept) as cursor:
        rows = {row["part"]: row["rows"] for row in database.query(cursor, counted)}
    firsts = accumulate((rows.get(part, 0) for part in range(kept.parts)), initial=0)
    return OpenCorpus(stamp, identity, kept, tuple(firsts))


def _identity(corpus: Path) -> tuple[int, ...]:
    """What changes with every manifest that is written: write_json puts a new file in the place of the old one."""
    stat = (corpus / manifest.NAME).stat()
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
