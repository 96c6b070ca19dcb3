"""Places at which a Markdown text may be cut without changing what its blocks are.

The parser is slow, and most text is plain or code. A line at the left edge after a blank one begins a new block, or a
new item of the same list, whatever stood before, unless code between fences or a block of HTML with an end of its own
is open (CommonMark 4.5, 4.6, 5.1). Where that is in doubt, the rest of the text stays in one piece.
"""

import re
from collections.abc import Iterator

EDGE = re.compile(
    r"^ {0,3}(?:(?P<fence>`{3,})[^`\n]*$|(?P<tildes>~{3,})[^\n]*$"
    r"|(?P<html><(?:!--|\?|!\[CDATA\[|![A-Za-z]|(?:script|pre|style|textarea)(?=[\s>]|$))))"
    r"|^(?P<item>[-*+] (?=[^\s|][^|\n]*$)|#{1,6} )|^[ \t]*\n(?=\S)",
    re.MULTILINE | re.IGNORECASE,
)
"""A fence, the start of a block of HTML that blank lines do not end, an item or a heading at the left edge (no row of a
table), or a blank line before the left edge."""
CLOSE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
LEFT = re.compile(r"^\S", re.MULTILINE)
HTML_ENDS = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>", "<script": "</script", "<style": "</style",
             "<pre": "</pre", "<textarea": "</textarea"}  # fmt: skip
"""In lower case. A declaration ("<!DOCTYPE html>") ends with its ">"."""
MOST_PART = 60_000
"""Characters. The parser takes quadratic time for some inputs, so what never ends is cut at a line about so long."""


def split_blocks(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a text in order, and whether a part is a block of code. Joined by line ends they are the text."""
    for part, is_code in _blocks(text):
        while not is_code and len(part) > MOST_PART and (cut := part.rfind("\n", 0, MOST_PART)) >= 0:
            yield part[:cut], False
            part = part[cut + 1 :]
        yield part, is_code


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    start = at = 0
    lower = text.lower() if "<" in text else text
    endless: set[str] = set()
    while edge := EDGE.search(text, at):
        if edge["item"] or edge[0].isspace():
            end = edge.start() if edge["item"] else edge.end()
            if end > start:
                yield text[start : end - 1], False
            start = end
            at = edge.end()
            continue
        if mark := edge["fence"] or edge["tildes"]:
            close = _closing(text, edge.end(), mark)
        else:
            close = _html_end(lower, edge.end(), edge["html"].lower(), endless)
        if close is None or (edge[0].startswith(" ") and LEFT.search(text, edge.end(), close)):
            break  # open to the end, or code in an item of a list that may end before its fence does
        at = close
        if mark and not edge[0].startswith(" "):
            if edge.start() > start:
                yield text[start : edge.start() - 1], False
            yield text[edge.start() : close], True
            if close == len(text):
                return
            start = at = close + 1
    yield text[start:], False


def _closing(text: str, begin: int, mark: str) -> int | None:
    """The end of the line that closes a fence."""
    for found in CLOSE.finditer(text, begin):
        if found[1].startswith(mark):
            return found.end()
    return None


def _html_end(lower: str, begin: int, head: str, endless: set[str]) -> int | None:
    """The end of the line on which a block of HTML ends; where it never ends, it is none and ends at once.

    endless: ends that were looked for in vain, so that nothing is looked for twice.
    """
    sign = HTML_ENDS.get(head, ">")
    end = lower.find(sign, begin) if sign not in endless else -1
    if end < 0:
        endless.add(sign)
        return begin if head in HTML_ENDS else None
    line_end = lower.find("\n", end)
    return len(lower) if line_end < 0 else line_end
