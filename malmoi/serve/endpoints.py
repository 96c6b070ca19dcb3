"""A model in the table of models: what is told of it, where it comes from, its state, and why it cannot be had."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from malmoi.serve.engine import Engine
from malmoi.serve.served import Served
from malmoi.tokenizer.codec import Codec


@dataclass(frozen=True)
class Listed:
    """A model that can be asked. created_s: since 1970; needs_bytes: memory when it is loaded, and in words `plan`;
    is_default: it is what its bare name means; is_pinned: it is loaded at the start and stays;
    is_remote: it runs elsewhere and comes back by itself when it has failed.
    """

    name: str
    version: str = ""
    context_tokens: int = 0
    created_s: int = 0
    needs_bytes: int = 0
    plan: str = ""
    folder: Path | None = None
    is_default: bool = False
    is_pinned: bool = False
    is_remote: bool = False

    @property
    def id(self) -> str:
        """What clients call this very version."""
        return f"{self.name}@{self.version}" if self.version else self.name


class Source(Protocol):
    """Where models come from."""

    def find(self) -> Sequence[Listed]:
        """The models that are there now, newest version of a name last. Blocks; called in a thread."""
        ...

    def open(self, listed: Listed) -> AbstractContextManager[tuple[Engine, Codec]]:
        """One of them, loaded while the block runs. Blocks; called in a thread. Raises UserError where it cannot be."""
        ...


class NoModelError(Exception):
    """Nobody here has this name. close: names that are like it, or all where none is."""

    def __init__(self, asked: str, close: Sequence[str]) -> None:
        super().__init__(asked)
        self.asked, self.close = asked, tuple(close)


class NotAllowedError(Exception):
    """The key may not ask this model."""


class UnavailableError(Exception):
    """The model cannot answer now. retry_s: when it may."""

    def __init__(self, reason: str, korean: str, retry_s: int) -> None:
        super().__init__(reason)
        self.korean, self.retry_s = korean, retry_s


@dataclass(eq=False)
class Endpoint:
    """A model and its state. num_users: requests on their way to a place; used_s, fault_s: monotonic.

    loaded_of_s: when what is loaded was made. adapters: folder and bytes of those that came while it ran; they come
    again when it is loaded anew.
    """

    listed: Listed
    served: Served | None = None
    loading: "asyncio.Task[Served] | None" = None
    closing: "asyncio.Task[None] | None" = None
    stack: ExitStack = field(default_factory=ExitStack)
    is_gone: bool = False
    loaded_of_s: int = 0
    num_users: int = 0
    used_s: float = 0.0
    fault: str = ""
    fault_s: float = 0.0
    adapters: dict[str, tuple[Path, int]] = field(default_factory=dict)

    @property
    def needs_bytes(self) -> int:
        """Memory when it is loaded."""
        return self.listed.needs_bytes + sum(size for _, size in self.adapters.values())

    @property
    def is_idle(self) -> bool:
        """Whether it may be unloaded."""
        is_used = self.num_users or self.loading or (self.served is not None and self.served.num_requests)
        return self.served is not None and not is_used and not self.listed.is_pinned

    @property
    def holds_memory(self) -> bool:
        """Whether it takes memory now."""
        return self.served is not None or self.loading is not None or self.closing is not None

    @contextmanager
    def used(self) -> Iterator[None]:
        """A request is on its way while the block runs."""
        self.num_users += 1
        try:
            yield
        finally:
            self.num_users -= 1
            self.used_s = time.monotonic()
