"""HTML tags among words: which are markup, and which are only mentioned.

A renderer shows none of them. Writers, though, write "List<T>" and "<style>을 쓰면" without marks of code, and mean the
words. So a tag counts as markup where it does what markup does: it has attributes, it is closed, or it closes what was
opened; within a block of HTML, or where HTML asks for no end, any tag of HTML does.
"""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from malmoi.corpus.html.tags import OPEN_ENDED, USUAL, VOID_TODAY

NAME = re.compile(r"<(/?)([A-Za-z][\w.:-]*)")
HIDDEN_NAMES = ("script", "style")
"""Elements whose content nobody sees."""
CODE_SIGN = re.compile(r"[;{}=()]")
KOREAN = re.compile("[가-힣]")
SCRIPT_START = re.compile(r"<(?:script|style)\s*>", re.IGNORECASE)
CELL_END = re.compile(
    r"</(?:t[dhr]|li|p|div|d[dt]|h[1-6]|option|figcaption|caption|summary|section|article|blockquote)\b", re.IGNORECASE
)
"""Tags that end a block: what follows is no part of the word before."""
BLOCK_START = re.compile(r"<(?:t[dhr]|li|p|d[dt]|option|caption)\b", re.IGNORECASE)
"""Tags that begin a block and may end the one before, of which the end is left out."""
HIDDEN = re.compile(r"<(script|style)\b[^>]{0,500}>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z][\w.:-]{0,60}(?:\s[^<>]{0,2000})?/?>")
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

Pairs = tuple[frozenset[str], dict[str, int], bool]
"""Names of elements that are opened and closed, the token of the last end of each, and whether there is any tag."""


def paired_names(tokens: Sequence[Token]) -> Pairs:
    """What is opened and closed among the tokens of one inline content."""
    opened: set[str] = set()
    closed: set[str] = set()
    ends: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token.type == "html_inline" and (found := NAME.match(token.content)):
            (closed if found[1] else opened).add(found[2])
            if found[1]:
                ends[found[2].lower()] = number
    return frozenset(opened & closed), ends, bool(opened or closed)


def script_end(tokens: Sequence[Token], start: int, pairs: Pairs) -> int | None:
    """Where the script or style that begins at a token ends. None where none begins, or where it never ends."""
    found = NAME.match(tokens[start].content)
    name = found[2].lower() if found and not found[1] else ""
    if name not in HIDDEN_NAMES or pairs[1].get(name, -1) <= start:
        return None
    ends = re.compile(rf"</{name}[\s>]", re.IGNORECASE)
    end = next(n for n in range(start + 1, len(tokens)) if ends.match(tokens[n].content))
    return None if is_prose("".join(token.content for token in tokens[start + 1 : end])) else end


def is_prose(content: str) -> bool:
    """Whether what stands behind a script's tag are words: "<script>를 쓰고 …" only mentions it."""
    return KOREAN.search(content) is not None and CODE_SIGN.search(content) is None


def is_markup(tag: str, pairs: Pairs, is_html: bool) -> bool:
    """Whether a tag, comment or instruction (as CommonMark finds them) is markup, and not a mention of it."""
    found = NAME.match(tag)
    if found is None:
        return is_html or not tag.upper().startswith("<!DOCTYPE")
    name = found[2]
    if name.lower() in HIDDEN_NAMES and not is_html:
        return False
    if name in pairs[0] or "=" in tag or tag.endswith("/>") or name.lower() in VOID_TODAY | OPEN_ENDED:
        return True
    return is_html and name.lower() in USUAL


def without_tags(html: str) -> str:
    """The words of HTML in which no Markdown is: scripts, styles, comments and tags of HTML go, others stay."""
    html = without_comments(HIDDEN.sub("", html))
    return TAG.sub(_kept, LINE_BREAK.sub(" ", html))


def without_comments(text: str) -> str:
    """Text without "<!-- … -->"; a comment that never ends is none."""
    parts: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        parts.append(text[at:begin])
        at = end + len("-->")
    return "".join([*parts, text[at:]])


def _kept(found: re.Match[str]) -> str:
    return "" if is_markup(found[0], (frozenset(), {}, True), True) else found[0]
