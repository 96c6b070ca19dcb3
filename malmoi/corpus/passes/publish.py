"""The last write: chunks become shards, ledger and index. A part is some whole chunks in order."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import SOURCE, UNREADABLE
from malmoi.corpus.ledger import erased_texts, layout, tombstones
from malmoi.corpus.ledger.rows import judged_schema, ledger_schema, shard_schema, split, unreadable_rows
from malmoi.corpus.passes import candidates, dedup_index, rank, scan, shuffle
from malmoi.corpus.passes.tasks import BOILERPLATE, CLUSTER, Chunk, Task
from malmoi.corpus.steps import boilerplate, verdicts, views
from malmoi.corpus.steps.rule import Rule
from malmoi.kit.files import sha256_of, write_text


class CorpusWide(NamedTuple):
    """What is known only when all documents have been read: the limits of the rules, and the paragraphs to cut."""

    rules: tuple[Rule, ...]
    repeats: boilerplate.Repeats


def write_part(task: Task, report: Callable[[Any], None]) -> None:
    """Writes one part. `report` gets the text bytes done. The record holds the SHA-256 of its files by name.

    Documents come in the order of the input; after those of a chunk, its unreadable items.
    """
    recipe, out = task.space.recipe, task.space.out
    paths = {name: out / name / f"part-{task.number:05d}.parquet" for name in layout.WRITTEN}
    judged = judged_schema(recipe)
    shards, entries = shard_schema(judged), ledger_schema(judged)
    corpus = CorpusWide(rank.rules(recipe, out), candidates.read_boilerplate(task.space))
    marks = erased_texts.marks_of((out, *recipe.base))
    with (
        shuffle.writing(paths[layout.SHARDS], shards) as kept,
        shuffle.writing(paths[layout.LEDGER], entries) as entered,
        shuffle.writing(paths[layout.INDEX], dedup_index.schema(recipe.near_duplicate)) as indexed,
    ):
        done = 0
        for index, chunk in enumerate(task.chunks, task.first_chunk):
            if chunk.base:
                continue
            stays = [np.empty(0, np.bool_)]
            for batch in _judged(task, index, chunk, corpus):
                # Once more, now that what pages repeat is cut: what was erased had been cut so too.
                gone = scan.copies_of_erased(batch, marks) if marks else np.zeros(batch.num_rows, np.bool_)
                shard_rows, ledger_rows = split(batch.filter(pa.array(~gone)), recipe)
                kept.write_batch(views.add_views(shard_rows).cast(shards))
                entered.write_batch(ledger_rows)
                if gone.any():
                    entered.write_table(_tombstones(batch, gone, entries))
                stay = ~gone
                stay[~gone] = ledger_rows.column("kept").to_numpy(zero_copy_only=False)
                stays.append(stay)
            if chunk.documents:
                indexed.write_table(dedup_index.rows_of(task.space, chunk, np.concatenate(stays)))
            if chunk.unreadable:
                items = shuffle.read_table(chunk.path(task.space.folder, "unreadable"))
                entered.write_table(unreadable_rows(items, entries))
            done += chunk.text_bytes
            report(done)
    hashes = {f"{path.parent.name}/{path.name}": sha256_of(path) for path in paths.values()}
    write_text(task.record, json.dumps(hashes))


def _tombstones(batch: pa.RecordBatch, gone: np.ndarray, entries: pa.Schema) -> pa.Table:
    """The rows of the ledger for those that are gone."""
    rows = [scan.erased(row, tombstones.COPY_DETAIL) for row in scan.item_rows(batch, gone)]
    return unreadable_rows(pa.Table.from_pylist(rows, UNREADABLE), entries)


def read_hashes(record: Path) -> dict[str, str]:
    """SHA-256 by name of the files of a part that is done."""
    return json.loads(record.read_text(encoding="utf-8"))


def _judged(task: Task, index: int, chunk: Chunk, corpus: CorpusWide) -> Iterator[pa.RecordBatch]:
    """The documents of a chunk with all verdicts, a row group at a time."""
    if not chunk.documents:
        return
    # A row group is a batch as the steps saw it, so memory is bounded as it was there.
    compared = shuffle.read_table(Task(task.space, CLUSTER).record, group=index)
    known = shuffle.read_table(shuffle.ranks_path(task.space), group=index)
    with shuffle.reading(chunk.path(task.space.folder, "documents")) as documents:
        first = 0
        for group in range(documents.num_row_groups):
            batch = documents.read_row_group(group).combine_chunks().to_batches()[0]
            copies, site = (part.slice(first, batch.num_rows).to_batches()[0] for part in (compared, known))
            columns = {name: copies.column(name) for name in copies.schema.names} | {"trust": site.column("trust")}
            batch = verdicts.with_columns(_with_popularity(batch, site.column("popularity")), columns)
            if BOILERPLATE not in task.space.recipe.off:
                ranks, settings = site.column("rank").to_numpy(), task.space.recipe.paragraphs
                batch = boilerplate.without(batch, ranks, corpus.repeats, settings)
            yield verdicts.judged(batch, corpus.rules)
            first += batch.num_rows


def _with_popularity(batch: pa.RecordBatch, popularity: pa.Array) -> pa.RecordBatch:
    """The batch with the popularity of the site where the source gave none of its own."""
    source = batch.column("source")
    fields = {field.name: source.field(field.name) for field in SOURCE}
    given = [fields["popularity"], popularity.cast(pa.float64())]
    fields["popularity"] = pc.call_function("coalesce", given)
    return verdicts.replaced(batch, "source", pa.StructArray.from_arrays(list(fields.values()), fields=list(SOURCE)))
