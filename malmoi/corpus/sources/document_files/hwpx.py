"""HWPX, the open format of Hangul (KS X 6101, OWPML): a zip package with one XML part for each section.

Read are paragraphs, tables, text boxes, footnotes, memos and equations, in the order of the text; headers and footers
stand once, at the end. Pictures are not read. What a tracked change deleted is left out.
"""

from xml.etree import ElementTree

from malmoi.corpus.sources.document_files.extracted import Extracted, Part, paragraphs, table_row
from malmoi.corpus.sources.document_files.package import Package, beside, no_text, text_below
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text.dates import iso_date

MANIFEST, OUTLINE = "META-INF/manifest.xml", "Contents/content.hpf"
SPACES = {"tab": "\t", "lineBreak": "\n", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
"""Elements inside a text that stand for a character."""
NOTES = ("footNote", "endNote", "hiddenComment")
WRITTEN = {"equation": "script", "dutmal": "mainText", "compose": "composeText"}
"""Objects that are words: equations, words with others above them, signs put together; and where they have them."""
EDGES = ("header", "footer")
Element = ElementTree.Element


def read(content: bytes) -> Extracted:
    """The one text of a document. Raises DamagedError where there is none."""
    package = Package(content)
    manifest = package.xml_or_none(MANIFEST)
    if manifest is not None and next(manifest.iter("encryption-data"), None) is not None:
        raise DamagedError("encrypted", "the document asks for a password; save it without one")
    outline = package.xml_or_none(OUTLINE)
    blocks, edges = _Blocks(), _Blocks()
    for name in _sections(package, outline):
        _walk(package.xml(name), blocks, edges)
        blocks.end()
    text = paragraphs([*blocks.done, *dict.fromkeys(edges.done)])
    if not text.strip():
        no_text("a document without words in its sections")
    return Extracted((Part(text, _fields(outline)),))


def _sections(package: Package, outline: Element | None) -> list[str]:
    """The members with the sections, in the order of the outline; without one, by their numbers."""
    if outline is not None:
        links = {item.get("id"): item.get("href", "") for item in outline.iter("item")}
        hrefs = [links.get(reference.get("idref"), "") for reference in outline.iter("itemref")]
        known = set(package.names)
        found = [name for href in hrefs for name in (href, beside(OUTLINE, href)) if name in known]
        sections = [name for name in dict.fromkeys(found) if "section" in name.lower()]
        if sections:
            return sections
    names = [name for name in package.names if name.lower().startswith("contents/section") and name.endswith(".xml")]
    if not names:
        raise DamagedError("malformed_document", "no Contents/section0.xml in the package")
    return sorted(names, key=lambda name: (len(name), name))


def _fields(outline: Element | None) -> dict[str, str]:
    """Title, author and date as the outline has them."""
    if outline is None:
        return {}
    metas = {meta.get("name"): (meta.text or meta.get("content") or "").strip() for meta in outline.iter("meta")}
    fields = {"title": text_below(outline, "title"), "author": metas.get("creator")}
    fields["published"] = iso_date(metas["CreatedDate"]) if metas.get("CreatedDate") else None
    return {name: value for name, value in fields.items() if value}


class _Blocks:
    """Blocks of a text in reading order, and the paragraph that is being put together."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._words: list[str] = []
        self._later: list[str] = []

    def add(self, text: str) -> None:
        """Words of the paragraph at hand."""
        self._words.append(text)

    def after(self, blocks: list[str]) -> None:
        """What stands after the paragraph at hand: its footnotes."""
        self._later += blocks

    def put(self, block: str) -> None:
        """A block of its own, here: the paragraph at hand ends."""
        self.end()
        self.done.append(block)

    def end(self) -> None:
        """Ends the paragraph at hand."""
        self.done += [text for text in ("".join(self._words).strip(), *self._later) if text]
        self._words, self._later = [], []


def _walk(element: Element, blocks: _Blocks, edges: _Blocks) -> None:
    """Adds what `element` holds to `blocks`, and headers and footers to `edges`."""
    deleted = False
    for child in element:
        name = child.tag
        if name in ("deleteBegin", "deleteEnd"):
            deleted = name == "deleteBegin"
        elif name == "p":
            blocks.end()
            _walk(child, blocks, edges)
            blocks.end()
        elif name == "t":
            _text(child, blocks, deleted)
        elif name == "tbl":
            _table(child, blocks, edges)
        elif name in NOTES or (name == "fieldBegin" and child.get("type") == "MEMO"):
            blocks.after(_inside(child, edges))
        elif name in EDGES:
            edges.done += [text for text in _inside(child, edges) if any(map(str.isalpha, text))]
        elif name == "drawText":
            for block in _inside(child, edges):
                blocks.put(block)
        elif name in WRITTEN:
            blocks.add(text_below(child, WRITTEN[name]) or child.get("composeText") or "")
        elif name != "parameters":  # of a field: commands, addresses
            _walk(child, blocks, edges)


def _inside(element: Element, edges: _Blocks) -> list[str]:
    """The blocks of something that is no part of the paragraph around it."""
    inner = _Blocks()
    _walk(element, inner, edges)
    inner.end()
    return inner.done


def _text(element: Element, blocks: _Blocks, deleted: bool) -> None:
    """A run of text, in which tabs and line ends are elements and tracked deletions have marks."""
    if not deleted:
        blocks.add(element.text or "")
    for child in element:
        if child.tag in ("deleteBegin", "deleteEnd"):
            deleted = child.tag == "deleteBegin"
        if not deleted:
            blocks.add(SPACES.get(child.tag, "") + (child.tail or ""))


def _table(table: Element, blocks: _Blocks, edges: _Blocks) -> None:
    """Rows of a table, one line each. A table of one cell is a frame: its paragraphs stay apart."""
    rows = [[_inside(cell, edges) for cell in row.findall("tc")] for row in table.findall("tr")]
    caption = table.find("caption")
    if caption is not None:
        blocks.put(" ".join(_inside(caption, edges)))
    if sum(len(row) for row in rows) == 1:
        for block in rows[0][0] if rows[0] else []:
            blocks.put(block)
        return
    for row in rows:
        blocks.put(table_row([" ".join(cell) for cell in row]))
