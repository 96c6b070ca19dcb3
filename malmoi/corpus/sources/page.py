"""From a Raw to a document in the shape of document.SCHEMA: decoded, NFC, extracted, with its metadata."""

import hashlib
import re
import unicodedata
from typing import Any

from malmoi.corpus.document import document_id
from malmoi.corpus.recipe import Input
from malmoi.corpus.sources import charset, markdown
from malmoi.corpus.sources.dialogue import read_turns
from malmoi.corpus.sources.extractor import EXTRACTOR, PageError
from malmoi.corpus.sources.fields import one_line, pick
from malmoi.corpus.sources.raw import Raw, Unreadable

DEFAULT_KIND = "web"
TURN_KINDS = ("dialogue", "comment")
AUTHOR_HASH_DIGITS = 16
DAMAGE = "decoding_damage_share"
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff]")
"""Dropped from texts: control characters, byte order marks. Joiners and variation selectors stay: emoji need them."""
LINE_END = re.compile(r"[ \t]*(?:\r\n|[\r\n\v\f])")
TRAILING_SPACE = re.compile(r"[ \t]+\n")


def to_document(raw: Raw, source: Input) -> dict[str, Any] | Unreadable:
    """One document with the keys of SCHEMA and `decoding_damage_share`, or why there is none.

    decoding_damage_share (0..1): U+FFFD among the characters as decoded, whoever put them there. kind is the input's,
    else the row's, else the page's, else "web"; name and licence are the row's, else the page's, else the input's.
    """
    decoded = _decode(raw)
    if isinstance(decoded, Unreadable):
        return decoded
    text, damage_share = decoded
    fields = {key: value for key, value in raw.fields.items() if value is not None}
    if raw.format == "html":
        try:
            page = EXTRACTOR.read_page(text.encode("utf-8", "replace"), source.kind, fields.get("url"))
        except PageError as failure:
            return _unreadable(raw, failure.reason, failure.detail)
        text = page.pop("text")
        fields = {**page, **fields, "url": page.get("url") or fields.get("url")}
    elif raw.format == "markdown":
        table, text = markdown.split_front_matter(text)
        fields = {**pick(table), **fields}
        text = markdown.clean(text)
        fields.setdefault("title", markdown.first_heading(text))
    text = _tidy_blank_lines(clean_text(text)) if raw.format == "markdown" else clean_text(text)
    if not text:
        return _unreadable(raw, "no_text", "nothing is left but markup")
    return _document(raw, source, fields, text) | {DAMAGE: damage_share}


def clean_text(text: str) -> str:
    """NFC, line ends as \\n without spaces before them, no control characters, stripped at both ends."""
    if not text.isprintable():  # true of one-line texts only, which most rows are
        text = CONTROL.sub("", text) if CONTROL.search(text) else text
        if "\r" in text or "\f" in text or "\v" in text:
            text = LINE_END.sub("\n", text)
        elif " \n" in text or "\t\n" in text:
            text = TRAILING_SPACE.sub("\n", text)
    return unicodedata.normalize("NFC", text).strip()


def author_hash(author: str, name: str | None) -> str:
    """A stand-in for an author's name: 64 bits of SHA-256 over where it was published and the name, in hex.

    The place is part of it, so that namesakes on two sites stay two. It keeps honest readers from names; whoever has
    the name can compute it.
    """
    digest = hashlib.sha256(
        f"malmoi author\0{name or ''}\0{unicodedata.normalize('NFC', author)}".encode("utf-8", "replace")
    )
    return digest.hexdigest()[:AUTHOR_HASH_DIGITS]


def _decode(raw: Raw) -> tuple[str, float] | Unreadable:
    """The text and the share of it that is U+FFFD."""
    content = raw.content
    if isinstance(content, bytes):
        if charset.looks_binary(content):
            return _unreadable(raw, "binary", f"starts with {content[:8]!r}")
        decoded = charset.decode(content, raw.fields.get("charset"), raw.format == "html")
        if decoded is None:
            return _unreadable(raw, "encoding", "no charset gives text")
        return decoded.text, decoded.damage_share
    try:
        content.encode()
    except UnicodeEncodeError:
        content = _whole_pairs(content)
    return content, content.count(charset.REPLACEMENT) / max(1, len(content))


def _document(raw: Raw, source: Input, fields: dict[str, Any], text: str) -> dict[str, Any]:
    kind = source.kind or fields.get("kind") or DEFAULT_KIND
    name = _line(fields, "name") or source.name
    author = _line(fields, "author")
    url = _line(fields, "url")
    content = raw.content if isinstance(raw.content, bytes) else raw.content.encode("utf-8", "surrogatepass")
    return {
        "id": document_id(url or f"{raw.origin_file}#{raw.origin_offset}", content),
        "title": _line(fields, "title"),
        "text": text,
        "source": {
            "kind": kind,
            "name": name,
            "url": url,
            "category": _line(fields, "category"),
            "author_hash": author_hash(author, name) if author else None,
            "published": fields.get("published"),
            "licence": _line(fields, "licence") or source.licence,
            "popularity": fields.get("popularity"),
            "language": _line(fields, "language"),
        },
        "turns": _turns(kind, fields, text),
        "segments": None,
        "views": None,
        "origin": {"file": raw.origin_file, "offset": raw.origin_offset},
    }


def _turns(kind: str, fields: dict[str, Any], text: str) -> list[dict[str, str | None]] | None:
    """The turns that the row gives, else those that can be read from a dialogue's lines."""
    given = fields.get("turns")
    if given:
        said = [{key: value and clean_text(_whole_pairs(value)) for key, value in turn.items()} for turn in given]
    else:
        said = read_turns(text) if kind in TURN_KINDS else None
    return said and [{"role": None, **turn} for turn in said]


def _line(fields: dict[str, Any], key: str) -> str | None:
    line = one_line(fields.get(key))
    return clean_text(_whole_pairs(line)) or None if line else None


def _whole_pairs(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which neither UTF-8 nor Arrow can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tidy_blank_lines(text: str) -> str:
    """At most two line ends in a row where cleaning left more."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _unreadable(raw: Raw, reason: Any, detail: str) -> Unreadable:
    return Unreadable(raw.origin_file, raw.origin_offset, raw.raw_bytes, reason, detail)
