"""The ledger: one row for every item that was read, kept or not, with every verdict, every score and the reasons.

Shards hold what is kept, the ledger everything but the kept text. Its counts are taken from its own rows by SQL.
"""

import contextlib
import glob
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus import paragraphs
from malmoi.corpus.document import SCHEMA
from malmoi.corpus.entries import DOCUMENTS
from malmoi.corpus.judgement import FOUND
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.written_forms import TYPES
from malmoi.kit.files import is_remote

LEDGER, SHARDS = "ledger", "shards"
# The first columns, in this order; scores, verdicts and what comparing found follow, the text is last. text_bytes is of
# the text as it came out, masked. reasons holds every reason that fired, the one that is counted first. detail says
# why there is no text, or which document this one is a copy of.
HEAD = ("id", "title", "origin", "input", "source", "raw_bytes", "text_bytes", "kept", "reasons", "detail")
ON_THE_WAY = ("link_hosts",)
"""Columns that judging sources needs and nobody after it."""
TRUST = pa.field("trust", pa.float32())
"""Of the document's site or source (trust.py)."""
MOST_SOURCES = 500
"""Sources listed by name in the counts; the rest are summed up."""
OTHERS, UNNAMED = "(others)", "(no name)"


def judged_schema(recipe: CorpusRecipe) -> pa.Schema:
    """The columns of documents after all steps and the comparison: what the steps make of an empty batch."""
    batch = pa.RecordBatch.from_pylist([], DOCUMENTS)
    for step in recipe.steps():
        batch = step(batch)
    compared = pa.RecordBatch.from_pylist([], pa.schema([*batch.schema, *FOUND, TRUST]))
    if "paragraphs" not in recipe.off:
        compared = paragraphs.without(compared, np.empty(0, np.int64), paragraphs.gathered([]), recipe.paragraphs)
    return verdicts.judged(compared, recipe.rules()).schema


def ledger_schema(judged: pa.Schema) -> pa.Schema:
    """The columns of the ledger, from those of judged documents.

    Null where an item gave no text: everything about the document but where it lies. That is why `kind`, which no
    document lacks, may be null here.
    """
    source = pa.struct([field.with_nullable(True) for field in judged.field("source").type])
    own = {"kept": pa.bool_(), "reasons": pa.list_(pa.string()), "detail": pa.string(), "source": source}
    head = [pa.field(name, own[name] if name in own else judged.field(name).type) for name in HEAD]
    rest = [field for field in judged if field.name not in (*HEAD, *SCHEMA.names, *ON_THE_WAY)]
    return pa.schema([*head, *rest, pa.field("text", pa.large_string())])


def shard_schema(judged: pa.Schema) -> pa.Schema:
    """The columns of the shards: the document, its scores, no verdicts (all are false)."""
    dull = (
        "exact_similarity",
        "near_similarity",
        "exact_duplicate_of",
        "near_duplicate_of",
        "over_share",
        "left_characters",
        *ON_THE_WAY,
    )
    return pa.schema([field for field in judged if not field.name.startswith("drop_") and field.name not in dull])


def split(batch: pa.RecordBatch, recipe: CorpusRecipe) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Judged documents as rows of a shard (the kept ones) and rows of the ledger (all).

    This is the one place where documents are dropped.
    """
    names = list(dict.fromkeys(rule.reason for rule in recipe.rules()))
    fired = np.column_stack([batch.column(f"drop_{name}").to_numpy(zero_copy_only=False) for name in names])
    dropped = pa.array(fired.any(axis=1))
    batch = verdicts.replaced(batch, "text_bytes", pc.call_function("binary_length", [batch.column("text")]))
    own = {
        "kept": pc.call_function("invert", [dropped]),
        "reasons": pa.array([[names[place] for place in np.flatnonzero(row)] for row in fired], pa.list_(pa.string())),
        "detail": _details(batch),
        "text": pc.call_function("if_else", [dropped, batch.column("text"), pa.scalar(None, pa.large_string())]),
    }
    schema = ledger_schema(batch.schema)
    rows = [own[field.name] if field.name in own else batch.column(field.name).cast(field.type) for field in schema]
    kept = batch.filter(own["kept"])
    return kept.select(shard_schema(batch.schema).names), pa.RecordBatch.from_arrays(rows, schema=schema)


def unreadable_rows(items: pa.Table, schema: pa.Schema) -> pa.Table:
    """Items without text as rows of the ledger."""
    reasons = pa.array([[reason] for reason in items.column("reason").to_pylist()], pa.list_(pa.string()))
    columns = {
        "id": items.column("id"),
        "origin": items.column("origin"),
        "input": items.column("input"),
        "raw_bytes": items.column("raw_bytes"),
        "text_bytes": pa.array(np.zeros(len(items), np.int64)),
        "kept": pa.array(np.zeros(len(items), np.bool_)),
        "reasons": reasons,
        "detail": items.column("detail"),
    }
    return pa.table([columns.get(field.name, pa.nulls(len(items), field.type)) for field in schema], schema=schema)


def _details(batch: pa.RecordBatch) -> pa.Array:
    """For copies, the document that stays for them: the end of the thread for whoever asks why a text is gone."""
    said = [f"an exact copy of {one}" if one else None for one in batch.column("exact_duplicate_of").to_pylist()]
    near = batch.column("near_duplicate_of").to_pylist()
    return pa.array(
        [one or (other and f"a near copy of {other}") for one, other in zip(said, near, strict=True)], pa.string()
    )


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


def count(folder: Path) -> dict[str, Any]:
    """The counts of the manifest, from the ledger in `folder`.

    documents_in, documents_kept, documents_dropped; dropped_by_reason (the first reason of each counts);
    raw_bytes_in, text_bytes_in, text_bytes_kept; by_kind and by_source (kept documents and bytes, with documents_in,
    and for a source what was dropped and why); masked (pieces of personal data by type); near_duplicate_clusters,
    largest_cluster (documents). Raises AssertionError where the numbers do not add up.
    """
    with connected(folder, "400MB") as database:
        database.execute("SET threads = 1")
        database.read_parquet(parquet_files(folder / LEDGER)).create_view("ledger")
        totals = _rows(database, _TOTALS)[0]
        counts = {
            **totals,
            "dropped_by_reason": _pairs(database, _REASONS),
            "by_kind": {row.pop("kind"): row for row in _rows(database, _KINDS)},
            "by_source": _by_source(database),
            "masked": _masked(database),
        }
    assert counts["documents_in"] == counts["documents_kept"] + counts["documents_dropped"], counts
    assert counts["documents_dropped"] == sum(counts["dropped_by_reason"].values()), counts
    return counts


_TOTALS = """
SELECT count(*) AS documents_in,
  count(*) FILTER (kept) AS documents_kept,
  count(*) FILTER (NOT kept) AS documents_dropped,
  coalesce(sum(raw_bytes), 0)::BIGINT AS raw_bytes_in,
  coalesce(sum(text_bytes), 0)::BIGINT AS text_bytes_in,
  coalesce(sum(text_bytes) FILTER (kept), 0)::BIGINT AS text_bytes_kept,
  count(DISTINCT cluster) FILTER (near_duplicate_of IS NOT NULL) AS near_duplicate_clusters,
  coalesce(max(cluster_size), 0) AS largest_cluster
FROM ledger"""
_REASONS = "SELECT reasons[1], count(*) FROM ledger WHERE NOT kept GROUP BY 1 ORDER BY 2 DESC, 1"
_KINDS = """
SELECT source.kind AS kind,
  count(*) FILTER (kept) AS documents,
  coalesce(sum(text_bytes) FILTER (kept), 0)::BIGINT AS text_bytes,
  count(*) AS documents_in
FROM ledger WHERE source IS NOT NULL GROUP BY 1 ORDER BY 1"""
_SOURCES = """
SELECT coalesce(source.name, input) AS name,
  CASE WHEN kept THEN NULL ELSE reasons[1] END AS reason,
  count(*) AS documents,
  sum(raw_bytes)::BIGINT AS raw_bytes,
  sum(text_bytes)::BIGINT AS text_bytes
FROM ledger GROUP BY 1, 2 ORDER BY 1, 2"""


def _rows(database: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    return database.sql(query).to_arrow_table().to_pylist()


def _pairs(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return dict(database.execute(query).fetchall())


def _masked(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = database.sql("FROM ledger")
    names = [name for name in TYPES if f"masked_{name}" in rows.columns]
    if not names:
        return {}
    sums = rows.aggregate(", ".join(f"coalesce(sum(masked_{name}), 0)::BIGINT" for name in names)).fetchall()[0]
    return dict(zip(names, sums, strict=True))


def _by_source(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What each source gave and what became of it, the largest first; the small ones of a long list are summed up."""
    sources: dict[str, Any] = {}
    for row in _rows(database, _SOURCES):
        _add(sources.setdefault(row["name"] or UNNAMED, _empty()), row)
    ordered = sorted(sources.items(), key=lambda item: (-item[1]["documents_in"], item[0]))
    result = dict(ordered[:MOST_SOURCES])
    if len(ordered) > MOST_SOURCES:
        rest = result.setdefault(OTHERS, _empty())
        for _, source in ordered[MOST_SOURCES:]:
            _merge(rest, source)
    return result


def _empty() -> dict[str, Any]:
    """A source of which nothing has been counted. documents and text_bytes are of what is kept."""
    return {"documents_in": 0, "documents": 0, "raw_bytes_in": 0, "text_bytes": 0, "dropped": {}}


def _add(source: dict[str, Any], row: dict[str, Any]) -> None:
    source["documents_in"] += row["documents"]
    source["raw_bytes_in"] += row["raw_bytes"]
    if row["reason"] is None:
        source["documents"] += row["documents"]
        source["text_bytes"] += row["text_bytes"]
    else:
        source["dropped"][row["reason"]] = row["documents"]


def _merge(into: dict[str, Any], source: dict[str, Any]) -> None:
    for name, value in source.items():
        if name != "dropped":
            into[name] += value
    for reason, number in source["dropped"].items():
        into["dropped"][reason] = into["dropped"].get(reason, 0) + number
