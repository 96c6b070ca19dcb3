"""What every reader's items become: decoded, NFC, in the shape of document.SCHEMA."""

import hashlib
import re
import unicodedata
from typing import Any

import numpy as np

from malmoi.corpus.document import document_id
from malmoi.corpus.sources.dialogue import read_turns
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.text import charset, signs
from malmoi.corpus.text.fold import fold
from malmoi.corpus.text.lines import one_line
from malmoi.kit.hangul import whole_characters

DEFAULT_KIND = "web"
TURN_KINDS = ("dialogue", "comment")
AUTHOR_HASH_DIGITS = 16
AUTHOR = "author"
"""Key of a document's author on the way: the scan asks the marks of erased authors for it, and no file gets it."""
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff]")
"""Dropped from texts: control characters, byte order marks."""
LINE_END = re.compile(r"\r\n|[\r\n\v\f]")
LONG_CHARACTERS = 300
"""From here on the compiled look (kernels/cleanliness.py) is quicker than patterns, and mostly the only one."""


def clean_text(text: str) -> str:
    """NFC, line ends as \\n without spaces before them, no control characters, stripped at both ends.

    Signs that nobody sees go, and others become the letters that a reader sees: text/signs.py.
    """
    if len(text) >= LONG_CHARACTERS and _is_clean(text):
        return text
    if not text.isprintable():  # true of one-line texts only, which most rows are
        text = CONTROL.sub("", text) if CONTROL.search(text) else text
        if "\r" in text or "\f" in text or "\v" in text:
            text = LINE_END.sub("\n", text)
    if signs.ODD.search(text):
        text = signs.normalised(text)
    if " \n" in text or "\t\n" in text:  # by lines: a pattern would try every place of a long run of spaces
        text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return unicodedata.normalize("NFC", text).strip()


def _is_clean(text: str) -> bool:
    """Whether cleaning would leave a text as it is, as far as the kernel can tell."""
    from malmoi.corpus.kernels import cleanliness

    try:
        data = np.frombuffer(text.encode(), np.uint8)
    except UnicodeEncodeError:
        return False
    return bool(cleanliness.clean(data, np.array([0, len(data)]), len(data), pages=False)[0])


def author_hash(author: str, name: str | None) -> str:
    """A stand-in for an author's name: 64 bits of SHA-256 over where it was published and the name, in hex.

    The place is part of it, so that namesakes on two sites stay two; the name is folded, so that one who is typed in
    two ways stays one. It keeps honest readers from names; whoever has the name can compute it.
    """
    return _author_hash(fold(author), name)


def author_hashes(author: str, name: str | None) -> frozenset[str]:
    """Every hash that an author may have: of this version, and of those that did not fold names (before 2026-11-30)."""
    return frozenset({author_hash(author, name), _author_hash(unicodedata.normalize("NFC", author), name)})


def _author_hash(author: str, name: str | None) -> str:
    digest = hashlib.sha256(f"malmoi author\0{name or ''}\0{author}".encode("utf-8", "replace"))
    return digest.hexdigest()[:AUTHOR_HASH_DIGITS]


def decode(raw: Raw) -> charset.Decoded | Unreadable:
    """The text, its charset ("" for what is text already) and the share of it that is U+FFFD."""
    content = raw.content
    if isinstance(content, bytes):
        if charset.looks_binary(content):
            return unreadable(raw, "binary", f"starts with {content[:8]!r}")
        decoded = charset.decode(content, raw.fields.get("charset"), raw.format == "html")
        return decoded or unreadable(raw, "encoding", "no charset gives text")
    content = whole_characters(content)
    return charset.Decoded(content, "", content.count(charset.REPLACEMENT) / max(1, len(content)))


def given_fields(raw: Raw) -> dict[str, Any]:
    """The metadata that the source gives beside the content."""
    return {key: value for key, value in raw.fields.items() if value is not None}


def document(raw: Raw, source: Input, fields: dict[str, Any], text: str, part: str = "") -> dict[str, Any]:
    """A document in the shape of SCHEMA, without segments and views.

    kind is the input's, else that of `fields`, else "web". part: "#comments" for what is a document beside another.
    """
    kind = source.kind or fields.get("kind") or DEFAULT_KIND
    name = _line(fields, "name") or source.name
    author = _line(fields, "author")
    url = _line(fields, "url")
    content = raw.content if isinstance(raw.content, bytes) else raw.content.encode("utf-8", "surrogatepass")
    return ({AUTHOR: author} if author else {}) | {
        "id": document_id((url or f"{raw.origin_file}#{raw.origin_offset}") + part, content),
        "title": _line(fields, "title"),
        "text": text,
        "source": {
            "kind": kind,
            "name": name,
            "url": url + part if url else None,
            "category": _line(fields, "category"),
            "author_hash": author_hash(author, name) if author else None,
            "published": fields.get("published"),
            "licence": _line(fields, "licence") or source.licence,
            "popularity": fields.get("popularity"),
            "language": _line(fields, "language"),
        },
        "source_verdict": fields.get("source_verdict"),
        "turns": _turns(kind, fields, text),
        "segments": None,
        "views": None,
        "origin": {"file": raw.origin_file, "offset": raw.origin_offset},
    }


def _turns(kind: str, fields: dict[str, Any], text: str) -> list[dict[str, str | None]] | None:
    """The turns that the row gives, else those that can be read from a dialogue's lines."""
    given = fields.get("turns")
    if given:
        said = [{key: value and clean_text(whole_characters(value)) for key, value in turn.items()} for turn in given]
    else:
        said = read_turns(text) if kind in TURN_KINDS else None
    return said and [{"role": None, **turn} for turn in said]


def _line(fields: dict[str, Any], key: str) -> str | None:
    line = one_line(fields.get(key))
    return clean_text(whole_characters(line)) or None if line else None


def unreadable(raw: Raw, reason: Any, detail: str, taken: tuple[tuple[str, int], ...] = ()) -> Unreadable:
    """The item as one that gave no text. taken: by step, the letters that it had where it could be decoded."""
    return Unreadable(raw.origin_file, raw.origin_offset, raw.raw_bytes, reason, detail, (*raw.taken, *taken))


LEAST_SUMMARY_CHARACTERS, MOST_SUMMARY_SHARE = 5, 0.5
View = dict[str, Any]


def given_views(summary: str | None, text: str) -> list[View] | None:
    """The view of a text whose source gives a summary beside it. None where it gives none, or nothing shorter."""
    summary = unicodedata.normalize("NFC", summary).strip() if summary else ""
    if not LEAST_SUMMARY_CHARACTERS <= len(summary) <= MOST_SUMMARY_SHARE * len(text):
        return None
    summary = summary.encode("utf-8", "replace").decode()
    return [{"use": "summary", "prompt": summary, "start": 0, "end": len(text)}]
