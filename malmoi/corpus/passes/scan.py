"""The scan of one unit, in a worker: read, decode, score each document alone, sign it, write it aside.

A chunk is some Parquet files: documents (text and scores), scores (what judging all of them needs), signatures, the
keys of documents by partition (exact, bands), links between sites, and unreadable items. It is bounded in text bytes.
The unit's record is written last and says that all are whole.
"""

import contextlib
import hashlib
import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.corpus import media
from malmoi.corpus.document import UNREADABLE
from malmoi.corpus.ledger import erased_texts, tombstones
from malmoi.corpus.ledger.details import without_content
from malmoi.corpus.ledger.layout import MEDIA
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.attempts import ItemIndex, Journal, Phase
from malmoi.corpus.passes.inputs import hash_files
from malmoi.corpus.passes.items import Entry, Row, read_entries, to_batch
from malmoi.corpus.passes.tasks import Chunk, Task, Workspace, write_chunks
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.record import AUTHOR
from malmoi.corpus.steps import account, boilerplate
from malmoi.corpus.text.host import hosts
from malmoi.kit.paths import is_remote

BATCH_BYTES, BATCH_ROWS = 4_000_000, 2_000
"""A batch of text in memory: kernels are as fast from 1 MB on, and its Python rows take several times the text."""
CHUNK_BYTES, CHUNK_ROWS = 64_000_000, 100_000
"""A chunk, by text and by documents: row groups and key files of it are held whole by the stages that follow."""
MERIT_COLUMNS = ("id", "quality", "characters", "text_bytes")
"""What judging all documents needs of one beside the scores that rules look at, its kind, source and site."""
ITEM_COLUMNS = ("id", "input", "origin", "raw_bytes")
"""What a tombstone is made from."""


def journal_path(task: Task) -> Path:
    """Where a worker writes what it is doing: a file that can be mapped, so on a disk of this machine.

    Its name holds the lease: a worker that wakes after a takeover has a file that no newer worker reads or maps.
    """
    folder, lease = task.space.folder, task.space.lease
    if is_remote(folder):
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"malmoi-journals-{name}"
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{task.stem}{f'.{lease.token}' if lease else ''}.journal"


def scan_unit(task: Task, report: Callable[[Any], None]) -> None:
    """Does one unit. `report` gets the raw bytes done so far, now and then.

    Called again after its process was killed, it begins anew: a unit is small, and what it wrote is overwritten.
    """
    assert task.unit is not None
    journal, raw_bytes, index = Journal(journal_path(task)), 0, ItemIndex(0, 0)
    source = task.space.recipe.inputs[task.unit.input_number]
    with contextlib.ExitStack() as closing:  # on an error it throws away the chunk's open file
        writer = _Writer(task, closing)
        for index, entry in read_entries(task.unit, source, task.attempts, journal):
            sizes = [entry["raw_bytes"]] if isinstance(entry, dict) else entry.column("raw_bytes").to_pylist()
            raw_bytes += sum(sizes)
            rest: Entry | None = entry
            while rest is not None:
                rest = writer.hold(rest)
                if writer.is_full:
                    journal.at(index, Phase.JUDGING)
                    writer.flush()
                    report(raw_bytes)
            if task.attempts.one_by_one:
                journal.at(index, Phase.JUDGING)
                writer.judge()
        journal.at(index, Phase.JUDGING)
        writer.flush()
        writer.finish()
    write_chunks(task.record, writer.chunks, hash_files(task.unit))
    journal_path(task).unlink(missing_ok=True)  # another attempt at the same task may have ended first


class _Writer:
    """The chunks of a unit, one after another. A chunk's file of documents is open while it grows.

    Where a batch and a chunk end depends on the items alone: not on how many of them a reader gives at a time, and not
    on whether they are judged one by one. So an attempt after a death makes the same bytes.
    """

    def __init__(self, task: Task, closing: contextlib.ExitStack) -> None:
        self.chunks: list[Chunk] = []
        self._space, self._stem = task.space, task.stem
        self._steps = task.space.recipe.steps()
        self._open: pq.ParquetWriter | None = None
        self._closing = closing
        self._held: list[Entry] = []
        self._judged: list[pa.RecordBatch] = []
        self._held_bytes = self._held_rows = 0
        self._scores: list[pa.RecordBatch] = []
        self._signed: list[pa.RecordBatch] = []
        self._paragraphs: list[pa.Table] = []
        self._links: list[pa.Table] = []
        self._unreadable: list[Row] = []
        corpora = (task.space.out, *task.space.recipe.base)
        self._erased = frozenset(document for corpus in corpora for document in tombstones.erased_ids(corpus))
        self._gone = pa.array(sorted(self._erased), pa.string())
        self._marks = erased_texts.marks_of(corpora)
        self._next_chunk()

    @property
    def is_full(self) -> bool:
        """Whether what is held makes a batch, or the chunk has as many unreadable items as it may."""
        too_many = len(self._unreadable) >= CHUNK_ROWS
        return too_many or self._held_bytes >= BATCH_BYTES or self._held_rows >= BATCH_ROWS

    def hold(self, entry: Entry) -> pa.RecordBatch | None:
        """Adds an item to the batch that is being filled. Of several documents, those that no longer fit come back."""
        if not isinstance(entry, dict):
            return self._hold_batch(entry)
        if "reason" in entry:
            self._refuse([entry])
        else:
            self._hold_row(entry)
        return None

    def judge(self) -> None:
        """Scores what is held and not scored yet."""
        held, self._held = self._held, []
        batches = [batch for batch in self._batches(held) if batch.num_rows]
        if batches:
            batch = pa.concat_batches(batches)
            for step in self._steps:
                batch = step(batch)
            self._judged.append(account.settled(batch))

    def flush(self) -> None:
        """Scores what is held, signs it, and writes it."""
        self.judge()
        judged, held_bytes = self._judged, self._held_bytes
        self._judged, self._held_bytes, self._held_rows = [], 0, 0
        if judged:
            self._write(pa.concat_batches(judged), held_bytes)
        chunk = self._chunk
        if chunk.text_bytes >= CHUNK_BYTES or max(chunk.documents, chunk.unreadable) >= CHUNK_ROWS:
            self.finish()
            self._next_chunk()

    def _write(self, batch: pa.RecordBatch, text_bytes: int) -> None:
        recipe = self._space.recipe
        if self._marks:
            gone = copies_of_erased(batch, self._marks)
            self._refuse([erased(row, tombstones.COPY_DETAIL) for row in item_rows(batch, gone)])
            batch = batch.filter(pa.array(~gone))
            if not batch.num_rows:
                return
        self._scores.append(scores(recipe, batch))
        self._signed.append(recipe.near_duplicate.sign(batch))
        if "paragraphs" not in recipe.off:
            self._paragraphs.append(paragraph_keys(recipe, batch, self._chunk.documents))
        self._links += links(batch)
        self._documents(batch.schema).write_batch(batch)
        self._chunk.documents += batch.num_rows
        self._chunk.text_bytes += text_bytes

    def _refuse(self, rows: Sequence[Row]) -> None:
        """Items without a text. Where one lies that was erased by name, it stays nameless."""
        for row in rows:
            if any(marks.has(erased_texts.PLACE, place_of(row)) for marks in self._marks):
                row |= {"origin": row["origin"] | {"file": tombstones.NO_FILE}, "detail": tombstones.DETAIL}
        self._unreadable += rows
        self._chunk.unreadable += len(rows)

    def _hold_row(self, row: Row) -> None:
        """The media that a document brings are stored beside the shards."""
        author = row.pop(AUTHOR, None)
        if row["id"] in self._erased or any(author and marks.has(erased_texts.AUTHOR, author) for marks in self._marks):
            self._refuse([erased(row)])
            return
        contents = row.pop(media.CONTENTS, None)
        if contents:
            media.store(self._space.out / MEDIA, contents)
        self._held.append(row)
        self._held_bytes += row["text_bytes"]
        self._held_rows += 1

    def _hold_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """As many of the documents as row after row would have made it full."""
        gone = np.zeros(batch.num_rows, np.bool_)
        if self._erased:
            found = pc.call_function("is_in", [batch.column("id")], pc.SetLookupOptions(self._gone))
            gone = found.to_numpy(zero_copy_only=False)
        sizes = np.where(gone, 0, batch.column("text_bytes").to_numpy())
        is_full = self._held_bytes + np.cumsum(sizes) >= BATCH_BYTES
        is_full |= self._held_rows + np.cumsum(~gone) >= BATCH_ROWS
        is_full |= len(self._unreadable) + np.cumsum(gone) >= CHUNK_ROWS
        fit = int(np.argmax(is_full)) + 1 if is_full.any() else batch.num_rows
        head, gone = batch.slice(0, fit), gone[:fit]
        if gone.any():
            self._refuse([erased(row) for row in item_rows(head, gone)])
            head = head.filter(pa.array(~gone))
        self._held.append(head)
        self._held_bytes += int(sizes[:fit].sum())
        self._held_rows += head.num_rows
        return batch.slice(fit) if fit < batch.num_rows else None

    def _batches(self, held: Sequence[Entry]) -> Iterator[pa.RecordBatch]:
        """What is held as batches in order. All rows are made one batch, which is cut where they stood."""
        whole, refused = to_batch([entry for entry in held if isinstance(entry, dict)])
        self._refuse(refused)
        done = 0
        for is_batch, entries in itertools.groupby(held, lambda entry: isinstance(entry, pa.RecordBatch)):
            group = list(entries)
            if is_batch:
                yield from group
            elif refused:  # which of the rows are missing in the whole, nobody knows
                yield to_batch(group)[0]
            else:
                yield whole.slice(done, len(group))
                done += len(group)

    @property
    def _chunk(self) -> Chunk:
        return self.chunks[-1]

    def _next_chunk(self) -> None:
        self.chunks.append(Chunk(f"{self._stem}-{len(self.chunks):04d}"))

    def _documents(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._open is None:
            path = self._chunk.path(self._space.folder, "documents")
            self._open = self._closing.enter_context(shuffle.writing(path, schema, shuffle.PASSING))
        return self._open

    def finish(self) -> None:
        """Writes what the chunk has beside its documents, and closes it."""
        self._closing.close()
        self._open = None
        folder, chunk = self._space.folder, self._chunk
        if self._scores:
            shuffle.write_table(chunk.path(folder, "scores"), pa.Table.from_batches(self._scores), shuffle.PASSING)
            write_keys(self._space, chunk, pa.Table.from_batches(self._signed))
        if self._paragraphs:
            keys = pa.concat_tables(self._paragraphs)
            hashes, partitions = keys.column("hash").to_numpy(), self._space.partitions
            shuffle.write_partitions(chunk.path(folder, "paragraphs"), keys, hashes, partitions)
        if self._links:
            chunk.links = True
            shuffle.write_table(chunk.path(folder, "links"), pa.concat_tables(self._links))
        if self._unreadable:
            details = without_content([row["detail"] for row in self._unreadable])
            rows = [row | {"detail": detail} for row, detail in zip(self._unreadable, details, strict=True)]
            items = pa.Table.from_pylist(rows, UNREADABLE)
            shuffle.write_table(chunk.path(folder, "unreadable"), items)
        self._scores, self._signed, self._paragraphs, self._links, self._unreadable = [], [], [], [], []


def erased(row: Row, detail: str = tombstones.DETAIL) -> Row:
    """What stands in the ledger for a document that was erased on request: id, input, size, no name of a file."""
    item = {name: row[name] for name in ITEM_COLUMNS} | {"origin": row["origin"] | {"file": tombstones.NO_FILE}}
    return {**item, "reason": tombstones.ERASED, "detail": detail}


def item_rows(batch: pa.RecordBatch, chosen: np.ndarray) -> list[Row]:
    """What a tombstone is made from, of the chosen documents (bool)."""
    return batch.select(list(ITEM_COLUMNS)).filter(pa.array(chosen)).to_pylist() if chosen.any() else []


def place_of(row: Row) -> str:
    """Where an item lies, as it is marked: its input, file and place in the file."""
    return f"{row['input']}\0{row['origin']['file']}\0{row['origin']['offset']}"


def copies_of_erased(batch: pa.RecordBatch, marks: Sequence[erased_texts.Marks]) -> np.ndarray:
    """Which documents (bool) say what was erased, wherever they were found: before anything is compared."""
    signatures, shingles = erased_texts.signed(batch.column("text"))
    gone = np.zeros(batch.num_rows, np.bool_)
    source = batch.column("source")
    authors = source.field("author_hash").to_pylist()
    for mark in marks:
        gone |= mark.texts(signatures, shingles, authors) > 0
        if mark.hashes[erased_texts.ADDRESS] or mark.hashes[erased_texts.BELOW]:
            gone |= [url is not None and mark.has_address(url) for url in source.field("url").to_pylist()]
    return gone


def scores(recipe: CorpusRecipe, batch: pa.RecordBatch) -> pa.RecordBatch:
    """What judging all documents needs of a batch: some 300 bytes a document, whatever its length."""
    source = batch.column("source")
    names = dict.fromkeys((*MERIT_COLUMNS, *(rule.score for rule in recipe.document_rules())))
    names |= dict.fromkeys(name for name in ("value", "source_popularity") if name in batch.schema.names)
    columns = {name: batch.column(name) for name in names}
    columns["kind"], columns["source_name"] = source.field("kind"), source.field("name")
    columns["host"] = hosts(source.field("url"))
    return pa.RecordBatch.from_pydict(columns)


def paragraph_keys(recipe: CorpusRecipe, batch: pa.RecordBatch, first: int) -> pa.Table:
    """hash, row, site of every paragraph that counts. first: row of the batch's first document in its chunk."""
    signed = boilerplate.sign(batch, recipe.paragraphs)
    rows = (signed.column("row").to_numpy() + first).astype(np.uint32)
    return pa.table({"hash": signed.column("hash"), "row": pa.array(rows), "site": signed.column("site")})


def links(batch: pa.RecordBatch) -> list[pa.Table]:
    """How many documents of one site (from_host) link to another (to_host): one table, none where nobody does."""
    linked = batch.column("link_hosts")
    if linked.null_count == len(linked):
        return []
    of = pc.call_function("list_parent_indices", [linked])
    pairs = pa.table(
        {"from_host": hosts(batch.column("source").field("url")).take(of), "to_host": linked.flatten()}
    ).drop_null()
    counted = pairs.group_by(["from_host", "to_host"]).aggregate([([], "count_all")])
    return [counted.rename_columns(["from_host", "to_host", "documents"])] if len(counted) else []


def write_keys(space: Workspace, chunk: Chunk, signed: pa.Table) -> None:
    """Signatures in the order of documents, and keys by partition. signed: the columns of NearDuplicate.sign."""
    signed = signed.combine_chunks()
    rows = np.arange(len(signed), dtype=np.uint32)
    shuffle.write_table(chunk.path(space.folder, "signatures"), signed.drop_columns(["bands"]), shuffle.HASHES)
    exact = signed.select(["fingerprint_1", "fingerprint_2"]).append_column("row", pa.array(rows))
    shuffle.write_partitions(chunk.path(space.folder, "exact"), exact, exact.column(0).to_numpy(), space.partitions)
    bands = signed.column("bands").combine_chunks()
    signable = bands.is_valid().to_numpy(zero_copy_only=False)
    keys = bands.flatten().to_numpy()
    of = np.repeat(rows[signable], space.recipe.near_duplicate.bands)
    table = pa.table({"key": keys, "row": of})
    shuffle.write_partitions(chunk.path(space.folder, "bands"), table, keys, space.partitions)
