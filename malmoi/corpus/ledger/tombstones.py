"""Which documents were erased from a corpus on request: kept beside it, so that no later build brings them back.

Ids are kept here; what knows their texts again at other addresses is kept by erased_texts.py.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.ledger import erased_texts
from malmoi.kit.files import atomic_file, sha256_of

ERASED = "erased"
"""The reason in the ledger, and the name of the file of ids."""
DETAIL, COPY_DETAIL = "erased on request", "a copy of what was erased on request"
NO_FILE = "(erased)"
"""Stands for the file in a tombstone: a file may be called after the person ("hong.example.kr/1.html"). The id alone
keeps the document out."""


def file_of(folder: Path) -> Path:
    """Where the ids lie; there is no file where nothing was erased."""
    return folder / f"{ERASED}.parquet"


def erased_ids(folder: Path) -> list[str]:
    """The ids of all documents that were erased from a corpus, in order. Raises UserError where they are damaged."""
    path = file_of(folder)
    if not path.exists():
        return []
    return erased_texts.table_of(path).column("id").to_pylist()


def remember(folder: Path, gone: Iterable[str]) -> None:
    """Adds ids."""
    ids = sorted({*erased_ids(folder), *gone})
    with atomic_file(file_of(folder)) as aside:
        pq.write_table(pa.table({"id": pa.array(ids, pa.string())}), aside)


def hashes(folder: Path) -> dict[str, str]:
    """What was erased as an input of the corpus, for its manifest: nothing where there is nothing."""
    path = file_of(folder)
    return ({ERASED: sha256_of(path)} if path.exists() else {}) | erased_texts.hashes(folder)
