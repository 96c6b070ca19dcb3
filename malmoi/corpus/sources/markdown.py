"""Markdown as text: what only a renderer or a web site's builder reads goes, every word stays.

Headings, lists, tables, emphasis and code stay as they are written. Links become their words; HTML comments, tags, link
definitions, anchors and include marks go. Pictures and other media become marks (see corpus/media.py). Code, fenced,
indented or inline, is never touched.

Which lines are what, the block parser of markdown-it-py says (CommonMark 0.31). Only lines with a sign of markup are
written again, in the place where they stood, so that nothing can get lost that was not looked at. What is plain in the
first place never meets the parser.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.token import Token

from malmoi.corpus.media import without_marks
from malmoi.corpus.sources.figures import Figures
from malmoi.corpus.sources.html_tags import SCRIPT_START, is_prose, without_tags
from malmoi.corpus.sources.markdown_blocks import HTML_ENDS, split_blocks
from malmoi.corpus.sources.markdown_inline import PARSER, rewritten
from malmoi.corpus.sources.markdown_plain import cleaned_plain, has_tags

SIGN = re.compile(r"\](?:\(|:|\[)|\[!|\{(?:#|:\s?[.#]|/\*)|\\[!-/:-@\[-`{-~\n]|&(?:#|[A-Za-z][A-Za-z0-9]*;)|;base64,")
"""A paragraph without any of these, and without tags, needs no cleaning, unless its brackets are references."""
DEFINITION = re.compile(r"^[^\n\[]{0,20}\[[^\n]{1,999}\]:", re.MULTILINE)
"""What may be a link definition: then brackets anywhere may be references."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
CELL_END = re.compile(r"(?<!\\)(\|)")
ADDRESS = re.compile(r"^(?:[#/?]|\.{1,2}/|[A-Za-z][A-Za-z0-9+.-]+:|www\.|$)|/|\.[A-Za-z][A-Za-z0-9]{0,4}(?:[?#].*)?$")
"""What the target of a link definition looks like. "[시장]: 네." has none."""
USED_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){1,999})\](?!:)")
CODE_TAGS = re.compile(r"^\s{0,3}<(?:script|pre|style|textarea)(?=[\s>])", re.IGNORECASE)
"""Blocks of HTML that end with their tag, not with a blank line: what is in them is no Markdown (CommonMark 4.6)."""
MOST_INLINE = 20_000
"""Characters, without embedded pictures. A paragraph or cell that is longer is no prose and stays as it is: the parser
takes 3 s for a million."""
HEADING = re.compile(r"^#\s+(.+?)\s*#*$", re.MULTILINE)
FENCED = re.compile(r"^(```+|~~~+).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
"""A block of code: what looks like a heading in it is a comment."""


def _closed_html(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """CommonMark's block of HTML. A comment or a script that never ends is none: it would take all the rest with it."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    head = state.src[begin : begin + 10].lower()
    if head.startswith("<"):
        rest = SCRIPT_START.sub("", state.src[begin : state.eMarks[start_line]])
        if head.startswith(("<script>", "<style>")) and is_prose(rest):
            return False
        for sign, end in HTML_ENDS.items():
            if head.startswith(sign) and _last(state, end) < begin:
                return False
    return html_block(state, start_line, end_line, silent)


def _last(state: StateBlock, sign: str) -> int:
    """Where a sign stands for the last time; -1 where it does not. Looked for once in a text."""
    known: dict[str, int] = state.env.setdefault("last", {})
    if sign not in known:
        known[sign] = state.src.lower().rfind(sign)
    return known[sign]


PARSER.block.ruler.at("html_block", _closed_html, {"alt": ["paragraph", "reference", "blockquote"]})


def clean(text: str) -> str:
    """Markdown without pictures, link targets, comments, anchors and HTML tags. Code stays untouched."""
    return without_marks(clean_with_media(without_marks(text), ())[0])


def clean_with_media(text: str, media: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The text as from `clean`, with a mark for each picture, sound or video, and these in their order.

    media: what the marks that are in the text already stand for; signs that are nobody's must be gone from it.
    """
    figures = Figures()
    text = figures.take_marks(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text, media)
    if not _has_sign(text):
        return figures.settled(text)
    return figures.settled(_cleaned(text, figures))


def first_heading(text: str) -> str | None:
    """The words of the first heading of the first level, looked for in the first 4,000 characters."""
    match = HEADING.search(FENCED.sub("", text[:4000]))
    return without_marks(match[1]).strip() or None if match else None


def _has_sign(text: str) -> bool:
    return has_tags(text) or SIGN.search(text) is not None


def _cleaned(text: str, figures: Figures) -> str:
    """The lines of the text, those with markup written again."""
    env: dict[str, Any] = {}
    parts: list[str | _Parsed] = []
    may_refer = "]:" in text and DEFINITION.search(text) is not None
    for part, is_code in split_blocks(text):
        if is_code or not (_has_sign(part) or (may_refer and "[" in part)):
            parts.append(part)
        elif not (may_refer and "[" in part) and (plain := cleaned_plain(part)) is not None:
            parts.append(plain)
        else:
            parts.append(_parsed(part, env, text))
    return "\n".join(part if isinstance(part, str) else _written(part, env, figures) for part in parts)


@dataclass(frozen=True)
class _Parsed:
    """A part of a text by lines, with its blocks. Lines become None when they go."""

    lines: list[str | None]
    tokens: list[Token]


def _parsed(part: str, env: dict[str, Any], text: str) -> _Parsed:
    """The blocks of a part; definitions go into env, for links of the whole text."""
    part_env: dict[str, Any] = {}
    parsed = _Parsed(list(part.split("\n")), [])
    PARSER.block.parse(part, PARSER, part_env, parsed.tokens)
    if part_env.get("references"):
        _take_definitions(parsed.lines, part_env, env, text)
    return parsed


def _written(parsed: _Parsed, env: dict[str, Any], figures: Figures) -> str:
    """The lines of a part, those with markup written again."""
    lines = parsed.lines
    has_references = bool(env.get("references"))
    in_table = False
    for token in parsed.tokens:
        if token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
            if in_table and token.map:
                _clean_table(lines, token.map, env, figures)
        elif token.map is None or in_table:
            continue
        elif token.type == "inline":
            if _has_sign(token.content) or (has_references and "[" in token.content):
                _put(lines, token.map[0], token.content, _words(token.content, env, figures))
        elif token.type == "html_block":
            _clean_html(lines, token, env, figures)
    return "\n".join(line for line in lines if line is not None)


def _take_definitions(lines: list[str | None], found: dict[str, Any], env: dict[str, Any], text: str) -> None:
    """Takes the lines of link definitions away. What has the form of one, but no address, is words: it stays.

    found: what the parser found in a part; definitions go on to env, the first of each label. A word of ASCII letters
    may be an address: where its label is used elsewhere, it is taken for one.
    """
    references: dict[str, dict[str, Any]] = env.setdefault("references", {})
    candidates = [(label, one) for label, one in found["references"].items()]
    candidates += [(one["label"], one) for one in found.get("duplicate_refs", ())]
    for label, one in candidates:
        is_definition = not label.startswith("^") and ADDRESS.search(one["href"]) is not None
        if not is_definition and not label.startswith("^") and one["href"].isascii():
            if "used" not in env:
                env["used"] = {normalizeReference(name) for name in USED_LABEL.findall(text)}
            is_definition = label in env["used"]
        if is_definition:
            references.setdefault(label, one)
            _drop(lines, one["map"])


def _drop(lines: list[str | None], places: Sequence[int]) -> None:
    for number in range(places[0], min(places[1], len(lines))):
        lines[number] = None


def _put(lines: list[str | None], first: int, content: str, written: Sequence[tuple[str, int]]) -> None:
    """Puts lines into the place of those of an inline content that begins on line `first`.

    What stands around the content on its lines (signs of quotes, lists and headings, indentation) stays.
    """
    before = [line.strip(" \t") for line in content.split("\n")]
    around: list[tuple[str, str]] = []
    for number, words in enumerate(before):
        line = lines[first + number] or "" if first + number < len(lines) else ""
        at = line.rfind(words) if words else len(line.rstrip())
        around.append((line[:at], line[at + len(words) :]) if at >= 0 else ("", ""))
        if first + number < len(lines):
            lines[first + number] = None
    whole = [
        around[min(number, len(around) - 1)][0] + text.strip(" \t") + around[min(number, len(around) - 1)][1]
        for text, number in written
    ]
    if whole:
        lines[first] = "\n".join(whole)


def _words(content: str, env: dict[str, Any], figures: Figures) -> Sequence[tuple[str, int]]:
    """The lines of an inline content without markup, with their numbers. What is too long for that is left alone."""
    short = figures.without_data(content)
    if len(short) > MOST_INLINE:
        plain: str | None = content
    elif short != content or (env.get("references") and "[" in content):
        plain = None
    else:
        plain = cleaned_plain(content)
    if plain is None:
        return rewritten(short, env, figures)
    return [(line, number) for number, line in enumerate(plain.split("\n"))]


def _clean_html(lines: list[str | None], token: Token, env: dict[str, Any], figures: Figures) -> None:
    """A block of HTML without its tags. What stands between them is cleaned as words are, as MDX and DocFX read it."""
    assert token.map is not None
    whole = token.content.rstrip("\n")
    content = figures.without_data(whole)
    if len(content) > MOST_INLINE:
        return
    if CODE_TAGS.match(content):
        text = ENTITY.sub(lambda found: without_marks(unescape(found[0])), without_tags(content))
        written = [(line, number) for number, line in enumerate(text.split("\n"))]
    else:
        written = rewritten(content.lstrip(" \t"), env, figures, is_html=True)
    _put(lines, token.map[0], whole, written)


def _clean_table(lines: list[str | None], places: Sequence[int], env: dict[str, Any], figures: Figures) -> None:
    """The rows of a table cell by cell, each in its place."""
    for number in range(*places):
        line = lines[number] or ""
        if _has_sign(line) or (env.get("references") and "[" in line):
            cells = CELL_END.split(line)
            lines[number] = "".join(_cell(cell, env, figures) if cell != "|" else cell for cell in cells)


def _cell(cell: str, env: dict[str, Any], figures: Figures) -> str:
    words = cell.strip()
    if not words:
        return cell
    written = "".join(line for line, _ in _words(words, env, figures))
    return cell.replace(words, written, 1)
