"""Deduplication over grown keys: the stages exact, near and judge for many documents, with the recipe's memory bound.

Makes fingerprints, bands and sketches of documents that have no text (PLANTED_SHARE of them exact copies, as many near
ones), then runs the stages as a build does, each task in a process of its own, one after another, and prints seconds
and peak memory of each. Finds all that was planted, or fails.

usage: python benchmarks/dedup_scale.py --documents 20000000 --folder /disk/with/room
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.ledger.layout import COMPARISON
from malmoi.corpus.passes import phases, rank, scan, shuffle, tasks
from malmoi.corpus.passes.memory import require_memory
from malmoi.corpus.passes.tasks import Chunk, Plan, Task, Workspace
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.minhash import NearDuplicate

PLANTED_SHARE = 0.01
"""Of all documents: so many are exact copies of another, so many near ones."""
SHARED_BANDS = 0.5
"""Of a near copy's bands, so many are those of its original."""


def main() -> None:
    """Makes the keys, runs the stages, prints what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000_000)
    parser.add_argument("--bands", type=int, default=20)
    parser.add_argument("--memory-bytes", type=int, default=2_000_000_000)
    parser.add_argument("--folder", type=Path, required=True, help="is made, and removed at the end")
    options = parser.parse_args()
    settings = NearDuplicate(bands=options.bands)
    recipe = CorpusRecipe(
        inputs=(Input(Path("none")),), near_duplicate=settings, processes=1, memory_bytes=options.memory_bytes
    )
    require_memory(recipe, options.documents)
    folder = options.folder / "work"
    folder.mkdir(parents=True)
    space = Workspace(recipe, folder, options.folder, tasks.MOST_PARTITIONS)
    try:
        _in_process("keys", lambda: grow(space, options.documents))
        for stage in (tasks.EXACT, tasks.NEAR, tasks.CLUSTER):
            _in_process(stage, lambda stage=stage: run(space, stage))
        size_bytes = sum(path.stat().st_size for path in folder.iterdir())
        copies = copies_in(space)
        print(json.dumps({"documents": options.documents, "work_bytes": size_bytes, **copies}))
        planted = planted_documents(options.documents)
        assert copies == {"exact": planted, "near": planted}, f"{planted} copies of each kind were planted"
    finally:
        shutil.rmtree(options.folder)


def planted_documents(documents: int) -> int:
    """How many copies of each kind `grow` makes."""
    return sum(int(rows * PLANTED_SHARE) for _, rows in _chunks(documents))


def grow(space: Workspace, documents: int) -> None:
    """Writes the keys of so many documents and their ranks, as the stages pass and rank do."""
    settings = space.recipe.near_duplicate
    generator = np.random.default_rng(1)
    ranks = generator.permutation(documents)
    chunks = []
    for first, rows in _chunks(documents):
        chunk = Chunk(f"pass-{len(chunks):06d}-0000", rows)
        prints = generator.integers(0, 2**64, (rows, 2), np.uint64)
        bands = generator.integers(0, 2**64, (rows, settings.bands), np.uint64)
        sketches = generator.integers(0, 256, (rows, settings.bins), np.uint8)
        planted = int(rows * PLANTED_SHARE)
        originals, copies, near = (
            np.arange(planted),
            np.arange(planted, 2 * planted),
            np.arange(2 * planted, 3 * planted),
        )
        prints[copies], bands[copies], sketches[copies] = prints[originals], bands[originals], sketches[originals]
        shared = int(settings.bands * SHARED_BANDS)
        likes = originals + 3 * planted
        bands[near, :shared], sketches[near] = bands[likes, :shared], sketches[likes]
        columns = {
            "fingerprint_1": pa.array(prints[:, 0].copy()),
            "fingerprint_2": pa.array(prints[:, 1].copy()),
            "bands": pa.FixedSizeListArray.from_arrays(pa.array(bands.ravel()), settings.bands),
            "sketch": pa.Array.from_buffers(pa.binary(settings.bins), rows, [None, pa.py_buffer(sketches.tobytes())]),
        }
        scan.write_keys(space, chunk, pa.table(columns))
        ids = pa.array([f"{number:032x}" for number in range(first, first + rows)])
        shuffle.write_table(chunk.path(space.folder, "scores"), pa.table({"id": ids}))
        chunks.append(chunk)
    tasks.write_chunks(Task(space, tasks.RANK).record, chunks)
    shuffle.write_groups(shuffle.ranks_path(space), _ranks(ranks, documents), rank.RANKS)
    tasks.write_plan(Plan(space, ()))


def run(space: Workspace, stage: str) -> None:
    """Every task of a stage."""
    for task in tasks.tasks(Plan(space, ()), stage):
        phases.work(task, lambda _: None)


def copies_in(space: Workspace) -> dict[str, int]:
    """How many documents have a better one, by kind."""
    counts = {"exact": 0, "near": 0}
    with shuffle.reading(Task(space, tasks.CLUSTER).record) as file:
        assert file.schema_arrow.names == COMPARISON.names
        for batch in file.iter_batches(columns=["exact_duplicate_of", "near_duplicate_of"]):
            for name, column in zip(counts, batch.columns, strict=True):
                counts[name] += len(column) - column.null_count
    return counts


def _chunks(documents: int) -> Iterator[tuple[int, int]]:
    for first in range(0, documents, scan.CHUNK_ROWS):
        yield first, min(scan.CHUNK_ROWS, documents - first)


def _ranks(ranks: np.ndarray, documents: int) -> Iterator[pa.Table]:
    for first, rows in _chunks(documents):
        nothing = pa.array(np.zeros(rows, np.float32))
        columns = [pa.array(ranks[first : first + rows]), pa.array(np.zeros(rows, np.bool_)), nothing, nothing]
        yield pa.Table.from_arrays(columns, schema=rank.RANKS)


def _in_process(name: str, work: Callable[[], None]) -> None:
    """Runs `work` in a forked process, so that its peak is its own, and prints what it took."""
    began = time.monotonic()
    process = multiprocessing.get_context("fork").Process(target=_measured, args=(name, work, began))
    process.start()
    process.join()
    assert process.exitcode == 0, f"{name} ended with {process.exitcode}"


def _measured(name: str, work: Callable[[], None], began: float) -> None:
    work()
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps({"stage": name, "seconds": round(time.monotonic() - began, 1), "peak_bytes": peak_bytes}), flush=True
    )


if __name__ == "__main__":
    main()
