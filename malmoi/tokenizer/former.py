"""What tokens were before they were made again: which document lay where, never the tokens.

A training is asked which documents it saw in which step (`malmoi train seen`). The answer needs ids, places and sizes
of the shards that it was trained on, so these stay in `tokens/former/<hash>/` when the shards go. Names of sources stay
with the shards: they may be a person's.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import atomic_file, make_folder, read_json, remove_partials, write_text
from malmoi.tokenizer.corpus_text import content_sha256, reading_parquet
from malmoi.tokenizer.shards import PARTS, Part, table_of

FORMER = "former"
"""Folder in that of the tokens. Below it one for each former content, named by `content_sha256`."""
_SHARDS = "shards.json"
"""Tokens of each former shard, by file name. Written last."""


def keep(tokens: Path) -> None:
    """Keeps the index of finished tokens as they are now. Nothing where that was done."""
    made = manifest.read(tokens)
    folder = tokens / FORMER / content_sha256(tokens)
    if (folder / _SHARDS).exists():
        return
    make_folder(folder)
    remove_partials(folder)
    for name in made["counts"]["shards"]:
        with reading_parquet(table_of(tokens / name), "encode the corpus again"):
            table = pq.read_table(table_of(tokens / name))
        place = table.schema.get_field_index("source_name")
        bare = table.set_column(place, table.schema.field(place), pa.array([""] * len(table), pa.string()))
        with atomic_file(table_of(folder / name)) as aside:
            pq.write_table(bare, aside, compression="zstd")
    write_text(folder / _SHARDS, json.dumps(made["counts"]["shards"]) + "\n")


def open_index(tokens: Path, content: str, part: str) -> Part:
    """Which documents lay where in "train" or "heldout" of the tokens of a content; its tokens cannot be read.

    Raises UserError where neither the tokens nor a former index have that content.
    """
    assert part in PARTS, part
    folder = tokens / FORMER / content
    sizes = read_json(folder / _SHARDS)
    if sizes is None and manifest.find(tokens) is not None and content_sha256(tokens) == content:
        folder, sizes = tokens, manifest.read(tokens)["counts"]["shards"]
    if sizes is None:
        wrong = f"which documents were in the tokens {content[:8]} is not known: {tokens} holds others now"
        raise UserError(wrong, "the same tokens, or their former index")
    names = [name for name in sorted(sizes) if name.startswith(f"{part}-")]
    return Part([folder / name for name in names], [np.broadcast_to(np.uint16(0), (sizes[name],)) for name in names])
