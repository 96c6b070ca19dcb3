"""Packages: zip files whose members are one document (DOCX, XLSX, PPTX, HWPX, EPUB), and the XML in them.

A package may be made to fill the memory or to reach outside. So members are read by pieces against one budget, XML may
define no entities and nest only so deep, and nothing that a member points to outside of the package is ever opened.
"""

import io
import lzma
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import unquote
from xml.etree import ElementTree

from malmoi.corpus.sources.streams import DamagedError, malformed
from malmoi.corpus.text.dates import iso_date

MOST_MEMBERS = 50_000
MOST_MEMBER_BYTES = 64_000_000
"""Of one member, unpacked. An element tree takes some eight times as much; a book of 1,000 pages has 10 MB."""
MOST_BYTES = 256_000_000
"""Of all members that are read, unpacked: as BOMB_FLOOR_BYTES in streams.py."""
MOST_DEPTH = 200
"""Of XML. Tables in tables of DOCX and HWPX reach some 60."""
ENCRYPTED_FLAG = 0x1
UNPACKING = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What unpacking a damaged member raises."""


class Package:
    """A package in memory. Raises DamagedError where it is none, or more than is read."""

    def __init__(self, content: bytes) -> None:
        self._left_bytes = MOST_BYTES
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise malformed(error, "no zip package") from None
        infos = self._zip.infolist()
        if len(infos) > MOST_MEMBERS:
            raise DamagedError("decompression_bomb", f"{len(infos)} members; the limit is {MOST_MEMBERS}")
        self._infos = {info.filename: info for info in infos}

    @property
    def names(self) -> list[str]:
        """The names of all members in the order of the package."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """A member, unpacked. Raises KeyError where it is missing, DamagedError where it cannot be read."""
        info = self._infos[name]
        if info.flag_bits & ENCRYPTED_FLAG:
            raise DamagedError("encrypted", "its members are encrypted; save it without a password")
        limit = min(MOST_MEMBER_BYTES, self._left_bytes)
        try:
            with self._zip.open(info) as member:
                content = member.read(limit + 1)
        except UNPACKING as error:
            raise malformed(error, name) from None
        if len(content) > limit:
            raise DamagedError("decompression_bomb", f"{name} is larger than {limit} bytes unpacked")
        self._left_bytes -= len(content)
        return content

    def xml(self, name: str) -> ElementTree.Element:
        """A member as a tree. Raises as `read`, and DamagedError where it is no XML that is read here."""
        return parse_xml(self.read(name), name)

    def xml_or_none(self, name: str) -> ElementTree.Element | None:
        """As `xml`; None where the package has no such member."""
        return self.xml(name) if name in self._infos else None


def parse_xml(content: bytes, name: str) -> ElementTree.Element:
    """A tree whose names have no namespace: "p" for "{http://…}p" and "w:p", in attributes too (but "r:id" stays).

    The prefixes differ between programs and between editions of a standard; the local names do not. Raises DamagedError
    for XML that is not well-formed, defines entities, or nests too deep.
    """
    if b"<!ENTITY" in content.replace(b"\0", b""):  # UTF-16 too
        raise DamagedError("malformed_document", f"{name} defines XML entities, which are not expanded")
    target = _Tree(name)
    parser = ElementTree.XMLParser(target=target)  # noqa: S314 - entities are refused above, nothing outside is opened
    try:
        parser.feed(content)
        return parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise malformed(error, name) from None


class _Tree:
    """Builds a tree of local names, not deeper than MOST_DEPTH."""

    def __init__(self, name: str) -> None:
        self._builder, self._name, self._depth = ElementTree.TreeBuilder(), name, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise DamagedError("malformed_document", f"{self._name} nests deeper than {MOST_DEPTH} elements")
        self._builder.start(local(tag), {_attribute(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(local(tag))

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> ElementTree.Element:
        return self._builder.close()


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _attribute(key: str) -> str:
    """As `local`, but "r:id" for a link to another member, which often stands beside an "id" of another kind."""
    return ("r:" if "/relationships}" in key else "") + local(key)


def texts_below(element: ElementTree.Element, name: str) -> Iterator[str]:
    """The texts of all elements of a name below `element`, in order."""
    return (found.text for found in element.iter(name) if found.text)


def text_below(element: ElementTree.Element | None, name: str) -> str | None:
    """The text of the first element of a name below `element`; None where there is none."""
    texts = texts_below(element, name) if element is not None else ()
    return next((text.strip() for text in texts if text.strip()), None)


def beside(member: str, link: str) -> str:
    """The name of the member that `member` points to by a relative link. A link out of the package names none."""
    path = unquote(link.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(member), path)).lstrip("/") if path else member


def office_fields(package: Package) -> dict[str, str]:
    """Title, author and date of an Office document, from docProps/core.xml (ECMA-376 part 2, 11)."""
    try:
        properties = package.xml_or_none("docProps/core.xml")
    except DamagedError as damage:
        if damage.reason != "malformed_document":
            raise
        properties = None  # its metadata is damaged; its text may be whole
    names = {"title": "title", "author": "creator", "published": "created"}
    found = {ours: text_below(properties, theirs) for ours, theirs in names.items()}
    fields = {name: text for name, text in found.items() if text}
    return fields | {"published": iso_date(fields["published"]) or ""} if "published" in fields else fields


def no_text(what: str) -> NoReturn:
    """Says that a document holds no words."""
    raise DamagedError("no_text", what)
