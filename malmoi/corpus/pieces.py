"""The fused pass over one unit, in a worker: read, decode, judge each document alone, sign it, write it aside.

A piece is up to three Parquet files: documents (text and verdicts), keys (what comparing documents needs) and
unreadable items. It is bounded in text bytes. The unit's JSON record is written last and says that all are whole.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.entries import UNREADABLE, Row, read_entries, to_batch
from malmoi.corpus.journal import Journal, Phase, Place, Wounds
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import verdicts
from malmoi.corpus.units import Unit
from malmoi.kit.files import atomic_file, write_text

BATCH_BYTES, BATCH_ROWS = 4_000_000, 2_000
"""A batch of text in memory: kernels are as fast from 1 MB on, and its Python rows take several times the text."""
PIECE_BYTES, PIECE_ROWS = 64_000_000, 100_000


@dataclass(frozen=True)
class Task:
    """One unit to pass over, after what happened to it before."""

    recipe: CorpusRecipe
    unit: Unit
    folder: Path
    wounds: Wounds = field(default_factory=Wounds)

    @property
    def stem(self) -> str:
        """What the names of the unit's files begin with."""
        return f"{self.unit.number:06d}"

    @property
    def record(self) -> Path:
        """The file that says the unit is done."""
        return self.folder / f"{self.stem}.json"

    @property
    def journal(self) -> Path:
        """Where the worker writes what it is doing."""
        return self.folder / f"{self.stem}.journal"


@dataclass
class Piece:
    """What one piece holds. A file of it exists only where its count is not 0."""

    name: str
    documents: int = 0
    unreadable: int = 0
    text_bytes: int = 0

    def path(self, folder: Path, part: str) -> Path:
        """The file of a part: documents, keys or unreadable."""
        return folder / f"{self.name}.{part}.parquet"


def read_record(path: Path) -> list[Piece]:
    """The pieces of a finished unit."""
    return [Piece(**piece) for piece in json.loads(path.read_text(encoding="utf-8"))]


def pass_over(task: Task, report: Callable[[Any], None]) -> None:
    """Does one unit. `report` gets the raw bytes done so far, now and then.

    Called again after its process was killed, it begins anew: a unit is small, and what it wrote is overwritten.
    """
    journal, rows, held_bytes, raw_bytes = Journal(task.journal), [], 0, 0
    place = Place(0, 0)
    source = task.recipe.inputs[task.unit.input_number]
    with _Writer(task) as writer:
        for place, entry in read_entries(task.unit, source, task.wounds, journal):
            raw_bytes += entry["raw_bytes"]
            if "reason" in entry:
                writer.refuse([entry])
                continue
            rows.append(entry)
            held_bytes += entry["text_bytes"]
            if held_bytes >= BATCH_BYTES or len(rows) >= BATCH_ROWS or task.wounds.one_by_one:
                journal.at(place, Phase.JUDGING)
                writer.add(rows)
                report(raw_bytes)
                rows, held_bytes = [], 0
        journal.at(place, Phase.JUDGING)
        writer.add(rows)
    write_text(task.record, json.dumps([asdict(piece) for piece in writer.pieces]))
    task.journal.unlink()


class _Writer:
    """The pieces of a unit, one after another. A piece's files are open while it grows."""

    def __init__(self, task: Task) -> None:
        self.pieces: list[Piece] = []
        self._task = task
        self._steps = task.recipe.steps()
        self._open: pq.ParquetWriter | None = None
        self._closing = contextlib.ExitStack()
        self._keys: list[pa.RecordBatch] = []
        self._unreadable: list[Row] = []

    def __enter__(self) -> Self:
        self._next_piece()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        else:
            self._closing.__exit__(kind, error, trace)

    def refuse(self, rows: Sequence[Row]) -> None:
        """Adds unreadable items."""
        self._unreadable += rows
        self._piece.unreadable += len(rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Judges a batch of documents, signs it, and writes it."""
        if not rows:
            return
        batch, refused = to_batch(rows)
        self.refuse(refused)
        for step in self._steps:
            batch = step(batch)
        self._keys.append(_keys(self._task.recipe, batch))
        self._documents(batch.schema).write_batch(batch)
        self._piece.documents += batch.num_rows
        self._piece.text_bytes += sum(row["text_bytes"] for row in rows)
        if self._piece.text_bytes >= PIECE_BYTES or self._piece.documents >= PIECE_ROWS:
            self._finish()
            self._next_piece()

    @property
    def _piece(self) -> Piece:
        return self.pieces[-1]

    def _next_piece(self) -> None:
        self.pieces.append(Piece(f"{self._task.stem}-{len(self.pieces):04d}"))

    def _documents(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._open is None:
            path = self._piece.path(self._task.folder, "documents")
            self._open = self._closing.enter_context(writing(path, schema))
        return self._open

    def _finish(self) -> None:
        self._closing.close()
        self._open = None
        folder, piece = self._task.folder, self._piece
        if self._keys:
            write_table(piece.path(folder, "keys"), pa.Table.from_batches(self._keys))
        if self._unreadable:
            write_table(piece.path(folder, "unreadable"), pa.Table.from_pylist(self._unreadable, UNREADABLE))
        self._keys, self._unreadable = [], []


@contextlib.contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet writer to `path`: the file is there when it is whole. zstd 1: twice as fast as 3, a quarter larger."""
    with atomic_file(path) as aside, pq.ParquetWriter(aside, schema, compression="zstd", compression_level=1) as writer:
        yield writer


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a whole table to `path`, atomically."""
    with writing(path, table.schema) as writer:
        writer.write_table(table)


def _keys(recipe: CorpusRecipe, batch: pa.RecordBatch) -> pa.RecordBatch:
    """What comparing documents needs of a batch: keys, and what the best of several copies is chosen by.

    Some 330 bytes a document, whatever its length. A document that is dropped anyway never stays for one that is not.
    """
    judged = verdicts.judged(batch, recipe.document_rules())
    dropped = np.zeros(batch.num_rows, np.bool_)
    for name in verdicts.reasons(judged.schema.names):
        dropped |= judged.column(name).to_numpy(zero_copy_only=False)
    chosen_by = {
        "id": batch.column("id"),
        "dropped": pa.array(dropped),
        "quality": batch.column("quality"),
        "characters": batch.column("characters"),
    }
    return verdicts.with_columns(recipe.near_duplicate.sign(batch), chosen_by)
