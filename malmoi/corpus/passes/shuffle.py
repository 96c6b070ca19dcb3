"""The shuffle: keys on their way from chunks to partitions, and DuckDB under the build's memory limit.

There is one file a chunk, in which row group p holds the keys of partition p. So the number of files does not grow with
the number of partitions, and the task of a partition reads one row group of each. Keys are hashes: they do not
compress, and need neither dictionary nor statistics.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.passes.memory import duckdb_bytes
from malmoi.corpus.passes.tasks import RANK, Chunk, Task, Workspace, numbered, partition_tasks
from malmoi.kit.files import atomic_file, opened
from malmoi.kit.paths import is_remote

ROWS_AT_ONCE = 1_000_000
"""Of keys and numbers, some ten bytes each: what is read from DuckDB or a result at a time."""
HASHES: dict[str, Any] = {"compression": "none", "use_dictionary": False, "write_statistics": False}
_OF_SOURCE = ("kind", "name", "category", "licence", "language")
FEW_VALUES = [*(f"source.{name}" for name in _OF_SOURCE), "origin.file", "input"]
"""Columns with a few values over and over: for these a dictionary pays."""
TEXT: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "use_dictionary": FEW_VALUES}
"""zstd 1: twice as fast as 3, a quarter larger. A dictionary of texts and scores is built in vain: a quarter slower."""
PASSING: dict[str, Any] = {"compression": "lz4", "use_dictionary": FEW_VALUES, "write_statistics": False}
"""For documents on the way: 350 MB/s where zstd 1 does 260, for a third more room until the end of the build."""


@contextlib.contextmanager
def writing(path: Path, schema: pa.Schema, options: Mapping[str, Any] = TEXT) -> Iterator[pq.ParquetWriter]:
    """A Parquet writer to `path`: the file is there when it is whole."""
    with atomic_file(path) as aside, pq.ParquetWriter(aside, schema, **options) as writer:
        yield writer


def write_table(path: Path, table: pa.Table, options: Mapping[str, Any] = TEXT) -> None:
    """Writes a whole table to `path`, atomically."""
    with writing(path, table.schema, options) as writer:
        writer.write_table(table)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file, local or remote, of which only what is asked for is read."""
    with opened(path) as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
        yield file


def read_table(path: Path, columns: Sequence[str] | None = None, group: int | None = None) -> pa.Table:
    """The rows of a Parquet file, or of one row group of it; each column in one piece. columns: None for all."""
    names = None if columns is None else list(columns)
    with reading(path) as file:
        table = file.read(names) if group is None else file.read_row_group(group, names)
    return table.combine_chunks()


def write_groups(path: Path, groups: Iterator[pa.Table], schema: pa.Schema) -> None:
    """Writes one row group for each table, also for an empty one."""
    with writing(path, schema) as writer:
        for table in groups:
            writer.write_table(table, row_group_size=max(1, len(table)))


def write_partitions(path: Path, table: pa.Table, keys: np.ndarray, partitions: int) -> None:
    """Writes rows to `path` by the partition that each one's key (uint64) belongs to."""
    owners = (keys % np.uint64(partitions)).astype(np.int16)
    if partitions > 1:
        table = table.take(pa.array(np.argsort(owners, kind="stable")))
    ends = np.cumsum(np.bincount(owners, minlength=partitions))
    with writing(path, table.schema, HASHES) as writer:
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            writer.write_table(table.slice(start, end - start), row_group_size=max(1, end - start))


def by_chunk(space: Workspace, path: Path, columns: list[str]) -> Iterator[tuple[int, Chunk, pa.RecordBatch]]:
    """What a file with a row group for every chunk says: number of the first document, chunk, and its rows.

    Chunks without documents are left out. The file is opened once: its footer grows with the chunks.
    """
    with reading(path) as file:
        for index, first, chunk in numbered(space):
            table = file.read_row_group(index, columns=columns).combine_chunks()
            yield first, chunk, table.to_batches()[0]


def results(space: Workspace, stage: str) -> Iterator[pa.RecordBatch]:
    """What a stage over partitions (EXACT, NEAR, BOILERPLATE) has found, a batch at a time, partition by partition."""
    for task in partition_tasks(space, stage):
        with reading(task.record) as file:
            yield from file.iter_batches(ROWS_AT_ONCE)


def ranks_path(space: Workspace) -> Path:
    """Where the stage rank puts `rank` and `dropped` of every document, one row group a chunk."""
    return Task(space, RANK).record.with_suffix(".parquet")


def temporary(space: Workspace) -> "tempfile.TemporaryDirectory[str]":
    """A folder on a disk of this machine that ends with its user: beside the work where that is on such a disk."""
    local = None if is_remote(space.folder) else space.folder
    return tempfile.TemporaryDirectory(prefix="spill-", dir=local, ignore_cleanup_errors=True)


@contextlib.contextmanager
def database(space: Workspace, alone: bool = False, held_bytes: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB under a hard limit of memory, which spills to a disk of this machine.

    alone: no other process is at work. held_bytes: of arrays beside it in this process. Rows have no order of their
    own: what needs one says so.
    """
    with temporary(space) as spill, duckdb.connect() as connection:
        limit_bytes, threads = duckdb_bytes(space.recipe, alone, held_bytes)
        connection.execute("SET memory_limit = ?", [f"{limit_bytes // 1_000_000}MB"])
        connection.execute("SET threads = ?", [threads])
        connection.execute("SET temp_directory = ?", [spill])
        connection.execute("SET preserve_insertion_order = false")
        yield connection


def load(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: Iterator[pa.RecordBatch]) -> None:
    """Makes a table of batches as they come."""
    connection.register("arriving", pa.RecordBatchReader.from_batches(schema, rows))
    connection.execute(f"CREATE TABLE {name} AS FROM arriving")
    connection.unregister("arriving")
