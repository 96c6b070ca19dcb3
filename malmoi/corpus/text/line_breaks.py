"""Printed lines put together to paragraphs: which line ends are ends of paragraphs, which are a space, which nothing.

For text out of PDF, whose lines have places, and for plain text that was copied out of one, whose lines have widths. No
letter changes: only white space at line ends does. What the rules are worth on pages with known text is printed by
benchmarks/line_breaks.py.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from malmoi.corpus.text.word_gaps import space_probability

PARAGRAPH, BREAK, SPACE, NOTHING = "\n\n", "\n", " ", ""
TIGHT_EM = 1.3
"""A line is full where less than so many letters would fit behind it: one, and what justifying leaves."""
RAGGED_SHARE = 0.1
"""Above it of the lines that go on are not full, and most of these end no sentence: then words are not broken."""
TRAILING_SHARE = 0.1
"""Above it of the lines end with a space: a program wrote spaces at line ends, and broke words where it wrote none."""
WIDEST_PITCH = 2.2
"""Of lines, in their letters: a little more than double spacing."""
PITCH_RATIO, SIZE_RATIO, INDENT_EM = 1.3, 1.15, 0.7
NATURAL_SHARE = 0.29
"""Of the gaps between letters of Korean are spaces (1.0 million gaps of laws, documentation, web pages)."""
LEAST_LINES, WINDOW_LINES = 8, 150
FULL_QUANTILE = 0.9
SENTENCE_END = re.compile(r"[.!?:;…>」』)\]\"”']\s*$")
UNIT = re.compile(r"[^\s\u1100-\uffff]+|\S[)\].,!?」』》〉…]*")
BULLET = re.compile("[•◦▪▶▷○●□■◎◇◆※☞\ue000-\uf8ff]")
"""The last ones are signs of fonts for symbols."""
SIGN = re.compile(r"(?:[①-⑳㉮-㉻·ㆍ*-]|\(?\d{1,3}[.)]|[가-하][.)]|제\s?\d+[조장절편]\b|[IVXⅠ-Ⅻ]+\.)\s?")
ROW_EM, ROW_SHARE = 1.0, 0.4
"""Cells of one row of a table: on one base line but for so much of a letter, one behind the other."""


@dataclass(frozen=True)
class Line:
    """A printed line. text: as it stands, spaces at its end too. left, right, y: its place, y growing downwards.

    size: of its letters, in the same unit (points, or columns of a plain text). page: where it stands.
    """

    text: str
    left: float
    right: float
    y: float
    size: float
    page: int = 0


@dataclass(frozen=True)
class Joined:
    """Lines as a text. Counts of line ends by what they became."""

    text: str
    counts: dict[str, int] = field(default_factory=dict)


def join(lines: Sequence[Line]) -> Joined:
    """The lines in reading order as paragraphs."""
    lines = [line for line in lines if line.text.strip()]
    if not lines:
        return Joined("")
    ends = line_ends(lines)
    pieces = [lines[0].text.strip()]
    for end, line in zip(ends, lines[1:], strict=True):
        pieces += [end, line.text.strip()]
    return Joined("".join(pieces), Counter(ends))


def line_ends(lines: Sequence[Line]) -> list[str]:
    """What stands for the end of each line but the last: PARAGRAPH, BREAK, SPACE or NOTHING."""
    rooms = _rooms(lines)
    words = [_width_em(line.text.split(maxsplit=1)[0]) for line in lines[1:]]
    ends = [_paragraph_end(lines, i, room, word) for i, (room, word) in enumerate(zip(rooms, words, strict=False))]
    going_on = [i for i, end in enumerate(ends) if not end]
    short = [i for i in going_on if rooms[i] > max(TIGHT_EM, _unit_em(lines[i + 1].text) + 0.5)]
    ragged = _is_ragged(lines, short, len(going_on))
    if not ragged:  # a line that is not full ends something, though its next word would not have fitted
        for i in short:
            ends[i] = BREAK
        going_on = [i for i in going_on if not ends[i]]
    for i, end in zip(going_on, _word_ends(lines, going_on, ragged), strict=True):
        ends[i] = end
    return ends


def _is_ragged(lines: Sequence[Line], short: list[int], num_going_on: int) -> bool:
    """Whether lines are broken between words only, and not spread to the edge.

    short: lines that could have taken one more letter, but not the next word. Broken between letters, such a line is
    the last one of a paragraph and ends as sentences do.
    """
    unfinished = sum(not SENTENCE_END.search(lines[i].text) for i in short)
    return len(short) > RAGGED_SHARE * num_going_on and unfinished > 0.5 * len(short)


def _rooms(lines: Sequence[Line]) -> list[float]:
    """How many letters would still fit behind each line but the last, by the lines that begin about where it does."""
    lefts, rights, sizes, pages = (
        np.array([getattr(line, name) for line in lines]) for name in ("left", "right", "size", "page")
    )
    rooms = []
    for i in range(len(lines) - 1):
        window = slice(max(0, i - WINDOW_LINES), i + WINDOW_LINES + 1)
        near = np.abs(lefts[window] - lefts[i]) < 2.5 * sizes[i]
        near &= np.abs(sizes[window] - sizes[i]) < (SIZE_RATIO - 1) * sizes[i]
        here = near & (pages[window] == pages[i])
        column = np.sort(rights[window][here if here.sum() >= LEAST_LINES else near])
        edge = column[int(FULL_QUANTILE * (len(column) - 1))] if len(column) >= LEAST_LINES else column[-1]
        rooms.append(float(edge - rights[i]) / sizes[i])
    return rooms


def _width_em(text: str) -> float:
    """The width of a text, in letters of Hangul."""
    return sum(1.0 if sign >= "\u1100" else 0.55 for sign in text)


def _unit_em(text: str) -> float:
    """The width of what stays together at the start of a line: a number, a Latin word, a letter and its full stop."""
    found = UNIT.match(text.lstrip())
    return _width_em(found[0]) if found else 1.0


def _paragraph_end(lines: Sequence[Line], i: int, room: float, word: float) -> str:
    """What the place of the lines says of the end of line i; "" where it may go on in the next one."""
    this, after = lines[i], lines[i + 1]
    if _is_row(this, after):
        return SPACE
    if (i and _is_row(lines[i - 1], this)) or BULLET.match(after.text.lstrip()):
        return BREAK
    if not 1 / SIZE_RATIO < after.size / this.size < SIZE_RATIO:
        return PARAGRAPH
    same_column = this.page == after.page and after.y > this.y
    if same_column and after.y - this.y > PITCH_RATIO * _pitch(lines, i):
        return PARAGRAPH
    if room > word + 0.5 and room > TIGHT_EM:
        return BREAK
    if room > TIGHT_EM and SIGN.match(after.text):
        return BREAK
    beyond = lines[i + 2] if i + 2 < len(lines) else None
    indented = after.left - this.left > INDENT_EM * this.size and same_column
    if indented and (beyond is None or after.left - beyond.left > INDENT_EM * this.size):
        return PARAGRAPH
    return ""


def _is_row(this: Line, after: Line) -> bool:
    """Whether two pieces of text are cells of one row."""
    close = this.page == after.page and abs(after.y - this.y) < ROW_SHARE * this.size
    return close and after.left >= this.right - ROW_EM * this.size


def _pitch(lines: Sequence[Line], i: int) -> float:
    """The usual distance of lines around line i."""
    around = range(max(0, i - 15), min(len(lines) - 1, i + 15))
    steps = [lines[k + 1].y - lines[k].y for k in around if lines[k].page == lines[k + 1].page]
    steps = [step for step in steps if step > 0.5 * lines[i].size]
    return min([sorted(steps)[int(0.3 * len(steps))] if steps else float("inf"), WIDEST_PITCH * lines[i].size])


def _word_ends(lines: Sequence[Line], going_on: list[int], ragged: bool) -> list[str]:
    """SPACE or NOTHING for each line that goes on in the next one."""
    if not going_on:
        return []
    gaps = [(lines[i].text.split()[-1], lines[i + 1].text.split()[0]) for i in going_on]
    words = Counter(word for line in lines for word in line.text.split()[1:-1])
    spaced = space_probability(gaps, words)
    trailing = np.array([lines[i].text[-1:].isspace() for i in going_on])
    if trailing.mean() > TRAILING_SHARE:
        return [SPACE if sure or p > 0.5 else NOTHING for sure, p in zip(trailing, spaced, strict=True)]
    inside = np.array([left[-1:].isalnum() and right[:1].isalnum() for left, right in gaps])
    # Even between words only, a line may end before and after a bracket that no space stands beside.
    share = inside * (1.0 if ragged else _between_words(spaced[inside]))
    return [SPACE if p > 0.5 else NOTHING for p in share + (1 - share) * spaced]


def _between_words(spaced: np.ndarray) -> float:
    """The probability that all these lines are broken between words. spaced: of a space at each line end.

    Two hypotheses of equal weight: every line end is a space, or spaces are as frequent as between any letters. By
    Bayes' rule a line end speaks for the first with p / NATURAL_SHARE.
    """
    evidence = np.log(np.clip(spaced, 0.01, 1) / NATURAL_SHARE).sum()
    return float(1 / (1 + np.exp(-np.clip(evidence, -50, 50))))
