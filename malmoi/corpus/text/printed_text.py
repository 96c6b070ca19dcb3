"""Plain text that was copied out of print: its lines are put together again, where it is certain that they were broken.

Certain is, of a whole text: most lines fill the same width, and words go on over their ends. Of a single line end in
any text: the line is long and ends no sentence, and what follows can hardly begin a word. Only white space changes, but
for the numbers of printed pages, which are taken out of a text of the first kind.
"""

import itertools
import re
import unicodedata
from collections import Counter

import numpy as np

from malmoi.corpus.text.line_breaks import SIGN, Line, join
from malmoi.corpus.text.word_gaps import space_probability

LEAST_LINES = 5
WIDTHS = (12, 90)
"""Letters of a printed line: narrow columns to whole pages."""
FULL_SHARE, FULL_ROOM = 0.7, 2.5
LOOSE_SHARE = 0.5
"""As FULL_SHARE where the numbers of pages are still among the lines."""
BROKEN_SHARE = 0.3
"""Of the full lines of a printed text at least so many are broken inside a word; between any letters it is 0.7."""
EXACT_ROOM, EXACT_SHARE, BROKEN_SHARE_EXACT = 0.5, 0.8, 0.15
"""Lines of one width to the letter, blanks too, were cut by a program: fewer broken words are enough."""
SURE = 0.01
"""Below it a single line end is inside a word. Of the line ends of texts that nobody printed, so few are joined: see
benchmarks/line_breaks.py."""
DOUBTFUL = 0.2
LONG_LINE, NEAR = 24, 40
JOINT = re.compile(r"[가-힣]\n(?=[가-힣])")
PAGE_NUMBER = re.compile(r"\s*[-–—]\s*\d{1,4}\s*[-–—]\s*")
HANGUL = re.compile(r"[가-힣]")


def mend(text: str, single_ends: bool = False) -> tuple[str, int]:
    """The text with its lines put together, and how many line ends that changed; the same text where it is not print.

    single_ends: single line ends are looked at too, where the whole is not printed.
    """
    if "\n" not in text:
        return text, 0
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    if not HANGUL.search(composed):
        return text, 0
    encoded = np.frombuffer(composed.encode("utf-8", "replace"), np.uint8)
    if candidates(encoded, np.array([0, len(encoded)]))[0]:
        lines = composed.split("\n")
        if _is_printed(lines):
            return _joined(lines)
    mended, number = _single_ends(composed) if single_ends else (text, 0)
    return (mended, number) if number else (text, 0)


def candidates(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Which texts `mend` may change, and some more, bool (rows,). data: uint8, UTF-8. offsets: int64 (rows + 1,)."""
    from malmoi.corpus.kernels.printed_lines import may_be_printed

    room = int(2 * FULL_ROOM) + 1
    return may_be_printed(data, offsets, LEAST_LINES, 2 * WIDTHS[0] - 1, 2 * WIDTHS[1] + 1, room, LOOSE_SHARE)


def _is_printed(lines: list[str]) -> bool:
    """Whether most lines fill the same width and many of them end inside a word."""
    inner = [line for line in lines if line.strip() and not PAGE_NUMBER.fullmatch(line)]
    if len(inner) < LEAST_LINES:
        return False
    widths = np.array([_width(line) for line in inner])
    edge = np.sort(widths)[int(0.9 * (len(widths) - 1))]
    full = [i for i in range(len(inner) - 1) if abs(edge - widths[i]) <= FULL_ROOM]
    if not WIDTHS[0] <= edge <= WIDTHS[1] or len(full) < FULL_SHARE * (len(inner) - 1):
        return False
    gaps = [(inner[i], inner[i + 1]) for i in full]
    close = [(left, right) for left, right in gaps if left[-1:] >= "가" and right[:1] >= "가"]
    spaced = space_probability([(left.split()[-1], right.split()[0]) for left, right in close], Counter())
    exact = sum(abs(edge - widths[i]) <= EXACT_ROOM for i in full) >= EXACT_SHARE * len(full)
    share = BROKEN_SHARE_EXACT if exact else BROKEN_SHARE
    return int((spaced < 0.5).sum()) >= max(2, share * len(gaps))


def _joined(lines: list[str]) -> tuple[str, int]:
    """A printed text. White space at a line end was one there; where there is none at any, the model decides."""
    placed, y, page = [], 0.0, 0
    for line in lines:
        if PAGE_NUMBER.fullmatch(line):
            page += 1
        elif line.strip():
            # What stands before the first letter is the space that was broken at, not an indent.
            placed.append(Line(line, 0.0, _width(line), y, 1.0, page))
        y += 1.0
    moved = [
        Line(line.text.rstrip("\r") + " " * (after.text[:1].isspace()), 0.0, line.right, line.y, 1.0, line.page)
        for line, after in itertools.pairwise(placed)
    ]
    joined = join([*moved, placed[-1]])
    return joined.text, joined.counts.get(" ", 0) + joined.counts.get("", 0)


def _single_ends(text: str) -> tuple[str, int]:
    """Joins the line ends at which a word surely goes on: of long lines, between two syllables."""
    ends = [
        found.start() + 1
        for found in JOINT.finditer(text)
        if found.start() + 1 - (text.rfind("\n", 0, found.start()) + 1) >= LONG_LINE
        and not SIGN.match(text, found.end())
    ]
    pieces = [
        (text[max(0, end - NEAR) : end].rsplit(None, 1)[-1], text[end + 1 : end + NEAR].split(None, 1)[0])
        for end in ends
    ]
    # Most are surely no part of one word whatever words the text has, so these are not counted yet.
    doubtful = bool(ends) and bool((space_probability(pieces, Counter()) < DOUBTFUL).any())
    if not doubtful:
        return text, 0
    words = Counter(text.split())
    for left, right in pieces:  # a word at a gap does not speak for itself
        words.subtract((left, right))
    sure = [end for end, p in zip(ends, space_probability(pieces, words), strict=True) if p < SURE]
    parts = [text[start:end] for start, end in itertools.pairwise([0, *sure, len(text)])]
    return parts[0] + "".join(part[1:] for part in parts[1:]), len(sure)


def _width(line: str) -> float:
    """In letters of Hangul, with the spaces at both ends."""
    signs = line.rstrip("\r")
    return (len(signs) + sum(map("\u1100".__le__, signs))) / 2
