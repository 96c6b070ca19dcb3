"""Every string that a corpus keeps of its documents, column by column, as flat arrows that a pattern runs over."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.ledger.layout import LEDGER, SHARDS
from malmoi.corpus.ledger.tombstones import ERASED
from malmoi.corpus.passes import shuffle
from malmoi.kit.files import listed

_PLAIN = ("text", "title", "detail")
_OF_STRUCT = {
    "source": ("url", "name", "category", "author_hash", "licence", "published", "language"),
    "origin": ("file",), "source_verdict": ("category",),
}  # fmt: skip
_OF_LISTS = {"turns": ("speaker", "text", "role"), "segments": ("caption", "uri"), "views": ("prompt",)}
SEARCHED = (
    *_PLAIN,
    *(f"{name}.{part}" for parts in (_OF_STRUCT, _OF_LISTS) for name, several in parts.items() for part in several),
)
NOT_OF_SOURCES = frozenset(
    "id source.kind segments.type segments.sha256 views.use input language harm_types letters_taken.step reasons "
    "cluster exact_duplicate_of near_duplicate_of".split()
)
"""Columns of strings that the build or the recipe words, never a source: they are not searched."""
_NEEDED = {SHARDS: ("id", "source", "origin"), LEDGER: ("id", "source", "origin", "input", "kept", "reasons")}


class Group(NamedTuple):
    """Rows of one row group. first: the number of its first row in the part."""

    part: Path
    first: int
    table: pa.Table


class Strings(NamedTuple):
    """A column of strings with the row of each. name: "text", "source.url", "turns.speaker", ..."""

    name: str
    rows: np.ndarray
    values: pa.Array


def groups(folder: Path, kind: str, more: Sequence[str] = ()) -> Iterator[Group]:
    """The row groups of all parts of the shards or the ledger, with the columns that may tell of a person."""
    wanted = (*_NEEDED[kind], *_PLAIN, *_OF_STRUCT, *_OF_LISTS, *more)
    wanted = tuple(dict.fromkeys(wanted))
    for part in listed(folder / kind, ".parquet"):
        with shuffle.reading(part) as file:
            names, first = [name for name in wanted if name in file.schema_arrow.names], 0
            for number in range(file.num_row_groups):
                table = file.read_row_group(number, columns=names).combine_chunks()
                yield Group(part, first, table)
                first += len(table)


def strings(table: pa.Table) -> Iterator[Strings]:
    """The strings of some rows."""
    every = np.arange(len(table))
    for name in table.schema.names:
        column = _combined(table.column(name))
        if name in _PLAIN:
            yield Strings(name, every, column)
        elif name in _OF_STRUCT:
            for part in _OF_STRUCT[name]:
                yield Strings(f"{name}.{part}", every, cast(pa.StructArray, column).field(part))
        elif name in _OF_LISTS and column.null_count < len(column):
            items = cast(Any, column).flatten()
            owners = pc.call_function("list_parent_indices", [column]).to_numpy()
            for part in _OF_LISTS[name]:
                yield Strings(f"{name}.{part}", owners, items.field(part))


def texts_of(folder: Path, ids: AbstractSet[str]) -> Iterator[tuple[str, str, str | None, str | None]]:
    """(id, text, hash of the author, address) of some documents, wherever a corpus holds their text, kept or not."""
    for kind in (SHARDS, LEDGER):
        for group in groups(folder, kind):
            rows = [row for row, one in enumerate(group.table.column("id").to_pylist()) if one in ids]
            for row in group.table.select(["id", "text", "source"]).take(pa.array(rows, pa.int64())).to_pylist():
                source = row["source"] or {}
                if row["text"]:
                    yield row["id"], row["text"], source.get("author_hash"), source.get("url")


def alive(table: pa.Table) -> np.ndarray:
    """Which rows of the ledger (bool) are no tombstones."""
    return np.array([ERASED not in (why or ()) for why in table.column("reasons").to_pylist()], np.bool_)


def _combined(column: pa.ChunkedArray) -> pa.Array:
    made = column.combine_chunks()
    return pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made
