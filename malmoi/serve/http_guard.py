"""What every request passes before it reaches a route: host, origin, key, size and time of its body. Plain ASGI."""

import asyncio
import datetime
import functools
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malmoi.serve.engine import RequestCancelledError
from malmoi.serve.http_errors import ApiError, as_api_error, respond
from malmoi.serve.http_record import keep_request
from malmoi.serve.http_trace import Trace, close, put, route_of
from malmoi.serve.keys import NOBODY, Key, Keys
from malmoi.serve.records.stored_keys import StoredKeys
from malmoi.serve.served import ServerState
from malmoi.serve.settings import LOOPBACK_HOSTS

REQUEST_ID_HEADER = "x-request-id"
MODEL_HEADER = "x-malmoi-model"
"""Which model answered, name@version, percent-encoded where it is not ASCII."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/health", "/ready", "/version")
"""Asked by load balancers, which have no key."""
ADMIN_PATHS = ("/admin/traffic", "/admin/models", "/admin/adapters")
_SCOPES = {
    "/metrics": "metrics",
    "/tokenize": "tokens",
    "/v1/tokenize": "tokens",
    "/detokenize": "tokens",
    "/tokenizer_info": "tokens",
    "/v1/detokenize": "tokens",
    **dict.fromkeys(ADMIN_PATHS, "admin"),
}
"""The scope that a path needs, where it is not "answer"."""
_REQUESTS_A_TURN = 4
"""Requests that begin, or lose their client, in one turn of the event loop: each takes about a millisecond."""
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Rules:
    """What is let in.

    hosts: names that the Host header may carry, any if None. On loopback it keeps a web page whose own name was made to
    point at 127.0.0.1 (DNS rebinding) from reading answers. keys: needed for the interface where given. origins: other
    web pages that may ask. root_path: taken off the beginning of paths. body_s: time for a body to come.
    """

    max_body_bytes: int
    hosts: Collection[str] | None = LOOPBACK_HOSTS
    keys: Keys | StoredKeys | None = None
    origins: Collection[str] = ()
    root_path: str = ""
    body_s: float = 30.0


class Turns:
    """Lets a few through in one turn of the event loop: what streams say goes out between them, also in a flood."""

    def __init__(self, most: int = _REQUESTS_A_TURN) -> None:
        self._most = self._left = most

    async def take(self) -> None:
        """Waits for the next turn of the loop where this one is full."""
        while not self._left:
            await asyncio.sleep(0)
        if self._left == self._most:
            asyncio.get_running_loop().call_soon(self._renew)
        self._left -= 1

    def on_leaving(self, receive: Receive) -> Receive:
        """`receive` that tells in turn that the client has left: what then ends takes its time too."""

        async def told() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                await self.take()
            return message

        return told

    def _renew(self) -> None:
        self._left = self._most


class Guard:
    """ASGI middleware. An exception that no route has turned into an answer ends here as a 500 without its message."""

    def __init__(self, app: ASGIApp, rules: Rules, server: ServerState | None = None) -> None:
        self._app, self._rules, self._server, self._turns = app, rules, server, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with the error. Writes its access line when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = Trace(request_id_of(Headers(scope=scope)))
        inner = plain_scope(scope, self._rules.root_path)
        inner.setdefault("app", self._app)  # Starlette's routes raise what they refuse only where an app is named
        put(inner, trace)
        try:
            await self._turns.take()
            await self._answer(inner, self._turns.on_leaving(receive), _watched(send, trace), trace)
        finally:
            close(trace, {**inner, "method": scope["method"]}, self._server)
            if self._server is not None:
                keep_request(self._server, trace, scope["method"], route_of(inner))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, trace: Trace) -> None:
        """Checks a request, and lets the application answer it under the bounds of size and time.

        Every error becomes the one shape, unless an answer is on its way already: a status cannot be taken back.
        """
        try:
            self._check(scope, trace)
            if scope["method"] == "OPTIONS":
                await Response(status_code=204, headers={"Allow": "GET, HEAD, POST, PUT, OPTIONS"})(
                    scope, receive, send
                )
                return
            await self._app(scope, limited(receive, self._rules.max_body_bytes, self._rules.body_s), send)
        except Exception as error:
            told = as_api_error(error)
            trace.code = told.code or ""
            if not trace.has_begun:
                await respond(told)(scope, receive, send)
        except asyncio.CancelledError:
            # The server ends, and its time for answers is over: without this the client gets a 500 without a sentence.
            if trace.has_begun:
                raise
            told = as_api_error(RequestCancelledError())
            trace.code = told.code or ""
            await respond(told)(scope, receive, send)

    def _check(self, scope: Scope, trace: Trace) -> None:
        """Notes whose request it is. Raises ApiError for the first rule that it breaks: host, origin, length, key."""
        headers = Headers(scope=scope)
        if self._rules.hosts is not None and host_name(headers.get("host", "")) not in self._rules.hosts:
            message = "this server answers to its own machine only; behind a proxy, start it with --allow-host NAME"
            raise ApiError(403, message, code="foreign_host")
        if scope["method"] not in _SAFE_METHODS:
            # A web page that may ask may not change what the others are answered with.
            check_origin(headers, () if scope["path"] in ADMIN_PATHS else self._rules.origins)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._rules.max_body_bytes:
            most = self._rules.max_body_bytes
            raise ApiError(413, f"the body is larger than {most} bytes", code="body_too_large")
        keys = self._rules.keys
        if keys is None or not keys.are_needed or scope["path"] in _OPEN_PATHS or scope["method"] == "OPTIONS":
            if scope["path"] in ADMIN_PATHS:
                check_own_machine(headers)
            return
        key = keys.of(headers)
        trace.key = key or NOBODY
        try:
            check_key(key, _SCOPES.get(scope["path"], "answer"))
        except ApiError as error:
            if self._server is not None and error.status == 401:
                self._server.metrics.failed_keys.inc()
            if self._server is not None and key is not None:
                self._server.quota.refuse(key.name)
            raise


def _watched(send: Send, trace: Trace) -> Send:
    """`send` that adds the request's id and its model to the answer and notes its status."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            trace.status, trace.has_begun = message["status"], True
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = trace.request_id
            if trace.model:
                headers[MODEL_HEADER] = quote(trace.model, safe="@:/ ")
        await send(message)

    return watched


def request_id_of(headers: Headers) -> str:
    """The id that the client gave its request, where it is a plain one, or a new one."""
    given = headers.get(REQUEST_ID_HEADER, "")
    return given if _REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(16)}"


def plain_scope(scope: Scope, root_path: str) -> Scope:
    """`scope` as the routes know it: without the proxy's path and a slash at the end, and GET for HEAD.

    A redirect would lose https behind a proxy and a POST's body. The server leaves out the body of an answer to HEAD.
    """
    path = scope["path"]
    if root_path and (path == root_path or path.startswith(f"{root_path}/")):
        path = path[len(root_path) :]
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return {**scope, "path": path.rstrip("/") or "/", "method": method, "root_path": ""}


def check_key(key: Key | None, scope: str) -> None:
    """Raises ApiError for a request without a valid key, or where its key may not do this."""
    if key is None or key.revoked:
        message, scheme = "a valid API key is needed: Authorization: Bearer mm_...", {"WWW-Authenticate": "Bearer"}
        raise ApiError(401, message, code="invalid_api_key", headers=scheme)
    if key.expires is not None and datetime.datetime.now(datetime.UTC).date() > key.expires:
        raise ApiError(401, f"this API key ended on {key.expires}", code="expired_api_key")
    if scope not in key.scopes:
        raise ApiError(403, f"this API key has no scope {scope!r}", code="missing_scope", params={"scope": scope})


def check_own_machine(headers: Headers) -> None:
    """Refuses the operator's routes to whom a proxy lets in, where no key says who that is."""
    if host_name(headers.get("host", "")) in LOOPBACK_HOSTS and "x-forwarded-for" not in headers:
        return
    message = "the operator's routes can be asked through a proxy only with a key of the scope 'admin' (--keys)"
    raise ApiError(403, message, code="missing_scope", variant="proxy")


def check_origin(headers: Headers, allowed: Collection[str] = ()) -> None:
    """Refuses what a foreign web page makes a browser send (CSRF). Programs send no Origin and pass."""
    origin = headers.get("origin")
    if origin is None or origin in allowed or "*" in allowed:
        return
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        place = ""
    if not place or place != headers.get("host", ""):
        message = "this request comes from another web page; allow it with --origin ADDRESS"
        raise ApiError(403, message, code="foreign_origin")


@functools.lru_cache(maxsize=256)
def host_name(host: str) -> str:
    """The name in a Host header, without port: "[::1]:8600" gives "::1". Empty for a malformed one."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def limited(receive: Receive, max_body_bytes: int, body_s: float) -> Receive:
    """`receive`, ending with 413 once the body is too large, whatever its Content-Length said, and with 408 when it
    has not come whole after `body_s`.
    """
    received, is_whole, deadline = 0, False, asyncio.get_running_loop().time() + body_s

    async def counted() -> Message:
        nonlocal received, is_whole
        if is_whole:  # what is awaited now is that the client leaves
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {body_s:g} seconds") from None
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if received > max_body_bytes:
            # FastAPI passes only this kind of exception on from where it reads the body.
            raise HTTPException(413, f"the body is larger than {max_body_bytes} bytes")
        return message

    return counted
