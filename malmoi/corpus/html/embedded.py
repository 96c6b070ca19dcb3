"""Text that a page keeps only in a script: JSON-LD's articleBody, or the state of a front-end framework.

Such pages show nothing until a browser has run them. JSON-LD is asked first, because schema.org says what articleBody
is. Otherwise the strings of every JSON state that read like prose are grouped by where they stand (list places left
out), and the group with the most text is taken: the paragraphs of an article stand in one list.
"""

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any

import numpy as np
import orjson

from malmoi.corpus.html.region_text import markdown_blocks, to_markdown
from malmoi.corpus.html.scan import Scanned, scan
from malmoi.corpus.html.tags import tables
from malmoi.kit.hangul import whole_characters

MAX_JSON_BYTES = 4_000_000
"""A larger script is not parsed: its objects need several times its bytes."""
MAX_NODES = 50_000
"""Values of a script that are visited."""
NAMES_KEPT = 6
"""Of the names on the way to a string the innermost so many make its group."""
BODIES = ("articleBody", "reviewBody")
LEAST_CHARACTERS = 250
"""A text shorter than this is a teaser."""
PROSE_CHARACTERS = 40
"""A shorter string is a label, a name or an address."""
ASSIGNED_BYTES = 100_000
"""So much of a script is searched for an assignment of JSON."""
MARKUP = re.compile(r"<(?:p|div|br|span|h[1-6]|li|a|strong|em|figure)\b[^>]*>|</p>", re.IGNORECASE)
SENTENCE = re.compile(r"[.!?。…][\"'”’»)]*(?:\s|$|<)|[다요죠음][.!?]")
ASSIGNED = re.compile(rb"(?:^|[\w\])]\s*)=\s*(?=[\[{])")
NOT_PROSE = frozenset(
    "description metadescription seodescription summary excerpt alt caption url href script copyright bio i18n l10n "
    "translations translation messages labels locale locales comments related config settings consent cookies".split()
)
"""Names of fields whose text is not the article's, even where it is long."""


def json_ld(page: bytes, scanned: Scanned) -> list[Any]:
    """What the JSON-LD scripts of the page hold, each parsed; broken ones are left out."""
    return list(_states(page, scanned, only_json_ld=True)) if b"ld+json" in page else []


def article_body(states: Iterable[Any]) -> str:
    """The longest articleBody (or text of a review) in what `json_ld` gives, as text; "" if none."""
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


def state_text(page: bytes, scanned: Scanned) -> str:
    """The prose of the state that a framework keeps in a script; "" if there is less than LEAST_CHARACTERS of it."""
    best, most = "", LEAST_CHARACTERS - 1
    for state in _states(page, scanned, only_json_ld=False):
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, text in _strings(state):
            if SENTENCE.search(text) and NOT_PROSE.isdisjoint(map(str.lower, name)):
                groups[name].append(text)
        for texts in groups.values():
            text = "\n\n".join(filter(None, map(plain, dict.fromkeys(texts))))
            if len(text) > most:
                most, best = len(text), text
    return best


def _states(page: bytes, scanned: Scanned, only_json_ld: bool) -> Iterator[Any]:
    """What the scripts of the page hold as JSON, or assign as JSON."""
    for opening, start, end in scanned.scripts.tolist():
        is_json_ld = b"ld+json" in page[opening:start]
        if is_json_ld != only_json_ld or end - start > MAX_JSON_BYTES:
            continue
        if not is_json_ld and end - start < LEAST_CHARACTERS:
            continue
        content = page[start:end].strip()
        if is_json_ld:  # old pages wrap it in a comment, careless ones end it like a statement
            content = content.removeprefix(b"<!--").removeprefix(b"//<![CDATA[").strip()
        if content[:1] not in (b"{", b"["):
            assignment = ASSIGNED.search(content[:ASSIGNED_BYTES])
            if assignment is None:
                continue
            content = content[assignment.end() :]
        state = _parse(content)
        if state is not None:
            yield state


def _parse(content: bytes) -> Any:
    """The JSON at the beginning of the content, whatever follows it; None where there is none."""
    try:
        return orjson.loads(content)
    except ValueError:
        pass
    try:
        text = content.decode("utf-8", "replace")
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _strings(state: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each string of PROSE_CHARACTERS or more with the names on the way to it, in the order of the page."""
    waiting: deque[tuple[tuple[str, ...], Any]] = deque([((), state)])
    for _ in range(MAX_NODES):
        if not waiting:
            return
        name, value = waiting.popleft()
        if isinstance(value, str):
            if len(value) >= PROSE_CHARACTERS:
                yield name or ("",), value
        elif isinstance(value, dict):
            waiting.extendleft([((*name[1 - NAMES_KEPT :], str(key)), item) for key, item in value.items()][::-1])
        elif isinstance(value, list):
            waiting.extendleft([(name, item) for item in value][::-1])


def plain(text: str) -> str:
    """A fragment of HTML as text; other text as it is, its references resolved; U+FFFD for halves of characters."""
    text = whole_characters(text)
    if "&lt;" in text and MARKUP.search(unescape(text)):
        text = unescape(text)
    if not MARKUP.search(text):
        return unescape(text).strip()
    content = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    scanned = scan(content, tables())
    return to_markdown(markdown_blocks(scanned, np.ones(len(scanned.blocks), np.bool_)))
