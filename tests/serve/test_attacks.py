"""Bad bodies and clients that send or read by halves cost their own request and nobody else's."""

import json
import logging
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from small_world import FakeEngine

from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.http_body import understood
from malmoi.serve.http_errors import ApiError
from malmoi.serve.http_schema import ChatBody, CompletionBody
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings, WebSettings

BASE = "http://127.0.0.1:8500"
MANY = 50_000


@pytest.fixture
def client(codec):
    with TestClient(create_app(Served(FakeEngine(codec), codec, ServeSettings())), base_url=BASE) as client:
        yield client


FLOODS = [
    (CompletionBody, {"prompt": [-1] * MANY}),
    (CompletionBody, {"prompt": [1.5] * MANY}),
    (CompletionBody, {"prompt": [True] * MANY}),
    (CompletionBody, {"prompt": [[-1]] * MANY}),
    (CompletionBody, {"prompt": [None] * MANY}),
    (CompletionBody, {"prompt": ["가", 3] * MANY}),
    (CompletionBody, {f"x{number}": 1 for number in range(MANY)}),
    (CompletionBody, {"prompt": "가", "stop": [3] * MANY}),
    (CompletionBody, {"prompt": "가", "stop_token_ids": ["x"] * MANY}),
    (CompletionBody, {"prompt": "가", "logit_bias": {f"x{number}": 1 for number in range(MANY)}}),
    (CompletionBody, {"prompt": "가", "guide": {f"x{number}": 1 for number in range(MANY)}}),
    (CompletionBody, {"prompt": "가", "stream_options": {f"x{number}": 1 for number in range(MANY)}}),
    (ChatBody, {"messages": [3] * MANY}),
    (ChatBody, {"messages": [{"role": "x", "content": 3}] * 512}),
    (ChatBody, {"messages": [{}] * MANY}),
    (ChatBody, {"messages": [{"role": "user", "content": [{"type": "x"}] * MANY}]}),
    (ChatBody, {"messages": [{"role": "user", "content": [3] * 64}] * 512}),
    (ChatBody, {"messages": [{"role": "user", "content": "가"}], "response_format": {f"x{i}": 1 for i in range(MANY)}}),
]


@pytest.mark.parametrize(("model", "table"), FLOODS)
def test_at_most_one_error_is_built_for_a_body_that_is_all_wrong(model, table):
    with pytest.raises(ApiError) as wrong:
        understood(table, model)
    built = wrong.value.__context__
    assert not isinstance(built, ValidationError) or built.error_count() <= 2  # role and content of one message
    assert wrong.value.status == 400
    assert len(wrong.value.message) < 400


def test_a_text_that_cannot_fit_is_refused_before_it_is_encoded(client, codec, monkeypatch):
    long = "가 " * 100_000

    def refuse(*_):
        raise AssertionError("nothing is to be encoded")

    monkeypatch.setattr(type(codec), "encode", refuse)
    monkeypatch.setattr(type(codec), "encode_many", refuse)
    messages = {"messages": [{"role": "user", "content": long}]}
    for path, body in (
        ("/v1/completions", {"prompt": long}),
        ("/v1/completions", {"prompt": [long, long]}),
        ("/v1/chat/completions", messages),
        ("/tokenize", {"prompt": long}),
        ("/tokenize", messages),
    ):
        error = client.post(path, json=body).json()["error"]
        assert error["code"] == "context_length_exceeded", path


class Short(FakeEngine):
    def describe(self):
        return replace(super().describe(), context_tokens=1_000)


def test_more_messages_than_the_context_has_room_for_are_refused_before_they_are_encoded(codec, monkeypatch):
    with TestClient(create_app(Served(Short(codec), codec, ServeSettings())), base_url=BASE) as client:
        few = {"messages": [{"role": "user", "content": ""}] * 300, "max_tokens": 1}
        assert client.post("/v1/chat/completions", json=few).status_code == 200
        monkeypatch.setattr(type(codec), "encode_many", lambda *_: pytest.fail("nothing is to be encoded"))
        many = {"messages": [{"role": "user", "content": ""}] * 512}
        error = client.post("/v1/chat/completions", json=many).json()["error"]
        assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")


def test_a_full_server_refuses_before_it_encodes(codec, monkeypatch):
    served = Served(FakeEngine(codec), codec, ServeSettings(queue=0))
    assert [served.admission.take("x") for _ in range(2)]
    monkeypatch.setattr(type(codec), "encode", lambda *_: pytest.fail("nothing is to be encoded"))
    monkeypatch.setattr(type(codec), "encode_many", lambda *_: pytest.fail("nothing is to be encoded"))
    with TestClient(create_app(served), base_url=BASE) as client:
        assert client.post("/v1/completions", json={"prompt": "가"}).status_code == 429


@contextmanager
def connected(url):
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5) as connection:
        yield connection


def head(length, rest=""):
    lines = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{lines}Content-Length: {length}\r\n{rest}\r\n".encode()


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_half_a_body_and_half_a_head_are_given_up_after_a_stated_time(codec):
    web = WebSettings(head_s=0.2, body_s=0.2)
    app = create_app(Served(FakeEngine(codec), codec, ServeSettings(web=web)))
    with server.running(app, web=web) as url:
        with connected(url) as connection:
            connection.sendall(head(1000) + b"{")
            assert connection.recv(1000).startswith(b"HTTP/1.1 408")
        for begun in (b"", b"POST /v1/compl", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /hea"):
            with connected(url) as connection:
                connection.sendall(begun)
                with pytest.raises(ConnectionResetError):
                    while connection.recv(1000):
                        pass
                    raise ConnectionResetError  # an orderly end is an end too


def test_a_client_that_stops_reading_loses_its_place_and_others_go_on(codec):
    engine = FakeEngine(codec, text="가" * 30_000)
    web = WebSettings(send_s=0.3)
    served = Served(engine, codec, ServeSettings(queue=0, web=web))
    body = json.dumps({"prompt": "가", "max_tokens": -1, "stream": True, "logprobs": 20, "n": 16}).encode()
    with server.running(create_app(served), web=web) as url, connected(url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(head(len(body)) + body)
        wait_until(lambda: engine.requests)
        wait_until(lambda: served.num_requests == 0 and engine.num_open == 0)
        assert served.num_requests == engine.num_open == 0


@contextmanager
def errors_of_the_server():
    told = []
    watching = logging.Handler(logging.WARNING)
    watching.emit = lambda record: told.append(record.getMessage())
    logs = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio", "malmoi.serve")]
    for log in logs:
        log.addHandler(watching)
    try:
        yield told
    finally:
        for log in logs:
            log.removeHandler(watching)


CHUNKED = b"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n%s\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        [CHUNKED % JSON + b"zz\r\n"],
        [CHUNKED % b"" + b"zz\r\n"],
        [CHUNKED % b"Origin: http://a\r\n" + b"5\r\nhello\r\n", b"zz\r\n"],
        [CHUNKED % JSON + b"2\r\n[]\r\n", b"no chunk\r\n"],
        [b"OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n"],
        [b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\x00\x01\x02\r\n\r\n"],
        [b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
    ],
)
def test_what_is_no_http_ends_its_connection_and_writes_no_traceback(codec, sent):
    web = WebSettings(head_s=0.3, body_s=0.3)
    served = Served(FakeEngine(codec), codec, ServeSettings(web=web))
    with errors_of_the_server() as told, server.running(create_app(served), web=web) as url:
        with connected(url) as connection:
            for part in sent:
                connection.sendall(part)
                time.sleep(0.05)
            with suppress(ConnectionError):
                while connection.recv(1000):
                    pass
        assert served.num_requests == 0
    assert [line for line in told if "Invalid HTTP request" not in line] == []


def chunked_json(text, size):
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize(("size", "status"), [(1, b"HTTP/1.1 400"), (2_000, b"HTTP/1.1 200")])
def test_a_body_of_very_many_small_chunks_is_refused_after_the_first_thousand(codec, size, status):
    body = json.dumps({"prompt": "가", "max_tokens": 1, "user": "x" * 50_000}).encode()
    with server.running(create_app(Served(FakeEngine(codec), codec, ServeSettings()))) as url, connected(url) as link:
        with suppress(ConnectionError):
            link.sendall(CHUNKED % JSON + chunked_json(body, size))
        assert link.recv(1000).startswith(status)
