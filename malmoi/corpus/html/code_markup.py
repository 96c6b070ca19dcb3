"""Code that a page shows without a <pre>: found by class and style, and put into one.

Code hosts show a file as a table with one line in each row, or as one box a line; the lines become one <pre>. Naver's
editors keep code in a <div class="__se_code_view">, syntax highlighters in table cells or in boxes with
white-space: pre (pre-wrap is prose as often), old pages in <xmp>, whose content is no markup. Without a <pre> their
lines would run together.
"""

import re
from html import escape

import numpy as np

from malmoi.corpus.html.markup import CODE, LINES
from malmoi.corpus.html.scan import FLAGS, Scanned, scan
from malmoi.corpus.html.tags import tables

MAX_BOXES = 2_000
"""Boxes of code that are looked at on a page."""
BOX = re.compile(
    rb"<(?P<tag>div|td|code|span|p|figure)(?=\s)(?P<attributes>(?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}'){0,200})>"
)
BY_CLASS = re.compile(
    rb"class\s*=\s*[\"'][^\"']*\b(?:__se_code_view|se_code_view|hljs-ln-code)",
    re.IGNORECASE,
)
BY_STYLE = re.compile(rb"style\s*=\s*[\"'][^\"']*white-space\s*:\s*pre\b(?!-)", re.IGNORECASE)
CODE_CELL = re.compile(rb"class\s*=\s*[\"']?code[\"'\s>]", re.IGNORECASE)
HIGHLIGHTER = b"syntaxhighlighter"
IN_PROSE = frozenset({b"p", b"span"})
"""With these white-space: pre is how some editors write every paragraph; only a class makes them code."""
_TAGS = rb"(?:<(?:a|span|div)\b[^<>]{0,300}>\s{0,60}){0,4}\d{0,7}\s{0,60}(?:</(?:a|span|div)>\s{0,60}){0,4}"
LINE_ROW = re.compile(
    rb"<tr\b[^<>]{0,300}>\s{0,60}(?P<head><t[dh]\b[^<>]{0,300}>\s{0,60}" + _TAGS + rb")</t[dh]>\s{0,60}"
    rb"(?:<td\b[^<>]{0,300}>\s{0,60}</td>\s{0,60}){0,2}"
    rb"<td\b[^<>]{0,500}>(?P<code>(?:(?!</?t[dr]\b).)*)</td>\s{0,60}</tr>",
    re.DOTALL | re.IGNORECASE,
)
LINE_BOX = re.compile(
    rb"<div\b(?P<head>[^<>]{0,300}\bid=[\"']?LC\d{1,7}\b[^<>]{0,300})>(?P<code>(?:(?!</?(?:div|td)\b).)*)</div>",
    re.DOTALL | re.IGNORECASE,
)
LINE_SIGN = re.compile(
    rb"data-line|\bid=[\"']?LC\d|line[-_]?n(?:um|o)|lines-num|blob-num|\b(?:id|href)=[\"']?#?[Ln]\d", re.IGNORECASE
)
"""What the place of a line's number has in the pages of GitHub, GitLab, Gitea, Gitiles, Sourcegraph, ViewVC."""
LINE_NUMBER = re.compile(rb"<div\b[^<>]{0,300}line-number[^<>]{0,300}>\s{0,60}\d{1,7}\s{0,60}</div>", re.IGNORECASE)
BETWEEN_LINES = re.compile(rb"(?:\s{0,99}</?(?:tr|tbody|div|td)\b[^<>]{0,300}>){0,12}\s{0,99}", re.IGNORECASE)
DIV = re.compile(rb"</?div\b[^<>]{0,300}>", re.IGNORECASE)
LEAST_LINES = 2
XMP = re.compile(rb"<xmp\b[^<>]*>(.*?)</xmp\s*>", re.IGNORECASE | re.DOTALL)


def scan_with_code(content: bytes) -> tuple[bytes, np.ndarray, Scanned]:
    """A page, scanned, with a <pre> inside each box of code that has none; its bytes, the same as uint8 (bytes,)."""
    page = np.frombuffer(content, np.uint8)
    scanned = scan(page, tables())
    if (scanned.elements[:, FLAGS] & CODE).any():
        has_lines = (scanned.elements[:, FLAGS] & LINES).any()
        marked = with_code_marked(with_lines_joined(content) if has_lines else content)
        if marked != content:
            page = np.frombuffer(marked, np.uint8)
            return marked, page, scan(page, tables())
    return content, page, scanned


def with_lines_joined(page: bytes) -> bytes:
    """The page with one <pre> for lines of code that stand in rows or boxes of their own, without their numbers."""
    page = _joined(page, LINE_ROW, (b"<tr><td><pre>", b"</pre></td></tr>"))
    return LINE_NUMBER.sub(b"", _joined(page, LINE_BOX, (b"<pre>", b"</pre>")))


def _joined(page: bytes, pattern: re.Pattern[bytes], around: tuple[bytes, bytes]) -> bytes:
    """The page with each run of lines as one element. pattern: of one line, with its `head` and its `code`."""
    runs: list[list[re.Match[bytes]]] = []
    for line in pattern.finditer(page):
        if not LINE_SIGN.search(line["head"]):
            continue
        if runs and BETWEEN_LINES.fullmatch(page, runs[-1][-1].end(), line.start()):
            runs[-1].append(line)
        else:
            runs.append([line])
    parts: list[bytes] = []
    done = 0
    for run in runs:
        if len(run) >= LEAST_LINES:
            code = b"\n".join(DIV.sub(b"", line["code"]).strip(b"\r\n") for line in run)
            parts += [page[done : run[0].start()], around[0], code, around[1]]
            done = run[-1].end()
    return b"".join([*parts, page[done:]])


def with_code_marked(page: bytes) -> bytes:
    """The page with a <pre> inside each box of code that has none; the same bytes where there is no such box."""
    page = XMP.sub(lambda raw: b"<pre>" + _escaped(raw[1]) + b"</pre>", page) if b"xmp>" in page else page
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
