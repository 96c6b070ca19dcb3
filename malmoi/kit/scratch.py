"""Temporary folders that do not outlive their process, however it ends: the next one takes away what was left."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_HELD = ".held"
"""A file in the folder that its process holds locked; the system gives the lock back when the process ends."""


@contextlib.contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A folder for as long as the block runs. Others of the same prefix whose process was killed are taken away."""
    _sweep(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / f"{_HELD}.new").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            Path(held.name).rename(
                folder / _HELD
            )  # locked before it has its name, so that nobody takes it for left over
            yield folder


def _sweep(prefix: str) -> None:
    for held in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_HELD}"):
        with contextlib.suppress(OSError), held.open() as opened:  # of another user, or gone this moment
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where its process lives
            shutil.rmtree(held.parent, ignore_errors=True)
