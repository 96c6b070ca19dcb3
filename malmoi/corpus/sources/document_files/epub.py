"""EPUB 2 and 3: the chapters of a book in reading order, each a document with the book's name, author and date.

A chapter is read whole: unlike a web page it has no frame. What the book links to outside is never fetched.
"""

from xml.etree import ElementTree

from malmoi.corpus.sources.document_files.extracted import Extracted, Gap, Part
from malmoi.corpus.sources.document_files.package import Package, beside, no_text, parse_xml, text_below
from malmoi.corpus.sources.document_files.whole_page import whole_text
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text.dates import iso_date

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
PAGE_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
PAGE_SUFFIXES = (".xhtml", ".html", ".htm", ".xml")
MOST_TITLE = 300
Element = ElementTree.Element


def read(content: bytes) -> Extracted:
    """The chapters of a book. Raises DamagedError where there is none; a chapter that cannot be read is a gap."""
    package = Package(content)
    outline = _outline(package) or ""
    root = package.xml(outline) if outline else ElementTree.Element("package")
    book = _fields(root)
    locked = _locked(package)
    titles = _titles(package, root, outline)
    parts: list[Part] = []
    gaps: list[Gap] = []
    pictures = []
    chapters = _chapters(package, root, outline)
    for number, name in enumerate(chapters, 1):
        if name in locked:
            gaps.append(Gap("encrypted", f"chapter {number} of {len(chapters)} is encrypted"))
            continue
        try:
            page = package.read(name)
            text = whole_text(page)
        except DamagedError as damage:
            if damage.reason == "decompression_bomb":
                raise
            gaps.append(Gap(damage.reason, f"chapter {number} of {len(chapters)}: {damage.detail}"))
            continue
        if text.strip():
            chapter = {"title": titles[name]} if name in titles else {}
            parts.append(Part(text, {**book, **chapter}, name if parts else ""))
        elif b"<img" in page or b"<image" in page:
            pictures.append(number)
    if pictures:
        gaps.append(Gap("needs_ocr", f"chapters that are pictures: {shown_numbers(pictures)} of {len(chapters)}"))
    if not parts and not gaps:
        no_text("a book without words in its chapters")
    return Extracted(tuple(parts), tuple(gaps))


def shown_numbers(numbers: list[int]) -> str:
    """Numbers in order as ranges, at most so many that a line can hold them: "1-3, 7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [f"{first}-{last}" if last > first else f"{first}" for first, last in ranges]
    return ", ".join(words[:40]) + (f" and {len(words) - 40} more ranges" if len(words) > 40 else "")


def _outline(package: Package) -> str | None:
    """The member that describes the book; None where it has none: its pages are read all the same."""
    container = package.xml_or_none(CONTAINER)
    known = set(package.names)
    roots = [root.get("full-path", "") for root in container.iter("rootfile")] if container is not None else []
    found = [name for name in (*roots, *package.names) if name in known and name.endswith(".opf")]
    return found[0] if found else None


def _chapters(package: Package, root: Element, outline: str) -> list[str]:
    """The members with text, in the order of the spine; without one, in that of the package."""
    items = {item.get("id"): item for item in root.iter("item")}
    known = set(package.names)
    spine = [items[reference.get("idref")] for reference in root.iter("itemref") if reference.get("idref") in items]
    pages = [
        beside(outline, item.get("href", ""))
        for item in spine
        if item.get("media-type") in PAGE_TYPES or item.get("href", "").lower().endswith(PAGE_SUFFIXES)
    ]
    pages = [name for name in dict.fromkeys(pages) if name in known]
    return pages or [name for name in package.names if name.lower().endswith(PAGE_SUFFIXES[:3])]


def _fields(root: Element) -> dict[str, str]:
    """What the book says of itself; each of its chapters has the book for its place of publication."""
    metadata = root.find("metadata")
    published = text_below(metadata, "date")
    found = {
        "name": text_below(metadata, "title"),
        "author": text_below(metadata, "creator"),
        "published": iso_date(published) if published else None,
        "language": text_below(metadata, "language"),
        "licence": text_below(metadata, "rights"),
        "title": text_below(metadata, "title"),
        "kind": "book",
    }
    return {name: value for name, value in found.items() if value}


def _titles(package: Package, root: Element, outline: str) -> dict[str, str]:
    """The title of each chapter, from the table of contents of EPUB 3 or 2. {} where there is none that is XML."""
    for item in root.iter("item"):
        name = beside(outline, item.get("href", ""))
        is_contents = "nav" in (item.get("properties") or "").split() or name.endswith(".ncx")
        if not is_contents or name not in package.names:
            continue
        try:
            contents = parse_xml(package.read(name), name)
        except DamagedError as damage:
            if damage.reason == "decompression_bomb":
                raise
            continue
        titles = [(link.get("href", ""), " ".join("".join(link.itertext()).split())) for link in contents.iter("a")]
        for point in contents.iter("navPoint"):
            source = point.find("content")
            titles.append((source.get("src", "") if source is not None else "", text_below(point, "text") or ""))
        # A chapter may have several entries: the first one is its own, the others are sections in it.
        found = {beside(name, link): title[:MOST_TITLE] for link, title in reversed(titles) if link and title}
        if found:
            return found
    return {}


def _locked(package: Package) -> set[str]:
    """Members that are encrypted (OCF 3.2). Fonts that are only obfuscated stand there too, and are no text."""
    root = package.xml_or_none(ENCRYPTION)
    references = root.iter("CipherReference") if root is not None else ()
    return {beside("/", reference.get("URI", "")) for reference in references}
