"""One shape for every error that a client sees: OpenAI's, with `params`, the values of its sentence, and `variant`.

The errors.json of each room has the sentences of its codes in Korean and English; where one code means several things,
of "code.variant". The interface shows them by code. Prompts never appear in logs: exceptions are logged bare.
"""

import json
import logging
import math
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from malmoi.cards.render import InputError
from malmoi.kit.errors import UserError, bare
from malmoi.kit.hangul import particle
from malmoi.serve.engine import EngineDownError, OverloadedError, RequestCancelledError
from malmoi.serve.http_trace import trace_of

_log = logging.getLogger("malmoi.serve")

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}

Values = dict[str, Any]
"""A text, a number, or {"ko", "en"} for a word that is another one in each language, by its name in the sentence."""

_SENTENCES: dict[str, dict[str, str]] = {
    code: both
    for path in sorted(Path(__file__).parents[1].glob("*/errors.json"))
    for code, both in json.loads(path.read_text(encoding="utf-8")).items()
}
_PLACE = re.compile(r"\{(\w+)(?::([^}]+))?\}")
_SHOWN_CHARACTERS = 40
_PLACES = ("body", "query", "path")
"""FastAPI writes where a field came from before its path."""


@dataclass(eq=False)
class ApiError(Exception):
    """Ends a request with `status`. `param` names the field that was wrong. message: for the author of a client.

    message_ko: in Korean, where it is another sentence than errors.json has for the code.
    """

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    message_ko: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    variant: str | None = None
    params: Values = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The body that OpenAI's clients understand, with a Korean sentence beside it where there is one."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        error: Values = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        told = {"message_ko": self.message_ko or self._korean(), "variant": self.variant, "params": self.params}
        return {"error": error | {name: value for name, value in told.items() if value}}

    def _korean(self) -> str | None:
        sentence = _SENTENCES.get(f"{self.code}.{self.variant}" if self.variant else self.code or "", {}).get("ko")
        return sentence and _filled(sentence, {"param": self.param or "", **self.params})


def _filled(sentence: str, values: Values) -> str:
    """A Korean sentence with its {name}s and {name:을/를}s, as the interface's text/josa.js fills them."""

    def written(found: re.Match[str]) -> str:
        value = values[found[1]]
        if isinstance(value, dict):
            value = value["ko"]
        word = f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
        return word + particle(word[-1:] or " ", found[2]) if found[2] else word

    return _PLACE.sub(written, sentence)


def bad(
    param: str | None, message: str, code: str = "bad_value", variant: str | None = None, **params: Any
) -> ApiError:
    """A 400 that names the field. params: the values of its sentence."""
    return ApiError(400, message, param, code, variant=variant, params=params)


def unexpected(error: Exception) -> ApiError:
    """A 500 with an id that the log has too. The log gets type and place, never the message: it may hold a prompt."""
    reference = uuid.uuid4().hex[:12]
    _log.error("request failed, id %s: %s", reference, bare(error))
    message = f"the server failed; the operator finds the reason under id {reference}"
    return ApiError(500, message, code="internal", params={"reference": reference})


_ENGINE_CODES: dict[type[Exception], tuple[str, str]] = {
    OverloadedError: ("overloaded", "the engine has no room now; try again soon"),
    RequestCancelledError: ("cancelled", "the request was ended by the server"),
    EngineDownError: ("engine_down", "the engine has failed or hangs"),
}
"""The protocol's named errors (malmoi/serve/engine.py) as code and sentence; all are a 503."""
_RETRY_AFTER_S = "5"


def _of_engine(error: Exception) -> ApiError | None:
    """One of the engine's named errors. Its own message stays in the log of the engine."""
    for kind, (code, message) in _ENGINE_CODES.items():
        if isinstance(error, kind):
            retry_s = getattr(error, "retry_s", None)
            headers = {"Retry-After": _RETRY_AFTER_S if retry_s is None else str(math.ceil(retry_s))}
            return ApiError(503, message, None, code, headers=headers)
    return None


_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 408: "body_too_slow", 413: "body_too_large"}
"""What the framework and the guard end a request with by its status alone."""


def as_api_error(error: Exception) -> ApiError:
    """Any exception as the error that a client sees."""
    if isinstance(error, ApiError):
        return error
    if (told := _of_engine(error)) is not None:
        return told
    if isinstance(error, HTTPException):
        code = _HTTP_CODES.get(error.status_code, "refused")
        return ApiError(error.status_code, str(error.detail), code=code, headers=dict(error.headers or {}))
    if isinstance(error, ClientDisconnect):
        return ApiError(499, "the client has left", code="client_left")
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    if isinstance(error, InputError):
        return ApiError(400, str(error), f"inputs.{error.name}", error.problem, params=error.params)
    return bad(None, str(error), "refused") if isinstance(error, UserError) else unexpected(error)


def respond(error: ApiError) -> JSONResponse:
    """The response for an error."""
    return JSONResponse(error.to_json(), status_code=error.status, headers=error.headers)


def add_error_handlers(app: FastAPI) -> None:
    """Gives every error of `app` the one shape."""
    for kind in (*_ENGINE_CODES, ApiError, UserError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    told = as_api_error(error)
    trace_of(request).code = told.code or ""
    return respond(told)


_FIELD_CODES = {
    "missing": "field_missing",
    "greater_than_equal": "number_too_low",
    "less_than_equal": "number_too_high",
    "greater_than": "number_not_above",
    "less_than": "number_not_below",
    "int_type": "not_a_number",
    "int_parsing": "not_a_number",
    "int_from_float": "not_whole",
    "float_type": "not_a_number",
    "float_parsing": "not_a_number",
    "finite_number": "not_a_number",
    "string_type": "not_a_text",
    "string_unicode": "half_of_a_pair",
    "bool_type": "not_true_or_false",
    "bool_parsing": "not_true_or_false",
    "list_type": "not_a_list",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "dataclass_type": "not_an_object",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "too_short": "too_few",
    "string_too_short": "too_few",
    "too_long": "too_many",
    "string_too_long": "text_too_long",
}
"""Pydantic's types of errors as codes. A PydanticCustomError of our own has its code for its type."""
_VALUE_NAMES = {
    "ge": "least",
    "min_length": "least",
    "gt": "bound",
    "lt": "bound",
    "le": "most",
    "max_length": "most",
    "expected": "choices",
}
"""Pydantic's names of values as those in our sentences."""


def invalid(problems: Any) -> ApiError:
    """The first of Pydantic's complaints as one line with the path of the field."""
    problem = problems[0]
    context = problem.get("ctx", {})
    if problem["type"] == "json_invalid":
        return bad(None, f"the body is not valid JSON: {context.get('error', 'unreadable')}", "bad_json")
    parts = list(problem["loc"])
    if parts and parts[0] in _PLACES:
        del parts[0]
    if problem["type"] == "unknown_field":
        return unknown_field([*parts, context["name"]])
    if problem["type"] == "field_missing":
        parts.append(context["name"])
    param = _path(parts)
    if not param and problem["type"] == "string_unicode":
        return bad(None, "the body has a field whose name is no text (half of a surrogate pair)", "half_of_a_pair")
    if not param:
        return not_json()
    message = f"{param}{_shown(problem.get('input'))}: {problem['msg'].removeprefix('Value error, ')}"
    values = {_VALUE_NAMES.get(name, str(name)): value for name, value in context.items() if name != "error"}
    own = "bad_value" if problem["type"] == "value_error" else problem["type"]
    code = _FIELD_CODES.get(own) or (own if own in _SENTENCES else "bad_value")
    return bad(param, message, code, **values)


def not_json() -> ApiError:
    """A page of another site can post plain text without asking the browser's permission, but not JSON."""
    return bad(None, "the body must be a JSON object sent with Content-Type: application/json", "not_json")


def unknown_token(field: str, most: int) -> ApiError:
    """A token id that the model does not know."""
    return bad(field, f"{field} has a token id above {most}", "unknown_token", most=most)


def unknown_field(parts: list[Any]) -> ApiError:
    """A field that does not exist. Its name may be any text, and as long as the body."""
    name = str(parts[-1])[:_SHOWN_CHARACTERS]
    param = ".".join(part for part in (_path(parts[:-1]), name) if part)
    shown = param if name.isidentifier() else repr(param)
    return bad(param, f"{shown} is not a field that this server knows", "unknown_field")


def _path(parts: list[Any]) -> str:
    """messages, 0, content -> messages[0].content. Names that Pydantic adds for a branch of a union are left out."""
    result = ""
    for part in parts:
        if isinstance(part, int):
            result += f"[{part}]"
        elif part.isidentifier() and part not in ("str", "int", "float", "bool"):
            result += f".{part}" if result else part
    return result


def _shown(value: Any) -> str:
    """` is <value>` for a short plain value: enough to see the mistake, never a prompt."""
    if value is None or isinstance(value, (bool, int, float)):
        return f" is {value!r}"
    return f" is {value!r}" if isinstance(value, str) and len(value) <= _SHOWN_CHARACTERS else ""
