"""Candidates for copies across the whole corpus, over keys only: no text is read again.

Three stages of MinHash deduplication (Broder 1997; LSH: Indyk and Motwani 1998), each one task for every partition of
its keys. Exact copies: equal fingerprints. Candidate pairs: documents that meet in a bucket, that is, whose MinHash
signatures over character shingles are equal in one band. Boilerplate: hashes of paragraphs that many documents share.

A document is known by its rank: those of older corpora first, kept-looking before dropped, then quality, length, id.
The best of some copies has the lowest rank, so nothing depends on the order or on who read what. DuckDB brings equal
keys together under a memory limit; no array here grows with the number of documents. dedup.py joins what is found.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.shuffle import ROWS_AT_ONCE
from malmoi.corpus.passes.tasks import BOILERPLATE, CLUSTER, EXACT, Task, Workspace, partition_tasks
from malmoi.corpus.steps import boilerplate

COPIES = pa.schema([("rank", pa.int64()), ("best", pa.int64())])
"""Results of EXACT: the rank of an exact copy, and that of the best of its kind."""
PAIRS = pa.schema([("left", pa.int64()), ("right", pa.int64())])
"""Results of NEAR: two ranks that meet in a bucket, that of the better document first."""
# Keys as the scan hashed them, and the rank of their document. site: a hash of its host or source name, 0 for neither.
_FINGERPRINTS = pa.schema({"fingerprint_1": pa.uint64(), "fingerprint_2": pa.uint64(), "rank": pa.int64()})
_BANDS = pa.schema([("key", pa.uint64()), ("rank", pa.int64())])
_PARAGRAPHS = pa.schema([("hash", pa.uint64()), ("rank", pa.int64()), ("site", pa.uint32())])

_EXACT_COPIES = """
SELECT * FROM (
  SELECT rank, min(rank) OVER (PARTITION BY fingerprint_1, fingerprint_2) AS best FROM fingerprints SEMI JOIN (
    SELECT fingerprint_1, fingerprint_2 FROM fingerprints GROUP BY ALL HAVING count(*) > 1
  ) USING (fingerprint_1, fingerprint_2))
WHERE rank <> best ORDER BY rank"""
_BUCKETS = """
WITH firsts AS (FROM bands ANTI JOIN copies USING (rank))
SELECT key, rank FROM firsts SEMI JOIN (SELECT key FROM firsts GROUP BY key HAVING count(*) > 1) USING (key)
ORDER BY key, rank"""


def exact_copies(task: Task) -> None:
    """Writes, for a partition of the fingerprints, the documents that are exact copies and the best of their kind."""
    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "fingerprints", _FINGERPRINTS, _keys(task, "exact", _FINGERPRINTS))
        batches = connection.sql(_EXACT_COPIES).to_arrow_reader(ROWS_AT_ONCE)
        with shuffle.writing(task.record, COPIES, shuffle.HASHES) as writer:
            for batch in batches:
                writer.write_batch(batch.cast(COPIES))


def near_pairs(task: Task) -> None:
    """Writes, for a partition of the band keys, the LSH candidates: pairs of documents that may be near copies.

    Of exact copies only the best takes part: a text that comes 1,000 times is one in the costlier search.
    """
    from malmoi.corpus.kernels import clusters

    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "copies", COPIES, shuffle.results(task.space, EXACT))
        shuffle.load(connection, "bands", _BANDS, _keys(task, "bands", _BANDS))
        batches = connection.sql(_BUCKETS).to_arrow_reader(ROWS_AT_ONCE)
        with shuffle.writing(task.record, PAIRS, shuffle.HASHES) as writer:
            for keys, ranks in buckets(batches, clusters.COMPARED_IN_BUCKET):
                left, right = clusters.pairs(keys, ranks)
                writer.write_batch(pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], schema=PAIRS))


def boilerplate_paragraphs(task: Task) -> None:
    """Writes, for a partition of the paragraphs' hashes, those that are in many documents that stay."""
    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "paragraphs", _PARAGRAPHS, _paragraphs(task))
        repeated = boilerplate.repeated(connection, task.space.recipe.paragraphs)
        shuffle.write_table(task.record, repeated, shuffle.HASHES)


def read_boilerplate(space: Workspace) -> boilerplate.Repeats:
    """The paragraphs to cut, of all partitions: 16 bytes a paragraph, not a document."""

    return boilerplate.gathered(shuffle.read_table(task.record) for task in partition_tasks(space, BOILERPLATE))


def read_copies(space: Workspace) -> tuple[np.ndarray, np.ndarray]:
    """Exact copies in ascending order, and the best of each: two int64 arrays of ranks, 16 bytes a copy."""
    batches = list(shuffle.results(space, EXACT))
    ranks, best = (pa.chunked_array([b.column(i) for b in batches], pa.int64()).to_numpy() for i in range(2))
    order = np.argsort(ranks)
    return ranks[order], best[order]


def buckets(
    batches: Iterator[pa.RecordBatch] | pa.RecordBatchReader, compared: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Keys (uint64) and ranks (int64), a batch at a time, of buckets that may go on from batch to batch.

    A member is compared with the first `compared` ones of its bucket and the one before it (clusters.pairs). So of an
    open bucket these are repeated in the next batch, and no bucket is ever held whole.
    """
    keys, ranks = np.empty(0, np.uint64), np.empty(0, np.int64)
    for batch in batches:
        keys = np.concatenate([keys, batch.column("key").to_numpy()])
        ranks = np.concatenate([ranks, batch.column("rank").to_numpy()])
        yield keys, ranks
        first = int(np.searchsorted(keys, keys[-1])) if len(keys) else 0
        needed = np.unique([*range(first, min(first + compared, len(keys))), max(len(keys) - 1, first)])
        keys, ranks = keys[needed[needed < len(keys)]], ranks[needed[needed < len(keys)]]


def _keys(task: Task, part: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The keys of a partition, a chunk at a time, with the rank of each one's document as the last column."""
    for _, chunk, known in shuffle.by_chunk(task.space, shuffle.ranks_path(task.space), ["rank"]):
        keys = shuffle.read_table(chunk.path(task.space.folder, part), group=task.number)
        ranks = pa.array(known.column("rank").to_numpy()[keys.column("row").to_numpy()])
        columns = [keys.column(name).combine_chunks() for name in schema.names[:-1]]
        yield pa.RecordBatch.from_arrays([*columns, ranks], schema=schema)


def _paragraphs(task: Task) -> Iterator[pa.RecordBatch]:
    """The paragraphs of the partition in documents that stay after the comparison."""
    space = task.space
    ranked = shuffle.by_chunk(space, shuffle.ranks_path(space), ["rank", "dropped"])
    names = ["exact_similarity", "near_similarity", "over_share"]
    compared = shuffle.by_chunk(space, Task(space, CLUSTER).record, names)
    for (_, chunk, known), (_, _, similar) in zip(ranked, compared, strict=True):
        if chunk.base:
            continue
        keys = shuffle.read_table(chunk.path(space.folder, "paragraphs"), group=task.number)
        exact, near, over = (column.to_numpy(zero_copy_only=False) for column in similar.columns)
        is_copy = ~(np.isnan(exact) & np.isnan(near))
        stays = ~(known.column("dropped").to_numpy(zero_copy_only=False) | is_copy | (over > 0))
        rows = keys.column("row").to_numpy()
        ranks = pa.array(known.column("rank").to_numpy()[rows])
        columns = [keys.column("hash").combine_chunks(), ranks, keys.column("site").combine_chunks()]
        yield pa.RecordBatch.from_arrays(columns, schema=_PARAGRAPHS).filter(pa.array(stays[rows]))
