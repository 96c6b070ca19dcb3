"""What a request costs on its way through the server: no wait that is not the engine's."""

import asyncio
import contextlib
import resource
import socket

import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.kit.errors import UserError
from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.http_connection import OneWrite
from malmoi.serve.http_guard import Turns
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings, WebSettings


def test_an_answer_in_two_writes_does_not_wait_for_the_acknowledgement_of_the_first():
    async def has_no_delay():
        accepted = asyncio.get_running_loop().create_future()
        listener = server.bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        async with await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener):
            _, ours = await asyncio.open_connection("127.0.0.1", port)
            theirs = await accepted
            told = theirs.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            for writer in (ours, theirs):
                writer.close()
            return told

    assert asyncio.run(has_no_delay())


class CountingTransport:
    def __init__(self):
        self.written, self.closed_after = [], None

    def write(self, data):
        self.written.append(data)

    def close(self):
        self.closed_after = b"".join(self.written)

    def __getattr__(self, name):
        return lambda *_: None


def test_a_head_and_its_body_leave_in_one_write_and_a_close_loses_nothing():
    async def write():
        transport = CountingTransport()
        joined = OneWrite(transport, asyncio.get_running_loop())
        joined.write(b"head")
        joined.write(b"body")
        joined.write(b"")
        await asyncio.sleep(0)
        joined.write(b"last")
        joined.close()
        await asyncio.sleep(0)
        return transport

    transport = asyncio.run(write())
    assert transport.written == [b"headbody", b"last"]
    assert transport.closed_after == b"headbodylast"


def test_a_short_text_is_encoded_without_waking_a_thread(codec):
    served = Served(FakeEngine(codec), codec, ServeSettings())
    long = "한국어 문장을 배우는 " * 80
    with TestClient(create_app(served), base_url="http://127.0.0.1:8500") as client:
        for path, body in (
            ("/v1/completions", {"prompt": ["봄", "여름"], "max_tokens": 1}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": "봄"}], "max_tokens": 1}),
            ("/tokenize", {"prompt": "봄"}),
        ):
            assert client.post(path, json=body).status_code == 200, path
        assert not served.server.encoders._threads
        assert client.post("/v1/completions", json={"prompt": long, "max_tokens": 1}).status_code == 200
        assert served.server.encoders._threads


def test_a_flood_of_connections_is_taken_a_few_at_a_time_and_none_is_refused(codec):
    async def connect(port):
        links = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(200)))
        reader, writer = links[-1]
        writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        told = await reader.readline()
        for _, each in links:
            each.close()
        return told

    app = create_app(Served(FakeEngine(codec), codec, ServeSettings()))
    assert server._config(app, WebSettings()).backlog <= 32
    with server.running(app) as url:
        assert asyncio.run(connect(int(url.rpartition(":")[2]))).startswith(b"HTTP/1.1 200")


def test_a_connection_outlives_the_minute_that_load_balancers_keep_theirs(codec):
    app = create_app(Served(FakeEngine(codec), codec, ServeSettings()))
    assert server._config(app, WebSettings()).timeout_keep_alive > 90
    web = WebSettings(keep_alive_s=1)
    with server.running(app, web=web) as url, socket.create_connection(("127.0.0.1", int(url[-5:].strip(":")))) as link:
        link.settimeout(10)
        link.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert link.recv(10_000).startswith(b"HTTP/1.1 200")
        assert link.recv(10_000) == b""


def test_a_body_that_goes_on_after_its_answer_does_not_keep_its_connection(codec):
    web = WebSettings(head_s=0.2, body_s=0.2)
    app = create_app(Served(FakeEngine(codec), codec, ServeSettings(web=web)))
    for more in (
        b"Origin: http://other\r\n",
        b"Content-Type: application/json\r\n",
    ):  # refused at once, and by its time
        with (
            server.running(app, web=web) as url,
            socket.create_connection(("127.0.0.1", int(url[-5:].strip(":")))) as link,
        ):
            link.settimeout(10)
            link.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n" + more + b"\r\n{")
            assert link.recv(10_000).startswith(b"HTTP/1.1 4")
            with contextlib.suppress(ConnectionError):
                assert link.recv(10_000) == b""


def test_the_server_may_open_as_many_files_as_the_system_allows():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        server.allow_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(before[1], 65_536) > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(("host", "asked"), [("::", "127.0.0.1"), ("::", "::1"), ("::1", "::1")])
def test_all_addresses_are_those_of_both_kinds(host, asked):
    try:
        listener = server.bind(host, 0)
    except UserError:
        pytest.skip("this machine has no IPv6")
    with listener, socket.create_connection((asked, listener.getsockname()[1]), timeout=5) as link:
        assert link.getpeername()[1] == listener.getsockname()[1]


def test_a_flood_of_requests_that_begin_or_lose_their_clients_leaves_room_between_for_others():
    at_once, seen = 0, []

    async def ticker():
        nonlocal at_once
        while True:
            await asyncio.sleep(0)
            seen.append(at_once)
            at_once = 0

    async def flood():
        turns = Turns(4)

        async def left():
            return {"type": "http.disconnect"}

        async def begin(number):
            nonlocal at_once
            await (turns.take() if number % 2 else turns.on_leaving(left)())
            at_once += 1

        ticking = asyncio.create_task(ticker())
        await asyncio.gather(*(begin(number) for number in range(40)))
        await asyncio.sleep(0)
        ticking.cancel()

    asyncio.run(flood())
    assert sum(seen) == 40
    assert max(seen) <= 4
