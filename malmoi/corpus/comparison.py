"""Documents compared across the whole corpus, over keys only: no text is read again.

DuckDB brings equal keys together under a memory limit and spills to disk; what stays in memory are some tens of bytes a
document. Documents are ranked first (kept before dropped, then quality, length, id), so that the result does not depend
on the order or on who read what: the best of a cluster has the lowest rank, and buckets are compared in that order.
"""

import glob
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.pieces import Piece, write_table
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps.duplicates import EXACT, NEAR, NearDuplicate
from malmoi.kit.files import write_text

COMPARED = "compared.json"
_ROWS_AT_ONCE = 1_000_000


class Limits(NamedTuple):
    """What DuckDB may use."""

    memory_bytes: int
    threads: int


@dataclass(frozen=True)
class Stays:
    """By rank: who stays for each document. `order`: the number of the document of each rank.

    exact, near: rank of the document that stays for it, its own where it stays. similarity: to that one, else NaN.
    cluster: rank of the best document that it is linked to; size: documents in that cluster.
    """

    order: np.ndarray
    exact: np.ndarray
    near: np.ndarray
    similarity: np.ndarray
    cluster: np.ndarray
    size: np.ndarray


def compare(recipe: CorpusRecipe, folder: Path, pieces: Sequence[Piece], limits: Limits) -> None:
    """Writes <piece>.copies.parquet beside the keys of each piece, one row for each document, and `compared.json`."""
    if (folder / COMPARED).exists():
        return
    keyed = [piece for piece in pieces if piece.documents]
    with duckdb.connect() as database:
        database.execute("SET memory_limit = ?", [f"{limits.memory_bytes // 1_000_000}MB"])
        database.execute("SET threads = ?", [limits.threads])
        database.execute("SET temp_directory = ?", [str(folder / "spill")])
        if keyed:
            _load_keys(database, folder, keyed)
            stays = _judge(recipe, database, folder, keyed)
            _write(database, stays, folder, keyed)
    write_text(folder / COMPARED, json.dumps([asdict(piece) for piece in pieces]))


def _load_keys(database: duckdb.DuckDBPyConnection, folder: Path, pieces: Sequence[Piece]) -> None:
    """Tables `keys` (a view over all pieces, documents numbered through) and `ranked` (rank, number, fingerprints)."""
    paths = [str(piece.path(folder, "keys")) for piece in pieces]
    firsts = np.cumsum([0, *(piece.documents for piece in pieces)])[:-1]
    database.register("firsts", pa.table({"filename": paths, "first": firsts}))
    listed = ", ".join("'" + glob.escape(path).replace("'", "''") + "'" for path in paths)
    database.execute(
        f"CREATE VIEW keys AS SELECT first + file_row_number AS number, k.* FROM"  # noqa: S608  our own file names
        f" read_parquet([{listed}], filename = true, file_row_number = true) k JOIN firsts USING (filename)"
    )
    database.execute(
        "CREATE TABLE ranked AS SELECT number, fingerprint_1, fingerprint_2, -1 + row_number() OVER"
        " (ORDER BY dropped, quality DESC, characters DESC, id, number) AS rank FROM keys"
    )


def _judge(recipe: CorpusRecipe, database: duckdb.DuckDBPyConnection, folder: Path, pieces: Sequence[Piece]) -> Stays:
    # Exact copies first: of a text that comes 1,000 times only one takes part in the costlier search for near copies.
    ranked = database.execute("SELECT number, rank FROM ranked").fetchnumpy()
    order = np.empty(len(ranked["rank"]), np.int64)
    order[ranked["rank"]] = ranked["number"]
    exact = np.arange(len(order))
    if EXACT not in recipe.off:
        copies = database.execute(
            "SELECT rank, min(rank) OVER (PARTITION BY fingerprint_1, fingerprint_2) AS best FROM ranked SEMI JOIN"
            " (SELECT fingerprint_1, fingerprint_2 FROM ranked GROUP BY ALL HAVING count(*) > 1)"
            " USING (fingerprint_1, fingerprint_2)"
        ).fetchnumpy()
        exact[copies["rank"]] = copies["best"]
    if NEAR in recipe.off:
        near, similarity, roots = np.arange(len(order)), np.full(len(order), np.nan), np.arange(len(order))
    else:
        sketches = _sketches(recipe.near_duplicate, folder, pieces, order)
        near, similarity, roots = _near(recipe.near_duplicate, database, sketches, exact)
    cluster = roots[exact]  # an exact copy belongs to the cluster of the one that stays for it
    return Stays(order, exact, near, similarity, cluster, np.bincount(cluster, minlength=len(order))[cluster])


def _near(
    settings: NearDuplicate, database: duckdb.DuckDBPyConnection, sketches: np.ndarray, exact: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who stays among near copies, the similarity to it, and the root of each cluster, all by rank."""
    from malmoi.corpus.kernels import clusters

    parents = np.arange(len(exact))
    for keys, ranks in _buckets(database, exact):
        settings.judge(keys, ranks, sketches, parents)
    clusters.flatten(parents)
    stands_for, similarity = np.arange(len(exact)), np.full(len(exact), np.nan)
    sizes = np.bincount(parents, minlength=len(exact))
    members = np.flatnonzero(sizes[parents] > 1)
    members = members[np.argsort(parents[members], kind="stable")]
    clusters.choose(members, parents, sketches, settings.similarity, stands_for, similarity)
    return stands_for, similarity, parents


def _buckets(database: duckdb.DuckDBPyConnection, exact: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The keys that more than one document has, sorted, with their documents by rank; no bucket is torn apart.

    Of exact copies only the best takes part.
    """
    stays = exact == np.arange(len(exact))
    database.register("first_copies", pa.table({"rank": np.flatnonzero(stays)}))
    database.execute(
        "CREATE TABLE buckets AS SELECT unnest(bands) AS key, rank FROM keys JOIN ranked USING (number)"
        " SEMI JOIN first_copies USING (rank) WHERE bands IS NOT NULL"
    )
    found = database.sql(
        "SELECT key, rank FROM buckets SEMI JOIN (SELECT key FROM buckets GROUP BY key HAVING count(*) > 1)"
        " USING (key) ORDER BY key, rank"
    )
    keys, ranks = np.empty(0, np.uint64), np.empty(0, np.int64)
    # The last bucket of a batch may go on in the next one: it is held back until another key has been seen.
    for batch in found.to_arrow_reader(_ROWS_AT_ONCE):
        keys = np.concatenate([keys, batch.column("key").to_numpy()])
        ranks = np.concatenate([ranks, batch.column("rank").to_numpy()])
        whole = int(np.searchsorted(keys, keys[-1]))
        yield keys[:whole], ranks[:whole]
        keys, ranks = keys[whole:], ranks[whole:]
    yield keys, ranks


def _sketches(settings: NearDuplicate, folder: Path, pieces: Sequence[Piece], order: np.ndarray) -> np.ndarray:
    """All sketches by rank, in a file that the kernel maps into memory as it needs it."""
    rank_of = np.empty(len(order), np.int64)
    rank_of[order] = np.arange(len(order))
    sketches = np.memmap(folder / "sketches.bin", np.uint8, "w+", shape=(len(order), settings.bins))
    first = 0
    for piece in pieces:
        column = pq.read_table(piece.path(folder, "keys"), columns=["sketch"]).column(0)
        rows = np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(-1, settings.bins)
        sketches[rank_of[first : first + len(rows)]] = rows
        first += len(rows)
    return sketches


def _write(database: duckdb.DuckDBPyConnection, stays: Stays, folder: Path, pieces: Sequence[Piece]) -> None:
    """Puts ids in place of ranks and hands each piece its part."""
    # Ids are looked up for those only that some document points to: an id takes more memory than all else together.
    ranks = np.arange(len(stays.order))
    named = np.unique(np.concatenate([ranks[near_or_exact] for near_or_exact in (
        np.unique(stays.exact[stays.exact != ranks]),
        np.unique(stays.near[stays.near != ranks]),
        np.unique(stays.cluster[stays.size > 1]),
    )]))  # fmt: skip
    database.register("named", pa.table({"rank": named}))
    ids = (
        database.sql("SELECT id FROM named JOIN ranked USING (rank) JOIN keys USING (number) ORDER BY rank")
        .to_arrow_table()
        .column("id")
        .combine_chunks()
    )

    def ids_of(rank: np.ndarray, where: np.ndarray) -> pa.Array:
        return ids.take(pa.array(np.searchsorted(named, rank), mask=~where))

    rank_of = np.empty(len(stays.order), np.int64)
    rank_of[stays.order] = ranks
    first = 0
    for piece in pieces:
        own = rank_of[first : first + piece.documents]
        exact, near, cluster = stays.exact[own], stays.near[own], stays.cluster[own]
        columns = {
            "exact_similarity": pa.array(np.ones(len(own), np.float32), mask=exact == own),
            "near_similarity": pa.array(stays.similarity[own].astype(np.float32), from_pandas=True),
            "exact_duplicate_of": ids_of(exact, exact != own),
            "near_duplicate_of": ids_of(near, near != own),
            "cluster": ids_of(cluster, stays.size[own] > 1),
            "cluster_size": pa.array(stays.size[own].astype(np.int32)),
        }
        write_table(piece.path(folder, "copies"), pa.table(columns))
        first += piece.documents
