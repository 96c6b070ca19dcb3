"""What every engine must do, or say that it cannot: one check for each capability, used by tests and by a benchmark.

A check returns "ok", or "cannot: " and a sentence, where the engine declares it; then it must refuse such a request by
a UserError. What is neither is an AssertionError.
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Adapting, Engine, Guide, Piece, Request
from malmoi.tokenizer.codec import Codec

TEXT = "아버지가 방에"
GUIDES = {
    "choice": (["사과", "표범"], "사과|표범"),
    "regex": ("[0-9]{3}", "[0-9]{3}"),
    "json": (
        {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"], "additionalProperties": False},
        r'\{\s*"a"\s*:\s*[12]\s*\}',
    ),
    "lark": ('root ::= "사과" | "과자"', "사과|과자"),
}
"""A grammar in llama.cpp's form, which every engine with grammars takes; Lark's own is tested with torch."""


@dataclass(frozen=True)
class World:
    """An engine and its tokenizer. end_id: a token that ends an answer. adapter: one for the model, where known."""

    engine: Engine
    codec: Codec
    end_id: int
    adapter: Path | None = None

    @property
    def able(self):
        return self.engine.describe().capabilities

    def request(self, **settings: Any) -> Request:
        """A short greedy answer."""
        return Request(tuple(self.codec.text_ids(TEXT)), **{"max_tokens": 8, "temperature": 0.0, **settings})

    async def ask(self, **settings: Any) -> list[Piece]:
        asked = self.request(**settings)
        async with aclosing(self.engine.generate(asked)) as steps:
            return [piece async for pieces in steps for piece in pieces]

    def text(self, pieces: list[Piece]) -> str:
        return self.codec.decode(piece.token_id for piece in pieces if not piece.is_end)

    async def cannot(self, field: str, **settings: Any) -> str:
        """The sentence of a field that the engine declares. It must refuse the field, and not leave it out."""
        try:
            await self.ask(**settings)
        except UserError as error:
            return f"cannot: {error}"
        raise AssertionError(f"the engine says that it cannot {field}, and takes it")

    def lacks(self, *fields: str) -> bool:
        return bool({*fields} & {*self.able.cannot})


def ids(pieces: list[Piece]) -> list[int]:
    return [piece.token_id for piece in pieces]


async def greedy(world: World) -> str:
    first, again = await world.ask(), await world.ask()
    assert ids(first) == ids(again)
    assert [piece.finish for piece in first[:-1]] == [None] * (len(first) - 1)
    assert first[-1].finish in ("stop", "length")
    if not world.able.deterministic:
        return "ok"
    many = await asyncio.gather(*(world.ask() for _ in range(world.engine.describe().slots + 1)))
    assert all(ids(each) == ids(first) for each in many)
    return "ok"


async def seeds(world: World) -> str:
    answers = [ids(await world.ask(temperature=1.0, seed=seed)) for seed in (1, 2, 3, 4, 5)]
    assert answers[0] == ids(await world.ask(temperature=1.0, seed=1))
    assert len({tuple(answer) for answer in answers}) > 1
    return "ok"


async def length(world: World) -> str:
    asked = {} if world.lacks("ignore_eos") else {"ignore_eos": True}
    pieces = await world.ask(max_tokens=6, **asked)
    if world.able.token_ids:
        assert len(pieces) == 6 or pieces[-1].is_end
    assert pieces[-1].finish == ("stop" if pieces[-1].is_end else "length")
    return "ok" if world.able.token_ids else "cannot: it tells texts, and our tokenizer counts them again"


async def stop_ids(world: World) -> str:
    stop = ids(await world.ask())[2]
    if world.lacks("stop_token_ids"):
        return await world.cannot("stop_token_ids", stop_token_ids=(stop,))
    plain = await world.ask()
    pieces = await world.ask(stop_token_ids=(stop,))
    assert pieces[-1].finish == "stop"
    assert pieces[-1].is_end
    if world.able.token_ids:
        assert ids(pieces) == ids(plain)[: ids(plain).index(stop) + 1]
    assert world.text(plain).startswith(world.text(pieces))
    assert len(world.text(pieces)) < len(world.text(plain))
    return "ok"


async def min_tokens(world: World) -> str:
    stop = ids(await world.ask())[0]
    if world.lacks("min_tokens", "stop_token_ids"):
        return await world.cannot("min_tokens", min_tokens=4, stop_token_ids=(stop,))
    short, long = await world.ask(stop_token_ids=(stop,)), await world.ask(stop_token_ids=(stop,), min_tokens=4)
    assert world.text(short) == ""
    assert len(long) >= 4
    assert world.text(long) != ""
    return "ok"


async def logit_bias(world: World) -> str:
    wanted = world.codec.encode("표범")[0]
    if world.lacks("logit_bias"):
        return await world.cannot("logit_bias", logit_bias=((wanted, 100.0),))
    assert ids(await world.ask(max_tokens=1, logit_bias=((wanted, 100.0),))) == [wanted]
    first = ids(await world.ask(max_tokens=1))[0]
    assert ids(await world.ask(max_tokens=1, logit_bias=((first, -100.0),))) != [first]
    return "ok"


async def ends(world: World) -> str:
    """An end has its id and an entry."""
    asked: dict[str, Any] = {"logit_bias": ((world.end_id, 100.0),)}
    if world.lacks("logit_bias"):
        asked = {"stop_token_ids": (ids(await world.ask())[0],)}
    if world.lacks("logit_bias") and world.lacks("stop_token_ids"):
        pieces = await world.ask(max_tokens=100)
        assert pieces[-1].is_end == (pieces[-1].finish == "stop")
        return "ok"
    [piece] = await world.ask(**asked)
    assert piece.is_end
    assert piece.finish == "stop"
    assert piece.token_id == world.end_id or "stop_token_ids" in asked
    assert (piece.logprob is not None) == world.able.logprobs
    return "ok"


def guide(kind: str) -> Callable[[World], Awaitable[str]]:
    """The check of one kind of guide."""
    value, pattern = GUIDES[kind]

    async def check(world: World) -> str:
        asked = {"guide": Guide(kind, value), "max_tokens": 24}
        if kind not in world.able.guides:
            return await world.cannot(kind, **asked)
        pieces = await world.ask(**asked)
        assert re.fullmatch(pattern, world.text(pieces)), world.text(pieces)
        assert pieces[-1].finish == "stop"
        return "ok"

    return check


async def top_logprobs(world: World) -> str:
    if world.able.top_logprobs < 2:
        return await world.cannot("top_logprobs", top_logprobs=2)
    for piece in await world.ask(top_logprobs=2):
        assert len(piece.top) == 2
        assert piece.top[0][1] >= piece.top[1][1]
        if piece.logprob is not None:  # the likeliest may be one that is never chosen
            assert dict(piece.top).get(piece.token_id, piece.logprob) == piece.logprob
    return "ok"


async def logprobs(world: World) -> str:
    pieces = await world.ask()
    if not world.able.logprobs:
        assert all(piece.logprob is None for piece in pieces)
        return "cannot: it tells no log-probabilities"
    assert all(piece.logprob is not None and piece.logprob <= 0 for piece in pieces)
    return "ok"


async def score(world: World) -> str:
    text = world.codec.text_ids(TEXT)
    if not world.able.prompt_logprobs:
        return await _refused(world.engine.score(text))
    scores = await world.engine.score(text, 2)
    assert [each.token_id for each in scores] == text
    assert scores[0].logprob is None
    assert all(each.logprob is not None and each.logprob <= 0 and len(each.top) == 2 for each in scores[1:])
    return "ok"


async def score_many(world: World) -> str:
    text, more = world.codec.text_ids(TEXT), [world.codec.encode("사과"), world.codec.encode("표범 긍정")]
    if not world.able.prompt_logprobs:
        return await _refused(world.engine.score_many(text, more))
    many = await world.engine.score_many(text, more, 1)
    for scores, continuation in zip(many, more, strict=True):
        alone = (await world.engine.score([*text, *continuation], 1))[len(text) :]
        assert [each.token_id for each in scores] == continuation
        gaps = [abs((a.logprob or 0) - (b.logprob or 0)) for a, b in zip(scores, alone, strict=True)]
        assert max(gaps) < 1e-4
    return "ok"


async def embed(world: World) -> str:
    if not world.able.embeddings:
        return await _refused(world.engine.embed(world.codec.text_ids(TEXT)))
    one, other = [await world.engine.embed(world.codec.text_ids(text)) for text in (TEXT, "사과 과자")]
    assert len(one) == len(other) > 0
    assert all(map(math.isfinite, one))
    assert one != other
    return "ok"


async def adapters(world: World) -> str:
    """One that comes while the engine runs answers otherwise than the base, beside it, and goes again."""
    if not world.able.loads_adapters:
        await world.cannot("adapter", adapter="tone")
        return "cannot: it takes no adapters in or out while it runs"
    if world.adapter is None:
        return "cannot: there is no adapter for this model here"
    engine = cast(Adapting, world.engine)
    plain = ids(await world.ask(ignore_eos=True))
    await engine.load_adapter("tone", world.adapter)
    assert "tone" in dict(engine.describe().adapters)
    adapted, beside = await asyncio.gather(world.ask(ignore_eos=True, adapter="tone"), world.ask(ignore_eos=True))
    assert ids(beside) == plain != ids(adapted)
    await engine.unload_adapter("tone")
    await world.cannot("adapter", adapter="tone")
    return "ok"


async def cancel(world: World) -> str:
    """Answers that are left free their slots: as many again can run, and none is left over."""
    slots = world.engine.describe().slots
    for _ in range(2):
        leaving = [world.engine.generate(world.request(max_tokens=100)) for _ in range(slots)]
        for pieces in leaving:
            await anext(pieces)
        for pieces in leaving:
            await pieces.aclose()
    assert await world.ask()
    deadline = time.monotonic() + 20
    while world.engine.health().running and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    assert world.engine.health().running == 0
    return "ok"


async def health(world: World) -> str:
    found = world.engine.health()
    assert (found.state, found.waiting) == ("ok", 0)
    return "ok"


async def errors(world: World) -> str:
    """What a request asks wrongly is a UserError, and the next one is answered."""
    about = world.engine.describe()
    long, foreign = Request((300,) * about.context_tokens, 1), Request((about.vocabulary_tokens,), 1)
    for wrong in (Request(()), long, foreign, Request((300,), 0)):
        try:
            async with aclosing(world.engine.generate(wrong)) as steps:
                await anext(steps)
        except UserError:
            continue
        raise AssertionError(f"{len(wrong.prompt_ids)} + {wrong.max_tokens} tokens are taken")
    assert await world.ask()
    return "ok"


async def _refused(asked: Awaitable[Any]) -> str:
    try:
        await asked
    except UserError as error:
        return f"cannot: {error}"
    raise AssertionError("the engine says that it cannot, and answers")


CHECKS: dict[str, Callable[[World], Awaitable[str]]] = {
    "greedy, twice the same": greedy,
    "a seed gives its answer again": seeds,
    "max_tokens": length,
    "stop ids": stop_ids,
    "min_tokens": min_tokens,
    "logit_bias": logit_bias,
    "an end has id and entry": ends,
    **{f"guide: {kind}": guide(kind) for kind in GUIDES},
    "log-probabilities": logprobs,
    "alternatives": top_logprobs,
    "score": score,
    "score_many": score_many,
    "embed": embed,
    "adapters come and go": adapters,
    "leaving frees the slot": cancel,
    "health": health,
    "errors are named": errors,
}


def results(world: World) -> dict[str, str]:
    """Each check and what came of it: "ok", "cannot: ...", or what failed."""
    told = {}
    for name, check in CHECKS.items():
        try:
            told[name] = asyncio.run(check(world))
        except Exception as error:  # a table of results goes on after a failure
            told[name] = f"{type(error).__name__}: {json.dumps(str(error), ensure_ascii=False)[:200]}"
    return told
