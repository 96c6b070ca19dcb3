"""What the report of a corpus shows, as plain data: flow, composition, limits, distributions, sites, clusters, samples.

Everything is read from the ledger, the shards and the small files beside them by SQL; nothing is computed again.
"""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.layout import MIX, SITES
from malmoi.corpus.passes import rank
from malmoi.corpus.report import contamination
from malmoi.corpus.report.losses import losses, sentences
from malmoi.corpus.report.questions import numbers, recipe_of, rules_of
from malmoi.corpus.steps import thresholds
from malmoi.corpus.steps.minhash import EXACT, NEAR
from malmoi.corpus.steps.rule import Rule
from malmoi.kit import manifest
from malmoi.kit.files import read_json

BINS = 40
MOST_SITES = 30
MOST_PAIRS = 2
"""Pairs of samples shown for each reason."""
SHOWN_CHARACTERS = 400
COPIES = (EXACT, NEAR)
YES_OR_NO = (EXACT, "over_share")
"""Reasons whose score is 0 or 1: no distribution."""


def gather(folder: Path) -> dict[str, Any]:
    """The findings of a finished corpus. Raises UserError where the folder is none.

    losses: what each step took of each source's letters (report/losses.py). warnings: in words, where that is more than
    the recipe expects. flow: reasons in the order in which they are judged, each with what it took (documents, text and
    raw bytes).
    distributions: for each score that a rule looks at, counts of kept and dropped documents in BINS equal bins.
    clusters: how many clusters of how many copies. pairs: for each reason a dropped document beside the one that stays
    for it, or beside the kept one that came closest to the limit.
    """
    rules = rules_of(folder)
    recipe = recipe_of(folder)
    counts = numbers(folder)
    lost = losses(counts, recipe.losses)
    looked_for = recipe.decontamination
    contaminated = contamination.report(folder, looked_for) if looked_for.sets else []
    with opened(folder) as database:
        columns = set(database.view("ledger").columns)
        judged = [rule for rule in rules if rule.score in columns]
        return {
            "name": folder.resolve().parent.name if folder.name == "corpus" else folder.resolve().name,
            "code": manifest.read(folder).get("code", ""),
            "counts": counts,
            "losses": lost,
            "warnings": sentences(lost, recipe.losses),
            "flow": _flow(database, rules),
            "limits": _limits(folder, judged),
            "distributions": _distributions(database, judged),
            "sites": _sites(database, folder),
            "mix": read_json(folder / MIX, "build the corpus again"),  # None where the recipe mixes nothing
            "contamination": contaminated,
            "clusters": query(database, _CLUSTERS) if "cluster_size" in columns else [],
            "pairs": [pair for rule in _first_of_reasons(judged) for pair in _pairs(database, rule)],
        }


def _flow(database: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    order = {reason: place for place, reason in enumerate(dict.fromkeys(rule.reason for rule in rules))}
    rows = query(
        database,
        "SELECT reasons[1] AS reason, count(*) AS documents, sum(text_bytes)::BIGINT AS text_bytes,"
        " sum(raw_bytes)::BIGINT AS raw_bytes FROM ledger WHERE NOT kept GROUP BY 1",
    )
    # What could not be read comes first: it never reached a rule.
    return sorted(rows, key=lambda row: (order.get(row["reason"], -1), -row["documents"], row["reason"]))


def _limits(folder: Path, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """A row for each rule and kind: the limit and where it came from; one for all kinds where none was looked at."""
    bounds = {(rule.reason, rule.score): "at most" if rule.minimum is None else "at least" for rule in rules}
    rows = [row for row in thresholds.describe(rank.learnt_limits(folder)) if (row["reason"], row["score"]) in bounds]
    told = {(row["reason"], row["score"]) for row in rows}
    fixed = dict.fromkeys(("quantile", "value_at_quantile", "documents"))
    rows += [
        {"reason": rule.reason, "score": rule.score, "kind": "", "limit": rule.limit(""), "how": "fixed", **fixed}
        for rule in rules
        if (rule.reason, rule.score) not in told
    ]
    order = {name: place for place, name in enumerate(bounds)}
    rows.sort(key=lambda row: (order[row["reason"], row["score"]], row["kind"]))
    return [{**row, "bound": bounds[row["reason"], row["score"]]} for row in rows]


def _distributions(database: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Between the 0.1 % and 99.9 % quantiles of a score; what lies beyond is counted in the outermost bins."""
    scores = {rule.score: rule for rule in rules if rule.reason not in YES_OR_NO}.values()
    return [found for rule in scores if (found := _distribution(database, rule))]


def _distribution(database: duckdb.DuckDBPyConnection, rule: Rule) -> dict[str, Any] | None:
    """Counts in BINS bins of one score; None where no document has it."""
    ends = query(database, _ENDS.format(score=rule.score))[0]
    if not ends["documents"]:
        return None
    limit = rule.limit("")
    low, high = min(ends["low"], limit), max(ends["high"], limit)
    width = (high - low) / BINS or 1.0
    bins = [{"kept": 0, "dropped_by_others": 0, "dropped": 0} for _ in range(BINS)]
    counted = _COUNTS.format(score=rule.score)
    for row in query(database, counted, low=low, width=width, last=BINS - 1, reason=rule.reason):
        bins[row.pop("bin")] = row
    about = {"reason": rule.reason, "score": rule.score, "documents": ends["documents"], "limit": limit}
    return {**about, "low": low, "high": low + width * BINS, "bins": bins}


_ENDS = """
SELECT quantile_cont(score, 0.001) AS low, quantile_cont(score, 0.999) AS high, count(*) AS documents
FROM (SELECT "{score}"::DOUBLE AS score FROM ledger) WHERE score IS NOT NULL AND NOT isnan(score)"""
_COUNTS = """
SELECT least($last, greatest(0, floor((score - $low) / $width)))::INTEGER AS bin,
  count(*) FILTER (kept) AS kept,
  count(*) FILTER (NOT kept AND NOT list_contains(reasons, $reason)) AS dropped_by_others,
  count(*) FILTER (list_contains(reasons, $reason)) AS dropped
FROM (SELECT "{score}"::DOUBLE AS score, kept, reasons FROM ledger)
WHERE score IS NOT NULL AND NOT isnan(score) GROUP BY bin ORDER BY bin"""


def _sites(database: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    path = folder / SITES
    if not path.exists():
        return []
    return query(
        database,
        "SELECT * FROM read_parquet($path) ORDER BY documents DESC, page_rank DESC, host LIMIT $most",
        path=glob.escape(str(path)),
        most=MOST_SITES,
    )


_CLUSTERS = """
SELECT least(floor(log2(cluster_size)), 16)::INTEGER AS power, count(DISTINCT cluster) AS clusters,
  count(*) AS documents, max(cluster_size) AS largest
FROM ledger WHERE cluster IS NOT NULL GROUP BY power ORDER BY power"""


def _first_of_reasons(rules: Sequence[Rule]) -> list[Rule]:
    """One rule for each reason, in order."""
    return list({rule.reason: rule for rule in reversed(rules)}.values())[::-1]


def _pairs(database: duckdb.DuckDBPyConnection, rule: Rule) -> list[dict[str, Any]]:
    """Documents that one reason alone took, each with what it is best seen against."""
    dropped = query(
        database,
        f'SELECT id, title, source.kind AS kind, detail, "{rule.score}" AS score,'  # noqa: S608
        " left(text, $characters) AS text, coalesce(near_duplicate_of, exact_duplicate_of) AS stays FROM ledger"
        " WHERE NOT kept AND reasons[1] = $reason AND text IS NOT NULL ORDER BY hash(id), origin LIMIT $most",
        reason=rule.reason,
        characters=SHOWN_CHARACTERS,
        most=MOST_PAIRS,
    )
    return [{"reason": rule.reason, "dropped": row, "kept": _beside(database, rule, row)} for row in dropped]


def _beside(database: duckdb.DuckDBPyConnection, rule: Rule, row: dict[str, Any]) -> dict[str, Any] | None:
    """For a copy, the document that stays; else the kept one of its kind whose score is closest to the limit."""
    if rule.reason in COPIES:
        return _kept(database, row["stays"], None) or _in_base(row["stays"])
    closest = query(
        database,
        f'SELECT id, "{rule.score}" AS score FROM ledger WHERE kept AND source.kind = $kind AND "{rule.score}" IS NOT'  # noqa: S608
        f' NULL AND NOT isnan("{rule.score}"::DOUBLE) ORDER BY abs("{rule.score}" - $limit), id LIMIT 1',
        kind=row["kind"],
        limit=rule.limit(row["kind"]),
    )
    return _kept(database, closest[0]["id"], closest[0]["score"]) if closest else None


def _kept(database: duckdb.DuckDBPyConnection, identity: str, score: float | None) -> dict[str, Any] | None:
    """A document of the shards as it is shown; None where it is in none."""
    rows = query(database, _KEPT, id=identity, characters=SHOWN_CHARACTERS)
    return {**rows[0], "score": score} if rows else None


_KEPT = """
SELECT id, title, source.kind AS kind, left(text, $characters) AS text FROM shards WHERE id = $id LIMIT 1"""


def _in_base(copy_of: str | None) -> dict[str, Any] | None:
    """A copy whose better one is in no shard here: an older corpus of the recipe's `base` has it."""
    return {"id": copy_of, "title": None, "kind": None, "text": None, "in_base": True} if copy_of else None
