"""What would come in and what would go with other limits, from the scores that the ledger keeps: nothing is built."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.report.labels import REASONS, SCORES
from malmoi.corpus.report.questions import rules_of
from malmoi.corpus.steps.learned import LIMITS, Learned
from malmoi.corpus.steps.minhash import NEAR
from malmoi.corpus.steps.rule import Rule
from malmoi.kit.errors import UserError, did_you_mean

COPIES = ("exact_duplicate", NEAR)
"""Reasons of documents for which another one stays: where that one goes, a build would keep one of them."""


def answer(
    folder: Path, limits: Mapping[str, float], kind: str | None, count: int, seed: int, characters: int
) -> dict[str, Any]:
    """What `limits` (by score, by reason, or by what a page calls it) would change in a finished corpus.

    changed: each limit, before and after. come_in, go: documents and text bytes; copies_of_what_goes: documents that
    are dropped for one that would go. by_kind, by_source: both numbers for each. samples: up to `count` of either, the
    same for the same seed. kind: the limits are other ones for this kind only.
    Raises UserError for a limit that no rule has, or that was not measured in this corpus.
    """
    before = rules_of(folder)
    with opened(folder) as database:
        columns = set(database.table("ledger").columns)
        after, changed = _changed(before, limits, kind, columns)
        judged_again = sorted({rule.reason for rule, _ in changed})
        fates = _FATES.format(fired=_fired([rule for rule in after if rule.reason in judged_again], columns))
        database.execute(fates, {"reasons": judged_again})
        return {
            "changed": [_told(old, new, kind) for old, new in changed],
            **query(database, _TOTALS, copies=list(COPIES))[0],
            "by_kind": _groups(database, "source.kind"),
            "by_source": _groups(database, "coalesce(source.name, input)"),
            "samples": _samples(database, [new.score for _, new in changed], (count, seed, characters)),
        }


def _changed(
    rules: Sequence[Rule], limits: Mapping[str, float], kind: str | None, columns: set[str]
) -> tuple[list[Rule], list[tuple[Rule, Rule]]]:
    """All rules with the new limits, and each that changes, before and after."""
    judged = {rule.score for rule in rules}
    known = [*rules, *(rule for rule in _LEARNED if rule.score in columns - judged)]
    changed: dict[int, tuple[Rule, Rule]] = {}
    for name, limit in limits.items():
        numbers = [number for number, rule in enumerate(known) if _is_called(rule, name)]
        shares = [number for number in numbers if known[number].score.endswith("_share")]
        if not numbers:
            names = sorted({called for rule in known for called in (rule.reason, rule.score)})
            raise UserError(f"no rule has a limit called {name!r}", "a score or a reason", did_you_mean(name, names))
        for number in shares if len(numbers) > 1 and 0 <= limit <= 1 and shares else numbers:
            rule = known[number]
            if rule.score not in columns:
                raise UserError(f"{rule.score} was not measured in this corpus", "a score that the ledger holds")
            if rule.reason in COPIES and limit < rule.limit(""):
                raise UserError(f"{name} is {limit:g}", f"{rule.limit(''):g} or more: what is less alike was not noted")
            changed[number] = rule, _with_limit(rule, limit, kind)
    after = [changed[number][1] if number in changed else rule for number, rule in enumerate(known)]
    return after, list(changed.values())


_ANY_LIMIT: dict[str, Any] = dict.fromkeys(LIMITS, 0.5)
_LEARNED = Learned(**_ANY_LIMIT).rules()
"""Rules that a recipe may have: their scores are measured in any case."""


def _is_called(rule: Rule, name: str) -> bool:
    return name in (rule.reason, rule.score, *REASONS.get(rule.reason, ()), *SCORES.get(rule.score, ()))


def _with_limit(rule: Rule, limit: float, kind: str | None) -> Rule:
    if kind is not None:
        return replace(rule, by_kind={**rule.by_kind, kind: limit})
    side = "maximum" if rule.minimum is None else "minimum"
    return replace(rule, by_kind={}, **{side: limit})


def _told(old: Rule, new: Rule, kind: str | None) -> dict[str, Any]:
    """A changed limit. before: by kind where kinds differ, "" for all others; None where the rule was not asked for."""
    kinds = [kind] if kind else ["", *(name for name, limit in old.by_kind.items() if limit != old.limit(""))]
    before = None if old in _LEARNED else {name: old.limit(name) for name in kinds}
    bound = "at most" if new.minimum is None else "at least"
    return {"reason": new.reason, "score": new.score, "bound": bound, "before": before, "after": new.limit(kind or "")}


def _fired(rules: Sequence[Rule], columns: set[str]) -> str:
    """SQL: a list of the reasons of the rules that a row breaks, null for those that it keeps."""
    parts = []
    for rule in rules:
        if rule.score not in columns:
            continue
        cases = " ".join(f"WHEN '{kind}' THEN {limit!r}" for kind, limit in rule.by_kind.items())
        limit = f"CASE source.kind {cases} ELSE {rule.limit('')!r} END" if cases else repr(rule.limit(""))
        value, sign = f'CAST("{rule.score}" AS DOUBLE)', ">" if rule.minimum is None else "<"
        parts.append(f"CASE WHEN NOT isnan({value}) AND {value} {sign} {limit} THEN '{rule.reason}' END")
    return f"[{', '.join(parts)}]"


def _groups(database: duckdb.DuckDBPyConnection, by: str) -> dict[str, dict[str, int]]:
    rows = query(database, _GROUPS.format(by=by))
    return {row["name"] or "-": {"come_in": row["come_in"], "go": row["go"]} for row in rows}


def _samples(
    database: duckdb.DuckDBPyConnection, scores: Sequence[str], how: tuple[int, int, int]
) -> list[dict[str, Any]]:
    values = ", ".join(f'"{score}" := "{score}"' for score in scores)
    count, seed, characters = how
    sql = _SAMPLES.format(values=values)
    return query(database, sql, count=count, seed=seed, most=characters)


# Reasons that no other limit touches stay: unreadable, erased, copies. A row without a score has none of these reasons.
_FATES = """
CREATE TABLE fates AS
SELECT id, origin, input, source, kept, text_bytes, reasons AS before,
  list_concat(list_filter(reasons, lambda reason: NOT list_contains($reasons, reason)),
    CASE WHEN id IS NULL THEN []
      ELSE list_distinct(list_filter({fired}, lambda reason: reason IS NOT NULL)) END) AS after,
  CASE WHEN kept AND len(after) > 0 THEN 'go' WHEN NOT kept AND len(after) = 0 THEN 'come_in' END AS change
FROM ledger"""
_TOTALS = """
SELECT count(*) FILTER (change = 'come_in') AS come_in, count(*) FILTER (change = 'go') AS go,
  coalesce(sum(text_bytes) FILTER (change = 'come_in'), 0)::BIGINT AS bytes_come_in,
  coalesce(sum(text_bytes) FILTER (change = 'go'), 0)::BIGINT AS bytes_go,
  (SELECT count(*) FROM ledger WHERE NOT kept
    AND len(list_filter(reasons, lambda reason: NOT list_contains($copies, reason))) = 0
    AND coalesce(exact_duplicate_of, near_duplicate_of) IN (SELECT id FROM fates WHERE change = 'go')
  ) AS copies_of_what_goes
FROM fates"""
_GROUPS = """
SELECT {by} AS name, count(*) FILTER (change = 'come_in') AS come_in, count(*) FILTER (change = 'go') AS go
FROM fates WHERE change IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"""
# What one page or record gives has one origin: a page and its comments, the entries of a feed.
_SAMPLES = """
WITH chosen AS (
  SELECT * FROM fates WHERE change IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY change ORDER BY hash(origin, $seed), origin, id) <= $count),
rows AS (SELECT DISTINCT ON (id, origin, input, kept) ledger.*, change, before, after
  FROM ledger JOIN chosen USING (id, origin, input, kept)),
texts AS (SELECT id, any_value(text) AS text FROM (FROM shards SEMI JOIN chosen USING (id)) GROUP BY id)
SELECT change, id, title, origin, input, source, before, after, struct_pack({values}) AS scores,
  left(coalesce(rows.text, texts.text), $most) AS text, length(coalesce(rows.text, texts.text)) AS characters
FROM rows LEFT JOIN texts USING (id) ORDER BY change, hash(origin, $seed), origin, id"""
