"""Any OpenAI-compatible server as an engine: another malmoi, vLLM on GPUs, llama.cpp's server, transformers serve.

Token ids go there where the server takes them, and come back where it tells them; of the others a text goes and a text
comes, which our tokenizer reads again (capability token_ids). What a server can is asked at the start (probe).
"""

import asyncio
import contextlib
import hashlib
import math
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Self

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.serve.engine import Description, Engine, EngineDownError, Health, Piece, Request, Score, is_on
from malmoi.serve.marks import end_ids
from malmoi.serve.remote.answer import Answer
from malmoi.serve.remote.http import Remote
from malmoi.serve.remote.probe import COMPLETIONS, EMBEDDINGS, Found, probe
from malmoi.serve.remote.process import started
from malmoi.serve.remote.settings import RemoteSettings
from malmoi.serve.remote.wire import Token, body_of, tokens_of
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

_CALLER = "malmoi"
_END_S = 1.0
"""A look that hangs is not waited for longer: its thread ends with the process."""


class RemoteEngine:
    """A server elsewhere. To be closed, or used in a `with`."""

    def __init__(self, remote: RemoteSettings, settings: ServeSettings) -> None:
        """Asks the server what it is. Raises UserError where it is not there, or not what the recipe says."""
        self.codec = Codec(remote.tokenizer)
        key = remote.key()
        headers = {"User-Agent": _CALLER, **({"Authorization": f"Bearer {key}"} if key else {})}
        self._remote = Remote(remote.address, headers, remote.limits)
        self._limits = remote.limits
        self._end_ids = end_ids(remote.tokenizer, self.codec)
        self._found: Found = probe(self._remote, remote, self.codec, self._end_ids)
        self._description = Description(
            name=settings.name or PurePosixPath(self._found.model).name,  # a path of that machine is nobody's business
            engine=f"remote {self._found.server}",
            vocabulary_tokens=self.codec.vocabulary_tokens,
            context_tokens=self._found.context_tokens,
            slots=settings.slots,
            # Nobody tells what its weights are: an answer's record says by this where it was made.
            model_sha256=hashlib.sha256(f"{remote.address} {self._found.model}".encode()).hexdigest(),
            capabilities=self._found.capabilities,
        )
        self._running, self._ended = 0, threading.Event()
        self._state: Literal["ok", "stalled", "down"] = "ok"
        self._looking = threading.Thread(target=self._look, name="malmoi-remote-health", daemon=True)
        self._looking.start()

    def describe(self) -> Description:
        """What is being served."""
        return self._description

    def health(self) -> Health:
        """As the last look found it; a thread looks every `poll_s`."""
        return Health("down" if self._ended.is_set() else self._state, self._running)

    async def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer. Closing it ends the connection, and with it the work there.

        Raises UserError for what the server refuses or has no way for, OverloadedError where it has no room,
        EngineDownError where it is away, stands, or sends what is no answer.
        """
        self._check(request)
        way = self._found.guide_ways.get(request.guide.kind) if request.guide else None
        prompt: Any = list(request.prompt_ids) if self._found.takes_ids else self._text(request.prompt_ids)
        body = body_of(request, self._found.server, prompt, way, self._end_ids)
        if self._found.tells_ids is not None:
            body |= {**self._found.tells_ids, "logprobs": request.top_logprobs}
        answer = Answer(request, self.codec, self._end_ids, tells_ids=self._found.tells_ids is not None)
        now = asyncio.get_running_loop().time
        until = now() + self._limits.first_s
        self._running += 1
        try:
            async with aclosing(self._remote.events(COMPLETIONS, self._of_model(body, stream=True))) as events:
                while not answer.is_done:
                    before = answer.num_tokens
                    if pieces := answer.feed(await self._next(events, until)):
                        yield pieces
                    if answer.num_tokens > before:  # waits for tokens, not for comments and empty events
                        until = now() + self._limits.idle_s
        finally:
            self._running -= 1

    async def _next(self, events: AsyncGenerator[dict[str, Any], None], until: float) -> dict[str, Any] | None:
        """The next event, or None at the end of the stream."""
        try:
            async with asyncio.timeout_at(until):
                return await anext(events, None)
        except TimeoutError:
            raise EngineDownError("the remote server has sent no token for too long") from None

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """By an echo of the text. Raises UserError where the server has none."""
        if not self._found.capabilities.prompt_logprobs:
            raise UserError("the remote server gives no log-probabilities of a text", "an engine that does")
        body = body_of(Request((), 0, 0.0), self._found.server, list(token_ids), None, self._end_ids)
        asked = {"echo": True, "logprobs": top, **(self._found.tells_ids or {})}
        reply = await self._remote.reply(COMPLETIONS, self._of_model({**body, **asked}))
        try:
            tokens = tokens_of(reply["choices"][0])
        except (KeyError, IndexError, TypeError, AttributeError):
            tokens = None
        if tokens is None or [token.token_id for token in tokens] != list(token_ids):
            raise EngineDownError("the remote server echoes another text than it was given")
        return [_score(token, top, is_first=not place) for place, token in enumerate(tokens)]

    async def score_many(
        self,
        prefix_ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        top: int = 0,
        cache_salt: str | None = None,  # noqa: ARG002 (the other server keeps its own beginnings apart)
    ) -> list[list[Score]]:
        """One request for each; the server's cache of prefixes reads the prefix once."""
        slots = asyncio.Semaphore(self._description.slots)

        async def one(ids: Sequence[int]) -> list[Score]:
            async with slots:
                return (await self.score([*prefix_ids, *ids], top))[len(prefix_ids) :]

        return list(await asyncio.gather(*map(one, continuations)))

    async def embed(self, token_ids: Sequence[int]) -> list[float]:
        """By /v1/embeddings. Raises UserError where the server does not say that it is the mean of the last layer."""
        if not self._found.capabilities.embeddings:
            raise UserError("the remote server makes no such embeddings", "an engine that does")
        reply = await self._remote.reply(EMBEDDINGS, self._of_model({"input": [list(token_ids)]}))
        try:
            numbers = [float(number) for number in reply["data"][0]["embedding"]]
        except (KeyError, IndexError, TypeError, ValueError, OverflowError):
            numbers = []
        if not numbers or not all(map(math.isfinite, numbers)):
            raise EngineDownError("the remote server sent no embedding")
        return numbers

    def close(self) -> None:
        """Ends the looks at its health. Answers under way end with whoever reads them."""
        self._ended.set()
        self._looking.join(_END_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _of_model(self, body: dict[str, Any], *, stream: bool = False) -> dict[str, Any]:
        return {"model": self._found.model, **body, **({"stream": True} if stream else {})}

    def _check(self, request: Request) -> None:
        """Raises UserError for what the server has no way for: left out, it would be a wrong answer."""
        if self._ended.is_set():
            raise EngineDownError("the engine is closed")
        able = self._found.capabilities
        room = self._found.context_tokens - len(request.prompt_ids)
        if not request.prompt_ids or not 1 <= request.max_tokens <= room:
            raise UserError(f"{len(request.prompt_ids)} + {request.max_tokens} tokens", f"1 to {room} tokens to make")
        if not 0 <= min(request.prompt_ids) <= max(request.prompt_ids) < self._description.vocabulary_tokens:
            raise UserError(f"a token id above {self._description.vocabulary_tokens - 1}", "ids of this tokenizer")
        if request.top_logprobs > able.top_logprobs:
            raise UserError(f"the remote server gives at most {able.top_logprobs} alternatives of a token")
        if request.guide is not None and request.guide.kind not in able.guides:
            raise UserError(f"the remote server takes no guide of the kind {request.guide.kind!r}")
        if request.adapter is not None:
            raise UserError("a server elsewhere is asked no adapter", "a recipe of its own that names it as the model")
        for name in able.cannot:
            if name != "seed" and is_on(request, name):  # the gateway gives each request a seed
                raise UserError(f"the remote server has no way for {name}", "a request without it")

    def _text(self, ids: Sequence[int]) -> str:
        """A prompt as a text, for a server that takes no ids. It puts the begin there itself.

        A special token stands there by its name; so a text that has such a name in it is refused, for the server would
        read the person's words as a mark. Raises UserError for this, and for a prompt that ends inside a character.
        """
        begin = self.codec.begin_ids
        rest = list(ids[len(begin) :] if tuple(ids[: len(begin)]) == begin else ids)
        names = {token_id: name for name, token_id in self.codec.special_ids.items()}
        parts, plain = list[str](), list[int]()
        for token_id in [*rest, None]:
            if token_id is not None and token_id not in names:
                plain.append(token_id)
                continue
            content = b"".join(map(self.codec.token_bytes, plain))
            text = content.decode("utf-8", errors="ignore")
            if len(text.encode()) != len(content):
                raise UserError("the remote server takes texts, and this prompt ends inside a character")
            if name := next((name for name in names.values() if name in text), None):
                raise UserError(f"the remote server takes texts, and would read {name!r} in this one as a mark")
            parts += [text, names.get(token_id, "") if token_id is not None else ""]
            plain = []
        return "".join(parts)

    def _look(self) -> None:
        """The thread that asks how the server is. One that refuses is down; one that is slow stands."""
        while not self._ended.wait(self._limits.poll_s):
            status = self._remote.status(self._found.health, self._limits.connect_s)
            self._state = "ok" if status == 200 else "stalled" if status == 408 else "down"


def _score(token: Token, top: int, *, is_first: bool) -> Score:
    return Score(token.token_id, None) if is_first else Score(token.token_id, token.logprob, token.best(top))


@contextlib.contextmanager
def opened(recipe: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """The engine and the tokenizer of a recipe, closed at the end of the block. Raises UserError where it is wrong."""
    remote = config.parse(RemoteSettings, config.read_toml(recipe), str(recipe))
    with contextlib.ExitStack() as closing:
        if remote.process is not None:
            closing.enter_context(started(remote))
        engine = closing.enter_context(RemoteEngine(remote, settings))
        yield engine, engine.codec
