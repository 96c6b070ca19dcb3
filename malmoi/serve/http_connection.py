"""One connection of a client: uvicorn's own, which by itself waits for ever for what half came and what is not taken.

A head (request line and headers) has a time to come whole, an answer has a time to be taken. What misses it is cut: the
request behind it then ends as if its client had left, and its place is free. The body's time is kept by the guard,
which can still answer.
"""

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEAD_BYTES = 64 * 1024
_MOST_PIPELINED = 256
_SMALL_CHUNKS = 1_000
_SMALL_CHUNK_BYTES = 256


class OneWrite:
    """A transport that sends what is written in one turn of the event loop at once: an answer's head and body, the last
    events of a stream and its end. Each send costs a call into the system, and wakes the client.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._held = transport, loop, list[bytes]()
        self.is_closing, self.get_extra_info = transport.is_closing, transport.get_extra_info
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading
        self.set_protocol, self.abort = transport.set_protocol, transport.abort

    def write(self, data: bytes) -> None:
        """Sends `data` with the end of this turn."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)

    def close(self) -> None:
        """Sends what is held, then closes."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Sends what is held."""
        held, self._held = b"".join(self._held), []
        if held:
            self._transport.write(held)


class Connection(HttpToolsProtocol):
    """Cuts a client that has sent half a head for `head_s`, or taken nothing for `send_s`.

    What it sends without end is refused as no HTTP: a head above `_MOST_HEAD_BYTES` (llhttp has no bound of its own),
    a body in very many small chunks, requests in a row whose answers it does not await. Each chunk and each request
    costs what a large one does: a body of 100,000 chunks of one byte held up every stream for 4.9 s.
    """

    head_s = send_s = 0.0

    _head_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None
    _head_bytes = _small_chunks = 0
    _is_in_head = _is_in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come: its first head is awaited."""
        super().connection_made(transport)
        self.transport = OneWrite(transport, self.loop)  # type: ignore[assignment]
        self._head_timer = self.loop.call_later(self.head_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has left: nothing is awaited any more."""
        self._head_timer, self._send_timer = _ended(self._head_timer), _ended(self._send_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More has come."""
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        self._watch_head()

    def _parse(self, data: bytes) -> None:
        """Raises HttpParserError for what is no HTTP, and for what one of the callbacks below refuses."""
        assert self.parser is not None
        was_in_head = self._is_in_head
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Java's client asks for HTTP/2 with its first request. The parser takes the body for the other protocol's,
            # so the request is read anew as one that asks for none.
            head = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
            for name, value in self.headers:
                head += [name, b": ", value, b"\r\n"] if name != b"upgrade" else []
            self.parser = httptools.HttpRequestParser(self)
            self._parse(b"".join(head) + b"\r\n" + data[upgrade.args[0] :])
            return
        if self._is_in_head and was_in_head:  # a header that goes on and on is told by no callback
            self._count_head(len(data))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._is_in_head, self._head_bytes, self._small_chunks = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """The path, or the next part of it."""
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count_head(len(name) + len(value) + len(": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request is known: it begins, or waits for those before it."""
        assert self.parser is not None
        if self.parser.get_method() == b"CONNECT":
            raise httptools.HttpParserError("this is no proxy")
        if self.parser.should_upgrade():
            return
        self._is_in_head, self._is_in_body = False, True
        if sum(name == b"host" for name, _ in self.headers) != 1 and self.parser.get_http_version() == "1.1":
            raise httptools.HttpParserError("HTTP/1.1 asks for one Host header (RFC 9112, 3.2)")
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise httptools.HttpParserError(f"more than {_MOST_PIPELINED} requests wait")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of a body."""
        if len(body) < _SMALL_CHUNK_BYTES:
            self._small_chunks += 1
            if self._small_chunks > _SMALL_CHUNKS:
                raise httptools.HttpParserError(f"more than {_SMALL_CHUNKS} chunks of less than {_SMALL_CHUNK_BYTES} B")
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        if self._is_in_body:
            self._is_in_body = False
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is whole, and leaves before it is counted and logged.

        Half of the next head may have come with its request, and nothing may follow.
        """
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()
        self._watch_head()

    def _count_head(self, num_bytes: int) -> None:
        """Raises HttpParserError for a head that is too long."""
        self._head_bytes += num_bytes
        if self._head_bytes > _MOST_HEAD_BYTES:
            raise httptools.HttpParserError(f"a head of more than {_MOST_HEAD_BYTES} bytes")

    def _watch_head(self) -> None:
        """The timer runs while a head is not whole, and while a body goes on that was answered already.

        Between requests the time to keep the connection runs; any byte ends it, an empty line before a head too.
        """
        is_idle = self.cycle is None or self.cycle.response_complete
        is_half = self._is_in_head or (is_idle and (self._is_in_body or self.timeout_keep_alive_task is None))
        if not is_half:
            self._head_timer = _ended(self._head_timer)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP. The request whose body it was to be has lost its client: no second answer follows."""
        has_answered = self._is_in_body and self.cycle is not None and self.cycle.response_started
        if self.cycle is not None and not self.cycle.response_complete:
            has_answered = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.pipeline.clear()
        if has_answered:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def timeout_keep_alive_handler(self) -> None:
        """Closing waits until the client has taken what was written, which it may never do."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.send_s, self.transport.abort)

    def pause_writing(self) -> None:
        """64 KiB wait to be taken (asyncio's bound)."""
        super().pause_writing()
        self._send_timer = self.loop.call_later(self.send_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        self._send_timer = _ended(self._send_timer)


def connection_class(head_s: float, send_s: float) -> type[HttpToolsProtocol]:
    """A connection with these times, in the form that uvicorn takes."""
    return type("Connection", (Connection,), {"head_s": head_s, "send_s": send_s})


def _ended(timer: asyncio.TimerHandle | None) -> None:
    """Cancels a timer that runs. What it gives takes the timer's place: none."""
    if timer is not None:
        timer.cancel()
    return None  # noqa: RET501 (it is assigned)
