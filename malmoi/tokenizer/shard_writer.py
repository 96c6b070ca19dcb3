"""Writes token shards: each is written aside, with its table, and both are renamed when the shard is full."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.kit.files import atomic_file
from malmoi.tokenizer.shards import DOCUMENTS_SCHEMA, table_of

ROWS_PER_GROUP = 65_536


@dataclass(frozen=True)
class Row:
    """What the table says of a document beside its place."""

    id: str
    kind: str
    source_name: str
    text_bytes: int


class PartWriter(contextlib.ExitStack):
    """Writes one part, closing a shard before the document that would pass `shard_tokens`.

    The stack of what the shard in hand has open: on an error inside it the unfinished shard is removed. `shards` gives
    tokens by file name.
    """

    def __init__(self, folder: Path, part: str, dtype: np.dtype, shard_tokens: int) -> None:
        super().__init__()
        self._folder, self._part, self._dtype, self._shard_tokens = folder, part, dtype, shard_tokens
        self._shard: _Shard | None = None
        self.shards: dict[str, int] = {}

    def add(self, row: Row, tokens: np.ndarray) -> None:
        """Appends one document; `tokens` ends with the separator."""
        if self._shard is None or self._shard.num_tokens + len(tokens) > self._shard_tokens:
            self._open_next()
        assert self._shard is not None
        self._shard.add(row, tokens)
        self.shards[self._shard.name] = self._shard.num_tokens

    def _open_next(self) -> None:
        self.close()
        file = self._folder / f"{self._part}-{len(self.shards):05d}.bin"
        self._shard = self.enter_context(_new_shard(file, self._dtype))


class _Shard:
    """A shard being written."""

    def __init__(self, name: str, dtype: np.dtype, tokens: BinaryIO, table: pq.ParquetWriter) -> None:
        self.name, self._dtype, self._tokens, self._table = name, dtype, tokens, table
        self._rows: list[tuple[str, str, str, int, int, int]] = []
        self.num_tokens = 0

    def add(self, row: Row, tokens: np.ndarray) -> None:
        self._tokens.write(tokens.astype(self._dtype).tobytes())
        self._rows.append((row.id, row.kind, row.source_name, self.num_tokens, len(tokens), row.text_bytes))
        self.num_tokens += len(tokens)
        if len(self._rows) == ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Writes the rows that wait as one row group of the table."""
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, DOCUMENTS_SCHEMA, strict=True)]
            self._table.write_table(pa.table(arrays, schema=DOCUMENTS_SCHEMA))
            self._rows.clear()


@contextlib.contextmanager
def _new_shard(file: Path, dtype: np.dtype) -> Iterator[_Shard]:
    """A shard and its table, both written aside; they take their names where the block ends well."""
    with (
        atomic_file(file) as tokens_aside,
        atomic_file(table_of(file)) as table_aside,
        tokens_aside.open("wb") as tokens,
        pq.ParquetWriter(table_aside, DOCUMENTS_SCHEMA, compression="zstd") as table,
    ):
        shard = _Shard(file.name, dtype, tokens, table)
        yield shard
        shard.flush()
