"""PPTX (ECMA-376, PresentationML): the slides in their order, each with title, texts, tables, notes.

What stands on the master of all slides is not part of any; numbers and dates of slides are left out.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from malmoi.corpus.sources.document_files.extracted import Extracted, Part, paragraphs, table_row
from malmoi.corpus.sources.document_files.package import Package, beside, no_text, office_fields
from malmoi.corpus.sources.streams import DamagedError

MAIN = "ppt/presentation.xml"
REPEATED = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
"""Placeholders that stand on every slide alike; a footer is kept once."""
TITLES = ("title", "ctrTitle")
Element = ElementTree.Element


def read(content: bytes) -> Extracted:
    """The one text of a presentation. Raises DamagedError where there is none."""
    package = Package(content)
    blocks: list[str] = []
    footers: dict[str, None] = {}
    for name in _slides(package):
        blocks += _slide(package.xml(name), footers)
        for drawn in (*_related(package, name, "/diagramData"), *_related(package, name, "/chart")):
            blocks += _paragraphs(package.xml(drawn))
        for notes in _related(package, name, "/notesSlide"):
            blocks += _slide(package.xml(notes), footers)
    text = paragraphs([*blocks, *footers])
    if not text.strip():
        no_text("slides without words; pictures on them are not read")
    return Extracted((Part(text, office_fields(package)),))


def _slides(package: Package) -> list[str]:
    """The members with the slides in the order in which they are shown."""
    root = package.xml_or_none(MAIN)
    if root is None:
        raise DamagedError("malformed_document", f"no {MAIN} in the package")
    targets = dict(_relations(package, MAIN))
    known = set(package.names)
    slides = [targets.get(slide.get("r:id", ""), ("", ""))[1] for slide in root.iter("sldId")]
    return [name for name in dict.fromkeys(slides) if name in known]


def _related(package: Package, member: str, kind: str) -> list[str]:
    known = set(package.names)
    return [name for _, (type_, name) in _relations(package, member) if type_.endswith(kind) and name in known]


def _relations(package: Package, member: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(id, (type, member)) of what a member points to inside the package."""
    folder, _, file = member.rpartition("/")
    root = package.xml_or_none(f"{folder}/_rels/{file}.rels")
    for relation in root.iter("Relationship") if root is not None else ():
        if relation.get("TargetMode") != "External":
            target = relation.get("Target", "")
            name = target.lstrip("/") if target.startswith("/") else beside(member, target)
            yield relation.get("Id", ""), (relation.get("Type", ""), name)


def _slide(root: Element, footers: dict[str, None]) -> list[str]:
    """The blocks of a slide or of its notes: the title first, then the rest in the order of the file."""
    titles: list[str] = []
    rest: list[str] = []
    for shape in _shapes(root):
        place = next(shape.iter("ph"), None)
        kind = place.get("type", "body") if place is not None else None
        if shape.tag == "graphicFrame":
            rest += _table(shape)
        elif kind == "ftr":
            footers |= dict.fromkeys(text for text in _paragraphs(shape) if any(map(str.isalpha, text)))
        elif kind in TITLES:
            titles.append("# " + " ".join(_paragraphs(shape)))
        elif kind not in REPEATED:
            rest += _paragraphs(shape)
    return [*(title for title in titles if title != "# "), *rest]


def _shapes(element: Element) -> Iterator[Element]:
    """Shapes and frames below an element, those in groups too; of two forms of one shape only the first."""
    for child in element:
        if child.tag in ("sp", "graphicFrame", "cxnSp"):
            yield child
        elif child.tag != "Fallback":
            yield from _shapes(child)


def _paragraphs(element: Element) -> list[str]:
    texts = (_text(paragraph).strip() for paragraph in element.iter("p"))
    return [text for text in texts if text]


def _text(paragraph: Element) -> str:
    """The runs of a paragraph; a field (number of the slide, date) is none."""
    pieces = {"br": "\n", "tab": "\t"}
    words = [
        run.findtext("t", "") if run.tag == "r" else pieces.get(run.tag, "") for run in paragraph if run.tag != "fld"
    ]
    return "".join(words)


def _table(frame: Element) -> list[str]:
    """Rows of a table, and the words of a diagram or another frame that holds paragraphs."""
    rows = list(frame.iter("tr"))
    if not rows:
        return _paragraphs(frame)
    return [line for row in rows if (line := table_row([" ".join(_paragraphs(cell)) for cell in row.iter("tc")]))]
