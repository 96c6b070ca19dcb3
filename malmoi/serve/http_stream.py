"""Server-sent events that end when the client leaves, and work that is given up when it does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from malmoi.serve.http_errors import ApiError, as_api_error
from malmoi.serve.served import Place, Served

T = TypeVar("T")

RETRY_AFTER_S = 5


def take_place(served: Served) -> Place:
    """A place for one more request. Raises ApiError 429 where there is none."""
    if served.is_full:
        message = "all slots and the queue are full; try again soon"
        korean = "지금 요청이 많아요. 잠시 뒤에 다시 시도해 주세요."
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        raise ApiError(429, message, code="queue_full", message_ko=korean, headers=headers)
    return Place(served)


def event(content: Any) -> str:
    """One server-sent event. JSON escapes line breaks, so it is always one line."""
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


class EventStream(StreamingResponse):
    """Streams events, then closes their source and releases the request's place, however it ends.

    The source is closed here and not left to it, because a generator that was never begun runs no `finally`.
    """

    def __init__(self, lines: AsyncIterator[str], source: AsyncGenerator[Any, None], place: Place) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_ending_well(lines), media_type="text/event-stream", headers=headers)
        self._source, self._place = source, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._place.release()
            await self._source.aclose()


async def until_gone(request: Request, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """The result of `work`, which is cancelled if the client leaves first (then ApiError 499, which nobody sees)."""
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ApiError(499, "the client has left")
        return task.result()
    finally:
        watch.cancel()
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _ending_well(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """`lines`, with an error event at the end where they fail: the status was sent long before."""
    try:
        async for line in lines:
            yield line
    except Exception as error:
        yield event({"type": "error", **as_api_error(error).to_json()})
