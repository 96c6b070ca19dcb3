"""What a list of documents is asked for, and the condition in SQL that finds it. Values are parameters, never SQL."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """Which documents to list. None asks for all, and of `after` for the first page.

    words: stand in the title, the text, the address or the file, or are the id.
    """

    status: str | None = None
    reason: str | None = None
    kind: str | None = None
    source: str | None = None
    words: str | None = None
    after: str | None = None
    size: int = 20


# Kept texts lie in the shards, dropped ones in the ledger. A corpus has its texts in NFC (text/signs.py), so they
# are not brought into it once more: that takes ten times as long as to search them. Names of files may be in NFD.
_WORDS = """(id = $words OR contains({line}, $words) OR contains({text}, $words)
  OR id IN (SELECT id FROM shards WHERE contains({title}, $words) OR contains({text}, $words)))"""
_LINE, _TITLE = "nfc_normalize(concat_ws(chr(10), title, source.url, origin.file))", "nfc_normalize(title)"


def _in_words(words: str) -> str:
    """The condition for words as _folded gives them. Capitals matter to nobody, so words without any skip that work."""
    has_capitals = words.upper() != words
    columns = {"line": _LINE, "title": _TITLE, "text": "text"}
    return _WORDS.format(**{name: f"lower({column})" if has_capitals else column for name, column in columns.items()})


def _folded(words: str | None) -> str | None:
    """What is searched, in the form that the columns are compared in; None for nothing but spaces."""
    return unicodedata.normalize("NFC", words).strip().lower() or None if words else None


def condition(query: Query) -> tuple[str, dict[str, str]]:
    """The WHERE of a query and the values that fill its names. Empty for a query that asks for all."""
    words = _folded(query.words)
    parts = {None: [], "kept": ["kept"]}.get(query.status, ["NOT kept"])
    asked = {
        "reason": (query.reason, "list_contains(reasons, $reason)"),
        "kind": (query.kind, "source.kind = $kind"),
        "source": (query.source, "coalesce(source.name, input) = $source"),
        "words": (words, _in_words(words or "")),
    }
    values = {name: value for name, (value, _) in asked.items() if value is not None}
    parts = [*parts, *(asked[name][1] for name in values)]
    return (" WHERE " + " AND ".join(parts) if parts else ""), values
