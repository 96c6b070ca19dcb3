"""Reads the body of a request as a table, forgives what changes no answer, and checks the rest up to the first mistake.

Clients send what their own models of a request hold: nulls, empty lists, defaults, the objects that a server gave them
the turn before. None of it changes an answer, so none of it is refused. A field that nobody here knows and that has a
value is: an ignored setting is a wrong answer without a message.
"""

import asyncio
import json
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from malmoi.serve.http_errors import ApiError, bad, invalid, not_json, unknown_field
from malmoi.serve.http_schema import MAX_MESSAGES, MAX_PARTS, Message, StreamOptions, known_fields

IGNORED_HEADER = "x-malmoi-ignored-fields"
"""How many fields of a request were left out, in its answer."""

_HARMLESS = tomllib.loads(Path(__file__).with_name("harmless.toml").read_text(encoding="utf-8"))
_PART_FIELDS = {"type", "text", "refusal"}

_LARGE_BYTES = 64 * 1024
_PAUSE = 3.0
"""Reading a large body holds up every stream for some milliseconds: one at a time, and then three times as long none,
so that a flood of them takes a quarter of the event loop at most."""

Table = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Read(Generic[Model]):
    """A body that was understood. num_ignored: fields that had a value and were left out."""

    body: Model
    num_ignored: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """What the answer says about it."""
        return {IGNORED_HEADER: str(self.num_ignored)} if self.num_ignored else {}


async def read(
    request: Request, model: type[Model], large: asyncio.Lock, as_ours: Callable[[Table], Table] = lambda table: table
) -> Read[Model]:
    """The body as `model`; `large` lets one large body in at a time. Raises ApiError naming the first wrong field.

    as_ours: makes the table that `model` knows of the one that was sent.
    """
    check_is_json(request)
    content = await request.body()
    if len(content) < _LARGE_BYTES:
        return understood(as_ours(table_of(content)), model)
    async with large:
        started = time.monotonic()
        try:
            return understood(as_ours(table_of(content)), model)
        finally:
            await asyncio.sleep(_PAUSE * (time.monotonic() - started))


async def json_of(request: Request) -> dict[str, Any]:
    """The body as a table, for an operator's few requests."""
    check_is_json(request)
    return table_of(await request.body())


def check_is_json(request: Request) -> None:
    """Raises ApiError for a body that a form of another site could send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise not_json()


def table_of(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises ApiError for anything else."""
    try:
        table = _loaded(content)
    except RecursionError:
        raise bad(None, "the body is not valid JSON: nested too deep", "bad_json") from None
    except ValueError as error:  # broken JSON, broken UTF-8, a number of thousands of digits
        told = error.msg if isinstance(error, json.JSONDecodeError) else "not UTF-8, or a number too long"
        raise bad(None, f"the body is not valid JSON: {told}", "bad_json") from None
    if not isinstance(table, dict):
        raise not_json()
    return table


def _loaded(content: bytes) -> Any:
    """Reads JSON. What orjson refuses and Python's reader takes (half a surrogate pair, NaN) is read where it is short.

    orjson is five times as fast, and nobody else is served while it works; JavaScript that cuts a text in the middle of
    an emoji sends half of a pair.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        if len(content) >= _LARGE_BYTES:
            raise
        return json.loads(content)


def understood(table: dict[str, Any], model: type[Model]) -> Read[Model]:
    """`table` as `model`. Raises ApiError naming the first field that is wrong."""
    known = known_fields(model)
    kept, num_ignored = _forgiven(table, known)
    if isinstance(kept.get("messages"), list):
        kept["messages"], more = _messages(kept["messages"])
        num_ignored += more
    if isinstance(kept.get("stream_options"), dict):
        options = known_fields(StreamOptions)
        kept["stream_options"], more = _forgiven(kept["stream_options"], options, "stream_options")
        num_ignored += more
    try:
        return Read(model.model_validate(kept), num_ignored)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False)) from None


def _forgiven(table: dict[str, Any], known: frozenset[str], path: str = "") -> tuple[dict[str, Any], int]:
    """The known fields that have a value, and how many others had one. Raises ApiError for one that may not."""
    kept: dict[str, Any] = {}
    num_ignored = 0
    for name, value in table.items():
        if name in known:
            # "" for a model, an empty table of biases: as if it had not been sent. [] may be a mistake (messages).
            if value is not None and value != "" and value != {}:
                kept[name] = value
        elif name in _HARMLESS["any_value"]:
            num_ignored += 1
        elif not _is_default(name, value):
            raise _refused(name, path)
    return kept, num_ignored


def _is_default(name: str, value: Any) -> bool:
    """Whether a field that is not known here has a value that changes nothing."""
    if value is None or value in ("", [], {}):
        return True
    defaults = _HARMLESS["default_values"].get(name, (False,))
    return any(type(value) is type(each) and value == each for each in defaults)


def _refused(name: str, path: str) -> ApiError:
    if any("\ud800" <= sign <= "\udfff" for sign in name):
        return bad(None, "the body has a field whose name is no text (half of a surrogate pair)", "half_of_a_pair")
    if name in _HARMLESS["unsupported"] or name in _HARMLESS["default_values"]:
        return bad(name, f"{name} with this value is not supported by this server", "unsupported_field")
    return unknown_field([path, name] if path else [name])


def _messages(messages: list[Any]) -> tuple[list[Any], int]:
    """Messages with the fields that are read, and how many others had a value. What is no message stays as it is."""
    if len(messages) > MAX_MESSAGES:
        return messages, 0
    known = known_fields(Message)
    kept: list[Any] = []
    num_ignored = 0
    for message in messages:
        if not isinstance(message, dict):
            return [*kept, message], num_ignored  # the check stops here as well
        num_ignored += sum(name not in known and value not in (None, "", [], {}) for name, value in message.items())
        shown = {name: value for name, value in message.items() if name in known}
        if isinstance(shown.get("content"), list):
            parts = [part for part in shown["content"][:MAX_PARTS] if isinstance(part, dict)]
            num_ignored += sum(name not in _PART_FIELDS for part in parts for name in part)
        kept.append(shown)
    return kept, num_ignored
