"""The core region of a page: what a reader came for, without menus, advertisements, related links and comments.

Bounded for hostile pages: at most MAX_PAGE_BYTES are read and scan.py's limits hold, so that 100 MB of nested tags
cost a second or two and some hundred MB of memory, not more.
"""

from dataclasses import dataclass
from html import unescape

import numpy as np

from malmoi.corpus.core_region.embedded import article_body, state_text
from malmoi.corpus.core_region.features import COLUMN
from malmoi.corpus.core_region.model import THRESHOLD, Weights, judge, shipped_weights
from malmoi.corpus.core_region.scan import ELEMENT, END, MAX_BLOCKS, MAX_ELEMENTS, PARENT, START, Scanned, scan
from malmoi.corpus.core_region.tags import tables
from malmoi.corpus.core_region.text import Piece, pieces, to_text
from malmoi.corpus.sources import charset as charsets

MAX_PAGE_BYTES = 16_000_000
"""What lies beyond is not read; the largest of 697 real pages has 5 MB."""
POOR_BYTES = 250
"""A page with less text than this is asked for what its scripts keep."""
RICHER = 3
"""An articleBody is taken where the page shows less than a third of it."""
UTF8_NAMES = frozenset({"utf-8", "utf8"})
COMMENT_REACH = 8
"""A reader's comment stands so few elements below one with a word for comments in its class."""
COMMENT_WEIGHT, ITEM_REACH = 20.0, 3


@dataclass(frozen=True)
class Extracted:
    """What was found: the text (Markdown), the page's title, the pieces that the text is made of.

    captions: of the figures within the region; they are not part of the text.
    embedded: the text comes from a script, not from what the page shows; there are no pieces then.
    cut: the page had more bytes, elements or blocks than are read.
    """

    text: str
    title: str
    pieces: tuple[Piece, ...]
    captions: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    embedded: bool = False
    cut: bool = False


def extract(
    html: bytes | str, charset: str | None = None, *, comments: bool = False, weights: Weights | None = None
) -> Extracted:
    """The core region of a page. charset: that of bytes; "utf-8" is believed, any other and None are a hint.

    comments: also return readers' comments, which are never part of the text. Never raises for what a page holds.
    """
    content, cut = _as_utf8(html, charset)
    page = np.frombuffer(content, np.uint8)
    scanned = scan(page, tables())
    cut |= len(scanned.blocks) >= MAX_BLOCKS or len(scanned.elements) >= MAX_ELEMENTS
    chance, features = judge(page, scanned, weights or shipped_weights())
    chosen = chance > THRESHOLD
    found = pieces(scanned, chosen)
    text = to_text(found)
    hidden = _embedded_text(content, scanned, len(text.encode("utf-8", "replace")))
    if hidden:
        return Extracted(hidden, _title(content, scanned), (), embedded=True, cut=cut)
    said = _comments(scanned, features, chosen) if comments else ()
    captions = _captions(scanned, features, chosen)
    return Extracted(text, _title(content, scanned), tuple(found), captions, said, cut=cut)


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


def _embedded_text(content: bytes, scanned: Scanned, shown_bytes: int) -> str:
    """The text in a script where the page shows much less; "" where what it shows is its text."""
    body = article_body(content, scanned)
    if len(body.encode("utf-8", "replace")) > max(POOR_BYTES, RICHER * shown_bytes):
        return body
    if shown_bytes >= POOR_BYTES:
        return ""
    state = state_text(content, scanned)
    return state if len(state.encode("utf-8", "replace")) > RICHER * shown_bytes else ""


def _title(content: bytes, scanned: Scanned) -> str:
    start, end = scanned.title
    return " ".join(unescape(content[start : min(end, start + 2000)].decode("utf-8", "replace")).split())


def _captions(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> tuple[str, ...]:
    numbers = np.flatnonzero(chosen)
    if not len(numbers):
        return ()
    within = np.zeros(len(chosen), np.bool_)
    within[numbers[0] : numbers[-1]] = True
    captions = np.flatnonzero(within & ~chosen & (features[:, COLUMN["under_figcaption"]] <= ITEM_REACH))
    content = scanned.text.tobytes() if len(captions) else b""
    spans = scanned.blocks[captions][:, [START, END]].tolist()
    return tuple(content[start:end].decode("utf-8", "replace") for start, end in spans)


def _comments(scanned: Scanned, features: np.ndarray, chosen: np.ndarray) -> tuple[str, ...]:
    """Texts of readers: running text under an element named for comments, one for each innermost such element."""
    under = features[:, COLUMN["under_words_comment"]] <= COMMENT_REACH
    is_prose = (features[:, COLUMN["sentence_ends"]] > 0) | (features[:, COLUMN["under_item"]] <= ITEM_REACH)
    running = (features[:, COLUMN["weight"]] >= COMMENT_WEIGHT) & is_prose
    furniture = np.any(
        [features[:, COLUMN[name]] > 0 for name in ("says_sign_up", "says_comment", "says_share")], axis=0
    )
    aside = (features[:, COLUMN["link_share"]] > 0.5) | (features[:, COLUMN["under_form"]] <= COMMENT_REACH) | furniture
    numbers = np.flatnonzero(under & running & ~aside & ~chosen)
    content = scanned.text.tobytes()
    said: dict[int, list[str]] = {}
    for number in numbers.tolist():
        start, end, element = (int(scanned.blocks[number, column]) for column in (START, END, ELEMENT))
        said.setdefault(int(scanned.elements[element, PARENT]), []).append(
            content[start:end].decode("utf-8", "replace")
        )
    return tuple("\n".join(lines) for lines in said.values())
