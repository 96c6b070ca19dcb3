"""The attacks of serve_attacks.py: what a key holder, or a stranger, can send that is meant to cost others."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

Attack = Callable[["Target"], None]


class Target:
    """Where the server is, and the key of the attackers."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    def post(self, path: str, body: bytes, timeout_s: float = 60.0) -> int:
        """Status of one request; 0 where the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        except http.client.HTTPException:
            return 0
        finally:
            connection.close()

    def connected(self) -> socket.socket:
        """A connection on which nothing was said yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, content: bytes) -> bytes:
        """Sends bytes as they are; the first kilobyte of what comes back."""
        with contextlib.suppress(OSError), self.connected() as connection:
            connection.sendall(content)
            return connection.recv(1024)
        return b""

    def begin(self, body: bytes, length: int | None = None, receive_bytes: int | None = None) -> socket.socket:
        """A socket on which a request was sent and nothing is read."""
        connection = socket.socket()
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.connect(("127.0.0.1", self.port))
        head = (
            f"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection


def _posted(path: str, body: Any, clients: int) -> Attack:
    """`clients` threads that send the same body again and again."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    def attack(target: Target) -> None:
        together([lambda: target.post(path, content)] * clients)

    return attack


def _guided(guide: dict[str, Any], clients: int = 2) -> Attack:
    return _posted("/v1/completions", {"prompt": "봄", "max_tokens": 60, "guide": guide}, clients)


def _slow_readers(target: Target) -> None:
    """40 clients that ask for much and read nothing."""
    body = json.dumps({"prompt": "봄", "max_tokens": 400, "temperature": 1.9, "stream": True, "logprobs": 20}).encode()
    begun = [target.begin(body, receive_bytes=2048) for _ in range(40)]
    time.sleep(3)
    for connection in begun:
        connection.close()


def _half_bodies(target: Target) -> None:
    """60 clients that send half a body."""
    begun = [target.begin(b'{"prompt": [', 1000) for _ in range(60)]
    time.sleep(2)
    for connection in begun:
        connection.close()


def _leavers(target: Target) -> None:
    """40 clients that ask and leave at once."""
    for stream in (True, False):
        body = json.dumps({"prompt": "봄", "max_tokens": 400, "temperature": 1.5, "stream": stream}).encode()
        begun = [target.begin(body) for _ in range(40)]
        time.sleep(0.3)
        for connection in begun:
            connection.close()


def together(works: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _parts(count: int) -> list[dict[str, Any]]:
    return [{"type": "x", "text": 3}] * count


def _nested(depth: int) -> dict[str, Any]:
    """A schema within a schema."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def _new_guides(target: Target) -> None:
    """200 guides, none like another: what is kept of each must have a bound."""
    for number in range(200):
        value = {"type": "object", "properties": {f"k{number}{time.monotonic_ns()}": {"type": "string"}}}
        body = {"prompt": "봄", "max_tokens": 1, "guide": {"kind": "json", "value": value}}
        target.post("/v1/completions", json.dumps(body).encode())


def _long_headers(target: Target) -> None:
    """Keys, request ids and headers that are never the same, doubled, and too large for a head."""
    for number in range(100):
        odd = f"Authorization: Bearer {number}{'k' * 10_000}\r\nX-Request-Id: {number}{'r' * 5_000}\r\n"
        target.raw(f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n{odd}\r\n".encode())
    target.raw(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
    target.raw(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a: b\r\n" * 50_000 + b"\r\n")


def _idle(target: Target) -> None:
    """500 connections on which nothing is said."""
    begun = [target.connected() for _ in range(500)]
    time.sleep(1)
    for connection in begun:
        connection.close()


def _drips(target: Target) -> None:
    """20 streams of which a byte a second is taken, and 20 heads of which a byte a second is sent."""
    body = json.dumps({"prompt": "봄", "max_tokens": 300, "stream": True, "logprobs": 20}).encode()
    readers = [target.begin(body, receive_bytes=2048) for _ in range(20)]
    senders = [target.connected() for _ in range(20)]
    for sign in b"POST":
        for connection in senders:
            connection.send(bytes([sign]))
        for connection in readers:
            connection.recv(1)
        time.sleep(1)
    for connection in (*readers, *senders):
        connection.close()


def _tiny_chunks(target: Target) -> None:
    """A body of 100,000 chunks of one byte."""
    head = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    rest = f"Authorization: Bearer {target.key}\r\nContent-Type: application/json\r\n\r\n"
    target.raw((head + rest).encode() + b"1\r\n \r\n" * 100_000 + b"0\r\n\r\n")


def _pipelined(target: Target) -> None:
    """200 requests at once on each of 8 connections, and nobody reads the answers."""
    request = f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {target.key}\r\n\r\n".encode()
    begun = [target.connected() for _ in range(8)]
    for connection in begun:
        connection.sendall(request * 200)
    time.sleep(1)
    for connection in begun:
        connection.close()


def _empty_methods(target: Target) -> None:
    """Requests that want no body, one after the other on 8 connections."""

    def flood() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
        for method in ("HEAD", "OPTIONS", "DELETE", "TRACE") * 50:
            connection.request(method, "/v1/models", headers={"Authorization": f"Bearer {target.key}"})
            connection.getresponse().read()
        connection.close()

    together([flood] * 8)


def _odd_paths(target: Target) -> None:
    """Paths that are no UTF-8, climb, or hold a megabyte of query."""
    paths = (b"/%ff%fe", b"/v1/models/" + b"%2e%2e/" * 5_000, b"/v1/models?" + b"a=b&" * 10_000, b"/" + b"a/" * 20_000)
    for path in (*paths, b"/v1/models?" + b"x" * 1_000_000, b"/\xff\xfe"):
        target.raw(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n")


ATTACKS: dict[str, Attack] = {
    "ids below 0, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"-1," * 340_000 + b"-1]}", 4),
    "ids with fractions, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"1.5," * 255_000 + b"1.5]}", 4),
    "lists of wrong lists, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"[-1]," * 200_000 + b"[-1]]}", 4),
    "100,000 unknown fields": _posted("/v1/completions", {f"x{number}": 1 for number in range(60_000)}, 4),
    "wrong parts 512 x 64": _posted(
        "/v1/chat/completions", {"messages": [{"role": "user", "content": _parts(64)}] * 500}, 4
    ),
    "300,000 empty messages": _posted("/v1/chat/completions", b'{"messages":[' + b"{}," * 300_000 + b"{}]}", 4),
    "nested 100,000 deep": _posted("/v1/completions", b"[" * 100_000, 4),
    "a text of 1 MB": _posted("/v1/completions", {"prompt": "가나" * 80_000}, 8),
    "a text that nearly fits": _posted("/v1/completions", {"prompt": "가나다 " * 2_000, "max_tokens": 1}, 8),
    "one word of 7,000 marks": _posted("/v1/completions", {"prompt": "가" + "\u0301" * 7_000, "max_tokens": 1}, 8),
    "128 answers at once": _posted("/v1/completions", {"prompt": ["봄"] * 8, "n": 16, "max_tokens": 30}, 4),
    "stop reading": _slow_readers,
    "half a body": _half_bodies,
    "leave at once": _leavers,
    "regex of 10^9 letters": _guided({"kind": "regex", "value": "((a{1000}){1000}){1000}"}),
    "regex that doubles states": _guided({"kind": "regex", "value": "(.*a.{12}){3}"}),
    "lark that is ambiguous": _guided({"kind": "lark", "value": "start: e\ne: e e e | e e | /./"}),
    "choice of 40,000": _guided(
        {"kind": "choice", "value": [f"{n:05d}" + "가나다라"[n % 4] * 3 for n in range(40_000)]}, 8
    ),
    "schema 16 x anyOf": _posted(
        "/v1/completions",
        {
            "prompt": "봄",
            "max_tokens": 60,
            "guide": {
                "kind": "json",
                "value": {
                    "allOf": [
                        {"anyOf": [{"type": "string", "pattern": f"^.*{chr(97 + n)}.*$"}, {"maxLength": n + 1}]}
                        for n in range(16)
                    ]
                },
            },
        },
        2,
    ),
    "100,000 stop strings": _posted("/v1/completions", {"prompt": "봄", "stop": ["가"] * 100_000}, 4),
    "32 long stop strings": _posted(
        "/v1/completions", {"prompt": "봄", "stop": ["가" * 20_000 + str(n) for n in range(16)], "max_tokens": 60}, 4
    ),
    "60,000 biases": _posted("/v1/completions", {"prompt": "봄", "logit_bias": {str(n): 1 for n in range(60_000)}}, 4),
    "biases for all tokens": _posted(
        "/v1/completions", {"prompt": "봄", "logit_bias": {str(n): -1 for n in range(4_000)}, "max_tokens": 200}, 4
    ),
    "512 empty messages": _posted("/v1/chat/completions", {"messages": [{"role": "user", "content": ""}] * 512}, 4),
    "objects nested 90,000 deep": _posted("/v1/completions", b'{"prompt":' * 90_000, 4),
    "a schema nested 2,000 deep": _guided({"kind": "json", "value": _nested(180)}, 4),
    "names of 300 KB": _posted("/v1/completions", {"prompt": "봄", "model": "m" * 300_000, "user": "u" * 300_000}, 4),
    "a schema that is its own part": _guided(
        {
            "kind": "json",
            "value": {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}},
        }
    ),
    "a schema that refers in circles": _guided(
        {
            "kind": "json",
            "value": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        }
    ),
    "lark with left recursion": _guided({"kind": "lark", "value": 'start: start "a" | start start | "a"'}),
    "lark that is empty in circles": _guided({"kind": "lark", "value": "start: a*\na: b*\nb: a* | /x*/"}),
    "new guides all the time": _new_guides,
    "a new key header each time": _long_headers,
    "500 idle connections": _idle,
    "1 byte a second": _drips,
    "chunks of 1 byte": _tiny_chunks,
    "200 pipelined requests": _pipelined,
    "HEAD and OPTIONS": _empty_methods,
    "odd paths and queries": _odd_paths,
    "logprobs of everything": _posted(
        "/v1/completions", {"prompt": ["봄"] * 8, "n": 4, "max_tokens": 300, "logprobs": 20, "echo": True}, 4
    ),
    "1,000 texts to embed": _posted("/v1/embeddings", {"input": ["가나다 라마"] * 1_000}, 4),
}
