"""Code that a page shows without a <pre>: found by class and style before the page is scanned, put into one.

Naver's editors keep code in a <div class="__se_code_view">, syntax highlighters in table cells or in boxes with
white-space: pre (pre-wrap is prose as often), old pages in <xmp>, whose content is no markup. Without a <pre> their
lines would run together.
"""

import re
from html import escape

MAX_BOXES = 2_000
"""Boxes of code that are looked at on a page."""
HINT = re.compile(
    rb"code_view|white-space\s*:\s*pre\b(?!-)|hljs-ln-code|blob-code|syntaxhighlighter|<xmp",
    re.IGNORECASE,
)
"""A page without any of these is not touched."""
BOX = re.compile(
    rb"<(?P<tag>div|td|code|span|p|figure)(?=\s)(?P<attributes>(?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'){0,200})>"
)
BY_CLASS = re.compile(
    rb"class\s*=\s*[\"'][^\"']*\b(?:__se_code_view|se_code_view|hljs-ln-code|blob-code-inner|blob-code\b)",
    re.IGNORECASE,
)
BY_STYLE = re.compile(rb"style\s*=\s*[\"'][^\"']*white-space\s*:\s*pre\b(?!-)", re.IGNORECASE)
CODE_CELL = re.compile(rb"class\s*=\s*[\"']?code[\"'\s>]", re.IGNORECASE)
HIGHLIGHTER = b"syntaxhighlighter"
IN_PROSE = frozenset({b"p", b"span"})
"""With these white-space: pre is how some editors write every paragraph; only a class makes them code."""
XMP = re.compile(rb"<xmp\b[^<>]*>(.*?)</xmp\s*>", re.IGNORECASE | re.DOTALL)


def with_code_marked(page: bytes) -> bytes:
    """The page with a <pre> inside each box of code that has none; the same bytes where there is no such box."""
    if not HINT.search(page):
        return page
    page = XMP.sub(lambda raw: b"<pre>" + _escaped(raw[1]) + b"</pre>", page) if b"xmp" in page.lower() else page
    parts: list[bytes] = []
    done = at = 0
    is_highlighter = HIGHLIGHTER in page
    for _ in range(MAX_BOXES):
        box = BOX.search(page, at)
        if box is None:
            break
        at = box.end()
        if not _is_code(box["tag"].lower(), box["attributes"], is_highlighter):
            continue
        end = _end_of(page, box["tag"].lower(), box.end())
        if end < 0 or b"<pre" in page[box.end() : end]:
            continue
        parts += [page[done : box.end()], b"<pre>", page[box.end() : end], b"</pre>"]
        done = at = end
    return b"".join([*parts, page[done:]]) if parts else page


def _is_code(tag: bytes, attributes: bytes, is_highlighter: bool) -> bool:
    if BY_CLASS.search(attributes) or (is_highlighter and tag == b"td" and CODE_CELL.search(attributes)):
        return True
    return tag not in IN_PROSE and BY_STYLE.search(attributes) is not None


def _end_of(page: bytes, tag: bytes, at: int) -> int:
    """The offset of the end tag that closes the element whose content begins at `at`; -1 where there is none."""
    depth = 1
    for found in re.compile(rb"<(/?)" + tag + rb"(?=[\s>/])", re.IGNORECASE).finditer(page, at):
        depth += -1 if found[1] else 1
        if not depth:
            return found.start()
    return -1


def _escaped(content: bytes) -> bytes:
    return escape(content.decode("utf-8", "surrogateescape"), quote=False).encode("utf-8", "surrogateescape")
