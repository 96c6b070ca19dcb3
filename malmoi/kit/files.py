"""Files that are whole or absent: everything is written aside, flushed to the disk, and renamed into place.

A path may also lie on another file system ("s3://bucket/folder"): `to_path` then gives a UPath of universal-pathlib,
which has the methods of a Path and is typed as one. What is written there is made in a local temporary file and
uploaded at its end. It has no folders to make: writing a file makes those above it.

Whatever is put in place or removed asks the fence first: a process whose folder was taken over changes nothing there.
"""

import contextlib
import glob
import hashlib
import io
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from malmoi.kit import fence
from malmoi.kit.errors import TRY_AGAIN, UserError, code_of

PARTIAL = ".partial"
"""Suffix of what is being written. A name that ends so is never read and may be removed at any time."""
BUFFER_BYTES = 1 << 20
REMOTE_BLOCK_BYTES = 4 << 20
"""One request for a range of a remote file, with as much again read ahead."""
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Here an object that is being uploaded is not seen before it is whole. Elsewhere it is uploaded aside and moved."""
EXTRAS = {"s3": "s3", "s3a": "s3"}
"""File systems whose library comes with an extra of this package."""


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
        extra = EXTRAS.get(protocol)
        hint = f"pip install 'malmoi[{extra}]'" if extra else str(error)
        raise UserError(f"{text!r} needs a library that is not installed", hint=hint) from None
    return Path(path.path) if protocol in ("file", "local") else cast(Path, path)


def is_path(value: Any) -> bool:
    """Whether a value is a path, local or remote."""
    remote = sys.modules.get("upath")  # no value of its classes exists before it is loaded
    return isinstance(value, Path) or (remote is not None and isinstance(value, remote.UPath))


def is_remote(path: Path) -> bool:
    """Whether a path lies on another file system than this machine's."""
    return not isinstance(path, Path)


@contextlib.contextmanager
def atomic_file(path: Path, mode: int | None = None) -> Iterator[Path]:
    """Yields a local path to write to; what is there at the end becomes `path`, and nothing does on an error.

    A local file is written beside `path` and renamed, a remote one is uploaded from a temporary folder. mode: who may
    read a local file, from its first byte on (0o600 for a secret).
    """
    if is_remote(path):
        with tempfile.TemporaryDirectory(prefix="malmoi-") as folder:
            yield Path(folder, path.name)
            _upload(Path(folder, path.name), path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    if mode is not None:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield aside
        _flush(aside)
        fence.check(path)
        aside.replace(path)
        _flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside `path`; renames it to `path` (which must not exist) at the end. Local only."""
    assert not is_remote(path), f"{path}: a remote folder cannot appear at once"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    aside.mkdir()
    try:
        yield aside
        for file in aside.rglob("*"):
            _flush(file)
        _flush(aside)
        fence.check(path)
        aside.rename(path)
        _flush(path.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file as a stream of bytes that can seek. A remote one is read by ranges, and never as a whole.

    Raises OSError at the end where reading a remote file failed on the way, whatever became of the error there.
    """
    if not is_remote(path):
        with path.open("rb", buffering=BUFFER_BYTES) as stream:
            yield stream
        return
    system, name = _remote(path)
    with reaching(path), system.open(name, "rb", block_size=REMOTE_BLOCK_BYTES, cache_type="readahead") as stream:
        ranges = _Ranges(stream, path)
        with io.BufferedReader(ranges, BUFFER_BYTES) as buffered:
            yield buffered
        if ranges.failure:
            raise ranges.failure


class _Ranges(io.RawIOBase):
    """A remote file as a raw stream. failure: what the network did while it was read.

    Readers of damaged files take any OSError for damage and go on; whoever opened the stream hears of a failure anyway.
    """

    def __init__(self, stream: Any, path: Path) -> None:
        self.failure: OSError | None = None
        self._stream, self._path = stream, path

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any, /) -> int:
        try:
            with reaching(self._path):
                piece = self._stream.read(len(buffer))
        except OSError as error:
            self.failure = error
            raise
        buffer[: len(piece)] = piece
        return len(piece)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it. Nothing where it is remote: asked for one, S3 would make a missing bucket."""
    if not is_remote(path):
        path.mkdir(parents=True, exist_ok=True)


def move(path: Path, target: Path) -> None:
    """Moves a file or a folder tree within its file system, over what is at `target`. Only local moves are atomic."""
    remove(target)
    with reaching(target):
        fence.check(target)
    if not is_remote(path):
        path.rename(target)
        return
    system, name = _remote(path)
    with reaching(path):
        for place in [f"/{below}" for below in sizes_below(path)] or [""]:
            system.cp_file(name + place, _remote(target)[1] + place)
    remove(path)


def remove(path: Path) -> None:
    """Removes a file or a folder with all that is in it. Nothing happens where there is none."""
    with reaching(path):
        fence.check(path)
    if is_remote(path):
        system, name = _remote(path)
        with reaching(path), contextlib.suppress(FileNotFoundError):
            system.rm(glob.escape(name), recursive=True)  # fsspec takes "[", "*" and "?" in a name as a pattern
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """Writes `text` as UTF-8 to `path`, atomically, readable as `mode` says (see atomic_file)."""
    with atomic_file(path, mode) as aside:
        aside.write_text(text, encoding="utf-8")


def remove_partials(folder: Path) -> None:
    """Removes what a killed process left half-written directly inside `folder`."""
    for leftover in listed(folder, PARTIAL):
        remove(leftover)


def listed(folder: Path, suffix: str = "") -> list[Path]:
    """What lies directly inside a folder and has a name that ends so, sorted. Nothing where there is no folder."""
    if is_remote(folder):
        system, name = _remote(folder)
        with reaching(folder), contextlib.suppress(FileNotFoundError):
            names = {path.rstrip("/").rpartition("/")[2] for path in system.ls(name, detail=False)}
            return [folder / found for found in sorted(names) if found.endswith(suffix)]
        return []
    return sorted(path for path in folder.iterdir() if path.name.endswith(suffix)) if folder.is_dir() else []


def sizes_below(folder: Path) -> dict[str, int]:
    """Bytes of every file below a remote folder, by relative name with "/", in the order of the names' parts.

    One listing, however many files there are. Raises UserError where it cannot be reached.
    """
    system, name = _remote(folder)
    with reaching(folder):
        found = system.find(name, detail=True)
    prefix = name.rstrip("/") + "/"
    sizes = {
        path.removeprefix(prefix): int(entry["size"] or 0)
        for path, entry in found.items()
        if path.startswith(prefix) and not path.endswith("/")  # "folders" that some tools put there as empty objects
    }
    return dict(sorted(sizes.items(), key=lambda item: item[0].split("/")))


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file; of a folder: over the sorted relative names and hashes of the files in it."""
    if path.is_dir():
        if is_remote(path):
            names = list(sizes_below(path))
        else:
            below = (Path(root, name) for root, _, names in os.walk(path, onerror=_raise) for name in names)
            names = [file.relative_to(path).as_posix() for file in sorted(below) if file.is_file()]
        digest = hashlib.sha256()
        for name in names:
            digest.update(f"{name} {sha256_of(path / name)}\n".encode())
        return digest.hexdigest()
    with opened(path) as stream:
        digest = hashlib.sha256()
        while piece := stream.read(BUFFER_BYTES):
            digest.update(piece)
        return digest.hexdigest()


def _raise(error: OSError) -> None:
    """Without this, os.walk leaves out what it cannot read, and the hash would be that of another folder."""
    raise error


def damage(folder: Path, sha256_by_name: Mapping[str, str]) -> str | None:
    """The first of the named files that is missing or not as it was written, in words; None where all are whole.

    Raises UserError (try again) where one cannot be read at this moment: that says nothing about its content.
    """
    for name, expected in sha256_by_name.items():
        try:
            with reading(folder / name):
                found = sha256_of(folder / name)
        except ABSENT:
            return f"{name} is missing"
        if found != expected:
            return f"{name} is not as it was written (SHA-256)"
    return None


ABSENT = (FileNotFoundError, NotADirectoryError)
"""The errors that say that there is no such file. Any other OSError says only that it cannot be read now."""


def unreadable(path: Path, error: OSError) -> UserError:
    """What cannot be read at this moment: not mounted, a stale handle, no permission, a broken disk. Exit code 75.

    It is neither damaged nor absent. Whoever raises this has renamed and removed nothing.
    """
    words = f"{path} cannot be read now: {error.strerror or error}"
    return UserError(words, hint="nothing was changed; run again when the storage is back", code=TRY_AGAIN)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around what reads `path`: an OSError, other than that it is absent, becomes `unreadable`."""
    try:
        yield
    except ABSENT:
        raise
    except OSError as error:
        raise unreadable(path, error) from None


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around what writes to `folder`: a full disk or a missing permission becomes a UserError with the code for it."""
    try:
        yield
    except OSError as error:
        wrong = f"{folder} cannot be written to: {error.strerror or error}"
        raise UserError(wrong, hint="make room or choose another folder, then run again", code=code_of(error)) from None


@contextlib.contextmanager
def reaching(path: Path) -> Iterator[None]:
    """Around what asks a remote file system for `path`: whatever its library raises becomes an OSError that names it.

    What is missing stays a FileNotFoundError, what is forbidden a PermissionError. Local paths pass as they are.
    """
    try:
        yield
    except OSError as error:
        if not is_remote(path) or error.filename == str(path):
            raise
        # A library's own kind (aiohttp's ClientConnectorError) takes other arguments than those of Python do.
        kind = type(error) if type(error).__module__ == "builtins" else OSError
        raise kind(error.errno, _in_words(error), str(path)) from None
    except Exception as error:
        if not is_remote(path) or type(error).__module__.split(".")[0] not in CLIENT_LIBRARIES:
            raise
        raise ConnectionError(None, _in_words(error), str(path)) from None


CLIENT_LIBRARIES = frozenset({"botocore", "aiobotocore", "aiohttp", "fsspec"})
"""Their errors about credentials and connections are no OSErrors."""


def require(folder: Path) -> None:
    """Raises UserError, in one sentence, where what holds a remote folder cannot be listed: no bucket, a wrong key.

    The folder itself may be missing: on most of these file systems nothing is there before a file is.
    """
    if not is_remote(folder):
        return
    system, name = _remote(folder)
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


def _in_words(error: Exception) -> str:
    """One line, without the path: it stands beside it."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()).rstrip(".") or type(error).__name__


def _remote(path: Path) -> tuple[Any, str]:
    """The file system of a remote path, and its name there."""
    remote: Any = path
    return remote.fs, remote.path


def _upload(aside: Path, path: Path) -> None:
    system, name = _remote(path)
    with reaching(path):
        fence.check(path)
        if cast(Any, path).protocol in OBJECT_STORES:
            system.put_file(str(aside), name)
            return
        system.makedirs(name.rpartition("/")[0], exist_ok=True)
        system.put_file(str(aside), name + PARTIAL)
        system.mv(name + PARTIAL, name)


def _aside(path: Path) -> Path:
    """Beside `path`, on the same disk. Random: threads, and machines of a shared disk, may have one process number."""
    return path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{PARTIAL}")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
