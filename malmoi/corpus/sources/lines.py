"""Lines of a byte stream, one at a time, none held that is longer than allowed; lines of UTF-16 come as UTF-8."""

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from malmoi.corpus.sources.raw import Unreadable
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text import charset

SKIP_BYTES = 1 << 20
UTF8_BOM = b"\xef\xbb\xbf"


class TextLine(NamedTuple):
    """One line: the byte where it starts, its bytes with the newline (None where too long), its size in bytes.

    Place and size are those in the stream; of UTF-16 and UTF-32 the content is UTF-8.
    """

    offset: int
    content: bytes | None
    size_bytes: int


def read_lines(stream: BinaryIO, limit_bytes: int) -> Iterator[TextLine]:
    """The lines of a stream. What is longer than `limit_bytes` is read past in pieces and comes without content.

    Windows writes rows in UTF-16 (PowerShell's ">", Excel's "Unicode text"): there a newline is two bytes.
    """
    if wide := charset.wide_charset(peeked(stream)):
        yield from _wide_lines(stream, wide, limit_bytes)
        return
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


def peeked(stream: BinaryIO) -> bytes:
    """The first bytes of a stream that were read ahead, left where they are; none where there are none to be had."""
    try:
        return stream.peek(charset.HEAD_BYTES)[: charset.HEAD_BYTES] if isinstance(stream, io.BufferedReader) else b""
    except DamagedError:
        return b""  # told where the stream is read


def _wide_lines(stream: BinaryIO, wide: str, limit_bytes: int) -> Iterator[TextLine]:
    """The lines of a stream in UTF-16 or UTF-32. What is no character becomes U+FFFD, never another line."""
    unit_bytes = len("\n".encode(wide))
    limit = limit_bytes // unit_bytes
    text = io.TextIOWrapper(stream, wide, "replace", newline="\n")
    offset = 0
    try:
        while line := text.readline(limit + 1):
            size_bytes = len(line.encode(wide))
            content: bytes | None = line.encode()
            if len(line) > limit and not line.endswith("\n"):
                content = None
                while not line.endswith("\n") and (line := text.readline(SKIP_BYTES)):
                    size_bytes += len(line.encode(wide))
            yield TextLine(offset, content.removeprefix(UTF8_BOM) if content and not offset else content, size_bytes)
            offset += size_bytes
    finally:
        text.detach()  # else its end would close the stream, which is not ours


def filled_lines(
    stream: BinaryIO, origin_file: str, limit_bytes: int, begin: int = 0
) -> Iterator[TextLine | Unreadable]:
    """The lines that are not blank; those too long as what they become. begin: byte where the stream stands."""
    for line in read_lines(stream, limit_bytes):
        line = line._replace(offset=line.offset + begin) if begin else line
        if line.content is None:
            yield too_long(line, origin_file, limit_bytes)
        elif line.content.strip():
            yield line


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
