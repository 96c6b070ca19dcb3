"""The kept documents of a corpus folder, a few megabytes at a time."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.errors import UserError

ROWS_PER_READ = 512
READ_BYTES = 1 << 20
"""Read ahead of the decoder: whole row groups of long documents would not fit in memory."""


@dataclass(frozen=True)
class Documents:
    """Columns of some documents: ids, kinds and source names ("" where the source has none), and texts in Arrow."""

    ids: list[str]
    kinds: list[str]
    names: list[str]
    texts: pa.LargeStringArray

    def text_bytes(self) -> list[int]:
        """UTF-8 length of each text."""
        offsets = np.frombuffer(self.texts.buffers()[1], np.int64)[self.texts.offset :][: len(self.texts) + 1]
        return np.diff(offsets).tolist()


def shard_files(corpus: Path) -> list[Path]:
    """The Parquet shards of a corpus folder in order. Raises UserError where there is none."""
    files = sorted((corpus / "shards").glob("*.parquet"))
    if not files:
        raise UserError(f"no shards in {corpus}", "the folder of a built corpus", "run `malmoi corpus build` first")
    return files


def read_documents(corpus: Path, rows: int = ROWS_PER_READ) -> Iterator[Documents]:
    """The documents in the order of the shards, at most `rows` at a time."""
    for file in shard_files(corpus):
        with _opened(file) as shard:
            for batch in shard.iter_batches(batch_size=rows, columns=["id", "text", "source.kind", "source.name"]):
                yield _documents(batch)


def num_documents(corpus: Path) -> int:
    """How many documents the shards hold, from their footers."""
    total = 0
    for file in shard_files(corpus):
        with _opened(file) as shard:
            total += shard.metadata.num_rows
    return total


def content_sha256(folder: Path) -> str:
    """A hash that changes when what a finished stage made changes: of its outputs' hashes, and not of its clock."""
    found = manifest.read(folder)
    made = found.get("outputs") or {"config": found.get("config"), "counts": found.get("counts")}
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(file, buffer_size=READ_BYTES) as shard:
            yield shard
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{file} cannot be read: {error}", hint="build the corpus again") from None


def _documents(batch: pa.RecordBatch) -> Documents:
    batch.validate(full=True)  # a damaged page may unpack to bytes that are no UTF-8
    source = batch.column("source")
    return Documents(
        ids=batch.column("id").to_pylist(),
        kinds=source.field("kind").to_pylist(),
        names=[name or "" for name in source.field("name").to_pylist()],
        texts=batch.column("text").cast(pa.large_string()),
    )
