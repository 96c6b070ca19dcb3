"""Reading a corpus folder: the numbers of its manifest, pages of its documents, and why one was kept or dropped.

DuckDB reads the ledger's Parquet files in place (corpus/ledger/database.py), so a page of twenty documents of a large
corpus costs a scan of a few columns and no index. Texts are read for the documents of the page alone. Whatever a person
asks for goes in as a parameter, never into the text of a query.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from malmoi.corpus.ledger import database
from malmoi.corpus.ledger.rows import HEAD
from malmoi.corpus.report import questions
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.studio.corpora import replies

EXCERPT_CHARACTERS = 600
"""Of a text in a list."""
MAX_TEXT_CHARACTERS = 100_000
"""Of one document on its page; how long it is in all is told beside it."""

_NOT_SCORES = frozenset({*HEAD, "text"})


@dataclass(frozen=True)
class Query:
    """Which documents to list. None asks for all; `page` counts from 1.

    words: stand in the title, the text, the address or the file, or are the id.
    """

    status: str | None = None
    reason: str | None = None
    kind: str | None = None
    source: str | None = None
    words: str | None = None
    page: int = 1
    size: int = 20


def numbers(corpus: Path, labels: replies.CorpusLabels) -> replies.Corpus:
    """The flow through the corpus stage, as lists that a table or a plot can take; the commonest reason first."""
    found = manifest.read(corpus)
    counts = found.get("counts", {})
    flow = ("documents_in", "documents_kept", "documents_dropped", "raw_bytes_in", "text_bytes_kept")
    reasons = sorted(counts.get("dropped_by_reason", {}).items(), key=lambda item: -item[1])
    return replies.Corpus(
        **{name: counts.get(name, 0) for name in flow},
        dropped_by_reason=tuple(replies.ReasonCount(*item) for item in reasons),
        by_kind=tuple(replies.KindCount(*row) for row in _rows(counts.get("by_kind", {}))),
        by_source=tuple(replies.SourceCount(*row) for row in _rows(counts.get("by_source", {}))),
        masked=tuple(replies.MaskedCount(*item) for item in counts.get("masked", {}).items()),
        seconds=found.get("seconds"),
        labels=labels,
    )


def list_documents(corpus: Path, query: Query) -> replies.DocumentList:
    """One page of the ledger, kept and dropped documents alike, with the beginning of each text."""
    where, values = _condition(query)
    offset = (query.page - 1) * query.size
    with database.opened(corpus) as connection:
        total = database.query(connection, f"SELECT count(*) AS total FROM ledger{where}", **values)[0]["total"]  # noqa: S608
        listed = database.query(connection, _PAGE.format(where=where), size=query.size, offset=offset, **values)
        texts = _texts(connection, [row["id"] for row in listed], EXCERPT_CHARACTERS)
    documents = tuple(replies.CorpusDocument(**_document(row, texts)) for row in listed)
    return replies.DocumentList(documents, query.page, query.size, total)


_PAGE = """
SELECT id, title, source, input, origin, kept, reasons, detail, text_bytes FROM ledger{where}
ORDER BY origin.file, origin.offset LIMIT $size OFFSET $offset"""
_TEXTS = """
SELECT id, any_value(title) AS title, left(any_value(text), $characters) AS text, any_value(length(text)) AS characters
FROM (SELECT id, title, text FROM shards UNION ALL SELECT id, title, text FROM ledger)
WHERE list_contains($ids, id) AND text IS NOT NULL GROUP BY id"""


# Kept texts lie in the shards, dropped ones in the ledger. Both are compared as they are read: NFC, without capitals.
_WORDS = """(id = $words
  OR contains(lower(nfc_normalize(concat_ws(chr(10), title, text, source.url, origin.file))), $words)
  OR id IN (SELECT id FROM shards WHERE contains(lower(nfc_normalize(concat_ws(chr(10), title, text))), $words)))"""


def _folded(words: str | None) -> str | None:
    """What is searched, in the form that the columns are compared in; None for nothing but spaces."""
    return unicodedata.normalize("NFC", words).strip().lower() or None if words else None


def why(corpus: Path, document_id: str) -> replies.DocumentDetail | None:
    """Every step's verdict on one document, its scores and its text; None where the ledger has no such id."""
    with database.opened(corpus) as connection:
        asked = "SELECT * EXCLUDE (text) FROM ledger WHERE id = $id LIMIT 1"
        rows = database.query(connection, asked, id=document_id)
        texts = _texts(connection, [document_id], MAX_TEXT_CHARACTERS)
    if not rows:
        return None
    row = rows[0]
    verdicts = [(name, value) for name, value in row.items() if name.startswith("drop_")]
    scores = [(name, value) for name, value in row.items() if _is_score(name, value)]
    text = texts.get(document_id, {"text": None, "characters": 0})
    return replies.DocumentDetail(
        **_document(row, texts),
        text=text["text"],
        text_chars=text["characters"],
        verdicts=tuple(replies.Verdict(name.removeprefix("drop_"), bool(value)) for name, value in verdicts),
        scores=tuple(replies.Score(name, _plain(value)) for name, value in scores),
        source_fields=row.get("source"),
        copy_of=row.get("exact_duplicate_of") or row.get("near_duplicate_of"),
        judgements=_judgements(corpus, row),
    )


def _judgements(corpus: Path, row: dict[str, Any]) -> tuple[replies.Judgement, ...]:
    """Each rule's score, limit and verdict. Empty for what had no text, and for a recipe of another version."""
    try:
        judgements = questions.judgements(row, questions.rules_of(corpus))
    except UserError:
        return ()
    plain = ({name: _plain(value) for name, value in judgement.items()} for judgement in judgements)
    return tuple(replies.Judgement(**judgement) for judgement in plain)


def _condition(query: Query) -> tuple[str, dict[str, str]]:
    """The WHERE of a query and the values that fill its names."""
    parts = {None: [], "kept": ["kept"]}.get(query.status, ["NOT kept"])
    asked = {
        "reason": (query.reason, "list_contains(reasons, $reason)"),
        "kind": (query.kind, "source.kind = $kind"),
        "source": (query.source, "coalesce(source.name, input) = $source"),
        "words": (_folded(query.words), _WORDS),
    }
    values = {name: value for name, (value, _) in asked.items() if value is not None}
    parts = [*parts, *(asked[name][1] for name in values)]
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _texts(connection: DuckDBPyConnection, ids: Sequence[str | None], characters: int) -> dict[str, dict[str, Any]]:
    """Title, the first characters of the text, and how many it has, by id. Kept texts lie in the shards."""
    known = [document for document in ids if document]
    rows = database.query(connection, _TEXTS, ids=known, characters=characters) if known else []
    return {row["id"]: row for row in rows}


def _document(row: dict[str, Any], texts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The fields of a CorpusDocument from a row of the ledger."""
    source, text = row.get("source") or {}, texts.get(row["id"] or "", {})
    return {
        "id": row["id"],
        "title": text.get("title") or row.get("title"),
        "kind": source.get("kind"),
        "source": source.get("name") or row.get("input"),
        "origin": replies.Origin(**row["origin"]) if row.get("origin") else None,
        "kept": bool(row.get("kept")),
        "reasons": tuple(row.get("reasons") or ()),
        "detail": row.get("detail"),
        "text_bytes": row.get("text_bytes"),
        "excerpt": (text.get("text") or "")[:EXCERPT_CHARACTERS] or None,
    }


def _rows(table: dict[str, Any]) -> list[tuple[str, int, int | None]]:
    """Name, documents and bytes. A manifest of an older format counts documents alone."""
    rows = ((name, value if isinstance(value, dict) else {"documents": value}) for name, value in table.items())
    return [(name, row.get("documents", 0), row.get("text_bytes")) for name, row in rows]


def _is_score(name: str, value: Any) -> bool:
    """Whether a column is a measure that some step took: whatever is neither a verdict nor the document itself."""
    plain = value is None or isinstance(value, (bool, int, float, str))
    return plain and name not in _NOT_SCORES and not name.startswith("drop_")


def _plain(value: Any) -> Any:
    """A value that JSON can carry: it knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
