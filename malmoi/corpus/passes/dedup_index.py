"""The index of a corpus: what a later crawl is compared with, so that its text need not be read again.

index/part-*.parquet lies beside the shards, one row for each kept document in their order: id, fingerprints, band keys,
sketch, and what the better of two copies is told by. Some 350 bytes a document.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from malmoi.corpus.ledger import tombstones
from malmoi.corpus.ledger.layout import INDEX
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.scan import CHUNK_ROWS, write_keys
from malmoi.corpus.passes.tasks import Chunk, Task, Workspace, write_chunks
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.kit import erasing, manifest
from malmoi.kit.errors import UserError

MERITS = ("id", "quality", "characters")


def schema(settings: NearDuplicate) -> pa.Schema:
    """The columns of an index. bands is null for a text without letters."""
    return pa.schema({
        "id": pa.string(), "quality": pa.float32(), "characters": pa.float32(),
        "fingerprint_1": pa.uint64(), "fingerprint_2": pa.uint64(),
        "bands": pa.list_(pa.uint64(), settings.bands), "sketch": pa.binary(settings.bins),
    })  # fmt: skip


def rows_of(space: Workspace, chunk: Chunk, kept: np.ndarray) -> pa.Table:
    """The rows of one chunk. kept: which of its documents stay (bool)."""
    settings = space.recipe.near_duplicate
    merits = shuffle.read_table(chunk.path(space.folder, "scores"), MERITS)
    signed = shuffle.read_table(chunk.path(space.folder, "signatures"))
    columns = {name: merits.column(name) for name in MERITS}
    columns |= {name: signed.column(name) for name in signed.schema.names}
    columns["bands"] = pa.chunked_array([_bands(space, chunk)])
    table = pa.table({field.name: columns[field.name] for field in schema(settings)})
    return table.cast(schema(settings)).filter(pa.array(kept))


def _bands(space: Workspace, chunk: Chunk) -> pa.Array:
    """The keys of every document in ascending order: as a set they mean the same, and partitions leave no trace."""
    size = space.recipe.near_duplicate.bands
    bands = shuffle.read_table(chunk.path(space.folder, "bands"), ("key", "row"))
    keys, rows = (column.to_numpy() for column in bands.columns)
    ordered = keys[np.lexsort((keys, rows))].reshape(-1, size)
    signable = np.zeros(chunk.documents, np.bool_)
    signable[rows] = True
    table = np.zeros((chunk.documents, size), np.uint64)
    table[signable] = ordered
    return pa.FixedSizeListArray.from_arrays(pa.array(table.ravel()), size, mask=pa.array(~signable))


def parts(recipe: CorpusRecipe) -> Iterator[tuple[Path, list[Path]]]:
    """Every older corpus of a recipe with the parts of its index. Raises UserError where one cannot be used."""
    for folder in recipe.base:
        made = manifest.read(folder)
        if made.get("stage") != "corpus":
            raise UserError(f"base {folder} holds a {made.get('stage')!r} stage", "the folder of a finished corpus")
        names = sorted(name for name in made["outputs"] if name.startswith(f"{INDEX}/"))
        missing = [name for name in names if not (folder / name).exists()]
        if missing or not names:
            raise UserError(f"base {folder} has no {missing[0] if missing else INDEX}", "a corpus with its index")
        _require_same_keys(folder, made["config"], recipe)
        yield folder, [folder / name for name in names]


def _require_same_keys(folder: Path, config: dict[str, Any], recipe: CorpusRecipe) -> None:
    of_base = config.get("near_duplicate", {})
    for name in ("shingle_characters", "bands", "rows"):
        value = getattr(recipe.near_duplicate, name)
        if of_base.get(name, value) != value:
            wrong = f"near_duplicate.{name} is {value}, in the base {folder} {of_base[name]}"
            raise UserError(wrong, "the same in both: keys differ")


def hashes(recipe: CorpusRecipe) -> dict[str, str]:
    """What each older corpus is known by, for the manifest: its index and what was erased from it, in one hash."""
    import hashlib

    result = {}
    erasing.require_none(*recipe.base)
    for number, folder in enumerate(recipe.base):
        outputs = manifest.hashes(manifest.read(folder)["outputs"])
        named = {name: value for name, value in outputs.items() if name.startswith(f"{INDEX}/")}
        named |= tombstones.hashes(folder)
        text = json.dumps(named, sort_keys=True)
        result[f"base {number} {folder.name}"] = hashlib.sha256(text.encode()).hexdigest()
    return result


def scan_index(task: Task, _report: Callable[[Any], None]) -> None:
    """Hands on the keys of some parts of an index as if their documents had been read."""
    assert task.unit is not None
    chunks: list[Chunk] = []
    for table in itertools.chain.from_iterable(map(_tables, task.unit.files)):
        chunk = Chunk(f"{task.stem}-{len(chunks):04d}", len(table), base=True)
        shuffle.write_table(chunk.path(task.space.folder, "scores"), table.select(list(MERITS)))
        write_keys(task.space, chunk, table.drop_columns(list(MERITS)))
        chunks.append(chunk)
    write_chunks(task.record, chunks)


def _tables(path: Path) -> Iterator[pa.Table]:
    with shuffle.reading(path) as file:
        held: list[pa.Table] = []
        for group in range(file.num_row_groups):
            held.append(file.read_row_group(group))
            if sum(map(len, held)) >= CHUNK_ROWS or group == file.num_row_groups - 1:
                table = pa.concat_tables(held)
                held = []
                if len(table):
                    yield table
