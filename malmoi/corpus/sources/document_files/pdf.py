"""PDF, by PDFium: the text of its pages as lines with their places, put together by text/line_breaks.py.

Page numbers and running heads that many pages share stand once. Pages that are pictures are told by their numbers.
Scripts in a PDF are never run, forms are not filled, files in it are not unpacked.
"""

import ctypes
import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from malmoi.corpus.sources.document_files.epub import shown_numbers
from malmoi.corpus.sources.document_files.extracted import MOST_CHARACTERS, Extracted, Gap, Part
from malmoi.corpus.sources.document_files.package import no_text
from malmoi.corpus.sources.letter_account import PAGE_FURNITURE, letters_in
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text.dates import iso_date
from malmoi.corpus.text.line_breaks import Line, join

MOST_PAGES = 20_000
MOST_S = 120.0
"""Of one file. Usual ones take 2 ms a page."""
LEAST_LETTERS = 10
"""A page with a picture and fewer letters than these is a picture: a scan with its page number."""
OUTLINES, MOST_OBJECTS = 100, 100_000
EDGE_LINES = 2
"""Lines at the top and at the bottom of a page among which running heads and page numbers are looked for."""
REPEATED_PAGES, REPEATED_SHARE = 3, 0.3
PAGE_NUMBER = re.compile(
    r"[-–—<\[(]?\s*(?:page|p\.|쪽)?\s*[\divxlc]{1,4}\s*(?:/\s*\d{1,4}|쪽|페이지)?\s*[-–—>\])]?", re.IGNORECASE
)
DIGITS = re.compile(r"\d+")


def read(content: bytes) -> Extracted:
    """The one text of a PDF, and which of its pages are pictures. Raises DamagedError where there is neither."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise DamagedError("encrypted", "the document asks for a password; save it without one") from None
        raise DamagedError("malformed_document", f"PDFium: {error}") from None
    with pdf:
        return _read(pdf)


def _read(pdf: Any) -> Extracted:
    started_s = time.monotonic()
    num_pages = len(pdf)
    if num_pages > MOST_PAGES:
        raise DamagedError("too_large", f"{num_pages} pages; the limit is {MOST_PAGES}")
    lines: list[list[Line]] = []
    pictures: list[int] = []
    broken: list[int] = []
    num_letters = 0
    for number in range(num_pages):
        if time.monotonic() - started_s > MOST_S:
            raise DamagedError("too_large", f"page {number + 1} of {num_pages} was not reached in {MOST_S:.0f} s")
        read_page = _page(pdf, number)
        if read_page is None:
            broken.append(number + 1)
            continue
        page_lines, has_picture = read_page
        letters = sum(len(line.text) for line in page_lines)
        num_letters += letters
        if num_letters > MOST_CHARACTERS:
            raise DamagedError("too_large", f"more than {MOST_CHARACTERS} letters")
        if has_picture and letters < LEAST_LETTERS:
            pictures.append(number + 1)
        else:
            lines.append(page_lines)
    gaps = _gaps(pictures, broken, num_pages)
    kept, furniture = without_furniture(lines)
    text = join(kept).text
    if not text.strip():
        if not gaps:
            no_text("pages without letters")
        return Extracted((), gaps)
    letters = letters_in("\n".join(line.text for line in furniture))
    taken = ((PAGE_FURNITURE, letters),) if letters else ()
    return Extracted((Part(text, _fields(pdf), taken=taken),), gaps)


def _gaps(pictures: list[int], broken: list[int], num_pages: int) -> tuple[Gap, ...]:
    gaps = []
    if pictures:
        gaps.append(Gap("needs_ocr", f"pages that are pictures: {shown_numbers(pictures)} of {num_pages}"))
    if broken:
        gaps.append(Gap("malformed_document", f"pages that cannot be read: {shown_numbers(broken)} of {num_pages}"))
    return tuple(gaps)


def _fields(pdf: Any) -> dict[str, str]:
    """Title, author and date of the document information. Dates are "D:20240131…"."""
    try:
        found = pdf.get_metadata_dict(skip_empty=True)
    except (ValueError, UnicodeError):
        return {}
    written = re.match(r"(?:D:)?(\d{4})(\d{2})(\d{2})", found.get("CreationDate", ""))
    fields = {"title": found.get("Title"), "author": found.get("Author")}
    fields["published"] = iso_date("-".join(written.groups())) if written else None
    return {name: value.strip() for name, value in fields.items() if value and value.strip()}


def _page(pdf: Any, number: int) -> tuple[list[Line], bool] | None:
    """The lines of a page, and whether it has a picture. None where it cannot be read."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    try:
        page = pdf[number]
        text_page = page.get_textpage()
    except pdfium.PdfiumError:
        return None
    try:
        lines = list(_lines(raw, text_page, number))
        few = sum(len(line.text) for line in lines) < LEAST_LETTERS
        return lines, few and _has_picture(raw, page)
    finally:
        text_page.close()
        page.close()


def _has_picture(raw: Any, page: Any) -> bool:
    """Whether a page shows a picture, or so many paths that they may be letters drawn as outlines."""
    num_paths = 0
    for shown in itertools.islice(page.get_objects(max_depth=3), MOST_OBJECTS):
        num_paths += shown.type == raw.FPDF_PAGEOBJ_PATH
        if shown.type == raw.FPDF_PAGEOBJ_IMAGE or num_paths >= OUTLINES:
            return True
    return False


def _lines(raw: Any, text_page: Any, number: int) -> Iterator[Line]:
    """The lines of a page in the order of its text."""
    num_signs = text_page.count_chars()
    signs = "".join(map(chr, (raw.FPDFText_GetUnicode(text_page, i) for i in range(num_signs))))
    signs = signs.replace("\ufffe", "\x02").replace("\x00", " ")
    for found in re.finditer(r"[^\r\n]+", signs):
        text = found[0].replace("\x02", "-")
        if not text.strip():
            continue
        first = found.start() + len(found[0]) - len(found[0].lstrip())
        last = found.start() + len(found[0].rstrip()) - 1
        left, _, top = _box(raw, text_page, first)
        _, right, _ = _box(raw, text_page, last)
        size = raw.FPDFText_GetFontSize(text_page, first)
        yield Line(text, left, right, -top, size if size > 0 else 10.0, number)


def _box(raw: Any, text_page: Any, index: int) -> tuple[float, float, float]:
    """Left and right of a letter, and its base line; y grows upwards in PDF."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return box.left, box.right, y.value


def without_furniture(pages: list[list[Line]]) -> tuple[list[Line], list[Line]]:
    """The lines of all pages, and those left out: page numbers and, from the second time on, heads that many share."""
    edges = [_edges(page) for page in pages]
    counts = Counter(key for page in edges for key in {_key(page_line.text) for page_line in page})
    least = max(REPEATED_PAGES, REPEATED_SHARE * len(pages))
    repeated = {key for key, number in counts.items() if number >= (2 if PAGE_NUMBER.fullmatch(key) else least)}
    kept: list[Line] = []
    furniture: list[Line] = []
    seen: set[str] = set()
    for page, edge in zip(pages, edges, strict=True):
        at_edge = set(map(id, edge))
        for line in page:
            key = _key(line.text)
            if id(line) in at_edge and key in repeated:
                if PAGE_NUMBER.fullmatch(line.text.strip()) or key in seen:
                    furniture.append(line)
                    continue
                seen.add(key)
            kept.append(line)
    return kept, furniture


def _edges(page: list[Line]) -> list[Line]:
    """The highest and the lowest lines of a page, wherever they stand in its text."""
    by_place = sorted(page, key=lambda line: line.y)
    number = min(EDGE_LINES, (len(page) - 1) // 2)  # what is all of a page is no edge of it
    return by_place[:number] + by_place[len(by_place) - number :]


def _key(text: str) -> str:
    """What the heads of two pages have in common: all but the numbers."""
    return DIGITS.sub("0", " ".join(text.split()))
