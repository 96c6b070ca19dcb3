"""HTML in the text of a row: a fragment of a page (board dumps, RSS, Stack Exchange), or references such as &nbsp;.

A text is a fragment only where known tags, balanced, say so: code (List<String>), mathematics (a < b) and texts that
speak of tags lose nothing. All of a fragment is text, but for scripts, styles and what else a browser does not show.
"""

import re
from html import unescape
from typing import Any, NamedTuple

from malmoi.corpus.html.tags import BLOCKS, NAMES, OPEN_ENDED, VOIDS

SIGN = re.compile(r"<(?:/?[A-Za-z]|!--)|&(?:[A-Za-z]{2,24}|#\d{2,7}|#[xX][0-9A-Fa-f]{2,6});")
"""A text without any of these is left alone."""
REFERENCE = re.compile(r"&(?:[A-Za-z]{2,24}|#\d{2,7}|#[xX][0-9A-Fa-f]{2,6});")
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)((?:[\s/][^<>]*)?)>")
UNSEEN = re.compile(r"<(script|style|xmp|textarea|iframe|noscript|template)\b[^>]*>|<!--", re.IGNORECASE)
BREAK = re.compile(r"<br\b", re.IGNORECASE)
OPENING = re.compile(r"</?[A-Za-z]")
KNOWN = frozenset(NAMES) | {"o:p", "st1:personname"}
BLOCK = frozenset(BLOCKS) | {"hr", "script", "style"}
BREAKS = BLOCK | {"br"}
SPEAKS_OF_TAGS = re.compile(
    r"(?i:태그|요소|엔티티|마크업|이스케이프|HTML|XML|`|\b(?:tags?|elements?|entit(?:y|ies)|markup|escaped?)\b)"
)
CODE = re.compile(r"```|className=|=>|[{};]\s*$", re.MULTILINE)
MOST_UNBALANCED_SHARE = 0.25
"""Of the tags of a text that begins with a block: feeds cut their texts off."""
MOST_ESCAPES = 3
"""&amp;amp;nbsp; is what some programs make of a space."""


class Fragment(NamedTuple):
    """What a reader sees of a fragment: text with a media.MARK for each item of `media`."""

    text: str
    media: tuple[dict[str, Any], ...] = ()


def read(text: str, is_html: bool = False) -> Fragment | None:
    """The text of a row without its HTML. None where it has none, or none that is sure.

    is_html: its field says that it is HTML. Never raises; linear in the text.
    """
    if SIGN.search(text) is None:
        return None
    if not is_html and "</" not in text and "&" not in text and BREAK.search(text) is None:
        return None  # no element is closed: List<String>
    if is_html or is_fragment(text):
        return _shown(text)
    if OPENING.search(text) or CODE.search(REFERENCE.sub("", text)) or SPEAKS_OF_TAGS.search(text):
        return None
    return _resolved(text)


def is_fragment(text: str) -> bool:
    """Whether the tags of a text are known ones, balanced, and part of no code and no words about tags."""
    bare = _without_unseen(text)
    if bare is None:
        return False
    tags = list(TAG.finditer(bare))
    if not tags or len(OPENING.findall(bare)) != len(tags):
        return False
    names = [found[2].lower() for found in tags]
    if any(name not in KNOWN for name in names) or "className=" in text or "```" in text:
        return False
    pairs, unbalanced = _pairs(tags)
    begins = bare.lstrip()[:1] == "<" and (names[0] in BLOCK or names[0] == "br")
    if begins and (pairs or "br" in names):
        return unbalanced <= MOST_UNBALANCED_SHARE * len(names)
    if unbalanced or not (pairs or "br" in names):
        return False
    return CODE.search(REFERENCE.sub("", TAG.sub("", bare))) is None and SPEAKS_OF_TAGS.search(text) is None


def _without_unseen(text: str) -> str | None:
    """The text with scripts, styles and the like as empty elements, without comments. None where one never ends."""
    parts: list[str] = []
    at, lower = 0, text.lower()
    while found := UNSEEN.search(text, at):
        name = (found[1] or "").lower()
        close = lower.find(f"</{name}" if name else "-->", found.end())
        if close < 0 or len(lower) != len(text):  # some capitals have two small letters
            return None
        parts += [text[at : found.start()], f"<{name}>" if name else ""]
        at = close if name else close + 3
    return "".join([*parts, text[at:]])


def _pairs(tags: list[re.Match[str]]) -> tuple[int, int]:
    """How many elements have both tags, and how many tags lack the other one."""
    opened: list[str] = []
    pairs = unbalanced = 0
    for found in tags:
        name = found[2].lower()
        if name in VOIDS or found[3].endswith("/"):
            continue
        if not found[1]:
            opened.append(name)
            continue
        missed = 0
        while missed < len(opened) and opened[-1 - missed] != name and opened[-1 - missed] in OPEN_ENDED:
            missed += 1
        if missed < len(opened) and opened[-1 - missed] == name:
            del opened[len(opened) - 1 - missed :]
            pairs += 1
        else:
            unbalanced += 1
    return pairs, unbalanced + sum(name not in OPEN_ENDED for name in opened)


def _shown(text: str) -> Fragment:
    """All blocks of a fragment as Markdown."""
    from malmoi.corpus.html.page import read_fragment

    if "\n" in text and not any(found[2].lower() in BREAKS for found in TAG.finditer(text)):
        text = text.replace("\n", "<br>")  # nothing but inline tags: the lines are the text's own
    passage = read_fragment(text.encode("utf-8", "replace"))
    return Fragment(passage.text, passage.items)


def _resolved(text: str) -> Fragment | None:
    """The text with what its references stand for, and as a fragment where tags come out of them."""
    for _ in range(MOST_ESCAPES):
        resolved = REFERENCE.sub(lambda found: unescape(found[0]), text).replace("\xa0", " ")
        if resolved == text:
            break
        text = resolved
        if is_fragment(text):
            return _shown(text)
    return Fragment(text)
