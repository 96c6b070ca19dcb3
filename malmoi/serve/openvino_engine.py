"""The OpenVINO engine: continuous batching with a cache of prefixes, two to four times as fast on a CPU as torch.

It generates, and says the log-probability of each chosen token. It cannot tell of alternatives, score a text, follow a
guide or mask bytes; second_engine.py hands these to torch on the same weights. Weights have 16 bits, what is computed
is float32 (`openvino_precision`). The model goes from our GGUF file to the form of OpenVINO, where a constant is added
to the logits: special tokens and the padding of the matrix are never chosen. So log-probabilities are over the tokens
that may be, which torch's are not; the two differ by what the model gives the banned ones.

OpenVINO runs in a process of its own (openvino_process.py says why). Where that fails or hangs, all answers under way
end with EngineDownError, and it is started once more; one that fails again before it has finished an answer stays down.
"""

import asyncio
import contextlib
import logging
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from malmoi.kit.errors import UserError
from malmoi.kit.scratch import scratch_folder
from malmoi.serve.engine import Capabilities, Description, EngineDownError, Health, OverloadedError, Piece, Request
from malmoi.serve.openvino_process import Messages, Setup, ask_of
from malmoi.serve.settings import ServeSettings

CAPABILITIES = Capabilities(adapters=True, prefix_cache=True)
_LOAD_S = 900.0
"""A process that has not loaded the model by then hangs: a server that waits for it could not even be closed."""
_END_S = 5.0
"""A process that is asked to end has so long, then it is killed."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Weights:
    """A model for this engine. gguf: its file; banned (bool, V): tokens that are never generated.

    kept_in: what its matrices are kept in, "f16", "int8" or "f32". adapters: files with A and s B of each module
    (malmoi/model/lora.py).
    """

    gguf: Path
    banned: np.ndarray
    end_ids: tuple[int, ...]
    context_tokens: int
    kept_in: str = "f16"
    adapters: Mapping[str, Path] = field(default_factory=dict)

    def setup(self, folder: Path, settings: ServeSettings) -> Setup:
        """What the process is told."""
        return Setup(
            gguf=str(self.gguf),
            folder=str(folder),
            banned_ids=np.flatnonzero(self.banned).tolist(),
            vocabulary_tokens=len(self.banned),
            end_ids=list(self.end_ids),
            context_tokens=self.context_tokens,
            slots=settings.slots,
            prefill_tokens=settings.prefill_tokens,
            precision=settings.openvino_precision,
            in_8_bits=self.kept_in == "int8",
            threads=settings.threads,
            # It cannot keep askers apart: the time to a first token would tell one what another has asked.
            has_prefix_cache=settings.prefix_cache_bytes > 0 and not settings.has_several_askers,
            adapters={name: str(shutil.copy(file, folder)) for name, file in self.adapters.items()},
        )


@dataclass
class _Job:
    """A request that runs. arrived: what came for it and was not taken yet; it is touched by its own loop alone."""

    request: Request
    loop: asyncio.AbstractEventLoop
    arrived: list[Piece | Exception]
    news: asyncio.Event


class Process:
    """The process of OpenVINO with a loaded model, and the messages to and from it."""

    def __init__(self, setup: Setup) -> None:
        """Starts it and waits until the model is loaded. Raises UserError where it cannot be."""
        ours, its = socket.socketpair()
        words = [sys.executable, "-m", "malmoi.serve.openvino_process", str(its.fileno())]
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path}
        # A session of its own: Ctrl-C is for the server, which lets answers under way end.
        try:
            self.popen = subprocess.Popen(
                words, pass_fds=[its.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:  # no memory for one more process, for instance
            ours.close()
            raise UserError(f"the process of OpenVINO cannot be started: {error.strerror}") from None
        finally:
            its.close()
        self._socket, self.messages = ours, Messages(ours)
        try:
            self.messages.put(asdict(setup))
            told = self.messages.get(_LOAD_S)
        except (EOFError, OSError):
            told = {"error": "its process ended or hung while it loaded the model"}
        if "ready" not in told:
            self.end()
            error = told.get("error") or told.get("failed")
            raise UserError(f"OpenVINO does not open the model: {error}", hint="use fewer --slots, or --engine torch")
        self.version: str = told["ready"]

    def end(self, patience_s: float = _END_S) -> None:
        """Ends it; after `patience_s` by force."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self.popen.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self._socket.close()


class OpenVinoEngine:
    """Runs weights in a process of their own. To be closed, or used in a `with`."""

    def __init__(self, weights: Weights, about: Description, settings: ServeSettings) -> None:
        """Loads the model. about: the description, of which engine and capabilities are replaced."""
        self._weights, self._limit_s = weights, settings.step_limit_s
        self._folder = contextlib.ExitStack()
        self._setup = weights.setup(self._folder.enter_context(scratch_folder("malmoi-openvino-")), settings)
        try:
            self._process = Process(self._setup)
        except UserError:
            self._folder.close()
            raise
        self._description = Description(
            name=about.name,
            engine=f"openvino {self._process.version} {weights.kept_in} {settings.openvino_precision}",
            vocabulary_tokens=about.vocabulary_tokens,
            context_tokens=about.context_tokens,
            slots=settings.slots,
            model_sha256=about.model_sha256,
            engine_reason=about.engine_reason,
            capabilities=replace(CAPABILITIES, prefix_cache=self._setup.has_prefix_cache and not weights.adapters),
            adapters=about.adapters,
        )
        self._lock = threading.Lock()
        self._jobs: dict[int, _Job] = {}
        self._state: Literal["ok", "stalled", "down"] = "ok"
        self._number, self._is_proven = 0, True
        self._heard_s = time.monotonic()
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._listen, self._send)]
        for thread in self._threads:
            thread.start()

    def describe(self) -> Description:
        """What is being served."""
        return self._description

    def health(self) -> Health:
        """How the engine is now. It is "stalled" also while it is started anew."""
        running, step_s = len(self._jobs), self._step_s()
        state = self._state if self._state != "ok" or step_s <= self._limit_s else "stalled"
        return Health(state, running, 0, step_s)

    def can(self, request: Request) -> bool:
        """Whether this engine answers such a request as it is asked."""
        asks_more = request.top_logprobs or request.guide is not None or request.logit_bias
        if request.adapter is not None and request.adapter not in self._weights.adapters:
            return False
        return not asks_more and not (request.ignore_eos and request.stop_token_ids)

    async def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer: at each turn the tokens since the last. Closing it early frees the slot at the next step.

        Raises UserError for what this engine cannot do, EngineDownError where it failed or is closed, OverloadedError
        while it is started anew.
        """
        if not self.can(request):
            raise UserError("the OpenVINO engine gives no alternatives, guides or biases", "a torch engine for these")
        room = self._weights.context_tokens - len(request.prompt_ids)
        if not request.prompt_ids or request.max_tokens > room:
            raise UserError(f"{len(request.prompt_ids)} + {request.max_tokens} tokens", f"1 to {room} tokens to make")
        if not 0 <= min(request.prompt_ids) <= max(request.prompt_ids) < len(self._weights.banned):
            raise UserError("a token id is outside the vocabulary", f"0 to {len(self._weights.banned) - 1}")
        job = _Job(request, asyncio.get_running_loop(), [], asyncio.Event())
        number = self._submit(job)
        try:
            while True:
                await job.news.wait()
                job.news.clear()
                arrived, job.arrived = job.arrived, []
                if isinstance(arrived[-1], Exception):
                    raise arrived[-1]
                yield tuple(piece for piece in arrived if isinstance(piece, Piece))
                if arrived[-1].finish is not None:
                    return
        finally:
            if self._jobs.pop(number, None) is not None:
                self._outgoing.put({"cancel": number})

    def close(self) -> None:
        """Ends the process; answers under way end with EngineDownError."""
        with self._lock:
            self._state = "down"
        self._outgoing.put(None)
        self._process.end()
        for thread in self._threads:
            thread.join()
        self._process.end()  # one that was started anew meanwhile
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _step_s(self) -> float:
        """How long nothing was heard of a step while there was work."""
        return time.monotonic() - self._heard_s if self._jobs else 0.0

    def _submit(self, job: _Job) -> int:
        with self._lock:
            if self._state == "down":
                raise EngineDownError("the engine has failed or is closed")
            if self._state == "stalled":
                raise OverloadedError("the engine is started anew")
            if not self._jobs:
                self._heard_s = time.monotonic()
            self._number += 1
            self._jobs[self._number] = job
            self._outgoing.put(ask_of(self._number, job.request))
            return self._number

    def _send(self) -> None:
        """A thread: a long prompt may have to wait until the process reads it, and nobody else does."""
        while (message := self._outgoing.get()) is not None:
            with contextlib.suppress(OSError):  # the listener learns of it
                self._process.messages.put(message)

    def _listen(self) -> None:
        """A thread: hands out what steps have made, and sees that they end."""
        while self._state != "down":
            fault = self._fault()
            with self._lock:
                if self._state != "down":
                    self._state = "stalled"
                jobs, self._jobs = list(self._jobs.values()), {}
            self._hand_out([(job, [EngineDownError(fault)]) for job in jobs])
            if self._state != "down":
                _log.error("the process of OpenVINO is lost: %s", fault)
                self._start_again()

    def _fault(self) -> str:
        """Hands out until the process fails; what was wrong."""
        messages = self._process.messages
        while True:
            try:
                message = messages.get(min(1.0, self._limit_s / 4))
            except TimeoutError:
                if self._step_s() > self._limit_s:
                    return f"the engine has not come back from a step for {self._step_s():.0f} s"
                continue
            except (EOFError, OSError):
                return "the process of the engine has ended"
            except ValueError:  # a message that is none
                return "the process of the engine cannot be understood"
            self._heard_s = time.monotonic()
            if isinstance(message, dict):
                return f"a step of OpenVINO failed: {message.get('failed')}"
            made = [(self._jobs.get(number), said) for number, *said in message]
            self._hand_out([(job, self._pieces(job, *said)) for job, said in made if job is not None])
            for number, *_, finish in message:
                if finish is not None:
                    self._jobs.pop(number, None)

    def _start_again(self) -> None:
        """A new process with the same model; none where the last one has not finished a single answer."""
        self._process.end(patience_s=0)
        is_up = False
        if self._is_proven:
            with contextlib.suppress(UserError, ValueError):  # also where no process can be had
                self._process, self._is_proven, is_up = Process(self._setup), False, True
        with self._lock:
            self._state = "ok" if is_up and self._state != "down" else "down"
        _log.error("OpenVINO %s", "runs again" if is_up else "stays down: restart the server")

    def _pieces(self, job: _Job, ids: Any, logprobs: list[float | None], finish: str | None) -> list[Piece | Exception]:
        """What a step made for a job."""
        if finish == "refused":
            return [UserError(f"OpenVINO refuses the request: {ids}")]
        pieces: list[Piece | Exception] = [Piece(*made) for made in zip(ids, logprobs, strict=True)]
        if finish is not None:
            self._is_proven = True
            stops = () if job.request.ignore_eos else (*self._weights.end_ids, *job.request.stop_token_ids)
            is_end = finish == "stop" and ids[-1] in stops
            pieces[-1] = Piece(ids[-1], logprobs[-1], finish=finish, is_end=is_end)
        return pieces

    def _hand_out(self, made: list[tuple[_Job, list[Piece | Exception]]]) -> None:
        """To each loop at once what its jobs get: each call from another thread wakes the loop with a write."""
        for loop in {job.loop for job, _ in made}:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody is left to tell
                loop.call_soon_threadsafe(_deliver, [each for each in made if each[0].loop is loop])


def _deliver(made: list[tuple[_Job, list[Piece | Exception]]]) -> None:
    """In the loop of the jobs."""
    for job, pieces in made:
        if pieces:
            job.arrived += pieces
            job.news.set()
