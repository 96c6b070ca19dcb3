"""Turns a corpus into token shards: texts go to worker processes, tokens come back in order and are written here."""

import contextlib
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.kit import config, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, remove, sha256_of, writing
from malmoi.kit.pool import map_in_order, num_processes
from malmoi.kit.stage import Made, Stage, stage
from malmoi.tokenizer.codec import NAME, Codec
from malmoi.tokenizer.corpus_text import Documents, content_sha256, documents_by_epoch, heldout_limit, read_documents
from malmoi.tokenizer.settings import EncodeSettings, id_share
from malmoi.tokenizer.shard_writer import PartWriter, Row
from malmoi.tokenizer.shards import ERASING, PARTS, SEPARATOR, table_of, token_type

REPEATED = ("repeated_documents", "repeated_tokens")
OUTPUT_VERSION = 1
"""Raised with every change of what the same corpus, tokenizer and settings are encoded to."""
TASK_BYTES = 1_000_000
"""Text for one call of a worker: a third of a second's work."""


@dataclass(frozen=True)
class Task:
    """Some documents (id, kind, source name; text) and the folder of the tokenizer to encode them with.

    epoch: which reading of them this is, from 1.
    """

    tokenizer: Path
    epoch: int
    keys: list[tuple[str, str, str]]
    texts: list[str]


@dataclass(frozen=True)
class Encoded:
    """The documents of a task: their tokens with separators, one after another, and how many each has."""

    epoch: int
    rows: list[Row]
    tokens: np.ndarray
    num_tokens: list[int]


def encode(
    settings: EncodeSettings, corpus: Path, tokenizer: Path, out: Path, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Encodes the kept documents of `corpus` with the tokenizer of a folder into `out`; returns the manifest's counts.

    Documents that are to be read several times (their `epochs`) are written again behind all others: once more those of
    two epochs, then those of three. What is held out is written once.
    `progress` is called with documents done and in all. The files are the same bytes for any number of processes.
    A folder finished with these settings, corpus and tokenizer is left as it is, if its files are whole; any other is
    begun again. Raises UserError where the corpus or tokenizer is unfinished or damaged, or `out` cannot be written.
    """
    with writing(out), stage(out, made(settings, corpus, tokenizer)) as work:
        if work is not None:
            _encode(settings, corpus, tokenizer, work, progress)
    return manifest.read(out)["counts"]


def made(settings: EncodeSettings, corpus: Path, tokenizer: Path) -> Made:
    """What identifies the tokens of these settings, corpus and tokenizer, for `stage.state`.

    Raises UserError where the tokenizer is unfinished or damaged.
    """
    if wrong := manifest.verify(tokenizer):
        raise UserError(f"{tokenizer}: {wrong}", hint="run `malmoi tokenizer learn` again")
    table = config.identity(settings)
    inputs = {"corpus": content_sha256(corpus), "tokenizer": sha256_of(tokenizer / NAME)}
    return Made("tokens", OUTPUT_VERSION, table, inputs, ("corpus", "tokenizer"))


def _encode(
    settings: EncodeSettings, corpus: Path, tokenizer: Path, work: Stage, progress: Callable[[int, int], None]
) -> None:
    """Fills the folder, both parts at once, in the order of the corpus. What an unfinished run left goes first."""
    out = work.folder
    remove(out / ERASING)  # of an erasure that was killed: what is encoded now is of the corpus without the documents
    for file in (*listed(out, ".bin"), *listed(out, ".documents.parquet")):
        remove(file)  # of an unfinished or different run
    vocabulary_tokens = Codec(tokenizer).vocabulary_tokens
    dtype = token_type(vocabulary_tokens)
    by_epoch, tally, done = documents_by_epoch(corpus), Tally(), 0
    if settings.heldout_share and by_epoch[0] < 2:
        wrong = f"{corpus} has {by_epoch[0]} documents"
        raise UserError(wrong, "two or more: one is held out for the evaluation", "or set tokens.heldout_share to 0")
    with contextlib.ExitStack() as opened:
        writers = {part: opened.enter_context(PartWriter(out, part, dtype, settings.shard_tokens)) for part in PARTS}
        limit = heldout_limit(corpus, settings.heldout_share)
        tasks = _tasks(corpus, tokenizer, len(by_epoch))
        for encoded in map_in_order(encode_task, tasks, num_processes(settings.processes)):
            _write(encoded, limit, writers, tally)
            done += len(encoded.rows)
            progress(done, sum(by_epoch))
    shards = {name: tokens for writer in writers.values() for name, tokens in writer.shards.items()}
    written = {"token_type": dtype.str, "shards": shards, "vocabulary_tokens": vocabulary_tokens}
    work.counts = tally.counts() | written
    work.add(file.name for name in shards for file in (out / name, table_of(out / name)))


class Tally:
    """Documents, tokens and bytes by part and kind."""

    def __init__(self) -> None:
        self.by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, part: str, row: Row, tokens: int, is_repeat: bool) -> None:
        """Counts one document of `tokens` tokens, the separator included."""
        count = self.by_kind[row.kind]
        if is_repeat:
            count["repeated_documents"] += 1
            count["repeated_tokens"] += tokens
        count[f"{part}_documents"] += 1
        count[f"{part}_tokens"] += tokens
        count[f"{part}_text_bytes"] += row.text_bytes

    def counts(self) -> dict[str, Any]:
        """The manifest's counts. bytes_per_token leaves the separators out of the tokens.

        A document counts as often as it is written; repeated_documents and repeated_tokens are those of the train part
        that were not the first time.
        """
        total = sum(self.by_kind.values(), Counter[str]())
        return {
            **{f"{part}_{what}": total[f"{part}_{what}"] for what in ("tokens", "documents") for part in PARTS},
            **{name: total[name] for name in REPEATED},
            "text_bytes": {part: total[f"{part}_text_bytes"] for part in PARTS},
            "bytes_per_token": _bytes_per_token(total),
            "by_kind": {kind: _row(count) for kind, count in sorted(self.by_kind.items())},
        }


def encode_task(task: Task) -> Encoded:
    """Encodes the documents of a task. Runs in a worker."""
    codec, bytes_of = _loaded(task.tokenizer)
    tokens = [np.array([*ids, SEPARATOR], np.uint32) for ids in codec.encode_many(task.texts)]
    rows = [Row(*key, text_bytes=int(bytes_of[own].sum())) for key, own in zip(task.keys, tokens, strict=True)]
    return Encoded(task.epoch, rows, np.concatenate(tokens), [len(own) for own in tokens])


@functools.cache
def _loaded(tokenizer: Path) -> tuple[Codec, np.ndarray]:
    """The codec and the bytes of each token, loaded once per worker."""
    codec = Codec(tokenizer)
    return codec, np.array([len(codec.token_bytes(token)) for token in range(codec.vocabulary_tokens)], np.int64)


def _tasks(corpus: Path, tokenizer: Path, num_epochs: int) -> Iterator[Task]:
    """The documents, epoch after epoch, in tasks of about TASK_BYTES of text, at least one document each."""
    for epoch in range(1, num_epochs + 1):
        for documents in read_documents(corpus, epoch=epoch):
            start = size = 0
            for position, text_bytes in enumerate(documents.text_bytes()):
                if size and size + text_bytes > TASK_BYTES:
                    yield _task(documents, (start, position), tokenizer, epoch)
                    start, size = position, 0
                size += text_bytes
            yield _task(documents, (start, len(documents.ids)), tokenizer, epoch)


# Texts leave this process as Python strings: a slice of an Arrow array is pickled with the whole array (measured with
# pyarrow 26: 30 MB for one text of 3 KB).
def _task(documents: Documents, span: tuple[int, int], tokenizer: Path, epoch: int) -> Task:
    start, stop = span
    keys = zip(documents.ids[start:stop], documents.kinds[start:stop], documents.names[start:stop], strict=True)
    return Task(tokenizer, epoch, list(keys), documents.texts[start:stop].to_pylist())


def _write(encoded: Encoded, limit: float, writers: dict[str, PartWriter], tally: Tally) -> None:
    """Appends documents to their parts. limit: of `id_share`; below it a document is held out, and written once."""
    end = 0
    for row, num_tokens in zip(encoded.rows, encoded.num_tokens, strict=True):
        part = "heldout" if id_share(row.id) < limit else "train"
        if part == "train" or encoded.epoch == 1:
            writers[part].add(row, encoded.tokens[end : end + num_tokens])
            tally.add(part, row, num_tokens, encoded.epoch > 1)
        end += num_tokens


def _row(counter: Counter[str]) -> dict[str, Any]:
    names = (f"{part}_{what}" for part in PARTS for what in ("documents", "tokens", "text_bytes"))
    return {**{name: counter[name] for name in (*names, *REPEATED)}, "bytes_per_token": _bytes_per_token(counter)}


def _bytes_per_token(counter: Counter[str]) -> float:
    """UTF-8 bytes for each token of text over both parts; separators are one a document, and left out."""
    text_bytes = sum(counter[f"{part}_text_bytes"] for part in PARTS)
    tokens = sum(counter[f"{part}_tokens"] - counter[f"{part}_documents"] for part in PARTS)
    return text_bytes / tokens if tokens else 0.0
