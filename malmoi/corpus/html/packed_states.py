"""States that are packed: flat lists of values that name each other by number, and objects that are no JSON.

devalue (Nuxt 3, SvelteKit) writes every value once and puts its place in the list where it is used; turbo-stream
(Remix, React Router) does so with names of properties too, as "_12". Nuxt 2 passes values as the arguments of a call.
"""

import re
from typing import Any

MAX_NODES = 100_000
"""Values of a packed state that are put in their places."""
MAX_DEPTH = 200
MAX_LITERALS = 20_000
"""Strings of a script that are read."""
NAME_CHARACTERS = 80
"""The name of a property is looked for in so much before its string."""
WRAPPERS = frozenset("Ref ShallowRef Reactive ShallowReactive EmptyRef EmptyShallowRef Set NuxtError P E Z".split())
OPENING = re.compile(r"[\"'`]")
CLOSING = {sign: re.compile(rf"(?:[^{sign}\\]|\\.)*+{sign}", re.DOTALL) for sign in "\"'`"}
PROPERTY = re.compile(r"([\w$-]{1,60})[\"']?\s*:\s*$")
CALL = re.compile(r"\(function\(([\w$,\s]*)\)\s*\{")
ARGUMENT = re.compile(r"([\w$]{1,60})\s*:\s*([\w$]{1,8})(?=\s*[,}])")
ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


def unpacked(value: Any) -> Any:
    """The values of a packed list in their places; any other value as it is."""
    if not isinstance(value, list) or not value or not _is_packed(value):
        return value
    return _Unpacking(value).at(0, 0)


def _is_packed(values: list[Any]) -> bool:
    """Whether the first value holds nothing but places in the list, and the list holds nested places further on."""
    first = values[0]
    parts = list(first.values()) if isinstance(first, dict) else first if isinstance(first, list) else []
    parts = parts[1:] if parts and isinstance(parts[0], str) and parts[0] in WRAPPERS else parts
    return len(values) > 1 and bool(parts) and all(type(part) is int and part < len(values) for part in parts)


class _Unpacking:
    """Puts each value where it is named; one that is named again inside itself is left out."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.left = MAX_NODES
        self.open: set[int] = set()

    def at(self, place: Any, depth: int) -> Any:
        """The value in a place."""
        self.left -= 1
        if type(place) is not int or not 0 <= place < len(self.values) or place in self.open:
            return None
        if self.left < 0 or depth > MAX_DEPTH:
            return None
        value = self.values[place]
        if not isinstance(value, (dict, list)):
            return value
        self.open.add(place)
        try:
            if isinstance(value, dict):
                return {self._name(name): self.at(part, depth + 1) for name, part in value.items()}
            if value and isinstance(value[0], str):
                parts = value[1:] if value[0] in WRAPPERS else []
                return self.at(parts[0], depth + 1) if len(parts) == 1 else [self.at(part, depth + 1) for part in parts]
            return [self.at(part, depth + 1) for part in value]
        finally:
            self.open.discard(place)

    def _name(self, name: str) -> str:
        """The name of a property; "_12" is the string in place 12 (turbo-stream)."""
        if name[:1] == "_" and name[1:].isdecimal() and int(name[1:6]) < len(self.values):
            written = self.values[int(name[1:6])]
            return written if isinstance(written, str) else name
        return name


def literal_end(text: str, start: int) -> int:
    """The offset after the string literal that begins at text[start]; -1 where it does not end."""
    closing = CLOSING[text[start]].match(text, start + 1)
    return closing.end() if closing else -1


def literal_strings(script: str) -> list[tuple[str, str]]:
    """The string literals of a script in order, each with the name of the property that it is the value of, or "".

    Of a call `(function(a, b){...})("...", "...")` the name is that of the property that the parameter is put into.
    """
    call = CALL.match(script)
    names = [name.strip() for name in call[1].split(",")] if call else []
    arguments = script.rfind("}(") + 2 if call else len(script)
    places = {parameter: name for name, parameter in ARGUMENT.findall(script[:arguments])} if call else {}
    strings: list[tuple[str, str]] = []
    at, number, before = 0, 0, arguments
    for _ in range(MAX_LITERALS):
        opening = OPENING.search(script, at)
        end = literal_end(script, opening.start()) if opening else -1
        if opening is None or end < 0:
            break
        start = opening.start()
        name = PROPERTY.search(script[max(at, start - NAME_CHARACTERS) : start])
        written = name[1] if name else ""
        if start >= arguments:
            number += script.count(",", before, start)
            before = end
            written = written or (places.get(names[number], "") if number < len(names) else "")
        strings.append((written, ESCAPE.sub(_escaped, script[start + 1 : end - 1])))
        at = end
    return strings


def _escaped(found: re.Match[str]) -> str:
    sign = found[1]
    if sign[0] in "ux" and len(sign) > 1:
        code = int(sign[1:].strip("{}"), 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return ESCAPES.get(sign, sign)
