"""TOML tables to frozen dataclasses, strictly: an unknown, missing or mistyped key is an error that names its path."""

import dataclasses
import math
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.files import is_path, to_path

T = TypeVar("T")


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file. Raises UserError where the file is absent or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no recipe at {path}", "the path of a TOML file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} cannot be read as TOML: {error}") from None


def override(table: dict[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """A copy of `table` with each "a.b=value" applied. The value is read as TOML, else taken as text."""
    result = _copy(table)
    for assignment in assignments:
        path, equals, value = assignment.partition("=")
        keys = path.split(".")
        if not equals or not all(keys):
            raise UserError(f"--set {assignment!r}", "the form key.key=value")
        _assign(result, keys, _toml_value(value), assignment)
    return result


def parse(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """`table` as the dataclass `kind`. `where` is the path of the table, for messages ("corpus.inputs[0]").

    Raises UserError for an unknown, missing or mistyped key. What `__post_init__` raises gets the path too.
    """
    if not isinstance(table, Mapping):
        raise UserError(f"{where or 'the recipe'} is {_shown(table)}", "a table")
    fields = {field.name: field for field in dataclasses.fields(typing.cast(Any, kind))}
    hints = typing.get_type_hints(kind)
    for key in table:
        if key not in fields:
            raise UserError(f"unknown key {_join(where, key)!r}", hint=did_you_mean(key, sorted(fields)))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], _join(where, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UserError(f"missing key {_join(where, name)!r}", _named(hints[name]))
    return _construct(kind, values, where)


def to_table(settings: Any) -> Any:
    """A dataclass (nested) as plain tables, lists and values, for manifests and JSON. None stays None."""
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        return {field.name: to_table(getattr(settings, field.name)) for field in dataclasses.fields(settings)}
    if isinstance(settings, Mapping):
        return {str(key): to_table(value) for key, value in settings.items()}
    if isinstance(settings, (list, tuple)):
        return [to_table(value) for value in settings]
    return str(settings) if is_path(settings) else settings


def _construct(kind: Any, values: dict[str, Any], where: str) -> Any:
    try:
        return kind(**values)
    except UserError as error:
        raise error.within(where) from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(arguments, value, where)
    if origin is typing.Literal:
        if value in arguments:
            return value
        raise UserError(f"{where} is {_shown(value)}", f"one of {', '.join(map(str, arguments))}")
    if origin in (tuple, list):
        if not isinstance(value, list):
            raise UserError(f"{where} is {_shown(value)}", "a list")
        return origin(_convert(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise UserError(f"{where} is {_shown(value)}", "a table")
        return {key: _convert(arguments[1], item, _join(where, key)) for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return parse(typing.cast(Any, hint), value, where)
    return _convert_scalar(hint, value, where)


def _convert_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in arguments:
        return None
    choices = [argument for argument in arguments if argument is not types.NoneType]
    for choice in choices[:-1]:
        try:
            return _convert(choice, value, where)
        except UserError:
            continue
    return _convert(choices[-1], value, where)


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str) and value:
        return _path(value, where)
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} is {value}", "a number that is finite")  # nan as a limit would let everything pass
    if hint is Any or (isinstance(value, hint) and not (hint is int and isinstance(value, bool))):
        return value
    raise UserError(f"{where} is {_shown(value)}", _named(hint))


def _path(text: str, where: str) -> Path:
    try:
        return to_path(text)
    except UserError as error:
        raise error.within(where) from None


def _named(hint: Any) -> str:
    known = {int: "a whole number", float: "a number", str: "text", bool: "true or false", Path: "a path"}
    if hint in known:
        return known[hint]
    origin = typing.get_origin(hint)
    if origin in (tuple, list):
        return "a list"
    if origin is dict or dataclasses.is_dataclass(hint):
        return "a table"
    return str(getattr(hint, "__name__", hint))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _assign(table: Any, keys: list[str], value: Any, assignment: str) -> None:
    """Sets table[k0][k1]... = value; a whole number as key indexes a list."""
    for position, key in enumerate(keys[:-1]):
        path = ".".join(keys[: position + 1])
        if isinstance(table, list):
            table = table[_index(key, table, assignment)]
        elif isinstance(table, dict):
            table = table.setdefault(key, {})
        if not isinstance(table, (dict, list)):
            raise UserError(f"--set {assignment!r}: {path} is a value, not a table")
    if isinstance(table, list):
        table[_index(keys[-1], table, assignment)] = value
    else:
        table[keys[-1]] = value


def _index(key: str, items: list[Any], assignment: str) -> int:
    if key.isdigit() and int(key) < len(items):
        return int(key)
    raise UserError(f"--set {assignment!r}: {key!r} is no position in a list of {len(items)}")


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
