"""Server-sent events that end when the client leaves, and work that is given up when it does."""

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Mapping
from typing import Any, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from malmoi.kit.errors import UserError
from malmoi.serve.admission import FullError, Place
from malmoi.serve.http_choices import Said
from malmoi.serve.http_errors import ApiError, as_api_error, bad
from malmoi.serve.http_replies import Form
from malmoi.serve.http_trace import Trace
from malmoi.serve.keys import ANYONE, Key
from malmoi.serve.quota import OverQuotaError
from malmoi.serve.served import Served, ServerState

T = TypeVar("T")

DONE = "data: [DONE]\n\n"
TIMEOUT_HEADER = "x-request-timeout"
"""Seconds that a client waits for its answer to begin."""
_MOST_TIMEOUT_S = 86_400.0
COMMENT = ": the answer is being made\n\n"
"""Clients skip a line that begins with a colon; proxies, which cut what is silent for a minute, see that it lives."""


def check_draining(server: ServerState) -> None:
    """Raises ApiError 503 where the server is going away."""
    if server.is_draining:
        headers = {"Retry-After": str(math.ceil(server.settings.web.drain_s)), "Connection": "close"}
        message = "the server finishes what it has begun and takes nothing new"
        raise ApiError(503, message, code="draining", headers=headers)


def take_place(served: Served, num_answers: int = 1, key: Key = ANYONE, within_s: float | None = None) -> Place:
    """A place for one more request, which is to begin `within_s` from now.

    Raises ApiError 429 where there is none, 503 where it cannot begin in time.
    """
    try:
        served.server.quota.begin(key)
        return served.admission.take(key.name, min(num_answers, served.admission.slots), within_s)
    except (FullError, OverQuotaError) as error:
        raise told(error) from None


def timeout_of(request: Request, sent: float | None) -> float | None:
    """Seconds that a client waits: `timeout` of its body, or its header. Raises ApiError where that is no time."""
    text = request.headers.get(TIMEOUT_HEADER) if sent is None else str(sent)
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) <= _MOST_TIMEOUT_S:
            return seconds
    field = TIMEOUT_HEADER if sent is None else "timeout"
    message = f"{field} is {text[:40]!r}; expected seconds above 0, at most {_MOST_TIMEOUT_S:g}"
    raise bad(field, message, "bad_timeout", most=int(_MOST_TIMEOUT_S))


def hold_tokens(served: Served, place: Place, trace: Trace, prompt_tokens: int, most_tokens: int) -> None:
    """Counts what a request can use at most; the guard settles it. Raises FullError or OverQuotaError."""
    trace.prompt_tokens = prompt_tokens
    place.hold_tokens(most_tokens)
    served.server.quota.reserve(trace.key, most_tokens)
    trace.reserved_tokens = most_tokens


def told(error: BaseException, param: str | None = None) -> BaseException:
    """What stopped a request, as the error that its client sees."""
    if isinstance(error, FullError):
        return _full(error)
    if isinstance(error, OverQuotaError):
        return _over_quota(error)
    return bad(param, str(error), "refused") if isinstance(error, UserError) else error


def _full(error: FullError) -> ApiError:
    """A 429 that says when a place is likely; a 503 where the client would not have waited so long."""
    if error.is_late:
        headers = {"Retry-After": str(error.retry_s)}
        return ApiError(503, error.reason, TIMEOUT_HEADER, "deadline", headers=headers)
    headers = {"Retry-After": str(error.retry_s)}
    message = f"{error.reason}; try again in {error.retry_s} s"
    return ApiError(429, message, code="queue_full", headers=headers, params={"seconds": error.retry_s})


def _over_quota(error: OverQuotaError) -> ApiError:
    """A 429 that names the limit of the key, and says when it allows more."""
    if not math.isfinite(error.wait_s):
        message = f"this request alone is more than this API key's {error.limit}"
        return ApiError(429, message, code="rate_limit_exceeded", variant="one_request")
    headers = {"Retry-After": str(math.ceil(error.wait_s))}
    message = f"this API key has used its {error.limit}"
    return ApiError(429, message, code="rate_limit_exceeded", headers=headers)


def event(content: Any) -> str:
    """One server-sent event. JSON escapes line breaks, so it is always one line."""
    return f"data: {orjson.dumps(content).decode()}\n\n"


async def lines(first: Said, rest: AsyncIterator[Said], form: Form) -> AsyncIterator[str]:
    """What the answers say as server-sent events, as OpenAI's clients expect them, up to [DONE]."""
    counts: dict[int, int] = {}  # tokens of each answer so far; one that is here has begun
    for line in _said_lines(first, form, counts):
        yield line
    async for each in rest:
        for line in _said_lines(each, form, counts):
            yield line
    if form.head.usage != "none":
        yield event(form.closing(sum(counts.values())))
    yield DONE


def _said_lines(each: Said, form: Form, counts: dict[int, int]) -> list[str]:
    """The events of one piece; a comment where there was none for a while."""
    if each.piece is None:
        return [COMMENT]
    opening = form.opening(each.index) if each.index not in counts else None
    counts[each.index] = each.piece.num_tokens
    chunk = event(form.chunk(each.index, each.piece, sum(counts.values())))
    return [chunk] if opening is None else [event(opening), chunk]


class EventStream(StreamingResponse):
    """Streams events, then closes their source and releases the request's place, however it ends.

    The source is closed here and not left to it, because a generator that was never begun runs no `finally`.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        lines: AsyncIterator[str],
        source: AsyncGenerator[Any, None],
        place: Place,
        headers: Mapping[str, str] | None = None,
        last: str = "",
        trace: Trace | None = None,
        server: ServerState | None = None,
    ) -> None:
        """last: the line that ends a stream, also one that has failed. trace: learns of it then. server: may cut it."""
        shown = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})}
        super().__init__(_ending_well(lines, last, trace, server), headers=shown)
        self._source, self._place = source, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._source.aclose()
            self._place.release()


async def until_gone(request: Request, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """The result of `work`, which is cancelled if the client leaves first (then ApiError 499, which nobody sees)."""
    task = asyncio.current_task()
    assert task is not None
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        has_left = True
        task.cancel()

    watching = asyncio.create_task(watch())
    try:
        return await work
    except asyncio.CancelledError:
        if not has_left or task.uncancel():  # the server ends, and cancels all
            raise
        raise ApiError(499, "the client has left", code="client_left") from None
    finally:
        watching.cancel()


async def _ending_well(
    lines: AsyncIterator[str], last: str, trace: Trace | None, server: ServerState | None
) -> AsyncIterator[str]:
    """`lines`, with an error event and `last` at the end where they fail: the status was sent long before.

    So also where the server cuts them at the end of its time (ServerState.cut_streams).
    """
    task = asyncio.current_task()
    if server is not None and task is not None:
        server.streams.add(task)
        task.add_done_callback(server.streams.discard)
    try:
        async for line in lines:
            yield line
    except (Exception, asyncio.CancelledError) as error:
        failure = as_api_error(error) if isinstance(error, Exception) else _cut()
        if isinstance(error, asyncio.CancelledError):
            if server is None or not server.is_cut or task is None:
                raise
            task.uncancel()
        if trace is not None:  # the access line and the metrics say what came of it, not that it began well
            trace.status, trace.code = failure.status, failure.code or ""
        yield event({"type": "error", **failure.to_json()})
        yield last


def _cut() -> ApiError:
    """What a stream that has begun says when the server ends before it: the status has gone out as 200 long ago."""
    return ApiError(503, "the server has ended before this answer did", code="draining", variant="cut")
