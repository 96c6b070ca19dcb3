"""How many bits a model needs for each byte of text it has never seen: the measure that tokenizers cannot flatter.

bits per byte = sum of -ln p(token) / (ln 2 x UTF-8 bytes of the text). Every document begins after the separator,
whose probability is not counted, and a document scored whole pays for its ending separator too.

A document longer than the context is scored in windows: each later window repeats the last `context_share` of the
context without scoring it again, so every token is scored once, with at least that much before it.
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from malmoi.evaluate.heldout import Excerpt
from malmoi.kit.errors import UserError
from malmoi.serve.engine import Engine
from malmoi.tokenizer.codec import after_begin


@dataclass(frozen=True)
class Window:
    """Token ids that go to the engine at once; those from `first` on are scored."""

    ids: tuple[int, ...]
    first: int


@dataclass(frozen=True)
class Measured:
    """What a text cost: documents, tokens (separators included), UTF-8 bytes, and the sum of -ln p in nats."""

    documents: int
    tokens: int
    text_bytes: int
    nats: float

    @property
    def bits_per_byte(self) -> float:
        """Bits for each byte of text; 0 where there is no text."""
        return bits_per_byte(self.nats, self.text_bytes)


def bits_per_byte(nats: float, text_bytes: int) -> float:
    """What `nats` are in bits for each of `text_bytes`: nats / (ln 2 x bytes)."""
    return nats / (math.log(2) * text_bytes) if text_bytes else 0.0


def windows(ids: Sequence[int], context_tokens: int, context_share: float) -> Iterator[Window]:
    """The windows in which `ids`, preceded by the begin token, are scored, each once.

    Raises UserError where the context is too short to hold a token and one before it.
    """
    if context_tokens < 2:
        raise UserError(f"the model's context is {context_tokens} tokens", "2 or more")
    line = tuple(after_begin(ids))
    kept = max(1, min(int(context_tokens * context_share), context_tokens - 1))
    end = 1
    while end < len(line):
        start = max(0, end - kept)
        stop = min(start + context_tokens, len(line))
        yield Window(line[start:stop], end - start)
        end = stop


async def score(
    engine: Engine, excerpts: Sequence[Excerpt], context_share: float, progress: Callable[[int, int], None]
) -> dict[str, Measured]:
    """Scores the excerpts, as many at once as the engine has slots. Sums by kind; `progress` counts tokens."""
    described = engine.describe()
    free = asyncio.Semaphore(max(1, described.slots))
    total, done = sum(len(excerpt.ids) for excerpt in excerpts), 0

    async def one(excerpt: Excerpt) -> float:
        nonlocal done
        nats = 0.0
        for window in windows(excerpt.ids, described.context_tokens, context_share):
            async with free:
                nats += _cost(await engine.score(window.ids), window)
            done += len(window.ids) - window.first
            progress(done, total)
        return nats

    return sum_by_kind(excerpts, await asyncio.gather(*map(one, excerpts)))


def sum_by_kind(excerpts: Sequence[Excerpt], nats: Sequence[float]) -> dict[str, Measured]:
    """What each kind cost, from what each excerpt cost."""
    result: dict[str, Measured] = {}
    for excerpt, cost in zip(excerpts, nats, strict=True):
        so_far = result.get(excerpt.kind, Measured(0, 0, 0, 0.0))
        result[excerpt.kind] = Measured(
            so_far.documents + 1,
            so_far.tokens + len(excerpt.ids),
            so_far.text_bytes + excerpt.text_bytes,
            so_far.nats + cost,
        )
    return result


def weighted(by_kind: Mapping[str, float], heldout_bytes: Mapping[str, int]) -> float:
    """The mean of a figure over kinds, weighed by how much held-out text each kind has, sampled or not."""
    weight = sum(heldout_bytes[kind] for kind in by_kind)
    return sum(value * heldout_bytes[kind] for kind, value in by_kind.items()) / weight if weight else 0.0


def _cost(scores: Sequence, window: Window) -> float:
    """Sum of -ln p over the scored part of a window."""
    nats = 0.0
    for score in scores[window.first :]:
        if score.logprob is None or not math.isfinite(score.logprob):
            raise UserError(f"the engine gave {score.logprob} for token {score.token_id}", "a finite log-probability")
        nats -= score.logprob
    return nats
