"""Running an ASGI application on a socket: in the foreground for commands, in a thread for the demo and for tests."""

import asyncio
import contextlib
import ctypes
import gc
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from malmoi.kit.errors import UserError
from malmoi.serve.http_connection import connection_class
from malmoi.serve.models import Models
from malmoi.serve.settings import WebSettings

_WEB = WebSettings()
_START_S = 30.0
_TAKEN_AT_ONCE = 16
"""New connections in one turn of the event loop: with 2,048, a flood of 500 held up every stream for half a second."""
_WAITING_CONNECTIONS = 2_048
_MOST_FILES = 65_536
_TRIM_TICKS = 100
_YOUNG_OBJECTS = 50_000
"""Made and not freed before they are searched for circles. With Python's 700 a body of 200,000 lists, which has none,
took 27 ms instead of 15."""
_SHUTDOWN_S = 3
"""Ctrl-C waits so long for answers under way, then cuts them."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises UserError where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only on sockets that say TCP: with 0 an answer's body waited 40 ms for the client's
    # acknowledgement of its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == "::":  # every address, also those of IPv4, whatever the system's default says
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listener.bind((host, port))
    except (OSError, UnicodeError) as error:
        listener.close()
        raise UserError(f"cannot listen on {host}:{port}: {error}", hint="choose another with --port") from None
    listener.listen(128)
    return listener


def url_of(listener: socket.socket) -> str:
    """http://host:port of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: ASGIApp, listener: socket.socket, web: WebSettings = _WEB, models: Models | None = None) -> None:
    """Serves until Ctrl-C or SIGTERM. With `models`, SIGTERM lets answers under way end (WebSettings.drain_s)."""
    # The objects of the model and its libraries are a million: a collection that a large body sets off passed over all
    # of them, and every stream stood for half a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    allow_open_files()
    _Server(_config(app, web), models).run(sockets=[listener])


@contextlib.contextmanager
def running(app: ASGIApp, host: str = "127.0.0.1", port: int = 0, web: WebSettings = _WEB) -> Iterator[str]:
    """Serves in a thread while the block runs; yields the address."""
    listener = bind(host, port)
    server = _Server(_config(app, web))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="malmoi-server", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _START_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start; the log says why")
            time.sleep(0.01)
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn's server, which takes few new connections at a time, gives memory back and, with `models`, drains.

    It ends at SIGTERM in three steps: not ready, what was begun ends, the socket closes. A second one ends it at once.
    The socket stays open meanwhile, for a load balancer needs some seconds to notice that the server is not ready.
    """

    def __init__(self, config: uvicorn.Config, models: Models | None = None) -> None:
        super().__init__(config)
        self._models, self._deadline_s = models, 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the sockets. As many connections may wait as the system allows, whatever is taken in one turn."""
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_WAITING_CONNECTIONS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come. Nothing slow may be done here."""
        if sig != signal.SIGTERM or self._models is None or self._models.server.is_draining:
            super().handle_exit(sig, frame)
            return
        self._models.server.is_draining = True
        self._deadline_s = time.monotonic() + self._models.server.settings.web.drain_s

    async def on_tick(self, counter: int) -> bool:
        """Asked ten times a second: whether to end."""
        if counter % _TRIM_TICKS == 0:
            await asyncio.to_thread(give_memory_back)
        if self._models is not None and self._models.server.is_draining:
            is_late = time.monotonic() > self._deadline_s
            if is_late:
                self.config.timeout_graceful_shutdown = 1  # what has not ended by now is cut
                self._models.server.cut_streams()
            self.should_exit = self.should_exit or is_late or self._models.num_requests == 0
        return await super().on_tick(counter)


def allow_open_files() -> None:
    """Lets the process open as many files as the system allows it: by default 1,024, and each client is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    with contextlib.suppress(ValueError, OSError):  # the system's own bound may be lower still
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def give_memory_back() -> None:
    """Gives what was freed back to the system (glibc). By itself it keeps what the threads of the server freed.

    That is guides, bodies and encodings of large requests: 575 of 580 MB after 64 guides of 40,000 choices.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _config(app: ASGIApp, web: WebSettings) -> uvicorn.Config:
    """How uvicorn serves: with our own connections, our own access log, and a bound on the time to end."""
    # No access log of uvicorn's: a prompt may stand in a path that a client got wrong. http_trace writes one.
    return uvicorn.Config(
        app,
        http=connection_class(web.head_s, web.send_s),
        log_level="warning",
        backlog=_TAKEN_AT_ONCE,
        timeout_keep_alive=web.keep_alive_s,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        server_header=False,
    )
