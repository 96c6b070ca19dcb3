"""Who may run now and who waits: slots, places in the queue, fair turns for every key. No web framework.

A request takes a place before anything is encoded for it. Its answers then wait for a turn at a slot. The next turn
goes to the key that has had the fewest tokens (start-time fair queueing, Goyal et al. 1996), so a key with 100 waiting
requests holds up a key with one by no more than the answers under way. One of several keys gets half of the places.
"""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

_SMOOTHING = 0.1
"""Share of the newest answer in the mean time of an answer."""
_FIRST_GUESS_S = 5.0
_LONGEST_RETRY_S = 120


class FullError(Exception):
    """No place now, or no turn in time. retry_s: when one is likely. is_late: its client would not have waited."""

    def __init__(self, reason: str, retry_s: int, *, is_late: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retry_s, self.is_late = reason, retry_s, is_late


@dataclass(eq=False)
class _Waiter:
    """One answer that waits for its turn."""

    tokens: int
    turn: asyncio.Future[None]


@dataclass
class _Line:
    """The answers of one key that wait. spent: tokens it has had, in the time of the fair queue."""

    waiting: deque[_Waiter] = field(default_factory=deque)
    spent: float = 0.0
    held: int = 0


class Admission:
    """The places and slots of one engine. To be used from one event loop.

    slots: answers at once; queue: places beyond them; most_tokens: of all held requests together, prompts and answers;
    patience_s: longest wait for a turn; key_share: of the places that one key may hold, where there are several.
    """

    def __init__(
        self, slots: int, queue: int, most_tokens: int, patience_s: float, key_share: Callable[[], float] = lambda: 1.0
    ) -> None:
        self.slots, self.places, self._most_tokens = slots, slots + queue, most_tokens
        self._patience_s, self._key_share = patience_s, key_share
        self._lines: dict[str, _Line] = {}
        self._time = 0.0
        self._answer_s = _FIRST_GUESS_S
        self.held, self.held_tokens, self.running = 0, 0, 0
        self._spare: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """Answers that wait for a turn."""
        return sum(len(line.waiting) for line in self._lines.values())

    @property
    def retry_s(self) -> int:
        """When a place is likely: the waiting answers at the mean time of one, over all slots."""
        return max(1, min(_LONGEST_RETRY_S, math.ceil(self._answer_s * (self.waiting + 1) / self.slots)))

    def starts_in_s(self, key: str) -> float:
        """When an answer of `key` that comes now is likely to begin; 0 where a slot is free. No promise.

        Keys take turns: of each other key no more go first than this one has waiting itself, and one.
        """
        if self.running - len(self._spare) + self.waiting < self.slots:
            return 0.0
        waiting = {name: len(line.waiting) for name, line in self._lines.items()}
        own = waiting.pop(key, 0)
        ahead = own + sum(min(count, own + 1) for count in waiting.values())
        return self._answer_s * (ahead + 1) / self.slots

    def take(self, key: str, num_slots: int = 1, within_s: float | None = None) -> "Place":
        """A place for one more request of `key`, whose answers are to begin `within_s` from now.

        Raises FullError where there is none, or where that is not likely.
        """
        if within_s is not None and self.starts_in_s(key) > within_s:
            raise FullError(f"no answer can begin within {within_s:g} seconds", self.retry_s, is_late=True)
        line = self._lines.setdefault(key, _Line())
        if self.held + num_slots > self.places and self.held:
            raise FullError("all slots and the queue are full", self.retry_s)
        if line.held + num_slots > max(1, math.floor(self.places * self._key_share())) and line.held:
            raise FullError("this key holds its share of the places", self.retry_s)
        return Place(self, key, num_slots, None if within_s is None else time.monotonic() + within_s)

    def check_tokens(self, tokens: int) -> None:
        """Raises FullError where so many more tokens would not fit. One request alone always does."""
        if self.held_tokens and self.held_tokens + tokens > self._most_tokens:
            raise FullError("the requests under way hold all tokens", self.retry_s)

    def hold(self, key: str, num_slots: int) -> None:
        """Counts a place."""
        self.held += num_slots
        self._lines.setdefault(key, _Line()).held += num_slots

    def free(self, key: str, num_slots: int) -> None:
        """Counts a place that is given back. A key that holds and owes nothing is forgotten."""
        self.held -= num_slots
        line = self._lines[key]
        line.held -= num_slots
        if not line.held and not line.waiting and line.spent <= self._time:
            del self._lines[key]

    @contextlib.asynccontextmanager
    async def turn(self, key: str, tokens: int, start_by_s: float | None = None) -> AsyncIterator[None]:
        """A slot, when it is this key's turn. Raises FullError after the longest wait, or at `start_by_s`."""
        await self._wait(key, tokens, start_by_s)
        started = time.monotonic()
        try:
            yield
        finally:
            self._answer_s += _SMOOTHING * (time.monotonic() - started - self._answer_s)
            self.running -= 1
            self._next_turns()

    @contextlib.asynccontextmanager
    async def spare(self) -> AsyncIterator[None]:
        """A slot that nobody wants, for a copy of a request. Raises FullError where there is none.

        As soon as an answer waits for a slot, the task that has this one is cancelled.
        """
        if self.running >= self.slots or self.waiting:
            raise FullError("no slot to spare", self.retry_s)
        task = asyncio.current_task()
        assert task is not None
        self.running += 1
        self._spare.append(task)
        try:
            yield
        finally:
            if task in self._spare:
                self._spare.remove(task)
            self.running -= 1
            self._next_turns()

    async def _wait(self, key: str, tokens: int, start_by_s: float | None) -> None:
        """Waits for a turn in the line of this key. Raises FullError where none comes in time; a turn is never lost."""
        patience_s = self._patience_s
        if start_by_s is not None:
            patience_s = min(patience_s, max(0.0, start_by_s - time.monotonic()))
        waiter = _Waiter(tokens, asyncio.get_running_loop().create_future())
        line = self._lines.setdefault(key, _Line())
        line.spent = max(line.spent, self._time)  # who was away has saved nothing up
        line.waiting.append(waiter)
        self._next_turns()
        if not waiter.turn.done() and self._spare:
            self._spare.pop().cancel()
        if waiter.turn.done():
            return
        try:
            async with asyncio.timeout(patience_s):
                await waiter.turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if waiter in line.waiting:
                line.waiting.remove(waiter)
            elif waiter.turn.done() and not waiter.turn.cancelled():  # the turn came in the same moment
                self.running -= 1
                self._next_turns()
            if isinstance(error, TimeoutError):
                is_late = patience_s < self._patience_s
                raise FullError(
                    f"no turn came within {patience_s:.3g} seconds", self.retry_s, is_late=is_late
                ) from None
            raise

    def _next_turns(self) -> None:
        """Gives the free slots to those whose turn it is."""
        while self.running < self.slots:
            lines = [line for line in self._lines.values() if line.waiting]
            if not lines:
                return
            line = min(lines, key=lambda line: line.spent)
            waiter = line.waiting.popleft()
            if waiter.turn.done():
                continue
            self._time = line.spent
            line.spent += waiter.tokens
            self.running += 1
            waiter.turn.set_result(None)


class Place:
    """One request's place. Released once, whoever is first to do it. num_slots: answers that it may run at once."""

    def __init__(self, admission: Admission, key: str, num_slots: int = 1, start_by_s: float | None = None) -> None:
        """start_by_s: its answers begin by then or not at all (monotonic)."""
        self._admission: Admission | None = admission
        self._key, self.num_slots, self._tokens, self._start_by_s = key, num_slots, 0, start_by_s
        admission.hold(key, num_slots)

    def hold_tokens(self, tokens: int) -> None:
        """Counts the tokens of the request. Raises FullError where they do not fit now."""
        assert self._admission is not None
        self._admission.check_tokens(tokens)
        self._tokens = tokens
        self._admission.held_tokens += tokens

    def turn(self, tokens: int) -> contextlib.AbstractAsyncContextManager[None]:
        """A slot for one of its answers, when it is its key's turn."""
        assert self._admission is not None
        return self._admission.turn(self._key, tokens, self._start_by_s)

    def release(self) -> None:
        """Gives the place to the next request."""
        if self._admission is not None:
            self._admission.held_tokens -= self._tokens
            self._admission.free(self._key, self.num_slots)
            self._admission = None
