"""Tables of a page: which of them hold data in rows, and which only place things on the page."""

import numpy as np
from numba import njit

from malmoi.corpus.html.scan import END, PARENT, START, TAG, Scanned
from malmoi.corpus.html.tags import ID

TD, TH, TR, TABLE = (ID[name] for name in "td th tr table".split())
LAYOUT_CELL_BYTES = 600
"""A table with a cell of so much text, or of more than two blocks, or of one column, may only place things."""
LAYOUT_CELL_BLOCKS = 2
DATA_ROWS, MOST_OF_TABLE = 2, 0.6
"""It holds data all the same where so many rows have several cells and no cell has so much of its text."""
CELL, PARAGRAPH = 3, 0
KIND, ROW, IN_CELL, IN_TABLE = 0, 2, 3, 4


def unmake_layout_tables(shapes: np.ndarray, scanned: Scanned, numbers: np.ndarray) -> None:
    """Makes the cells of layout tables paragraphs, in place.

    shapes: int64 (numbers, 8) of region_text.py. numbers: int64, of the blocks that they describe.
    """
    cells = np.flatnonzero(shapes[:, KIND] == CELL)
    if not len(cells):
        return
    blocks = scanned.blocks[numbers]
    tables = shapes[cells, IN_TABLE]
    _, first, inverse = np.unique(shapes[cells, IN_CELL], return_index=True, return_inverse=True)
    size = np.bincount(inverse, blocks[cells, END] - blocks[cells, START])
    count = np.bincount(inverse)
    is_box = (size[inverse] > LAYOUT_CELL_BYTES) | (count[inverse] > LAYOUT_CELL_BLOCKS)
    distinct = np.unique(shapes[cells][:, [IN_TABLE, ROW, IN_CELL]], axis=0)
    rows, cells_of_row = np.unique(distinct[:, :2], axis=0, return_counts=True)
    rows_of_cells = rows[cells_of_row > 1, 0]
    data = _data_tables(tables[first], size, rows_of_cells)
    layout = np.isin(tables, tables[is_box]) & ~np.isin(tables, data)
    layout |= np.isin(tables, _around_others(scanned.elements, np.unique(tables)))
    layout |= ~np.isin(tables, rows_of_cells)  # one column is a way to place things, too
    shapes[cells[layout], KIND] = PARAGRAPH


def _data_tables(tables: np.ndarray, sizes: np.ndarray, rows_of_cells: np.ndarray) -> np.ndarray:
    """The tables that have rows of cells of which none is most of the table, int64.

    tables: int64, of each cell. sizes: float64, bytes of each cell. rows_of_cells: int64, the table of each row that
    has several cells.
    """
    names, inverse = np.unique(tables, return_inverse=True)
    largest = np.zeros(len(names))
    np.maximum.at(largest, inverse, sizes)
    rows = (rows_of_cells[:, None] == names[None, :]).sum(axis=0)
    return names[(rows >= DATA_ROWS) & (largest < MOST_OF_TABLE * np.bincount(inverse, sizes))]


@njit(nogil=True, cache=True)
def _around_others(elements: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Those of the tables (int64, numbers of elements) with another table inside. elements: int64 (elements, 6)."""
    around = np.zeros(len(elements), np.bool_)
    for e in range(1, len(elements)):
        if elements[e, TAG] == TABLE:
            above = elements[e, PARENT]
            while above > 0:
                if elements[above, TAG] == TABLE:
                    around[above] = True
                    break
                above = elements[above, PARENT]
    return tables[around[tables]]


def places_in_rows(elements: np.ndarray, shapes: np.ndarray) -> tuple[list[int], dict[int, int]]:
    """The place of each block's cell in its row, from 0, and by row (an element) how many cells it has.

    elements: int64 (elements, 6). shapes: int64 (numbers, 8).
    """
    if not (shapes[:, KIND] == CELL).any():
        return [0] * len(shapes), {}
    places, widths = _places(elements)
    rows = np.unique(shapes[shapes[:, KIND] == CELL, ROW]).tolist()
    return places[np.maximum(0, shapes[:, IN_CELL])].tolist(), {row: int(widths[row]) for row in rows}


@njit(nogil=True, cache=True)
def _places(elements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each element its place among the cells of its row, and for each row its cells; int64 (elements,)."""
    places = np.zeros(len(elements), np.int64)
    widths = np.zeros(len(elements), np.int64)
    for e in range(1, len(elements)):
        above = elements[e, PARENT]
        if (elements[e, TAG] == TD or elements[e, TAG] == TH) and elements[above, TAG] == TR:
            places[e] = widths[above]
            widths[above] += 1
    return places, widths
