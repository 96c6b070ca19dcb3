"""Two engines on the same weights: a fast one for answers, and one that can do everything, made at first need."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

from malmoi.kit.errors import UserError, reason_of
from malmoi.serve.engine import Adapting, Description, Engine, EngineDownError, Health, Piece, Request, Score

_log = logging.getLogger("malmoi.serve")


class Fast(Protocol):
    """What answers most requests, and says which it cannot."""

    def describe(self) -> Description:
        """What is being served."""
        ...

    def health(self) -> Health:
        """How it is now."""
        ...

    def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer to a request that it can take."""
        ...

    def can(self, request: Request) -> bool:
        """Whether it answers such a request as it is asked."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Whole(Adapting, Protocol):
    """An engine that can do everything."""

    def close(self) -> None:
        """Ends it."""
        ...


class SecondEngine:
    """`fast`, and for what it cannot do what `make_second` makes the first time. To be closed, or used in a `with`."""

    def __init__(self, fast: Fast, second: Description, make_second: Callable[[], Whole]) -> None:
        """second: what the second engine will be; it is not loaded for that."""
        self._fast, self._about, self._make = fast, second, make_second
        self._second: Whole | None = None
        self._making, self._is_closed = threading.Lock(), False

    def describe(self) -> Description:
        """The fast one, with what both can do."""
        first, more = self._fast.describe(), self._second.describe().adapters if self._second else ()
        both = replace(self._about.capabilities, prefix_cache=first.capabilities.prefix_cache)
        return replace(first, capabilities=both, adapters=tuple(dict(first.adapters + more).items()))

    def health(self) -> Health:
        """The fast one's; the second's where that is worse."""
        first = self._fast.health()
        second = self._second.health() if self._second else first
        worse = second if first.state == "ok" and second.state != "ok" else first
        prefixes = {"prefix_hits": second.prefix_hits, "prefix_tokens": second.prefix_tokens}
        return replace(worse, guides_built=second.guides_built, guide_hits=second.guide_hits, **prefixes)

    def engine_of(self, request: Request) -> str:
        """The name of the engine that answers such a request, for its record."""
        return (self._fast.describe() if self._fast.can(request) else self._about).engine

    async def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer, by the fast engine where it can."""
        engine = self._fast if self._fast.can(request) else await self._whole()
        async with aclosing(engine.generate(request)) as steps:
            async for step in steps:
                yield step

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """By the second engine."""
        return await (await self._whole()).score(token_ids, top)

    async def score_many(
        self,
        prefix_ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        top: int = 0,
        cache_salt: str | None = None,
    ) -> list[list[Score]]:
        """By the second engine."""
        return await (await self._whole()).score_many(prefix_ids, continuations, top, cache_salt)

    async def embed(self, token_ids: Sequence[int]) -> list[float]:
        """By the second engine."""
        return await (await self._whole()).embed(token_ids)

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Into the second engine, which then answers for it: OpenVINO reads adapters only when it opens a model."""
        await (await self._whole()).load_adapter(name, folder)

    async def unload_adapter(self, name: str) -> None:
        """One that came while it ran."""
        first = self._fast.describe()
        if name in dict(first.adapters):
            wrong = f"the adapter {name!r} came with the start, and {first.engine} keeps it until its end"
            raise UserError(wrong, "one that was loaded while the server runs")
        await (await self._whole()).unload_adapter(name)

    def close(self) -> None:
        """Ends both; waits for a second one that is being loaded, whose request may have left long ago."""
        self._fast.close()
        with self._making:
            self._is_closed = True
            if self._second is not None:
                self._second.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _whole(self) -> Whole:
        """The second engine; loading it holds up nobody else."""
        return self._second or await asyncio.to_thread(self._made)

    def _made(self) -> Whole:
        """It, made once. What fails then may name paths of this machine: the reason is for the log alone."""
        with self._making:
            if self._is_closed:
                raise EngineDownError("the engine is closed")
            try:
                self._second = self._second or self._make()
            except Exception as error:  # the edge of the libraries that read models
                _log.error("the second engine could not be loaded: %s", reason_of(error))
                raise EngineDownError("the second engine could not be loaded") from None
            return self._second


def engine_of(engine: Engine, request: Request) -> str:
    """The name of the engine that answers a request: of two, one does."""
    return engine.engine_of(request) if isinstance(engine, SecondEngine) else engine.describe().engine
