"""CSV and TSV with a header line."""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from malmoi.corpus.sources.chat_rows import is_chat
from malmoi.corpus.sources.fields import is_talk
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.lines import read_lines, too_long
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.text import charset

DELIMITERS = (",", "\t", ";", "|")


class _DecodedLines:
    """The lines of a stream as text for csv.reader; remembers their size, and those too long to be passed on."""

    def __init__(self, stream: BinaryIO, origin_file: str, limit_bytes: int) -> None:
        head = stream.peek(charset.HEAD_BYTES) if hasattr(stream, "peek") else b""  # type: ignore[attr-defined]
        self._charset = charset.stream_charset(head[: charset.HEAD_BYTES])
        self._lines = read_lines(stream, limit_bytes)
        self._place = (origin_file, limit_bytes)
        self.read_bytes = 0
        self.refused: list[Unreadable] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if line.content is None:
                self.refused.append(too_long(line, *self._place))
                continue
            self.read_bytes += line.size_bytes
            yield self._decode(line.content)

    def take_refused(self) -> list[Unreadable]:
        """The lines that were too long since the last call: csv.reader never saw them."""
        refused, self.refused = self.refused, []
        return refused

    def _decode(self, content: bytes) -> str:
        try:
            return content.decode(self._charset)
        except UnicodeDecodeError:
            decoded = charset.decode(content)  # a file glued together from several
            return decoded.text if decoded else content.decode(self._charset, "replace")


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every row after the header; its offset is its number, the first row being 0."""
    lines = _DecodedLines(stream, origin_file, source.max_bytes_per_document)
    text_lines = iter(lines)
    header_line = next(text_lines, "")
    yield from lines.take_refused()
    if not header_line.strip():
        yield Unreadable(origin_file, 0, 0, "empty", "no header line")
        return
    delimiter = max(DELIMITERS, key=header_line.count)
    try:
        header = [name.strip() for name in next(csv.reader([header_line], delimiter=delimiter), [])]
    except csv.Error as error:
        yield Unreadable(origin_file, 0, lines.read_bytes, "malformed_table", f"header: {error}; no row is read")
        return
    if source.text_field not in header and not is_talk(header) and not is_chat(header):
        detail = f"no column {source.text_field!r}; columns: {', '.join(header)[:200]}; no row is read"
        yield Unreadable(origin_file, 0, lines.read_bytes, "no_text", detail)
        return
    csv.field_size_limit(source.max_bytes_per_document)
    yield from _read_rows(lines, csv.reader(text_lines, delimiter=delimiter), header, (origin_file, source))


def _read_rows(
    lines: _DecodedLines, rows: Iterator[list[str]], header: list[str], of: tuple[str, Input]
) -> Iterator[Raw | Unreadable]:
    """of: origin_file and the input. A row that csv refuses or that has too many fields is told; reading goes on."""
    origin_file, source = of
    number = -1
    while True:
        before = lines.read_bytes
        try:
            row = next(rows, None)
            fault = ""
        except csv.Error as error:
            row, fault = [], str(error)
        yield from lines.take_refused()
        if row is None:
            return
        if not row and not fault:
            continue  # a blank line
        number += 1
        size_bytes = lines.read_bytes - before
        while len(row) > len(header) and not row[-1]:
            row.pop()
        if len(row) > len(header):
            fault = f"{len(row)} fields where the header has {len(header)}"
        if fault:
            yield Unreadable(origin_file, number, size_bytes, "malformed_table", fault)
        else:
            yield row_to_raw(dict(zip(header, row, strict=False)), (origin_file, number, size_bytes), source)
