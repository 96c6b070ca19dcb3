"""Folders of this machine for what can be made again: stamps of verified files, compiled kernels."""

import contextlib
import os
import tempfile
from pathlib import Path

FOLDER_VARIABLE = "MALMOI_CACHE"
NUMBA_VARIABLE = "NUMBA_CACHE_DIR"


def cache_folder(name: str) -> Path | None:
    """A writable folder of ours: $MALMOI_CACHE, the user's cache folder, or a temporary one; None where there is none.

    Nobody else may write there: numba unpickles what it finds, which can run any code.
    """
    named, cache = os.environ.get(FOLDER_VARIABLE), os.environ.get("XDG_CACHE_HOME")
    places = [Path(tempfile.gettempdir(), f"malmoi-{os.getuid()}")]
    with contextlib.suppress(RuntimeError):  # a service user may have no home
        places.insert(0, Path(cache or Path("~/.cache").expanduser(), "malmoi"))
    for place in [Path(named)] if named else places:
        with contextlib.suppress(OSError):
            folder = place / name
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            is_ours = all(path.lstat().st_uid == os.getuid() for path in (place, folder))  # anyone may write to /tmp
            if is_ours and not folder.stat().st_mode & 0o022 and os.access(folder, os.W_OK):
                return folder
    return None


def move_numba_cache(package: Path = Path(__file__).parents[1]) -> None:
    """Says by NUMBA_CACHE_DIR where numba keeps compiled kernels when it cannot keep them beside the code.

    Containers, service users and system-wide installs cannot write to the package folder. Without a home folder too,
    numba ends with "no locator available" while it is imported; so this comes first. Child processes inherit it.
    """
    beside = package / "__pycache__"
    if NUMBA_VARIABLE in os.environ or os.access(beside if beside.is_dir() else package, os.W_OK):
        return
    if folder := cache_folder("numba"):
        os.environ[NUMBA_VARIABLE] = str(folder)
