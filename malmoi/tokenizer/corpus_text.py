"""The kept documents of a corpus folder, a few megabytes at a time."""

import contextlib
import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import ABSENT, listed, opened, reading, unreadable
from malmoi.kit.paths import is_remote
from malmoi.tokenizer.settings import id_share

ROWS_PER_READ = 512
COLUMNS = ["id", "text", "source.kind", "source.name"]
EPOCHS = "epochs"
"""A column of the shards: how many times a document is to be read. Without it, or null: once."""
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
    with reading(corpus):
        files = listed(corpus / "shards", ".parquet")
    if not files:
        raise UserError(f"no shards in {corpus}", "the folder of a built corpus", "run `malmoi corpus build` first")
    return files


def read_documents(corpus: Path, rows: int = ROWS_PER_READ, epoch: int = 1) -> Iterator[Documents]:
    """The documents in the order of the shards, at most `rows` at a time.

    epoch: 1 gives every document, 2 those that are to be read twice or more (their `epochs`), and so on.
    """
    for file in shard_files(corpus):
        with _opened(file) as shard:
            for group in range(shard.num_row_groups):
                wanted = _epochs(shard, group) >= epoch if epoch > 1 else None
                if wanted is not None and not wanted.any():
                    continue  # nothing of it is unpacked
                first = 0
                for batch in shard.iter_batches(rows, row_groups=[group], columns=COLUMNS):
                    first += batch.num_rows
                    if wanted is not None:
                        batch = batch.filter(pa.array(wanted[first - batch.num_rows : first]))
                    if batch.num_rows:
                        yield _documents(batch)


def documents_by_epoch(corpus: Path) -> list[int]:
    """How many documents are read once or more, twice or more, and so on. Shards without `epochs`: all once."""
    counts = np.zeros(1, np.int64)
    for file in shard_files(corpus):
        with _opened(file) as shard:
            for group in range(shard.num_row_groups):
                epochs = np.maximum(_epochs(shard, group), 1)
                new = np.bincount(epochs - 1, minlength=len(counts))
                counts = np.pad(counts, (0, len(new) - len(counts))) + new
    return np.cumsum(counts[::-1])[::-1].tolist()


def heldout_limit(corpus: Path, share: float) -> float:
    """The `id_share` below which documents are held out: `share`, so long as it parts the documents of the corpus.

    Where it picks none of them, the document of the smallest id is held out; where all, that of the largest is not. So
    each part has a document. `share` itself where it is 0 or there are fewer than two documents. Reads ids alone, and
    only until one of each part has been met.
    """
    smallest, largest = 1.0, 0.0
    for file in shard_files(corpus) if share else ():
        with _opened(file) as shard:
            for batch in shard.iter_batches(ROWS_PER_READ, columns=["id"]):
                shares = [id_share(one) for one in batch.column("id").to_pylist()]
                smallest, largest = min([smallest, *shares]), max([largest, *shares])
                if smallest < share <= largest:
                    return share
    if smallest >= largest:
        return share
    return largest if largest < share else math.nextafter(smallest, 1)


def content_sha256(folder: Path) -> str:
    """A hash that changes when what a finished stage made changes: of its outputs' hashes, and not of its clock."""
    found = manifest.read(folder)
    made = manifest.hashes(found["outputs"]) or {"config": found.get("config"), "counts": found.get("counts")}
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def reading_parquet(file: Path, hint: str) -> Iterator[None]:
    """Around what reads a Parquet file: UserError where it is absent or damaged (`hint`), or cannot be read now.

    pyarrow tells damage by an OSError too, but by one without a number of the system or a path.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and (error.errno or error.filename) and not isinstance(error, ABSENT):
            raise unreadable(file, error) from None
        raise UserError(f"{file} cannot be read: {error}", hint=hint, code=GIVE_UP) from None


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[pq.ParquetFile]:
    # A remote shard is read through Python, for pyarrow does not know every file system of fsspec.
    source = opened(file) if is_remote(file) else contextlib.nullcontext(file)
    with (
        reading_parquet(file, "build the corpus again"),
        source as stream,
        pq.ParquetFile(stream, buffer_size=READ_BYTES) as shard,
    ):
        yield shard


def _epochs(shard: pq.ParquetFile, group: int) -> np.ndarray:
    """The epochs of the documents of a row group, int64."""
    if EPOCHS not in shard.schema_arrow.names:
        return np.ones(shard.metadata.row_group(group).num_rows, np.int64)
    column = shard.read_row_group(group, columns=[EPOCHS]).column(0)
    return column.cast(pa.int64()).fill_null(1).to_numpy()


def _documents(batch: pa.RecordBatch) -> Documents:
    """A batch with its columns flat. Raises pyarrow.ArrowInvalid where a page is damaged."""
    batch.validate(full=True)  # a damaged page may unpack to bytes that are no UTF-8
    source = batch.column("source")
    return Documents(
        ids=batch.column("id").to_pylist(),
        kinds=source.field("kind").to_pylist(),
        names=[name or "" for name in source.field("name").to_pylist()],
        texts=batch.column("text").cast(pa.large_string()),
    )
