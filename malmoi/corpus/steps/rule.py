"""A step judges by rules: a score, a limit, a reason. The same rules drop documents and explain why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import pyarrow as pa

from malmoi.kit.errors import UserError


@dataclass(frozen=True)
class LearnedLimit:
    """How the limit of a rule is learnt: a quantile of the scores of each kind, kept between two bounds.

    quantile: 0..1, of the kind's documents that have the score. mildest and strictest: the limit never lets more pass,
    or less. A kind whose own limit (`Rule.by_kind`) lies outside widens the bounds to it. fixed_kinds: what the recipe
    fixed. least_documents: a kind with fewer scores takes the limit of the rule.
    """

    quantile: float
    mildest: float
    strictest: float
    fixed_kinds: tuple[str, ...] = ()
    least_documents: int = 500


@dataclass(frozen=True)
class Rule:
    """Documents whose `score` column lies under `minimum` or over `maximum` get `drop_<reason>`.

    by_kind: another limit for documents of some kinds. A document without the score (null) passes.
    learned: how thresholds.py finds a limit for each kind; None keeps those that stand here.
    """

    reason: str
    score: str
    minimum: float | None = None
    maximum: float | None = None
    by_kind: Mapping[str, float] = field(default_factory=dict)
    learned: LearnedLimit | None = None

    def __post_init__(self) -> None:
        assert (self.minimum is None) != (self.maximum is None), f"{self.reason}: one limit, not two or none"

    @property
    def column(self) -> str:
        """The name of the verdict column."""
        return f"drop_{self.reason}"

    def limit(self, kind: str) -> float:
        """The limit for documents of a kind."""
        default = self.maximum if self.minimum is None else self.minimum
        assert default is not None
        return self.by_kind.get(kind, default)

    def fires(self, score: float | None, kind: str) -> bool:
        """Whether a document with this score is to be dropped."""
        if score is None:
            return False
        return score > self.limit(kind) if self.minimum is None else score < self.limit(kind)


class Step(Protocol):
    """A frozen dataclass: its fields are its settings. It adds scores to a batch and never takes a row away.

    Verdicts come later: limits may be learnt from the scores of all documents (docs/decisions/0007).
    reads: the columns that must be there before it. adds: those that it adds, some of them by its settings.
    """

    reads: ClassVar[tuple[str, ...]]
    adds: ClassVar[tuple[str, ...]]

    def rules(self) -> tuple[Rule, ...]:
        """What the step judges by."""
        ...

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with score columns."""
        ...


def check_order(steps: Sequence[Step], columns: Iterable[str]) -> None:
    """Raises UserError where a step reads what neither `columns`, those of a document, nor a step before it holds."""
    known = set(columns)
    for step in steps:
        if missing := [name for name in step.reads if name not in known]:
            makers = [type(other).__name__ for other in steps if missing[0] in other.adds]
            wrong = f"the step {type(step).__name__} reads {missing[0]!r}, which no step before it adds"
            raise UserError(wrong, f"{makers[0]} before it" if makers else "a step that adds it, or this one off")
        known.update(step.adds)
