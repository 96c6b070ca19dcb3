"""Asking a server over HTTP and reading what it sends, with a bound on all that it could send or keep us waiting.

Nothing but what the recipe says goes anywhere: redirects are refused, proxies and .netrc of the environment are not
read, and each request has a connection of its own, so that ending it early ends the work there.
"""

import asyncio
import contextlib
import json
import re
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from malmoi.serve.engine import EngineDownError
from malmoi.serve.remote.settings import Limits
from malmoi.serve.remote.wire import error_in, error_of

_BREAK = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""Ends of lines in server-sent events. A \\r that is last may be the half of a \\r\\n."""
_DONE = "[DONE]"


@dataclass(frozen=True)
class Remote:
    """Where to ask. headers: with the key; they are in no message, and this object is not to be shown."""

    address: str
    headers: dict[str, str]
    limits: Limits

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()  # 20 ms, once

    @property
    def _options(self) -> dict[str, Any]:
        """How every connection is made: to this address alone, with nothing of the environment."""
        return {
            "base_url": self.address,
            # identity: a small reply cannot become a large one.
            "headers": {**self.headers, "Accept-Encoding": "identity", "Connection": "close"},
            "verify": self._tls,
            "trust_env": False,
            "follow_redirects": False,
        }

    def __repr__(self) -> str:
        return f"Remote({self.address})"

    def ask(self, path: str, body: Any = None, wait_s: float | None = None) -> Any:
        """A whole reply, for the time before there is a loop, with `wait_s` in all. Raises one of the named errors."""
        limit_s = self.limits.first_s if wait_s is None else wait_s
        times = httpx.Timeout(limit_s, connect=min(limit_s, self.limits.connect_s))
        ends_s = time.monotonic() + limit_s  # httpx gives each byte a time of its own
        try:
            with (
                httpx.Client(timeout=times, **self._options) as client,
                client.stream("GET" if body is None else "POST", path, json=body) as response,
            ):
                content = bytearray()
                for part in response.iter_raw():
                    content += part
                    self._check(content)
                    if time.monotonic() > ends_s:
                        raise EngineDownError(f"the remote server has not sent a whole answer in {limit_s:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise lost(error) from None
        return _understood(response, content)

    def status(self, path: str, wait_s: float) -> int:
        """The status of a short GET whose content does not count; 0 where nothing answers, 408 where not in time."""

        async def look() -> int:
            async with (
                asyncio.timeout(wait_s),  # of httpx itself each byte has a time of its own
                httpx.AsyncClient(timeout=wait_s, **self._options) as client,
                client.stream("GET", path) as response,
            ):
                return response.status_code

        try:
            return asyncio.run(look())
        except (TimeoutError, httpx.TimeoutException):
            return 408
        except httpx.HTTPError:
            return 0

    async def reply(self, path: str, body: Any) -> Any:
        """A whole reply as JSON. Raises one of the named errors."""
        content = bytearray()
        try:
            async with asyncio.timeout(self.limits.first_s), self._sent(path, body) as response:
                async for part in response.aiter_raw():
                    content += part
                    self._check(content)
        except TimeoutError:
            raise EngineDownError(f"the remote server has not answered for {self.limits.first_s:.0f} s") from None
        except httpx.HTTPError as error:
            raise lost(error) from None
        return _understood(response, content)

    async def events(self, path: str, body: Any) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a stream, to its end. Raises one of the named errors, also for one that an event tells.

        Closing it ends the connection. How long is waited is the caller's business.
        """
        try:
            async with self._sent(path, body) as response:
                kind = response.headers.get("content-type", "")
                if response.status_code != 200 or "text/event-stream" not in kind:
                    content = bytearray()
                    async for part in response.aiter_raw():
                        content += part
                        self._check(content)
                    _understood(response, content)
                    raise EngineDownError(f"the remote server answers no stream but {kind[:40]!r}")
                async for data in self._data(response.aiter_raw()):
                    if data == _DONE:
                        return
                    event = _json(data)
                    if (error := error_in(event)) is not None:
                        raise error
                    yield event
        except httpx.HTTPError as error:
            raise lost(error) from None

    @contextlib.asynccontextmanager
    async def _sent(self, path: str, body: Any) -> AsyncIterator[httpx.Response]:
        """A POST whose reply is read as it comes. Connecting and sending have a time; reading has the caller's."""
        times = httpx.Timeout(None, connect=self.limits.connect_s, write=self.limits.connect_s)
        async with (
            httpx.AsyncClient(timeout=times, **self._options) as client,
            client.stream("POST", path, json=body) as response,
        ):
            yield response

    async def _data(self, parts: AsyncIterator[bytes]) -> AsyncIterator[str]:
        """The `data` of each event. Raises EngineDownError where one is longer than may be."""
        waiting, lines = b"", list[bytes]()
        async for part in parts:
            *whole, waiting = _BREAK.split(waiting + part)
            for line in whole:
                if not line and lines:
                    yield _text(b"\n".join(lines))
                    lines = []
                elif line.startswith(b"data:"):
                    lines.append(line[5:].removeprefix(b" "))
            if len(waiting) + sum(map(len, lines)) > self.limits.line_bytes:
                raise EngineDownError(f"the remote server sent an event of more than {self.limits.line_bytes} bytes")
        if lines:
            yield _text(b"\n".join(lines))

    def _check(self, content: bytearray) -> None:
        """Raises EngineDownError for a reply that is longer than any that was asked for could be."""
        if len(content) > self.limits.reply_bytes:
            raise EngineDownError(f"the remote server sent more than {self.limits.reply_bytes} bytes")


def lost(error: Exception) -> EngineDownError:
    """A fault of the connection. Its own text is left out, for it may hold the address."""
    return EngineDownError(f"the connection to the remote server failed: {type(error).__name__}")


def _understood(response: httpx.Response, content: bytearray) -> Any:
    """A whole reply as JSON. Raises one of the named errors for its status, or for one that it tells."""
    if response.status_code != 200:
        raise error_of(response.status_code, bytes(content), response.headers.get("retry-after"))
    found = _json(_text(content))
    if (error := error_in(found)) is not None:
        raise error
    return found


def _text(content: bytes | bytearray) -> str:
    """Bytes as UTF-8. Raises EngineDownError: what is none comes from something else than a server of models."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise EngineDownError("the remote server sent what is no UTF-8") from None


def _json(text: str) -> Any:
    """JSON of any depth that Python reads. Raises EngineDownError, without a word of what was sent."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise EngineDownError("the remote server sent what is no JSON (a page of a proxy?)") from None
