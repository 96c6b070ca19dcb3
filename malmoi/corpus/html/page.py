"""A web page: its core region as Markdown, who said what in it, its media, and its metadata. All in this process.

Every page costs time and memory in proportion to its bytes, of which there are at most MAX_PAGE_BYTES: the scanner
builds no tree, and what is read again of a page (tags, JSON, microdata) is bounded by number and size.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from malmoi.corpus import media
from malmoi.corpus.html import threads
from malmoi.corpus.html.core_region import MAX_PAGE_BYTES, Look, embedded_text, look
from malmoi.corpus.html.embedded import json_ld, plain
from malmoi.corpus.html.linked_talk import linked_talk
from malmoi.corpus.html.microdata import microdata
from malmoi.corpus.html.page_media import region_media
from malmoi.corpus.html.page_metadata import link_hosts, linked_nodes, main_thing, read_metadata, tells_kind
from malmoi.corpus.html.region_text import Piece, pieces, reader, to_text
from malmoi.corpus.html.scan import START
from malmoi.corpus.html.threads import Part

__all__ = ["MAX_PAGE_BYTES", "Page", "Said", "read_page"]

THREAD_KINDS = frozenset({"kin", "cafe", "comment", "dialogue"})
"""Kinds of which the replies are the content."""
FIRST_SIGN, LAST_SIGN = 0xF0000, 0xFFFFD
"""While a text is put together a medium is a sign of a private plane, so that its number survives."""
SIGNS = re.compile("[\U000f0000-\U000ffffd]")
BODY_SIGNS = (b"articleBody", b"reviewBody")
ANSWER_SIGNS = (b"nswer", "답변".encode())
THREAD_SIGNS = (b"orum", b"hread", b"opic")


@dataclass(frozen=True)
class Said:
    """What one person said, or the whole text (role None): Markdown with a media.MARK where each item stands."""

    text: str
    items: tuple[dict[str, Any], ...] = ()
    role: str | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class Page:
    """A page as read.

    fields: metadata under the names of sources/fields.py, url made absolute. said: its parts in reading order, one
    without a role where it is nobody's talk; empty where there is no text. comments: of readers, where they were asked
    for and are not the content. link_hosts: other hosts that it links to. embedded: its text was in a script.
    cut: it had more than is read.
    """

    fields: dict[str, str]
    said: tuple[Said, ...]
    comments: tuple[Said, ...] = ()
    link_hosts: tuple[str, ...] = ()
    embedded: bool = False
    cut: bool = False


def read_page(html: bytes, kind: str | None, url: str | None, comments: bool = False) -> Page:
    """Reads a page in UTF-8 of at most MAX_PAGE_BYTES. Never raises for what a page holds.

    kind: what the source says the page is; where None, what the page says decides whether replies are content.
    """
    seen = look(html[:MAX_PAGE_BYTES], cut=len(html) > MAX_PAGE_BYTES)
    states = json_ld(seen.content, seen.scanned)
    nodes = linked_nodes(states)
    if not tells_kind(main_thing(nodes)):
        nodes += linked_nodes(microdata(seen))
    fields = read_metadata(seen, nodes, url)
    parts = _parts(seen, kind or fields.get("kind"), fields)
    base = fields.get("url") or url
    said = _spoken(seen, parts, base) if parts else _whole(seen, base)
    shown_bytes = sum(len(one.text.encode("utf-8", "replace")) for one in said)
    talk = linked_talk(main_thing(nodes), "\n".join(one.text for one in said)) if not parts else []
    told = states if any(sign in seen.content for sign in BODY_SIGNS) else ()
    hidden = "" if talk else embedded_text(seen, told, shown_bytes)
    if talk:
        said = tuple(Said(media.without_marks(plain(text)), (), role, speaker) for role, speaker, text in talk)
    elif hidden:
        said = (Said(media.without_marks(hidden)),)
    apart = ()
    if comments and (kind or fields.get("kind")) not in THREAD_KINDS:
        apart = tuple(_said(seen, part, base) for part in threads.reader_comments(seen))
    others = tuple(link_hosts(seen, base))
    return Page(fields, tuple(one for one in said if one.text), apart, others, bool(hidden), seen.cut)


def _parts(seen: Look, kind: str | None, fields: dict[str, str]) -> list[Part]:
    """The parts of a page of several speakers; where nobody says its kind, that is found and put into fields."""
    if kind in THREAD_KINDS:
        parts = threads.questions_and_answers(seen) if kind == "kin" else []
        return parts or threads.post_and_comments(seen)
    if kind is not None:
        return []
    if any(sign in seen.content for sign in ANSWER_SIGNS):
        parts = threads.questions_and_answers(seen)
        if len(parts) > 1 and parts[0].role == "question":
            fields["kind"] = "kin"
            return parts
    if any(sign in seen.content for sign in THREAD_SIGNS):
        parts = threads.forum_posts(seen)
        if parts:
            fields["kind"] = "cafe"
        return parts
    return []


def _spoken(seen: Look, parts: Sequence[Part], url: str | None) -> tuple[Said, ...]:
    return tuple(_said(seen, part, url) for part in parts)


def _whole(seen: Look, url: str | None) -> tuple[Said, ...]:
    return (_written(seen, seen.chosen, url, reader(seen.scanned)),)


def _said(seen: Look, part: Part, url: str | None) -> Said:
    def read(number: int) -> str:
        return threads.cut_text(seen.scanned, number, part.cuts)

    one = _written(seen, part.blocks, url, read, part)
    return Said(one.text, one.items, part.role, part.speaker)


def _written(
    seen: Look, blocks: np.ndarray, url: str | None, read: Callable[[int], str], part: Part | None = None
) -> Said:
    """The blocks as Markdown with marks. Pictures inside a block of which parts were cut stand before it."""
    root = part.root if part else 0
    found = region_media(seen, blocks, url)[: LAST_SIGN - FIRST_SIGN]
    if not found:
        text = to_text(pieces(seen.scanned, blocks, lambda number: _clean(read(number)), root))
        return Said(text)
    inside: dict[int, list[tuple[int, str]]] = {}
    between: list[tuple[int, str]] = []
    for number, medium in enumerate(found):
        sign = chr(FIRST_SIGN + number)
        if medium.inside and not (part and part.cuts):
            inside.setdefault(medium.block, []).append((medium.at, sign))
        else:
            between.append((medium.block, sign))
    content = seen.scanned.text.tobytes()

    def marked(number: int) -> str:
        return _with_signs(seen, content, number, inside[number]) if number in inside else _clean(read(number))

    shown = _between(pieces(seen.scanned, blocks, marked, root), between)
    text = to_text(shown)
    items = tuple(found[ord(sign) - FIRST_SIGN].item for sign in SIGNS.findall(text))
    return Said(SIGNS.sub(media.MARK, text), items)


def _clean(text: str) -> str:
    """Without signs of ours that a page may hold by itself."""
    return SIGNS.sub("", media.without_marks(text)) if not text.isascii() else text


def _with_signs(seen: Look, content: bytes, number: int, signs: list[tuple[int, str]]) -> str:
    start, end = seen.scanned.blocks[number, START : START + 2].tolist()
    parts, at = [], start
    for place, sign in signs:
        parts += [_clean(content[at:place].decode("utf-8", "replace")), sign]
        at = max(at, min(place, end))
    return "".join([*parts, _clean(content[at:end].decode("utf-8", "replace"))])


def _between(shown: list[Piece], signs: list[tuple[int, str]]) -> list[Piece]:
    """The pieces with a piece for each sign before the first one of its block or a later one."""
    merged: list[Piece] = []
    waiting = list(reversed(signs))
    for piece in shown:
        while waiting and waiting[-1][0] <= piece.block:
            merged.append(Piece("media", 0, waiting.pop()[1]))
        merged.append(piece)
    return [*merged, *(Piece("media", 0, sign) for _, sign in reversed(waiting))]
