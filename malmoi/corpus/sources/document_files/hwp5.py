"""HWP 5, the binary format of Hangul: an OLE compound file with sections of tagged records, mostly deflated.

Written by Hancom's description of the format (한글 문서 파일 형식 5.0, revision 1.3). Read are paragraphs, tables, text
boxes, footnotes and memos; headers and footers stand once, at the end. Scripts in a document are never run.
"""

import io
import itertools
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from malmoi.corpus.sources.document_files.extracted import Extracted, Gap, Part, paragraphs, table_row
from malmoi.corpus.sources.document_files.package import MOST_BYTES, no_text
from malmoi.corpus.sources.streams import DamagedError, malformed
from malmoi.corpus.text.dates import iso_date

SIGNATURE = b"HWP Document File"
COMPRESSED, PASSWORD, DISTRIBUTION, DRM = 1 << 0, 1 << 1, 1 << 2, 1 << 4
"""Bits of the properties in FileHeader, table 3 of the description."""
PARA_HEADER, PARA_TEXT, CTRL_HEADER, LIST_HEADER, TABLE, EQUATION = 66, 67, 71, 72, 77, 88
"""Tags of records: HWPTAG_BEGIN is 16. The description names them in table 58."""
CHARACTERS = {0: 0, 10: 10, 13: 10, 24: ord("-"), 25: 0, 26: 0, 27: 0, 28: 0, 29: 0, 30: ord(" "), 31: ord(" ")}
"""Control characters of one unit each (table 6), and what stands for them. All other signs below 32 take eight units
of two bytes."""
INLINE_UNITS = 8
TAB, OBJECT = 9, 11
EXTENDED = frozenset({1, 2, 3, 11, 12, 14, 15, 16, 17, 18, 21, 22, 23})
"""Those of eight units to which a CTRL_HEADER belongs; the others of eight units hold all in themselves."""
EDGES = ("head", "foot")
MOST_RECORDS, MOST_DEPTH = 2_000_000, 100
PREVIEW_TOLD = "only the preview of its first page is read: "


class Record(NamedTuple):
    """One record of a section: what it is, how deep it nests, its bytes."""

    tag: int
    level: int
    content: bytes


class Node(NamedTuple):
    """A record with those that nest in it."""

    tag: int
    content: bytes
    children: list["Node"]

    @property
    def name(self) -> str:
        """What a CTRL_HEADER calls its object, as "tbl ": the letters stand backwards."""
        return self.content[3::-1].decode("latin-1")


def read(content: bytes) -> Extracted:
    """The one text of a document. Of one whose sections cannot be read, the preview, said as such.

    Raises DamagedError where there is neither, and for documents that are encrypted.
    """
    import olefile

    with warnings.catch_warnings():  # olefile warns of what is unusual in a file, and goes on
        warnings.simplefilter("ignore")
        try:
            with olefile.OleFileIO(io.BytesIO(content)) as ole:
                return _read(ole)
        except (OSError, IndexError, struct.error, TypeError) as error:
            raise malformed(error, "no OLE file") from None


def _read(ole: Any) -> Extracted:
    header = _stream(ole, "FileHeader")
    if not header.startswith(SIGNATURE) or len(header) < 40:
        raise DamagedError("unsupported_format", "an OLE file without the FileHeader of HWP 5")
    flags = struct.unpack_from("<I", header, 36)[0]
    if flags & (PASSWORD | DRM):
        raise DamagedError("encrypted", "the document asks for a password or a key; save it without one")
    fields = _fields(ole)
    if flags & DISTRIBUTION:
        return _preview(ole, fields, "encrypted", "a distribution document (배포용), whose text is encrypted")
    try:
        text = _body(ole, bool(flags & COMPRESSED))
    except DamagedError as damage:
        return _preview(ole, fields, damage.reason, damage.detail)
    if not text.strip():
        no_text("a document without words in its sections")
    return Extracted((Part(text, fields),))


def _stream(ole: Any, name: str) -> bytes:
    if not ole.exists(name):
        raise DamagedError("malformed_document", f"no stream {name}")
    return ole.openstream(name).read()


def _preview(ole: Any, fields: dict[str, str], reason: Any, detail: str) -> Extracted:
    """What Hangul put beside the text for lists of files, and why it stands in its place."""
    text = _stream(ole, "PrvText").decode("utf-16-le", "replace").strip("\0 \r\n") if ole.exists("PrvText") else ""
    if not text:
        raise DamagedError(reason, detail)
    # A cell of a table is <…> there.
    return Extracted((Part(re.sub(r"><", " | ", text), fields),), (Gap(reason, PREVIEW_TOLD + detail),))


def _fields(ole: Any) -> dict[str, str]:
    """Title, author and date from the summary (a property set of OLE, numbers as of Office)."""
    try:
        properties = ole.getproperties("\x05HwpSummaryInformation", convert_time=True)
    except (OSError, struct.error, IndexError, ValueError, TypeError):
        return {}
    found = {"title": properties.get(2), "author": properties.get(4)}
    # olefile takes the length for half of what it is: the text ends at its first NUL.
    fields = {name: value.partition("\0")[0].strip() for name, value in found.items() if isinstance(value, str)}
    written = properties.get(12)
    fields["published"] = iso_date(written) or ""
    return {name: value for name, value in fields.items() if value}


def _body(ole: Any, compressed: bool) -> str:
    names = ["/".join(entry) for entry in ole.listdir() if entry[0] == "BodyText" and len(entry) == 2]
    if not names:
        raise DamagedError("malformed_document", "no stream BodyText/Section0")
    blocks: list[str] = []
    edges: list[str] = []
    left_bytes = MOST_BYTES
    for name in sorted(names, key=lambda name: (len(name), name)):
        section = _inflated(ole.openstream(name).read(), left_bytes, name) if compressed else _stream(ole, name)
        left_bytes -= len(section)
        _add(_tree(records(section, name), name).children, blocks, edges)
    return paragraphs([*blocks, *dict.fromkeys(edge for edge in edges if any(map(str.isalpha, edge)))])


def _inflated(content: bytes, limit_bytes: int, name: str) -> bytes:
    """Raw deflate without a header, as HWP has it."""
    stream = zlib.decompressobj(-15)
    try:
        inflated = stream.decompress(content, limit_bytes + 1)
    except zlib.error as error:
        raise DamagedError("malformed_document", f"{name}: {error}") from None
    if len(inflated) > limit_bytes:
        raise DamagedError("decompression_bomb", f"{name} is larger than {limit_bytes} bytes unpacked")
    if not stream.eof:
        raise DamagedError("malformed_document", f"{name} ends too early")
    return inflated


def records(section: bytes, name: str) -> Iterator[Record]:
    """The records of a section: 10 bits of tag, 10 of level, 12 of size; a size of 4,095 stands in four more bytes."""
    at, number = 0, 0
    while at + 4 <= len(section):
        word = struct.unpack_from("<I", section, at)[0]
        at += 4
        size = word >> 20
        if size == 0xFFF and at + 4 <= len(section):
            size = struct.unpack_from("<I", section, at)[0]
            at += 4
        if at + size > len(section) or number >= MOST_RECORDS:
            raise DamagedError("malformed_document", f"{name}: record {number} reaches beyond its end")
        yield Record(word & 0x3FF, word >> 10 & 0x3FF, section[at : at + size])
        at, number = at + size, number + 1


def pieces(content: bytes) -> Iterator[tuple[str, int]]:
    """The letters of a PARA_TEXT record, cut at each extended control; with the code of it, 0 at the end.

    Every extended control has a CTRL_HEADER among the records of the paragraph, in the same order.
    """
    units = struct.unpack(f"<{len(content) // 2}H", content[: len(content) // 2 * 2])
    letters: list[int] = []
    at = 0
    while at < len(units):
        unit = units[at]
        if unit >= 32:
            letters.append(unit)
        elif unit in CHARACTERS:
            letters += [CHARACTERS[unit]] if CHARACTERS[unit] else []
        else:
            letters += [TAB] if unit == TAB else []
            at += INLINE_UNITS - 1
            if unit in EXTENDED:
                yield _decoded(letters), unit
                letters = []
        at += 1
    yield _decoded(letters).rstrip("\n"), 0


def _decoded(units: list[int]) -> str:
    return struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "replace")


def _tree(section: Iterator[Record], name: str) -> Node:
    """The records as a tree by their levels. Raises DamagedError where they nest too deep."""
    root = Node(0, b"", [])
    path = [root]
    for record in section:
        if record.level >= MOST_DEPTH:
            raise DamagedError("malformed_document", f"{name} nests deeper than {MOST_DEPTH} records")
        del path[record.level + 1 :]
        node = Node(record.tag, record.content, [])
        path[-1].children.append(node)
        path.append(node)
    return root


def _add(nodes: list[Node], blocks: list[str], edges: list[str]) -> None:
    """Adds the paragraphs among `nodes` and below them to `blocks`, headers and footers to `edges`."""
    for node in nodes:
        if node.tag == PARA_HEADER:
            _paragraph(node, blocks, edges)
        elif node.tag == CTRL_HEADER and node.name == "tbl ":
            _table(node, blocks, edges)
        elif node.tag == CTRL_HEADER and node.name in EDGES:
            _add(node.children, edges, edges)
        else:
            _add(node.children, blocks, edges)


def _paragraph(node: Node, blocks: list[str], edges: list[str]) -> None:
    """The words of a paragraph; tables and text boxes where they stand in it, and after it its footnotes."""
    controls = iter([child for child in node.children if child.tag == CTRL_HEADER])
    content = b"".join(child.content for child in node.children if child.tag == PARA_TEXT)
    words: list[str] = []
    later: list[Node] = []
    for text, code in pieces(content):
        words.append(text)
        control = next(controls, None) if code else None
        equation = next((inner for inner in control.children if inner.tag == EQUATION), None) if control else None
        if equation:
            words.append(_equation(equation.content))
        elif control and code == OBJECT:
            _put(words, blocks)
            _add([control], blocks, edges)
            words = []
        elif control:
            later.append(control)
    _put(words, blocks)
    _add([*later, *controls], blocks, edges)


def _put(words: list[str], blocks: list[str]) -> None:
    text = "".join(words).strip()
    if text:
        blocks.append(text)


def _equation(content: bytes) -> str:
    """The script of an equation: after four bytes of properties a length in units, then the units (table 105)."""
    length = struct.unpack_from("<H", content, 4)[0] if len(content) >= 6 else 0
    return content[6 : 6 + 2 * length].decode("utf-16-le", "replace").strip("\0 ")


def _table(table: Node, blocks: list[str], edges: list[str]) -> None:
    """Rows of a table, one line each. A table of one cell is a frame: its paragraphs stay apart.

    The paragraphs of a cell are not below its LIST_HEADER but after it. Bytes 10 and 11 of a cell are its row (table
    80); what stands before the TABLE record is the caption.
    """
    cells: list[tuple[int, list[str]]] = []
    into: list[str] | None = None
    for node in table.children:
        if node.tag == LIST_HEADER:
            is_cell = len(node.content) >= 12 and any(child.tag == TABLE for child in table.children)
            into = []
            cells.append((struct.unpack_from("<H", node.content, 10)[0] if is_cell else 0, into))
        elif node.tag == TABLE:
            for _, caption in cells:  # so far there is no cell
                blocks += caption
            cells = []
        elif into is not None:
            _add([node], into, edges)
    if len(cells) == 1:
        blocks += cells[0][1]
        return
    for _, row in itertools.groupby(cells, lambda cell: cell[0]):
        line = table_row([" ".join(texts) for _, texts in row])
        if line:
            blocks.append(line)
