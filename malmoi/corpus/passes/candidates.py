"""Documents compared across the whole corpus, over keys only: no text is read again.

Documents are known by rank: those of older corpora first, kept-looking before dropped, then quality, length, id. The
best of some copies is the one with the lowest rank, so nothing depends on the order or on who read what. A task brings
equal keys of its partition together with DuckDB under a memory limit; the judgement joins what the tasks found.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.shuffle import ROWS_AT_ONCE
from malmoi.corpus.passes.tasks import JUDGE, PARAGRAPHS, SAME, Task, Workspace, numbered
from malmoi.corpus.steps import boilerplate
from malmoi.corpus.steps.minhash import EXACT

COPIES = pa.schema([("rank", pa.int64()), ("best", pa.int64())])
PAIRS = pa.schema([("left", pa.int64()), ("right", pa.int64())])
_PRINTS = pa.schema([("first", pa.uint64()), ("second", pa.uint64()), ("rank", pa.int64())])
_PARAGRAPHS = pa.schema([("hash", pa.uint64()), ("rank", pa.int64()), ("site", pa.uint32())])
_BANDS = pa.schema([("key", pa.uint64()), ("rank", pa.int64())])

_COPIES = """
SELECT * FROM (
  SELECT rank, min(rank) OVER (PARTITION BY first, second) AS best FROM prints
  SEMI JOIN (SELECT first, second FROM prints GROUP BY ALL HAVING count(*) > 1) USING (first, second))
WHERE rank <> best ORDER BY rank"""
_BUCKETS = """
SELECT key, rank FROM buckets SEMI JOIN (SELECT key FROM buckets GROUP BY key HAVING count(*) > 1) USING (key)
ORDER BY key, rank"""


def find_copies(task: Task) -> None:
    """Writes, for a partition of the fingerprints, the documents that are exact copies and the best of their kind."""
    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "prints", _PRINTS, _prints(task))
        found = connection.sql(_COPIES).to_arrow_reader(ROWS_AT_ONCE)
        with shuffle.writing(task.record, COPIES, shuffle.HASHES) as writer:
            for batch in found:
                writer.write_batch(batch.cast(COPIES))


def find_pairs(task: Task) -> None:
    """Writes, for a partition of the band keys, pairs of documents that may be near copies.

    Of exact copies only the best takes part: a text that comes 1,000 times is one in the costlier search.
    """
    from malmoi.corpus.kernels import clusters

    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "buckets", _BANDS, _bands(task))
        found = connection.sql(_BUCKETS).to_arrow_reader(ROWS_AT_ONCE)
        with shuffle.writing(task.record, PAIRS, shuffle.HASHES) as writer:
            for keys, ranks in _whole_buckets(found):
                left, right = clusters.pairs(keys, ranks)
                writer.write_batch(pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], schema=PAIRS))


def find_repeats(task: Task) -> None:
    """Writes, for a partition of the paragraphs' hashes, those that are in many documents that stay."""
    with shuffle.database(task.space) as connection:
        shuffle.load(connection, "paragraphs", _PARAGRAPHS, _paragraphs(task))
        found = boilerplate.repeated(connection, task.space.recipe.paragraphs)
        shuffle.write_table(task.record, found, shuffle.HASHES)


def read_repeats(space: Workspace) -> boilerplate.Repeats:
    """The paragraphs to cut, of all partitions."""

    def tables() -> Iterator[pa.Table]:
        for number in range(space.partitions if PARAGRAPHS not in space.recipe.off else 0):
            with shuffle.reading(Task(space, PARAGRAPHS, number).record) as file:
                yield file.read()

    return boilerplate.gathered(tables())


def _paragraphs(task: Task) -> Iterator[pa.RecordBatch]:
    space = task.space
    ranked = shuffle.by_piece(space, shuffle.ranks_path(space), ["rank", "dropped"])
    judged = shuffle.by_piece(space, Task(space, JUDGE).record, ["exact_similarity", "near_similarity", "over_share"])
    for (_, piece, known), (_, _, found) in zip(ranked, judged, strict=True):
        if piece.base:
            continue
        keys = shuffle.receive(piece.path(space.folder, "paragraphs"), task.number)
        exact, near, over = (column.to_numpy(zero_copy_only=False) for column in found.columns)
        is_copy = ~(np.isnan(exact) & np.isnan(near))
        stays = ~(known.column("dropped").to_numpy(zero_copy_only=False) | is_copy | (over > 0))
        rows = keys.column("row").to_numpy()
        mine = pa.array(stays[rows])
        columns = [
            keys.column("hash").combine_chunks(),
            pa.array(known.column("rank").to_numpy()[rows]),
            keys.column("site").combine_chunks(),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=_PARAGRAPHS).filter(mine)


def read_copies(space: Workspace) -> tuple[np.ndarray, np.ndarray]:
    """Exact copies in ascending order, and the best of each: two arrays of ranks."""
    if EXACT in space.recipe.off:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = [shuffle.columns(Task(space, SAME, number).record) for number in range(space.partitions)]
    ranks = np.concatenate([columns["rank"] for columns in found])
    order = np.argsort(ranks)
    return ranks[order], np.concatenate([columns["best"] for columns in found])[order]


def _prints(task: Task) -> Iterator[pa.RecordBatch]:
    for _, piece, known in shuffle.by_piece(task.space, shuffle.ranks_path(task.space), ["rank"]):
        keys = shuffle.receive(piece.path(task.space.folder, "exact"), task.number)
        own = pa.array(known.column("rank").to_numpy()[keys.column("row").to_numpy()])
        first, second = (keys.column(name).combine_chunks() for name in ("fingerprint_1", "fingerprint_2"))
        yield pa.RecordBatch.from_arrays([first, second, own], schema=_PRINTS)


def _bands(task: Task) -> Iterator[pa.RecordBatch]:
    total = sum(piece.documents for _, _, piece in numbered(task.space))
    is_copy = np.zeros(total, np.bool_)  # one byte a document
    is_copy[read_copies(task.space)[0]] = True
    for _, piece, known in shuffle.by_piece(task.space, shuffle.ranks_path(task.space), ["rank"]):
        keys = shuffle.receive(piece.path(task.space.folder, "bands"), task.number)
        own = known.column("rank").to_numpy()[keys.column("row").to_numpy()]
        first = ~is_copy[own]
        columns = [pa.array(keys.column("key").to_numpy()[first]), pa.array(own[first])]
        yield pa.RecordBatch.from_arrays(columns, schema=_BANDS)


def _whole_buckets(found: pa.RecordBatchReader) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Keys and ranks in batches that tear no bucket apart."""
    keys, ranks = np.empty(0, np.uint64), np.empty(0, np.int64)
    # The last bucket of a batch may go on in the next one: it is held back until another key has been seen.
    for batch in found:
        keys = np.concatenate([keys, batch.column("key").to_numpy()])
        ranks = np.concatenate([ranks, batch.column("rank").to_numpy()])
        whole = int(np.searchsorted(keys, keys[-1])) if len(keys) else 0
        yield keys[:whole], ranks[:whole]
        keys, ranks = keys[whole:], ranks[whole:]
    yield keys, ranks
