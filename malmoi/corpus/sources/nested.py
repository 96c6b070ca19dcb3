"""Rows out of nested JSON: paths of fields through tables and lists, and the shapes that Korean corpora come in.

A path names fields one after another ("document.paragraph.form"), as `fields` of an evaluation set does; lists on the
way are walked through. Which list holds the documents: the one marked with [] ("document[].paragraph.form"); without a
mark the outermost list where the file is one object, and none where each row is a document already. What other lists
hold belongs to one document. Without a path the shapes of json_shapes.toml are tried.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from malmoi.corpus.sources import chat_rows
from malmoi.corpus.sources.fields import CANONICAL, HTML_FIELD, SENTENCES, is_talk, spoken_turns
from malmoi.corpus.sources.input import Input

Row = Mapping[Any, Any]
MOST_DEPTH = 5
"""Tables in tables that are looked through for rows: Modu files need two, AI Hub's three."""
LOOKED_AT = 3
"""Of the items of a list so many tell what it holds."""
OUTER_FIELDS = frozenset({"name", "category", "licence", "kind", "published"})
"""What is said of a whole file holds for its documents too; its title, author and address do not."""
METADATA = ("metadata", "meta", "info", "header")
"""Tables beside the text that describe it."""
LIKELY_CHARACTERS = 20
"""A field whose strings are longer than this on average may be the text."""
PARAGRAPHS = "\n\n"


@dataclass(frozen=True)
class Shape:
    """One entry of json_shapes.toml."""

    of: str
    text: str = ""
    turns: str = ""
    joint: str = PARAGRAPHS
    keys: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def first(self) -> str:
        """The field in which its path begins."""
        return (self.text or self.turns).partition(".")[0]


@cache
def shapes() -> tuple[Shape, ...]:
    """The shapes that are known, the first that fits counts."""
    tables = tomllib.loads(Path(__file__).with_name("json_shapes.toml").read_text(encoding="utf-8"))["shape"]
    return tuple(Shape(**{**table, "keys": tuple(table.get("keys", ()))}) for table in tables)


def rows_of(value: Any, source: Input, is_file: bool = False) -> list[Any]:
    """The rows of one JSON value, each with its text under `source.text_field`; [value] where it is a row itself.

    is_file: the value is the whole file, or one of the objects that a file holds beside one another.
    """
    if not isinstance(value, Mapping) or not value or _is_plain(value.get(source.text_field)):
        return [value]
    if "." in source.text_field or "[]" in source.text_field:
        return list(_by_path(value, source, is_file))
    chats = value.get("chats")
    if isinstance(chats, Mapping) and isinstance(chats.get("list"), list) and chats["list"]:
        return chats["list"]  # all chats of an account, as Telegram exports them
    if chat_rows.read_chat_object(value):
        return [value]
    rows = _known_rows(value, source, {}, MOST_DEPTH)
    return rows or _tables_within(value) or [value]


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, (list, Mapping))


class Rows:
    """Where a walk through an object that is too large to be held stands, and what was said on the way there."""

    def __init__(self, source: Input, path: tuple[str, ...], outer: dict[str, Any]) -> None:
        self.source, self._path, self._outer = source, path, outer

    @property
    def depth(self) -> int:
        """How many tables it is inside of."""
        return len(self._path)

    def below(self, key: Any) -> "Rows":
        """The walk one table or list further."""
        return Rows(self.source, (*self._path, str(key)), self._outer)

    def describe(self, key: Any, value: Any) -> None:
        """Remembers what a field beside the lists says of their rows."""
        if self._path[-1:] and self._path[-1] not in METADATA:
            self._outer = dict(self._outer)
        self._outer |= {name: each for name, each in _outer({key: value}).items() if name not in self._outer}

    def of(self, item: Any) -> list[Any]:
        """The rows of one value in a list: as rows_of gives them for an object that holds this one alone."""
        value: Any = [item]
        for key in reversed(self._path):
            value = {key: value}
        rows = rows_of(value, self.source, is_file=True)
        return [{**self._outer, **row} if isinstance(row, Mapping) else row for row in rows]


def strings_at(value: Any, steps: Sequence[str]) -> Iterator[str]:
    """The strings at a path of names, through lists, also lists in lists."""
    if isinstance(value, list):
        for each in value:
            yield from strings_at(each, steps)
    elif steps and isinstance(value, Mapping):
        yield from strings_at(value.get(steps[0]), steps[1:])
    elif not steps and isinstance(value, str) and value.strip():
        yield value


def likely_text(row: Any) -> str | None:
    """The path whose strings look most like the text of a row: a name for `text_field`. None where none does."""
    found: dict[str, list[int]] = {}
    for path, length in _lengths(row, "", MOST_DEPTH):
        found.setdefault(path, []).append(length)
    likely = {path: sum(n) for path, n in found.items() if sum(n) >= LIKELY_CHARACTERS * len(n)}
    return max(likely, key=lambda path: likely[path], default=None)


def _lengths(value: Any, path: str, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, str) and path:
        yield path, 0 if value.startswith(("http://", "https://")) else len(value)
    elif isinstance(value, list) and depth:
        for each in value[:LOOKED_AT]:
            yield from _lengths(each, path, depth - 1)
    elif isinstance(value, Mapping) and depth:
        for key, inner in list(value.items())[:200]:
            yield from _lengths(inner, f"{path}.{key}" if path else str(key), depth - 1)


def _by_path(value: Row, source: Input, is_file: bool) -> Iterator[Any]:
    steps = source.text_field.split(".")
    marked = next((n for n, step in enumerate(steps) if step.endswith("[]")), -1)
    names = [step.removesuffix("[]") for step in steps]
    if marked < 0 and is_file:
        marked = next((n for n in range(len(names)) if isinstance(_at(value, names[: n + 1]), list)), -1)
    found = False
    for item, outer in _documents_at(value, names[: marked + 1], {}):
        text = PARAGRAPHS.join(strings_at(item, names[marked + 1 :]))
        if text:
            found = True
            yield {**outer, **_described(item if isinstance(item, Mapping) else {}), source.text_field: text}
    if not found:
        yield value


def _documents_at(value: Any, names: Sequence[str], outer: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The items of the lists at the end of a path, each with what the tables around it say of it."""
    if isinstance(value, list):
        for each in value:
            yield from _documents_at(each, names, outer)
    elif not names:
        yield value, outer
    elif isinstance(value, Mapping):
        yield from _documents_at(value.get(names[0]), names[1:], {**outer, **_outer(value)})


def _known_rows(value: Any, source: Input, outer: dict[str, Any], depth: int) -> list[Row]:
    """The rows in a value whose shape is known; none where it holds none."""
    if isinstance(value, Mapping):
        row = value if _is_row(value, source) else _shaped(value, source)
        if row is not None:
            return [{**outer, **row} if outer else row]
        around = {**outer, **_outer(value)}
        parts = [each for each in value.values() if depth and isinstance(each, (Mapping, list))]
        return [row for part in parts for row in _known_rows(part, source, around, depth - 1)]
    tables = isinstance(value, list) and all(isinstance(each, Mapping) for each in value)
    if not tables or not any(_known_rows(each, source, {}, depth) for each in value[:LOOKED_AT]):
        return []
    return [row for each in value for row in _known_rows(each, source, outer, depth) or [each]]


def _is_row(value: Row, source: Input) -> bool:
    """Whether a table is a row without our help: it has the text, a page or turns under their names."""
    if source.text_field in value:
        return not isinstance(value[source.text_field], (list, Mapping))
    if HTML_FIELD in value or SENTENCES in value or is_talk(map(str, value)):
        return True
    return any(_name(key) == "turns" and spoken_turns(inner) is not None for key, inner in value.items())


def _shaped(value: Row, source: Input) -> Row | None:
    """A table as a row with text or turns by the first shape that fits it. None where none does."""
    for shape in shapes():
        if not all(key in value for key in shape.keys):
            continue
        turns = _turns(_at(value, shape.turns.split("."))) if shape.turns else []
        text = shape.joint.join(strings_at(value, shape.text.split("."))) if shape.text else ""
        if turns or text:
            said = {"turns": turns} if turns else {source.text_field: text}
            return {**_described(value), **_given(value, shape), **said}
    return None


def _given(value: Row, shape: Shape) -> dict[str, str]:
    """The metadata that a shape names."""
    found = {name: " ".join(strings_at(value, path.split("."))) for name, path in shape.fields.items()}
    return {name: text for name, text in found.items() if text}


def _turns(value: Any) -> list[Any]:
    """Utterances of which each has words: recordings have empty ones. {"HS01": …, "SS01": …} speaks in turns too."""
    if isinstance(value, Mapping):
        value = [{"speaker": str(key).rstrip("0123456789"), "text": said} for key, said in value.items()]
    if not isinstance(value, list):
        return []
    return [turn for each in value for turn in spoken_turns([each]) or ()]


def _described(item: Row) -> dict[str, Any]:
    """What a document says of itself: its own fields, and those of the table that describes it."""
    own = {key: each for key, each in item.items() if not isinstance(each, Mapping) and _name(key) != "turns"}
    own = {key: each for key, each in own.items() if _name(key) or not isinstance(each, list)}
    inner = [item[key] for key in METADATA if isinstance(item.get(key), Mapping)]
    for table in inner:
        known = {_name(key) for key in own}
        own |= {key: each for key, each in table.items() if _name(key) and _name(key) not in known}
    return own


def _outer(value: Row) -> dict[str, Any]:
    return {key: each for key, each in _described(value).items() if _name(key) in OUTER_FIELDS}


def _name(key: Any) -> str:
    return CANONICAL.get(str(key).lower(), ("",))[0]


def _at(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _tables_within(value: Any, depth: int = 3) -> list[Any] | None:
    """The rows of an object that holds nothing but lists of tables, under keys that say no more: {"data": [{…}, …]}."""
    if not isinstance(value, Mapping) or not value or depth == 0:
        return None
    rows: list[Any] = []
    for key, inner in value.items():
        if str(key).lower() in CANONICAL:
            return None
        if isinstance(inner, list) and inner and all(isinstance(row, Mapping) for row in inner):
            rows += inner
        elif (nested := _tables_within(inner, depth - 1)) is not None:
            rows += nested
        else:
            return None
    return rows
