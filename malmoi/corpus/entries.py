"""Every item of a unit as one row: a document, or the reason why there is none. Nothing is skipped, nothing raises."""

import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from malmoi.corpus.document import ORIGIN, SCHEMA
from malmoi.corpus.journal import Journal, Phase, Place, Wounds
from malmoi.corpus.recipe import Input
from malmoi.corpus.sources.files import read_file
from malmoi.corpus.sources.page import DAMAGE, to_document
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.units import Unit, label, relative_name

DOCUMENTS = pa.schema(
    [
        *SCHEMA,
        pa.field("input", pa.string()),
        pa.field("raw_bytes", pa.int64()),
        pa.field("text_bytes", pa.int64()),  # as read; what is masked later is not counted again
        pa.field(DAMAGE, pa.float32()),
        pa.field("link_hosts", pa.list_(pa.string())),  # other sites that a page links to, each once
    ]
)
"""What steps get: documents with where they came from and how large they were."""

UNREADABLE = pa.schema(
    [
        ("input", pa.string()),
        ("origin", ORIGIN),
        ("raw_bytes", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
WORKER_DIED, FAILED = "worker_died", "failed"
"""Reasons of ours beside those of sources/raw.py: a process was lost with the item; code raised what it must not."""

Row = dict[str, Any]


def read_entries(unit: Unit, source: Input, wounds: Wounds, journal: Journal) -> Iterator[tuple[Place, Row]]:
    """The items of a unit in order: rows of DOCUMENTS, and rows of UNREADABLE, which have a `reason`.

    The journal is told of every item before it is touched. What wounds say was lost to earlier attempts gets a row too.
    """
    for file_number, path in enumerate(unit.files):
        items = read_file(path, source)
        item_number = 0
        while (place := Place(file_number, item_number)) not in wounds.unread:
            journal.at(place, Phase.READING)
            item = next(items, None)
            if item is None:
                break
            if isinstance(item, Unreadable):
                yield place, _refused(item, item.reason, item.detail, source)
            elif place in wounds.lost:
                yield place, _refused(item, WORKER_DIED, "this item killed its worker twice", source)
            else:
                journal.at(place, Phase.PARSING)
                yield place, _row(item, source)
            item_number += 1
        else:
            rest = Raw("", "text", relative_name(path, source), item_number, 0)
            yield place, _refused(rest, WORKER_DIED, "reading killed the worker twice; the rest is unread", source)


def to_batch(rows: Sequence[Row]) -> tuple[pa.RecordBatch, list[Row]]:
    """Document rows as a batch, and rows of UNREADABLE for those that Arrow cannot hold.

    Rows are tried one by one only when a batch is refused, which well-behaved readers never cause.
    """
    try:
        return pa.RecordBatch.from_pylist(list(rows), DOCUMENTS), []
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        good, bad = [], []
        for row in rows:
            try:
                pa.RecordBatch.from_pylist([row], DOCUMENTS)
                good.append(row)
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
                refused = {name: row[name] for name in ("input", "origin", "raw_bytes")}
                bad.append({**refused, "reason": FAILED, "detail": f"{type(error).__name__}: {error}"[:500]})
        return pa.RecordBatch.from_pylist(good, DOCUMENTS), bad


def _row(raw: Raw, source: Input) -> Row:
    try:
        document = to_document(raw, source)
        if isinstance(document, Unreadable):
            return _refused(document, document.reason, document.detail, source)
        size = len(document["text"].encode())
    except Exception as error:  # the edge of this process: an item that no one thought of must not end the run
        print(traceback.format_exc(), file=sys.stderr)
        return _refused(raw, FAILED, f"{type(error).__name__}: {error}"[:500], source)
    return {**document, "input": label(source), "raw_bytes": raw.raw_bytes, "text_bytes": size}


def _refused(item: Raw | Unreadable, reason: str, detail: str, source: Input) -> Row:
    return {
        "input": label(source),
        "origin": {"file": item.origin_file, "offset": item.origin_offset},
        "raw_bytes": item.raw_bytes,
        "reason": reason,
        "detail": detail,
    }
