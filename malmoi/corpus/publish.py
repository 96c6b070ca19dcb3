"""The last write: pieces become shards and ledger. A part is some whole pieces in order, and one task of a worker."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus import ledger
from malmoi.corpus.pieces import Piece, writing
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import verdicts
from malmoi.kit.files import sha256_of


@dataclass(frozen=True)
class Part:
    """Pieces that become one shard and one part of the ledger."""

    recipe: CorpusRecipe
    number: int
    pieces: tuple[Piece, ...]
    folder: Path

    @property
    def text_bytes(self) -> int:
        """Before anything is dropped."""
        return sum(piece.text_bytes for piece in self.pieces)

    def path(self, where: str) -> Path:
        """The file of this part in the shards or the ledger."""
        return self.folder / where / f"part-{self.number:05d}.parquet"


def cut(recipe: CorpusRecipe, pieces: Sequence[Piece], folder: Path) -> list[Part]:
    """The parts: as many whole pieces as fit into shard_bytes of text. There is always one, if it is empty."""
    groups: list[list[Piece]] = [[]]
    held = 0
    for piece in pieces:
        if groups[-1] and held + piece.text_bytes > recipe.shard_bytes:
            groups.append([])
            held = 0
        groups[-1].append(piece)
        held += piece.text_bytes
    return [Part(recipe, number, tuple(group), folder) for number, group in enumerate(groups)]


def write_part(part: Part, report: Callable[[Any], None]) -> dict[str, str]:
    """Writes one part. `report` gets the text bytes done. Returns the SHA-256 of its files by name.

    Documents come in the order of the input; after those of a piece, its unreadable items. Both files are written
    aside together, so that a killed writer leaves none or, at worst, one that is written again.
    """
    paths = [part.path(ledger.SHARDS), part.path(ledger.LEDGER)]
    if not all(path.exists() for path in paths):
        judged = ledger.judged_schema(part.recipe)
        shards, rows = ledger.shard_schema(judged), ledger.ledger_schema(judged)
        with writing(paths[0], shards) as kept, writing(paths[1], rows) as entered:
            done = 0
            for piece in part.pieces:
                for batch in _judged(part, piece):
                    shard_rows, ledger_rows = ledger.split(batch, part.recipe)
                    kept.write_batch(shard_rows.cast(shards))
                    entered.write_batch(ledger_rows)
                if piece.unreadable:
                    items = pq.read_table(piece.path(part.folder, "unreadable"))
                    entered.write_table(ledger.unreadable_rows(items, rows))
                done += piece.text_bytes
                report(done)
    return {f"{path.parent.name}/{path.name}": sha256_of(path) for path in paths}


def _judged(part: Part, piece: Piece) -> Iterator[pa.RecordBatch]:
    """The documents of a piece with all verdicts, a row group at a time."""
    if not piece.documents:
        return
    # A row group is a batch as the steps saw it, so memory is bounded as it was there.
    copies = pq.read_table(piece.path(part.folder, "copies")).combine_chunks()
    with pq.ParquetFile(piece.path(part.folder, "documents")) as documents:
        first = 0
        for group in range(documents.num_row_groups):
            table = documents.read_row_group(group).combine_chunks()
            batch = table.to_batches()[0]
            own = copies.slice(first, batch.num_rows).to_batches()[0]
            columns = {name: own.column(name) for name in own.schema.names}
            yield verdicts.judged(verdicts.with_columns(batch, columns), part.recipe.rules())
            first += batch.num_rows
