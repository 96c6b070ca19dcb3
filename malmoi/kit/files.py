"""Files that are whole or absent: everything is written aside, flushed to the disk, and renamed into place."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from malmoi.kit.errors import UserError

PARTIAL = ".partial"
"""Suffix of what is being written. A name that ends so is never read and may be removed at any time."""


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write to; renames it to `path` at the end, removes it on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        yield aside
        _flush(aside)
        aside.replace(path)
        _flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside `path`; renames it to `path` (which must not exist) at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        for file in aside.rglob("*"):
            _flush(file)
        _flush(aside)
        aside.rename(path)
        _flush(path.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8 to `path`, atomically."""
    with atomic_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def remove_partials(folder: Path) -> None:
    """Removes what a killed process left half-written directly inside `folder`."""
    for leftover in folder.glob(f"*{PARTIAL}"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file; of a folder: over the sorted relative names and hashes of the files in it."""
    if path.is_dir():
        digest = hashlib.sha256()
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            digest.update(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def damage(folder: Path, sha256_by_name: Mapping[str, str]) -> str | None:
    """The first of the named files that is missing or not as it was written, in words; None where all are whole."""
    for name, expected in sha256_by_name.items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        if sha256_of(folder / name) != expected:
            return f"{name} is not as it was written (SHA-256)"
    return None


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around what writes to `folder`: a full disk or a missing permission becomes a UserError that says so."""
    try:
        yield
    except OSError as error:
        hint = "make room or choose another folder, then run again"
        raise UserError(f"{folder} cannot be written to: {error.strerror or error}", hint=hint) from None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
