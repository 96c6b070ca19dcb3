"""CSV and TSV: the table that a file holds, with its header, and its rows.

Rows are cut strictly (RFC 4180): a quotation mark closes a field only before a delimiter or the end of a line. What
breaks this is looked at again: backslashes before quotation marks, quotation marks inside a field, and a field that is
opened and never closed, which costs its own line and no other.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from malmoi.corpus.sources.chat_rows import is_chat
from malmoi.corpus.sources.fields import CANONICAL, is_talk
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.lines import peeked, read_lines, too_long
from malmoi.corpus.sources.nested import likely_text
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.text import charset

DELIMITERS = (",", "\t", ";", "|")
MOST_TITLE_ROWS = 20
"""Above the header: Korean public data has a title, a date and a blank line there."""
MOST_LENIENT_LINES = 200
"""Of one field whose quotation marks break the rules."""
MOST_NAME = 40
"""Characters of the name of a column; what is longer is a text."""
SEPARATOR_LINE = re.compile(r"sep=(.)\s*$", re.IGNORECASE)

# The limit is one for the whole process: a source of small documents must not set it for all others. `_taking` gives a
# row no more than a document may hold, so no field grows beyond that.
csv.field_size_limit((1 << 31) - 1)


class _Record(NamedTuple):
    """Some lines that make up one row, the number of the first (from 1) and their bytes. fault: why there is no row."""

    fields: list[str]
    line: int
    size_bytes: int
    fault: str = ""


class _Lines:
    """The lines of a stream as text, with a place to put lines back; those too long are kept as `refused`."""

    def __init__(self, stream: BinaryIO, origin_file: str, limit_bytes: int) -> None:
        head = peeked(stream)
        is_wide = charset.wide_charset(head) is not None
        self._charset = "utf-8" if is_wide else charset.stream_charset(head)
        self._ends_with_return = not is_wide and b"\r" in head and b"\n" not in head  # Excel of old Macs
        self._lines = read_lines(stream, limit_bytes)
        self._place = (origin_file, limit_bytes)
        self._waiting: deque[tuple[str, int]] = deque()
        self.number = 0  # of the last line that was given out, from 1
        self.refused: list[Unreadable] = []

    def next(self) -> tuple[str, int] | None:
        """The next line and its bytes. None at the end."""
        while True:
            self.number += 1
            if self._waiting:
                return self._waiting.popleft()
            line = next(self._lines, None)
            if line is None:
                return None
            if line.content is not None and not self._ends_with_return:
                return self._decode(line.content), line.size_bytes
            if line.content is not None:
                parts = line.content.removesuffix(b"\r").split(b"\r")
                self._waiting.extend((self._decode(part) + "\n", len(part) + 1) for part in parts)
                self.number -= 1
                continue
            self.refused.append(too_long(line, *self._place))

    def put_back(self, lines: Sequence[tuple[str, int]]) -> None:
        """What is put back is given out next."""
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def take_refused(self) -> list[Unreadable]:
        """The lines that were too long since the last call."""
        refused, self.refused = self.refused, []
        return refused

    def _decode(self, content: bytes) -> str:
        try:
            return content.decode(self._charset)
        except UnicodeDecodeError:
            decoded = charset.decode(content)  # a file glued together from several
            return decoded.text if decoded else content.decode(self._charset, "replace")


class _Table:
    """The rows of a table whose delimiter is known. width: fields of the header, 0 before it is known."""

    def __init__(self, lines: _Lines, delimiter: str, limit_bytes: int) -> None:
        self.lines, self.delimiter, self.width = lines, delimiter, 0
        self._limit_bytes = limit_bytes
        self._closing = re.compile(rf'"\s*(?={re.escape(delimiter)}|\Z)')

    def records(self) -> Iterator[_Record]:
        """Row after row; blank lines are none."""
        while (first := self.lines.next()) is not None:
            if first[0].strip("\r\n"):
                yield self._record(first)

    def _record(self, first: tuple[str, int]) -> _Record:
        """The row that begins with a line. Lines that turn out to be none of its own are put back."""
        number = self.lines.number
        if '"' not in first[0] and "\r" not in first[0].rstrip("\r\n"):
            return _Record(first[0].rstrip("\r\n").split(self.delimiter), number, first[1])
        taken = [first]
        try:
            fields = next(csv.reader(self._taking(taken), delimiter=self.delimiter, strict=True))
            return _Record(fields, number, sum(size for _, size in taken))
        except (csv.Error, StopIteration) as error:
            fault = str(error) or "no row"
        return self._second_reading(taken, number, fault)

    def _taking(self, taken: list[tuple[str, int]]) -> Iterator[str]:
        """The lines that are taken and those that follow them, which become taken, up to the limit of a document."""
        held = 0
        for at in range(1 << 62):
            if at == len(taken):
                line = self.lines.next() if held <= self._limit_bytes else None
                if line is None:
                    return
                taken.append(line)
            held += taken[at][1]
            yield taken[at][0]

    def _second_reading(self, taken: list[tuple[str, int]], number: int, fault: str) -> _Record:
        """What breaks the rules, read as its writer meant it; else its first line is told and the others put back."""
        first = taken[0][0].rstrip("\r\n")
        for fields, used in self._readings(taken):
            if not self.width or len(fields) == self.width:
                self.lines.put_back(taken[used:])
                return _Record(fields, number, sum(size for _, size in taken[:used]))
        self.lines.put_back(taken[1:])
        if first.count('"') % 2:
            fault = "a quotation mark is opened and not closed; the rows after it are read"
        return _Record([], number, taken[0][1], f"line {number}: {fault}")

    def _readings(self, taken: list[tuple[str, int]]) -> Iterator[tuple[list[str], int]]:
        """Rows that the lines may stand for, the surest first, each with the number of lines it takes."""
        first = taken[0][0].rstrip("\r\n")
        if '\\"' in first:
            used = list(taken)
            try:
                options = {"delimiter": self.delimiter, "escapechar": "\\", "strict": True}
                yield next(csv.reader(self._taking(used), **options)), len(used)
            except (csv.Error, StopIteration):
                pass
            taken += used[len(taken) :]
        if self.delimiter == "\t":
            yield first.split("\t"), 1  # such files seldom quote: the marks belong to the text
        if fields := self._leniently(first):
            yield fields, 1
        for used, line in enumerate(islice(self._taking(taken), MOST_LENIENT_LINES), 1):
            if used == 2 and self._is_row(line):
                return
            closes = used > 1 and self._closing.search(line.rstrip("\r\n"))
            if closes and (fields := self._leniently("".join(each for each, _ in taken[:used]).rstrip("\r\n"))):
                yield fields, used
                return

    def _leniently(self, text: str) -> list[str]:
        """Fields where a quotation mark closes only before a delimiter or the end. Empty where one stays open."""
        fields, at = [], 0
        while at <= len(text):
            if text.startswith('"', at):
                end = self._closing.search(text, at + 1)
                if end is None:
                    return []
                fields.append(text[at + 1 : end.start()].replace('""', '"'))
                at = end.end() + 1
            else:
                stop = text.find(self.delimiter, at)
                stop = len(text) if stop < 0 else stop
                fields.append(text[at:stop])
                at = stop + 1
        return fields

    def _is_row(self, line: str) -> bool:
        """Whether a line is a whole row by itself, so that it is no part of the field above it."""
        try:
            fields = next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            return False
        return len(fields) == self.width and (self.width > 1 or line.startswith('"'))


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every row after the header; its offset is its number, the first row being 0.

    What stands above the header, and a column whose name comes twice, are told by an item of their own.
    """
    lines = _Lines(stream, origin_file, source.max_bytes_per_document)
    table = _table(lines, source)
    yield from lines.take_refused()
    records = table.records()
    header: list[str] = []
    header_line = 0
    skipped: list[_Record] = []
    for record in islice(records, MOST_TITLE_ROWS):
        names = [name.strip().removeprefix("\ufeff") for name in record.fields]
        if _is_header(names, source):
            header, header_line = names, record.line
            break
        skipped.append(record)
    yield from lines.take_refused()
    if not header:
        yield _without_header(skipped, records, origin_file, source)
        return
    table.width = len(header)
    if skipped:
        size_bytes = sum(record.size_bytes for record in skipped)
        detail = f"what stands above the header (lines 1 to {header_line - 1}) is no row and is not read"
        yield Unreadable(origin_file, 0, size_bytes, "malformed_table", detail)
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        if name == source.text_field or name.lower() in CANONICAL:
            detail = f"{header.count(name)} columns are called {name!r}; of each row the longest of them is read"
            yield Unreadable(origin_file, 0, 0, "malformed_table", detail)
    yield from _read_rows(table, records, header, (origin_file, source))


def _table(lines: _Lines, source: Input) -> _Table:
    """The table with the delimiter of its header. All lines are still to be read but a "sep=;", which Excel writes."""
    head: list[tuple[str, int]] = []
    while len(head) < MOST_TITLE_ROWS and (line := lines.next()) is not None:
        head.append(line)
    lines.number = len(head)
    given = SEPARATOR_LINE.match(head[0][0].removeprefix("\ufeff")) if head else None
    delimiter = given[1] if given else _delimiter([line for line, _ in head], source)
    if given:
        head = head[1:]
    lines.put_back(head)
    return _Table(lines, delimiter, source.max_bytes_per_document)


def _delimiter(head: Sequence[str], source: Input) -> str:
    """The sign that splits the first line that becomes a header by it; else the most frequent of the first line."""
    for line in head:
        for sign in DELIMITERS:
            if sign in line and _is_header([name.strip(' \r\n"\ufeff') for name in line.split(sign)], source):
                return sign
    first = next((line for line in head if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _is_header(names: Sequence[str], source: Input) -> bool:
    return source.text_field in names or is_talk(names) or is_chat(names)


def _without_header(
    read_so_far: Sequence[_Record], records: Iterator[_Record], origin_file: str, source: Input
) -> Unreadable:
    """What a table without the column that is wanted becomes, with all its bytes and the column that would do."""
    if not read_so_far:
        return Unreadable(origin_file, 0, 0, "empty", "no header line")
    header, sample = _widest(read_so_far), read_so_far[-5:]
    size_bytes = sum(record.size_bytes for record in chain(read_so_far, records))
    faults = [record.fault for record in read_so_far if record.fault]
    if not header:
        return Unreadable(origin_file, 0, size_bytes, "malformed_table", f"header: {faults[0]}; no row is read")
    rows = [dict(zip(header, record.fields, strict=False)) for record in sample if record.fields != header]
    likely = likely_text({"rows": rows})
    likely = likely.removeprefix("rows.") if likely else ""
    way = f"; text_field = {likely!r} would do" if likely else ""
    if len(likely) > MOST_NAME:
        way = "; its first line is a row and no header: write one above it"
    columns = ", ".join(name.strip() for name in header)[:200]
    return Unreadable(
        origin_file,
        0,
        size_bytes,
        "no_text",
        f"no column {source.text_field!r}{way}; columns: {columns}; no row is read",
    )


def _widest(records: Sequence[_Record]) -> list[str]:
    """The fields of the first row that has as many as any."""
    return max((record.fields for record in records), key=len, default=[])


def _read_rows(
    table: _Table, records: Iterator[_Record], header: list[str], of: tuple[str, Input]
) -> Iterator[Raw | Unreadable]:
    """of: origin_file and the input. A row that has a fault or too many fields is told; reading goes on."""
    origin_file, source = of
    doubled = len(set(header)) < len(header)
    for number, record in enumerate(records):
        yield from table.lines.take_refused()
        fields, fault = record.fields, record.fault
        while len(fields) > len(header) and not fields[-1]:
            fields.pop()
        if len(fields) > len(header):
            fault = f"{len(fields)} fields where the header has {len(header)}"
        place = (origin_file, number, record.size_bytes)
        if fault:
            yield Unreadable(*place, "malformed_table", fault)
        else:
            row = _longest(header, fields) if doubled else dict(zip(header, fields, strict=False))
            yield row_to_raw(row, place, source)
    yield from table.lines.take_refused()


def _longest(header: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """A row of a table in which names come twice: of the fields of one name the longest."""
    row: dict[str, str] = {}
    for name, value in zip(header, fields, strict=False):
        row[name] = max(row.get(name, ""), value, key=len)
    return row
