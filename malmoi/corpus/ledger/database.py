"""The one reader of a finished corpus: DuckDB over its files, with one spill folder and one bound of memory a process.

Every question to a corpus (report, studio, erasure, evaluation, pairs for fine-tuning) goes through `opened`.
"""

import contextlib
import glob
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa

from malmoi.corpus.ledger.layout import LEDGER, SHARDS
from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.paths import is_remote

MEMORY = "500MB"
"""Of DuckDB, for any question; what does not fit is spilled to disk where the query allows it."""
AT_ONCE = 2
"""Questions that one process answers at a time, whatever number of threads asks: the others wait."""
_free_slots = threading.BoundedSemaphore(AT_ONCE)


@contextlib.contextmanager
def connected(folder: Path, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that reads the files of `folder`, wherever they lie, and spills to a temporary folder of its own.

    Left to itself DuckDB spills to ./.tmp: texts would lie there after a kill, whoever erases them from the corpus.
    Raises UserError where files are damaged, and where `memory` is too little.
    """
    with (
        _free_slots,
        tempfile.TemporaryDirectory(prefix="malmoi-") as spill,
        duckdb.connect(config={"memory_limit": memory, "temp_directory": spill}) as database,
        _readable(folder),
    ):
        yield database


@contextlib.contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Around queries about `folder`: what DuckDB and Arrow raise becomes UserError."""
    try:
        with out_of_room(folder, "make room for what is spilled, or ask by SQL with a larger memory_limit"):
            yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException) as error:
        wrong = f"{folder} cannot be read: {' '.join(str(error).split())[:300]}"
        raise UserError(wrong, hint="build the corpus again") from None


@contextlib.contextmanager
def out_of_room(folder: Path, hint: str) -> Iterator[None]:
    """Around queries about `folder`: a full spill disk, too little memory and failing storage become UserError (75)."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if "No files found" in str(error):
            raise  # files that are gone are damage, which waiting does not mend
        wrong = f"DuckDB cannot go on with {folder}: {' '.join(str(error).split())[:300]}"
        raise UserError(wrong, hint=hint, code=TRY_AGAIN) from None


@contextlib.contextmanager
def opened(folder: Path, views: Sequence[str] = (LEDGER, SHARDS)) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the views `ledger` and `shards` of a finished corpus. Raises UserError where it is none."""
    manifest_of(folder)
    with connected(folder) as database:
        for name in views:
            add_view(database, folder / name, name)
        yield database


@dataclass(frozen=True)
class Kept:
    """A database that stays open for many questions to one corpus. It and its spill folder go with the last reference.

    parts: of the ledger. Its view has file_index (from 0, in the order of the names) and file_row_number as well.
    """

    folder: Path
    database: duckdb.DuckDBPyConnection
    parts: int


def keep(folder: Path, memory: str) -> Kept:
    """Opens a finished corpus of this machine's disk for many questions: footers are read once. Raises as `opened`."""
    manifest_of(folder)
    files = sorted(str(path) for path in (folder / LEDGER).glob("*.parquet"))
    spill = tempfile.mkdtemp(prefix="malmoi-")
    with _free_slots, _readable(folder):
        database = duckdb.connect(config={"memory_limit": memory, "temp_directory": spill})
        kept = Kept(folder, database, len(files))
        weakref.finalize(kept, shutil.rmtree, spill, ignore_errors=True)
        database.execute("SET GLOBAL parquet_metadata_cache = true")
        ledger = database.read_parquet([glob.escape(file) for file in files], file_row_number=True)
        ledger.project("file_index, *").create_view(LEDGER)
        add_view(database, folder / SHARDS, SHARDS)
    return kept


@contextlib.contextmanager
def asking(kept: Kept) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of a kept database, for one thread. It waits for nobody: all cursors share the database's own memory."""
    with _readable(kept.folder), kept.database.cursor() as cursor:
        yield cursor


def add_view(database: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    """Shows all Parquet files of a folder as a view. DuckDB takes "[", "*" and "?" in a path as a pattern."""
    if is_remote(folder):
        with contextlib.suppress(duckdb.InvalidInputException):  # for another view it is known already
            database.register_filesystem(cast(Any, folder).fs)
    database.read_parquet(f"{glob.escape(str(folder))}/*.parquet").create_view(name)


def manifest_of(folder: Path, *needed: str) -> dict[str, Any]:
    """The manifest of a corpus. Raises UserError for an unfinished folder, one of another stage, and a damaged one."""
    made = manifest.read(folder)
    if made.get("stage") != "corpus":
        raise UserError(f"{folder} holds a {made.get('stage')!r} stage", "the folder of a corpus")
    for name in needed:
        if not isinstance(made.get(name), dict):
            raise UserError(f"{folder / manifest.NAME} is damaged: it has no {name}")
    return made


def query(database: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    """Rows as plain tables. `values` fill the $names in the SQL."""
    return database.sql(sql, params=values or None).to_arrow_table().to_pylist()
