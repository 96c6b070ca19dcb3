"""The source's own verdict as scores: a board that marks its spam knows more of it than we do."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.rule import Rule
from malmoi.kit.ranges import at_least, require

FALSE_BELOW = 0.5


@dataclass(frozen=True)
class SourceVerdict:
    """Which documents may be dropped by what their source says of them: none, if not asked for.

    It judges what an input reads by its spam_field, popularity_field and category_field; a document of which the source
    says nothing passes.
    maximum_spam: probability, or 1 for a source that says yes or no. minimum_popularity: in the source's own numbers
    (readers, likes). left_out_categories: names as the source writes them.
    half_popularity: so many readers count half in the mix: popularity / (popularity + half_popularity) is 0..1.
    """

    reads: ClassVar[tuple[str, ...]] = ("source_verdict",)
    adds: ClassVar[tuple[str, ...]] = ("source_spam", "source_popularity", "source_popularity_count", "source_left_out")

    maximum_spam: float | None = None
    minimum_popularity: float | None = None
    left_out_categories: tuple[str, ...] = ()
    half_popularity: float = 100.0

    def __post_init__(self) -> None:
        require(self, "a number from 0 to 1", lambda limit: 0 <= limit <= 1, "maximum_spam")
        require(self, "above 0", lambda size: size > 0, "half_popularity")
        at_least(self, 0, "minimum_popularity")

    def rules(self) -> tuple[Rule, ...]:
        """A rule for every limit that is set."""
        limits = (
            ("source_spam", "source_spam", None, self.maximum_spam),
            ("source_unpopular", "source_popularity_count", self.minimum_popularity, None),
            ("source_category", "source_left_out", None, FALSE_BELOW if self.left_out_categories else None),
        )
        return tuple(
            Rule(reason, score, minimum, maximum)
            for reason, score, minimum, maximum in limits
            if minimum is not None or maximum is not None
        )

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds the columns, float32; null where the source says nothing. source_popularity is 0..1, _count as given."""
        said = [row or {} for row in batch.column("source_verdict").to_pylist()]
        spam, count = (
            np.array([np.nan if row.get(name) is None else row[name] for row in said], np.float32)
            for name in ("spam", "popularity")
        )
        left_out = np.array([row.get("category") in self.left_out_categories for row in said], np.float32)
        columns = {"source_spam": spam, "source_popularity": count / (count + np.float32(self.half_popularity))}
        return verdicts.with_columns(batch, {**columns, "source_popularity_count": count, "source_left_out": left_out})
