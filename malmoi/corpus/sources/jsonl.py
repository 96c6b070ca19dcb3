"""JSON Lines: one row a line; a line may also hold several, or a whole nested object."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from malmoi.corpus.sources import json_values
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.lines import TextLine, filled_lines, peeked
from malmoi.corpus.sources.listing import without_compression
from malmoi.corpus.sources.nested import rows_of
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.text import charset

JUDGED_LINES = 20
"""Of the first lines that are not blank; where fewer than half of them are JSON by themselves, the file is none."""


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """The rows of a file of JSON, whatever its suffix says: JSON Lines, an array, one object or several."""
    lines = is_lines(peeked(stream), not without_compression(origin_file).endswith(".json"))
    return (read_rows if lines else json_values.read)(stream, origin_file, source)


def is_lines(head: bytes, otherwise: bool = True) -> bool:
    """Whether a file that begins with `head` holds JSON Lines, and not an array or one JSON over several lines.

    otherwise: the answer where its beginning does not tell.
    """
    text = head.decode(charset.wide_charset(head) or "utf-8", "replace")
    text = text[json_values.BETWEEN.match(text).end() :]  # type: ignore[union-attr]
    lines = [line for line in text.splitlines() if line.strip()][: JUDGED_LINES + 1]
    if not text.startswith(("[", "{")) or (len(lines) == 1 and text[0] == "{"):
        return otherwise
    whole = lines[:-1] or lines  # the last may be cut
    if 2 * sum(map(_is_table, whole)) >= len(whole):
        return True
    return otherwise and not _begins_value(text)


def read_rows(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every row in every line that is not blank; its offset is the byte where the line starts.

    Further rows of one line have the bytes that follow.
    """
    for line in filled_lines(stream, origin_file, source.max_bytes_per_document):
        yield from [line] if isinstance(line, Unreadable) else line_items(line, origin_file, source)


def line_items(line: TextLine, origin_file: str, source: Input) -> list[Raw | Unreadable]:
    """What one line that is not blank gives."""
    content = line.content or b""
    try:
        values = [orjson.loads(content)]
    except orjson.JSONDecodeError:
        values = _second_reading(content)
    if isinstance(values, tuple):
        return [Unreadable(origin_file, line.offset, line.size_bytes, *values)]
    rows = [row for value in values for row in rows_of(value, source)]
    sizes = [line.size_bytes // len(rows)] * len(rows)
    sizes[0] += line.size_bytes - sum(sizes)
    return [
        row_to_raw(row, (origin_file, line.offset + number, size), source)
        for number, (row, size) in enumerate(zip(rows, sizes, strict=True))
    ]


def _second_reading(content: bytes) -> list[Any] | tuple[Any, str]:
    """For what orjson refuses and the wild is full of: CP949, half a surrogate pair, NaN, raw control characters,
    several values in one line (also such whose lines end as on an old Mac). Else a reason and its detail.
    """
    decoded = charset.decode(content)
    if decoded is None:
        return "encoding", "no charset gives text"
    values: list[Any] = []
    text, start = decoded.text.strip(), 0
    try:
        while start < len(text):
            value, end = json_values.DECODER.raw_decode(text, start)
            values.append(value)
            start = json_values.BETWEEN.match(text, end).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError) as error:
        return "malformed_json", json_values.in_words(error, text)
    if not values or (len(values) > 1 and not all(isinstance(value, dict) for value in values)):
        return "malformed_json", "no row, or several values of which one is none"
    return values


def _is_table(line: str) -> bool:
    try:
        return isinstance(json_values.DECODER.decode(line), dict)
    except (ValueError, RecursionError):
        return False


def _begins_value(text: str) -> bool:
    """Whether a text begins with an array or an object that goes on over several lines."""
    value = text.removeprefix("[").lstrip()
    try:
        json_values.DECODER.raw_decode(value)
    except json.JSONDecodeError as error:
        return json_values.is_cut_off(error, value) or (error.lineno > 1 and value[error.pos] not in "[{")
    except (ValueError, RecursionError):
        return False
    return True
