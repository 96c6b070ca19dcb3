"""The clients of serve_soak.py: what 32 people and their programs do to a server, good and bad, over raw sockets.

Each client draws what it does next. What a good one gets is judged at once: an error must be JSON with a code and a
sentence, a stream must end with [DONE], nobody may wait for ever.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARKER = "가을장마비밀"
"""Stands in every prompt; no log may hold it."""
LONGEST_S = 120.0
"""A good request that takes longer is taken as hanging."""
SENTENCES = ("오늘은 날이", "마을 도서관은 열 시에", "비가 온 뒤 강물이", "뷁쐞꿹 🍂", "아이는 학교에", "편지를 읽고")
GUIDES: tuple[dict[str, Any], ...] = (
    {"kind": "choice", "value": ["긍정", "부정", "중립"]},
    {"kind": "regex", "value": "[0-9]{2,4}-[가-힣]{1,5}"},
    {"kind": "json", "value": {"type": "object", "properties": {"이름": {"type": "string", "maxLength": 8}}}},
    {"kind": "lark", "value": 'start: "가" "나"+'},
)
OFTEN_REFUSED = {401, 429, 503}
"""Statuses that a good request may have here: its key was taken back, the server is full, the engine was killed."""


@dataclass
class Tally:
    """What the clients saw. faults: sentences, each a missed bar."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def fault(self, sentence: str) -> None:
        """Notes one, at most 200 of them."""
        if len(self.faults) < 200:
            self.faults.append(sentence[:300])


@dataclass
class Client:
    """One of them. keys_file: the keys that hold now, one a line; the operator changes it."""

    port: int
    keys_file: Path
    dice: random.Random
    tally: Tally

    async def act(self) -> None:
        """One thing, then a pause."""
        name, act = self.dice.choice(ACTS)
        self.tally.kinds[name] += 1
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_S):
                await act(self)
        except TimeoutError:
            self.tally.fault(f"{name}: nothing came for {LONGEST_S:.0f} s")
        except (OSError, asyncio.IncompleteReadError) as error:
            self.tally.fault(f"{name}: the connection broke: {error!r}")
        self.tally.longest_s = max(self.tally.longest_s, time.monotonic() - began_s)
        await asyncio.sleep(self.dice.expovariate(1 / 0.8))

    def key(self) -> str:
        """One of the keys that hold now, or held a moment ago."""
        return self.dice.choice(self.keys_file.read_text().split())

    def head(self, path: str, length: int, more: str = "") -> bytes:
        """The head of a request."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key()}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
        ).encode()

    def body(self, **fields: Any) -> dict[str, Any]:
        """A body for completions or chat, with settings as people choose them."""
        text = f"{MARKER} {self.dice.choice(SENTENCES) * self.dice.randint(1, 6)}"
        drawn = {"max_tokens": self.dice.randint(1, 40), "temperature": self.dice.choice([0, 0.8, 1.5])}
        if self.dice.random() < 0.3:
            drawn |= {"top_p": 0.9, "top_k": 40, "presence_penalty": 0.5, "stop": ["다.", "\n\n"]}
        asked = {"messages": [{"role": "user", "content": text}]} if fields.pop("chat", False) else {"prompt": text}
        return {**asked, **drawn, **fields}

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection, closed at the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def ask(self, path: str, body: Any, allowed: set[int]) -> None:
        """Sends a request and judges its answer."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        async with self.connected() as (reader, writer):
            writer.write(self.head(path, len(content)) + content)
            self.judge(path, *await answer_of(reader), allowed)

    def judge(self, path: str, status: int, headers: dict[str, str], content: bytes, allowed: set[int]) -> None:
        """Whether an answer is as it must be."""
        self.tally.statuses[f"{path} {status}"] += 1
        if path in ("/health", "/ready") and status == 503 and b'"status"' in content:
            return  # it tells how the engine is, and is no error
        if status not in allowed | OFTEN_REFUSED:
            self.tally.fault(f"{path}: status {status}: {content[:150]!r}")
        if status >= 400 and not is_told(content):
            self.tally.fault(f"{path}: status {status} without code and sentence: {content[:150]!r}")
        if status in (429, 503) and "retry-after" not in headers:
            self.tally.fault(f"{path}: status {status} without Retry-After")
        if status == 200 and headers.get("content-type", "").startswith("text/event-stream"):
            self.judge_stream(path, content.decode())

    def judge_stream(self, path: str, text: str) -> None:
        """A stream ends with [DONE]; where it failed, an error with code and sentence stands before that."""
        if not text.endswith("data: [DONE]\n\n"):
            self.tally.fault(f"{path}: a stream without [DONE]: {text[-100:]!r}")
        for line in text.splitlines():
            if line.startswith("data: {") and '"error"' in line:
                self.tally.statuses[f"{path} error in a stream"] += 1
                if not is_told(line.removeprefix("data: ").encode()):
                    self.tally.fault(f"{path}: an error in a stream without code and sentence: {line[:150]}")


def is_told(content: bytes) -> bool:
    """Whether an error has a sentence, and a code where it is the server's."""
    try:
        error = json.loads(content)["error"]
        return bool(error["message"]) and (error["code"] is not None or error["type"] != "server_error")
    except (ValueError, KeyError, TypeError):
        return False


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content of one answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name}
    if "content-length" in headers:
        content = await reader.readexactly(int(headers["content-length"]))
    else:
        content = b"".join([part async for part in _chunks(reader)])
    return int(lines[0].split()[1]), headers, content


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readline()
    await reader.readline()


async def _whole(client: Client) -> None:
    await client.ask("/v1/completions", client.body(n=client.dice.choice([1, 1, 3])), {200})


async def _stream(client: Client) -> None:
    await client.ask("/v1/completions", client.body(stream=True, logprobs=client.dice.choice([None, 3])), {200})


async def _chat(client: Client) -> None:
    await client.ask("/v1/chat/completions", client.body(chat=True, stream=client.dice.random() < 0.5), {200})


async def _guided(client: Client) -> None:
    await client.ask("/v1/completions", client.body(guide=client.dice.choice(GUIDES), max_tokens=30), {200})


async def _score(client: Client) -> None:
    await client.ask("/v1/completions", client.body(echo=True, logprobs=5, max_tokens=0), {200})


async def _embed(client: Client) -> None:
    await client.ask("/v1/embeddings", {"input": [f"{MARKER} {each}" for each in SENTENCES[:3]]}, {200})


async def _look(client: Client) -> None:
    """What monitors and clients ask."""
    for path in ("/health", "/ready", "/metrics", "/v1/models"):
        async with client.connected() as (reader, writer):
            writer.write(client.head(path, 0).replace(b"POST", b"GET", 1))
            client.judge(path, *await answer_of(reader), {200})


async def _leave(client: Client) -> None:
    """Asks, reads a little or nothing, and goes."""
    body = client.body(stream=client.dice.random() < 0.7, max_tokens=300, temperature=1.5)
    content = json.dumps(body).encode()
    async with client.connected() as (reader, writer):
        writer.write(client.head("/v1/completions", len(content)) + content)
        await asyncio.sleep(client.dice.random() * 0.7)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(client.dice.randint(1, 500)), 0.2)


async def _read_slowly(client: Client) -> None:
    """Takes a few bytes a second of an answer with much in it, then goes."""
    content = json.dumps(client.body(stream=True, logprobs=20, max_tokens=200, temperature=1.5)).encode()
    async with client.connected() as (reader, writer):
        writer.write(client.head("/v1/completions", len(content)) + content)
        for _ in range(client.dice.randint(3, 20)):
            await reader.read(7)
            await asyncio.sleep(0.25)


async def _half(client: Client) -> None:
    """Sends half a head or half a body, waits, goes or stays."""
    whole = client.head("/v1/chat/completions", 300) + b'{"messages": [{"role": "us'
    async with client.connected() as (_, writer):
        writer.write(whole[: client.dice.randint(1, len(whole))])
        await asyncio.sleep(client.dice.random() * 4)


async def _garbage(client: Client) -> None:
    """Bodies that no server can take: each has its 4xx."""
    bodies = (
        b"{", b"\xff\xfe", b"[]", b'{"prompt": [-1, 99999999]}', b'{"prompt": "x", "temperature": 1e400}',
        b'{"messages": [{"role": "x"}]}', b"[" * 5000, b'{"prompt": "x", "model": "none"}', b"\x00" * 50_000,
        b'{"prompt": "x", "guide": {"kind": "lark", "value": "start: start"}}', b'{"prompt": ["x"], "n": 1e9}',
        b'{"prompt": "x", "guide": {"kind": "json", "value": {"$ref": "#"}}}', b'{"prompt": "\\ud800", "stop": [1]}',
    )  # fmt: skip
    path = client.dice.choice(["/v1/completions", "/v1/chat/completions", "/v1/embeddings", "/tokenize"])
    await client.ask(path, client.dice.choice(bodies), {400, 404, 413})


async def _noise(client: Client) -> None:
    """Bytes that are no HTTP, and HTTP that is odd. Whatever comes back, the connection ends or answers."""
    texts = (
        client.dice.randbytes(200) + b"\r\n\r\n",
        b"GET /\xff\xfe%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 5,
        b"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"x: y\r\n" * 3000 + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    )
    async with client.connected() as (reader, writer):
        writer.write(client.dice.choice(texts))
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(reader.read(100), 2)


Act = Callable[[Client], Awaitable[None]]
_WEIGHTS: tuple[tuple[str, Act, int], ...] = (
    ("whole", _whole, 4), ("stream", _stream, 5), ("chat", _chat, 5), ("guide", _guided, 3), ("score", _score, 2),
    ("embeddings", _embed, 1), ("monitor", _look, 1), ("leave", _leave, 4), ("read slowly", _read_slowly, 1),
    ("half", _half, 2), ("garbage", _garbage, 3), ("noise", _noise, 2),
)  # fmt: skip
ACTS = [(name, act) for name, act, weight in _WEIGHTS for _ in range(weight)]


async def act_until(port: int, keys_file: Path, ends_s: float, clients: int, seed: int) -> Tally:
    """`clients` at once, until the monotonic time `ends_s`."""
    tally = Tally()

    async def live(number: int) -> None:
        client = Client(port, keys_file, random.Random(f"{seed} {number}"), tally)
        while time.monotonic() < ends_s:
            await client.act()

    await asyncio.gather(*(live(number) for number in range(clients)))
    return tally
