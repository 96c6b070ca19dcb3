"""Text that a page keeps only in a script: JSON-LD's articleBody, or the state of a front-end framework.

Such pages show nothing, or a teaser, until a browser has run them. JSON-LD is asked first, because schema.org says what
articleBody is. Otherwise the strings of every state (script_states.py) are grouped by where they stand (list places
left out), and the group with the most prose is taken: the paragraphs of an article stand in one list.
"""

import re
import tomllib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from malmoi.corpus.html.code_markup import scan_with_code
from malmoi.corpus.html.inline_signs import with_signs
from malmoi.corpus.html.region_text import markdown_blocks, to_markdown
from malmoi.corpus.html.scan import Scanned
from malmoi.corpus.html.script_states import script_states
from malmoi.kit.hangul import whole_characters

POOR_BYTES, RICHER = 250, 3
"""A page with less text than this is asked for what its scripts keep: it is taken where it is so many times as much."""
LITTLE_BYTES, TEASER_BYTES = 600, 3_000
"""A page that names a state of a framework may show so much besides: of chrome, or of the text itself, cut off."""
TEASER_LETTERS = 30
"""So many letters of what the page shows, from its longest line, must stand in the state for it to be a teaser."""
HEAD_BYTES = 200
"""So much of a script is searched for the name of a state."""
NEEDLE_CHARACTERS = 8
"""So many characters are looked for before a state is parsed; a longer piece may be broken by markup."""
STATE_HINTS = (b"__NEXT_DATA__", b"__next_f", b"__NUXT", b"_STATE__", b"streamController", b"__remixContext")
MAX_NODES = 50_000
"""Values of a script that are visited."""
MAX_INNER = 3
"""JSON in a string of JSON is read so many times."""
NAMES_KEPT = 6
"""Of the names on the way to a string the innermost so many make its group."""
BODIES = ("articleBody", "reviewBody")
LEAST_CHARACTERS = 250
"""A text shorter than this is a teaser."""
PROSE_CHARACTERS = 40
"""A shorter string is a label, a name or an address, unless it stands among longer ones."""
SIGN_SHARE, MOST_SIGNS = 0.03, 4
"""Text without markup with more of these signs, and a larger share of them, is code."""
MARKUP = re.compile(
    r"<(?:p|div|br|span|h[1-6]|li|ul|ol|dl|a|b|strong|em|figure|table|section|article|pre|code|blockquote|su[bp])\b[^<>]*>"
    r"|</p>",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[.!?。…][\"'”’»)]*(?:\s|$|<)|[다요죠음][.!?]")
TAG = re.compile(r"<[^<>]{0,2000}>")
CODE_SIGN = re.compile(r"[{};=]")
REFERENCE = re.compile(r"&(?:amp;)*#?\w{1,8};")
_NAMES: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["names"]
NOT_PROSE, RICH_TEXT = (frozenset(_NAMES[name].split()) for name in ("not_prose", "rich_text"))
INLINE = {"text": 1, "insert": 0}
"""Names of pieces of one paragraph, and in how many lists they stand at least besides that of the pieces: editors keep
a list of blocks, and in each a list of pieces (ProseMirror, Slate, Portable Text, Lexical); Quill has one list.
"""
ENTITY_KEY = re.compile(r"(?::.*|\d+)$", re.DOTALL)
"""What follows the type in the key of an entity ("Post:123", "body2"): two of them stand in one group."""


class _Leaf(NamedTuple):
    """A string of a state. names: of the properties on the way to it. places: the lists and positions on the way."""

    names: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    text: str


@dataclass
class _Group:
    """The strings of one place of a state. prose: letters of those that read like sentences."""

    leaves: list[_Leaf] = field(default_factory=list)
    prose: int = 0


def article_body(states: Iterable[Any]) -> str:
    """The longest articleBody (or text of a review) in what `json_ld_states` gives, as text; "" if none."""
    best = ""
    waiting: deque[Any] = deque(states)
    for _ in range(MAX_NODES):
        if not waiting:
            break
        node = waiting.popleft()
        if isinstance(node, dict):
            bodies = [node[name] for name in BODIES if isinstance(node.get(name), str)]
            best = max([best, *bodies], key=len)
            waiting.extend(value for value in node.values() if isinstance(value, (dict, list)))
        elif isinstance(node, list):
            waiting.extend(value for value in node if isinstance(value, (dict, list)))
    return plain(best)


def embedded_text(page: bytes, scanned: Scanned, states: Iterable[Any], shown: str) -> str:
    """The text in a script where the page shows clearly less of it; "" where what the page shows is its text.

    states: the JSON-LD of the page, parsed. shown: the text that the page shows.
    """
    shown_bytes = len(shown.encode("utf-8", "replace"))
    body = article_body(states)
    if len(body.encode("utf-8", "replace")) > max(POOR_BYTES, RICHER * shown_bytes):
        return body
    is_poor = shown_bytes < POOR_BYTES
    if not is_poor and (shown_bytes >= TEASER_BYTES or not _names_state(page, scanned)):
        return ""
    if shown_bytes >= LITTLE_BYTES and not _stands_in_script(page, scanned, shown):
        return ""
    state = state_text(page, scanned)
    if len(state.encode("utf-8", "replace")) <= RICHER * shown_bytes:
        return ""
    return state if shown_bytes < LITTLE_BYTES or _is_teaser(shown, state) else ""


def _names_state(page: bytes, scanned: Scanned) -> bool:
    """Whether a script begins, or its tag says, that it holds the state of a framework."""
    heads = (page[opening : start + HEAD_BYTES] for opening, start, _ in scanned.scripts.tolist())
    return any(hint in head for head in heads for hint in STATE_HINTS)


def _stands_in_script(page: bytes, scanned: Scanned, shown: str) -> bool:
    """Whether the beginning of the longest line that the page shows is in a script too, as it is or escaped."""
    needle = max(shown.split("\n"), key=len).lstrip("#-> ")[:NEEDLE_CHARACTERS]
    forms = [needle.encode("utf-8", "replace"), needle.encode("ascii", "backslashreplace")]
    return any(page.find(form, start, end) >= 0 for form in forms for _, start, end in scanned.scripts.tolist())


def _is_teaser(shown: str, text: str) -> bool:
    """Whether the longest line that the page shows begins as a piece of the text does."""
    longest = "".join(filter(str.isalnum, max(shown.split("\n"), key=len)))[:TEASER_LETTERS]
    return bool(longest) and longest in "".join(filter(str.isalnum, text))


def state_text(page: bytes, scanned: Scanned) -> str:
    """The prose of the state that a framework keeps in a script; "" if there is less than LEAST_CHARACTERS of it."""
    best, most = "", LEAST_CHARACTERS - 1
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for state in script_states(page, scanned):
        leaves = list(_leaves(state))
        groups: dict[tuple[str, ...], _Group] = {}
        for leaf in leaves:
            names = known.get(leaf.names)
            if names is None:
                names = known[leaf.names] = _group_names(leaf.names)
            if names:
                group = groups.setdefault(names, _Group())
                group.leaves.append(leaf)
                group.prose += len(leaf.text) if _is_prose(leaf.text) else 0
        for group in groups.values():
            if group.prose > most:
                text = _joined(_with_siblings(group.leaves, leaves))
                if len(text) > most:
                    most, best = len(text), text
    return best


def _group_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The innermost names, without numbers and the keys of entities, each run of one name once; () for no prose."""
    short = [ENTITY_KEY.sub("", name) for name in names]
    kept = tuple(name for name, before in zip(short, [None, *short], strict=False) if name and name != before)
    kept = kept[-NAMES_KEPT:] or ("",)
    return kept if NOT_PROSE.isdisjoint(name.lower() for name in kept) else ()


def _is_prose(text: str) -> bool:
    """Whether a string reads like sentences and not like code."""
    if len(text) < PROSE_CHARACTERS or not SENTENCE.search(text):
        return False
    bare = TAG.sub("", text) if "<" in text else text
    bare = REFERENCE.sub("", bare) if "&" in bare else bare
    return len(CODE_SIGN.findall(bare)) <= max(MOST_SIGNS, SIGN_SHARE * len(bare))


def _with_siblings(leaves: list[_Leaf], every: list[_Leaf]) -> list[_Leaf]:
    """With the other rich text of the list that holds all the leaves: items and headings beside paragraphs."""
    shared = set(leaves[0].places)
    for leaf in leaves[1:]:
        shared &= set(leaf.places)
    lists = {leaf.places[len(shared)][0] for leaf in leaves if len(leaf.places) > len(shared)}
    if len(leaves) < 2 or len(lists) != 1:
        return leaves
    holder = next(iter(lists))
    known = set(map(id, leaves))
    return [
        leaf
        for leaf in every
        if id(leaf) in known
        or (
            leaf.names[-1:] and leaf.names[-1].lower() in RICH_TEXT and any(place[0] == holder for place in leaf.places)
        )
    ]


def _joined(leaves: list[_Leaf]) -> str:
    """The strings as one text, each once where it is long; pieces of one paragraph stand without anything between."""
    parts: list[str] = []
    seen: set[str] = set()
    last: tuple[Any, ...] | None = None
    for leaf in leaves:
        name = leaf.names[-1].lower() if leaf.names else ""
        is_inline = len(leaf.places) > INLINE.get(name, NAMES_KEPT * 2)
        paragraph = (leaf.places[:-1], leaf.places[-1][0]) if is_inline else None
        if paragraph is None and len(leaf.text) >= PROSE_CHARACTERS and leaf.text in seen:
            continue
        seen.add(leaf.text)
        text = plain(leaf.text, strip=paragraph is None)
        if not text:
            continue
        if paragraph is not None and paragraph == last:
            parts[-1] += text
        else:
            parts.append(text)
        last = paragraph
    return "\n\n".join(filter(None, (part.strip() for part in parts)))


def _leaves(state: Any) -> Iterator[_Leaf]:
    """Each string that may be text, in the order of the page. JSON in strings is read as part of the state."""
    waiting: deque[tuple[tuple[str, ...], tuple[tuple[int, int], ...], Any, int]] = deque([((), (), state, 0)])
    numbers = 0
    for _ in range(MAX_NODES):
        if not waiting:
            return
        names, places, value, inner = waiting.popleft()
        if isinstance(value, str):
            nested = _nested(value) if inner < MAX_INNER else None
            if nested is not None:
                waiting.appendleft((names, places, nested, inner + 1))
            elif value.strip():
                yield _Leaf(names, places, value)
        elif isinstance(value, dict):
            below = [((*names[1 - NAMES_KEPT * 2 :], str(key)), places, item, inner) for key, item in value.items()]
            waiting.extendleft(reversed(below))
        elif isinstance(value, tuple):  # a string of a script with the name of its property
            waiting.appendleft(((*names, value[0]), places, value[1], inner))
        elif isinstance(value, list):
            numbers += 1
            kept = places[-NAMES_KEPT * 2 :]
            waiting.extendleft(
                (names, (*kept, (numbers, number)), item, inner) for number, item in reversed(list(enumerate(value)))
            )


def _nested(text: str) -> Any:
    """The object or list that a string of JSON holds; None for any other string."""
    if len(text) < PROSE_CHARACTERS or text[0] not in "{[" or text.rstrip()[-1:] not in ("}", "]"):
        return None
    try:
        value = orjson.loads(text.encode("utf-8", "replace"))
    except ValueError:
        return None
    return value if isinstance(value, (dict, list)) else None


def plain(text: str, strip: bool = True) -> str:
    """A fragment of HTML as text; other text as it is, its references resolved; U+FFFD for halves of characters."""
    text = whole_characters(text)
    for _ in range(2):  # escaped, and escaped again on the way into the state
        if "&lt;" in text or "&amp;lt;" in text:
            opened = unescape(text)
            text = opened if MARKUP.search(opened) or "&lt;" in opened else text
    if not MARKUP.search(text):
        return unescape(text).strip() if strip else unescape(text)
    if text.count("\n\n") > len(MARKUP.findall(text)):  # Markdown or plain text with a tag here and there
        text = text.replace("\n", "<br>")
    _, page, scanned = scan_with_code(text.encode("utf-8", "replace"))
    scanned = with_signs(page, scanned)
    return to_markdown(markdown_blocks(scanned, np.ones(len(scanned.blocks), np.bool_), page=page))
