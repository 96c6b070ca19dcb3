"""The core region of a page: what a reader came for, without menus, advertisements, related links and comments.

Bounded for hostile pages: at most MAX_PAGE_BYTES are read and scan.py's limits hold, so that a page of nothing but
tags costs a second and some hundred MB of memory, not more (tests/corpus/html/test_hostile_pages.py).
"""

from dataclasses import dataclass
from html import unescape

import numpy as np

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.code_markup import scan_with_code
from malmoi.corpus.html.confidence import predicted_f1
from malmoi.corpus.html.embedded import embedded_text
from malmoi.corpus.html.fallback import likeliest
from malmoi.corpus.html.inline_signs import with_signs
from malmoi.corpus.html.linked_sentences import with_linked_sentences
from malmoi.corpus.html.page_furniture import without_furniture
from malmoi.corpus.html.region_model import RegionWeights, chosen_blocks, is_wide, judge, shipped_weights
from malmoi.corpus.html.region_text import MarkdownBlock, markdown_blocks, to_markdown
from malmoi.corpus.html.scan import MAX_BLOCKS, MAX_ELEMENTS, Scanned
from malmoi.corpus.html.script_states import json_ld_states
from malmoi.corpus.html.titles_of_parts import with_titles
from malmoi.corpus.html.whole_parts import with_whole_parts
from malmoi.corpus.text import charset as charsets

MAX_PAGE_BYTES = 8_000_000
"""What lies beyond is not read; the largest of 697 real pages (pages.tar.zst, November 2026) has 5 MB."""
TITLE_BYTES = 2_000
"""Of <title>; a browser shows some 60 characters of it."""
UTF8_NAMES = frozenset({"utf-8", "utf8"})


@dataclass(frozen=True)
class Extracted:
    """The core region of a page: its text (Markdown), the title of the page, the blocks that the text is made of.

    embedded: the text comes from a script, not from what the page shows; there are no blocks then.
    cut: the page had more bytes, elements or blocks than are read.
    """

    text: str
    title: str
    blocks: tuple[MarkdownBlock, ...]
    embedded: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Parsed:
    """A page, scanned and judged.

    content: UTF-8 bytes. page: the same as uint8 (bytes,). features: float32 (blocks, columns), see block_features.py.
    chance: float32 (blocks,), that a block is of the core region; chosen: bool (blocks,), those that are taken. shown:
    uint8 (bytes,), the text before inline_signs.py. confidence: the F1 that they are predicted to have, 0..1, and
    is_unsure: it is among the lowest. cut: the page had more than is read.
    """

    content: bytes
    page: np.ndarray
    scanned: Scanned
    features: np.ndarray
    chance: np.ndarray
    chosen: np.ndarray
    shown: np.ndarray
    confidence: float = 0.0
    is_unsure: bool = False
    cut: bool = False

    def title(self) -> str:
        """The content of <title> as one line, at most TITLE_BYTES of it; "" where there is none."""
        first, last = self.scanned.title
        content = self.content[first : min(last, first + TITLE_BYTES)]
        return " ".join(unescape(content.decode("utf-8", "replace")).split())


def parse(content: bytes, weights: RegionWeights | None = None, cut: bool = False) -> Parsed:
    """Scans a page of at most MAX_PAGE_BYTES in UTF-8 and judges its blocks. Never raises for what a page holds.

    cut: the caller has left out the rest of the page. weights: None means those of the package.
    """
    content, page, scanned = scan_with_code(content)
    cut |= len(scanned.blocks) >= MAX_BLOCKS or len(scanned.elements) >= MAX_ELEMENTS
    weights = weights or shipped_weights()
    chance, features = judge(page, scanned, weights)
    chosen = chosen_blocks(features, chance)
    if not chosen.any():
        chosen = likeliest(features, chance)
    if is_wide(features):  # on news in narrow scripts whole parts cost F1 .0005 (fundus, shipped weights)
        chosen = with_whole_parts(scanned, features, chosen)
    chosen = with_titles(scanned, chosen)
    chosen = with_linked_sentences(scanned, features, chosen)
    confidence = predicted_f1(features[:, COLUMN["weight"]], chance, weights.confidence[:-1])
    is_unsure, shown = weights.is_unsure(confidence), scanned.text
    scanned = with_signs(page, scanned)
    return Parsed(content, page, scanned, features, chance, chosen, shown, confidence, is_unsure, cut)


def extract(html: bytes | str, charset: str | None = None, *, weights: RegionWeights | None = None) -> Extracted:
    """The core region of a page. charset: that of bytes; "utf-8" is believed, any other and None are a hint.

    Never raises for what a page holds.
    """
    content, cut = _as_utf8(html, charset)
    parsed = parse(content, weights, cut)
    blocks = markdown_blocks(parsed.scanned, parsed.chosen, page=parsed.page)
    text = to_markdown(blocks)
    states = json_ld_states(content, parsed.scanned) if b"articleBody" in content else []
    embedded = embedded_text(content, parsed.scanned, states, text)
    if embedded:
        return Extracted(without_furniture(embedded)[0], parsed.title(), (), embedded=True, cut=parsed.cut)
    return Extracted(without_furniture(text)[0], parsed.title(), tuple(blocks), cut=parsed.cut)


def _as_utf8(html: bytes | str, charset: str | None) -> tuple[bytes, bool]:
    """At most MAX_PAGE_BYTES of the page in UTF-8, and whether that is not all of it."""
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
