"""From the chosen blocks of a page to its text: Markdown in so far as a reader needs it.

Headings with number signs, items with a dash, tables of rows between bars, code between fences, quotations with an
angle bracket. Tables that only place things on a page, as Korean pages of the EUC-KR years have, become paragraphs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit

from malmoi.corpus.html.scan import ELEMENT, END, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID

PARAGRAPH, HEADING, ITEM, CELL, CODE, QUOTE, CAPTION = range(7)
KINDS = ("paragraph", "heading", "item", "cell", "code", "quote", "caption")
LAYOUT_CELL_BYTES = 600
"""A table with a cell of so much text, or of more than two blocks, or of one column, only places things on the page."""
LAYOUT_CELL_BLOCKS = 2
KIND_OF_TAG = np.full(256, -1, np.int64)
for _kind, _names in {
    HEADING: "h1 h2 h3 h4 h5 h6",
    ITEM: "li dt dd",
    CELL: "td th",
    CODE: "pre",
    QUOTE: "blockquote",
    CAPTION: "figcaption",
}.items():
    for _name in _names.split():
        KIND_OF_TAG[ID[_name]] = _kind
FIRST_HEADING, TR, TABLE, UL, OL, LI = (ID[name] for name in "h1 tr table ul ol li".split())


class Piece(NamedTuple):
    """One block as it is read: what it is, its level (headings 1-6, items by nesting from 0), its text and its number.

    block: the number of its first block, -1 for what is none. kind: one of KINDS, or "media" for a mark. ordinal: of an
    item in a numbered list, from 1; 0 in any other.
    """

    kind: str
    level: int
    text: str
    block: int = -1
    ordinal: int = 0


def pieces(
    scanned: Scanned, chosen: np.ndarray, read: Callable[[int], str] | None = None, root: int = 0
) -> list[Piece]:
    """The chosen blocks (bool) in reading order; a row of a table is one piece of kind "cell", cells between bars.

    read: the text of a block by its number, where it shall be another than its own. root: the element that holds the
    blocks: what it is itself does not show, so that a comment in a list is no item of one.
    """
    numbers = np.flatnonzero(chosen)
    shapes = _shapes(scanned.elements, scanned.blocks, numbers, KIND_OF_TAG, root)
    _number_items(scanned.elements, scanned.blocks, numbers, shapes)
    _unmake_layout_tables(shapes, scanned.blocks[numbers])
    found: list[Piece] = []
    row, cell = -1, -1
    read = read or reader(scanned)
    for (kind, level, its_row, its_cell, _, ordinal), number in zip(shapes.tolist(), numbers.tolist(), strict=True):
        text = read(number).strip()
        if not text:
            continue
        if kind == CELL and its_row == row and found:
            joint = " " if its_cell == cell else " | "
            found[-1] = found[-1]._replace(text=found[-1].text + joint + " ".join(text.split()))
        else:
            found.append(Piece(KINDS[kind], level, " ".join(text.split()) if kind == CELL else text, number, ordinal))
        row, cell = (its_row, its_cell) if kind == CELL else (-1, -1)
    return found


def reader(scanned: Scanned) -> Callable[[int], str]:
    """A function that gives the text of a block by its number."""
    content, spans = scanned.text.tobytes(), scanned.blocks[:, [START, END]].tolist()
    return lambda number: content[spans[number][0] : spans[number][1]].decode("utf-8", "replace")


def to_text(found: list[Piece]) -> str:
    """The pieces as one text; what belongs together (items, rows, lines of a quotation) stands on successive lines."""
    lines: list[str] = []
    last = ""
    for piece in found:
        if lines and not (piece.kind == last and piece.kind in ("item", "cell")):
            lines.append("")
        lines.append(_written(piece))
        last = piece.kind
    return "\n".join(lines)


def _written(piece: Piece) -> str:
    if piece.kind == "heading":
        return "#" * piece.level + " " + " ".join(piece.text.split())
    if piece.kind == "item":
        sign = f"{piece.ordinal}. " if piece.ordinal else "- "
        return "  " * piece.level + sign + piece.text
    if piece.kind == "cell":
        return f"| {piece.text} |"
    if piece.kind == "code":
        return f"```\n{piece.text}\n```"
    if piece.kind == "quote":
        return "\n".join(f"> {line}" for line in piece.text.split("\n"))
    return piece.text


@njit(nogil=True, cache=True)
def _shapes(
    elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, kind_of_tag: np.ndarray, root: int
) -> np.ndarray:
    """For each block: kind, level, the row and the cell that it is in, the table; -1 where there is none; and 0."""
    shapes = np.full((len(numbers), 6), -1, np.int64)
    for k in range(len(numbers)):
        shape = shapes[k]
        kind, level, lists = -1, 0, 0
        e = blocks[numbers[k], ELEMENT]
        while e > root:
            tag = elements[e, TAG]
            here = kind_of_tag[tag]
            if here in (CODE, CAPTION) or (here >= 0 and kind < 0):
                kind = here
                if here == HEADING:
                    level = tag - FIRST_HEADING + 1
            if here == CELL and shape[3] < 0:
                shape[3] = e
            elif tag == TR and shape[2] < 0:
                shape[2] = e
            elif tag == TABLE and shape[4] < 0:
                shape[4] = e
            elif tag in (UL, OL):
                lists += 1
            e = elements[e, PARENT]
        shape[0] = PARAGRAPH if kind < 0 else kind
        shape[1] = max(0, lists - 1) if shape[0] == ITEM else level
        if shape[0] == CELL and (shape[2] < 0 or shape[4] < 0):
            shape[0] = PARAGRAPH
        shape[5] = 0
    return shapes


@njit(nogil=True, cache=True)
def _number_items(elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, shapes: np.ndarray) -> None:
    """Writes into the last column the ordinal of each item of an <ol>; all blocks of an item have the same."""
    counts = np.zeros(len(elements), np.int32)
    ordinals = np.zeros(len(elements), np.int32)
    for k in range(len(numbers)):
        if shapes[k, 0] != ITEM:
            continue
        e = blocks[numbers[k], ELEMENT]
        while e > 0 and elements[e, TAG] != LI:
            e = elements[e, PARENT]
        above = elements[e, PARENT] if e > 0 else 0
        if above > 0 and elements[above, TAG] == OL:
            if ordinals[e] == 0:
                counts[above] += 1
                ordinals[e] = counts[above]
            shapes[k, 5] = ordinals[e]


def _unmake_layout_tables(shapes: np.ndarray, blocks: np.ndarray) -> None:
    """Makes the cells of layout tables paragraphs, in place."""
    cells = np.flatnonzero(shapes[:, 0] == CELL)
    if not len(cells):
        return
    _, inverse = np.unique(shapes[cells, 3], return_inverse=True)
    size = np.bincount(inverse, blocks[cells, 2] - blocks[cells, 1])
    count = np.bincount(inverse)
    is_box = (size[inverse] > LAYOUT_CELL_BYTES) | (count[inverse] > LAYOUT_CELL_BLOCKS)
    layout = np.isin(shapes[cells, 4], shapes[cells[is_box], 4])
    own = np.unique(shapes[cells][:, [4, 2, 3]], axis=0)  # table, row, cell
    rows, cells_of_row = np.unique(own[:, :2], axis=0, return_counts=True)
    layout |= ~np.isin(shapes[cells, 4], rows[cells_of_row > 1, 0])  # one column is a way to place things, too
    shapes[cells[layout], 0] = PARAGRAPH
