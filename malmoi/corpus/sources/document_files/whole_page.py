"""The whole text of a page of HTML, for pages that are nothing but content: chapters of a book, bodies of mails."""

import numpy as np

from malmoi.corpus.html.core_region import MAX_PAGE_BYTES
from malmoi.corpus.html.region_text import block_reader, markdown_blocks, to_markdown
from malmoi.corpus.html.scan import scan
from malmoi.corpus.html.tags import tables
from malmoi.corpus.sources.document_files.extracted import Extracted, Part
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text import charset


def read(content: bytes) -> Extracted:
    """A page that came under the name of a workbook, as one text."""
    return Extracted((Part(whole_text(content)),))


def whole_text(html: bytes, declared: str | None = None) -> str:
    """All that a page shows, as Markdown. declared: the charset that somebody else says it has.

    Raises DamagedError where it is larger than a page may be or no charset gives text.
    """
    if len(html) > MAX_PAGE_BYTES:
        raise DamagedError("too_large", f"a page of {len(html)} bytes; the limit is {MAX_PAGE_BYTES}")
    decoded = charset.decode(html, declared, is_html=True)
    if decoded is None:
        raise DamagedError("encoding", "no charset gives text")
    content = decoded.text.encode("utf-8", "replace")[:MAX_PAGE_BYTES]
    scanned = scan(np.frombuffer(content, np.uint8), tables())
    return to_markdown(markdown_blocks(scanned, np.ones(len(scanned.blocks), bool), block_reader(scanned)))
