"""The values that the scripts of a page hold: JSON, what is assigned or parsed as JSON, and packed states.

Frameworks write the state of a page in few ways: a script that is JSON (Next.js), an assignment of an object
(window.__INITIAL_STATE__, __APOLLO_STATE__), JSON.parse of a string, a flat list of values that name each other
(devalue of Nuxt 3, the turbo-stream of Remix), a call with the values as arguments (Nuxt 2), and flight rows
(flight.py). Each becomes plain Python values. Everything is bounded by bytes and by values; no script is run.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import orjson

from malmoi.corpus.html.flight import flight_rows
from malmoi.corpus.html.packed_states import literal_end, literal_strings, unpacked
from malmoi.corpus.html.scan import Scanned
from malmoi.kit.hangul import whole_characters

MAX_JSON_BYTES = 4_000_000
"""A larger script is not parsed: its objects need several times its bytes."""
ASSIGNED_BYTES = 100_000
"""So much of a script is searched for an assignment of JSON."""
LEAST_BYTES = 250
"""A shorter script holds no text that is longer than a teaser."""
MAX_PUSHES = 2_000
"""Pieces of a stream that are joined."""
ASSIGNED = re.compile(rb"(?:^|[\w\])\"']\s*)=\s*(?=[\[{]|JSON\.parse\(|\(function\()")
PARSED = re.compile(r"JSON\.parse\(\s*(decodeURIComponent\(\s*)?(?=[\"'`])")
PUSHED = re.compile(r"(?:__next_f\.push\(|\.enqueue\()\s*")
HANGUL = re.compile(rb"[\xea-\xed][\x80-\xbf]{2}|\\u[a-dA-D][0-9a-fA-F]{3}")
"""A script that is no JSON is read for its strings only where it holds Hangul; most are programs."""
FLIGHT, STREAM = b"__next_f", b".enqueue("


def json_ld_states(page: bytes, scanned: Scanned) -> list[Any]:
    """What the JSON-LD scripts of the page hold, each parsed; broken ones are left out."""
    parsed = (_json(_uncommented(page[start:end])) for _, start, end in _scripts(page, scanned, True))
    return [value for value in parsed if value is not None]


def script_states(page: bytes, scanned: Scanned) -> Iterator[Any]:
    """The values of all other scripts, those of a stream that several scripts hold together last."""
    pushed: list[str] = []
    streamed: list[str] = []
    for _, start, end in _scripts(page, scanned, False):
        content = page[start:end].strip()
        if FLIGHT in content or STREAM in content:
            (pushed if FLIGHT in content else streamed).extend(_pushed(content))
            continue
        if len(content) >= LEAST_BYTES:
            value = _value(content)
            if value is not None:
                yield unpacked(value)
    if pushed:
        yield flight_rows("".join(pushed), _json)
    for line in "".join(streamed).split("\n"):
        value = _json(line[line.find(":") + 1 if line[:1] == "P" else 0 :].encode("utf-8", "replace"))
        if value is not None:
            yield unpacked(value)


def _scripts(page: bytes, scanned: Scanned, is_json_ld: bool) -> Iterator[tuple[int, int, int]]:
    for opening, start, end in scanned.scripts.tolist():
        if (b"ld+json" in page[opening:start]) == is_json_ld and end - start <= MAX_JSON_BYTES:
            yield opening, start, end


def _uncommented(content: bytes) -> bytes:
    """JSON-LD as old pages write it, in a comment, and as careless ones do, ended like a statement."""
    content = content.strip()
    return content.removeprefix(b"<!--").removeprefix(b"//<![CDATA[").strip()


def _value(content: bytes) -> Any:
    """The value that a script is, or that it assigns first; its strings alone where it is no JSON."""
    if content[:1] not in (b"{", b"["):
        assignment = ASSIGNED.search(content[:ASSIGNED_BYTES])
        if assignment is None:
            return None
        content = content[assignment.end() :]
    value = _json(content)
    if value is not None:
        return value
    text = content.decode("utf-8", "replace")
    parsed = PARSED.match(text)
    if parsed:
        return _parsed_string(text, parsed)
    return literal_strings(text) if HANGUL.search(content) else None


def _parsed_string(text: str, call: re.Match[str]) -> Any:
    """The value of JSON.parse("...") or of JSON.parse(decodeURIComponent("..."))."""
    end = literal_end(text, call.end())
    if end < 0:
        return None
    inner = next(iter(literal_strings(text[call.end() : end])), ("", ""))[1]
    return _json((unquote(inner) if call[1] else inner).encode("utf-8", "replace"))


def _pushed(content: bytes) -> Iterator[str]:
    """The strings that a script pushes to a stream: push([1, "..."]) of Next.js, enqueue("...") of Remix."""
    text = content.decode("utf-8", "replace")
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(MAX_PUSHES):
        call = PUSHED.search(text, at)
        if call is None:
            return
        try:
            value, at = decoder.raw_decode(text, call.end())
        except (ValueError, RecursionError):
            at = call.end()
            continue
        last = value[-1] if isinstance(value, list) and value else value
        if isinstance(last, str):
            yield whole_characters(last)


def _json(content: bytes) -> Any:
    """The JSON at the beginning of the content, whatever follows it; None where there is none."""
    try:
        return orjson.loads(content)
    except ValueError:
        pass
    try:
        return json.JSONDecoder(strict=False).raw_decode(content.decode("utf-8", "replace"))[0]
    except (ValueError, RecursionError):
        return None
