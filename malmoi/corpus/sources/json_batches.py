"""JSON Lines whose rows are plain texts, as Arrow batches of documents: the text never becomes a Python string.

A block of lines is parsed at once. A block that is in any way unusual (a line that is no table, a field of another
type, bytes that are no UTF-8) goes the long way whole, and so does each row that needs cleaning: sources/jsonl.py reads
its line, so that offsets, ids and faults are the same either way.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from malmoi.corpus.sources import arrow_rows, jsonl
from malmoi.corpus.sources.arrow_rows import Item, Rows, is_plain, may_be_batches
from malmoi.corpus.sources.chat_rows import is_chat, talks
from malmoi.corpus.sources.fields import CANONICAL, HTML_FIELD, SENTENCES, is_talk
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.lines import TextLine, filled_lines, peeked
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.kit.files import require_storage

SUFFIXES = (".jsonl", ".ndjson")
BLOCK_BYTES = 4_000_000
"""Of the lines that are parsed at once: what a batch of text may hold."""
OPENING, CLOSING, NEWLINE, RETURN = b"{}\n\r"


def read(path: Path, source: Input) -> Iterator[Item] | None:
    """The rows of a file in order: batches of documents with the columns of SCHEMA and raw_bytes, and odd rows alone.

    None where the file is not for this reader: all of it goes the long way.
    """
    if source.text_field.lower() in CANONICAL or "." in source.text_field:
        return None
    if not may_be_batches(path, source, SUFFIXES):
        return None
    try:
        with path.open("rb") as file:
            head = peeked(file)
    except OSError as error:
        require_storage(path, error)
        return None
    if not head.lstrip().startswith(b"{") or not jsonl.is_lines(head):
        return None
    return talks(_read(path, Rows(origin_name(path, source), source)), source.max_bytes_per_document)


def _read(path: Path, rows: Rows) -> Iterator[Item]:
    types: dict[str, pa.DataType] = {rows.source.text_field: pa.string()}
    offset = 0
    with path.open("rb") as file:
        while block := _block(file):
            if not block.endswith(b"\n"):  # the last line, or one that is longer than a block
                file.seek(offset)
                yield from _long_way(file, offset, rows)
                return
            yield from _batches(block, offset, rows, types)
            offset += len(block)


def _block(file: BinaryIO) -> bytes:
    """About BLOCK_BYTES of whole lines; where there is none, what there is."""
    block = file.read(BLOCK_BYTES)
    end = block.rfind(b"\n") + 1
    if not end or end == len(block):
        return block
    file.seek(end - len(block), io.SEEK_CUR)
    return block[:end]


def _long_way(stream: BinaryIO, offset: int, rows: Rows) -> Iterator[Item]:
    """The items of lines as sources/jsonl.py reads them; offset: byte of the file where the stream stands."""
    for line in filled_lines(stream, rows.origin_file, rows.source.max_bytes_per_document, offset):
        is_line = isinstance(line, TextLine)
        yield from jsonl.line_items(line, rows.origin_file, rows.source) if is_line else [line]


def _batches(block: bytes, offset: int, rows: Rows, types: dict[str, pa.DataType]) -> Iterator[Item]:
    """The items of a block of whole lines. types: of fields, found so far; blocks after it begin with them."""
    starts, stops = _lines(block)
    table = _parsed(block, types) if len(starts) else None
    if (
        table is None
        or table.num_rows != len(starts)
        or not _is_usual(table.schema, rows.source)
        or (stops - starts).max() > rows.source.max_bytes_per_document
    ):
        yield from _long_way(io.BytesIO(block), offset, rows)
        return
    wanted = [name for name in table.column_names if name == rows.source.text_field or name.lower() in CANONICAL]
    done = 0
    for batch in table.select(wanted).combine_chunks().to_batches(max_chunksize=arrow_rows.MOST_ROWS):
        part = slice(done, done + batch.num_rows)
        yield from _with_sizes(batch, (starts[part], stops[part]), (block, offset), rows)
        done += batch.num_rows


def _with_sizes(
    batch: pa.RecordBatch, lines: tuple[np.ndarray, np.ndarray], of: tuple[bytes, int], rows: Rows
) -> Iterator[Item]:
    """The items of one batch. lines: int64 (rows,), where each begins and ends in the block. of: block, its offset."""
    (starts, stops), (block, offset) = lines, of

    def line_items(number: int) -> list[Raw | Unreadable]:
        start, stop = int(starts[number]), int(stops[number])
        line = TextLine(offset + start, block[start:stop], stop - start)
        return jsonl.line_items(line, rows.origin_file, rows.source)

    for item in rows.items(batch, starts + offset, line_items):
        if isinstance(item, Raw | Unreadable):
            yield item
            continue
        first = int(np.searchsorted(starts, item.column("origin").field("offset")[0].as_py() - offset))
        sizes = (stops - starts)[first : first + item.num_rows]
        yield item.append_column("raw_bytes", pa.array(sizes, pa.int64()))


def _lines(block: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Where the lines of a block begin and end (int64), newlines included; none where one of them is no whole table.

    So each is one table: what begins with { inside another would need a comma before it.
    """
    data = np.frombuffer(block, np.uint8)
    stops = np.flatnonzero(data == NEWLINE) + 1
    starts = np.concatenate([[0], stops[:-1]])
    last = np.maximum(stops - 2, 0)
    last = np.where(data[last] == RETURN, np.maximum(last - 1, 0), last)
    if not ((data[starts] == OPENING) & (data[last] == CLOSING) & (last > starts)).all():
        return starts[:0], stops[:0]
    return starts.astype(np.int64), stops.astype(np.int64)


def _parsed(block: bytes, types: dict[str, pa.DataType]) -> pa.Table | None:
    """The rows of a block; None where they cannot be read so. Text that looks like a date stays text."""
    read_options = arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1)
    for _ in range(2):
        parse_options = arrow_json.ParseOptions(explicit_schema=pa.schema(list(types.items())))
        try:
            table = arrow_json.read_json(pa.BufferReader(block), read_options, parse_options)
        except (pa.ArrowException, ValueError, OverflowError):
            return None
        dates = {field.name for field in table.schema if pa.types.is_timestamp(field.type)}
        if not dates:
            return table
        types |= dict.fromkeys(dates, pa.string())
    return None


def _is_usual(schema: pa.Schema, source: Input) -> bool:
    """Whether the rows hold one text and plain metadata; all else makes more of a row than its text."""
    names = schema.names
    if HTML_FIELD in names or SENTENCES in names or "source" in names or is_talk(names) or is_chat(names):
        return False
    return is_plain(schema, [name for name in names if name == source.text_field or name.lower() in CANONICAL], source)
