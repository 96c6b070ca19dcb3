"""Takes documents out of token shards in place, whole: what is left is what `encode` makes of the corpus without them.

The new shards are written beside the old ones, all of them, and moved over them when they are whole
(`erasing/ready.json`). A killed erasure is done again. The former index of ids stays (former.py), so that
a training can still be asked what it saw.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from malmoi.kit import manifest
from malmoi.kit.files import make_folder, move, read_json, remove, remove_partials, write_json, writing
from malmoi.kit.lock import lock
from malmoi.tokenizer import former
from malmoi.tokenizer.corpus_text import content_sha256, heldout_limit, reading_parquet
from malmoi.tokenizer.encode import REPEATED, Tally
from malmoi.tokenizer.former import open_index
from malmoi.tokenizer.shard_writer import PartWriter, Row
from malmoi.tokenizer.shards import ERASING, PARTS, Part, open_part, table_of

READY = "ready.json"
Progress = Callable[[int, int], None]
ROWS_AT_ONCE = 1_000


def ids_in(tokens: Path, ids: AbstractSet[str]) -> dict[str, set[str]]:
    """Those of the ids that are in each part ("train", "heldout") of a finished tokens folder."""
    manifest.read(tokens)  # without one it is unfinished, and more may be in its shards than in its tables
    return {name: open_index(tokens, content_sha256(tokens), name).ids_among(ids) for name in PARTS}


def plan(tokens: Path, ids: AbstractSet[str], corpus: Path) -> dict[str, Any]:
    """What `erase` is to take out, before the documents leave the corpus: their number by part, the SHA-256 of each
    file, and the content hash of the corpus (`was`; None where it has none now)."""
    inside = ids_in(tokens, ids)
    was = content_sha256(corpus) if manifest.find(corpus) else None
    files = manifest.hashes(manifest.read(tokens)["outputs"])
    return {part: len(found) for part, found in inside.items()} | {"was": was, "files": files}


def erase(
    tokens: Path,
    ids: AbstractSet[str],
    corpus: Path,
    planned: dict[str, Any],
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Takes the documents with these ids out. Done again after a kill, it leaves what one run leaves.

    corpus: where they came from, without the documents already; planned: by `plan`. Where the tokens are of the content
    that was, they are of the present one afterwards: `tokenizer encode` then finds nothing to do. `progress` is
    called with new files in place and in all. Returns documents by part, and the SHA-256 of each file `before` and
    `after` (None: it is gone). Raises UserError where the tokens are unfinished, damaged, or another process is at work
    there.
    """
    manifest.read(tokens)
    with writing(tokens), lock(tokens):
        remove_partials(tokens)
        _finish(tokens, progress)
        inside = {one for part in ids_in(tokens, ids).values() for one in part}
        if inside:
            former.keep(tokens)
            _rewrite(tokens, manifest.read(tokens), inside)
            _finish(tokens, progress)
        _follow(tokens, corpus, planned["was"])
        after = manifest.hashes(manifest.read(tokens)["outputs"])
    before = planned["files"]
    files = {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    }
    return {part: planned[part] for part in PARTS} | {"files": files}


def _rewrite(tokens: Path, made: dict[str, Any], gone: set[str]) -> None:
    """Writes all shards without the documents into ERASING, and what the manifest is to say of them."""
    aside, counts = tokens / ERASING, made["counts"]
    remove(aside)
    make_folder(aside)
    limit_tokens, dtype = made["config"]["shard_tokens"], np.dtype(counts["token_type"])
    tally, shards = _Removed(counts), dict[str, int]()
    for name in PARTS:
        part = open_part(tokens, name)
        with PartWriter(aside, name, dtype, limit_tokens) as writer:
            _copy(part, name, writer, gone, tally)
        shards |= writer.shards
    files = [file.name for shard in shards for file in (aside / shard, table_of(aside / shard))]
    counts = counts | tally.counts() | {"shards": shards}
    write_json(aside / READY, {"counts": counts, "outputs": manifest.outputs_of(aside, files)})


def _copy(part: Part, name: str, writer: PartWriter, gone: set[str], tally: "_Removed") -> None:
    for file in part.files:
        first = part.first_token(file)
        with reading_parquet(table_of(file), "encode the corpus again"), pq.ParquetFile(table_of(file)) as table:
            for batch in table.iter_batches(ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    told = Row(row["id"], row["kind"], row["source_name"], row["text_bytes"])
                    if row["id"] in gone:
                        tally.remove(name, told, row["tokens"])
                    else:
                        start = first + row["start"]
                        writer.add(told, part.read(start, start + row["tokens"]))


class _Removed:
    """The counts of tokens, from which documents are taken one after another."""

    def __init__(self, counts: dict[str, Any]) -> None:
        self._tally, self._seen = Tally(), set[str]()
        for kind, row in counts["by_kind"].items():
            self._tally.by_kind[kind] = Counter({name: value for name, value in row.items() if isinstance(value, int)})

    def remove(self, part: str, row: Row, tokens: int) -> None:
        """Takes one writing of a document out; the first is no repeat."""
        count = self._tally.by_kind[row.kind]
        count.subtract({f"{part}_documents": 1, f"{part}_tokens": tokens, f"{part}_text_bytes": row.text_bytes})
        if row.id in self._seen:
            count.subtract({REPEATED[0]: 1, REPEATED[1]: tokens})
        self._seen.add(row.id)

    def counts(self) -> dict[str, Any]:
        """As `Tally.counts`, without kinds of which nothing is left."""
        for kind in [kind for kind, count in self._tally.by_kind.items() if not any(count.values())]:
            del self._tally.by_kind[kind]
        return self._tally.counts()


def _finish(tokens: Path, progress: Progress) -> None:
    """Moves whole new shards over the old ones, manifest last. What is not whole goes."""
    aside = tokens / ERASING
    ready = read_json(aside / READY)
    if ready is not None:
        made = manifest.read(tokens)
        for number, name in enumerate(ready["outputs"]):
            progress(number, len(ready["outputs"]))
            if (aside / name).exists():
                move(aside / name, tokens / name)
        for name in made["outputs"].keys() - ready["outputs"].keys():
            remove(tokens / name)
        manifest.write(tokens, manifest.revised(made, outputs=ready["outputs"], counts=ready["counts"]))
    remove(aside)


def _follow(tokens: Path, corpus: Path, was: str | None) -> None:
    """Says that the tokens are of the corpus as it is now, if they were of what it was.

    Not where another document would be held out now: the one held out alone is gone, and `encode` must choose anew.
    """
    made = manifest.read(tokens)
    now, share = content_sha256(corpus), made["config"]["heldout_share"]
    if was is None or made["inputs"].get("corpus") != was or was == now:
        return
    with contextlib.suppress(OSError, ValueError):
        if share and heldout_limit(corpus, share) != share:
            return
        inputs = made["inputs"] | {"corpus": now}
        parents = made["parents"] | {"corpus": now}
        manifest.write(tokens, manifest.revised(made, inputs=inputs, parents=parents))
