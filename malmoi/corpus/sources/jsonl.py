"""JSON Lines: one row a line."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.json_values import DECODER
from malmoi.corpus.sources.lines import TextLine, read_lines, too_long
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.text import charset


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every line that is not blank; its offset is the byte where the line starts."""
    limit_bytes = source.max_bytes_per_document
    for line in read_lines(stream, limit_bytes):
        if line.content is None:
            yield too_long(line, origin_file, limit_bytes)
            continue
        try:
            row = orjson.loads(line.content)
        except orjson.JSONDecodeError:
            if line.content.strip():
                yield _second_reading(line, origin_file, source)
            continue
        yield row_to_raw(row, (origin_file, line.offset, line.size_bytes), source)


def _second_reading(line: TextLine, origin_file: str, source: Input) -> Raw | Unreadable:
    """For what orjson refuses and the wild is full of: CP949, half a surrogate pair, NaN, raw control characters,
    numbers of thousands of digits."""
    place = (origin_file, line.offset, line.size_bytes)
    decoded = charset.decode(line.content or b"")
    if decoded is None:
        return Unreadable(*place, "encoding", "no charset gives text")
    try:
        row: Any = DECODER.decode(decoded.text)
    except (ValueError, RecursionError) as error:
        return Unreadable(*place, "malformed_json", f"{type(error).__name__}: {error}"[:200])
    return row_to_raw(row, place, source)
