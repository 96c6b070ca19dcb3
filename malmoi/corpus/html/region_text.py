"""From the chosen blocks of a page to its text: Markdown in so far as a reader needs it.

Headings with number signs, items with a dash or their number, terms with their definitions after a colon (as Pandoc
writes them), tables of rows between bars, code between fences, quotations with an angle bracket. Tables that only
place things on a page, as Korean pages of the EUC-KR years have, become paragraphs (region_tables.py).
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit

from malmoi.corpus.html.markup import find_attribute
from malmoi.corpus.html.region_tables import places_in_rows, unmake_layout_tables
from malmoi.corpus.html.scan import ATTRIBUTES, ELEMENT, END, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID
from malmoi.corpus.text.lines import fenced
from malmoi.corpus.text.signs import BLANK

PARAGRAPH, HEADING, ITEM, CELL, CODE, QUOTE, CAPTION, TERM, DEFINITION = range(9)
KINDS = "paragraph heading item cell code quote caption term definition".split()
LISTS = ("item", "cell", "term", "definition")
"""Blocks of these kinds stand on successive lines."""
KIND_OF_TAG = np.full(256, -1, np.int64)
for _kind, _names in {
    HEADING: "h1 h2 h3 h4 h5 h6",
    ITEM: "li",
    TERM: "dt",
    DEFINITION: "dd",
    CELL: "td th",
    CODE: "pre",
    QUOTE: "blockquote",
    CAPTION: "figcaption",
}.items():
    for _name in _names.split():
        KIND_OF_TAG[ID[_name]] = _kind
FIRST_HEADING, TR, TABLE, UL, OL, LI, PRE = (ID[name] for name in "h1 tr table ul ol li pre".split())
SHAPE_COLUMNS = "kind level row cell table ordinal item code".split()
KIND, LEVEL, ROW, IN_CELL, IN_TABLE, ORDINAL, IN_ITEM, IN_CODE = range(8)
LINE_BOX_LEVELS = 3
"""Lines of code in boxes of their own belong together where they share an element so few levels above."""


class MarkdownBlock(NamedTuple):
    """A block as it is written in Markdown.

    kind: one of KINDS, or "media" for a placeholder. level: of a heading 1 to 6, of an item how deep its list is
    nested, from 0. block: the number of its first block in the page, -1 for none. ordinal: of an item of a numbered
    list its number; 0 for any other, negative for what goes on with the item before.
    """

    kind: str
    level: int
    text: str
    block: int = -1
    ordinal: int = 0


GOES_ON = -1
"""The ordinal of a further paragraph of an item: it gets no sign of its own."""


def markdown_blocks(
    scanned: Scanned,
    chosen: np.ndarray,
    read: Callable[[int], str] | None = None,
    root: int = 0,
    page: np.ndarray | None = None,
) -> list[MarkdownBlock]:
    """The chosen blocks in reading order; a row of a table is one of kind "cell", with bars between its cells.

    chosen: bool (blocks,). read: gives the text of a block by its number; None: that of the page. root: the element
    that holds the blocks; what it is itself does not show, so that a comment in a list is no item of one. page: uint8
    (bytes,), for the numbers that lists begin with; None: with 1.
    """
    numbers = np.flatnonzero(chosen)
    shapes = _shapes(scanned.elements, scanned.blocks, numbers, KIND_OF_TAG, root)
    starts = page if page is not None else np.empty(0, np.uint8)
    _number_items(scanned.elements, scanned.spans, starts, shapes)
    unmake_layout_tables(shapes, scanned, numbers)
    writer = _Writer(scanned, shapes)
    read = read or block_reader(scanned)
    for row, number in enumerate(numbers.tolist()):
        text = read(number)
        text = text.strip("\n").rstrip(BLANK) if shapes[row, KIND] == CODE else text.strip(BLANK)
        if text.strip(BLANK):
            writer.add(row, number, text)
    return writer.finished()


class _Writer:
    """Puts texts of blocks together: cells of a row, lines of code, paragraphs of an item."""

    def __init__(self, scanned: Scanned, shapes: np.ndarray) -> None:
        self.elements = scanned.elements
        self.shapes = shapes.tolist()
        self.places, self.widths = places_in_rows(scanned.elements, shapes)
        self.blocks: list[MarkdownBlock] = []
        self.row = self.cell = self.code = -1
        self.column = 0
        self.begun: dict[int, str] = {}

    def add(self, row: int, number: int, text: str) -> None:
        """One block. row: of `shapes`. number: of the block."""
        shape = self.shapes[row]
        kind = KINDS[shape[KIND]]
        if kind != "cell":
            self.end_row()
        if kind != "code":
            self.code = -1
        if kind == "cell":
            self._add_cell(shape, self.places[row], number, text)
        elif kind == "code":
            self._add_code(shape[IN_CODE], number, text)
        elif kind == "item":
            self._add_item(shape, number, text)
        else:
            if kind == "heading":
                self.begun.setdefault(shape[IN_ITEM], "heading")
            self.blocks.append(MarkdownBlock(kind, shape[LEVEL], text, number))

    def _add_cell(self, shape: list[int], place: int, number: int, text: str) -> None:
        text = " ".join(text.split())
        if shape[ROW] != self.row:
            self.end_row()
            self.blocks.append(MarkdownBlock("cell", 0, " | " * place + text, number))
        else:
            joint = " " if shape[IN_CELL] == self.cell else " | " * max(1, place - self.column)
            self.blocks[-1] = self.blocks[-1]._replace(text=self.blocks[-1].text + joint + text)
        self.row, self.cell, self.column = shape[ROW], shape[IN_CELL], place

    def end_row(self) -> None:
        """Gives the row so far its empty cells at the end."""
        if self.row >= 0 and self.blocks:
            missing = self.widths[self.row] - 1 - self.column
            self.blocks[-1] = self.blocks[-1]._replace(text=self.blocks[-1].text + " | " * missing)
        self.row = self.cell = -1

    def _add_code(self, element: int, number: int, text: str) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last and self.code >= 0 and (element == self.code or self._is_next_line(element, last.text, text)):
            self.blocks[-1] = last._replace(text=f"{last.text}\n{text}")
        else:
            self.blocks.append(MarkdownBlock("code", 0, text, number))
        self.code = element

    def _is_next_line(self, element: int, before: str, text: str) -> bool:
        """Whether a <pre> of one line stands in a box beside that of the line before."""
        if "\n" in text or (self.elements[self.code, PARENT] == self.elements[element, PARENT] and "\n" in before):
            return False
        ways = [self._above(self.code), self._above(element)]
        return bool(ways[0] & ways[1])

    def _above(self, element: int) -> set[int]:
        above: set[int] = set()
        for _ in range(LINE_BOX_LEVELS):
            element = int(self.elements[element, PARENT])
            if element <= 0:
                break
            above.add(element)
        return above

    def _add_item(self, shape: list[int], number: int, text: str) -> None:
        item = shape[IN_ITEM]
        begun = self.begun.setdefault(item, "item")
        if begun == "heading":
            self.blocks.append(MarkdownBlock("paragraph", 0, text, number))
        elif begun == "begun":
            self.blocks.append(MarkdownBlock("item", shape[LEVEL], text, number, GOES_ON))
        else:
            self.begun[item] = "begun"
            self.blocks.append(MarkdownBlock("item", shape[LEVEL], text, number, shape[ORDINAL]))

    def finished(self) -> list[MarkdownBlock]:
        """All blocks."""
        self.end_row()
        return self.blocks


def block_reader(scanned: Scanned) -> Callable[[int], str]:
    """A function that gives the text of a block by its number. It copies the page's text once."""
    content, spans = scanned.text.tobytes(), scanned.blocks[:, [START, END]].tolist()
    return lambda number: content[spans[number][0] : spans[number][1]].decode("utf-8", "replace")


def to_markdown(blocks: list[MarkdownBlock]) -> str:
    """The blocks as one text; items of a list and rows of a table stand on successive lines, all else apart."""
    lines: list[str] = []
    last = ""
    for block in blocks:
        is_next = (block.kind == last and block.kind in LISTS) or (block.kind, last) == ("definition", "term")
        if lines and not is_next:
            lines.append("")
        lines.append(_written(block))
        last = block.kind
    return "\n".join(lines)


def _written(block: MarkdownBlock) -> str:
    if block.kind == "heading":
        return "#" * block.level + " " + " ".join(block.text.split())
    if block.kind == "item":
        return _item(block)
    if block.kind == "definition":
        return ": " + block.text.replace("\n", "\n  ")
    if block.kind == "cell":
        return re.sub(" {2,}", " ", f"| {block.text} |")
    if block.kind == "code":
        return fenced(block.text)
    if block.kind == "quote":
        return "\n".join(f"> {line}" for line in block.text.split("\n"))
    return block.text


def _item(block: MarkdownBlock) -> str:
    """An item with its sign or number, its further lines indented under its first."""
    indent = "  " * block.level
    sign = f"{block.ordinal}. " if block.ordinal > 0 else "- "
    further = "\n" + indent + "  "
    return (further[1:] if block.ordinal == GOES_ON else indent + sign) + block.text.replace("\n", further)


@njit(nogil=True, cache=True)
def _shapes(
    elements: np.ndarray, blocks: np.ndarray, numbers: np.ndarray, kind_of_tag: np.ndarray, root: int
) -> np.ndarray:
    """int64 (numbers, 8), SHAPE_COLUMNS: kind and level; the elements of its row, cell and table; 0; of its item, code.

    -1 where there is no such element. elements: int64 (elements, 6). blocks: int64 (blocks, columns). numbers: int64,
    of the blocks that are asked for. kind_of_tag: int64 (256,), KIND_OF_TAG. Code and captions win over what they stand
    in; otherwise the innermost wins. Of code in code the outer one counts.
    """
    shapes = np.full((len(numbers), 8), -1, np.int64)
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
            if here == CODE:
                shape[IN_CODE] = e
            if here == CELL and shape[IN_CELL] < 0:
                shape[IN_CELL] = e
            elif tag == TR and shape[ROW] < 0:
                shape[ROW] = e
            elif tag == TABLE and shape[IN_TABLE] < 0:
                shape[IN_TABLE] = e
            elif tag == LI and shape[IN_ITEM] < 0:
                shape[IN_ITEM] = e
            elif tag in (UL, OL):
                lists += 1
            e = elements[e, PARENT]
        shape[KIND] = PARAGRAPH if kind < 0 else kind
        shape[LEVEL] = max(0, lists - 1) if shape[KIND] == ITEM else level
        if shape[KIND] == CELL and (shape[ROW] < 0 or shape[IN_TABLE] < 0):
            shape[KIND] = PARAGRAPH
        shape[ORDINAL] = 0
    return shapes


@njit(nogil=True, cache=True)
def _number_items(elements: np.ndarray, spans: np.ndarray, page: np.ndarray, shapes: np.ndarray) -> None:
    """Writes into the shapes the ordinal of each item of an <ol>, by its place among all items of the list.

    `start` of the list and `value` of an item count where the page is given. elements: int64 (elements, 6); spans:
    int64 (elements, 3); page: uint8 (bytes,) or empty; shapes: int64 (numbers, 8).
    """
    last = -1
    for k in range(len(shapes)):
        last = max(last, shapes[k, IN_ITEM])
    if last < 0:
        return
    counts = np.zeros(last + 1, np.int64)
    ordinals = np.zeros(last + 1, np.int64)
    for e in range(1, last + 1):
        above = elements[e, PARENT]
        if elements[e, TAG] == OL:
            counts[e] = _number_in(page, spans[e, ATTRIBUTES], b"start", 1) - 1
        elif elements[e, TAG] == LI and elements[above, TAG] == OL:
            counts[above] = _number_in(page, spans[e, ATTRIBUTES], b"value", int(counts[above]) + 1)
            ordinals[e] = counts[above]
    for k in range(len(shapes)):
        if shapes[k, KIND] == ITEM and shapes[k, IN_ITEM] >= 0:
            shapes[k, ORDINAL] = max(0, ordinals[shapes[k, IN_ITEM]])


@njit(nogil=True, cache=True)
def _number_in(page: np.ndarray, start: int, name: bytes, otherwise: int) -> int:
    """The whole number of up to six digits in an attribute of the tag at page[start]; else the other."""
    if len(page) == 0:
        return otherwise
    first, last = find_attribute(page, start, name)
    if first < 0 or last <= first or last - first > 6:
        return otherwise
    value = 0
    for k in range(first, last):
        if not 48 <= page[k] <= 57:
            return otherwise
        value = value * 10 + page[k] - 48
    return value
