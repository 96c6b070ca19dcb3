"""Paragraphs that stand word for word in many documents: menus, notices, signatures of a site, formulas of the law.

They are cut everywhere but in the best-ranked document that has them. `sign` looks at one batch and makes small keys;
`repeated` looks at the keys of one partition by hash; `without` looks at one batch again and cuts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import require_kind
from malmoi.corpus.steps.account import REPEATED_PARAGRAPHS, took
from malmoi.corpus.steps.rule import Rule
from malmoi.corpus.steps.verdicts import replaced, with_columns
from malmoi.corpus.text.host import hosts
from malmoi.kit.ranges import at_least

if TYPE_CHECKING:
    import duckdb

BOILERPLATE = "boilerplate"

_REPEATED = """
SELECT hash, CAST(min(best) AS BIGINT) AS keeper_rank, CAST(sum(documents) AS INTEGER) AS documents FROM (
  SELECT hash, site, min(rank) AS best, count(*) AS documents FROM paragraphs GROUP BY hash, site)
GROUP BY hash HAVING sum(documents) > ? OR max(CASE WHEN site <> 0 THEN documents ELSE 0 END) > ?
ORDER BY hash"""


@dataclass(frozen=True)
class Paragraphs:
    """A paragraph in more documents than these limits is boilerplate: one document keeps it.

    least_characters: letters and digits of a paragraph; shorter ones (headings, "감사합니다") repeat by nature.
    most_documents: over the whole corpus. most_documents_of_site: of one host (else one source's name); a paragraph
    over this limit on any site is cut on all. least_left_characters: what a document must keep when something was cut.
    off_kinds: kinds of documents that are neither cut nor counted.
    """

    least_characters: int = 30
    most_documents: int = 20
    most_documents_of_site: int = 5
    least_left_characters: int = 100
    off_kinds: tuple[str, ...] = ("code", "dialogue")

    def __post_init__(self) -> None:
        at_least(self, 1, "least_characters", "most_documents", "most_documents_of_site")
        at_least(self, 0, "least_left_characters")
        for kind in self.off_kinds:
            require_kind(kind, "a kind in off_kinds")

    def rules(self) -> tuple[Rule, ...]:
        """A document of which something was cut and too little is left."""
        return (Rule(BOILERPLATE, "left_characters", minimum=self.least_left_characters),)


class Repeats(NamedTuple):
    """Paragraphs to cut, by ascending hash (uint64), and the rank of the document that keeps each (int64)."""

    hashes: np.ndarray
    keepers: np.ndarray


def sign(batch: pa.RecordBatch, settings: Paragraphs) -> pa.RecordBatch:
    """Each different paragraph of each document: hash (uint64), row (int32), characters (int32), site (uint32, or 0).

    characters: letters and digits. Fenced and indented blocks of code and tables are one paragraph each.
    """

    from malmoi.corpus.kernels import paragraphs
    from malmoi.corpus.kernels.buffers import string_buffers

    rows, _, _, hashes, letters = paragraphs.find(*string_buffers(batch.column("text")))
    counts = np.flatnonzero((letters >= settings.least_characters) & _on(batch, settings)[rows])
    order = counts[np.lexsort((hashes[counts], rows[counts]))]
    new = np.ones(len(order), bool)
    new[1:] = (hashes[order][1:] != hashes[order][:-1]) | (rows[order][1:] != rows[order][:-1])
    order = order[new]
    columns = {"hash": hashes, "row": rows, "characters": letters, "site": _sites(batch)[rows]}
    return pa.RecordBatch.from_pydict({name: pa.array(values[order]) for name, values in columns.items()})


def repeated(database: "duckdb.DuckDBPyConnection", settings: Paragraphs) -> pa.Table:
    """Paragraphs to cut, by hash: hash (uint64), keeper_rank (int64, of the document that keeps it), documents (int32).

    Reads the view `paragraphs(hash, rank, site)`: what `sign` said, with each row's rank in the corpus (lower is
    better), for one part of the hashes. It should hold documents that stay only: copies that are dropped anyway would
    make boilerplate of what they copy.
    """
    limits = [settings.most_documents, settings.most_documents_of_site]
    return database.sql(_REPEATED, params=limits).to_arrow_table()


def gathered(parts: Iterable[pa.Table]) -> Repeats:
    """What `repeated` found in all parts, ready for `without`: 16 bytes a paragraph."""

    columns = [(part.column("hash").to_numpy(), part.column("keeper_rank").to_numpy()) for part in parts]
    hashes = np.concatenate([np.empty(0, np.uint64), *(hashes for hashes, _ in columns)])
    keepers = np.concatenate([np.empty(0, np.int64), *(keepers for _, keepers in columns)])
    order = np.argsort(hashes)
    return Repeats(hashes[order], keepers[order])


def without(batch: pa.RecordBatch, ranks: np.ndarray, repeats: Repeats, settings: Paragraphs) -> pa.RecordBatch:
    """The batch with repeated paragraphs cut from `text`; adds repeated_bytes, repeated_share and left_characters.

    ranks: of each row. left_characters (null where nothing was cut) is for the rule `boilerplate`. Segments and views
    are moved with the text; one inside a cut paragraph becomes empty. A document with turns is left as it is: its
    turns hold the same text. Titles and all else stay.
    """

    from malmoi.corpus.kernels import paragraphs
    from malmoi.corpus.kernels.buffers import string_array, string_buffers

    data, offsets = string_buffers(batch.column("text"))
    rows, starts, stops, hashes, letters = paragraphs.find(data, offsets)
    batch = replaced(batch, "letters", pa.array(_letters(rows, letters, batch.num_rows)))
    may = _on(batch, settings) & ~batch.column("turns").is_valid().to_numpy(zero_copy_only=False)
    gone = (letters >= settings.least_characters) & may[rows] & _repeats(hashes, ranks[rows], repeats)
    batch = took(batch, REPEATED_PARAGRAPHS, _letters(rows[gone], letters[gone], batch.num_rows))
    rows, starts, stops = rows[gone], starts[gone], stops[gone]
    sizes, left = np.diff(offsets), np.full(batch.num_rows, np.nan, np.float32)
    cut_bytes = np.zeros_like(sizes)
    if len(rows):
        lengths = np.zeros(len(rows), np.int64)
        shorter, places = paragraphs.cut(data, offsets, rows, starts, stops, lengths)
        cut_bytes = sizes - np.diff(places)
        left[rows] = paragraphs.characters_of(shorter, places)[rows]
        batch = replaced(batch, "text", string_array(shorter, places))
        batch = _moved(batch, (data, offsets), (rows, starts, lengths))
    shares = (cut_bytes / np.maximum(sizes, 1)).astype(np.float32)
    return with_columns(batch, {"repeated_bytes": cut_bytes, "repeated_share": shares, "left_characters": left})


def _letters(rows: np.ndarray, letters: np.ndarray, num_rows: int) -> np.ndarray:
    """Letters of all units of each row: of a whole text they are its letters, counted once more."""
    return np.bincount(rows, letters, num_rows).astype(np.int64)


def _on(batch: pa.RecordBatch, settings: Paragraphs) -> np.ndarray:
    kinds = batch.column("source").field("kind")
    off = pc.call_function("is_in", [kinds], pc.SetLookupOptions(pa.array(settings.off_kinds, kinds.type)))
    return ~off.to_numpy(zero_copy_only=False)


def _sites(batch: pa.RecordBatch) -> np.ndarray:
    """A hash of each document's host, else of its source's name; 0 where it has neither (uint32)."""

    from malmoi.corpus.kernels import paragraphs
    from malmoi.corpus.kernels.buffers import string_buffers

    source = batch.column("source")
    names = pc.call_function("coalesce", [hosts(source.field("url")), source.field("name")])
    return paragraphs.hashes_of(*string_buffers(names))


def _repeats(hashes: np.ndarray, ranks: np.ndarray, repeats: Repeats) -> np.ndarray:
    """Whether a paragraph is known to repeat and its document is not the one that keeps it."""

    if not len(repeats.hashes):
        return np.zeros(len(hashes), bool)
    index = np.minimum(np.searchsorted(repeats.hashes, hashes), len(repeats.hashes) - 1)
    return (repeats.hashes[index] == hashes) & (repeats.keepers[index] != ranks)


def _moved(batch: pa.RecordBatch, was: tuple[Any, Any], cuts: tuple[Any, Any, Any]) -> pa.RecordBatch:
    """The batch with `start` and `end` (characters) of segments and views where they are now."""

    for name in ("segments", "views"):
        column = batch.column(name)
        if column.null_count < len(column):
            batch = replaced(batch, name, _moved_spans(column, was, cuts))
    return batch


def _moved_spans(spans: pa.Array, was: tuple[Any, Any], cuts: tuple[Any, Any, Any]) -> pa.Array:
    from malmoi.corpus.kernels import paragraphs

    starts = paragraphs.character_places(*was, cuts[0], cuts[1])
    content, row_of = spans.flatten(), spans.value_parent_indices().to_numpy()
    fields = {field.name: content.field(index) for index, field in enumerate(content.type)}
    for name in ("start", "end"):
        values = fields[name].to_numpy(zero_copy_only=False).astype(np.float64)  # null becomes NaN and stays
        paragraphs.move(values, row_of, cuts[0], starts, cuts[2])
        fields[name] = pa.array(values, from_pandas=True).cast(pa.int64())
    moved = pa.StructArray.from_arrays(list(fields.values()), fields=list(content.type))
    places = np.concatenate([[0], np.cumsum(spans.value_lengths().fill_null(0).to_numpy(zero_copy_only=False))])
    mask = spans.is_null() if spans.null_count else None
    return pa.ListArray.from_arrays(pa.array(places, pa.int32()), moved, spans.type, mask=mask)
