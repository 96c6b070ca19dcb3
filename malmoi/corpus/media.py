"""Pictures, sound, video and music tied to the text that they stand in: segments with a place, a hash and a caption.

A reader puts MARK into its text where an item stands and lists the items in order: {"type", "uri", "content",
"caption"}, content being bytes, or None where the item lies elsewhere (nothing is ever fetched). When the text is
clean, `place` takes the marks out and says where they were. What an item is, its first bytes say and no name. Pictures
lose what tells of people (pictures/cleaning.py) and no pixel; one that is broken, or of a format that is not cleaned,
is not stored, and its address says why. Contents are stored under their hash and never decoded, run or followed.
"""

import base64
import binascii
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from malmoi.corpus.pictures.cleaning import cleaned
from malmoi.corpus.pictures.damage import DamagedError, NotCleanedError
from malmoi.kit.files import atomic_file
from malmoi.kit.paths import is_remote

MARK = "\ufffc"
"""OBJECT REPLACEMENT CHARACTER. In what a reader is given it stands for nothing that we have: `without_marks` first."""
CONTENTS = "media_contents"
"""Key of a document's contents by SHA-256, for `store`; no column."""
MOST_ITEMS = 1_000
MOST_BYTES = 20_000_000
"""Of one item. What is larger keeps its place, hash and caption; its content is not stored."""
MOST_CAPTION, MOST_URI = 2_000, 2_000
TYPES = ("image", "audio", "video", "music")
HEAD_BYTES = 512
NOT_STORED = "about:not-stored#"
"""How the address of a picture begins that is not stored; why follows, percent-encoded."""
_FORMATS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_SIGNS, _RIFF, _BRANDS = (
    {sign.encode("latin-1"): (kind, suffix) for sign, (kind, suffix) in _FORMATS[name].items()}
    for name in ("signs", "riff", "brands")
)
"""Of formats, what the first bytes, those after "RIFF" or those after "ftyp" are, to a segment's type and a suffix."""
_SVG = re.compile(
    rb"^\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,300}?-->\s*)*(?:<!DOCTYPE svg[^>]{0,200}>\s*)?<svg[\s>]", re.DOTALL
)
_SCORE = re.compile(
    rb"^\s*(?:<\?xml[^>]{0,200}\?>\s*)?<!DOCTYPE score-(?:partwise|timewise)|<score-(?:partwise|timewise)[\s>]"
)
_NOTATION = re.compile(rb"^(?:%abc[^\n]{0,50}\n)?X: ?\d+ *\r?\n[A-Za-z]: ?[^\n]{0,300}\n")
_DATA_URI = re.compile(r"^data:([\w/+.-]{0,60})(?:;[\w=-]{1,60})*?(;base64)?,", re.IGNORECASE)
_BLANKS = " \t\u00a0\u3000"


def sniff(content: bytes) -> tuple[str, str] | None:
    """What bytes are, as a segment's type and a file's suffix: ("image", ".png"). None where they are no medium."""
    head = content[:HEAD_BYTES]
    for sign, medium in _SIGNS.items():
        if head.startswith(sign):
            return medium
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], ("video", ".mp4"))
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 not in (0x00, 0xF0):
        return "audio", ".mp3"  # a frame of MPEG audio, layer III: of a known rate
    if _SVG.match(head):
        return "image", ".svg"
    if _SCORE.search(head):
        return "music", ".musicxml"
    return ("music", ".abc") if _NOTATION.match(head) else None


def without_marks(text: str) -> str:
    """What a source gives, without signs that would be taken for marks of ours."""
    return text.replace(MARK, "") if MARK in text else text


def item(kind: str, uri: str | None = None, content: bytes | None = None, caption: str | None = None) -> dict[str, Any]:
    """One item as readers list it."""
    return {"type": kind, "uri": uri, "content": content, "caption": caption}


def from_base64(text: str) -> bytes | None:
    """The bytes of a base64 text, white space allowed; None where it is none, or larger than MOST_BYTES."""
    if len(text) > MOST_BYTES * 4 // 3 + MOST_BYTES // 10:
        return None
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if 0 < len(content) <= MOST_BYTES else None


def place(text: str, items: Sequence[Mapping[str, Any]]) -> tuple[str, list[dict[str, Any]], dict[str, bytes]]:
    """The text without marks; the segments in order; the contents that are to be stored, by SHA-256.

    start and end of a segment are the character of the new text before which its item stood, the same number. A line
    with nothing but marks goes as a whole, and no more than two line ends are left where it was. Marks without an item
    are nobody's and go; items without a mark stand at the end.
    """
    first, *rest = text.split(MARK)
    written = _Written(first)
    places: list[int] = []
    for piece in rest:
        places.append(written.length)
        begin = written.add(piece)
        for number in range(len(places) - 1, -1, -1):
            if places[number] <= begin:
                break
            places[number] = begin
    clean = "".join(written.parts).rstrip()
    places = [min(at, len(clean)) for at in places[: len(items)]]
    places += [len(clean)] * (len(items) - len(places))
    contents: dict[str, bytes] = {}
    segments = [_segment(at, one, contents) for at, one in zip(places[:MOST_ITEMS], items, strict=False)]
    return clean, segments, contents


class _Written:
    """Text as it is put together again, a piece after each mark. Its end is known without joining it."""

    def __init__(self, first: str) -> None:
        self.parts: list[str] = [first] if first else []
        self.length = len(first)

    def add(self, piece: str) -> int:
        """Puts the piece after a mark: no blank twice or at a line's end, no blank lines too many. Where it begins."""
        ends_line = self._end() in tuple(_BLANKS) and piece.lstrip(_BLANKS)[:1] in ("", "\n")
        if ends_line:
            self._strip()
        if self._end() in ("", "\n"):
            bare = piece.lstrip(_BLANKS)
            if not self.length:
                piece = bare.lstrip()
            elif bare.startswith("\n") or not bare:  # nothing but marks on the line
                ends = len(bare) - len(bare.lstrip("\n"))
                piece = "\n" * max(0, min(2 - self._line_ends(), ends - 1)) + bare[ends:]
        elif ends_line:
            piece = piece.lstrip(_BLANKS)
        elif self._end() in _BLANKS and piece[:1] in tuple(_BLANKS):
            piece = piece[1:]
        begin = self.length
        if piece:
            self.parts.append(piece)
            self.length += len(piece)
        return begin

    def _end(self) -> str:
        return self.parts[-1][-1] if self.parts else ""

    def _line_ends(self) -> int:
        """How many line ends stand at the end, 2 at most."""
        tail = "".join(self.parts[-2:])[-2:]
        return len(tail) - len(tail.rstrip("\n"))

    def _strip(self) -> None:
        """Takes the blanks at the end away."""
        while self.parts:
            last = self.parts.pop()
            bare = last.rstrip(_BLANKS)
            self.length -= len(last) - len(bare)
            if bare:
                self.parts.append(bare)
                return


def _segment(at: int, one: Mapping[str, Any], contents: dict[str, bytes]) -> dict[str, Any]:
    uri, content = one.get("uri"), one.get("content")
    if isinstance(uri, str) and uri[:5].lower() == "data:":
        content = _data_content(uri) if content is None else content
        uri = None
    kind = one.get("type")
    sha256 = None
    if content:
        found, refused = sniff(content), None
        kind = found[0] if found else kind
        if found and len(content) <= MOST_BYTES:
            content, refused = _without_metadata(content, *found)
        if refused:
            uri = uri or NOT_STORED + quote(refused)
        else:
            sha256 = hashlib.sha256(content).hexdigest()
            if found and len(content) <= MOST_BYTES:
                contents[sha256] = content
    return {
        "type": kind if kind in TYPES else "image",
        "uri": _address(uri),
        "sha256": sha256,
        "start": at,
        "end": at,
        "caption": _caption(one.get("caption")),
    }


def _without_metadata(content: bytes, kind: str, suffix: str) -> tuple[bytes, str | None]:
    """A picture cleaned, or why it is not stored. Sound, video and music stay as they are."""
    if kind != "image":
        return content, None
    try:
        return cleaned(content, suffix), None
    except (DamagedError, NotCleanedError) as error:
        word = "damaged" if isinstance(error, DamagedError) else "not cleaned"
        return content, f"{word}: {error}"


def _line(text: Any) -> str:
    """Any value as one line of text that Arrow can hold; empty where it is no text."""
    return " ".join(without_marks(text.encode("utf-8", "replace").decode()).split()) if isinstance(text, str) else ""


def _caption(text: Any) -> str | None:
    return _line(text)[:MOST_CAPTION].strip() or None


def _address(uri: Any) -> str | None:
    """An address; None where it is too long for one: cut, it would lead elsewhere."""
    line = _line(uri)
    return line if 0 < len(line) <= MOST_URI else None


def _data_content(uri: str) -> bytes | None:
    found = _DATA_URI.match(uri)
    if not found or len(uri) > 3 * MOST_BYTES:
        return None
    rest = uri[found.end() :]
    if found[2]:
        return from_base64(unquote_to_bytes(rest).decode("ascii", "replace") if "%" in rest else rest)
    return unquote_to_bytes(rest)[:MOST_BYTES] or None


def stored_path(folder: Path, sha256: str, content: bytes) -> Path:
    """Where a content lies in a folder of media: <aa>/<sha256><suffix>, the suffix by its first bytes."""
    found = sniff(content)
    return folder / sha256[:2] / f"{sha256}{found[1] if found else '.bin'}"


def store(folder: Path, contents: Mapping[str, bytes]) -> int:
    """Writes each content to its path, atomically; returns how many bytes were written. What is there is left.

    Raises AssertionError where a content is not that of its hash: the name is all that anybody later goes by.
    """
    written_bytes = 0
    for sha256, content in contents.items():
        assert hashlib.sha256(content).hexdigest() == sha256, sha256
        path = stored_path(folder, sha256, content)
        if _size(path) != len(content):
            with atomic_file(path) as aside:
                aside.write_bytes(content)
            if not is_remote(path):  # an object store has no modes
                path.chmod(0o644)
            written_bytes += len(content)
    return written_bytes


def _size(path: Path) -> int | None:
    """Bytes of a plain file; None where there is none. A link is not followed."""
    return path.lstat().st_size if path.is_file() and not path.is_symlink() else None
