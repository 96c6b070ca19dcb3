"""The torch engine: an exported model folder, one thread that runs the batch, and asyncio on the other side.

It reads what training wrote without any conversion, so it is the reference that other engines are held against. Greedy
answers equal a plain loop over the model token by token. On a CPU in float32 an answer has the same bits whoever is
with it in the batch: products run on packed weights, which add in one order for two rows and more, and attention runs
row by row. On a GPU the batch may change the last bits.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import torch

from malmoi.kit.errors import UserError, bare
from malmoi.model.lora import Adapters, read_adapter
from malmoi.serve import utf8
from malmoi.serve.engine import (
    Capabilities,
    Description,
    EngineDownError,
    Health,
    Piece,
    Request,
    RequestCancelledError,
    Score,
)
from malmoi.serve.engine_choice import model_name, named_adapters
from malmoi.serve.guide import KINDS, Grammars
from malmoi.serve.marks import end_ids
from malmoi.serve.next_token import Job, Vocabulary
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import Step
from malmoi.serve.torch_batch import Batch, Limits
from malmoi.serve.torch_weights import check_memory, load, model_sha256, pack, warm
from malmoi.serve.utf8 import open_bytes
from malmoi.tokenizer.codec import Codec

T = TypeVar("T")

_log = logging.getLogger(__name__)


_PRECISIONS = {torch.float32: "f32", torch.bfloat16: "bf16"}
MOST_UNREAD = 4096
"""Tokens of an answer that nobody has taken; with more it is ended. They are 2 MB, 10 with 20 alternatives each."""

CAPABILITIES = Capabilities(
    top_logprobs=20, prompt_logprobs=True, guides=KINDS, adapters=True, loads_adapters=True, embeddings=True
)


@dataclass(frozen=True)
class _Aside:
    """Work beside the answers: a text to score or to embed. It waits for its turn between two steps."""

    work: Callable[[], Any]
    result: "Future[Any]"


class TorchEngine:
    """Runs a model folder (config.json, model.safetensors, tokenizer.json). To be closed, or used in a `with`."""

    def __init__(self, model_dir: Path, settings: ServeSettings, reason: str = "") -> None:
        """Loads the model. reason: why this engine. Raises UserError where the folder is none or there is no device."""
        if settings.threads is not None:
            torch.set_num_threads(settings.threads)
        self.codec = Codec(model_dir)
        self._model = load(model_dir, settings)
        ends = end_ids(model_dir, self.codec, self._model.shape.vocabulary_tokens)
        check_memory(self._model, settings.slots)
        is_exact = pack(self._model, settings.slots)
        self._grammars = Grammars(self.codec, ends, self._model.shape.vocabulary_tokens)
        weight = self._model.lm_head.weight
        self._description = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} {weight.device.type} {_PRECISIONS[weight.dtype]}",
            engine_reason=reason,
            vocabulary_tokens=self._model.shape.vocabulary_tokens,
            context_tokens=self._model.shape.context_tokens,
            slots=settings.slots,
            model_sha256=model_sha256(model_dir),
            capabilities=replace(CAPABILITIES, deterministic=is_exact, prefix_cache=settings.prefix_cache_bytes > 0),
        )
        warm(self._model)
        self._adapters = Adapters(self._model, max(2, settings.slots) if is_exact else None)
        for name, folder in named_adapters(settings):
            self._adapters.load(name, read_adapter(folder, self._model, self._description.model_sha256))
        vocabulary = Vocabulary.of(self.codec, ends, self._model.shape.vocabulary_tokens)
        limits = Limits(settings.slots, settings.prefill_tokens, settings.prefix_cache_bytes)
        self._woken = deque[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()
        self._batch = Batch(self._model, limits, vocabulary, self._adapters, self._wake)
        self._step = Step(settings.step_limit_s)
        self._waiting: deque[Job] = deque()
        self._asides: deque[_Aside] = deque()
        self._news = threading.Condition()
        self._closed, self._ended = False, threading.Event()
        self._thread = threading.Thread(target=self._run, name="malmoi-torch-engine", daemon=True)
        self._thread.start()
        self._watchdog = threading.Thread(target=self._watch, name="malmoi-torch-watchdog", daemon=True)
        self._watchdog.start()

    def describe(self) -> Description:
        """What is being served."""
        return replace(self._description, adapters=tuple(self._adapters.sha256.items()))

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Adds an adapter, under way. Raises UserError where it does not fit, or another has its name."""
        if name in self._adapters.sha256:
            raise UserError(f"an adapter {name!r} is loaded", "another name, or unload it first")
        adapter = await asyncio.to_thread(read_adapter, folder, self._model, self._description.model_sha256)

        def load() -> bool:
            if name in self._adapters.sha256:  # another was faster
                return False
            try:
                self._adapters.load(name, adapter)
            except (RuntimeError, MemoryError):  # torch's errors of both kinds of memory are RuntimeErrors
                raise UserError(f"there is no memory for the adapter {name!r}") from None
            return True

        if not await self._later(load):
            raise UserError(f"an adapter {name!r} is loaded", "another name, or unload it first")

    async def unload_adapter(self, name: str) -> None:
        """Takes an adapter away. Raises UserError where none has the name, or answers under way or waiting use it."""
        if name not in self._adapters.sha256:
            raise UserError(f"there is no adapter {name!r}", ", ".join(self._adapters.sha256) or "none is loaded")

        def unload() -> bool:
            if self._batch.uses(name) or any(job.request.adapter == name for job in self._waiting):
                return False
            self._adapters.unload(name)
            return True

        if not await self._later(unload):
            raise UserError(f"answers use the adapter {name!r}", hint="try again when they have ended")

    async def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer: at each turn the tokens since the last. Closing it early frees the slot at the next token.

        Raises UserError for a request that this model cannot take, EngineDownError where the engine failed or closed.
        """
        self._check(request)
        # A guide of 50,000 words takes a third of a second to build: in a thread of its own, once for the same guide.
        # Shielded, for others may wait for the same one when this client leaves.
        building = self._grammars.building(request.guide) if request.guide else None
        built = await asyncio.shield(asyncio.wrap_future(building)) if building else None
        matcher = self._grammars.begin(built) if built else None
        state = utf8.BETWEEN if request.guide else utf8.after(0, open_bytes(self.codec, request.prompt_ids))
        arrived, news = deque[Piece | Exception](), asyncio.Event()
        wake = (asyncio.get_running_loop(), news)

        def emit(said: Piece | Exception) -> None:
            if len(arrived) >= MOST_UNREAD:
                job.is_cancelled = True
                said = RequestCancelledError(f"{MOST_UNREAD} tokens wait and nobody reads them")
            arrived.append(said)
            if len(arrived) == 1:  # else its reader has been woken before, and takes all that is there
                self._woken.append(wake)

        job = Job(request, emit, matcher, state)
        self._submit(lambda: self._waiting.append(job))
        try:
            while True:
                await news.wait()
                news.clear()
                step, error = _taken(arrived)
                if step:
                    yield step
                    if step[-1].finish is not None:
                        return
                if error is not None:
                    raise error
        finally:
            job.is_cancelled = True

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """How probable the model finds each token of a text of at most `context_tokens`."""
        self._check_ids(token_ids, self._description.context_tokens)
        return await self._later(lambda: self._batch.score(token_ids, top))

    async def score_many(
        self,
        prefix_ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        top: int = 0,
        cache_salt: str | None = None,
    ) -> list[list[Score]]:
        """The scores of each continuation after the same prefix (at least one token), which is read once."""
        room = self._description.context_tokens - len(prefix_ids)
        self._check_ids(prefix_ids, self._description.context_tokens - 1)
        for continuation in continuations:
            self._check_ids(continuation, room)
        if not continuations:
            return []
        return await self._later(lambda: self._batch.score_many(prefix_ids, continuations, top, cache_salt))

    async def embed(self, token_ids: Sequence[int]) -> list[float]:
        """The mean of the last layer's states over the tokens, after the last norm."""
        self._check_ids(token_ids, self._description.context_tokens)
        return await self._later(lambda: self._batch.embed(token_ids))

    def health(self) -> Health:
        """How the engine is now."""
        alive = self._thread.is_alive() and not self._closed
        state = "down" if not alive else "stalled" if self._step.is_overdue else "ok"
        waiting, guides, prefixes = len(self._waiting) + len(self._asides), self._grammars, self._batch.prefixes
        counts = (guides.num_built, guides.num_hits, prefixes.hits, prefixes.saved_tokens)
        return Health(state, self._batch.num_jobs, waiting, self._step.lasts_s, *counts)

    async def _later(self, work: Callable[[], T]) -> T:
        """The result of work that the thread does between two steps of the batch."""
        aside = _Aside(work, Future())
        self._submit(lambda: self._asides.append(aside))
        return await asyncio.wrap_future(aside.result)

    def close(self) -> None:
        """Ends the thread; what is under way gets an error."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._ended.set()
        self._thread.join(timeout=0 if self._step.is_overdue else None)
        self._watchdog.join()
        self._grammars.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self, request: Request) -> None:
        self._check_ids(request.prompt_ids, self._description.context_tokens - 1)
        if request.adapter is not None and request.adapter not in self._adapters.sha256:
            raise UserError(f"there is no adapter {request.adapter!r}", ", ".join(self._adapters.sha256) or "none")
        if request.max_tokens < 1:
            raise UserError(f"max_tokens is {request.max_tokens}", "1 or more")

    def _check_ids(self, token_ids: Sequence[int], most: int) -> None:
        """Raises UserError for a text of more than `most` tokens, or with ids that the model does not know."""
        if not 1 <= len(token_ids) <= most:
            raise UserError(f"the text has {len(token_ids)} tokens", f"1 to {most}")
        if not 0 <= min(token_ids) <= max(token_ids) < self._description.vocabulary_tokens:
            raise UserError("a token id is outside the vocabulary", f"0 to {self._description.vocabulary_tokens - 1}")

    def _wake(self) -> None:
        """Wakes all readers that something has come for: one call for each event loop, for each costs a system call."""
        events = dict[asyncio.AbstractEventLoop, list[asyncio.Event]]()
        while self._woken:
            loop, event = self._woken.popleft()
            events.setdefault(loop, []).append(event)
        for loop, woken in events.items():
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody is left to tell
                loop.call_soon_threadsafe(_set_all, woken)

    def _submit(self, put: Callable[[], None]) -> None:
        """Puts work where the thread finds it, and wakes it. Raises EngineDownError once the engine is closed."""
        with self._news:
            if self._closed:
                raise EngineDownError("the engine is closed")
            if self._step.is_overdue:
                raise EngineDownError(f"the engine has not come back from a step for {self._step.lasts_s:.0f} s")
            put()
            self._news.notify()

    def _run(self) -> None:
        """The thread: whatever goes wrong in it reaches the requests, so that none waits for ever."""
        with torch.inference_mode():
            while self._wait():
                try:
                    with self._step:
                        self._work()
                except Exception as error:
                    _log.error("the torch engine failed in a step; the requests under way are ended: %s", bare(error))
                    self._batch.fail(EngineDownError(f"the engine failed: {type(error).__name__}"))
        self._end_all(EngineDownError("the engine was closed"))

    def _watch(self) -> None:
        """The watchdog: a step that hangs cannot be ended, but its requests are told, and no more are taken in."""
        while not self._ended.wait(min(1.0, self._step.limit_s / 4)):
            if self._step.becomes_overdue():
                _log.error("a step of the torch engine lasts longer than %s s", self._step.limit_s)
                self._end_all(EngineDownError(f"a step has lasted longer than {self._step.limit_s:.0f} s"))

    def _end_all(self, error: Exception) -> None:
        """Ends whatever is under way or waits with `error`."""
        self._batch.fail(error)
        while self._waiting:
            self._waiting.popleft().emit(error)
        while self._asides:
            with contextlib.suppress(InvalidStateError):  # its caller has gone
                self._asides.popleft().result.set_exception(error)
        self._wake()

    def _wait(self) -> bool:
        """Sleeps until there is work. Returns whether to go on."""
        with self._news:
            while not (self._closed or self._waiting or self._asides or self._batch.num_jobs):
                self._news.wait()
            return not self._closed

    def _work(self) -> None:
        """One step of the batch and one piece of work beside it: neither starves the other."""
        while self._waiting and self._batch.can_admit:
            job = self._waiting.popleft()
            if job.request.adapter is not None and job.request.adapter not in self._adapters.sha256:
                job.emit(UserError(f"the adapter {job.request.adapter!r} has been unloaded"))
            elif not job.is_cancelled:
                self._batch.admit(job)
        self._batch.step()
        self._wake()
        if self._asides:
            self._run_aside(self._asides.popleft())

    def _run_aside(self, aside: _Aside) -> None:
        """Does one piece of work beside the answers. What fails goes to its caller and ends nothing else."""
        if not aside.result.set_running_or_notify_cancel():
            return
        with contextlib.suppress(InvalidStateError):  # the watchdog has told its caller
            try:
                aside.result.set_result(aside.work())
            except InvalidStateError:
                raise
            except Exception as error:
                _log.error("the torch engine failed in work beside the answers: %s", bare(error))
                aside.result.set_exception(EngineDownError(f"the engine failed: {type(error).__name__}"))


def _taken(arrived: deque[Piece | Exception]) -> tuple[tuple[Piece, ...], Exception | None]:
    """The pieces that are there, and the error that ended the request, after the pieces before it."""
    step: list[Piece] = []
    while arrived:
        said = arrived.popleft()
        if isinstance(said, Exception):
            return tuple(step), said
        step.append(said)
    return tuple(step), None


def _set_all(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        event.set()
