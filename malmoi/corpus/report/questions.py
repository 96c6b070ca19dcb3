"""Answers about a finished corpus as plain data: its numbers, why a document fared as it did, samples of what went."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from malmoi.corpus.ledger import rules
from malmoi.corpus.ledger.database import manifest_of, opened, query
from malmoi.corpus.ledger.rows import HEAD
from malmoi.corpus.passes import rank
from malmoi.corpus.recipe import CorpusRecipe, from_manifest
from malmoi.corpus.steps.rule import Rule
from malmoi.kit import manifest
from malmoi.kit.errors import UserError, did_you_mean


def numbers(folder: Path) -> dict[str, Any]:
    """The counts of the manifest. Raises UserError where the folder is no finished corpus."""
    counts = manifest_of(folder, "counts")["counts"]
    if "documents_in" not in counts:
        raise UserError(f"{folder / manifest.NAME} is damaged: its counts have no documents_in")
    return counts


def recipe_of(folder: Path) -> CorpusRecipe:
    """The recipe that a corpus was built with."""
    return from_manifest(manifest_of(folder, "config")["config"])


def rules_of(folder: Path) -> tuple[Rule, ...]:
    """The rules that a corpus was judged by, with the limits as they were."""
    return rules.read(folder) or rank.rules(recipe_of(folder), folder)


def explain(folder: Path, identity: str) -> list[dict[str, Any]]:
    """Every judgement on the document with this id: score, limit, verdict. Exact copies in one file share an id.

    Raises UserError for an unknown id, with one that begins alike.
    """
    judged_by = rules_of(folder)
    with opened(folder) as database:
        rows = query(database, "SELECT * EXCLUDE (text) FROM ledger WHERE id = $id", id=identity)
        if not rows:
            raise UserError(f"no document {identity!r} in {folder}", "the id of a document", _alike(database, identity))
    return [_trail(row, judged_by) for row in rows]


def sample(folder: Path, reason: str | None, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Some of the items that were dropped for a reason (any of theirs), the same ones for the same seed.

    reason: None for documents that were kept.
    """
    with opened(folder) as database:
        if reason is None:
            return query(database, _KEPT_SAMPLE, seed=seed, count=count)
        rows = query(database, _DROPPED_SAMPLE, reason=reason, seed=seed, count=count)
        if not rows:
            known = [name for (name,) in database.sql("SELECT DISTINCT unnest(reasons) FROM ledger").fetchall()]
            raise UserError(f"nothing was dropped by {reason!r}", hint=did_you_mean(reason, sorted(known)))
    return rows


_DROPPED_SAMPLE = """
SELECT id, title, origin, input, source, reasons, detail, text FROM ledger
WHERE list_contains(reasons, $reason) ORDER BY hash(origin, $seed), origin LIMIT $count"""
_KEPT_SAMPLE = """
SELECT id, title, origin, input, source, [] AS reasons, NULL AS detail, text FROM shards
ORDER BY hash(origin, $seed), origin LIMIT $count"""


def _alike(database: duckdb.DuckDBPyConnection, identity: str) -> str:
    """The hint for an unknown id: the one that shares the longest beginning."""
    for length in range(min(len(identity), 31), 2, -1):
        close = database.execute("SELECT min(id) FROM ledger WHERE starts_with(id, ?)", [identity[:length]]).fetchone()
        if close and close[0]:
            return f"did you mean {close[0]!r}?"
    return "`malmoi corpus sample` and the shards show ids"


def judgements(row: Mapping[str, Any], rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """What each rule says of a row of the ledger: reason, score, value, bound, limit, dropped.

    The rules judge again here, on the scores that the ledger kept: what is said is what was done, not a copy of it.
    """
    kind = (row["source"] or {}).get("kind") or ""
    return [
        {
            "reason": rule.reason,
            "score": rule.score,
            "value": row[rule.score],
            "bound": "at most" if rule.minimum is None else "at least",
            "limit": rule.limit(kind),
            "dropped": rule.fires(row[rule.score], kind),
        }
        for rule in rules
        if rule.score in row
    ]


def _trail(row: dict[str, Any], rules: Iterable[Rule]) -> dict[str, Any]:
    copies = ("exact_duplicate_of", "near_duplicate_of", "cluster", "cluster_size")
    counted = (name for name in row if name.startswith("masked_") and name != "masked_per_1000")
    masked = {name.removeprefix("masked_"): row[name] for name in counted}
    return {**{name: row[name] for name in (*HEAD, *copies)}, "masked": masked, "judgements": judgements(row, rules)}
