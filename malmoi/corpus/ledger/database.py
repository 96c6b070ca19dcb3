"""A finished corpus as a database: the views `ledger` and `shards` in DuckDB."""

import contextlib
import glob
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa

from malmoi.corpus.ledger.layout import LEDGER, SHARDS
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.paths import is_remote


def parquet_files(folder: Path) -> str:
    """All Parquet files of a folder, for DuckDB: it takes "[", "*" and "?" in a path as a pattern."""
    return f"{glob.escape(str(folder))}/*.parquet"


@contextlib.contextmanager
def connected(folder: Path, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that reads the files of `folder`, wherever they lie, and spills to a temporary folder of its own.

    Left to itself DuckDB spills to ./.tmp: texts would lie there after a kill, whoever erases them from the corpus.
    """
    with tempfile.TemporaryDirectory(prefix="malmoi-") as spill, duckdb.connect() as database:
        database.execute("SET memory_limit = ?", [memory])
        database.execute("SET temp_directory = ?", [spill])
        if is_remote(folder):
            database.register_filesystem(cast(Any, folder).fs)
        yield database


MEMORY = "500MB"
"""Of DuckDB, for any question; what does not fit is spilled to disk where the query allows it."""


def _manifest(folder: Path, *needed: str) -> dict[str, Any]:
    """The manifest of a corpus. Raises UserError for an unfinished folder, one of another stage, and a damaged one."""
    found = manifest.read(folder)
    if found.get("stage") != "corpus":
        raise UserError(f"{folder} holds a {found.get('stage')!r} stage", "the folder of a corpus")
    for name in needed:
        if not isinstance(found.get(name), dict):
            raise UserError(f"{folder / manifest.NAME} is damaged: it has no {name}")
    return found


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the views `ledger` and `shards`. Raises UserError where their files are damaged or gone."""
    _manifest(folder)
    with connected(folder, MEMORY) as database:
        try:
            for name in (LEDGER, SHARDS):
                database.read_parquet(parquet_files(folder / name)).create_view(name)
            yield database
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.OutOfMemoryException:
            wrong = f"{folder} is too large for this question in {MEMORY}"
            raise UserError(wrong, hint="ask its Parquet files by SQL with a larger memory_limit") from None
        except (duckdb.Error, pa.ArrowException) as error:
            wrong = " ".join(str(error).split())[:300]
            raise UserError(f"{folder} cannot be read: {wrong}", hint="build the corpus again") from None


def query(database: duckdb.DuckDBPyConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    """Rows as plain tables. `values` fill the $names in the SQL."""
    return database.sql(sql, params=values or None).to_arrow_table().to_pylist()
