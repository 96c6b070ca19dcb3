"""What comes over one connection: odd heads are bounded and answered, whatever protocol a client would rather speak."""

import socket
import time
from contextlib import suppress

import pytest
from small_world import FakeEngine

from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings, WebSettings

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
BODY = b'{"prompt": "\xea\xb0\x80", "max_tokens": 1}'
HEAD = b"POST /v1/completions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
WEB = WebSettings(head_s=0.3, keep_alive_s=2)


@pytest.fixture
def port(codec):
    with server.running(create_app(Served(FakeEngine(codec), codec, ServeSettings(web=WEB))), web=WEB) as url:
        yield int(url.rpartition(":")[2])


def statuses(port, parts, pause_s=0.0):
    """The status of each answer, up to the end of the connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)
        with suppress(ConnectionError):
            while more := connection.recv(100_000):
                got += more
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("cut", [1, 40, 150, 10_000])
def test_a_client_that_would_rather_speak_http_2_is_answered_and_its_next_request_too(port, cut):
    request = HEAD % (UPGRADE, len(BODY)) + BODY
    assert statuses(port, [request[:cut], request[cut:], GET], 0.05) == [200, 200]
    assert statuses(port, [GET.replace(b"\r\n\r\n", b"\r\n" + UPGRADE + b"\r\n"), GET], 0.05) == [200, 200]


def test_requests_that_do_not_await_their_answers_are_answered_in_turn_up_to_a_number(port):
    assert statuses(port, [(HEAD % (b"", len(BODY)) + BODY + GET) * 100]) == [200] * 200
    found = statuses(port, [GET * 2_000])
    assert len(found) < 2_000


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /health HTTP/1.1\r\n\r\n"],
        [b"GET /health HTTP/1.1\r\n" + HOST * 2 + b"\r\n"],
        [b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n" + HOST + b"\r\n"],
        [GET[:-2] + b"A: " + b"x" * 70_000 + b"\r\n\r\n"],
        [GET[:-2] + b"A: ", *[b"x" * 20_000] * 4],
        [GET[:-2] + b"a: b\r\n" * 20_000 + b"\r\n"],
        [b"GET /health?" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"],
        [GET[:-2] + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
        [GET[:-2] + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ],
)
def test_a_head_that_is_too_long_or_says_two_things_is_refused(port, parts):
    assert statuses(port, parts, 0.02) in ([400], [])  # a client that still sends may lose the answer
    assert statuses(port, [GET]) == [200]


def test_empty_lines_do_not_keep_a_connection(port):
    began_s = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        with suppress(ConnectionError):
            while time.monotonic() - began_s < 9:
                connection.sendall(b"\r\n")
                time.sleep(0.05)
    assert time.monotonic() - began_s < 9
