"""The torch engine: an exported model folder, one thread that runs the batch, and asyncio on the other side.

It reads what training wrote without any conversion, so it is the reference that other engines are held against. Greedy
answers equal a plain loop over the model token by token; with a seed, an answer depends on the batch only through the
rounding of matrix products (see malmoi/serve/sampling.py).
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import sha256_of
from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.model.convert import load_hugging_face
from malmoi.model.transformer import Transformer
from malmoi.serve.engine import Description, Piece, Request, Score
from malmoi.serve.guide import Grammars
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_batch import Batch, Job, Limits
from malmoi.tokenizer.codec import Codec

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Scoring:
    """A text that waits to be scored."""

    token_ids: tuple[int, ...]
    top: int
    result: "Future[list[Score]]"


class TorchEngine:
    """Runs a model folder (config.json, model.safetensors, tokenizer.json). To be closed, or used in a `with`."""

    def __init__(self, model_dir: Path, settings: ServeSettings) -> None:
        """Loads the model. Raises UserError where the folder is none or the device is not there."""
        if settings.threads is not None:
            torch.set_num_threads(settings.threads)
        self.codec = Codec(model_dir)
        self._model = _load(model_dir, settings)
        end_ids = tuple(self.codec.special(name) for name in (END_OF_TEXT, END_OF_TURN))
        limits = Limits(
            settings.slots, settings.prefill_tokens, end_ids, banned_tokens(self._model, self.codec, end_ids)
        )
        self._grammars = Grammars(self.codec, end_ids, self._model.shape.vocabulary_tokens)
        self._description = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} {self._model.lm_head.weight.device.type}",
            vocabulary_tokens=self._model.shape.vocabulary_tokens,
            context_tokens=self._model.shape.context_tokens,
            slots=settings.slots,
            model_sha256=_model_sha256(model_dir),
        )
        self._batch = Batch(self._model, limits)
        self._waiting: deque[Job] = deque()
        self._scorings: deque[_Scoring] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="malmoi-torch-engine", daemon=True)
        self._thread.start()

    def describe(self) -> Description:
        """What is being served."""
        return self._description

    async def generate(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer, token by token. Closing the iterator early frees the slot at the next token.

        Raises UserError for a request that this model cannot take, RuntimeError where the engine has failed or closed.
        """
        self._check(request)
        # A guide of 50,000 words takes a third of a second to build: not on the event loop.
        matcher = await asyncio.to_thread(self._grammars.matcher, request.guide) if request.guide else None
        pieces: asyncio.Queue[Piece | Exception] = asyncio.Queue()
        job = Job(request, _emitter(asyncio.get_running_loop(), pieces), matcher)
        self._submit(lambda: self._waiting.append(job))
        try:
            while True:
                piece = await pieces.get()
                if isinstance(piece, Exception):
                    raise piece
                yield piece
                if piece.finish is not None:
                    return
        finally:
            job.is_cancelled = True

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """How probable the model finds each token of a text of at most `context_tokens`."""
        self._check_ids(token_ids, self._description.context_tokens)
        scoring = _Scoring(tuple(token_ids), top, Future())
        self._submit(lambda: self._scorings.append(scoring))
        return await asyncio.wrap_future(scoring.result)

    def close(self) -> None:
        """Ends the thread; what is under way gets an error."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _check(self, request: Request) -> None:
        self._check_ids(request.prompt_ids, self._description.context_tokens - 1)
        if request.max_tokens < 1:
            raise UserError(f"max_tokens is {request.max_tokens}", "1 or more")

    def _check_ids(self, token_ids: Sequence[int], most: int) -> None:
        """Raises UserError for a text of more than `most` tokens, or with ids that the model does not know."""
        if not 1 <= len(token_ids) <= most:
            raise UserError(f"the text has {len(token_ids)} tokens", f"1 to {most}")
        if not 0 <= min(token_ids) <= max(token_ids) < self._description.vocabulary_tokens:
            raise UserError("a token id is outside the vocabulary", f"0 to {self._description.vocabulary_tokens - 1}")

    def _submit(self, put: Callable[[], None]) -> None:
        """Puts work where the thread finds it, and wakes it. Raises RuntimeError once the engine is closed."""
        with self._news:
            if self._closed:
                raise RuntimeError("the engine is closed")
            put()
            self._news.notify()

    def _run(self) -> None:
        """The thread: whatever goes wrong in it reaches the requests, so that none waits for ever."""
        with torch.inference_mode():
            while self._wait():
                try:
                    self._work()
                except Exception as error:
                    _log.exception("the torch engine failed in a step; the requests under way are ended")
                    self._batch.fail(RuntimeError(f"the engine failed: {type(error).__name__}"))
        closed = RuntimeError("the engine was closed")
        self._batch.fail(closed)
        for job in self._waiting:
            job.emit(closed)
        for scoring in self._scorings:
            scoring.result.set_exception(closed)

    def _wait(self) -> bool:
        """Sleeps until there is work. Returns whether to go on."""
        with self._news:
            while not (self._closed or self._waiting or self._scorings or self._batch.num_jobs):
                self._news.wait()
            return not self._closed

    def _work(self) -> None:
        """One step of the batch and one text to score: neither starves the other."""
        while self._waiting and self._batch.can_admit:
            job = self._waiting.popleft()
            if not job.is_cancelled:
                self._batch.admit(job)
        self._batch.step()
        if self._scorings:
            self._score(self._scorings.popleft())

    def _score(self, scoring: _Scoring) -> None:
        """Scores one text. What fails goes to its caller and ends nothing else."""
        if not scoring.result.set_running_or_notify_cancel():
            return
        try:
            scoring.result.set_result(self._batch.score(scoring.token_ids, scoring.top))
        except Exception as error:
            _log.exception("the torch engine failed to score a text")
            scoring.result.set_exception(RuntimeError(f"the engine failed: {type(error).__name__}"))


def model_name(model_dir: Path) -> str:
    """The name of a model folder; of its run, where the folder is only called "model"."""
    folder = model_dir.resolve()
    return folder.parent.name if folder.name == "model" and folder.parent.name else folder.name


def banned_tokens(model: Transformer, codec: Codec, end_ids: tuple[int, ...]) -> np.ndarray:
    """Per token (bool, V): whether it may never be sampled: special tokens but the ends, and padding of the matrix."""
    banned = np.zeros(model.shape.vocabulary_tokens, dtype=bool)
    banned[codec.vocabulary_tokens :] = True
    banned[list(codec.special_ids.values())] = True
    banned[list(end_ids)] = False
    return banned


def _load(model_dir: Path, settings: ServeSettings) -> Transformer:
    """The model on its device: float32 on a CPU, bfloat16 on a GPU."""
    has_cuda = torch.cuda.is_available()
    if settings.device == "cuda" and not has_cuda:
        raise UserError("serve.device is cuda, and torch sees no GPU here", hint="use auto or cpu")
    on_gpu = has_cuda and settings.device != "cpu"
    model = load_hugging_face(model_dir)
    placed = model.to("cuda", torch.bfloat16) if on_gpu else model.to(torch.float32)
    return placed.eval()


def _model_sha256(model_dir: Path) -> str:
    """The hash of the weights: from the export's manifest where it has one, for large files take minutes to read."""
    weights = model_dir / "model.safetensors"
    if (model_dir / manifest.NAME).is_file():
        outputs = manifest.hashes(manifest.read(model_dir)["outputs"])
        if weights.name in outputs:
            return outputs[weights.name]
    return sha256_of(weights)


def _emitter(
    loop: asyncio.AbstractEventLoop, pieces: "asyncio.Queue[Piece | Exception]"
) -> Callable[[Piece | Exception], None]:
    """The way back from the engine's thread to the event loop of one request."""

    def emit(piece: Piece | Exception) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody is left to tell
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

    return emit
