"""One connection of a client: uvicorn's own, which by itself waits for ever for what half came and what is not taken.

A head (request line and headers) has a time to come whole, an answer has a time to be taken. What misses it is cut: the
request behind it then ends as if its client had left, and its place is free. The body's time is kept by the guard,
which can still answer.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

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
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Sends what is held, then closes."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        held, self._held = b"".join(self._held), []
        if held:
            self._transport.write(held)


def bounded(next_event: Callable[[], Any]) -> Callable[[], Any]:
    """`next_event` of a connection, failing where a body comes in too many small chunks: each costs what a large does.

    A body of 100,000 chunks of one byte held up every stream for 4.9 s.
    """
    small = 0

    def counted() -> Any:
        nonlocal small
        event = next_event()
        if isinstance(event, h11.Request):
            small = 0
        elif isinstance(event, h11.Data) and len(event.data) < _SMALL_CHUNK_BYTES:
            small += 1
            if small > _SMALL_CHUNKS:
                raise h11.RemoteProtocolError(f"more than {_SMALL_CHUNKS} chunks of less than {_SMALL_CHUNK_BYTES} B")
        return event

    return counted


class Connection(H11Protocol):
    """Cuts a client that has sent half a head for `head_s`, or taken nothing for `send_s`."""

    head_s = send_s = 0.0

    _head_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come: its first head is awaited."""
        super().connection_made(transport)
        self.transport = OneWrite(transport, self.loop)  # type: ignore[assignment]
        self.conn.next_event = bounded(self.conn.next_event)  # type: ignore[method-assign]
        self._head_timer = self.loop.call_later(self.head_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has left: nothing is awaited any more."""
        self._head_timer, self._send_timer = _ended(self._head_timer), _ended(self._send_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More has come."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """An answer is out. Half of the next head may have come with its request, and nothing may follow."""
        super().on_response_complete()
        self._watch_head()

    def _watch_head(self) -> None:
        """The timer runs while a head is begun and not whole, and while a body goes on that was answered already."""
        is_half = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        is_half |= self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE
        if not is_half:
            self._head_timer = _ended(self._head_timer)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self.transport.abort)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP. The request whose body it was to be has lost its client: no second answer follows."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # an answer is out, or half out
            self.transport.close()

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


def connection_class(head_s: float, send_s: float) -> type[H11Protocol]:
    """A connection with these times, in the form that uvicorn takes."""
    return type("Connection", (Connection,), {"head_s": head_s, "send_s": send_s})


def _ended(timer: asyncio.TimerHandle | None) -> None:
    """Cancels a timer that runs. What it gives takes the timer's place: none."""
    if timer is not None:
        timer.cancel()
    return None  # noqa: RET501 (it is assigned)
