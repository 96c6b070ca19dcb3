"""Limits learnt for each kind of source from the scores of all its documents, kept with the corpus, told in a report.

A limit is a quantile of scores to four digits, rounded towards letting pass. Rounded scores are counted, and counts are
all that has to be held: the memory does not grow with the corpus, and any order of the documents gives the same limits.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from malmoi.corpus.steps.rule import LearnedLimit, Rule
from malmoi.kit.config import parse

if TYPE_CHECKING:
    import duckdb

DIGITS = 4
"""Significant digits of a limit."""


@dataclass(frozen=True)
class Threshold:
    """The limit of one rule for one kind, and where it came from.

    documents: of the kind, with the score. quantile and value_at_quantile: what was asked of the scores and what they
    gave; None where the limit is fixed, value_at_quantile also where no document has the score. learned: whether the
    limit comes of the scores (the value, or the bound that it passed); else it is the rule's own.
    """

    reason: str
    score: str
    kind: str
    documents: int
    quantile: float | None
    value_at_quantile: float | None
    limit: float
    learned: bool


def learn(database: "duckdb.DuckDBPyConnection", rules: Sequence[Rule]) -> tuple[Threshold, ...]:
    """The limits of every rule for every kind, from a view `scores`: `kind`, and a column for the score of each rule.

    Null and NaN are no score. Works within the memory limit of `database`. Ordered by rule, then by kind.
    """
    kinds = [kind for (kind,) in _rows(database, "SELECT DISTINCT kind FROM scores WHERE kind IS NOT NULL ORDER BY 1")]
    return tuple(
        _threshold(rule, kind, figures) for rule in rules for figures in (_figures(database, rule),) for kind in kinds
    )


def apply(rules: Sequence[Rule], thresholds: Iterable[Threshold]) -> tuple[Rule, ...]:
    """The rules with the limits of `thresholds`. A kind that is not among them keeps the limit of the rule."""
    limits: dict[tuple[str, str], dict[str, float]] = {}
    for threshold in thresholds:
        limits.setdefault((threshold.reason, threshold.score), {})[threshold.kind] = threshold.limit
    return tuple(
        dataclasses.replace(rule, by_kind={**rule.by_kind, **limits.get((rule.reason, rule.score), {})})
        for rule in rules
    )


def to_table(thresholds: Iterable[Threshold]) -> list[dict[str, Any]]:
    """As plain values for JSON."""
    return [dataclasses.asdict(threshold) for threshold in thresholds]


def from_table(table: Iterable[Mapping[str, Any]]) -> tuple[Threshold, ...]:
    """Back from plain values. Raises UserError that names the entry where something is missing or mistyped."""
    return tuple(parse(Threshold, row, f"thresholds[{number}]") for number, row in enumerate(table))


def describe(thresholds: Iterable[Threshold]) -> list[dict[str, Any]]:
    """Rows for a report, one for each kind and rule; `how` is fixed, too_few, learned or bounded.

    too_few: of the kind there are too few documents to learn from. bounded: the quantile lies beyond a bound.
    """
    return [{**dataclasses.asdict(threshold), "how": _how(threshold)} for threshold in thresholds]


def _how(threshold: Threshold) -> str:
    if threshold.quantile is None:
        return "fixed"
    if not threshold.learned:
        return "too_few"
    return "learned" if threshold.limit == threshold.value_at_quantile else "bounded"


def _threshold(rule: Rule, kind: str, found: Mapping[str, tuple[int, float]]) -> Threshold:
    documents, value = found.get(kind, (0, None))
    learned = rule.learned
    if learned is None or kind in learned.fixed_kinds:
        return Threshold(rule.reason, rule.score, kind, documents, None, None, rule.limit(kind), learned=False)
    enough = value is not None and documents >= learned.least_documents
    limit = _bounded(value, rule, kind, learned) if enough and value is not None else rule.limit(kind)
    return Threshold(rule.reason, rule.score, kind, documents, learned.quantile, value, limit, learned=enough)


def _bounded(value: float, rule: Rule, kind: str, learned: LearnedLimit) -> float:
    bounds = (learned.mildest, learned.strictest, rule.by_kind.get(kind, learned.mildest))
    return min(max(value, min(bounds)), max(bounds))


def _figures(database: "duckdb.DuckDBPyConnection", rule: Rule) -> dict[str, tuple[int, float]]:
    """By kind: documents with the score, and the value at the quantile (the middle one for a rule with a fixed limit).

    The value is the smallest that so large a share of the documents does not exceed.
    """
    rounding = "floor" if rule.maximum is None else "ceil"
    score = '"' + rule.score.replace('"', '""') + '"'
    rows = _rows(
        database,
        f"""
        WITH given AS (SELECT kind, CAST({score} AS DOUBLE) AS score FROM scores WHERE kind IS NOT NULL),
        scaled AS (
            SELECT kind, score, pow(10.0, {DIGITS - 1} - floor(log10(greatest(abs(score), 1e-30)))) AS scale
            FROM given WHERE score IS NOT NULL AND NOT isnan(score)
        ),
        counted AS (
            SELECT kind, {rounding}(score * scale) / scale AS value, count(*) AS times FROM scaled GROUP BY ALL
        ),
        summed AS (
            SELECT kind, value, sum(times) OVER (PARTITION BY kind) AS documents,
                sum(times) OVER (PARTITION BY kind ORDER BY value) AS reached
            FROM counted
        )
        SELECT kind, CAST(any_value(documents) AS BIGINT), min(value) FILTER (reached >= $quantile * documents)
        FROM summed GROUP BY kind
        """,  # noqa: S608  the name of a column, quoted
        quantile=rule.learned.quantile if rule.learned else 0.5,
    )
    return {kind: (documents, value) for kind, documents, value in rows}


def _rows(database: "duckdb.DuckDBPyConnection", query: str, **values: Any) -> list[tuple[Any, ...]]:
    return database.execute(query, values).fetchall()
