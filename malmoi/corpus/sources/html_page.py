"""A web page: its main content through trafilatura, and its metadata from JSON-LD, OpenGraph and <title>.

Trafilatura in its fast mode, after core_region has prepared the tree. On 92 pages of the article extraction benchmark,
one core: F1 .966 at 119 pages/s; fast mode alone .956 at 96, full mode .952 at 55, resiliparse .924 at 595.
"""

import logging
import re
from configparser import ConfigParser
from typing import Any

import lxml.etree as etree
import lxml.html
import trafilatura
from lxml.html import HtmlElement
from trafilatura.settings import use_config

from malmoi.corpus.sources.core_region import prepare
from malmoi.corpus.sources.page_metadata import read_metadata

MIN_CONTENT_CHARACTERS = 60
"""Below it trafilatura falls back to the text of the whole page. Its default of 250 is some 60 syllables of Korean."""
SHORT_CHARACTERS, SHORT_SHARE = 250, 0.5
"""A result that is short both by that default and beside what the page holds may be a teaser: the fallback is asked."""
THREAD_KINDS = frozenset({"kin", "cafe", "comment", "dialogue"})
"""Kinds of which the replies are the content."""
EMPHASIS = ("b", "strong", "i", "em", "u", "font", "big", "small", "ins", "mark")
ESCAPE = re.compile(r"\\([*_`~\[\]<>#+.)-])")
"""What trafilatura puts before signs that Markdown would read: a text for reading needs them as they were."""

PARSER = lxml.html.HTMLParser(
    encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False
)
CONFIG = use_config()
CONFIG["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(MIN_CONTENT_CHARACTERS)
RESCUE_CONFIG = use_config()
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def read_page(html: bytes, kind: str | None, url: str | None) -> dict[str, Any]:
    """Metadata and `text` (Markdown: headings, lists, tables) of a page in UTF-8. `text` is "" where it has none.

    kind: what the source says the page is; where None, what the page says decides whether replies are content.
    """
    try:
        tree = lxml.html.document_fromstring(html, parser=PARSER)
    except (etree.ParserError, ValueError):  # nothing in it
        return {"text": ""}
    page = read_metadata(tree, url)
    page["text"] = _main_content(tree, (kind or page.get("kind")) in THREAD_KINDS)
    return page


def _main_content(tree: HtmlElement, is_thread: bool) -> str:
    findable = prepare(tree, is_thread)
    etree.strip_tags(tree, *EMPHASIS)
    text = _extract(tree, is_thread, CONFIG)
    if len(text) < SHORT_CHARACTERS and len(text) < SHORT_SHARE * findable:
        rescued = _extract(tree, is_thread, RESCUE_CONFIG)
        text = rescued if len(rescued) > 2 * len(text) else text
    return text


def _extract(tree: HtmlElement, is_thread: bool, config: ConfigParser) -> str:
    found = trafilatura.bare_extraction(
        tree, fast=True, include_comments=is_thread, include_tables=True, include_formatting=True, config=config
    )
    if found is None or isinstance(found, dict):
        return ""
    return _tidy(found.text or "", found.comments or "" if is_thread else "")


def _tidy(text: str, replies: str) -> str:
    """Lines without trailing spaces, at most one blank line between them, and at the end the replies that are new."""
    seen = {line.strip() for line in text.split("\n")}
    lines = [*text.split("\n"), "", *(line for line in replies.split("\n") if line.strip() not in seen)]
    tidy: list[str] = []
    in_code = False
    for line in map(str.rstrip, lines):
        in_code ^= line.startswith("```")
        if line or (tidy and tidy[-1]):
            tidy.append(line if in_code else ESCAPE.sub(r"\1", line))
    return "\n".join(tidy).strip()
