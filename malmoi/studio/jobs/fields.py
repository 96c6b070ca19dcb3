"""The fields of a form: the settings of a recipe's own dataclasses, so that form and command line never differ.

What a person may not change from a browser has no field: paths (they would read or write anywhere on the disk), names
of secrets, and lists or tables of tables, which a recipe says better.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from malmoi.kit.config import to_table

Type = Literal["int", "float", "text", "bool", "choice", "texts", "numbers"]
_SCALARS: dict[Any, Type] = {int: "int", float: "float", str: "text", bool: "bool"}


@dataclasses.dataclass(frozen=True)
class Field:
    """A setting by its key in the recipe ("corpus.near_duplicate.threshold").

    choices: of a "choice", or of what is in "texts". value: as the recipe has it, its default where it does not say.
    default: None also where there is none.
    """

    key: str
    type: Type
    choices: tuple[str, ...]
    value: Any
    default: Any


@dataclasses.dataclass(frozen=True)
class Group:
    """The fields of one table of the recipe ("corpus.near_duplicate"). about: what its dataclass says, in English."""

    name: str
    about: str
    fields: tuple[Field, ...]


def groups(recipe: Any, sections: tuple[str, ...]) -> list[Group]:
    """The groups of the named tables of a recipe that was read, in the order of the dataclasses."""
    hints = typing.get_type_hints(type(recipe))
    found = (_groups(hints[name], getattr(recipe, name), name) for name in sections)
    return [group for inner in found for group in inner if group.fields]


def _groups(kind: Any, settings: Any, path: str) -> Iterator[Group]:
    """The group of one dataclass, then those of the dataclasses in it. path: of the table in the recipe.

    Files, keys and secrets are left out: a form in a browser must not lead the server to any path of its disk.
    """
    hints, fields, below = typing.get_type_hints(kind), list[Field](), list[tuple[Any, Any, str]]()
    for field in dataclasses.fields(kind):
        key, hint, value = f"{path}.{field.name}", _without_none(hints[field.name]), getattr(settings, field.name, None)
        if dataclasses.is_dataclass(hint):
            below.append((hint, value, key))
        elif (found := _type(hint)) and field.metadata.get("role") in (None, "machine"):  # no file, key or secret
            fields.append(Field(key, *found, to_table(value), _default(field)))
    yield Group(path, inspect.cleandoc(kind.__doc__ or ""), tuple(fields))
    for inner in below:
        yield from _groups(*inner)


def _type(hint: Any) -> tuple[Type, tuple[str, ...]] | None:
    """How a value is asked for, and between what one chooses; None where a form cannot ask."""
    if choices := _choices(hint):
        return "choice", choices
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        choices = _choices(inner) or tuple(choice for one in typing.get_args(inner) for choice in _choices(one))
        return ("numbers", ()) if inner in (int, float) else ("texts", choices) if choices or inner is str else None
    return (_SCALARS[hint], ()) if hint in _SCALARS else None


def _choices(hint: Any) -> tuple[str, ...]:
    return tuple(map(str, typing.get_args(hint))) if typing.get_origin(hint) is Literal else ()


def _without_none(hint: Any) -> Any:
    """`X` for `X | None`; other unions stay what they are."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    inner = [one for one in typing.get_args(hint) if one is not types.NoneType]
    return inner[0] if len(inner) == 1 else hint


def _default(field: "dataclasses.Field[Any]") -> Any:
    value = None if field.default is dataclasses.MISSING else field.default
    return None if isinstance(value, Path) or dataclasses.is_dataclass(value) else to_table(value)
