"""Parquet files whose rows are plain texts, as Arrow batches of documents: the text never becomes a Python string.

A row that needs cleaning, or that is no text at all, comes out as a Raw or Unreadable, as sources/parquet.py gives it,
and goes the long way; so does a file that this reader does not know. What comes out is the same either way.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.document import ORIGIN, SCHEMA, SOURCE
from malmoi.corpus.sources import fragments, parquet
from malmoi.corpus.sources.chat_log import is_spoken
from malmoi.corpus.sources.fields import CANONICAL
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import TURN_KINDS, document, given_fields
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.sources.source_verdict import named_fields
from malmoi.corpus.sources.streams import BUFFER_BYTES
from malmoi.corpus.text import printed_text
from malmoi.kit.files import require_storage
from malmoi.kit.paths import is_remote

BATCH_BYTES, MOST_ROWS = 4_000_000, 2_000
CLOCK_BYTES = 600
"""A chat log or a file of subtitles has a time so near to its beginning."""
SUFFIXES = (".parquet", ".pq")
PLAIN_FIELDS = frozenset({"title", "url", "name", "category", "licence", "kind", "published", "popularity"})
"""Metadata that is about the document alone. Turns, summaries and the like make more of a row than its text."""

Item = pa.RecordBatch | Raw | Unreadable


def read(path: Path, source: Input) -> Iterator[Item] | None:
    """The rows of a file in order: batches of documents with the columns of SCHEMA, and what goes the long way.

    None where the file is not for this reader: all of it goes the long way.
    """
    if not may_be_batches(path, source, SUFFIXES):
        return None
    try:
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_BYTES)
    except (pa.ArrowException, OSError, ValueError) as error:
        require_storage(path, error)
        return None
    read_by_name = parquet.columns_of(file.schema_arrow.names, source)
    is_rich = parquet.is_nested(file.schema_arrow, source)
    if is_rich or not file.metadata.num_rows or not is_plain(file.schema_arrow, read_by_name, source):
        file.close()
        return None
    return _read(file, Rows(origin_name(path, source), source), read_by_name)


def may_be_batches(path: Path, source: Input, suffixes: Sequence[str]) -> bool:
    """Whether a file here has such a suffix, and its input asks for one document a row, of text and metadata alone."""
    if path.suffix.lower() not in suffixes or source.rows_per_document > 1 or source.kind in TURN_KINDS:
        return False
    is_here = not is_remote(path) and not path.is_symlink() and path.is_file()
    return is_here and not named_fields(source) and source.speakers != "labels"  # they ask for the row as a whole


def is_plain(schema: pa.Schema, columns: list[str], source: Input) -> bool:
    """Whether there is one column of text, and every other that is read is plain metadata."""
    if source.text_field not in columns or source.text_field.lower() in CANONICAL or len(set(columns)) < len(columns):
        return False
    kind = schema.field(source.text_field).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return False
    others = [name for name in columns if name != source.text_field]
    known = [CANONICAL.get(name.lower(), ("",))[0] for name in others]
    return all(name in PLAIN_FIELDS for name in known) and not any(
        pa.types.is_nested(schema.field(n).type) for n in others
    )


def _read(file: pq.ParquetFile, rows: "Rows", columns: list[str]) -> Iterator[Item]:
    with file:
        first = 0
        for group in range(file.metadata.num_row_groups):
            metadata = file.metadata.row_group(group)
            size = max(1, metadata.total_byte_size // max(1, metadata.num_rows))
            done = 0
            try:
                for batch in file.iter_batches(int(np.clip(BATCH_BYTES // size, 16, MOST_ROWS)), [group], columns):
                    yield from rows.items(batch, np.arange(first + done, first + done + batch.num_rows))
                    done += batch.num_rows
            except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
                require_storage(Path(rows.origin_file), error)
                yield from parquet.read_group(file, group, (rows.origin_file, first), rows.source, columns, done)
            first += metadata.num_rows


class Rows:
    """The rows of one file."""

    def __init__(self, origin_file: str, source: Input) -> None:
        self.origin_file, self.source = origin_file, source

    def items(
        self,
        batch: pa.RecordBatch,
        places: np.ndarray,
        lines: Callable[[int], Iterable[Raw | Unreadable]] | None = None,
    ) -> Iterator[Item]:
        """One batch in order. places: int64 (rows,), the offset of each row in the file.

        lines: gives the items of a row that goes the long way, by its number in the batch; None: the row's own fields.
        """
        from malmoi.corpus.kernels.buffers import string_buffers
        from malmoi.corpus.kernels.cleanliness import clean
        from malmoi.corpus.kernels.printed_lines import have_clock

        texts = batch.column(self.source.text_field)
        data, offsets = string_buffers(texts)
        markup = np.zeros(len(offsets) - 1, np.bool_)
        is_clean = clean(data, offsets, self.source.max_bytes_per_document, markup=markup)
        is_clean &= ~printed_text.candidates(data, offsets)
        for index in np.flatnonzero(markup).tolist():
            is_clean[index] = self.source.kind == "code" or fragments.read(texts[index].as_py()) is None
        for index in np.flatnonzero(is_clean & have_clock(data, offsets, CLOCK_BYTES)).tolist():
            is_clean[index] = not is_spoken(texts[index].as_py())
        described: list[dict[str, Any]] | None = None
        if batch.num_columns > 1:
            described = self._described(batch, (data, offsets), places, is_clean)
        columns = _columns(described) if described else self._alike((data, offsets), places, is_clean)
        whole = _batch(texts, self.origin_file, places, columns)  # of which only clean rows are given
        edges = (np.flatnonzero(np.diff(is_clean.astype(np.int8))) + 1).tolist()
        for start, stop in zip([0, *edges], [*edges, len(is_clean)], strict=True):
            if is_clean[start]:
                yield whole.slice(start, stop - start)
            elif lines is not None:
                for number in range(start, stop):
                    yield from lines(number)
            else:
                rows = parquet.rows_of(batch.slice(start, stop - start))
                for row, place in zip(rows, places[start:stop].tolist(), strict=True):
                    yield from parquet.to_raws(row, self.origin_file, place, self.source)

    def _described(
        self, batch: pa.RecordBatch, text: tuple[np.ndarray, np.ndarray], places: np.ndarray, is_clean: np.ndarray
    ) -> list[dict[str, Any]]:
        """Documents without their text, from the metadata of each row. Marks rows that are more than their text odd."""
        documents = []
        data, offsets = text
        others = [name for name in batch.schema.names if name != self.source.text_field]
        for index, row in enumerate(parquet.rows_of(batch.select(others))):
            raw = row_to_raw(
                {**row, self.source.text_field: "-"}, (self.origin_file, int(places[index]), 0), self.source
            )
            if not is_clean[index] or not isinstance(raw, Raw) or not PLAIN_FIELDS.issuperset(raw.fields):
                is_clean[index] = False
                documents.append({})
                continue
            content = data[offsets[index] : offsets[index + 1]].tobytes()
            documents.append(document(replace(raw, content=content), self.source, given_fields(raw), ""))
            if documents[-1]["source"]["kind"] in TURN_KINDS:
                is_clean[index] = False
        return documents

    def _alike(
        self, text: tuple[np.ndarray, np.ndarray], places: np.ndarray, is_clean: np.ndarray
    ) -> dict[str, pa.Array]:
        """Columns of a file without metadata: only the ids of its rows differ. Rows that are not clean have none."""
        data, offsets = text
        content, spans = memoryview(data.data), itertools.pairwise(offsets.tolist())
        ids: list[str | None] = [None] * len(places)
        for row, (place, (start, stop)) in enumerate(zip(places.tolist(), spans, strict=True)):
            if is_clean[row]:
                digest = hashlib.sha256(f"{self.origin_file}#{place}\0".encode("utf-8", "surrogatepass"))
                digest.update(content[start:stop])
                ids[row] = digest.hexdigest()[:32]
        same = pa.array(np.zeros(len(ids), np.int32))
        repeated = {name: column.take(same) for name, column in self._template.items()}
        return repeated | {"id": pa.array(ids, pa.string())}

    @cached_property
    def _template(self) -> dict[str, pa.Array]:
        """What all rows of a file without metadata have in common, one row long."""
        made = document(Raw(b"", "text", self.origin_file, 0, 0), self.source, {}, "")
        return {"source": pa.array([made["source"]], SOURCE), "title": pa.array([made["title"]], pa.string())}


def _columns(found: list[dict[str, Any]]) -> dict[str, pa.Array]:
    return {
        name: pa.array([each.get(name) for each in found], SCHEMA.field(name).type)
        for name in ("id", "title", "source")
    }


def _batch(texts: pa.Array, origin_file: str, at: np.ndarray, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    rows = len(texts)
    places = [pa.repeat(origin_file, rows), pa.array(at)]
    columns["origin"] = pa.StructArray.from_arrays(places, fields=list(ORIGIN))
    columns["text"] = texts.cast(pa.large_string())
    arrays = [columns.get(field.name, pa.nulls(rows, field.type)) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
