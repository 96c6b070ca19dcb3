"""Copies of requests for a candidate, whose answers are recorded and counted and never returned.

A copy can cost the request that it is of nothing: it waits in a queue of its own, which drops what is too much; it runs
in slots that no answer wants, and gives its slot back when one does; it unloads no other model; it has a time of its
own. A candidate that hangs or dies is a number in the metrics.
"""

import asyncio
import dataclasses
import time
from contextlib import aclosing
from dataclasses import dataclass

from malmoi.kit.errors import UserError
from malmoi.serve.admission import FullError
from malmoi.serve.endpoints import NoModelError, UnavailableError
from malmoi.serve.engine import Request
from malmoi.serve.http_ask import Ask, asked
from malmoi.serve.http_record import Answer
from malmoi.serve.http_trace import Trace
from malmoi.serve.keys import ANYONE
from malmoi.serve.models import Models
from malmoi.serve.served import Served
from malmoi.serve.text import TextStream, answer

_MOST_WAITING = 64
_WORKERS = 2
"""Copies at once: a candidate is compared, not used."""
_CANCEL_S = 5.0
"""So long a copy that was given up may take to end; one that does not is left to itself."""


@dataclass(frozen=True)
class Copy:
    """A request as its model was asked it. name: what its client asked; shadow: the model that is asked as well."""

    name: str
    shadow: str
    served: Served
    ask: Ask
    trace: Trace


class Shadows:
    """The queue of copies and the few tasks that work on it, which begin with the first copy."""

    def __init__(self, models: Models) -> None:
        self.models, self._metrics = models, models.server.metrics
        self._waiting: asyncio.Queue[Copy] = asyncio.Queue(_MOST_WAITING)
        self._workers: list[asyncio.Task[None]] = []

    def offer(self, asked_name: str | None, served: Served, ask: Ask, trace: Trace) -> None:
        """Takes a copy of a request, where the traffic of the name that it asked wants one. Returns at once."""
        name = self.models.bare_name(asked_name)
        shadow = None if name is None else self.models.traffic.copies_to(name)
        if name is None or shadow is None or shadow == served.name:
            return
        try:
            self._waiting.put_nowait(Copy(name, shadow, served, ask, trace))
        except asyncio.QueueFull:
            self._count(shadow, "dropped")
        while len(self._workers) < _WORKERS:
            self._workers.append(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Answers copies one after the other for as long as the server runs. One that comes too late is left out."""
        while True:
            copy = await self._waiting.get()
            split = self.models.traffic.splits.get(copy.name)
            if split is None or split.shadow != copy.shadow:  # it was taken away meanwhile
                self._count(copy.shadow, "dropped")
            elif copy.trace.elapsed_s > self.models.server.settings.models.shadow_s:  # behind copies that hang
                self._count(copy.shadow, "late")
            else:
                self._count(copy.shadow, await self._outcome(copy))

    async def _outcome(self, copy: Copy) -> str:
        """Runs a copy. Whatever becomes of it is a word for the metrics."""
        task = asyncio.create_task(self._answered(copy))
        try:
            done, _ = await asyncio.wait({task}, timeout=self.models.server.settings.models.shadow_s)
            if not done:
                return "late"
            return "displaced" if task.cancelled() else task.result()
        except (NoModelError, UnavailableError):
            return "unavailable"
        except FullError:
            return "busy"
        except Exception:  # of an engine or of what it was asked: the candidate's own fault, and nobody waits for it
            return "failed"
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_S)

    async def _answered(self, copy: Copy) -> str:
        """Lets the shadow answer, in a slot that nobody wants, and keeps what it says."""
        async with self.models.using(copy.shadow, ANYONE, may_unload=False) as served:
            began_s = time.monotonic()
            came = copy.trace
            trace = Trace(came.request_id, came.key, served.name, user=came.user, shadow_of=came.reply_id)
            async with served.admission.spare():
                ask = await _fitted(copy, served)
                for index, request in enumerate(ask.requests):
                    if request.max_tokens:
                        await self._one(Answer(ask, index), served, trace)
            self._metrics.shadow_s.labels(served.name).observe(time.monotonic() - began_s)
        return "answered"

    async def _one(self, kept: Answer, served: Served, trace: Trace) -> None:
        stream = TextStream(served.codec, kept.stops)
        async with aclosing(answer(served.engine, kept.request, stream)) as pieces:
            async for piece in pieces:
                kept.add([token.token_id for token in piece.tokens])
                if piece.finish:
                    self._metrics.shadow_tokens.labels(served.name).inc(piece.num_tokens)
                    kept.keep(served, trace, piece.finish)

    def _count(self, shadow: str, outcome: str) -> None:
        self._metrics.shadow_copies.labels(shadow, outcome).inc()


async def _fitted(copy: Copy, served: Served) -> Ask:
    """What the shadow is asked: the same ids where its vocabulary is the same, else the same texts in its own ids."""
    is_same = await asyncio.to_thread(_is_same_vocabulary, copy.served, served)
    ask = copy.ask if is_same else await asked(served, copy.ask.body, 0, copy.trace)
    room = served.engine.describe().context_tokens
    for request in ask.requests:
        if len(request.prompt_ids) + request.max_tokens > room:
            raise UserError(f"{len(request.prompt_ids)} + {request.max_tokens} tokens", f"at most {room}")
    return dataclasses.replace(ask, requests=tuple(map(_bare, ask.requests)))


def _bare(request: Request) -> Request:
    """Without alternatives: nobody reads them, and they would be work."""
    return dataclasses.replace(request, top_logprobs=0)


def _is_same_vocabulary(one: Served, other: Served) -> bool:
    return one.made_with["vocabulary_sha256"] == other.made_with["vocabulary_sha256"]
