"""What every request passes before it reaches a route: host, origin, key, size of the body. Plain ASGI."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malmoi.serve.http_errors import ApiError, as_api_error, respond
from malmoi.serve.keys import Keys
from malmoi.serve.settings import LOOPBACK_HOSTS

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Rules:
    """What is let in.

    hosts: names that the Host header may carry, any if None. On loopback it keeps a web page whose own name was made to
    point at 127.0.0.1 (DNS rebinding) from reading answers. keys: needed for /v1 where given.
    """

    max_body_bytes: int
    hosts: Collection[str] | None = LOOPBACK_HOSTS
    keys: Keys | None = None


class Guard:
    """ASGI middleware. An exception that no route has turned into an answer ends here as a 500 without its message."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with the error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, limited(receive, self._rules.max_body_bytes), watched)
        except Exception as error:
            answer = respond(as_api_error(error))
            if not has_started:
                await answer(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raises ApiError for the first rule that a request breaks: host, origin, announced length, key."""
        headers = Headers(scope=scope)
        if self._rules.hosts is not None and host_name(headers.get("host", "")) not in self._rules.hosts:
            raise ApiError(403, "this server answers to its own machine only", code="foreign_host")
        if scope["method"] not in _SAFE_METHODS:
            check_origin(headers)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._rules.max_body_bytes:
            raise ApiError(413, f"the body is larger than {self._rules.max_body_bytes} bytes", code="body_too_large")
        if self._rules.keys is not None and scope["path"].startswith("/v1"):
            check_key(headers, self._rules.keys)


def check_key(headers: Headers, keys: Keys) -> None:
    """Refuses a request without one of `keys`."""
    if keys.name_of(headers.get("authorization", "")) is None:
        message, scheme = "a valid API key is needed: Authorization: Bearer mm_...", {"WWW-Authenticate": "Bearer"}
        raise ApiError(401, message, code="invalid_api_key", headers=scheme)


def check_origin(headers: Headers) -> None:
    """Refuses what a foreign web page makes a browser send (CSRF). Programs send no Origin and pass."""
    origin = headers.get("origin")
    if origin is None:
        return
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        place = ""
    if not place or place != headers.get("host", ""):
        raise ApiError(403, "this request comes from another web page", code="foreign_origin")


def host_name(host: str) -> str:
    """The name in a Host header, without port: "[::1]:8600" gives "::1". Empty for a malformed one."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def limited(receive: Receive, max_body_bytes: int) -> Receive:
    """`receive`, ending with 413 once the body is too large, whatever its Content-Length said."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > max_body_bytes:
            # FastAPI passes only this kind of exception on from where it reads the body.
            raise HTTPException(413, f"the body is larger than {max_body_bytes} bytes")
        return message

    return counted
