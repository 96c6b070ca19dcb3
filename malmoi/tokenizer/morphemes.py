"""Where the morphemes of a Korean text meet, as kiwi finds them. Used only while a tokenizer is learnt or measured.

The analyser's spans are used and never its forms, so that nothing of the text is altered: 했 is 하 + 었 on one
syllable, and cannot be cut. Measured in references/training.md section 5.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

CUT = "\x1f"
"""U+001F, unit separator: marks a morpheme boundary in the text that merges are learnt from."""

MAX_LINE_CHARACTERS = 4_000
"""Longer lines are analysed in parts, cut at a space where there is one: the analyser's memory grows with the line."""

LINE = re.compile(r"[^\n]+\n*|\n+")
"""A line with all its line ends, so that runs of line ends are learnt too."""


class Span(Protocol):
    """A token of the analyser: its first character and its length."""

    start: int
    len: int


def lines_of(text: str) -> Iterator[str]:
    """Parts of `text` of at most MAX_LINE_CHARACTERS that together are the text."""
    for line in LINE.findall(text):
        while len(line) > MAX_LINE_CHARACTERS:
            space = line.rfind(" ", 1, MAX_LINE_CHARACTERS)
            end = space if space > 0 else MAX_LINE_CHARACTERS
            yield line[:end]
            line = line[end:]
        yield line


def cut_points(text: str, spans: Iterable[Span]) -> list[int]:
    """Character positions inside `text` where a morpheme begins, moved in front of the spaces before it.

    A morpheme that begins inside another (a contraction) gives no cut. The space goes with the word after it because
    the tokenizer's pattern takes it so; a cut behind the space could not be kept at inference.
    """
    cuts: set[int] = set()
    end = 0
    for span in spans:
        if span.start >= end:
            cuts.add(_before_spaces(text, span.start))
        end = max(end, span.start + span.len)
    return sorted(cut for cut in cuts if 0 < cut < len(text))


def mark_morphemes(lines: Sequence[str]) -> list[str]:
    """Each line with CUT between its morphemes; a CUT already in the data becomes a space first."""
    clean = [line.replace(CUT, " ") for line in lines]
    distinct = list(dict.fromkeys(clean))  # statutes repeat a tenth of their lines
    analysed = zip(distinct, _analyser().tokenize(distinct), strict=True)
    marked = {line: _join(line, cut_points(line, spans)) for line, spans in analysed}
    return [marked[line] for line in clean]


def boundaries(lines: Sequence[str]) -> list[list[int]]:
    """The cut points of each line."""
    return [cut_points(line, spans) for line, spans in zip(lines, _analyser().tokenize(lines), strict=True)]


@functools.cache
def _analyser() -> Any:
    """Kiwi with its plain dictionary: compounds as one entry would hide the cuts inside them. 2 s, 340 MB."""
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1, load_typo_dict=False, load_multi_dict=False)


def _before_spaces(text: str, position: int) -> int:
    while position > 0 and text[position - 1] == " ":
        position -= 1
    return position


def _join(text: str, cuts: Sequence[int]) -> str:
    edges = [0, *cuts, len(text)]
    return CUT.join(text[start:end] for start, end in itertools.pairwise(edges))
