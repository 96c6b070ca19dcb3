"""Pages of a corpus' ledger, kept and dropped documents alike, in the order of the ledger.

A document's place is its row, counted over all parts from 0. A page begins at a place (`after`), so the last page costs
what the first does, and no document comes twice or is left out. Without a filter the places follow each other and
nothing is searched. With one, the places that it finds are searched once, all at a time (DuckDB reads the few columns
that are asked), and are remembered for the pages that follow, and to tell how many there are. A cut list (MOST_PLACES)
is searched anew from where it ends. Whatever a person asks for goes in as a parameter, never into the text of a query.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from malmoi.corpus.ledger import database
from malmoi.studio.corpora import open_corpora, replies
from malmoi.studio.corpora.conditions import Query, condition
from malmoi.studio.corpora.open_corpora import OpenCorpus

EXCERPT_CHARACTERS = 600
"""Of a text in a list."""
MOST_PLACES = 1_000_000
"""That are remembered of one filter: 8 MB."""
_one_search = threading.Lock()
"""Searches take all cores for seconds on a large corpus. They wait for each other, so that pages need not wait."""
AFTER = r"^[0-9a-f]{8}-[0-9]{1,15}$"
"""What a place looks like to a client, to whom it means nothing: the stamp of the build, the row."""


class RebuiltError(Exception):
    """A place was given that belongs to another build of the corpus: what stood there may stand anywhere now."""


@dataclass(frozen=True)
class Places:
    """Rows (rising) that a filter finds from the row `first` on. whole: there are none behind the last."""

    first: int
    rows: Sequence[int]
    whole: bool

    def has_page(self, begin: int, size: int) -> bool:
        """Whether a page that begins at `begin` can be told from these places alone."""
        return begin >= self.first and (self.whole or self.index(begin) + size < len(self.rows))

    def index(self, place: int) -> int:
        """How many of the rows lie before a place."""
        return bisect_left(self.rows, place)


def list_documents(corpus: Path, query: Query) -> replies.DocumentList:
    """One page, with the beginning of each text. Raises RebuiltError."""
    opened = open_corpora.opened(corpus)
    begin = _begin(opened, query.after)
    where, _ = condition(query)
    with database.asking(opened.kept) as cursor:
        if where:
            found = _places(opened, cursor, query, begin)
        else:
            found = Places(0, range(opened.first_places[-1]), True)
        index = found.index(begin)
        chosen = [int(row) for row in found.rows[index : index + query.size]]
        documents = _documents(opened, cursor, chosen)
    return replies.DocumentList(documents, query.size, **_around(opened, found, index, query.size))


def _begin(opened: OpenCorpus, after: str | None) -> int:
    if after is None:
        return 0
    stamp, _, row = after.partition("-")
    if stamp != opened.stamp:
        raise RebuiltError(after)
    return int(row)


def _around(opened: OpenCorpus, found: Places, index: int, size: int) -> dict[str, Any]:
    """What lies about a page: the places of its neighbours, how many documents there are before it and in all."""
    end, rows = index + size, found.rows
    before = rows[max(index - size, 0)] if index else 0 if found.first else None
    return {
        "next": f"{opened.stamp}-{rows[end]}" if end < len(rows) else None,
        "previous": None if before is None else f"{opened.stamp}-{before}",
        "before": None if found.first else index,
        "total": len(rows) if found.whole and not found.first else None,
    }


_PLACES = """
SELECT list_extract($firsts, (file_index + 1)::BIGINT) + file_row_number AS place FROM ledger{where}
AND list_extract($firsts, (file_index + 1)::BIGINT) + file_row_number >= $begin ORDER BY place LIMIT $most"""


def _places(opened: OpenCorpus, cursor: DuckDBPyConnection, query: Query, begin: int) -> Places:
    """From what is remembered of the filter, else searched: from the beginning if that may do, else from `begin` on."""
    asked = replace(query, after=None, size=0)
    with _one_search:
        known = opened.lists.get(asked)
        if known is None:
            known = _searched(opened, cursor, query, 0)
        if not known.has_page(begin, query.size):
            known = _searched(opened, cursor, query, begin)
        opened.lists[asked] = known
        opened.lists.move_to_end(asked)
        while len(opened.lists) > open_corpora.MOST_LISTS:
            opened.lists.popitem(last=False)
    return known


def _searched(opened: OpenCorpus, cursor: DuckDBPyConnection, query: Query, begin: int) -> Places:
    where, values = condition(query)
    asked = {"firsts": list(opened.first_places), "begin": begin, "most": MOST_PLACES, **values}
    rows = cursor.sql(_PLACES.format(where=where), params=asked).to_arrow_table().column("place").to_numpy()
    return Places(begin, rows, len(rows) < MOST_PLACES)


_ROWS = """
SELECT file_row_number AS row, id, title, source.kind AS kind, coalesce(source.name, input) AS source, origin, kept,
  reasons, detail, text_bytes, left(text, $characters) AS excerpt
FROM ledger WHERE file_index = {part} AND file_row_number IN ({rows}) ORDER BY row"""
_TEXTS = """
SELECT id, any_value(title) AS title, any_value(left(text, $characters)) AS excerpt FROM shards
WHERE id IN ({ids}) GROUP BY id"""


def _documents(
    opened: OpenCorpus, cursor: DuckDBPyConnection, places: Sequence[int]
) -> tuple[replies.CorpusDocument, ...]:
    """The documents at some places, in their order."""
    rows = []
    for part, (first, end) in enumerate(pairwise(opened.first_places)):
        inside = [place - first for place in places[bisect_left(places, first) : bisect_left(places, end)]]
        if inside:  # whole numbers of our own, written out because DuckDB passes by what has none of them only so
            asked = _ROWS.format(part=part, rows=", ".join(map(str, inside)))
            rows += database.query(cursor, asked, characters=EXCERPT_CHARACTERS)
    texts = _texts(cursor, [row["id"] for row in rows if row["kept"]])
    return tuple(replies.CorpusDocument(**document_fields(row, texts.get(row["id"], {}))) for row in rows)


def _texts(cursor: DuckDBPyConnection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Title and beginning of kept texts, by id. A parameter for each id: a list of them is not looked up but joined."""
    asked = {f"id{number}": one for number, one in enumerate(ids)}
    texts = _TEXTS.format(ids=", ".join(f"${name}" for name in asked))
    rows = database.query(cursor, texts, characters=EXCERPT_CHARACTERS, **asked) if ids else []
    return {row["id"]: row for row in rows}


def document_fields(row: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    """The fields of a CorpusDocument. row: of the ledger; text: what the shards know, which goes before it."""
    return {
        "id": row["id"],
        "title": text.get("title") or row.get("title"),
        "kind": row["kind"],
        "source": row["source"],
        "origin": replies.Origin(**row["origin"]) if row.get("origin") else None,
        "kept": bool(row.get("kept")),
        "reasons": tuple(row.get("reasons") or ()),
        "detail": row.get("detail"),
        "text_bytes": row.get("text_bytes"),
        "excerpt": text.get("excerpt") or row.get("excerpt") or None,
    }
