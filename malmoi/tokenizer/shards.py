"""Token shards: documents one after another, each ended by id 0, in memory-mapped files with a table beside each.

`train-00000.bin` holds little-endian uint16 (uint32 above 65,536 ids); `train-00000.documents.parquet` says which
document lies where, so that any span of tokens leads back to its documents.
"""

import functools
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import ABSENT, reading, sha256_of
from malmoi.kit.special_tokens import BEGIN_ID
from malmoi.tokenizer.codec import NAME
from malmoi.tokenizer.corpus_text import reading_parquet

PARTS = ("train", "heldout")
SEPARATOR = BEGIN_ID
"""The id that ends every document: `<|endoftext|>`."""

ERASING = "erasing"
"""Folder in that of the tokens: shards on the way from which documents were taken (erase.py)."""

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
    """All shards of "train" or "heldout" as one row of tokens. Opened with `open_part`.

    No table of all documents stands in memory: a billion would take 63 GB in Arrow. What a span asks for is read from
    the tables of its shards, one after another (40 ms for 166,000 documents), and the last one is kept.
    """

    def __init__(self, files: Sequence[Path], shards: Sequence[np.ndarray]) -> None:
        self._files, self._shards = files, shards
        self._offsets = np.cumsum([0, *(len(shard) for shard in shards)], dtype=np.int64)
        self._rows = functools.lru_cache(1)(lambda shard: _read_table(files[shard], DOCUMENTS_SCHEMA.names))

    @property
    def files(self) -> Sequence[Path]:
        """The shards in order."""
        return self._files

    def first_token(self, file: Path) -> int:
        """Where a shard begins in the part."""
        return int(self._offsets[self._files.index(file)])

    @property
    def num_tokens(self) -> int:
        """Tokens in the part, separators included."""
        return int(self._offsets[-1])

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

    def documents(self, start: int, stop: int) -> list[tuple[str, int, int]]:
        """The documents that tokens start..stop belong to: (id, start, stop) of each whole document."""
        return [(one.id, one.start, one.stop) for one in self.located(start, stop)]

    def located(self, start: int, stop: int) -> Iterator[Located]:
        """As `documents`, with kind and size, one after another."""
        start, stop = max(start, 0), min(stop, self.num_tokens)
        if start >= stop:
            return
        first_shard = int(np.searchsorted(self._offsets, start, side="right")) - 1
        for shard in range(first_shard, int(np.searchsorted(self._offsets, stop))):
            table = self._rows(shard)
            starts = self._offsets[shard] + table["start"].to_numpy()
            first = max(0, int(np.searchsorted(starts, start, side="right")) - 1)
            last = int(np.searchsorted(starts, stop))
            rows = table.slice(first, last - first)
            columns = (rows[name].to_pylist() for name in ("id", "kind", "tokens", "text_bytes"))
            for begin, document_id, kind, tokens, text_bytes in zip(starts[first:last].tolist(), *columns, strict=True):
                yield Located(document_id, kind, begin, begin + tokens, text_bytes)

    def ids_among(self, document_ids: AbstractSet[str]) -> set[str]:
        """Those of the ids that are in this part. Of the others no Python object is made."""
        wanted, found = pc.field("id").isin(sorted(document_ids)), set[str]()
        for file in self._files if document_ids else ():
            with reading_parquet(table_of(file), "encode the corpus again"):
                found.update(pq.read_table(table_of(file), columns=["id"], filters=wanted)["id"].to_pylist())
        return found

    def places_of(self, document_ids: AbstractSet[str]) -> Iterator[tuple[int, int]]:
        """Where the documents of these ids lie: (start, stop) for each time that one was written, shard after shard."""
        wanted = pa.array(sorted(document_ids), pa.string())
        for file, offset in zip(self._files, self._offsets.tolist(), strict=False):
            table = _read_table(file, ["id", "start", "tokens"])
            rows = table.filter(pc.is_in(table["id"], wanted))  # pyright: ignore[reportAttributeAccessIssue]
            for start, tokens in zip(rows["start"].to_pylist(), rows["tokens"].to_pylist(), strict=True):
                yield offset + start, offset + start + tokens


def open_part(folder: Path, part: str) -> Part:
    """Opens "train" or "heldout" of a finished tokens folder.

    A flipped bit is another token, which nothing later would notice: every file of the part is read for its hash (about
    1 GB/s) once a machine, and again when it has changed (kit/stamps.py); its size is compared always. Raises UserError
    where a file is missing, torn, not as it was written, or cannot be read now.
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
    if wrong := manifest.verify(folder, how="once", only=names):
        raise UserError(f"{folder}: {wrong}", hint="encode the corpus again", code=GIVE_UP)
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
    """A shard as a mapped array of `dtype` (num_tokens,). Raises UserError where its size is wrong."""
    expected = num_tokens * dtype.itemsize
    try:
        with reading(file):
            found = file.stat().st_size
    except ABSENT:
        raise UserError(f"{file} is missing", f"{expected} bytes", "encode the corpus again", GIVE_UP) from None
    if found != expected:
        raise UserError(f"{file} has {found} bytes", f"{expected} bytes", "encode the corpus again", GIVE_UP)
    with reading(file):
        return np.memmap(file, dtype, mode="r")


def _read_table(shard: Path, columns: list[str]) -> pa.Table:
    with reading_parquet(table_of(shard), "encode the corpus again"):
        return pq.read_table(table_of(shard), columns=columns)
