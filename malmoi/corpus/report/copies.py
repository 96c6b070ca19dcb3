"""A copy beside the document that stays for it: which one that is, and the places in which they differ."""

import difflib
import re
from typing import Any

import duckdb

from malmoi.corpus.ledger.database import query

COMPARED_WORDS = 4_000
"""Words from the start of both texts: difflib takes a second for so many."""
SHOWN_PLACES, SHOWN_CHARACTERS = 5, 120
_PARTS = re.compile(r"\S+")


def add_staying(database: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Gives each row whose `stays` is an id that document (id, title, origin, input, kept; None where a base has it),
    and `differs`, the first places in which they differ (of the copy, of the one that stays), `more_differs` of others.

    Not kept is the best of some copies that are all too short, or the like.
    """
    asked = {row["id"]: row["stays"] for row in rows if row["stays"]}
    found, texts = {}, {}
    if asked:
        ids = [*asked, *asked.values()]
        found = {row["id"]: row for row in query(database, _STAYING, ids=list(asked.values()))}
        texts = {row["id"]: row["text"] for row in query(database, _TEXTS, ids=ids)}
    for row in rows:
        other, row["stays"] = row["stays"], found.get(row["stays"])
        places = differences(texts.get(row["id"]), texts.get(other)) if row["stays"] else []
        row["differs"], row["more_differs"] = places[:SHOWN_PLACES], max(0, len(places) - SHOWN_PLACES)


def differences(copy: str | None, stays: str | None) -> list[tuple[str, str]]:
    """Runs of words in which two texts differ, with nothing where words are only in one of them."""
    one, other = (_PARTS.findall(text or "")[:COMPARED_WORDS] for text in (copy, stays))
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return [(_cut(one[a:b]), _cut(other[c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]


def _cut(words: list[str]) -> str:
    text = " ".join(words)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} …"


_STAYING = """
SELECT DISTINCT ON (id) id, title, origin, input, kept
FROM ledger WHERE list_contains($ids, id) ORDER BY id, kept DESC"""
_TEXTS = """
SELECT id, any_value(text) AS text FROM (
  SELECT id, text FROM ledger WHERE text IS NOT NULL AND list_contains($ids, id)
  UNION ALL SELECT id, text FROM shards WHERE list_contains($ids, id)) GROUP BY id"""
