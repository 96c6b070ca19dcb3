"""Reading a corpus folder: the numbers of its manifest, and why one document was kept or dropped."""

import math
from pathlib import Path
from typing import Any

from malmoi.corpus.ledger import database
from malmoi.corpus.ledger.rows import HEAD
from malmoi.corpus.report import questions
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.studio.corpora import open_corpora, replies
from malmoi.studio.corpora.listing import EXCERPT_CHARACTERS, document_fields

MAX_TEXT_CHARACTERS = 100_000
"""Of one document on its page; how long it is in all is told beside it."""

_NOT_SCORES = frozenset({*HEAD, "text"})


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


_TEXT = """
SELECT any_value(title) AS title, left(any_value(text), $characters) AS text, any_value(length(text)) AS characters
FROM (SELECT title, text FROM shards WHERE id = $id UNION ALL SELECT title, text FROM ledger WHERE id = $id)
WHERE text IS NOT NULL"""


def why(corpus: Path, document_id: str) -> replies.DocumentDetail | None:
    """Every step's verdict on one document, its scores and its text; None where the ledger has no such id."""
    with database.asking(open_corpora.opened(corpus).kept) as connection:
        asked = "SELECT * EXCLUDE (text, file_index, file_row_number) FROM ledger WHERE id = $id LIMIT 1"
        rows = database.query(connection, asked, id=document_id)
        text = database.query(connection, _TEXT, id=document_id, characters=MAX_TEXT_CHARACTERS)[0]
    if not rows:
        return None
    row = rows[0]
    verdicts = [(name, value) for name, value in row.items() if name.startswith("drop_")]
    scores = [(name, value) for name, value in row.items() if _is_score(name, value)]
    return replies.DocumentDetail(
        **_document(row, text),
        text=text["text"],
        text_chars=text["characters"] or 0,
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


def _document(row: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    """The fields of a CorpusDocument from a whole row of the ledger, as a list has them."""
    source = row.get("source") or {}
    shown = {**row, "kind": source.get("kind"), "source": source.get("name") or row.get("input")}
    return document_fields(shown, {**text, "excerpt": (text.get("text") or "")[:EXCERPT_CHARACTERS]})


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
