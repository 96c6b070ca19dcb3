"""Token shards: documents one after another, each ended by id 0, in memory-mapped files with a table beside each.

`train-00000.bin` holds little-endian uint16 (uint32 above 65,536 ids); `train-00000.documents.parquet` says which
document lies where, so that any span of tokens leads back to its documents.
"""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import sha256_of
from malmoi.tokenizer.codec import NAME

PARTS = ("train", "heldout")
SEPARATOR = 0
"""The id that ends every document: `<|endoftext|>`."""

DOCUMENTS_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("source_name", pa.string()),
        ("start", pa.int64()),  # first token, counted from the shard's beginning
        ("tokens", pa.int32()),  # with the separator
        ("text_bytes", pa.int64()),  # UTF-8, after NFC
    ]
)


def token_type(vocabulary_tokens: int) -> np.dtype:
    """The type that ids below `vocabulary_tokens` are stored in."""
    return np.dtype("<u2") if vocabulary_tokens <= 2**16 else np.dtype("<u4")


def table_of(shard: Path) -> Path:
    """The documents' table that lies beside a shard."""
    return shard.with_name(f"{shard.stem}.documents.parquet")


@dataclass(frozen=True)
class Located:
    """One document of a part: tokens start..stop (global, the separator included) and its text's UTF-8 bytes."""

    id: str
    kind: str
    start: int
    stop: int
    text_bytes: int


class Part:
    """All shards of "train" or "heldout" as one row of tokens. Opened with `open_part`."""

    def __init__(self, files: Sequence[Path], shards: Sequence[np.ndarray]) -> None:
        self._files, self._shards = files, shards
        self._offsets = np.cumsum([0, *(len(shard) for shard in shards)], dtype=np.int64)

    @property
    def num_tokens(self) -> int:
        """Tokens in the part, separators included."""
        return int(self._offsets[-1])

    @functools.cached_property
    def document_starts(self) -> np.ndarray:
        """The first token of each document, counted over all shards: int64, ascending."""
        starts = [_read_table(file, ["start"])["start"].to_numpy() for file in self._files]
        moved = [offset + start for offset, start in zip(self._offsets, starts, strict=False)]
        return np.concatenate([np.zeros(0, np.int64), *moved])

    @functools.cached_property
    def table(self) -> pa.Table:
        """The rows of all shards (DOCUMENTS_SCHEMA); `start` counts within the shard, as in the files."""
        tables = [_read_table(file, DOCUMENTS_SCHEMA.names) for file in self._files]
        return pa.concat_tables(tables) if tables else DOCUMENTS_SCHEMA.empty_table()

    def read(self, start: int, stop: int) -> np.ndarray:
        """Tokens start..stop across shards, int64. Positions beyond the ends give nothing."""
        start, stop = max(start, 0), min(stop, self.num_tokens)
        pieces = [np.zeros(0, np.int64)]
        shard = int(np.searchsorted(self._offsets, start, side="right")) - 1
        while start < stop:
            offset, end = int(self._offsets[shard]), min(stop, int(self._offsets[shard + 1]))
            pieces.append(self._shards[shard][start - offset : end - offset].astype(np.int64))
            start, shard = end, shard + 1
        return np.concatenate(pieces)

    def places_of(self, ids: Collection[str]) -> list[tuple[int, int]]:
        """Start and stop (global tokens) of every place of these documents. No Python object for each other one."""
        wanted = pc.SetLookupOptions(value_set=pa.array(ids, pa.string()))
        rows = np.flatnonzero(pc.call_function("is_in", [self.table["id"]], wanted))
        starts, tokens = self.document_starts[rows], self.table["tokens"].take(rows).to_numpy()
        return list(zip(starts.tolist(), (starts + tokens).tolist(), strict=True))

    def documents(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The documents that tokens start..stop belong to: (id, start, stop) of each whole document."""
        return [(one.id, one.start, one.stop) for one in self.located(start, stop)]

    def located(self, start: int, stop: int) -> list[Located]:
        """As `documents`, with kind and size."""
        start, stop = max(start, 0), min(stop, self.num_tokens)
        if start >= stop:
            return []
        first = int(np.searchsorted(self.document_starts, start, side="right")) - 1
        last = int(np.searchsorted(self.document_starts, stop, side="left"))
        rows = self.table.slice(first, last - first)
        columns = (rows[name].to_pylist() for name in ("id", "kind", "tokens", "text_bytes"))
        return [
            Located(document_id, kind, begin, begin + tokens, text_bytes)
            for begin, document_id, kind, tokens, text_bytes in zip(
                self.document_starts[first:last].tolist(), *columns, strict=True
            )
        ]


def open_part(folder: Path, part: str) -> Part:
    """Opens "train" or "heldout" of a finished tokens folder.

    Reads every file of the part once, for its hash (about 1 GB/s): a flipped bit is another token, which nothing later
    would notice. Raises UserError where a file is missing, torn or not as it was written.
    """
    assert part in PARTS, part
    made = manifest.read(folder)
    counts = made["counts"]
    dtype = np.dtype(counts["token_type"])
    files, shards = [], []
    for name, num_tokens in sorted(counts["shards"].items()):
        if name.startswith(f"{part}-"):
            files.append(folder / name)
            shards.append(_map(folder / name, dtype, num_tokens))
    names = [name for file in files for name in (file.name, table_of(file).name)]
    if wrong := manifest.verify(folder, only=names):
        raise UserError(f"{folder}: {wrong}", hint="encode the corpus again")
    return Part(files, shards)


def require_tokenizer(folder: Path, tokenizer: Path) -> None:
    """Raises UserError where a stage (tokens, a model) was made with another tokenizer than the folder `tokenizer` has.

    The ids of one tokenizer mean other words in another, and nothing but the hash tells.
    """
    manifest.read(tokenizer)
    there = sha256_of(tokenizer / NAME)
    made_with = manifest.read(folder)["inputs"].get("tokenizer", there)
    if made_with != there:
        wrong = f"{folder} was made with tokenizer {made_with[:8]}, and {tokenizer} is {there[:8]}"
        raise UserError(wrong, hint="encode, train and export again, or put the former tokenizer back")


def _map(file: Path, dtype: np.dtype, num_tokens: int) -> np.ndarray:
    expected = num_tokens * dtype.itemsize
    found = file.stat().st_size if file.is_file() else None
    if found != expected or not table_of(file).is_file():
        wrong = f"{file} has {found} bytes" if found is not None else f"{file} is missing"
        raise UserError(wrong, f"{expected} bytes and a table beside it", "encode the corpus again")
    return np.memmap(file, dtype, mode="r")


def _read_table(shard: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.read_table(table_of(shard), columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{table_of(shard)} cannot be read: {error}", hint="encode the corpus again") from None
