"""DOCX (ECMA-376, WordprocessingML): paragraphs, headings, lists, tables, text boxes and notes, in reading order.

Headers, footers, comments and the words of diagrams stand once, at the end. What a tracked change deleted and what
fields compute from (their instructions) are left out; pictures and objects are not read; macros are never run.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from malmoi.corpus.sources.document_files.extracted import Extracted, Part, paragraphs, table_row
from malmoi.corpus.sources.document_files.package import Package, beside, no_text, office_fields
from malmoi.corpus.sources.streams import DamagedError

SPACES = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
LEFT_OUT = frozenset(
    {"del", "moveFrom", "delText", "instrText", "Fallback", "pPr", "rPr", "sectPr", "tblPr", "rubyPr", "rt"}
)
"""Fallback is a second form of what stands before it; rt is the reading over a word."""
NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
EDGES = ("header", "footer", "comments", "diagrams/data", "charts/chart")
MOST_HEADING = 6
Element = ElementTree.Element


def read(content: bytes) -> Extracted:
    """The one text of a document. Raises DamagedError where there is none."""
    package = Package(content)
    main = _main_part(package)
    body = package.xml(main)
    document = _Document(package, main)
    blocks = document.blocks(body)
    edges = [block for name in _edges(package, main) for block in document.blocks(package.xml(name))]
    kept = [edge for edge in dict.fromkeys(edges) if any(map(str.isalpha, edge))]
    text = paragraphs([*blocks, *kept])
    if not text.strip():
        no_text("a document without words")
    return Extracted((Part(text, office_fields(package)),))


def _main_part(package: Package) -> str:
    """The member with the text, as the package's relations name it."""
    relations = package.xml_or_none("_rels/.rels")
    known = set(package.names)
    for relation in relations.iter("Relationship") if relations is not None else ():
        target = relation.get("Target", "").lstrip("/")
        if relation.get("Type", "").endswith("/officeDocument") and target in known:
            return target
    if "word/document.xml" not in known:
        raise DamagedError("malformed_document", "no word/document.xml in the package")
    return "word/document.xml"


def _edges(package: Package, main: str) -> Iterator[str]:
    folder = beside(main, ".")
    return (name for name in package.names if name.startswith(tuple(f"{folder}/{edge}" for edge in EDGES)))


class _Document:
    """What reading a paragraph needs of the rest of the package: styles of headings, lists, notes."""

    def __init__(self, package: Package, main: str) -> None:
        styles = package.xml_or_none(beside(main, "styles.xml"))
        self._levels = dict(_heading_levels(styles)) if styles is not None else {}
        of_lists = styles.findall("style") if styles is not None else ()
        self._items = {style.get("styleId") for style in of_lists if style.find("pPr/numPr") is not None}
        self._notes = {}
        for reference, name in NOTES.items():
            root = package.xml_or_none(beside(main, f"{name}.xml"))
            self._notes[reference] = {note.get("id"): note for note in root} if root is not None else {}

    def blocks(self, element: Element) -> list[str]:
        """The paragraphs and rows below `element`, in order."""
        found: list[str] = []
        for child in element:
            if child.tag == "p":
                found += self._paragraph(child)
            elif child.tag == "tbl":
                found += self._table(child)
            elif child.tag not in LEFT_OUT:
                found += self.blocks(child)
        return found

    def _paragraph(self, paragraph: Element) -> list[str]:
        """A paragraph, what its text boxes hold, and its notes."""
        words: list[str] = []
        beside_it: list[str] = []
        self._runs(paragraph, words, beside_it)
        text = "".join(words).strip()
        return [self._sign(paragraph) + text, *beside_it] if text else beside_it

    def _runs(self, element: Element, words: list[str], beside_it: list[str]) -> None:
        for child in element:
            name = child.tag
            if name == "t":
                words.append(child.text or "")
            elif name == "br" and child.get("type") in ("page", "column"):
                words.append("\n")
            elif name in SPACES:
                words.append(SPACES[name])
            elif name == "sym":
                words.append(_symbol(child.get("char", "")))
            elif name in NOTES:
                note = self._notes[name].get(child.get("id"))
                beside_it += self.blocks(note) if note is not None else []
            elif name == "txbxContent":
                beside_it += self.blocks(child)
            elif name not in LEFT_OUT:
                self._runs(child, words, beside_it)

    def _sign(self, paragraph: Element) -> str:
        """The Markdown sign of a heading or of an item."""
        properties = paragraph.find("pPr")
        if properties is None:
            return ""
        style, outline = properties.find("pStyle"), properties.find("outlineLvl")
        name = style.get("val") if style is not None else None
        level = _level(outline) or self._levels.get(name, 0)
        if level:
            return "#" * level + " "
        depth = properties.find("numPr/ilvl")
        nested = int(depth.get("val", "0")) if depth is not None and depth.get("val", "").isdecimal() else 0
        is_item = properties.find("numPr") is not None or name in self._items
        return "  " * min(nested, 8) + "- " if is_item else ""

    def _table(self, table: Element) -> list[str]:
        """Rows, one line each. A table of one cell is a frame: its paragraphs stay apart."""
        rows = [[self.blocks(cell) for cell in _cells(row)] for row in table if row.tag == "tr"]
        if sum(len(row) for row in rows) == 1:
            return next(row[0] for row in rows if row)
        lines = [table_row([" ".join(cell) for cell in row]) for row in rows]
        return [line for line in lines if line]


def _cells(row: Element) -> Iterator[Element]:
    """The cells of a row, those in a frame for filling in too."""
    for child in row:
        if child.tag == "tc":
            yield child
        elif child.tag == "sdt":
            yield from (cell for content in child.iter("sdtContent") for cell in content if cell.tag == "tc")


def _heading_levels(styles: Element) -> Iterator[tuple[str | None, int]]:
    """The level of each style that is one of a heading: by its outline level, or by its name."""
    for style in styles.iter("style"):
        name = style.find("name")
        words = (name.get("val", "") if name is not None else "").lower().split()
        level = _level(style.find("pPr/outlineLvl"))
        if not level and len(words) == 2 and words[0] in ("heading", "제목") and words[1].isdecimal():
            level = int(words[1])
        if words == ["title"]:
            level = 1
        if 1 <= level <= MOST_HEADING:
            yield style.get("styleId"), level


def _level(outline: Element | None) -> int:
    """1 to 6; 0 where there is none or it is of body text."""
    value = outline.get("val", "") if outline is not None else ""
    return int(value) + 1 if value.isdecimal() and int(value) < MOST_HEADING else 0


def _symbol(code: str) -> str:
    """A sign of a symbol font. Those of the private range say nothing without their font."""
    try:
        sign = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "" if "\ue000" <= sign <= "\uf8ff" else sign
