"""Parquet: one row a document, row group by row group, so that a damaged one takes no other with it.

A row with lists or tables in it, or of a chat, is read as the same row of JSON Lines: by a path, or by its shape.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.sources import chat_rows, nested, streams
from malmoi.corpus.sources.fields import CANONICAL, HTML_FIELD, is_talk
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.sources.source_verdict import named_fields
from malmoi.kit.files import require_storage

BATCH_ROWS = 256
"""Rows may hold up to max_bytes_per_document each, so batches stay small; of 4,096 rows they are a tenth faster."""
BUFFER_BYTES = 1 << 20
UNHOLDABLE = (pa.ArrowException, ValueError, OverflowError, LookupError)
"""What turning Arrow's values into Python's raises: no UTF-8, days beyond the calendar, no such zone."""


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every row; its offset is its number in the file.

    The format needs seeking: a stream out of an archive is copied to a nameless temporary file first.
    """
    with tempfile.SpooledTemporaryFile(max_size=streams.SPOOL_MEMORY_BYTES) as spool:
        seekable: Any = stream if stream.seekable() else streams.copied(stream, spool)
        try:
            file = pq.ParquetFile(seekable, pre_buffer=False, buffer_size=BUFFER_BYTES)
        except (pa.ArrowException, OSError, ValueError) as error:
            size_bytes = seekable.seek(0, os.SEEK_END)
            yield Unreadable(origin_file, 0, size_bytes, "malformed_table", f"no Parquet file: {error}"[:200])
            return
        with file:
            yield from _read_groups(file, origin_file, source, partial(seekable.seek, 0, os.SEEK_END))


def _read_groups(
    file: pq.ParquetFile, origin_file: str, source: Input, size_bytes: Callable[[], int]
) -> Iterator[Raw | Unreadable]:
    """Only the columns that are text or metadata are read, unless rows are more than that (`is_nested`).

    What is damaged in a group ends that group alone.
    """
    names = file.schema_arrow.names
    columns = names if is_nested(file.schema_arrow, source) else columns_of(names, source)
    if columns is not names and not any(
        name in (source.text_field, HTML_FIELD) or CANONICAL.get(name.lower(), ("",))[0] == "turns" for name in names
    ):
        detail = f"no column {source.text_field!r}; columns: {', '.join(names)[:200]}; no row is read"
        yield Unreadable(origin_file, 0, size_bytes(), "no_text", detail)
        return
    first = 0
    for group in range(file.metadata.num_row_groups):
        yield from read_group(file, group, (origin_file, first), source, columns)
        first += file.metadata.row_group(group).num_rows


def is_nested(schema: pa.Schema, source: Input) -> bool:
    """Whether the text of rows lies in their lists and tables, or in several columns, as that of a chat."""
    kinds = dict(zip(schema.names, schema.types, strict=True))
    if chat_rows.is_chat(kinds) or kinds.keys() >= {"type", "messages"} or is_talk(kinds):
        return True
    if source.text_field in kinds:
        return pa.types.is_nested(kinds[source.text_field])
    if source.text_field.partition(".")[0].removesuffix("[]") in kinds:
        return True
    is_known = HTML_FIELD in kinds or any(CANONICAL.get(name.lower(), ("",))[0] == "turns" for name in kinds)
    return not is_known and any(map(pa.types.is_nested, schema.types))


def columns_of(names: list[str], source: Input) -> list[str]:
    """The columns of a file that are read."""
    verdicts = [field.partition(".")[0] for field in named_fields(source)]
    known = (source.text_field, HTML_FIELD, "source", *verdicts, *named_fields(source))
    return [name for name in names if name in known or name.lower() in CANONICAL]


def read_group(
    file: pq.ParquetFile, group: int, place: tuple[str, int], source: Input, columns: list[str], skipped: int = 0
) -> Iterator[Raw | Unreadable]:
    """The rows of one group, without the first `skipped`. place: origin_file, number of the group's first row."""
    origin_file, first = place
    num_rows = file.metadata.row_group(group).num_rows
    done = 0
    try:
        for batch in file.iter_batches(BATCH_ROWS, [group], columns):
            for row in rows_of(batch):
                if done >= skipped:
                    yield from to_raws(row, origin_file, first + done, source)
                done += 1
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        require_storage(Path(origin_file), error)
        detail = f"rows {first + done} to {first + num_rows - 1} are not read: {error}"[:300]
        left_bytes = file.metadata.row_group(group).total_byte_size * (num_rows - done) // max(1, num_rows)
        yield Unreadable(origin_file, first + done, left_bytes, "malformed_table", detail)


def to_raws(row: dict[str, Any], origin_file: str, number: int, source: Input) -> list[Raw | Unreadable]:
    """What one row of a file gives; the offset is its number."""
    found = nested.rows_of(row, source)
    sizes = [_text_bytes(one, source) for one in found]
    return [row_to_raw(one, (origin_file, number, size), source) for one, size in zip(found, sizes, strict=True)]


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch; where a string column holds other bytes than UTF-8, its strings are bytes.

    What Python cannot hold in a column (days beyond its calendar, zones that nobody knows) is None.
    """
    try:
        return batch.to_pylist()
    except UNHOLDABLE:
        columns = [_values(column) for column in batch.columns]
        return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.Array) -> list[Any]:
    """The values of a column: bytes for strings that are no UTF-8, None for what Python cannot hold."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        return column.to_pylist()
    except UNHOLDABLE:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):  # a writer that did not check
            return column.cast(pa.large_binary()).to_pylist()
        return [_value(scalar) for scalar in column]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UNHOLDABLE:
        return None


def _text_bytes(row: dict[str, Any], source: Input) -> int:
    """Parquet keeps no size per row: that of the text stands for it, of a talk that of all its strings."""
    text = row.get(source.text_field) or row.get(HTML_FIELD)
    return _string_bytes(row if text is None else text)


def _string_bytes(value: Any) -> int:
    """Bytes of all strings in a value, however it nests. Arrow's schema bounds how deep that is."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, bytes):
        return len(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return sum(map(_string_bytes, inner))
