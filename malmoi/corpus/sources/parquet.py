"""Parquet: one row a document, row group by row group, so that a damaged one takes no other with it."""

import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.recipe import Input
from malmoi.corpus.sources.fields import CANONICAL
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import HTML_FIELD, row_to_raw
from malmoi.corpus.sources.streams import DamagedError

BATCH_ROWS = 256
"""Rows may hold up to max_bytes_per_document each, so batches stay small; of 4,096 rows they are a tenth faster."""
BUFFER_BYTES = 1 << 20
MAX_SPOOLED_BYTES = 4_000_000_000
"""Of the temporary file that a Parquet file inside an archive needs."""
SPOOL_MEMORY_BYTES = 64_000_000
COPY_BYTES = 1 << 20


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every row; its offset is its number in the file.

    The format needs seeking: a stream out of an archive is copied to a nameless temporary file first.
    """
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES) as spool:
        seekable: Any = stream if stream.seekable() else _copied(stream, spool)
        try:
            file = pq.ParquetFile(seekable, pre_buffer=False, buffer_size=BUFFER_BYTES)
        except (pa.ArrowException, OSError, ValueError) as error:
            yield Unreadable(origin_file, 0, 0, "malformed_table", f"no Parquet file: {error}"[:200])
            return
        with file:
            yield from _read_groups(file, origin_file, source)


def _read_groups(file: pq.ParquetFile, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """Only the columns that are text or metadata are read. What is damaged in a group ends that group alone."""
    names = file.schema_arrow.names
    columns = [name for name in names if name in (source.text_field, HTML_FIELD, "source") or name.lower() in CANONICAL]
    if not any(
        name in (source.text_field, HTML_FIELD) or CANONICAL.get(name.lower(), ("",))[0] == "turns" for name in names
    ):
        detail = f"no column {source.text_field!r}; columns: {', '.join(names)[:200]}; no row is read"
        yield Unreadable(origin_file, 0, 0, "no_text", detail)
        return
    first = 0
    for group in range(file.metadata.num_row_groups):
        num_rows = file.metadata.row_group(group).num_rows
        done = 0
        try:
            for batch in file.iter_batches(BATCH_ROWS, [group], columns):
                for row in _rows(batch):
                    yield row_to_raw(row, (origin_file, first + done, _text_bytes(row, source)), source)
                    done += 1
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            detail = f"rows {first + done} to {first + num_rows - 1} are not read: {error}"[:300]
            yield Unreadable(origin_file, first + done, 0, "malformed_table", detail)
        first += num_rows


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    try:
        return batch.to_pylist()
    except UnicodeDecodeError:  # a writer that put other bytes than UTF-8 into a string column
        plain = [
            column.cast(pa.large_binary())
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            else column
            for column in batch.columns
        ]
        return pa.RecordBatch.from_arrays(plain, names=batch.schema.names).to_pylist()


def _text_bytes(row: dict[str, Any], source: Input) -> int:
    """Parquet keeps no size per row: that of the text stands for it."""
    text = row.get(source.text_field) or row.get(HTML_FIELD) or ""
    return (
        len(text.encode("utf-8", "replace")) if isinstance(text, str) else len(text) if isinstance(text, bytes) else 0
    )


def _copied(stream: BinaryIO, spool: Any) -> Any:
    copied = 0
    while piece := stream.read(COPY_BYTES):
        copied += len(piece)
        if copied > MAX_SPOOLED_BYTES:
            raise DamagedError("too_large", f"a Parquet file of more than {MAX_SPOOLED_BYTES} bytes inside an archive")
        spool.write(piece)
    spool.seek(0)
    return spool
