"""Every item of a unit as one row: a document, or the reason why there is none. Nothing is skipped, nothing raises."""

import itertools
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import CONFIDENCE, DAMAGE, DOCUMENTS, UNSURE
from malmoi.corpus.passes.attempts import Attempts, ItemIndex, Journal, Phase
from malmoi.corpus.passes.units import Unit, label
from malmoi.corpus.sources import arrow_rows, json_batches, letter_account
from malmoi.corpus.sources.files import read_file
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents
from malmoi.kit.errors import UserError

WORKER_DIED, FAILED = "worker_died", "failed"
"""Reasons of ours beside those of sources/raw.py: a process was lost with the item; code raised what it must not."""

UNKNOWN_YET = ("letters", "letters_read", "letters_taken", "source_verdict")
"""Columns of DOCUMENTS that sources/arrow_rows.py says nothing of."""

Row = dict[str, Any]
Entry = Row | pa.RecordBatch
"""A row of DOCUMENTS or of UNREADABLE, or a batch of DOCUMENTS."""


def read_entries(unit: Unit, source: Input, attempts: Attempts, journal: Journal) -> Iterator[tuple[ItemIndex, Entry]]:
    """The items of a unit in order: rows of DOCUMENTS and batches of them, and rows of UNREADABLE, with a `reason`.

    Every item is written into the journal before it is touched. What earlier attempts quarantined gets a row too.
    """
    for file_number, path in enumerate(unit.files):
        # After a failure items are read one by one, so that each has an index of its own.
        items = (None if attempts.failures else _batches(path, source)) or read_file(path, source)
        item_number = 0
        while (index := ItemIndex(file_number, item_number)) not in attempts.unread_from:
            journal.at(index, Phase.READING)
            item = _next(items, path, item_number, source)
            if item is None:
                break
            if isinstance(item, Unreadable):
                yield index, _refused(item, item.reason, item.detail, source)
            elif not isinstance(item, Raw):
                yield index, _finished(item, source)
                item_number += item.num_rows - 1
            elif index in attempts.quarantined:
                yield index, _refused(item, WORKER_DIED, "this item killed its worker twice", source)
            else:
                journal.at(index, Phase.PARSING)
                for row in _rows(item, source):
                    yield index, row
            item_number += 1
        else:
            rest = Raw("", "text", origin_name(path, source), item_number, 0)
            yield index, _refused(rest, WORKER_DIED, "reading killed the worker twice; the rest is unread", source)


def _batches(path: Path, source: Input) -> Iterator[arrow_rows.Item] | None:
    """The items of a file by a reader of many rows at once; None where there is none for it, or where it fails."""
    try:
        return arrow_rows.read(path, source) or json_batches.read(path, source)
    except (OSError, UserError):
        raise  # as in _next
    except Exception:  # the edge of this process: the file is read row by row then
        print(traceback.format_exc(), file=sys.stderr)
        return None


def _next(items: Iterator[arrow_rows.Item], path: Path, number: int, source: Input) -> arrow_rows.Item | None:
    """The next item of a file. Where a reader raises what none may raise, the rest of its file is one Unreadable."""
    try:
        return next(items, None)
    except (OSError, UserError):
        raise  # storage that fails: nothing may be lost by it
    except Exception as error:  # the edge of this process, as in _rows
        print(traceback.format_exc(), file=sys.stderr)
        detail = f"{type(error).__name__}: {error}"[:500]
        return Unreadable(origin_name(path, source), number, 0, FAILED, detail)  # type: ignore[arg-type]


def _finished(batch: pa.RecordBatch, source: Input) -> pa.RecordBatch:
    """Documents of sources/arrow_rows.py with the other columns of DOCUMENTS."""
    sizes = pc.call_function("binary_length", [batch.column("text")]).cast(pa.int64())
    rows = batch.num_rows
    added = {
        "input": pa.repeat(label(source), rows),
        "raw_bytes": batch.column("raw_bytes") if "raw_bytes" in batch.schema.names else sizes,
        "text_bytes": sizes,
        **{name: pa.nulls(rows, DOCUMENTS.field(name).type) for name in UNKNOWN_YET},
        DAMAGE: pa.array(np.zeros(rows, np.float32)),
        CONFIDENCE: pa.nulls(rows, pa.float32()),
        UNSURE: pa.nulls(rows, pa.bool_()),
        "link_hosts": pa.nulls(rows, DOCUMENTS.field("link_hosts").type),
    }
    arrays = [added[field.name] if field.name in added else batch.column(field.name) for field in DOCUMENTS]
    return pa.RecordBatch.from_arrays(arrays, schema=DOCUMENTS)


def to_batch(rows: Sequence[Row]) -> tuple[pa.RecordBatch, list[Row]]:
    """Document rows as a batch, and rows of UNREADABLE for those that Arrow cannot hold.

    Rows are tried one by one only when a batch is refused, which well-behaved readers never cause.
    """
    try:
        return pa.RecordBatch.from_pylist(list(rows), DOCUMENTS), []
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        if len(rows) > 1:
            batches, refused = zip(*(to_batch([row]) for row in rows), strict=True)
            return pa.concat_batches(batches), list(itertools.chain.from_iterable(refused))
        place = {name: rows[0][name] for name in ("input", "origin", "raw_bytes")}
        bad = {**place, "reason": FAILED, "detail": f"{type(error).__name__}: {error}"[:500]}
        return pa.RecordBatch.from_pylist([], DOCUMENTS), [bad]


def _rows(raw: Raw, source: Input) -> list[Row]:
    """The documents of one item: mostly one; a page may give its comments as documents of their own."""
    try:
        made = to_documents(raw, source)
        documents = [made] if isinstance(made, Unreadable) else made
        rows = [_row(document, raw, source) for document in documents]
    except Exception as error:  # the edge of this process: an item that no one thought of must not end the run
        print(traceback.format_exc(), file=sys.stderr)
        return [_refused(raw, FAILED, f"{type(error).__name__}: {error}"[:500], source)]
    for row in rows[1:]:
        row["raw_bytes"] = 0  # the bytes of an item are counted once
    return rows


def _row(document: dict[str, Any] | Unreadable, raw: Raw, source: Input) -> Row:
    if isinstance(document, Unreadable):
        return _refused(document, document.reason, document.detail, source)
    size = len(document["text"].encode())
    return {**document, "input": label(source), "raw_bytes": raw.raw_bytes, "text_bytes": size}


def _refused(item: Raw | Unreadable, reason: str, detail: str, source: Input) -> Row:
    return letter_account.columns(sum(letters for _, letters in item.taken), item.taken) | {
        "input": label(source),
        "origin": {"file": item.origin_file, "offset": item.origin_offset},
        "raw_bytes": item.raw_bytes,
        "reason": reason,
        "detail": detail,
    }
