"""Profanity: the share of a text that is swearing. A small lexicon that reads through disguises, and knows its doubles.

Signs and digits between syllables are read over (시1발, 씨@발); jamo abbreviations (ㅅㅂ) are words of their own. Words
that only contain one (시발점, 새끼손가락) are listed as innocent. One outburst in a novel is no reason to drop it: the
limit is a density.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa

from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.rule import Rule

LEXICON = Path(__file__).with_name("profanity.toml")
DISGUISE = r"[0-9@!*^~._:;'\"ㅡ|-]{0,2}"
"""What may stand for "_" in a word of the lexicon. No space and no comma: "8시, 발차" and "다시 발표" are innocent."""

SHORTEST_CHARACTERS = 40
"""A shorter text counts as so long: one curse in a short remark is a density of 1 / 40 x 100 = 2.5, no more."""

MILD = 0.5

AROUND_BYTES = 48
"""What is read around a candidate: sixteen syllables hold any word with its neighbours."""


@dataclass(frozen=True)
class Profanity:
    """maximum_per_100_characters: swear words, a mild one counted half, that a document may hold."""

    reads: ClassVar[tuple[str, ...]] = ("text", "characters")
    adds: ClassVar[tuple[str, ...]] = ("profanity_per_100",)

    maximum_per_100_characters: float = 1.5

    def rules(self) -> tuple[Rule, ...]:
        """One: density."""
        return (Rule("profanity", "profanity_per_100", maximum=self.maximum_per_100_characters),)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds `profanity_per_100`."""

        from malmoi.corpus.kernels.buffers import string_buffers
        from malmoi.corpus.kernels.patterns import scan, snippets

        data, offsets = string_buffers(batch.column("text"))
        hits = np.zeros(batch.num_rows)
        for snippet in snippets(scan(lexicon().candidates, data, offsets), AROUND_BYTES, AROUND_BYTES):
            hits[snippet.text] += weigh(snippet.content)
        characters = np.maximum(batch.column("characters").to_numpy(), SHORTEST_CHARACTERS)
        column = (100 * hits / characters).astype(np.float32)
        return verdicts.with_columns(batch, {"profanity_per_100": column})


class Lexicon(NamedTuple):
    """candidates: for Hyperscan. strong, mild, innocent: for Python, on what lies around a candidate."""

    candidates: tuple[str, ...]
    strong: re.Pattern[str]
    mild: re.Pattern[str]
    innocent: re.Pattern[str]


@cache
def lexicon() -> Lexicon:
    """The words of profanity.toml, compiled."""
    table = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    strong, mild = ([word.replace("_", DISGUISE) for word in table[name]] for name in ("strong", "mild"))
    compiled = [re.compile("|".join(words), re.IGNORECASE) for words in (strong, mild, table["innocent"])]
    return Lexicon((*strong, *mild), *compiled)


def weigh(text: str) -> float:
    """The swear words in a text, mild ones counted half. None is counted twice, nor inside an innocent word."""
    words = lexicon()
    taken = bytearray(len(text))  # by character: a list of places makes text of nothing but curses quadratic
    total = 0.0
    for pattern, weight in ((words.innocent, 0.0), (words.strong, 1.0), (words.mild, MILD)):
        for match in pattern.finditer(text):
            start, stop = match.span()
            if not weight or not any(taken[start:stop]):
                total += weight
                taken[start:stop] = b"\1" * (stop - start)
    return total
