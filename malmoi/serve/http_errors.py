"""One shape for every error that a client sees: OpenAI's. Prompts never appear in logs: exceptions are logged bare."""

import functools
import logging
import math
import re
import tomllib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from malmoi.kit.errors import UserError, bare
from malmoi.serve.engine import EngineDownError, OverloadedError, RequestCancelledError
from malmoi.serve.http_trace import trace_of

_log = logging.getLogger("malmoi.serve")

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}

_KOREAN = tomllib.loads(Path(__file__).with_name("korean.toml").read_text(encoding="utf-8"))
_SHOWN_CHARACTERS = 40
_PLACES = ("body", "query", "path")
"""FastAPI writes where a field came from before its path."""


@dataclass(eq=False)
class ApiError(Exception):
    """Ends a request with `status`. `param` names the field that was wrong. message_ko: the message in Korean."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    message_ko: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The body that OpenAI's clients understand, with a Korean sentence beside it where there is one."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        if korean := self.message_ko or korean_of(self.message, self.param):
            error["message_ko"] = korean
        return {"error": error}


def korean_of(message: str, param: str | None) -> str | None:
    """The server's own English sentence in Korean, by korean.toml; None for one that it does not know, of no field."""
    for expression, sentence in _sentences():
        if found := expression.fullmatch(message):
            return sentence.format(*found.groups(), param=param)
    return _KOREAN["field"].format(param=param) if param else None


@functools.cache
def _sentences() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(expression, re.DOTALL), sentence) for expression, sentence in _KOREAN["sentences"]]


def bad(param: str | None, message: str, code: str | None = None) -> ApiError:
    """A 400 that names the field."""
    return ApiError(400, message, param, code)


def unexpected(error: Exception) -> ApiError:
    """A 500 with an id that the log has too. The log gets type and place, never the message: it may hold a prompt."""
    reference = uuid.uuid4().hex[:12]
    _log.error("request failed, id %s: %s", reference, bare(error))
    message = f"the server failed; the operator finds the reason under id {reference}"
    korean = f"서버에 문제가 생겼어요. 운영자에게 이 번호를 알려 주세요: {reference}"
    return ApiError(500, message, code="internal", message_ko=korean)


_ENGINE: dict[type[Exception], tuple[int, str, str, str]] = {
    OverloadedError: (503, "overloaded", "the engine has no room now; try again soon", "지금은 자리가 없어요."),
    RequestCancelledError: (503, "cancelled", "the request was ended by the server", "서버가 요청을 끝냈어요."),
    EngineDownError: (503, "engine_down", "the engine has failed or hangs", "모델이 멈췄어요. 운영자에게 알려 주세요."),
}
"""The protocol's named errors (malmoi/serve/engine.py) as status, code and sentences."""
_RETRY_AFTER_S = "5"


def _of_engine(error: Exception) -> ApiError | None:
    """One of the engine's named errors. Its own message stays in the log of the engine."""
    for kind, (status, code, message, korean) in _ENGINE.items():
        if isinstance(error, kind):
            retry_s = getattr(error, "retry_s", None)
            headers = {"Retry-After": _RETRY_AFTER_S if retry_s is None else str(math.ceil(retry_s))}
            return ApiError(status, message, None, code, korean, headers)
    return None


def as_api_error(error: Exception) -> ApiError:
    """Any exception as the error that a client sees."""
    if isinstance(error, ApiError):
        return error
    if (told := _of_engine(error)) is not None:
        return told
    if isinstance(error, HTTPException):
        return ApiError(error.status_code, str(error.detail), headers=dict(error.headers or {}))
    if isinstance(error, ClientDisconnect):
        return ApiError(499, "the client has left")
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    return bad(None, str(error)) if isinstance(error, UserError) else unexpected(error)


def respond(error: ApiError) -> JSONResponse:
    """The response for an error."""
    return JSONResponse(error.to_json(), status_code=error.status, headers=error.headers)


def add_error_handlers(app: FastAPI) -> None:
    """Gives every error of `app` the one shape."""
    for kind in (*_ENGINE, ApiError, UserError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    told = as_api_error(error)
    trace_of(request).code = told.code or ""
    return respond(told)


def invalid(problems: Any) -> ApiError:
    """The first of Pydantic's complaints as one line with the path of the field."""
    problem = problems[0]
    context = problem.get("ctx", {})
    if problem["type"] == "json_invalid":
        return bad(None, f"the body is not valid JSON: {context.get('error', 'unreadable')}")
    parts = list(problem["loc"])
    if parts and parts[0] in _PLACES:
        del parts[0]
    if problem["type"] == "unknown_field":
        return unknown_field([*parts, context["name"]])
    if problem["type"] == "missing_content":
        parts.append(context["name"])
    param = _path(parts)
    if not param and problem["type"] == "string_unicode":
        return bad(None, "the body has a field whose name is no text (half of a surrogate pair)")
    if not param:
        return bad(None, "the body must be a JSON object sent with Content-Type: application/json")
    message = problem["msg"].removeprefix("Value error, ")
    return bad(param, f"{param}{_shown(problem.get('input'))}: {message}")


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
