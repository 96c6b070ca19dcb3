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
SIGNS = r"[0-9@!*^~._:;'\"|-]"
DISGUISE = f"(?:{SIGNS}|ㅡ){{0,2}}"
"""What may stand for "_" in a word of the lexicon. No space and no comma: "8시, 발차" and "다시 발표" are innocent."""

CLASS = re.compile(r"\[([^]]+)\]")
"""In a strong or mild word: single letters."""
_LETTER = r"(?:[\xea-\xed][\x80-\xbf]{2}|\xe3[\x84-\x86][\x80-\xbf]|8)"
DASHED = rf"{_LETTER}{SIGNS}?\xe3\x85\xa1(?:{SIGNS}|\xe3\x85\xa1)? ?{_LETTER}"
"""ㅡ between letters: a candidate of any word. As a part of all of them, it would make the scan 2.4 times as long."""

SHORTEST_CHARACTERS = 40
"""A shorter text counts as so long: one curse in a short remark is a density of 1 / 40 x 100 = 2.5, no more."""

MILD = 0.5
STRONG_BIT, MILD_BIT = 1, 2

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
        from malmoi.corpus.kernels.patterns import scan_bytes, snippets

        words = lexicon()
        found = scan_bytes(words.candidates, *string_buffers(batch.column("text")), caseless=True)
        hits = np.zeros(batch.num_rows)
        for snippet in snippets(found, AROUND_BYTES, AROUND_BYTES, words.bits):
            hits[snippet.text] += weigh(snippet.content, snippet.bits)
        characters = np.maximum(batch.column("characters").to_numpy(), SHORTEST_CHARACTERS)
        column = (100 * hits / characters).astype(np.float32)
        return verdicts.with_columns(batch, {"profanity_per_100": column})


class Lexicon(NamedTuple):
    """candidates: for Hyperscan, by bytes; bits: int64, STRONG_BIT or MILD_BIT of each.

    strong, mild, innocent: for Python, on what lies around a candidate.
    """

    candidates: tuple[str, ...]
    bits: np.ndarray
    strong: re.Pattern[str]
    mild: re.Pattern[str]
    innocent: re.Pattern[str]


@cache
def lexicon() -> Lexicon:
    """The words of profanity.toml, compiled."""
    table = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    strong, mild, innocent = table["strong"], table["mild"], table["innocent"]
    disguised = [[word.replace("_", DISGUISE) for word in words] for words in (strong, mild, innocent)]
    compiled = [re.compile("|".join(words), re.IGNORECASE) for words in disguised]
    bits = np.repeat([STRONG_BIT, MILD_BIT, STRONG_BIT | MILD_BIT], [len(strong), len(mild), 1])
    return Lexicon((*map(_by_bytes, (*strong, *mild)), DASHED), bits, *compiled)


def _by_bytes(word: str) -> str:
    """A word as an expression over bytes, without ㅡ: classes of syllables are spelt out."""
    return CLASS.sub(lambda found: f"(?:{'|'.join(found[1])})", word).replace("_", f"{SIGNS}{{0,2}}")


def weigh(text: str, bits: int = STRONG_BIT | MILD_BIT) -> float:
    """The swear words in a text, mild ones counted half. None is counted twice, nor inside an innocent word.

    bits: which sorts there may be.
    """
    words = lexicon()
    taken = bytearray(len(text))  # by character: a list of places makes text of nothing but curses quadratic
    total = 0.0
    sorts = ((words.innocent, 0.0, bits), (words.strong, 1.0, STRONG_BIT), (words.mild, MILD, MILD_BIT))
    for pattern, weight, _ in (sort for sort in sorts if sort[2] & bits):
        for match in pattern.finditer(text):
            start, stop = match.span()
            if not weight or not any(taken[start:stop]):
                total += weight
                taken[start:stop] = b"\1" * (stop - start)
    return total
