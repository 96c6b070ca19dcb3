"""Learned scores: informational value, who translated, spam, harm and profanity, by small linear models in one reading.

docs/concepts/learned_scores.md says what each has learnt, how well, and what it prefers.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from malmoi.corpus.classify.columns import COLUMNS, HARM_TYPES
from malmoi.corpus.document import require_kind
from malmoi.corpus.steps import rule, verdicts
from malmoi.corpus.steps.rule import Rule
from malmoi.kit import config
from malmoi.kit.ranges import require


@dataclass(frozen=True)
class Learned:
    """Which documents may be dropped by a learned score: none, if not asked for.

    maximum_harm_mean, maximum_profanity_mean: mean probability of the sentences. The harm model takes the mere mention
    of women or men for a sign of hate (the data does), so by default it drops nothing.
    maximum_spam: probability. The model has seen little real spam; the promotion step's phrases are the judge.
    minimum_value, minimum_human_translation: probability. Value tells written from spoken language: a good conversation
    scores low, so it is minimum_value_by_kind that makes sense, and only for kinds of edited prose.
    value_quantile: drops this share of every kind's documents, those of the lowest value, but none of VALUABLE or more.
    weights: a folder of models learnt by yourself (harm.npz, ...), taken in place of those of the package.
    """

    reads: ClassVar[tuple[str, ...]] = ("text",)
    adds: ClassVar[tuple[str, ...]] = (*COLUMNS, HARM_TYPES)

    maximum_harm_mean: float | None = None
    maximum_profanity_mean: float | None = None
    maximum_spam: float | None = None
    minimum_value: float | None = None
    minimum_value_by_kind: dict[str, float] = field(default_factory=dict)
    value_quantile: float | None = None
    minimum_human_translation: float | None = None
    weights: Path | None = config.file(None)

    def __post_init__(self) -> None:
        for kind in self.minimum_value_by_kind:
            require_kind(kind, "a kind in minimum_value_by_kind")
        require(self, "a number from 0 to 1", lambda limit: 0 <= limit <= 1, *LIMITS, "value_quantile")

    def rules(self) -> tuple[Rule, ...]:
        """A rule for every limit that is set."""
        limits = {name: getattr(self, name) for name in LIMITS if getattr(self, name) is not None}
        if self.minimum_value_by_kind or self.value_quantile is not None:
            limits.setdefault("minimum_value", 0.0)  # no value is lower: other kinds pass
        return tuple(_rule(name, limit, self) for name, limit in limits.items())

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds the columns of classify/ensemble.py: value, spam, harm, harm_mean, ..., and types of harm."""
        from malmoi.corpus.classify.ensemble import load_ensemble
        from malmoi.corpus.classify.harm_types import types_of

        texts = batch.column("text")
        scores = load_ensemble(self.weights).score(texts)
        types = types_of(texts, scores["harm_mean"], self.weights)
        return verdicts.with_columns(batch, {**scores, HARM_TYPES: types})


LIMITS = {
    "maximum_harm_mean": "harmful",
    "maximum_profanity_mean": "swearing",
    "maximum_spam": "spam",
    "minimum_value": "low_value",
    "minimum_human_translation": "machine_translated",
}
"""By name of a limit: the reason that it drops for. The name is side_score."""


VALUABLE = 0.5
"""A quantile never drops what is more likely edited prose than a remark."""


def _rule(name: str, limit: float, settings: Learned) -> Rule:
    side, _, score = name.partition("_")
    if score == "value":
        quantile, by_kind = settings.value_quantile, settings.minimum_value_by_kind
        learnt = None if quantile is None else rule.LearnedLimit(quantile, 0.0, VALUABLE, tuple(by_kind))
        return Rule(LIMITS[name], score, minimum=limit, by_kind=by_kind, learned=learnt)
    low = limit if side == "minimum" else None
    return Rule(LIMITS[name], score, minimum=low, maximum=None if low is not None else limit)
