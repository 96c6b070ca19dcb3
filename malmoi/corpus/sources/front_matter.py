"""Front matter: the YAML between two lines of dashes at the start of a Markdown text, as metadata."""

import re
from typing import Any

import yaml

from malmoi.corpus.sources.fields import CANONICAL

MOST_NESTED = 200
"""Levels of YAML. PyYAML builds a tree by recursion in C, and some 40,000 levels are the end of the process."""
MAX_FRONT_MATTER_CHARACTERS = 1_000_000
"""Some statutes list 1,000 attached forms there: 90,000 characters."""
FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML between two lines of three dashes at the start, and the rest. YAML that is broken is left away."""
    if not text.startswith("---"):
        return {}, text
    first_line, _, rest = text.partition("\n")
    if first_line.strip() != "---":
        return {}, text
    end = FRONT_MATTER_END.search(rest, 0, MAX_FRONT_MATTER_CHARACTERS)
    if not end:
        return {}, text
    table = _table(rest[: end.start()])
    if not isinstance(table, dict):
        return {}, text  # two rules around ordinary words
    return table, rest[end.end() :].lstrip("\n")


class _Plain(yaml.CSafeLoader):
    """YAML without merging ("<<: *a"), which copies: nine lines that merge the one before nine times fill a memory."""

    def flatten_mapping(self, node: Any) -> None:
        """Leaves "<<" where it stands; no constructor knows it, so the load ends in a YAMLError."""


def _table(text: str) -> Any:
    """What front matter says as YAML; where that is broken or too deep, as "key: value" lines."""
    wanted = _wanted_lines(text) or "{}"
    try:
        return _plain_pairs(text) if _is_deep(wanted) else yaml.load(wanted, Loader=_Plain)  # noqa: S506
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError):
        return _plain_pairs(text)  # constructors of tags ("!!int") raise whatever comes of the wrong content


def _is_deep(text: str) -> bool:
    """Whether collections lie in one another beyond MOST_NESTED. Asked of the parser only where it may be so."""
    if sum(map(text.count, "[{-?")) <= MOST_NESTED:
        return False  # by indentation alone a million characters give some 1,400 levels
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_NESTED:
                return True
        depth -= isinstance(event, yaml.CollectionEndEvent)
    return False


def _wanted_lines(text: str) -> str:
    """The keys of front matter that are metadata, with the lines that belong to them: some lists have 1,000 lines."""
    wanted: list[str] = []
    is_wanted = False
    for line in text.split("\n"):
        if not line.startswith((" ", "-", "#", "\t")):
            is_wanted = line.partition(":")[0].strip(" '\"").lower() in CANONICAL
        if is_wanted:
            wanted.append(line)
    return "\n".join(wanted)


def _plain_pairs(text: str) -> dict[str, Any]:
    """ "key: value" lines, for front matter that is not quite YAML."""
    pairs = (line.partition(":") for line in text.split("\n") if not line.startswith((" ", "-", "#")))
    return {key.strip(): value.strip().strip("'\"") for key, colon, value in pairs if colon and value.strip()}
