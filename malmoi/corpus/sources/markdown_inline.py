"""What stands inside a paragraph, heading or cell of Markdown: markup that only a renderer reads goes, words stay.

The parser is markdown-it-py: code spans, escapes, links and tags bind as CommonMark 0.31 says (sections 2.4 and 6). Its
tokens are written again: emphasis and code as they were, links and autolinks as their words, pictures and other media
as marks. Two things that CommonMark takes for markup are words in real Korean text and stay: an address that is none
("[별지 제2호서식](앞쪽)"), and a tag that is only mentioned ("<style>을 쓰면", "List<T>").
"""

import re
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, backtick
from markdown_it.rules_inline import link as commonmark_link
from markdown_it.token import Token

from malmoi.corpus.html.inline_signs import raised
from malmoi.corpus.media import without_marks
from malmoi.corpus.sources.figures import Figures
from malmoi.corpus.sources.html_tags import BLOCK_START, CELL_END, is_markup, paired_names, script_end
from malmoi.corpus.sources.markdown_plain import TEX

INCLUDE = re.compile(
    r"\[!(?:INCLUDE|code)[^\[\]\n]{0,2000}(?:\[[^\]\n]{0,500}\])?(?:\([^)\n]{0,2000}\))?\]?(?:\([^)\n]{0,2000}\))?",
    re.IGNORECASE,
)
"""DocFX: a file that is to be put in here."""
ALERT = re.compile(r"\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|\Z)", re.IGNORECASE)
CROSS_REFERENCE = re.compile(r"<xref:([^\s<>?%]{1,300})[^\s<>]{0,300}>")
"""DocFX: <xref:System.String.Format%2A?displayProperty=nameWithType>."""
ATTRIBUTES = re.compile(r"\{(?:(?:#|:\s?[.#])[^{}\n]{0,200}|/\*[^\n]{0,500}?\*/)\}")
"""Names of headings: "{#name}", "{: .class}", and "{/*name*/}" of MDX."""
BARE_ADDRESS = re.compile(r"(?<=\])\([ \t]*([^\s()<>/.#:?%@&=\\]{1,200})[ \t]*\)")
"""An address without any sign of one: "[a](b)", "b[k](x)", "[별지 제2호서식](앞쪽)"."""


class _Parser(MarkdownIt):
    """CommonMark with the tables and the deletions of GitHub. Addresses stay as they are written, whatever they are."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 (the library's name)
        """The address itself."""
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        """The address itself."""
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002
        """Nothing is opened or shown here, so every address will do."""
        return True


def _written_code(state: StateInline, silent: bool) -> bool:
    """CommonMark's code span, kept as it is written."""
    start, num_tokens = state.pos, len(state.tokens)
    is_found = backtick(state, silent)
    if len(state.tokens) > num_tokens and state.tokens[-1].type == "code_inline":
        state.tokens[-1].content = state.src[start : state.pos]
    return is_found


def _link(state: StateInline, silent: bool) -> bool:
    """CommonMark's link, unless its address is none."""
    bare = state.env.get("bare")
    if bare and state.src[state.pos] == "[":
        end = state.md.helpers.parseLinkLabel(state, state.pos, True)
        is_subscript = state.pos > 0 and state.src[state.pos - 1].isalnum()
        if end >= 0 and end + 1 in bare and (is_subscript or not bare[end + 1].isascii()):
            return False
    return commonmark_link(state, silent)


def _skip(state: StateInline, silent: bool, found: re.Match[str] | None, token_type: str, content: str = "") -> bool:
    if found is None:
        return False
    if not silent:
        state.push(token_type, "", 0).content = content
    state.pos = found.end()
    return True


def _docfx(state: StateInline, silent: bool) -> bool:
    """The marks of DocFX and GitHub that begin with "[!"."""
    if not state.src.startswith("[!", state.pos):
        return False
    if state.pos == 0 and (alert := ALERT.match(state.src)):
        return _skip(state, silent, alert, "alert")
    return _skip(state, silent, INCLUDE.match(state.src, state.pos), "include")


def _cross_reference(state: StateInline, silent: bool) -> bool:
    found = CROSS_REFERENCE.match(state.src, state.pos) if state.src.startswith("<xref:", state.pos) else None
    return _skip(state, silent, found, "text", found[1] if found else "")


def _attributes(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "{":
        return False
    return _skip(state, silent, ATTRIBUTES.match(state.src, state.pos), "attributes")


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark").enable(["table", "strikethrough"])
    rules = parser.inline.ruler
    rules.at("backticks", _written_code)
    rules.at("link", _link)
    rules.before("link", "docfx", _docfx)
    rules.before("autolink", "cross_reference", _cross_reference)
    rules.push("attributes", _attributes)
    return parser


PARSER = _parser()


@dataclass
class _Written:
    """Lines as they are written again, each with the number of the line of the source that it began on."""

    lines: list[list[str]] = field(default_factory=lambda: [[]])
    numbers: list[int] = field(default_factory=lambda: [0])
    at: int = 0

    def add(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.lines[-1].append(first)
        for line in rest:
            self.at += 1
            self.lines.append([line])
            self.numbers.append(self.at)

    def drop_line(self) -> None:
        self.at += 1
        self.lines[-1], self.numbers[-1] = [], self.at


def rewritten(content: str, env: dict[str, Any], figures: Figures, is_html: bool = False) -> list[tuple[str, int]]:
    """The lines of an inline content without its markup, each with the number of the source line that it began on.

    env: link definitions of the document, as the parser keeps them. is_html: the content is a block of HTML, in which
    a tag is a tag even where it is not closed. Empty where nothing is left but a mark such as "[!NOTE]".
    """
    content = figures.without_data(content)
    env["bare"] = {found.start(): found[1] for found in BARE_ADDRESS.finditer(content)} if "](" in content else None
    tokens: list[Token] = []
    PARSER.inline.parse(content, PARSER, env, tokens)
    written = _Written()
    _write(tokens, written, figures, (TEX.search(content) is not None, is_html))
    lines = ["".join(parts) for parts in written.lines]
    if tokens and tokens[-1].type == "alert":
        return []
    return list(zip(lines, written.numbers, strict=True))


def _write(tokens: list[Token], written: _Written, figures: Figures, of: tuple[bool, bool]) -> None:
    """of: whether TeX is among the words, and whether they are a block of HTML."""
    has_tex, is_html = of
    pairs = paired_names(tokens)
    alone = _tags_alone(tokens) if pairs[2] else ()
    before = ""
    skipped_to = 0
    for number, token in enumerate(tokens):
        if number < skipped_to:
            written.at += token.content.count("\n") + (token.type in ("softbreak", "hardbreak"))
            continue
        tag = ""
        if token.type == "html_inline":
            end = script_end(tokens, number, pairs)
            sign = _raised(tokens, number)
            if end is not None:
                skipped_to = end + 1
            elif sign is not None:
                skipped_to = number + 3
                written.add(sign)
            elif number not in alone and not is_markup(token.content, pairs, is_html):
                written.add(token.content)
            else:
                tag = token.content
                written.add(_tag(tag, before, figures))
                written.at += tag.count("\n")
        elif token.type == "alert":
            written.drop_line()
        else:
            written.add(_text(token, figures, has_tex))
        before = tag if tag or token.content.strip() else before


def _text(token: Token, figures: Figures, has_tex: bool) -> str:
    """What stands for a token that is no HTML: its words, its mark, or the signs of emphasis as they were."""
    if token.type == "image":
        return figures.picture(str(token.attrs.get("src", "")), _caption(token))
    if token.type == "code_inline":
        return figures.restored(token.content)
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "text_special":
        return _special(token, has_tex)
    return "" if token.type in ("link_open", "link_close") else token.content or token.markup


def _tags_alone(tokens: list[Token]) -> set[int]:
    """The tags of lines that have nothing else, as the components of MDX stand: "<Intro>"."""
    alone: set[int] = set()
    line: list[int] = []
    has_words = False
    for number, token in enumerate([*tokens, Token("softbreak", "", 0)]):
        if token.type in ("softbreak", "hardbreak"):
            alone.update(() if has_words else line)
            line, has_words = [], False
        elif token.type == "html_inline":
            line.append(number)
        else:
            has_words = has_words or bool(token.content.strip())
    return alone


def _special(token: Token, has_tex: bool) -> str:
    """An escaped sign or an entity as the sign that it stands for."""
    if token.info == "escape":
        return token.markup if has_tex or token.content == "|" else token.content
    return without_marks(" " if token.content.isspace() else token.content)


def _tag(tag: str, before: str, figures: Figures) -> str:
    if tag[:3].lower() == "<br" or CELL_END.match(tag):
        return " "
    if BLOCK_START.match(tag):
        return "" if CELL_END.match(before) or BLOCK_START.match(before) else " "
    return figures.tag(tag, before)


def _raised(tokens: list[Token], number: int) -> str | None:
    """A short superscript or subscript that begins at a token, written with its sign. None where none begins."""
    tag, rest = tokens[number].content.lower(), tokens[number + 1 : number + 3]
    if tag not in ("<sup>", "<sub>") or len(rest) < 2 or rest[0].type != "text":
        return None
    is_closed = rest[1].content.lower() == f"</{tag[1:]}"
    return raised(rest[0].content, "^" if tag == "<sup>" else "_") if is_closed else None


def _caption(token: Token) -> str | None:
    words = "".join(child.content for child in token.children or () if child.type != "html_inline").strip()
    return words or str(token.attrs.get("title", "")) or None
