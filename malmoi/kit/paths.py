"""Paths, local or on another file system ("s3://bucket/folder"), and what may go wrong on the way to one.

A remote path is a UPath of universal-pathlib, which has the methods of a Path and is typed as one. It has no folders to
make: writing a file makes those above it.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from malmoi.kit.errors import UserError

EXTRAS = {"s3": "s3", "s3a": "s3"}
"""File systems whose library comes with an extra of this package."""
CLIENT_LIBRARIES = frozenset({"botocore", "aiobotocore", "aiohttp", "fsspec"})
"""Their errors about credentials and connections are no OSErrors."""


def to_path(text: str) -> Path:
    """The path that a text names: local, or "protocol://..." of fsspec.

    Nothing is asked of the network, and no listing is remembered: other processes write there too. Raises UserError for
    a protocol that is unknown or whose library is not installed.
    """
    protocol, separator, rest = text.partition("://")
    if not separator:
        return Path(text)
    if not rest.strip("/") and protocol not in ("file", "local", "memory"):
        raise UserError(f"{text!r} names no bucket or host", f"{protocol}://name/folder")
    from upath import UPath  # a tenth of a second that local paths need not wait for

    try:
        path = UPath(text, use_listings_cache=False)
        path.fs  # noqa: B018 - loads the library of the protocol
    except ValueError as error:
        raise UserError(f"{text!r} cannot be a path: {error}", "a local path, or s3://bucket/folder") from None
    except ImportError as error:
        hint = f"pip install 'malmoi[{EXTRAS[protocol]}]'" if protocol in EXTRAS else str(error)
        raise UserError(f"{text!r} needs a library that is not installed", hint=hint) from None
    return Path(path.path) if protocol in ("file", "local") else cast(Path, path)


def to_local_path(text: str) -> Path:
    """As `to_path`, for what needs a disk: mapped tokens, checkpoints, models, pages. Raises UserError for others."""
    path = to_path(text)
    require_local(path)
    return path


def is_path(value: Any) -> bool:
    """Whether a value is a path, local or remote."""
    remote = sys.modules.get("upath")  # no value of its classes exists before it is loaded
    return isinstance(value, Path) or (remote is not None and isinstance(value, remote.UPath))


def is_remote(path: Path) -> bool:
    """Whether a path lies on another file system than this machine's."""
    return not isinstance(path, Path)


def system_of(path: Path) -> tuple[Any, str]:
    """The file system (fsspec) of a remote path, and the path's name there."""
    remote: Any = path
    return remote.fs, remote.path


def require_local(path: Path) -> None:
    """Raises UserError for a path that is not on a disk of this machine."""
    if is_remote(path):
        hint = f"copy it to a disk first (`aws s3 cp --recursive {path} FOLDER`) and name that folder"
        raise UserError(f"{path} is not on a disk", "a local path: of a run, only the corpus may lie elsewhere", hint)


def require_reachable(folder: Path) -> None:
    """Raises UserError, in one sentence, where what holds a remote folder cannot be listed: no bucket, a wrong key.

    The folder itself may be missing: on most of these file systems nothing is there before a file is.
    """
    if not is_remote(folder):
        return
    system, name = system_of(folder)
    try:
        with reaching(folder):
            system.ls(name, detail=False)
    except PermissionError as error:
        raise UserError(f"{folder} may not be read: {error.strerror}", hint="check the key and its rights") from None
    except FileNotFoundError as error:
        if name.rstrip("/") not in str(error.strerror):  # the path alone: fsspec has found no file there
            raise UserError(f"{folder} is not there: {error.strerror}", "a bucket that exists") from None
    except OSError as error:
        hint = "check the address (AWS_ENDPOINT_URL) and the credentials"
        raise UserError(f"{folder} cannot be reached: {error.strerror}", hint=hint) from None


@contextlib.contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Around what asks a remote file system for `path`: whatever its library raises becomes an OSError that names it.

    What is missing stays a FileNotFoundError, what is forbidden a PermissionError. Local paths pass as they are.
    """
    try:
        yield
    except Exception as error:
        library, is_of_system = type(error).__module__.split(".")[0], isinstance(error, OSError)
        is_told = getattr(error, "filename", None) == str(path)
        if not is_remote(path) or is_told or not (is_of_system or library in CLIENT_LIBRARIES):
            raise
        words = " ".join(str(getattr(error, "strerror", None) or error).split()).rstrip(".")
        # A library's own kind (aiohttp's ClientConnectorError) takes other arguments than those of Python do.
        kind = type(error) if library == "builtins" else OSError if is_of_system else ConnectionError
        raise kind(getattr(error, "errno", None), words or type(error).__name__, str(path)) from None
