"""tar archives as streams: members are read where they lie, and no name in them ever becomes a path on the disk.

The blocks are walked here and not by tarfile, which ends silently at a damaged header and reads name records of any
size into memory. Formats: v7, ustar, GNU long names, pax (POSIX.1-2001).
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from malmoi.corpus.sources.names import shown
from malmoi.corpus.sources.raw import Raw, Reason, Unreadable
from malmoi.corpus.sources.streams import DamagedError, read_past

BLOCK_BYTES = 512
CUT_OFF = "the archive ends {} bytes too early"
MAX_NAME_RECORD_BYTES = 1 << 20
"""Long names and pax records beyond this are an attack on the memory."""
PLAIN_TYPES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
LINK_TYPES = (tarfile.LNKTYPE, tarfile.SYMTYPE)
DEVICE_TYPES = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)

Items = Iterator[Raw | Unreadable]


class Member(io.RawIOBase):
    """The bytes of one member, read straight from the archive. `failed`: the archive broke while they were read."""

    def __init__(self, archive: BinaryIO, size_bytes: int) -> None:
        self._archive = archive
        self.left_bytes = size_bytes
        self.failed = False

    def readable(self) -> bool:
        """True: a raw stream says so."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` with what comes next and returns the number of bytes, 0 at the end of the member."""
        wanted = min(len(buffer), self.left_bytes)
        if wanted == 0:
            return 0
        try:
            piece = self._archive.read(wanted)
            if not piece:
                raise DamagedError(
                    "truncated_archive", f"the archive ends {self.left_bytes} bytes before the member's end"
                )
        except (DamagedError, OSError):
            self.failed = True
            raise
        buffer[: len(piece)] = piece
        self.left_bytes -= len(piece)
        return len(piece)


@dataclass
class _Header:
    """What one or more header blocks say about the member that follows."""

    name: str = ""
    size_bytes: int | None = None


def read_members(archive: BinaryIO, origin_file: str, read_member: Callable[[Member, str, int], Items]) -> Items:
    """The items of all members. read_member(member, name, size_bytes) reads one; it may stop anywhere inside it.

    Links, devices and names that lead out of the archive are "unsafe_member"; a broken header costs what lies before
    the next good one. Folders are no items.
    """
    pending = _Header()
    while True:
        block, skipped_bytes = _next_block(archive)
        if skipped_bytes:
            detail = f"{skipped_bytes} bytes without a valid header"
            yield Unreadable(origin_file, 0, skipped_bytes, "damaged_archive", detail)
        if block is None:
            return
        if block.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE):
            _read_name_record(archive, block, pending)
            continue
        size_bytes = block.size if pending.size_bytes is None else pending.size_bytes
        name, pending = pending.name or block.name, _Header()
        if block.type == tarfile.DIRTYPE or (block.type in PLAIN_TYPES and name.endswith("/")):
            read_past(archive.read, _padded(size_bytes), CUT_OFF)
            continue
        size_bytes = 0 if block.type in LINK_TYPES + DEVICE_TYPES else size_bytes
        member = Member(archive, size_bytes)
        refusal = _refusal(block, name)
        if refusal:
            yield Unreadable(f"{origin_file}!{_shown(name)}", 0, size_bytes, *refusal)
        else:
            yield from read_member(member, _shown(name.removeprefix("./")), size_bytes)
        if member.failed:
            return  # told by the member's own Unreadable
        read_past(archive.read, member.left_bytes + _padded(size_bytes) - size_bytes, CUT_OFF)


def _next_block(archive: BinaryIO) -> tuple[tarfile.TarInfo | None, int]:
    """The next good header and the bytes passed over to find it; None at the end.

    Archives written one after another are read as one. Raises DamagedError where the file ends without an end mark.
    """
    skipped_bytes = 0
    ended = False
    while True:
        block = archive.read(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            if not ended and not skipped_bytes:
                raise DamagedError("truncated_archive", "the archive ends without its end mark")
            return None, skipped_bytes
        if not block.strip(b"\0"):
            ended = True
            continue
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            header = None
        if header and header.size >= 0:
            return header, skipped_bytes
        skipped_bytes += BLOCK_BYTES


def _read_name_record(archive: BinaryIO, block: tarfile.TarInfo, pending: _Header) -> None:
    """Takes up what a long-name or pax block says about the next member. Global pax headers are read past."""
    if block.size > MAX_NAME_RECORD_BYTES:
        raise DamagedError("damaged_archive", f"a name record of {block.size} bytes")
    content = archive.read(_padded(block.size))[: block.size]
    if len(content) < block.size:
        raise DamagedError("truncated_archive", "the archive ends inside a name record")
    if block.type == tarfile.GNUTYPE_LONGNAME:
        pending.name = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
    elif block.type == tarfile.XHDTYPE:
        records = _pax_records(content)
        pending.name = records.get("path", pending.name)
        size = records.get("size", "")
        pending.size_bytes = int(size) if size.isascii() and size.isdigit() else pending.size_bytes


def _pax_records(content: bytes) -> dict[str, str]:
    """ "<length> <key>=<value>\\n", length counting itself; reading ends at the first that breaks this."""
    records: dict[str, str] = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or len(length) > 8 or int(length) <= len(length):
            break
        record, content = content[: int(length)], content[int(length) :]
        key, _, value = record[len(length) + 1 : -1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return records


def _refusal(block: tarfile.TarInfo, name: str) -> tuple[Reason, str] | None:
    """Why a member is not read. Nothing is ever unpacked to its name, but a name that lies is a sign of ill will."""
    if block.type in LINK_TYPES:
        return "unsafe_member", f"a link to {_shown(block.linkname)[:200]!r}"
    if block.type in DEVICE_TYPES:
        return "unsafe_member", "a device or a pipe"
    if refusal := refused_name(name):
        return refusal
    if block.type not in PLAIN_TYPES:
        return "unsupported_format", f"a member of type {block.type!r}"
    return None


def refused_name(name: str) -> tuple[Reason, str] | None:
    """Why a member of this name is not read: the name leads out of the archive."""
    if name.startswith(("/", "\\")) or name[1:3] in (":\\", ":/"):
        return "unsafe_member", "an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "unsafe_member", 'a path with ".."'
    return None


def _shown(name: str) -> str:
    return shown(name.encode("utf-8", "surrogateescape"))


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES
