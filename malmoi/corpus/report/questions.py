"""Answers about a finished corpus as plain data: its numbers, why a document fared as it did, samples of what went."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from malmoi.corpus.ledger import rules
from malmoi.corpus.ledger.database import manifest_of, opened, query
from malmoi.corpus.ledger.rows import HEAD
from malmoi.corpus.passes import rank
from malmoi.corpus.recipe import CorpusRecipe, from_manifest
from malmoi.corpus.report import copies, lookup
from malmoi.corpus.sources.input import Input
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


def explain(folder: Path, what: str) -> list[dict[str, Any]]:
    """Every judgement on the items that `what` names: an id, an address, a file or a title (lookup.py).

    Each has score, limit and verdict of every rule. Exact copies in one file share an id. Raises UserError where
    nothing that was read is called so, with what is like it.
    """
    judged_by, inputs = rules_of(folder), _inputs(folder)
    with opened(folder) as database:
        rows = lookup.find(database, what, inputs)
        if not rows:
            raise lookup.missing(database, what, inputs)
    return [_trail(row, judged_by) for row in rows]


def _inputs(folder: Path) -> tuple[Input, ...]:
    """The inputs of a corpus; none where its recipe is of a version that this one cannot read."""
    try:
        return recipe_of(folder).inputs
    except UserError:
        return ()


EVERY = "*"
"""For `sample`, in the place of a reason: kept and dropped."""


def sample(
    folder: Path,
    reason: str | None,
    count: int,
    seed: int = 0,
    among: lookup.Among = lookup.ANY,
    characters: int | None = None,
) -> list[dict[str, Any]]:
    """Some of the items that were dropped for a reason (any of theirs), the same ones for the same seed.

    reason: None for documents that were kept, EVERY for all. characters: of each text, None for all of it; a row has
    `characters`, the length of the whole text. A copy has the document that stays for it as well, and in what they
    differ (copies.py).
    """
    with opened(folder) as database:
        condition, values = among.condition(database)
        chosen = _CHOSEN[reason if reason in (None, EVERY) else "dropped"]
        values |= {"reason": reason} if "$reason" in chosen else {}
        sql = _SAMPLE.format(condition=f"{chosen} AND {condition}")
        rows = query(database, sql, seed=seed, count=count, most=characters or MOST_CHARACTERS, **values)
        if not rows and reason not in (None, EVERY) and among == lookup.ANY:
            known = [name for (name,) in database.sql("SELECT DISTINCT unnest(reasons) FROM ledger").fetchall()]
            raise UserError(f"nothing was dropped by {reason!r}", hint=did_you_mean(reason, sorted(known)))
        copies.add_staying(database, rows)
    return rows


def outcomes(folder: Path, among: lookup.Among) -> dict[str, int]:
    """What became of the items: documents by "kept" or the first reason, the most first."""
    with opened(folder) as database:
        condition, values = among.condition(database)
        rows = query(database, _OUTCOMES.format(condition=condition), **values)
    return {row["outcome"]: row["documents"] for row in rows}


MOST_CHARACTERS = 2**31
_CHOSEN: dict[str | None, str] = {None: "kept", EVERY: "true", "dropped": "list_contains(reasons, $reason)"}
# Only what is chosen meets the shards, whose texts are most of a corpus.
_SAMPLE = """
WITH chosen AS (SELECT * FROM ledger WHERE {condition} ORDER BY hash(origin, $seed), origin, id LIMIT $count),
texts AS (SELECT id, any_value(text) AS text FROM (FROM shards SEMI JOIN chosen USING (id)) GROUP BY id)
SELECT id, title, origin, input, source, reasons, detail,
  coalesce(exact_duplicate_of, near_duplicate_of) AS stays,
  left(coalesce(chosen.text, texts.text), $most) AS text, length(coalesce(chosen.text, texts.text)) AS characters
FROM chosen LEFT JOIN texts USING (id) ORDER BY hash(origin, $seed), origin, id"""
_OUTCOMES = """
SELECT CASE WHEN kept THEN 'kept' ELSE reasons[1] END AS outcome, count(*) AS documents FROM ledger
WHERE {condition} GROUP BY 1 ORDER BY 2 DESC, 1"""


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
