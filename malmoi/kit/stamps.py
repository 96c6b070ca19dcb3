"""Files that were verified on this machine before need not be read again.

A stamp says which files of a folder had which hash, and how each looked then: inode, bytes, time of its last change.
Stamps lie outside the folder, which may be read-only or shared between machines, and are never needed: where none can
be kept, files are hashed. A terabyte takes 18 minutes to hash, and a run is started again after every fault.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from malmoi.kit.caches import cache_folder
from malmoi.kit.errors import UserError
from malmoi.kit.files import ABSENT, damage, read_json, reading, write_json
from malmoi.kit.lock import flocked
from malmoi.kit.paths import is_remote

RECENT_S = 0.05
"""A file that was changed less than this ago gets no stamp: a change in the same tick of the clock of the file system
(1-10 ms on Linux) would not show. The same rule as for the index of git."""

FILES_PER_STAMP = 64
"""So many files, 13 GB of tokens, are read between two writes: who is killed on the way need not read all again."""

Look = list[int]
"""st_ino, st_size, st_mtime_ns, st_ctime_ns. A copier that keeps times (rsync --inplace -t) cannot set the last."""


def damage_since(folder: Path, sha256_by_name: Mapping[str, str]) -> str | None:
    """As `files.damage`, but reads only the files of a local folder that changed since this machine verified them.

    Processes that ask at once wait for the first, so that one of them reads. Raises UserError where a file cannot be
    read now.
    """
    if is_remote(folder):
        return damage(folder, sha256_by_name)
    with _stamp_of(folder) as stamp:
        known = _known(stamp)
        looks = {name: _look(folder / name) for name in sha256_by_name}
        changed = [name for name, sha256 in sha256_by_name.items() if known.get(name) != [*looks[name], sha256]]
        for first in range(0, len(changed), FILES_PER_STAMP):
            some = {name: sha256_by_name[name] for name in changed[first : first + FILES_PER_STAMP]}
            if wrong := damage(folder, some):
                return wrong
            lasting = [name for name in some if _lasts(looks[name]) and looks[name] == _look(folder / name)]
            known |= {name: [*looks[name], some[name]] for name in lasting}
            if stamp:
                with contextlib.suppress(OSError):
                    write_json(stamp, known)
    return None


@contextlib.contextmanager
def _stamp_of(folder: Path) -> Iterator[Path | None]:
    """The stamp file of a folder on this machine, held for this process; None where none can be kept."""
    place = cache_folder("verified")
    if place is None:
        yield None
        return
    key = f"{os.uname().nodename} {folder.resolve()}"  # a home folder may be shared between machines
    stamp = place / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
    with contextlib.ExitStack() as opened:
        with contextlib.suppress(OSError):  # a full disk: several processes may read the same files
            flocked(opened.enter_context(stamp.with_suffix(".lock").open("w")), wait=True)
        yield stamp


def _known(stamp: Path | None) -> dict[str, list[int | str]]:
    """What a stamp says; nothing where there is none or it is damaged."""
    with contextlib.suppress(UserError):
        return (read_json(stamp) if stamp else None) or {}
    return {}


def _look(file: Path) -> Look:
    """How a file looks from outside; nothing where it is absent, which `damage` tells."""
    try:
        with reading(file):
            found = file.stat()
    except ABSENT:
        return []
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _lasts(look: Look) -> bool:
    return time.time_ns() - max(look[2:]) > RECENT_S * 1e9
