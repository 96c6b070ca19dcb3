"""Quality: what is too short, not Korean, broken, or repeats itself. One pass over the bytes (kernels/features.py)."""

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from malmoi.corpus.document import require_kind
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.rule import LearnedLimit, Rule
from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.ranges import at_least, require

DEFAULTS = Path(__file__).with_name("quality.toml")


@dataclass(frozen=True)
class Limit:
    """What a recipe says otherwise about one limit; None leaves the default.

    fixed: this limit for all kinds that by_kind does not name; it is not learnt. by_kind: limits of some kinds, not
    learnt either. quantile, mildest, strictest: how the limit is learnt.
    """

    fixed: float | None = None
    by_kind: dict[str, float] = field(default_factory=dict)
    quantile: float | None = None
    mildest: float | None = None
    strictest: float | None = None

    def __post_init__(self) -> None:
        for kind in self.by_kind:
            require_kind(kind, "a kind in by_kind")
        require(self, "a number between 0 and 1", lambda quantile: 0 < quantile < 1, "quantile")
        given = [name for name in ("quantile", "mildest", "strictest") if getattr(self, name) is not None]
        if given and self.fixed is not None:
            raise UserError(
                f"{given[0]} stands beside fixed", f"one of them: a limit that is {self.fixed} is not learnt"
            )


@dataclass(frozen=True)
class Quality:
    """Limits of the quality rules, by the score that they judge (steps/quality.toml has them, with their figures).

    limits: what is to be otherwise, {"characters": {"fixed": 100}}. learn: False takes every limit as it stands.
    least_documents: a kind with fewer scores takes the limit as it stands.
    """

    reads: ClassVar[tuple[str, ...]] = ("text", "letters")
    adds: ClassVar[tuple[str, ...]] = (*FEATURES, "quality", "language")

    limits: dict[str, Limit] = field(default_factory=dict)
    learn: bool = True
    least_documents: int = 500

    def __post_init__(self) -> None:
        known = {rule.score: rule for rule in defaults()}
        for score in self.limits:
            if score not in known:
                raise UserError(f"limits.{score}: no quality rule judges it", hint=did_you_mean(score, list(known)))
            _adapted(known[score], self.limits[score])
        at_least(self, 1, "least_documents")

    def rules(self) -> tuple[Rule, ...]:
        """The rules, the plainest reason first: the first one that fires is counted as the reason."""
        adapted = (_adapted(rule, self.limits.get(rule.score, Limit())) for rule in defaults())
        return tuple(replace(rule, learned=self._learned(rule)) for rule in adapted)

    def _learned(self, rule: Rule) -> LearnedLimit | None:
        if rule.learned is None or not self.learn:
            return None
        return replace(rule.learned, least_documents=self.least_documents)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds every feature as a column, `quality` (0..1) and `language` (kernels/languages.py); counts `letters`."""
        from malmoi.corpus.kernels import languages, quality_features
        from malmoi.corpus.kernels.buffers import string_buffers

        letters = np.empty(batch.num_rows, np.int64)
        measured = quality_features.measure(*string_buffers(batch.column("text")), letters)
        batch = verdicts.replaced(batch, "letters", pa.array(letters))
        columns: dict[str, Any] = {name: measured[:, index] for index, name in enumerate(FEATURES)}
        columns["quality"] = quality_features.quality(measured)
        columns["language"] = languages.language(measured)
        return verdicts.with_columns(batch, columns)


@cache
def defaults() -> tuple[Rule, ...]:
    """The rules of quality.toml."""
    rows = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))["rule"]
    return tuple(
        Rule(**{**row, "learned": _read_learned(row["learned"]) if "learned" in row else None}) for row in rows
    )


def _read_learned(row: dict[str, Any]) -> LearnedLimit:
    return LearnedLimit(**{**row, "fixed_kinds": tuple(row.get("fixed_kinds", ()))})


def _adapted(rule: Rule, limit: Limit) -> Rule:
    """The rule with what the recipe says otherwise. Raises UserError where its bounds are the wrong way round."""
    if limit.fixed is not None:
        side = "maximum" if rule.minimum is None else "minimum"
        return replace(rule, by_kind=limit.by_kind, learned=None, **{side: limit.fixed})
    return replace(rule, by_kind={**rule.by_kind, **limit.by_kind}, learned=_relearned(rule, limit))


def _relearned(rule: Rule, limit: Limit) -> LearnedLimit | None:
    given = {name: getattr(limit, name) for name in ("quantile", "mildest", "strictest")}
    given = {name: value for name, value in given.items() if value is not None}
    if rule.learned is None:
        if given:
            raise UserError(
                f"limits.{rule.score}.{next(iter(given))} is set", "fixed or by_kind: this limit is not learnt"
            )
        return None
    learned = replace(rule.learned, **given, fixed_kinds=tuple(sorted({*rule.learned.fixed_kinds, *limit.by_kind})))
    low, high = sorted((learned.mildest, learned.strictest))
    if (low, high) != (
        (learned.strictest, learned.mildest) if rule.minimum is None else (learned.mildest, learned.strictest)
    ):
        order = "at least" if rule.minimum is None else "at most"
        raise UserError(f"limits.{rule.score}.mildest is {learned.mildest}", f"{order} strictest, {learned.strictest}")
    return learned
