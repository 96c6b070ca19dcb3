"""Promotion and spam: phrases with weights, contacts, links and shouting signs, per 1,000 characters.

A word like "할인" is in the news too: what gives spam away is density. Repeating one phrase counts only so often.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.rule import Rule

LEXICON = Path(__file__).with_name("promotion.toml")

COUNTED_TIMES = 4
"""One phrase counts at most so often: spam repeats itself, but so does an article about one subject."""

SHORTEST_CHARACTERS = 400
"""A shorter text counts as so long: a remark with one link is not spam, nor does a warning that names two of the worst
phrases pass the limit (2 x 3.0 / 400 = 15 per 1,000); with a link or a third one it does."""


@dataclass(frozen=True)
class Promotion:
    """maximum_per_1000_characters: weight of promotion that a document may hold."""

    reads: ClassVar[tuple[str, ...]] = ("text", "characters")
    adds: ClassVar[tuple[str, ...]] = ("promotion_per_1000",)

    maximum_per_1000_characters: float = 15.0

    def rules(self) -> tuple[Rule, ...]:
        """One: density."""
        return (Rule("promotion", "promotion_per_1000", maximum=self.maximum_per_1000_characters),)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds `promotion_per_1000`. Needs the column `characters` of the quality step."""

        from malmoi.corpus.kernels import patterns
        from malmoi.corpus.kernels.buffers import string_buffers

        expressions, weights = lexicon()
        candidates = patterns.scan(expressions, *string_buffers(batch.column("text")))
        total = patterns.weigh(candidates, np.array(weights), COUNTED_TIMES, batch.num_rows)
        characters = np.maximum(batch.column("characters").to_numpy(), SHORTEST_CHARACTERS)
        column = (1000 * total / characters).astype(np.float32)
        return verdicts.with_columns(batch, {"promotion_per_1000": column})


@cache
def lexicon() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The phrases as expressions, and the weight of each."""
    groups = tomllib.loads(LEXICON.read_text(encoding="utf-8"))["group"]
    pairs = [
        (phrase.replace(" ", " ?").replace("??", "?"), group["weight"])
        for group in groups
        for phrase in group["phrases"]
    ]
    return tuple(phrase for phrase, _ in pairs), tuple(weight for _, weight in pairs)
