"""Files that are whole or absent: everything is written aside, flushed to the disk, and renamed into place.

What is written to a remote path (kit/paths.py) is made in a local temporary file and uploaded at its end. Whatever is
put in place or removed asks the fence first: a process whose folder was taken over changes nothing there.
"""

import contextlib
import errno
import glob
import hashlib
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from malmoi.kit import fence
from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError, code_of
from malmoi.kit.paths import is_remote, reaching, system_of

PARTIAL = ".partial"
"""Suffix of what is being written. A name that ends so is never read and may be removed at any time."""
BUFFER_BYTES = 1 << 20
REMOTE_BLOCK_BYTES = 4 << 20
"""One request for a range of a remote file, with as much again read ahead."""
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Here an object that is being uploaded is not seen before it is whole. Elsewhere it is uploaded aside and moved."""
ABSENT = (FileNotFoundError, NotADirectoryError)
"""The errors that say that there is no such file. Any other OSError says only that it cannot be read now."""
ODD_NAMES = frozenset({errno.EINVAL, errno.ENAMETOOLONG, errno.ELOOP})


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
    aside = _aside(path)
    if mode is not None:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield aside
        _put(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside `path`; renames it to `path` (which must not exist) at the end. Local only."""
    assert not is_remote(path), f"{path}: a remote folder cannot appear at once"
    aside = _aside(path)
    aside.mkdir()
    try:
        yield aside
        _put(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """Writes `text` as UTF-8 to `path`, atomically, readable as `mode` says (see atomic_file)."""
    with atomic_file(path, mode) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a table as JSON, atomically, with one key a line, sorted."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read_json(path: Path, hint: str = "") -> dict[str, Any] | None:
    """The table in a JSON file; None where there is no file.

    Raises UserError where the file cannot be read now (75, try again), and with the hint where it is damaged (93).
    """
    try:
        with reading(path):
            found = json.loads(path.read_text(encoding="utf-8"))
    except ABSENT:
        return None
    except ValueError as error:
        raise UserError(f"{path} cannot be read: {error}", hint=hint, code=GIVE_UP) from None
    if not isinstance(found, dict):
        raise UserError(f"{path} cannot be read: it holds no table", hint=hint, code=GIVE_UP)
    return found


def append_line(stream: BinaryIO, line: bytes) -> None:
    """Appends a line to a stream opened as "ab+". Half a line of a killed writer gets an end of its own first."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 1))
    stream.write(line if stream.read(1) in (b"", b"\n") else b"\n" + line)


def json_object(line: bytes) -> dict[str, Any]:
    """The table in a line of JSON; an empty one where there is none, as in half a line of a killed writer."""
    with contextlib.suppress(ValueError):
        found = json.loads(line.decode(errors="replace"))
        return found if isinstance(found, dict) else {}
    return {}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file as a stream of bytes that can seek. A remote one is read by ranges, and never as a whole.

    Raises OSError at the end where reading failed on the way, whatever became of the error there.
    """
    with reaching(path), _raw(path) as stream:
        ranges = _Ranges(stream, path)
        with io.BufferedReader(ranges, BUFFER_BYTES) as buffered:
            yield buffered
        if ranges.failure:
            raise ranges.failure


def _raw(path: Path) -> Any:
    if not is_remote(path):
        return path.open("rb", buffering=0)
    system, name = system_of(path)
    return system.open(name, "rb", block_size=REMOTE_BLOCK_BYTES, cache_type="readahead")


class _Ranges(io.RawIOBase):
    """A file as a raw stream. failure: what the disk or the network did while it was read.

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
                return self._stream.readinto(buffer)
        except OSError as error:
            self.failure = error
            raise


def make_folder(path: Path) -> None:
    """Makes a folder and those above it. Nothing where it is remote: asked for one, S3 would make a missing bucket."""
    if not is_remote(path):
        path.mkdir(parents=True, exist_ok=True)


def move(path: Path, target: Path) -> None:
    """Renames a file or a folder within its disk, over what is at `target`. Local only: object stores cannot rename."""
    assert not is_remote(path), f"{path}: write it where it is to lie"
    remove(target)
    fence.check(target)
    path.rename(target)


def remove(path: Path) -> None:
    """Removes a file or a folder with all that is in it. Nothing happens where there is none."""
    fence.check(path)
    if is_remote(path):
        system, name = system_of(path)
        with reaching(path), contextlib.suppress(FileNotFoundError):
            system.rm(glob.escape(name), recursive=True)  # fsspec takes "[", "*" and "?" in a name as a pattern
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_partials(folder: Path) -> None:
    """Removes what a killed process left half-written directly inside `folder`."""
    for leftover in listed(folder, PARTIAL):
        remove(leftover)


def listed(folder: Path, suffix: str = "") -> list[Path]:
    """What lies directly inside a folder and has a name that ends so, sorted. Nothing where there is no folder."""
    if not is_remote(folder):
        return sorted(path for path in folder.iterdir() if path.name.endswith(suffix)) if folder.is_dir() else []
    system, name = system_of(folder)
    names: set[str] = set()
    with reaching(folder), contextlib.suppress(FileNotFoundError):
        names = {path.rstrip("/").rpartition("/")[2] for path in system.ls(name, detail=False)}
    return [folder / name for name in sorted(names) if name.endswith(suffix)]


def sizes_below(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder, by relative name with "/", in the order of the names' parts.

    One listing where it is remote, however many files there are. Nothing where there is no folder.
    """
    sizes = _remote_sizes(folder) if is_remote(folder) else _local_sizes(folder)
    return dict(sorted(sizes, key=lambda item: item[0].split("/")))


def _local_sizes(folder: Path) -> Iterator[tuple[str, int]]:
    for root, _, names in os.walk(folder, onerror=_raise) if folder.is_dir() else ():
        for file in (Path(root, name) for name in names):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), file.stat().st_size


def _raise(error: OSError) -> None:
    """Without this, os.walk leaves out what it cannot read, and the hash would be that of another folder."""
    raise error


def _remote_sizes(folder: Path) -> Iterator[tuple[str, int]]:
    system, name = system_of(folder)
    prefix = name.rstrip("/") + "/"
    with reaching(folder), contextlib.suppress(FileNotFoundError):
        for path, entry in system.find(name, detail=True).items():
            if path.startswith(prefix) and not path.endswith("/"):  # some tools put empty objects there as "folders"
                yield path.removeprefix(prefix), int(entry["size"] or 0)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file; of a folder: over the sorted relative names and hashes of the files in it."""
    if path.is_dir():
        lines = (f"{name} {sha256_of(path / name)}\n" for name in sizes_below(path))
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with opened(path) as stream:
        return hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()


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


def unreadable(path: Path, error: OSError) -> UserError:
    """What cannot be read at this moment: not mounted, a stale handle, no permission, a broken disk. Exit code 75.

    It is neither damaged nor absent. Whoever raises this has renamed and removed nothing.
    """
    words = f"{path} cannot be read now: {error.strerror or error}"
    return UserError(words, hint="nothing was changed; run again when the storage is back", code=TRY_AGAIN)


def require_storage(path: Path, error: BaseException) -> None:
    """Raises `unreadable` where an error of the local system is none of the file itself, as for a part of an input.

    Of the file are: absent, forbidden, a name that the system refuses, damage (which has no errno).
    """
    of_file = (*ABSENT, PermissionError)
    if isinstance(error, OSError) and error.errno and not (isinstance(error, of_file) or error.errno in ODD_NAMES):
        raise unreadable(path, error) from None


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around what reads `path`: an OSError, other than that it is absent, becomes `unreadable`."""
    try:
        with reaching(path):
            yield
    except ABSENT:
        raise
    except OSError as error:
        raise unreadable(path, error) from None


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around what writes to `folder`: a full disk or a missing permission becomes a UserError with the code for it.

    An error that names another path, as that of an input, passes as it is: `folder` is not to blame for it.
    """
    try:
        with reaching(folder):
            yield
    except OSError as error:
        there, named = Path(str(folder)).absolute(), Path(str(error.filename or folder)).absolute()
        if not (named.is_relative_to(there) or there.is_relative_to(named)):  # a folder above may forbid to make it
            raise
        wrong = f"{folder} cannot be written to: {error.strerror or error}"
        raise UserError(wrong, hint="make room or choose another folder, then run again", code=code_of(error)) from None


def _upload(aside: Path, path: Path) -> None:
    system, name = system_of(path)
    fence.check(path)
    with reaching(path):
        if cast(Any, path).protocol in OBJECT_STORES:
            system.put_file(str(aside), name)
            return
        system.makedirs(name.rpartition("/")[0], exist_ok=True)
        system.put_file(str(aside), name + PARTIAL)
        system.mv(name + PARTIAL, name)


def _put(aside: Path, path: Path) -> None:
    """Gives what was written its name, once all of it is on the disk and this process may still publish there."""
    for written in (*aside.rglob("*"), aside):
        _flush(written)
    fence.check(path)
    aside.replace(path)
    _flush(path.parent)


def _aside(path: Path) -> Path:
    """Beside `path`, on the same disk. Random: threads, and machines of a shared disk, may have one process number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{PARTIAL}")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
