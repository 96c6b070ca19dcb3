"""Reading a corpus folder: the numbers of its manifest, pages of its documents, and why one was kept or dropped.

DuckDB reads the ledger's Parquet files in place, so a page of twenty documents of a large corpus costs a scan of a few
columns and no index. Whatever a person asks for goes in as a parameter, never into the text of a query.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb

from malmoi.corpus.report import questions
from malmoi.kit import manifest
from malmoi.kit.errors import UserError

EXCERPT_CHARACTERS = 600
MAX_TEXT_CHARACTERS = 100_000

_MEMORY = "512MB"
_NOT_SCORES = {
    "id",
    "title",
    "origin",
    "input",
    "source",
    "raw_bytes",
    "text_bytes",
    "kept",
    "reasons",
    "detail",
    "text",
}


@dataclass(frozen=True)
class Query:
    """Which documents to list. None asks for all; `page` counts from 1."""

    status: str | None = None
    reason: str | None = None
    kind: str | None = None
    source: str | None = None
    page: int = 1
    size: int = 20


def numbers(corpus: Path) -> dict[str, Any]:
    """The flow through the corpus stage, as lists that a table or a plot can take."""
    found = manifest.read(corpus)
    counts = found.get("counts", {})
    flow = ("documents_in", "documents_kept", "documents_dropped", "raw_bytes_in", "text_bytes_kept")
    reasons = sorted(counts.get("dropped_by_reason", {}).items(), key=lambda item: -item[1])
    return {
        **{name: counts.get(name, 0) for name in flow},
        "dropped_by_reason": [{"reason": reason, "documents": documents} for reason, documents in reasons],
        "by_kind": _rows("kind", counts.get("by_kind", {})),
        "by_source": _rows("source", counts.get("by_source", {})),
        "masked": [{"type": name, "count": count} for name, count in counts.get("masked", {}).items()],
        "reasons": [reason for reason, _ in reasons],
        "kinds": list(counts.get("by_kind", {})),
        "seconds": found.get("seconds"),
    }


def list_documents(corpus: Path, query: Query) -> dict[str, Any]:
    """One page of the ledger, kept and dropped documents alike, with the beginning of each text."""
    with _Ledger(corpus) as ledger:
        where, values = ledger.condition(query)
        total = ledger.rows(f"SELECT count(*) AS total FROM ledger{where}", values)[0]["total"]  # noqa: S608
        order = f"{where} ORDER BY origin.file, origin.offset LIMIT ? OFFSET ?"
        found = ledger.rows(f"SELECT * FROM ledger{order}", [*values, query.size, (query.page - 1) * query.size])  # noqa: S608
        texts = ledger.kept_texts([row["id"] for row in found if row.get("kept") and row["id"]])
    documents = [_document(row, texts) for row in found]
    return {"documents": documents, "page": query.page, "size": query.size, "total": total}


def why(corpus: Path, document_id: str) -> dict[str, Any] | None:
    """Every step's verdict on one document, its scores and its text; None where the ledger has no such id."""
    with _Ledger(corpus) as ledger:
        found = ledger.rows("SELECT * FROM ledger WHERE id = ? LIMIT 1", [document_id])
        if not found:
            return None
        row, texts = found[0], ledger.kept_texts([document_id])
    text = _text(row, texts)
    verdicts = [(name, value) for name, value in row.items() if name.startswith("drop_")]
    scores = [(name, value) for name, value in row.items() if _is_score(name, value)]
    return {
        **_document(row, texts),
        "text": text[:MAX_TEXT_CHARACTERS] if text else None,
        "text_chars": len(text or ""),
        "verdicts": [{"reason": name.removeprefix("drop_"), "fired": bool(value)} for name, value in verdicts],
        "scores": [{"name": name, "value": _plain(value)} for name, value in scores],
        "source_fields": row.get("source"),
        "judgements": _judgements(corpus, document_id),
    }


def _judgements(corpus: Path, document_id: str) -> list[dict[str, Any]]:
    """Each rule's score, limit and verdict. Empty for what had no text, and for a recipe of another version."""
    try:
        trail = questions.explain(corpus, document_id)[0]
    except UserError:
        return []
    return [{name: _plain(value) for name, value in judgement.items()} for judgement in trail["judgements"]]


class _Ledger:
    """A DuckDB connection that sees one corpus as the views `ledger` and `shard`."""

    def __init__(self, corpus: Path) -> None:
        self._connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1})
        ledgers, shards = sorted((corpus / "ledger").glob("*.parquet")), sorted((corpus / "shards").glob("*.parquet"))
        if not ledgers:
            raise UserError(f"{corpus} has no ledger", "the folder of a finished corpus")
        self._connection.read_parquet([str(file) for file in ledgers], union_by_name=True).create_view("ledger")
        self._has_shards = bool(shards)
        if shards:
            self._connection.read_parquet([str(file) for file in shards], union_by_name=True).create_view("shard")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def rows(self, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        """The result of a query as tables."""
        result = self._connection.execute(query, list(values))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def condition(self, query: Query) -> tuple[str, list[Any]]:
        """The WHERE of a query and its parameters."""
        parts, values = [], []
        if query.status is not None:
            parts.append("kept" if query.status == "kept" else "NOT kept")
        for value, part in (
            (query.reason, "list_contains(reasons, ?)"),
            (query.kind, "source.kind = ?"),
            (query.source, "coalesce(source.name, input) = ?"),
        ):
            if value is not None:
                parts.append(part)
                values.append(value)
        return (" WHERE " + " AND ".join(parts) if parts else ""), values

    def kept_texts(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Title and text of kept documents by id: the ledger holds the text of dropped ones only."""
        if not ids or not self._has_shards:
            return {}
        found = self.rows("SELECT id, title, text FROM shard WHERE list_contains(?, id)", [list(ids)])
        return {row["id"]: row for row in found}


def _document(row: dict[str, Any], texts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row of the ledger as it is listed. What could not be read has no id, no source and no text."""
    source, text = row.get("source") or {}, _text(row, texts)
    return {
        "id": row.get("id"),
        "title": texts.get(row.get("id") or "", {}).get("title") or row.get("title"),
        "kind": source.get("kind"),
        "source": source.get("name") or row.get("input"),
        "origin": row.get("origin"),
        "kept": bool(row.get("kept")),
        "reasons": list(row.get("reasons") or ()),
        "detail": row.get("detail"),
        "text_bytes": row.get("text_bytes"),
        "excerpt": text[:EXCERPT_CHARACTERS] if text else None,
    }


def _text(row: dict[str, Any], texts: dict[str, dict[str, Any]]) -> str | None:
    return row.get("text") or texts.get(row.get("id") or "", {}).get("text")


def _rows(key: str, table: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {key: name, **(value if isinstance(value, dict) else {"documents": value})} for name, value in table.items()
    ]


def _is_score(name: str, value: Any) -> bool:
    """Whether a column is a measure that some step took: whatever is neither a verdict nor the document itself."""
    plain = value is None or isinstance(value, (bool, int, float, str))
    return plain and name not in _NOT_SCORES and not name.startswith("drop_")


def _plain(value: Any) -> Any:
    """A value that JSON can carry: it knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
