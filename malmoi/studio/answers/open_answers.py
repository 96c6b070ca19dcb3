"""The answers under way. A task makes each of them, whatever its readers do; readers follow any number at once.

One writer: every half second it puts what is new of all answers into the database, in one transaction that is over
before any of them goes on. A killed server loses that half second and no more.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import orjson
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from malmoi.serve.http_errors import ApiError, as_api_error
from malmoi.serve.http_record import keep_request
from malmoi.serve.http_trace import Trace, close, route_of
from malmoi.serve.served import ServerState
from malmoi.studio.answers import store
from malmoi.studio.answers.live import Live, Part, Place, news
from malmoi.studio.answers.making import Making
from malmoi.studio.answers.tables import CUT, DONE, FAILED, RUNNING, STOPPED

MAX_OPEN = 64
"""Answers under way at once; the places of the model are fewer, but what waits for the disk counts as well."""
WRITE_S = 0.5
"""So often the disk gets what is new. A killed server loses no more of an answer than this."""
KEEP_ALIVE_S = 10.0
"""A connection that is silent for so long gets a comment: the page takes one that is silent for longer as broken."""
_STOP_S = 5.0
"""So long a request to stop waits for the end; what takes longer ends by itself a little later."""
_MAX_READERS = 256
"""Connections that follow answers at once. Each holds a task: without a bound a script could open any number."""

_log = logging.getLogger("malmoi.studio")


class OpenAnswers:
    """What is being made now, its readers, and the writer. To be used from one event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._live: dict[str, Live] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._readers: set[asyncio.Event] = set()
        self._writing, self._writer = asyncio.Lock(), None

    async def open(self) -> None:
        """Ends what a killed server has left, and begins to write."""
        await asyncio.to_thread(store.recover, self._engine)
        self._writer = asyncio.create_task(self._write_on())

    async def close(self) -> None:
        """Cuts what is under way, and writes what came of it."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._write()

    def check_room(self) -> None:
        """Raises ApiError where as many answers are under way as this studio holds."""
        if len(self._live) >= MAX_OPEN:
            message = f"{MAX_OPEN} answers are under way already"
            params, headers = {"most": MAX_OPEN}, {"Retry-After": "5"}
            raise ApiError(429, message, code="too_many_answers", headers=headers, params=params)

    def begin(self, live: Live, making: Making, trace: Trace, server: ServerState, scope: Mapping[str, Any]) -> None:
        """Makes an answer in a task of its own. scope: of the request that asked for it, for its access line."""
        self._live[live.id] = live
        task = asyncio.create_task(self._make(live, making, trace))
        self._tasks[live.id] = task

        def over(_: asyncio.Task[None]) -> None:
            self._tasks.pop(live.id, None)
            close(trace, dict(scope), server)
            keep_request(server, trace, "POST", route_of(dict(scope)))

        task.add_done_callback(over)

    def live(self, answer_id: str) -> Live | None:
        """An answer that is under way, or whose end is not in the database yet."""
        return self._live.get(answer_id)

    async def stop(self, answer_id: str) -> bool:
        """Ends an answer; what it has stays. Returns False where it is not under way."""
        live, task = self._live.get(answer_id), self._tasks.get(answer_id)
        if live is None or task is None or live.end is not None:
            return False
        live.is_stopped = True
        task.cancel()
        await asyncio.wait({task}, timeout=_STOP_S)
        return True

    async def _make(self, live: Live, making: Making, trace: Trace) -> None:
        """Makes one answer to its end, whatever that is: then its place is free, and the disk has it.

        STOPPED: by a person; CUT: by the end of the server; FAILED: by any error, with what a client may see of it.
        Each of them keeps the text so far. Readers are told before the disk is, so that no screen waits for a write.
        """
        state, told = DONE, None
        trace.status = 200
        try:
            async with aclosing(making.steps) as steps:
                async for step in steps:
                    live.add(step)
                    self._wake()
        except asyncio.CancelledError:
            state = STOPPED if live.is_stopped else CUT
        except Exception as error:
            explained = making.explain(error)
            failure = as_api_error(explained if isinstance(explained, Exception) else error)
            trace.status, trace.code = failure.status, failure.code or ""
            state, told = FAILED, failure.to_json()["error"]
        finally:
            making.place.release()
        live.prompt_tokens = live.prompt_tokens or trace.prompt_tokens
        live.close(state, told)
        self._wake()
        await self._write()

    def _wake(self) -> None:
        """Lets every reader look for news. It costs little where there are none: a place is compared with a length."""
        for reader in self._readers:
            reader.set()

    async def _write_on(self) -> None:
        """Writes every WRITE_S, for as long as the server runs."""
        while True:
            await asyncio.sleep(WRITE_S)
            await self._write()

    async def _write(self) -> None:
        """Writes what is new. What cannot be written now stays here; one that is refused takes no others along."""
        async with self._writing:
            ended = [live for live in self._live.values() if live.end is not None]
            found = [(live, live.unsaved()) for live in self._live.values() if live.end is None]
            parts = [(live, part) for live, part in found if part is not None]
            if not ended and not parts:
                return
            error = await self._kept(parts, ended)
            if error is not None and not isinstance(error, OperationalError):  # locked or away: so is each of them
                for pair in parts:
                    await self._kept([pair], [])
                for live in ended:
                    await self._kept([], [live])

    async def _kept(self, parts: Sequence[tuple[Live, Part]], ended: Sequence[Live]) -> Exception | None:
        """Writes these, all or none, and gives what kept it from that. The answers go on, and are written later."""
        try:
            await asyncio.to_thread(store.write, self._engine, [part for _, part in parts], ended)
        except Exception as error:
            _log.error("the history could not be written: %s", type(error).__name__)
            return error
        for live, part in parts:
            live.saved(part)
        for live in ended:
            del self._live[live.id]
        return None

    def check_readers(self) -> None:
        """Raises ApiError where as many pages follow as this studio serves. To be asked before a reply begins."""
        if len(self._readers) >= _MAX_READERS:
            raise ApiError(429, f"{_MAX_READERS} pages are open already", code="too_many_readers")

    async def follow(self, wanted: Mapping[str, Place]) -> AsyncGenerator[str, None]:
        """Server-sent events of any number of answers, each from the place that its reader has come to.

        An event's id holds the places in the order of `wanted`: a reader that comes back with the last one misses no
        character and gets none twice. It ends when all the answers have.
        """
        changed = asyncio.Event()
        self._readers.add(changed)
        try:
            yield "retry: 1000\n\n"
            while True:
                changed.clear()
                for answer_id, place in wanted.items():
                    event = None if place.is_over else await self._news(answer_id, place)
                    if event is not None:
                        yield f"id: {places_text(wanted)}\ndata: {orjson.dumps(event).decode()}\n\n"
                if all(place.is_over for place in wanted.values()):
                    return
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await changed.wait()
                except TimeoutError:
                    yield ": here\n\n"
        finally:
            self._readers.discard(changed)

    async def _news(self, answer_id: str, place: Place) -> dict[str, Any] | None:
        """What a reader has not seen of an answer yet; None where there is nothing.

        While it is made, memory tells it, later the database. One that is nowhere has the state "gone", so that its
        reader asks no more.
        """
        live = self._live.get(answer_id)
        if live is not None:
            return live.news(place)
        row = await asyncio.to_thread(store.read, self._engine, answer_id)
        if row is None:
            return news(answer_id, place, "", [], None, {"state": "gone"})
        if row.state == RUNNING:  # another studio on the same database makes it
            return None
        names = ("state", "finish", "prompt_tokens", "answer_tokens", "seconds", "result", "error")
        end = {name: getattr(row, name) for name in names}
        text, tokens = row.text[place.characters :], (row.tokens or [])[place.tokens :]
        return news(answer_id, place, text, tokens, row.told or None, end)


def places_text(places: Mapping[str, Place]) -> str:
    """The places of a connection as the id of an event: `characters.tokens` of each answer, in order."""
    return ",".join(f"{place.characters}.{place.tokens}" for place in places.values())
