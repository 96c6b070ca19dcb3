"""A tokens folder as the tokenizer room writes it, small and made of given documents."""

import hashlib
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.files import sha256_of
from malmoi.model.shape import ModelSettings
from malmoi.tokenizer.shards import DOCUMENTS_SCHEMA

VOCABULARY = 101
MODEL = ModelSettings(layers=2, hidden=32, heads=4, kv_heads=2, feed_forward=48, context_tokens=64)


def document_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def write_tokens(folder: Path, documents: list[list[int]], shards: int = 2) -> Path:
    """Documents (without the separator) as the train part, spread over shards."""
    folder.mkdir(parents=True)
    sizes, numbered = {}, list(enumerate(documents))
    for shard in range(shards):
        share = numbered[shard * len(documents) // shards : (shard + 1) * len(documents) // shards]
        rows, line = [], []
        for number, tokens in share:
            size = len(tokens) + 1
            rows.append((document_id(number), "web", "test", len(line), size, 3 * len(tokens)))
            line += [*tokens, 0]
        name = f"train-{shard:05d}.bin"
        np.array(line, "<u2").tofile(folder / name)
        columns = [list(column) for column in zip(*rows, strict=True)]
        table = pa.table(columns, schema=DOCUMENTS_SCHEMA)
        pq.write_table(table, folder / f"train-{shard:05d}.documents.parquet")
        sizes[name] = len(line)
    outputs = {file.name: sha256_of(file) for file in sorted(folder.iterdir())}
    counts = {"token_type": "<u2", "shards": sizes, "vocabulary_tokens": VOCABULARY}
    manifest.write(folder, manifest.Manifest("tokens", {}, {}, outputs, counts))
    return folder


def countable_documents() -> list[list[int]]:
    """60 documents of 1 to 90 tokens that can be learnt: each goes up in steps of its own."""
    chance = random.Random(7)
    return [
        [1 + (first + step * place) % (VOCABULARY - 1) for place in range(chance.choice((1, 5, 17, 40, 90)))]
        for first, step in ((chance.randrange(100), chance.choice((1, 2, 3))) for _ in range(60))
    ]
