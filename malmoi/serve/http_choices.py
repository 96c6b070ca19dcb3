"""Runs the answers of one request, a few at a time, and merges what they say.

The engine's answer is taken from it as it comes and waits here for a client that reads slowly, so that the slot is free
as soon as the engine is done. A client that has stopped reading is cut off by the connection itself (http_connection).
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from malmoi.serve.admission import Place
from malmoi.serve.engine import Score
from malmoi.serve.http_ask import Ask
from malmoi.serve.http_record import Answer
from malmoi.serve.http_safety import filtered
from malmoi.serve.http_schema import CompletionBody
from malmoi.serve.http_trace import CLIENT_LEFT, Trace
from malmoi.serve.keys import Key
from malmoi.serve.safety.stream import SEEN
from malmoi.serve.served import Served
from malmoi.serve.text import TextPiece, TextStream, answer, echo

_BUFFERED_PIECES = 256
"""Pieces that wait for a slow client before the engine's answer waits too: with 20 alternatives each, about 1 MB."""


@dataclass(frozen=True)
class Said:
    """What one of the answers says next. piece: None where all have been silent for a while."""

    index: int
    piece: TextPiece | None


async def said(served: Served, ask: Ask, place: Place, trace: Trace) -> AsyncGenerator[Said, None]:
    """All answers, merged; each ends with a piece that has `finish`. The place is released when the engine is done.

    Closing it early frees the engine's slots. What fails in one answer is raised here and ends them all.
    """
    queue: asyncio.Queue[Said | Exception] = asyncio.Queue(_BUFFERED_PIECES)

    async def run() -> None:
        try:
            await _run(served, ask, place, trace, lambda index, piece: queue.put(Said(index, piece)))
        except Exception as error:
            await queue.put(error)

    running = asyncio.create_task(run())
    try:
        left = len(ask.requests)
        while left:
            item = await _next(queue, served.settings.web.comment_s)
            if isinstance(item, Exception):
                raise item
            yield item
            left -= item.piece is not None and item.piece.finish is not None
    except (GeneratorExit, asyncio.CancelledError):
        trace.status = CLIENT_LEFT
        raise
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        place.release()


async def made(served: Served, ask: Ask, place: Place, trace: Trace) -> Sequence[TextPiece]:
    """Each answer as one piece. No queue and no task of its own: nobody reads slowly what is not there yet."""
    parts: list[list[TextPiece]] = [[] for _ in ask.requests]

    async def keep(index: int, piece: TextPiece) -> None:
        parts[index].append(piece)

    try:
        await _run(served, ask, place, trace, keep)
    except asyncio.CancelledError:
        trace.status = CLIENT_LEFT
        raise
    return [_joined(each) for each in parts]


async def _run(
    served: Served, ask: Ask, place: Place, trace: Trace, put: Callable[[int, TextPiece], Awaitable[None]]
) -> None:
    """Runs the answers, a few at a time; `put` takes what they say. What fails in one is raised and ends them all.

    The place is released in any case.
    """
    gate, counts = asyncio.Semaphore(place.num_slots), [0] * len(ask.requests)

    async def run(index: int) -> None:
        kept = Answer(ask, index)
        try:
            tokens = len(ask.requests[index].prompt_ids) + ask.requests[index].max_tokens
            async with gate, place.turn(tokens), aclosing(_answer(served, ask, index, trace.key)) as pieces:
                if trace.queue_s is None:
                    trace.queue_s = trace.elapsed_s - trace.placed_s
                async for piece in pieces:
                    counts[index] = piece.num_tokens
                    if piece.num_tokens:  # an echo is no part of the answer
                        kept.add([token.token_id for token in piece.tokens])
                    if piece.finish and piece.num_tokens:
                        kept.keep(served, trace, piece.finish)
                    trace.said(sum(counts))
                    await put(index, piece)
        finally:
            kept.keep_cut(served, trace)

    try:
        if len(ask.requests) == 1:
            await run(0)
        else:
            async with asyncio.TaskGroup() as group:
                for index in range(len(ask.requests)):
                    group.create_task(run(index))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        place.release()


async def _next(queue: "asyncio.Queue[Said | Exception]", patience_s: float) -> Said | Exception:
    """The next item, or a Said without a piece after `patience_s`."""
    if not queue.empty():
        return queue.get_nowait()
    try:
        async with asyncio.timeout(patience_s):
            return await queue.get()
    except TimeoutError:
        return Said(0, None)


async def _answer(served: Served, ask: Ask, index: int, key: Key) -> AsyncGenerator[TextPiece, None]:
    """What is echoed, then the answer. The echo's scores are work of the engine: they wait for the request's place."""
    request, shown = ask.requests[index], 0
    if isinstance(ask.body, CompletionBody) and ask.body.echo:
        echoed = await _echo(served, ask, index)
        shown = len(echoed.text)
        yield echoed
    if request.max_tokens == 0:
        yield TextPiece("", finish="length")
        return
    stream = TextStream(served.codec, ask.body.stop, shown)
    said_by_engine = answer(served.engine, request, stream)
    goes_on = isinstance(ask.body, CompletionBody) and request.guide is None  # a turn of a chat does not
    before = served.codec.decode(request.prompt_ids[-SEEN:]) if goes_on else ""
    async with aclosing(filtered(served, said_by_engine, key, request.guide, before)) as pieces:
        async for piece in pieces:
            yield piece


async def _echo(served: Served, ask: Ask, index: int) -> TextPiece:
    """The prompt as a piece, with the probabilities of its tokens where they are asked for."""
    request = ask.requests[index]
    assert isinstance(ask.body, CompletionBody)
    if ask.body.logprobs is None:
        return TextPiece(echo(served.codec, [Score(token_id, None) for token_id in request.prompt_ids]).text)
    return echo(served.codec, await served.engine.score(request.prompt_ids, request.top_logprobs))


def _joined(parts: Sequence[TextPiece]) -> TextPiece:
    """The pieces of an answer as one: why it ended and how many tokens it has stand in the last."""
    text = "".join(part.text for part in parts)
    tokens = tuple(token for part in parts for token in part.tokens)
    return TextPiece(text, tokens, parts[-1].finish, parts[-1].num_tokens)
