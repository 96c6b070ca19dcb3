"""Lines of a byte stream, one at a time, none held that is longer than allowed."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from malmoi.corpus.sources.raw import Unreadable

SKIP_BYTES = 1 << 20
UTF8_BOM = b"\xef\xbb\xbf"


class TextLine(NamedTuple):
    """One line: the byte where it starts, its bytes with the newline (None where too long), its size in bytes."""

    offset: int
    content: bytes | None
    size_bytes: int


def read_lines(stream: BinaryIO, limit_bytes: int) -> Iterator[TextLine]:
    """The lines of a stream. What is longer than `limit_bytes` is read past in pieces and comes without content."""
    offset = 0
    readline = stream.readline
    while line := readline(limit_bytes + 1):
        size_bytes = len(line)
        if size_bytes > limit_bytes and not line.endswith(b"\n"):
            size_bytes += _skip_line(stream)
            yield TextLine(offset, None, size_bytes)
        else:
            yield TextLine(offset, line.removeprefix(UTF8_BOM) if offset == 0 else line, size_bytes)
        offset += size_bytes


def too_long(line: TextLine, origin_file: str, limit_bytes: int) -> Unreadable:
    """What a line without content becomes."""
    detail = f"a line of {line.size_bytes} bytes; the limit is {limit_bytes}"
    return Unreadable(origin_file, line.offset, line.size_bytes, "line_too_long", detail)


def _skip_line(stream: BinaryIO) -> int:
    """Reads past the rest of a line and returns how many bytes it had."""
    skipped = 0
    while piece := stream.readline(SKIP_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped
