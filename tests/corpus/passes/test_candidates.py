"""LSH buckets that come in batches: the same candidates however they are torn, and never a whole bucket held."""

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.kernels import clusters
from malmoi.corpus.kernels.clusters import COMPARED_IN_BUCKET
from malmoi.corpus.passes.candidates import buckets


def in_batches(keys: list[int], rows: int) -> list[pa.RecordBatch]:
    columns = {"key": pa.array(keys, pa.uint64()), "rank": pa.array(range(len(keys)), pa.int64())}
    return pa.table(columns).to_batches(max_chunksize=rows)


def pairs_of(keys: list[int], rows: int) -> set[tuple[int, int]]:
    found = [clusters.pairs(*batch) for batch in buckets(in_batches(keys, rows), COMPARED_IN_BUCKET)]
    return {pair for left, right in found for pair in zip(left.tolist(), right.tolist(), strict=True)}


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 7, 100])
def test_buckets_torn_by_batches_of_any_size_give_the_same_candidate_pairs(rows):
    keys = [1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5]
    whole = pairs_of(keys, len(keys))
    assert (2, 3) in whole
    assert (7, 8) not in whole  # another bucket
    assert pairs_of(keys, rows) == whole


def test_a_bucket_of_any_size_is_never_held_whole():
    held = [len(keys) for keys, _ in buckets(in_batches([7] * 10_000, 100), COMPARED_IN_BUCKET)]
    assert len(held) == 100
    assert max(held) <= 100 + COMPARED_IN_BUCKET + 1


def test_no_bucket_gives_no_pair():
    keys, ranks = np.empty(0, np.uint64), np.empty(0, np.int64)
    empty = pa.RecordBatch.from_pydict({"key": pa.array(keys), "rank": pa.array(ranks)})
    assert [len(found) for found, _ in buckets([empty], COMPARED_IN_BUCKET)] == [0]
