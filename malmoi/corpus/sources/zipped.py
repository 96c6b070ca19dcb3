"""zip archives, as 모두의 말뭉치 and AI Hub ship their corpora: members are read where they lie, nothing is unpacked.

The list of members stands at the end of the file, so a stream that cannot seek is copied to a nameless file first.
"""

import contextlib
import io
import lzma
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from malmoi.corpus.sources import streams
from malmoi.corpus.sources.archive import refused_name
from malmoi.corpus.sources.document_files.formats import package_format
from malmoi.corpus.sources.names import shown
from malmoi.corpus.sources.raw import Raw, Reason, Unreadable
from malmoi.corpus.sources.streams import DamagedError

MOST_DIRECTORY_BYTES = 64_000_000
"""Of the list of members, which is held whole: some 600,000 of them."""
MOST_PACKAGE_BYTES = 200_000_000
"""Above it a zip archive with the members of a document is read as an archive: it is not held in memory."""
END_BYTES = 65_557 + 20 + 56
"""The end record with the longest comment, and the two of zip64 before it."""
END, END_64 = b"PK\x05\x06", b"PK\x06\x06"
UTF8_NAME, ENCRYPTED = 0x800, 0x1

Items = Iterator[Raw | Unreadable]


class Member(io.RawIOBase):
    """The bytes of one member. left: [bytes that all members together may still give], shared by them."""

    def __init__(self, content: Any, left: list[int]) -> None:
        self._content, self._left = content, left

    def readable(self) -> bool:
        """True: a raw stream says so."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` with what comes next and returns the number of bytes, 0 at the end of the member."""
        try:
            piece = self._content.read(min(len(buffer), streams.BUFFER_BYTES))
        except OSError as error:
            if error.errno is not None:  # the storage; bz2 raises OSError without a number where its data are wrong
                raise
            raise DamagedError("damaged_archive", "the member cannot be unpacked: bz2") from None
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError) as error:
            raise DamagedError("damaged_archive", f"the member cannot be unpacked: {type(error).__name__}") from None
        self._left[0] -= len(piece)
        if self._left[0] < 0:
            raise DamagedError("decompression_bomb", "the archive gives far more bytes than it has")
        buffer[: len(piece)] = piece
        return len(piece)


def read_members(
    archive: BinaryIO, origin_file: str, size_bytes: int, read_member: Callable[[Any, str, int], Items]
) -> Items:
    """The items of all members in the order of the list. read_member(member, name, size_bytes) reads one.

    Links, names that lead out of the archive, and members that are encrypted or packed in a way that Python does not
    know are told; folders are no items.
    """
    with tempfile.SpooledTemporaryFile(max_size=streams.SPOOL_MEMORY_BYTES) as spool:
        seekable: Any = archive if archive.seekable() else streams.copied(archive, spool)
        if _directory_bytes(seekable) > MOST_DIRECTORY_BYTES:
            yield Unreadable(origin_file, 0, size_bytes, "too_large", "a list of too many members: unpack it first")
            return
        try:
            file = zipfile.ZipFile(seekable)
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError):
            detail = "no list of members at its end: the file is cut off, or no zip archive"
            yield Unreadable(origin_file, 0, size_bytes, "truncated_archive", detail)
            return
        with file:
            kind = package_format(file.namelist())
            if kind and size_bytes <= MOST_PACKAGE_BYTES:  # a document that somebody named .zip
                seekable.seek(0)
                yield from read_member(io.BytesIO(seekable.read()), f"document.{kind}", size_bytes)
                return
            left = [max(streams.BOMB_FLOOR_BYTES, streams.BOMB_RATIO * size_bytes)]
            for entry in file.infolist():
                if not entry.filename.endswith("/"):  # is_dir() raises for a name of no characters
                    yield from _items(file, entry, left, (origin_file, read_member))


def _items(
    file: zipfile.ZipFile, entry: zipfile.ZipInfo, left: list[int], of: tuple[str, Callable[[Any, str, int], Items]]
) -> Items:
    origin_file, read_member = of
    name = _name(entry)
    origin = f"{origin_file}!{name}"
    if refusal := _refusal(entry, name):
        yield Unreadable(origin, 0, entry.file_size, *refusal)
        return
    try:
        content = file.open(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        detail = f"the member cannot be opened: {type(error).__name__}"
        yield Unreadable(origin, 0, entry.file_size, "damaged_archive", detail)
        return
    with content:
        yield from read_member(Member(content, left), name, entry.file_size)


def _refusal(entry: zipfile.ZipInfo, name: str) -> tuple[Reason, str] | None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "unsafe_member", "a link"
    if entry.flag_bits & ENCRYPTED:
        return "unsupported_format", "the member is encrypted: unpack the archive with its password first"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return "unsupported_format", f"packed by method {entry.compress_type}: unpack the archive first (7z x FILE)"
    return refused_name(name)


def _name(entry: zipfile.ZipInfo) -> str:
    """The name of a member. Without the mark of UTF-8 it is in the charset of the machine that packed it."""
    name = entry.orig_filename
    if not entry.flag_bits & UTF8_NAME:
        with contextlib.suppress(UnicodeEncodeError):  # a name that Python decoded in another way
            name = shown(name.encode("cp437"))
    return name.encode("utf-8", "replace").decode().removeprefix("./")


def _directory_bytes(file: BinaryIO) -> int:
    """The size that the end of an archive gives for its list of members; 0 where there is no such end."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_BYTES))
    tail = file.read(END_BYTES)
    file.seek(0)
    at, at_64 = tail.rfind(END), tail.rfind(END_64)
    if at_64 >= 0 and len(tail) >= at_64 + 48:
        return struct.unpack_from("<Q", tail, at_64 + 40)[0]
    return struct.unpack_from("<I", tail, at + 12)[0] if at >= 0 and len(tail) >= at + 16 else 0
