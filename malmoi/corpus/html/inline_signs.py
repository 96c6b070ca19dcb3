"""What only the place of a sign tells: superscripts, subscripts, readings above words, numbers beside lines of code.

As plain text 2<sup>10</sup> would read 210. Signs that Unicode has raised or lowered become those, others stand after a
circumflex or an underscore; a reading stands in round brackets; numbers of lines are no code and go.
"""

import itertools
import re
from typing import NamedTuple

import numpy as np
from numba import njit

from malmoi.corpus.html.markup import is_space
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
COUNTED = re.compile(rb"\d+")
MAX_TAG_BYTES = 400
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
    raised_ones, readings, counted = _places(page, scanned.text, scanned.elements, scanned.spans, BOXES_OF_NUMBERS)
    edits = _raised(scanned, raised_ones[:MAX_SIGNS].tolist()) if len(raised_ones) else []
    edits += _readings(scanned, readings[:MAX_SIGNS].tolist()) if len(readings) else []
    edits += _line_numbers(page, scanned, counted.tolist()) if len(counted) else []
    return _edited(scanned, sorted(edits)) if edits else scanned


@njit(nogil=True, cache=True)
def _places(
    page: np.ndarray, text: np.ndarray, elements: np.ndarray, spans: np.ndarray, boxes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The elements that are raised or lowered, those that are readings (<rt>), the boxes of nothing but numbers.

    All int64. page, text: uint8. elements: int64 (elements, 6). spans: int64 (elements, 3). boxes: bool (256,), by tag.
    """
    kinds = np.zeros(len(elements), np.uint8)
    for e in range(1, len(elements)):
        tag, start = elements[e, TAG], spans[e, ATTRIBUTES]
        if tag in (SUP, SUB):
            kinds[e] = 1
        elif tag == 0 and page[start - 1] | 32 == 116 and page[start - 2] | 32 == 114 and page[start - 3] == 60:  # <rt
            kinds[e] = 2
        elif boxes[tag]:
            k, last, has_digit = spans[e, FIRST], spans[e, LAST], False
            while k < last and (48 <= text[k] <= 58 or is_space(int(text[k])) or text[k] == 46 or text[k] == 124):
                has_digit |= 48 <= text[k] <= 57
                k += 1
            sign = text[spans[e, FIRST]] if has_digit and k == last else 0
            kinds[e] = 3 if sign == 32 or 48 <= sign <= 57 else 0
    return np.flatnonzero(kinds == 1), np.flatnonzero(kinds == 2), np.flatnonzero(kinds == 3)


def _raised(scanned: Scanned, numbers: list[int]) -> list[_Edit]:
    tags = scanned.elements[:, TAG]
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


def _readings(scanned: Scanned, numbers: list[int]) -> list[_Edit]:
    """Brackets around each <rt> that the page itself gives none."""
    edits = []
    for number in numbers:
        first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
        text = scanned.text[first:last].tobytes()
        before = scanned.text[max(0, first - 3) : first].tobytes().decode("utf-8", "replace")
        if text.strip() and before[-1:] not in ("(", "（"):
            edits.append(_Edit(first, last, b"(" + text.strip() + b")"))
    return edits


def _line_numbers(page: np.ndarray, scanned: Scanned, numbers: list[int]) -> list[_Edit]:
    """The numbers of lines that stand in boxes of their own beside code."""
    edits: list[_Edit] = []
    end = 0
    for number in numbers:
        first, last = scanned.spans[number, FIRST : LAST + 1].tolist()
        if first < end:
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
