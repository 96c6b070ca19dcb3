"""Media that no document of a corpus points to: they are stored while documents are read, and most of these may go."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from malmoi.corpus.ledger.database import add_view, connected
from malmoi.corpus.ledger.layout import MEDIA, SHARDS
from malmoi.kit.files import PARTIAL, listed, remove

_STORED = pa.schema([("sha256", pa.string()), ("path", pa.string())])
_UNWANTED = """
SELECT path FROM stored ANTI JOIN (
  SELECT DISTINCT unnest(segments).sha256 AS sha256 FROM shards WHERE id NOT IN (SELECT id FROM gone)) USING (sha256)"""


def unwanted(folder: Path, gone: Sequence[str] = ()) -> Iterator[str]:
    """Media of documents that did not stay, or are in `gone` (ids), and what was left half-written: relative to MEDIA.

    Which ones is known by a join in DuckDB, which spills: no list of hashes is held here.
    """
    if not (folder / MEDIA).exists():
        return
    with connected(folder) as database:
        add_view(database, folder / SHARDS, SHARDS)
        database.register("gone", pa.table({"id": pa.array(gone, pa.string())}))
        database.register("stored", pa.RecordBatchReader.from_batches(_STORED, _stored(folder / MEDIA)))
        for batch in database.sql(_UNWANTED).to_arrow_reader():
            yield from batch.column("path").to_pylist()


def remove_unwanted(folder: Path) -> None:
    """Removes them."""
    for path in unwanted(folder):
        remove(folder / MEDIA / path)


def _stored(folder: Path) -> Iterator[pa.RecordBatch]:
    """Every stored file, a subfolder at a time. What is half-written has no hash."""
    for inside in listed(folder):
        names = [path.name for path in listed(inside)]
        hashes = [None if name.endswith(PARTIAL) else name.partition(".")[0] for name in names]
        paths = [f"{inside.name}/{name}" for name in names]
        yield pa.RecordBatch.from_arrays([pa.array(hashes, pa.string()), pa.array(paths, pa.string())], schema=_STORED)
