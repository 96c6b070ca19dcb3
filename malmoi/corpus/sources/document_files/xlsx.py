"""XLSX and what else calamine reads (XLS, ODS): each sheet with its name, a row a line, bars between the cells.

Cells hold what the program that saved the file computed last; no formula and no macro is run.
"""

import contextlib
import datetime
import io
import re
from collections.abc import Iterator
from typing import Any

from malmoi.corpus.sources.document_files.extracted import Extracted, Gap, Part, paragraphs, table_row
from malmoi.corpus.sources.document_files.formats import way_on
from malmoi.corpus.sources.document_files.package import Package, no_text, office_fields, texts_below
from malmoi.corpus.sources.streams import DamagedError, malformed

MOST_CELLS = 5_000_000
"""Of a sheet as calamine lays it out: all cells between the first and the last one, empty ones too, some 30 bytes each.

It asks for the memory at once and ends the process where there is none, so XLSX is looked through before. XLS cannot
have more than 17 million cells; ODS with too many is refused by calamine.
"""
BESIDE = ("xl/comments", "xl/drawings/drawing", "xl/diagrams/data", "xl/charts/chart")
PLACE = re.compile(rb"""<(?:\w+:)?c [^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["']""")


def read(content: bytes) -> Extracted:
    """The one text of a workbook; a sheet that cannot be read is a gap. Raises DamagedError where there is no text."""
    import python_calamine as calamine

    package = _checked(content) if content.startswith(b"PK") else None
    try:
        with _no_panic():
            workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except calamine.PasswordError:
        raise DamagedError("encrypted", "the workbook asks for a password; save it without one") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise malformed(error) from None
    blocks: list[str] = []
    gaps: list[Gap] = []
    for name in workbook.sheet_names:
        try:
            with _no_panic():
                rows = _rows(workbook.get_sheet_by_name(name))
        except (calamine.CalamineError, DamagedError, OSError, ValueError) as error:
            gaps.append(Gap("malformed_document", f"a sheet is not read: {type(error).__name__}: {error}"[:200]))
            continue
        if rows:
            blocks += [f"## {name}" if len(workbook.sheet_names) > 1 else "", *rows]
    if not blocks and gaps:
        raise DamagedError(gaps[0].reason, gaps[0].detail)
    if not blocks:
        no_text("a workbook without a cell that has words or numbers")
    blocks += _beside_cells(package) if package else []
    fields = office_fields(package) if package else {}
    return Extracted((Part(paragraphs(blocks), fields),), tuple(gaps))


@contextlib.contextmanager
def _no_panic() -> Iterator[None]:
    """Makes a panic of calamine, which Python knows only as a BaseException, the damage that it is."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise malformed(error, "calamine") from None


def _checked(content: bytes) -> Package:
    """The package, after its members have been unpacked once against our limits: calamine has none."""
    package = Package(content)
    if "xl/workbook.bin" in package.names:
        raise DamagedError("unsupported_format", way_on(".xlsb"))
    for name in package.names:
        if name.lower().endswith((".xml", ".rels")):
            member = package.read(name)
            if "worksheets/" in name:
                _require_cells(member)
    return package


def _require_cells(sheet: bytes) -> None:
    """DamagedError where the cells of a sheet lie so far apart that laying it out takes too much memory."""
    places = {(column, row) for column, row in PLACE.findall(sheet)}
    columns = [_column_number(column) for column in {column for column, _ in places}]
    rows = [int(row) for row in {row for _, row in places}]
    if places and (max(columns) - min(columns) + 1) * (max(rows) - min(rows) + 1) > MOST_CELLS:
        raise DamagedError("too_large", f"cells in {max(rows)} rows of {max(columns)} columns")


def _column_number(name: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def _beside_cells(package: Package) -> list[str]:
    """The words of comments, text boxes and titles of charts, which are no cells."""
    blocks = []
    for name in package.names:
        if name.startswith(BESIDE) and name.endswith(".xml"):
            root = package.xml(name)
            blocks += ["".join(texts_below(each, "t")).strip() for each in (*root.iter("comment"), *root.iter("p"))]
    return [block for block in blocks if block]


def _rows(sheet: Any) -> list[str]:
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise DamagedError("too_large", f"{sheet.total_height} rows of {sheet.total_width} cells")
    lines = (table_row([_cell(value) for value in row]) for row in sheet.iter_rows())
    return [line for line in lines if line]


def _cell(value: Any) -> str:
    """A value as a reader of the sheet writes it: whole numbers without ".0", dates as ISO 8601."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d" if value.time() == datetime.time() else "%Y-%m-%d %H:%M")
    return str(value)
