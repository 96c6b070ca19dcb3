"""The OpenVINO engine: continuous batching with a cache of prefixes, two to four times as fast on a CPU as torch.

It generates, and says the log-probability of each chosen token. It cannot tell of alternatives, score a text, follow a
guide or mask bytes; second_engine.py hands these to torch on the same weights. Weights have 16 bits, what is computed
is float32 (`openvino_precision`). The model goes from our GGUF file to the form of OpenVINO, where a constant is added
to the logits: special tokens and the padding of the matrix are never chosen. So log-probabilities are over the tokens
that may be, which torch's are not; the two differ by what the model gives the banned ones.
"""

import asyncio
import contextlib
import logging
import tempfile
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from malmoi.kit.errors import UserError, bare
from malmoi.serve.engine import Capabilities, Description, EngineDownError, Health, Piece, Request
from malmoi.serve.openvino_weights import EXACT, put_exact
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import Step

CAPABILITIES = Capabilities(prefix_cache=True)
BLOCK_TOKENS = 32
"""Of the paged cache on a CPU (OpenVINO 2026.4)."""
_SPARE_BLOCKS = 16
BANNED = -1.0e9
"""Added to a logit: its probability is 0 in float32."""
_MOST_SEED = 2**32 - 1
_COLDEST = 1e-6
"""A temperature below it is greedy: OpenVINO's own is a float32 above 0."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Weights:
    """A model for this engine. gguf: its file in 16 bits; banned (bool, V): tokens that are never generated."""

    gguf: Path
    banned: np.ndarray
    end_ids: tuple[int, ...]
    context_tokens: int


@dataclass
class _Job:
    """A request that runs, and where its pieces go. generated: how many tokens it has so far."""

    request: Request
    loop: asyncio.AbstractEventLoop
    pieces: "asyncio.Queue[tuple[Piece, ...] | Exception]"
    handle: Any = None
    generated: int = 0
    is_cancelled: bool = False

    def say(self, said: "tuple[Piece, ...] | Exception") -> None:
        """From the engine's thread. A loop that has ended has nobody who waits."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.pieces.put_nowait, said)


class OpenVinoEngine:
    """Runs weights in a thread of its own. To be closed, or used in a `with`."""

    def __init__(self, weights: Weights, about: Description, settings: ServeSettings) -> None:
        """Loads the model. about: the description, of which engine and capabilities are replaced."""
        import openvino

        self._weights = weights
        try:
            self._pipeline = _pipeline(weights, settings)
        except RuntimeError as error:  # no memory for so many slots, or an operation that it does not know
            told, hint = " ".join(str(error).splitlines()[1:]), "use fewer --slots, or --engine torch"
            raise UserError(f"OpenVINO does not open the model: {told}", hint=hint) from None
        self._description = Description(
            name=about.name,
            engine=f"openvino {openvino.__version__.split('-')[0]} {settings.openvino_precision}",
            vocabulary_tokens=about.vocabulary_tokens,
            context_tokens=about.context_tokens,
            slots=settings.slots,
            model_sha256=about.model_sha256,
            capabilities=CAPABILITIES,
        )
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._news = threading.Condition()
        self._is_closed, self._fault, self._number = False, "", 0
        self._step = Step(settings.step_limit_s)
        self._thread = threading.Thread(target=self._run, name="malmoi-openvino-engine", daemon=True)
        self._thread.start()

    def describe(self) -> Description:
        """What is being served."""
        return self._description

    def health(self) -> Health:
        """How the engine is now."""
        is_well = self._thread.is_alive() and not self._is_closed and not self._fault
        state = "down" if not is_well else "stalled" if self._step.is_overdue else "ok"
        return Health(state, len(self._running), len(self._waiting), self._step.lasts_s)

    def can(self, request: Request) -> bool:
        """Whether this engine answers such a request as it is asked."""
        asks_more = request.top_logprobs or request.guide is not None or request.logit_bias
        return not asks_more and not (request.ignore_eos and request.stop_token_ids)

    async def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer: at each turn the tokens since the last. Closing it early frees the slot at the next step.

        Raises UserError for what this engine cannot do, EngineDownError where it failed or is closed.
        """
        if not self.can(request):
            raise UserError("the OpenVINO engine gives no alternatives, guides or biases", "a torch engine for these")
        room = self._weights.context_tokens - len(request.prompt_ids)
        if not request.prompt_ids or request.max_tokens > room:
            raise UserError(f"{len(request.prompt_ids)} + {request.max_tokens} tokens", f"1 to {room} tokens to make")
        if max(request.prompt_ids) >= len(self._weights.banned):
            raise UserError("a token id is outside the vocabulary", f"0 to {len(self._weights.banned) - 1}")
        job = _Job(request, asyncio.get_running_loop(), asyncio.Queue())
        self._submit(job)
        try:
            while True:
                said = await self._said(job)
                if isinstance(said, Exception):
                    raise said
                yield said
                if said[-1].finish is not None:
                    return
        finally:
            job.is_cancelled = True

    async def _said(self, job: _Job) -> "tuple[Piece, ...] | Exception":
        """What a job says next. A step that hangs cannot be ended, but whoever waits for it is told."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(1.0, self._step.limit_s / 4)):
                    return await job.pieces.get()
            if self._step.is_overdue:
                return self._hangs()

    def _hangs(self) -> EngineDownError:
        return EngineDownError(f"the engine has not come back from a step for {self._step.lasts_s:.0f} s")

    def close(self) -> None:
        """Ends the thread; answers under way end with EngineDownError."""
        with self._news:
            self._is_closed = True
            self._news.notify()
        self._thread.join(timeout=0 if self._step.is_overdue else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit(self, job: _Job) -> None:
        with self._news:
            if self._is_closed or self._fault:
                raise EngineDownError(self._fault or "the engine is closed")
            if self._step.is_overdue:
                raise self._hangs()
            self._waiting.append(job)
            self._news.notify()

    def _run(self) -> None:
        """The thread: takes what is new, makes a step, hands out what it made. A fault of the step ends all answers."""
        while True:
            with self._news:
                self._news.wait_for(lambda: self._is_closed or self._waiting or self._running)
                if self._is_closed:
                    break
                new, self._waiting = self._waiting, []
            for job in new:
                self._begin(job)
            try:
                if self._running:
                    with self._step:
                        self._pipeline.step()
                    self._running = [job for job in self._running if self._goes_on(job)]
            except Exception as error:  # the edge of a library: the text of its error may hold a prompt
                _log.error("a step of OpenVINO failed: %s", bare(error))
                self._fault = f"a step of OpenVINO failed: {type(error).__name__}"
                break
        with self._news:
            for job in [*self._running, *self._waiting]:
                job.say(EngineDownError(self._fault or "the engine is closed"))

    def _begin(self, job: _Job) -> None:
        """Hands a job to the pipeline. A request that it refuses ends alone."""
        import openvino

        if job.is_cancelled:
            return
        self._number += 1
        prompt = openvino.Tensor(np.array([job.request.prompt_ids], np.int64))
        try:
            job.handle = self._pipeline.add_request(self._number, prompt, _config(job.request, self._weights.end_ids))
        except Exception as error:  # whatever it is, it must not end the thread and so all others
            told = (str(error).splitlines() or [type(error).__name__])[-1]
            job.say(UserError(f"OpenVINO refuses the request: {told[:200]}"))
            return
        self._running.append(job)

    def _goes_on(self, job: _Job) -> bool:
        """Hands out what a step made for a job; whether it has not ended."""
        if job.is_cancelled:
            job.handle.cancel()
            return False
        pieces: list[Piece] = []
        while job.handle.can_read():
            [output] = job.handle.read().values()
            pieces += self._pieces(job, output)
        if pieces:
            job.say(tuple(pieces))
        return not (pieces and pieces[-1].finish)

    def _pieces(self, job: _Job, output: Any) -> list[Piece]:
        finish = {"STOP": "stop", "LENGTH": "length"}.get(output.finish_reason.name)
        pieces = []
        ids, logprobs = list(output.generated_ids), list(output.generated_log_probs)
        for number, (token_id, logprob) in enumerate(zip(ids, logprobs, strict=True), 1):
            job.generated += 1
            is_last = finish is not None and number == len(ids)
            stops = () if job.request.ignore_eos else (*self._weights.end_ids, *job.request.stop_token_ids)
            is_end = is_last and finish == "stop" and token_id in stops
            pieces.append(Piece(token_id, logprob, finish=finish if is_last else None, is_end=is_end))
        return pieces


def _config(request: Request, end_ids: tuple[int, ...]) -> Any:
    """OpenVINO's own form of a request."""
    import openvino_genai

    config = openvino_genai.GenerationConfig()
    config.max_new_tokens, config.min_new_tokens = request.max_tokens, request.min_tokens
    config.eos_token_id, config.ignore_eos = end_ids[0], request.ignore_eos
    config.stop_token_ids = set(end_ids) | set(request.stop_token_ids)
    config.logprobs = 1
    # top_p 0 and min_p 1 leave the best token alone, as in torch; OpenVINO refuses both.
    config.do_sample = request.temperature >= _COLDEST and request.top_p != 0 and request.min_p != 1
    if config.do_sample:
        config.temperature = request.temperature
        config.top_p = request.top_p if request.top_p is not None else 1.0
        if request.top_k is not None:
            config.top_k = request.top_k
        if request.min_p is not None:
            config.min_p = request.min_p
    if request.seed is not None:
        config.rng_seed = request.seed % _MOST_SEED
    if request.repetition_penalty is not None:
        config.repetition_penalty = request.repetition_penalty
    config.presence_penalty, config.frequency_penalty = request.presence_penalty, request.frequency_penalty
    return config


def _pipeline(weights: Weights, settings: ServeSettings) -> Any:
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = settings.slots * -(-weights.context_tokens // BLOCK_TOKENS) + _SPARE_BLOCKS
    scheduler.max_num_seqs = settings.slots
    scheduler.max_num_batched_tokens = max(settings.prefill_tokens, settings.slots)
    scheduler.dynamic_split_fuse = True
    scheduler.enable_prefix_caching = True
    properties: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": settings.openvino_precision,
        "KV_CACHE_PRECISION": settings.openvino_precision,
    }
    if settings.threads is not None:
        properties["INFERENCE_NUM_THREADS"] = settings.threads
    with tempfile.TemporaryDirectory(prefix="malmoi-openvino-") as folder:
        _write_ir(weights, Path(folder))
        return openvino_genai.ContinuousBatchingPipeline(folder, scheduler, "CPU", properties)


def _write_ir(weights: Weights, folder: Path) -> None:
    """The model in OpenVINO's form, with the bans added to its logits."""
    import openvino
    import openvino_genai
    from openvino import opset13

    with tempfile.TemporaryDirectory(prefix="malmoi-gguf-") as made:
        copy = Path(made) / weights.gguf.name
        copy.symlink_to(weights.gguf.resolve())  # the pipeline writes beside the file that it reads
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = 1
        # It is not run, and for some graphs its stateful form cannot be compiled after it was saved.
        with contextlib.suppress(RuntimeError):
            openvino_genai.ContinuousBatchingPipeline(str(copy), scheduler, "CPU", {"enable_save_ov_model": True})
        model = openvino.Core().read_model(Path(made) / "openvino_model.xml")
        put_exact(model, weights.gguf.with_name(EXACT))
        [result] = model.get_results()
        logits = result.input_value(0)
        bans = np.where(weights.banned, np.float32(BANNED), np.float32(0))[None, None]
        masked = opset13.add(logits, opset13.constant(bans.astype(np.float32)))
        result.input(0).replace_source_output(masked.output(0))
        logits.set_names(set())
        masked.output(0).set_names({"logits"})
        openvino.save_model(model, folder / "openvino_model.xml", compress_to_fp16=False)
