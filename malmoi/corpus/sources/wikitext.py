"""The text of a MediaWiki page out of its markup: no templates, links as their words, tables row by row.

Notes are no part of the sentence that they stand in: they are left out and their letters counted by themselves.

mwparserfromhell, the well-kept library for this, reads 0.1 MB/s and takes minutes for a page made to hang; this reads
what a dump of articles has in one pass over the signs that open and close. Nothing in it goes back.
"""

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from malmoi.corpus.sources.letter_account import letters_in

_WORDS = tomllib.loads(Path(__file__).with_name("wikitext.toml").read_text(encoding="utf-8"))
PICTURES = frozenset(_WORDS["links"]["pictures"])
CATEGORIES = frozenset(_WORDS["links"]["categories"])
OPTIONS = frozenset(_WORDS["links"]["options"])
KEPT_TEMPLATES = frozenset(_WORDS["templates"]["kept"])
NOTE_TEMPLATES = frozenset(_WORDS["templates"]["notes"])
NOTES = ("ref", "references")
MOST_DEPTH = 40
"""Templates in templates; what is deeper stays as it is written."""

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
LITERAL = frozenset({"nowiki", "pre", "source", "syntaxhighlight", "code", "math", "chem"})
"""Elements whose content is no markup."""
LEFT_OUT = frozenset(_WORDS["elements"]["left_out"])
ELEMENT = re.compile(rf"<(/?)({'|'.join(sorted(LITERAL | LEFT_OUT))})\b([^<>]{{0,2000}})>", re.IGNORECASE)
SIGNS = re.compile(r"\{\{|\}\}|\[\[|\]\]|(?<=\n)\{\||(?<=\n)\|\}")
CLOSES = {"{{": "}}", "[[": "]]", "{|": "|}"}
OUTSIDE_LINK = re.compile(r"\[(?:https?:|ftp:|mailto:)?//[^\s\]]{1,2000}(?: ([^\]\n]{0,1000}))?\]")
HEADING = re.compile(r"^(={1,6})[ \t]?(.{1,300}?)\1[ \t]*$", re.MULTILINE)
LIST_SIGN = re.compile(r"^([*#:;]+)[ \t]*", re.MULTILINE)
QUOTES = re.compile(r"'{2,5}")
SWITCH = re.compile(r"__[A-Z가-힣]+__")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
CELL = re.compile(r"\|\||!!")
BLANKS = re.compile(r"\n{3,}")
EMPTY_BRACKETS = re.compile(r"[ \t]?\([\s,;·]*\)")
ASIDE = "\ue000{}\ue001"
PUT_ASIDE = re.compile("\ue000(\\d+)\ue001")


@dataclass
class Apart:
    """What stands in a page beside its text: the names of its categories, and the letters of its notes."""

    categories: list[str] = field(default_factory=list)
    note_letters: int = 0


def plain(wikitext: str) -> tuple[str, Apart]:
    """The text of a page, and what was found beside it."""
    kept: list[str] = []
    apart = Apart()
    text = COMMENT.sub("", wikitext.replace("\ue000", "").replace("\ue001", ""))
    text = _without_elements(text, kept, apart)
    text = _without_markup("\n" + text, apart)
    text = OUTSIDE_LINK.sub(lambda found: found[1] or "", text)
    text = HEADING.sub(r"\n\2\n", text)
    text = LIST_SIGN.sub(lambda found: "- " if found[1][-1] in "*#" else "", text)
    text = TAG.sub("", BREAK.sub("\n", SWITCH.sub("", QUOTES.sub("", text))))
    text = EMPTY_BRACKETS.sub("", unescape(text))
    text = PUT_ASIDE.sub(lambda found: kept[int(found[1])], text)
    lines = (line.strip() for line in text.split("\n"))
    return BLANKS.sub("\n\n", "\n".join(lines)).strip(), apart


def _without_elements(text: str, kept: list[str], apart: Apart) -> str:
    """Without the elements that are left out; what is no markup gives way to its number in `kept`.

    Where each element ends is looked up, not searched for: a page of unclosed ones costs no more than others. A note
    holds no other, so one that is not closed before the next begins loses its sign alone.
    """
    found = list(ELEMENT.finditer(text))
    ends: dict[str, list[int]] = {}
    begins = [index for index, tag in enumerate(found) if tag[2].lower() == "ref" and not (tag[1] or _is_empty(tag))]
    for index, tag in enumerate(found):
        if tag[1]:
            ends.setdefault(tag[2].lower(), []).append(index)
    parts: list[str] = []
    at = index = 0
    while index < len(found):
        tag, name = found[index], found[index][2].lower()
        parts.append(text[at : tag.start()])
        at = tag.end()
        closing = ends.get(name, [])
        place = bisect_right(closing, index)
        next_note = bisect_right(begins, index) if name == "ref" else len(begins)
        is_open = next_note < len(begins) and place < len(closing) and begins[next_note] < closing[place]
        if not tag[1] and not _is_empty(tag) and place < len(closing) and not is_open:
            index = closing[place]
            if name in LITERAL:
                kept.append(unescape(text[at : found[index].start()]))
                parts.append(ASIDE.format(len(kept) - 1))
            elif name in NOTES:
                apart.note_letters += letters_in(TAG.sub(" ", text[at : found[index].start()]))
            at = found[index].end()
        index += 1
    return "".join([*parts, text[at:]])


def _is_empty(tag: re.Match[str]) -> bool:
    return tag[3].endswith("/")


def _without_markup(text: str, apart: Apart) -> str:
    """Templates, links and tables as their words, the innermost first. What is opened and never closed stays."""
    stack: list[tuple[str, list[str]]] = [("", [])]
    at = 0
    for found in SIGNS.finditer(text):
        sign = found[0]
        stack[-1][1].append(text[at : found.start()])
        at = found.end()
        if sign in CLOSES and len(stack) <= MOST_DEPTH:
            stack.append((sign, []))
        elif len(stack) > 1 and CLOSES[stack[-1][0]] == sign:
            opened, parts = stack.pop()
            stack[-1][1].append(_words(opened, "".join(parts), apart))
        else:
            stack[-1][1].append(sign)
    stack[-1][1].append(text[at:])
    while len(stack) > 1:
        opened, parts = stack.pop()
        stack[-1][1].append(opened + "".join(parts))
    return "".join(stack[0][1])


def _words(opened: str, content: str, apart: Apart) -> str:
    if opened == "{{":
        return _template(content, apart)
    return _table(content) if opened == "{|" else _link(content, apart.categories)


def _template(content: str, apart: Apart) -> str:
    name, *parameters = content.split("|")
    if name.strip().lower() in NOTE_TEMPLATES:
        apart.note_letters += letters_in(" ".join(parameters))
    if name.strip().lower() not in KEPT_TEMPLATES:
        return ""
    plain_ones = [parameter for parameter in parameters if "=" not in parameter]
    return plain_ones[-1].strip() if plain_ones else ""


def _link(content: str, categories: list[str]) -> str:
    target, *parts = content.split("|")
    space = target.strip().partition(":")[0].strip().lower() if ":" in target.strip()[1:] else ""
    if target.startswith(":"):
        return parts[-1] if parts else target[1:]
    if space in PICTURES:
        captions = [part.strip() for part in parts if _is_caption(part)]
        return f"\n{captions[-1]}\n" if captions else ""
    if space in CATEGORIES:
        categories.append(target.partition(":")[2].strip())
        return ""
    if space.isascii() and 2 <= len(space) <= 3 and space.isalpha() and not parts:
        return ""  # the same article in another language
    return parts[-1] if parts else target


def _is_caption(part: str) -> bool:
    part = part.strip()
    return bool(part) and part.lower() not in OPTIONS and "=" not in part[:12] and not part.lower().endswith("px")


def _table(content: str) -> str:
    """The rows of a table as lines, cells with " | " between them."""
    rows: list[list[str]] = [[]]
    for line in content.split("\n")[1:]:  # the first holds the attributes of the table
        line = line.strip()
        if line.startswith("|-"):
            rows.append([])
        elif line.startswith("|+"):
            rows.append([_cell(line[2:])])
            rows.append([])
        elif line.startswith(("|", "!")):
            rows[-1] += [_cell(cell) for cell in CELL.split(line[1:])]
        elif line and rows[-1]:
            rows[-1][-1] = f"{rows[-1][-1]} {line}".strip()
        elif line:
            rows[-1].append(line)
    lines = (" | ".join(cell for cell in row if cell) for row in rows)
    return "\n" + "\n".join(line for line in lines if line) + "\n"


def _cell(cell: str) -> str:
    """A cell without the attributes before its words."""
    attributes, bar, words = cell.partition("|")
    return (words if bar and "=" in attributes else cell).strip()
