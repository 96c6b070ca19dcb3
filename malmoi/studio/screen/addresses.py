"""The addresses of the interface: the build writes them down from its table of routes (web/src/app/routes.ts)."""

import json
import re
from collections.abc import Callable
from pathlib import Path

ADDRESSES = "addresses.json"
"""A list of paths as "/runs/$run": `$name` stands for one part, `{-$name}` for a part that may be absent."""


def read_addresses(static: Path) -> Callable[[str], bool]:
    """Tells of a path, without the slash before it, whether the interface has a page for it.

    Every path is one where the bundle in `static` says nothing of its addresses (it has not been built).
    """
    file = static / ADDRESSES
    if not file.is_file():
        return lambda path: True  # noqa: ARG005
    pattern = re.compile("|".join(map(_pattern, json.loads(file.read_text(encoding="utf-8")))))
    return lambda path: pattern.fullmatch("/" + path.rstrip("/")) is not None


def _pattern(address: str) -> str:
    """One address as a regular expression over whole paths."""
    parts = [part for part in address.split("/") if part]
    return "".join(map(_part, parts)) or "/"


def _part(part: str) -> str:
    if part.startswith("{-$"):
        return "(?:/[^/]+)?"
    return "/[^/]+" if part.startswith("$") else "/" + re.escape(part)
