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
from malmoi.corpus.text.signs import BLANK

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


class MarkdownBlock(NamedTuple):
    """A block as it is written in Markdown.

    kind: one of KINDS, or "media" for a placeholder. level: of a heading 1 to 6, of an item how deep its list is
    nested, from 0. block: the number of its first block in the page, -1 for none. ordinal: of an item of a numbered
    list its number, from 1; 0 for any other.
    """

    kind: str
    level: int
    text: str
    block: int = -1
    ordinal: int = 0


def markdown_blocks(
    scanned: Scanned, chosen: np.ndarray, read: Callable[[int], str] | None = None, root: int = 0
) -> list[MarkdownBlock]:
    """The chosen blocks in reading order; a row of a table is one of kind "cell", with bars between its cells.

    chosen: bool (blocks,). read: gives the text of a block by its number; None: that of the page. root: the element
    that holds the blocks; what it is itself does not show, so that a comment in a list is no item of one.
    """
    numbers = np.flatnonzero(chosen)
    shapes = _shapes(scanned.elements, scanned.blocks, numbers, KIND_OF_TAG, root)
    _number_items(scanned.elements, scanned.blocks, numbers, shapes)
    _unmake_layout_tables(shapes, scanned.blocks[numbers])
    blocks: list[MarkdownBlock] = []
    last_row, last_cell = -1, -1
    read = read or block_reader(scanned)
    for (kind, level, row, cell, _, ordinal), number in zip(shapes.tolist(), numbers.tolist(), strict=True):
        text = read(number).strip(BLANK)
        if not text:
            continue
        if kind == CELL:
            text = " ".join(text.split())
        if kind == CELL and row == last_row and blocks:
            joint = " " if cell == last_cell else " | "
            blocks[-1] = blocks[-1]._replace(text=blocks[-1].text + joint + text)
        else:
            blocks.append(MarkdownBlock(KINDS[kind], level, text, number, ordinal))
        last_row, last_cell = (row, cell) if kind == CELL else (-1, -1)
    return blocks


def block_reader(scanned: Scanned) -> Callable[[int], str]:
    """A function that gives the text of a block by its number. It copies the page's text once."""
    content, spans = scanned.text.tobytes(), scanned.blocks[:, [START, END]].tolist()
    return lambda number: content[spans[number][0] : spans[number][1]].decode("utf-8", "replace")


def to_markdown(blocks: list[MarkdownBlock]) -> str:
    """The blocks as one text; items of a list and rows of a table stand on successive lines, all else apart."""
    lines: list[str] = []
    last = ""
    for block in blocks:
        if lines and not (block.kind == last and block.kind in ("item", "cell")):
            lines.append("")
        lines.append(_written(block))
        last = block.kind
    return "\n".join(lines)


def _written(block: MarkdownBlock) -> str:
    if block.kind == "heading":
        return "#" * block.level + " " + " ".join(block.text.split())
    if block.kind == "item":
        sign = f"{block.ordinal}. " if block.ordinal else "- "
        return "  " * block.level + sign + block.text
    if block.kind == "cell":
        return f"| {block.text} |"
    if block.kind == "code":
        return f"```\n{block.text}\n```"
    if block.kind == "quote":
        return "\n".join(f"> {line}" for line in block.text.split("\n"))
    return block.text


@njit(nogil=True, cache=True)
def _shapes(
    elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, kind_of_tag: np.ndarray, root: int
) -> np.ndarray:
    """int64 (numbers, 6): kind and level; the elements of its row, cell and table, -1 where there is none; and 0.

    elements: int64 (elements, 6). blocks: int64 (blocks, 12). numbers: int64, of the blocks that are asked for.
    kind_of_tag: int64 (256,), KIND_OF_TAG. Code and captions win over what they stand in; otherwise the innermost wins.
    """
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
    """Writes into the last column of shapes the ordinal of each item of an <ol>; all blocks of an item have the same.

    The arrays are those of `_shapes`.
    """
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
    """Makes the cells of layout tables paragraphs, in place.

    shapes: int64 (numbers, 6) of `_shapes`. blocks: int64 (numbers, 10), the rows of the same blocks.
    """
    cells = np.flatnonzero(shapes[:, 0] == CELL)
    if not len(cells):
        return
    _, inverse = np.unique(shapes[cells, 3], return_inverse=True)
    size = np.bincount(inverse, blocks[cells, END] - blocks[cells, START])
    count = np.bincount(inverse)
    is_box = (size[inverse] > LAYOUT_CELL_BYTES) | (count[inverse] > LAYOUT_CELL_BLOCKS)
    layout = np.isin(shapes[cells, 4], shapes[cells[is_box], 4])
    distinct = np.unique(shapes[cells][:, [4, 2, 3]], axis=0)  # table, row, cell
    rows, cells_of_row = np.unique(distinct[:, :2], axis=0, return_counts=True)
    layout |= ~np.isin(shapes[cells, 4], rows[cells_of_row > 1, 0])  # one column is a way to place things, too
    shapes[cells[layout], 0] = PARAGRAPH
