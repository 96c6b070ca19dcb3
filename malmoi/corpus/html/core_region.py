"""The core region of a page: what a reader came for, without menus, advertisements, related links and comments.

Bounded for hostile pages: at most MAX_PAGE_BYTES are read and scan.py's limits hold, so that a page of nothing but
tags costs a second and some hundred MB of memory, not more (tests/corpus/sources/test_hostile_pages.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any

import numpy as np

from malmoi.corpus.html.embedded import article_body, json_ld, state_text
from malmoi.corpus.html.region_model import THRESHOLD, Weights, judge, shipped_weights
from malmoi.corpus.html.region_text import Piece, pieces, to_text
from malmoi.corpus.html.scan import MAX_BLOCKS, MAX_ELEMENTS, Scanned, scan
from malmoi.corpus.html.second_pass import reconsidered
from malmoi.corpus.html.tags import tables
from malmoi.corpus.text import charset as charsets

MAX_PAGE_BYTES = 8_000_000
"""What lies beyond is not read; the largest of 697 real pages has 5 MB."""
POOR_BYTES = 250
"""A page with less text than this is asked for what its scripts keep."""
RICHER = 3
"""An articleBody is taken where the page shows less than a third of it."""
UTF8_NAMES = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True)
class Extracted:
    """What was found: the text (Markdown), the page's title, the pieces that the text is made of.

    embedded: the text comes from a script, not from what the page shows; there are no pieces then.
    cut: the page had more bytes, elements or blocks than are read.
    """

    text: str
    title: str
    pieces: tuple[Piece, ...]
    embedded: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Look:
    """A page as the model sees it. content: UTF-8; page: the same as uint8; chosen: bool, one a block.

    cut: the page had more bytes, elements or blocks than are read.
    """

    content: bytes
    page: np.ndarray
    scanned: Scanned
    features: np.ndarray
    chosen: np.ndarray
    cut: bool = False


def look(content: bytes, weights: Weights | None = None, cut: bool = False) -> Look:
    """Scans a page of at most MAX_PAGE_BYTES in UTF-8 and judges its blocks. Never raises for what a page holds."""
    page = np.frombuffer(content, np.uint8)
    scanned = scan(page, tables())
    cut |= len(scanned.blocks) >= MAX_BLOCKS or len(scanned.elements) >= MAX_ELEMENTS
    chance, features = judge(page, scanned, weights or shipped_weights())
    chosen = reconsidered(scanned, features, chance > THRESHOLD)
    return Look(content, page, scanned, features, chosen, cut)


def extract(html: bytes | str, charset: str | None = None, *, weights: Weights | None = None) -> Extracted:
    """The core region of a page. charset: that of bytes; "utf-8" is believed, any other and None are a hint.

    Never raises for what a page holds.
    """
    seen = _seen(html, charset, weights)
    found = pieces(seen.scanned, seen.chosen)
    text = to_text(found)
    states = json_ld(seen.content, seen.scanned) if b"articleBody" in seen.content else []
    hidden = embedded_text(seen, states, len(text.encode("utf-8", "replace")))
    if hidden:
        return Extracted(hidden, _title(seen.content, seen.scanned), (), embedded=True, cut=seen.cut)
    return Extracted(text, _title(seen.content, seen.scanned), tuple(found), cut=seen.cut)


def _seen(html: bytes | str, charset: str | None, weights: Weights | None) -> Look:
    content, cut = _as_utf8(html, charset)
    return look(content, weights, cut)


def _as_utf8(html: bytes | str, charset: str | None) -> tuple[bytes, bool]:
    if isinstance(html, str):
        content = html[:MAX_PAGE_BYTES].encode("utf-8", "replace")
        return content[:MAX_PAGE_BYTES], len(html) > MAX_PAGE_BYTES or len(content) > MAX_PAGE_BYTES
    content, cut = html[:MAX_PAGE_BYTES], len(html) > MAX_PAGE_BYTES
    if charset is not None and charset.strip().lower() in UTF8_NAMES:
        return content, cut
    decoded = charsets.decode(content, charset, is_html=True)
    if decoded is None or decoded.charset == "utf-8":
        return content, cut
    return decoded.text.encode("utf-8", "replace"), cut


def embedded_text(seen: Look, states: Iterable[Any], shown_bytes: int) -> str:
    """The text in a script where the page shows much less; "" where what it shows is its text. states: its JSON-LD."""
    body = article_body(states)
    if len(body.encode("utf-8", "replace")) > max(POOR_BYTES, RICHER * shown_bytes):
        return body
    if shown_bytes >= POOR_BYTES:
        return ""
    state = state_text(seen.content, seen.scanned)
    return state if len(state.encode("utf-8", "replace")) > RICHER * shown_bytes else ""


def _title(content: bytes, scanned: Scanned) -> str:
    start, end = scanned.title
    return " ".join(unescape(content[start : min(end, start + 2000)].decode("utf-8", "replace")).split())
