"""From the chosen blocks of a page to its text: Markdown in so far as a reader needs it.

Headings with number signs, items with a dash, tables of rows between bars, code between fences, quotations with an
angle bracket. Tables that only place things on a page, as Korean pages of the EUC-KR years have, become paragraphs.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from malmoi.corpus.core_region.scan import ELEMENT, PARENT, TAG, Scanned
from malmoi.corpus.core_region.tags import ID

PARAGRAPH, HEADING, ITEM, CELL, CODE, QUOTE, CAPTION = range(7)
KINDS = ("paragraph", "heading", "item", "cell", "code", "quote", "caption")
LAYOUT_CELL_BYTES = 600
"""A table with a cell of so much text, or of more than two blocks, places things on the page; it is no table."""
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
FIRST_HEADING, TR, TABLE, UL, OL = ID["h1"], ID["tr"], ID["table"], ID["ul"], ID["ol"]


class Piece(NamedTuple):
    """One block as it is read: what it is, its level (headings 1-6, items by nesting from 0) and its text."""

    kind: str
    level: int
    text: str


def pieces(scanned: Scanned, chosen: np.ndarray) -> list[Piece]:
    """The chosen blocks (bool) in reading order; a row of a table is one piece of kind "cell", cells between bars."""
    numbers = np.flatnonzero(chosen)
    shapes = _shapes(scanned.elements, scanned.blocks, numbers, KIND_OF_TAG)
    _unmake_layout_tables(shapes, scanned.blocks[numbers])
    found: list[Piece] = []
    row, cell = -1, -1
    spans = scanned.blocks[numbers, 1:3].tolist()
    content = scanned.text.tobytes()
    for (kind, level, its_row, its_cell, _), (start, end) in zip(shapes.tolist(), spans, strict=True):
        text = content[start:end].decode("utf-8", "replace").strip()
        if not text:
            continue
        if kind == CELL and its_row == row and found:
            joint = " " if its_cell == cell else " | "
            found[-1] = found[-1]._replace(text=found[-1].text + joint + " ".join(text.split()))
        else:
            found.append(Piece(KINDS[kind], level, " ".join(text.split()) if kind == CELL else text))
        row, cell = (its_row, its_cell) if kind == CELL else (-1, -1)
    return found


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
        return "  " * piece.level + "- " + piece.text
    if piece.kind == "cell":
        return f"| {piece.text} |"
    if piece.kind == "code":
        return f"```\n{piece.text}\n```"
    if piece.kind == "quote":
        return "\n".join(f"> {line}" for line in piece.text.split("\n"))
    return piece.text


@njit(nogil=True, cache=True)
def _shapes(elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, kind_of_tag: np.ndarray) -> np.ndarray:
    """For each block: kind, level, the row and the cell that it is in, the table; -1 where there is none."""
    shapes = np.full((len(numbers), 5), -1, np.int64)
    for k in range(len(numbers)):
        shape = shapes[k]
        kind, level, lists = -1, 0, 0
        e = blocks[numbers[k], ELEMENT]
        while e > 0:
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
    return shapes


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
    shapes[cells[layout], 0] = PARAGRAPH
