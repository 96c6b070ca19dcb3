"""SVG 1.1 and 2: shapes, texts and styles of the picture; nothing that runs, calls outside or tells of its author."""

import base64
import binascii
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from malmoi.corpus.pictures.damage import DamagedError, NotCleanedError

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ELEMENTS, _ATTRIBUTES = frozenset(_WORDS["elements"].split()), frozenset(_WORDS["attributes"].split())
_SVG, _XLINK, _XML = (
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/XML/1998/namespace",
)
_MOST_DEPTH, _MOST_ELEMENTS = 200, 200_000
_ANIMATED = frozenset(("href", "xlink:href", "style"))
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CALLS = re.compile(
    r"@import|@font-face|@namespace|expression\s*\(|behavior\s*:|javascript:|-moz-binding|image-set\s*\(|\bsrc\s*:"
    r"|\bimage\s*\(|cross-fade\s*\(|//",
    re.IGNORECASE,
)
"""What runs or names an address, also without url(): CSS Images 4, 2.2 to 2.6. "//" is in any address outside."""
_URL = re.compile(r"url\s*\(\s*(?!['\"]?#[\w.-]+['\"]?\s*\))", re.IGNORECASE)
"""An address that is no part of the same picture."""
_DATA = re.compile(r"\s*data:image/(png|jpe?g|gif|webp);base64,", re.IGNORECASE)
_SUFFIXES = {"png": ".png", "jpeg": ".jpg", "jpg": ".jpg", "gif": ".gif", "webp": ".webp"}
Clean = Callable[[bytes, str], bytes]


def clean(content: bytes, raster: Clean) -> bytes:
    """The same picture, written anew in UTF-8 from its elements and attributes on the list of svg.toml.

    Comments, instructions, document types, titles, descriptions, metadata and editors' own names go. raster: cleans a
    picture inside (data:image/png;base64,...); one that cannot be cleaned goes. Raises DamagedError (XML that is none,
    too deep, too many elements) and NotCleanedError (own entities: by them a small file becomes a large one, or another
    file is read).
    """
    writer = _Writer(raster)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse_entities
    parser.StartElementHandler, parser.EndElementHandler = writer.start, writer.end
    parser.CharacterDataHandler = writer.characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise DamagedError(f"no XML: {error}") from None
    if not writer.parts:
        raise DamagedError("no <svg>")
    return "".join(writer.parts).encode()


def _refuse_entities(name: str, *_: object) -> None:
    raise NotCleanedError(f"an entity of its own, {name[:40]!r}")


class _Writer:
    """What is written while the elements come. skipped: how deep inside an element that goes."""

    def __init__(self, raster: Clean) -> None:
        self.parts: list[str] = []
        self._raster, self._depth, self._elements, self._skipped, self._style = raster, 0, 0, 0, None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth, self._elements = self._depth + 1, self._elements + 1
        if self._depth > _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            raise DamagedError(f"more than {_MOST_DEPTH} elements inside each other, or {_MOST_ELEMENTS:,} in all")
        space, _, local = name.rpartition(" ")
        if self._skipped or space not in (_SVG, "") or local not in _ELEMENTS or _animates_address(attributes):
            self._skipped += 1
            return
        if not self.parts and local != "svg":
            raise DamagedError(f"the first element is <{local[:40]}>")
        shown = [pair for item in attributes.items() if (pair := self._attribute(local, *item))]
        head = f' xmlns="{_SVG}" xmlns:xlink="{_XLINK}"' if not self.parts else ""
        self.parts.append(f"<{local}{head}{''.join(f' {key}={quoteattr(value)}' for key, value in shown)}>")
        self._style = [] if local == "style" else None

    def end(self, name: str) -> None:
        """An element ends."""
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
            return
        if self._style is not None:
            self.parts.append(escape(_style("".join(self._style))))
            self._style = None
        self.parts.append(f"</{name.rpartition(' ')[2]}>")

    def characters(self, text: str) -> None:
        """Text inside an element."""
        if not self._skipped:
            (self.parts if self._style is None else self._style).append(escape(text) if self._style is None else text)

    def _attribute(self, element: str, name: str, value: str) -> tuple[str, str] | None:
        """The attribute as it is written; None: it goes."""
        space, _, local = name.rpartition(" ")
        if local == "href" and space in (_XLINK, ""):
            address = self._address(element, value)
            return None if address is None else ("xlink:href" if space else "href", address)
        if (space, local) == (_XML, "space"):
            return "xml:space", value
        if space or local not in _ATTRIBUTES or _is_call(value):
            return None
        return (local, _style(value)) if local == "style" else (local, value)

    def _address(self, element: str, value: str) -> str | None:
        """A place in the same picture, or a picture inside without its metadata."""
        if re.fullmatch(r"\s*#[^\s\"'<>]{1,200}\s*", value):
            return value.strip() if element != "a" else None
        found = _DATA.match(value)
        if element not in ("image", "feImage") or not found:
            return None
        try:
            picture = self._raster(base64.b64decode(value[found.end() :]), _SUFFIXES[found[1].lower()])
        except (binascii.Error, DamagedError, NotCleanedError):
            return None
        return found.group().strip() + base64.b64encode(picture).decode()


def _animates_address(attributes: dict[str, str]) -> bool:
    target = attributes.get("attributeName", "").strip().lower()
    return target in _ANIMATED or target.startswith("on")


def _is_call(value: str) -> bool:
    """Whether a value may lead outside. A backslash hides letters from whoever looks for them (CSS 2.1, 4.1.3)."""
    return bool(_CALLS.search(value) or _URL.search(value) or "\\" in value)


def _style(text: str) -> str:
    """A style without comments; nothing of it where it calls outside."""
    bare = _CSS_COMMENT.sub("", text)
    return "" if _is_call(bare) else bare
