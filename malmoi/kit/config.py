"""TOML tables to frozen dataclasses, strictly: an unknown, missing or mistyped key is an error that names its path.

What a field is beside its type is said where it stands: `machine` (how fast, never what), `file` (its content counts),
`secret` (the name of an environment variable, never the value).
"""

import contextlib
import copy
import dataclasses
import hashlib
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.files import sha256_of
from malmoi.kit.paths import is_path, to_path

T = TypeVar("T")
_ROLE = "role"
_VARIABLE = re.compile("[A-Z_][A-Z0-9_]*")
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
"""32 MB and a tenth of a second for one guess: twice the cost that RFC 7914 names for interactive use (n = 2^14)."""

_CONTAINERS: dict[Any, Any] = {tuple: list, list: list, dict: Mapping}
"""What TOML must hold for each kind of field with something in it."""
_SCALARS = {int: "a whole number", float: "a number", str: "text", bool: "true or false", Path: "a path"}


def machine(default: Any) -> Any:
    """A field of the machine (threads, processes, memory): it changes the speed, and no identity of what is made."""
    return dataclasses.field(default=default, metadata={_ROLE: "machine"})


def file(default: Any = dataclasses.MISSING, *, key: bool = False) -> Any:
    """A field with the path of a file or folder whose content is part of the result. key: it holds a secret key."""
    return dataclasses.field(default=default, metadata={_ROLE: "key" if key else "file"})


def secret(default: str | None = None) -> Any:
    """A field with the NAME of an environment variable that holds a secret; `parse` refuses what looks like no name."""
    return dataclasses.field(default=default, metadata={_ROLE: "secret"})


def identity(settings: Any) -> Any:
    """The table of settings without those of the machine: what fingerprints and manifests are made from."""
    return to_table(settings, without="machine")


def files(settings: Any, where: str = "") -> dict[str, str]:
    """A hash for the content of every `file` field below `settings`, by its key ("learned.weights").

    SHA-256; of a key file `slow_hash`. Raises UserError for a file that is not there.
    """
    found: dict[str, str] = {}
    for name, value, role in _inner(settings):
        path = _join(where, name)
        found |= _file_hash(value, path, role == "key") if role in ("file", "key") else files(value, path)
    return found


def _inner(settings: Any) -> Iterator[tuple[str, Any, str | None]]:
    """What lies directly in a dataclass, a table or a list: the name, the value, and the role of the field."""
    if dataclasses.is_dataclass(settings):
        fields = dataclasses.fields(settings)
        yield from ((field.name, getattr(settings, field.name), field.metadata.get(_ROLE)) for field in fields)
    elif isinstance(settings, Mapping):
        yield from ((str(key), value, None) for key, value in settings.items())
    elif isinstance(settings, (list, tuple)):
        yield from ((f"[{number}]", value, None) for number, value in enumerate(settings))


def slow_hash(content: bytes) -> str:
    """Tells one key from another in a manifest that strangers may read: scrypt, because a short key could be guessed
    from its SHA-256 by trying. All of these hashes share one salt: two manifests must agree on the same key."""
    return "scrypt " + hashlib.scrypt(content.strip(), salt=b"malmoi: key in a manifest", dklen=32, **_SCRYPT).hex()


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
    result = copy.deepcopy(table)
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
    if unknown := next((key for key in table if key not in fields), None):
        raise UserError(f"unknown key {_join(where, unknown)!r}", hint=did_you_mean(unknown, sorted(fields)))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], _join(where, name))
            if field.metadata.get(_ROLE) == "secret":
                _refuse_secret(values[name], _join(where, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UserError(f"missing key {_join(where, name)!r}", _named(hints[name]))
    with _within(where):
        return kind(**values)


def to_table(settings: Any, without: str | None = None) -> Any:
    """A dataclass (nested) as plain tables, lists and values, for manifests and JSON. None stays None.

    without: the role ("machine") of fields to leave out.
    """
    if dataclasses.is_dataclass(settings) or isinstance(settings, Mapping):
        kept = ((name, value) for name, value, role in _inner(settings) if role is None or role != without)
        return {name: to_table(value, without) for name, value in kept}
    if isinstance(settings, (list, tuple)):
        return [to_table(value, without) for value in settings]
    return str(settings) if is_path(settings) else settings


def _refuse_secret(value: Any, where: str) -> None:
    """The value is not shown: it may be the secret itself."""
    if value is not None and not _VARIABLE.fullmatch(value):
        wrong = f"{where} is no name of an environment variable (its value is not shown here)"
        raise UserError(wrong, "a name in capitals, as MALMOI_KEY, with the secret in the environment")


def _file_hash(value: Any, where: str, is_key: bool) -> dict[str, str]:
    if value is None:
        return {}
    if not value.exists():
        raise UserError(f"{where} is {value}, and nothing is there", "a file or folder that exists")
    return {where: slow_hash(value.read_bytes()) if is_key else sha256_of(value)}


@contextlib.contextmanager
def _within(where: str) -> Iterator[None]:
    """An error for people that is raised inside gets the path of the key."""
    try:
        yield
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
    if dataclasses.is_dataclass(hint):
        return parse(typing.cast(Any, hint), value, where)
    if origin not in _CONTAINERS:
        return _convert_scalar(hint, value, where)
    if not isinstance(value, _CONTAINERS[origin]):
        raise UserError(f"{where} is {_shown(value)}", _named(hint))
    if origin is dict:
        return {key: _convert(arguments[1], item, _join(where, key)) for key, item in value.items()}
    return origin(_convert(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))


def _convert_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in arguments:
        return None
    *choices, last = (argument for argument in arguments if argument is not types.NoneType)
    for choice in choices:
        with contextlib.suppress(UserError):
            return _convert(choice, value, where)
    return _convert(last, value, where)


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # of more than 308 digits: no number of ours
            return float(value)
    if hint is Path and isinstance(value, str) and value:
        with _within(where):
            return to_path(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where} is {value}", "a number that is finite")  # nan as a limit would let everything pass
    if hint is Any or (isinstance(value, hint) and not (hint is int and isinstance(value, bool))):
        return value
    raise UserError(f"{where} is {_shown(value)}", _named(hint))


def _named(hint: Any) -> str:
    kind = Mapping if dataclasses.is_dataclass(hint) else _CONTAINERS.get(typing.get_origin(hint))
    return {list: "a list", Mapping: "a table"}.get(kind) or _SCALARS.get(hint) or str(getattr(hint, "__name__", hint))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where and not key.startswith("[") else where + key


def _assign(table: Any, keys: list[str], value: Any, assignment: str) -> None:
    """Sets table[k0][k1]... = value; a whole number as key indexes a list."""
    for position, key in enumerate(keys[:-1], 1):
        table = table[_index(key, table, assignment)] if isinstance(table, list) else table.setdefault(key, {})
        if not isinstance(table, (dict, list)):
            raise UserError(f"--set {assignment!r}: {'.'.join(keys[:position])} is a value, not a table")
    table[_index(keys[-1], table, assignment)] = value


def _index(key: str, table: Any, assignment: str) -> Any:
    if isinstance(table, dict):
        return key
    if key.isdigit() and int(key) < len(table):
        return int(key)
    raise UserError(f"--set {assignment!r}: {key!r} is no position in a list of {len(table)}")


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
