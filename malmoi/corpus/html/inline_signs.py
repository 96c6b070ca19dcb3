"""What only the place of a sign tells: superscripts, subscripts, readings above words, numbers beside lines of code.

As plain text 2<sup>10</sup> would read 210. Signs that Unicode has raised or lowered become those, others stand after a
circumflex or an underscore; a reading stands in round brackets; numbers of lines are no code and go.
"""

import itertools
import re
from typing import NamedTuple

import numpy as np

from malmoi.corpus.html.scan import ATTRIBUTES, END, FIRST, LAST, MARK_AT, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID, tag_mask

SUP, SUB, TD, PRE = (ID[name] for name in "sup sub td pre".split())
SUPERSCRIPTS = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
SUBSCRIPTS = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
MOST_CHARACTERS = 12
"""A longer one is small print, not an exponent."""
MAX_SIGNS = 20_000
AS_THEY_ARE = re.compile(
    r"[\[(（〔【]?\s*(?:주|각주|註|note)?\s*[\d,\s–-]+\s*[\])）〕】]|[*※†‡]+\d*|[\[〔【].*|[™®©℠]"
    r"|st|nd|rd|th|TM|SM|.*[가-힣].*",
    re.IGNORECASE | re.DOTALL,
)
"""Footnote marks, ordinals, trade marks and Korean words in small print need no sign before them."""
NUMBER_CLASSES = re.compile(
    rb"(?<![\w-])(?:gutter|gl|rouge-gutter|lineno|linenos|linenodiv|line-?numbers?(?:-rows)?|hljs-ln-numbers?"
    rb"|hljs-ln-n|blob-num|ln-num|lines|lnt|code-line-number)(?![\w-])"
)
NUMBERS = re.compile(rb"[\s\d.:|]*")
COUNTED = re.compile(rb"\d+")
MAX_TAG_BYTES, PEEK_BYTES = 400, 64
BOXES_OF_NUMBERS = tag_mask("td div pre span")
MANY = 2
"""A cell with so many numbers, each one more than the one before, beside another cell is a column of line numbers."""


class _Edit(NamedTuple):
    """A piece of the scanned text, first to last in bytes, and what stands for it."""

    first: int
    last: int
    text: bytes


def with_signs(page: np.ndarray, scanned: Scanned) -> Scanned:
    """The page with such signs written so that plain text keeps what they mean; all offsets moved along.

    page: uint8 (bytes,), as it was scanned.
    """
    edits = [*_raised(scanned), *_readings(page, scanned), *_line_numbers(page, scanned)]
    return _edited(scanned, sorted(edits)) if edits else scanned


def _raised(scanned: Scanned) -> list[_Edit]:
    tags = scanned.elements[:, TAG]
    numbers = np.flatnonzero((tags == SUP) | (tags == SUB))[:MAX_SIGNS].tolist()
    edits: list[_Edit] = []
    for number in numbers:
        first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
        if last <= first or last - first > 4 * MOST_CHARACTERS or _is_in_code(scanned, number):
            continue
        text = scanned.text[first:last].tobytes().decode("utf-8", "replace")
        bare = text.strip()
        written = raised(bare, "^" if tags[number] == SUP else "_")
        if written == bare:
            continue
        if edits and first < edits[-1].last:
            continue  # one inside another
        edits.append(_Edit(first, last, text.replace(bare, written).encode()))
    return edits


def raised(text: str, sign: str) -> str:
    """A superscript (sign "^") or subscript ("_") as plain text; what needs no sign stays as it is."""
    is_sign = 0 < len(text) <= MOST_CHARACTERS and not AS_THEY_ARE.fullmatch(text)
    return _written(text, sign) if is_sign else text


def _written(text: str, sign: str) -> str:
    """The text raised ("^") or lowered ("_")."""
    moved = text.translate(SUPERSCRIPTS if sign == "^" else SUBSCRIPTS)
    if all(before != after for before, after in zip(text, moved, strict=True)):
        return moved
    return f"{sign}{text}" if text.isalpha() else f"{sign}({text})"


def _is_in_code(scanned: Scanned, number: int) -> bool:
    while number > 0:
        if scanned.elements[number, TAG] == PRE:
            return True
        number = int(scanned.elements[number, PARENT])
    return False


def _readings(page: np.ndarray, scanned: Scanned) -> list[_Edit]:
    """Brackets around each <rt> that the page itself gives none."""
    unknown = np.flatnonzero(scanned.elements[:, TAG] == 0)[1:]
    starts = scanned.spans[unknown, ATTRIBUTES]
    is_reading = (page[starts - 1] | 32 == 116) & (page[starts - 2] | 32 == 114) & (page[starts - 3] == 60)  # <rt
    edits = []
    for number in unknown[is_reading][:MAX_SIGNS].tolist():
        first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
        text = scanned.text[first:last].tobytes()
        before = scanned.text[max(0, first - 3) : first].tobytes().decode("utf-8", "replace")
        if text.strip() and before[-1:] not in ("(", "（"):
            edits.append(_Edit(first, last, b"(" + text.strip() + b")"))
    return edits


def _line_numbers(page: np.ndarray, scanned: Scanned) -> list[_Edit]:
    """The numbers of lines that stand in boxes of their own beside code."""
    firsts, sizes = scanned.spans[:, FIRST], scanned.spans[:, LAST] - scanned.spans[:, FIRST]
    boxed = np.flatnonzero(BOXES_OF_NUMBERS[scanned.elements[:, TAG]] & (sizes > 0))
    signs = scanned.text[firsts[boxed]] if len(boxed) else boxed
    edits: list[_Edit] = []
    end = 0
    for number in boxed[((signs >= 48) & (signs <= 57)) | (signs == 32)].tolist():
        first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
        if first < end or not NUMBERS.fullmatch(scanned.text[first : min(last, first + PEEK_BYTES)].tobytes()):
            continue
        text = scanned.text[first:last].tobytes()
        if not NUMBERS.fullmatch(text) or not COUNTED.search(text):
            continue
        start = int(scanned.spans[number, ATTRIBUTES])
        attributes = page[start : start + MAX_TAG_BYTES].tobytes().partition(b">")[0]
        if NUMBER_CLASSES.search(attributes) or (scanned.elements[number, TAG] == TD and _counts_up(scanned, number)):
            edits.append(_Edit(first, last, b""))
            end = last
    return edits


def _counts_up(scanned: Scanned, number: int) -> bool:
    """Whether an element holds, block by block or line by line, numbers that count up by one."""
    first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
    low, high = np.searchsorted(scanned.blocks[:, START], [first, last], "left").tolist()
    blocks = scanned.blocks[low:high, START : END + 1].tolist()
    counted = [int(value[:9]) for start, end in blocks for value in COUNTED.findall(scanned.text[start:end].tobytes())]
    return len(counted) >= MANY and all(b == a + 1 for a, b in itertools.pairwise(counted))


def _edited(scanned: Scanned, edits: list[_Edit]) -> Scanned:
    """The scanned page with the edits made; they must not overlap."""
    kept = [edits[0]]
    for edit in edits[1:]:
        if edit.first >= kept[-1].last:
            kept.append(edit)
    pieces, at = [], 0
    content = scanned.text.tobytes()
    for edit in kept:
        pieces += [content[at : edit.first], edit.text]
        at = edit.last
    pieces.append(content[at:])
    firsts = np.array([edit.first for edit in kept])
    lasts = np.array([edit.last for edit in kept])
    lengths = np.array([len(edit.text) for edit in kept])
    shifts = np.concatenate([[0], np.cumsum(lengths - (lasts - firsts))])

    def moved(offsets: np.ndarray) -> np.ndarray:
        """Offsets in the old text as those in the new; one inside an edit goes to its end."""
        done = np.searchsorted(lasts, offsets, "right")
        near = np.minimum(done, len(firsts) - 1)
        is_inside = (done < len(firsts)) & (firsts[near] < offsets)
        return np.where(is_inside, firsts[near] + lengths[near], offsets) + shifts[done]

    blocks, spans, marks = scanned.blocks.copy(), scanned.spans.copy(), scanned.marks.copy()
    for array, columns in ((blocks, (START, END)), (spans, (FIRST, LAST)), (marks, (MARK_AT,))):
        for column in columns:
            array[:, column] = moved(array[:, column])
    text = np.frombuffer(b"".join(pieces), np.uint8)
    return scanned._replace(blocks=blocks, spans=spans, marks=marks, text=text)
