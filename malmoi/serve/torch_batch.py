"""Continuous batching: requests share each forward pass, and join and leave between two of them.

One Batch belongs to one thread. Each job has a row of the cache of its own. A step gives every running job one token
and then reads one piece of one prompt, so that a long one holds nobody up for long. What fails for one job ends that
job: a pass over all of them that fails is done again one by one. Shape letters: B row, T token, C hidden, V vocabulary.
"""
# ruff: noqa: N803, N806, N815 (shape letters)

import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from malmoi.kit.errors import UserError, bare
from malmoi.model.cache import Row, next_positions
from malmoi.model.lora import Adapters
from malmoi.model.transformer import Transformer
from malmoi.serve.engine import EngineDownError, OverloadedError, Request, Score
from malmoi.serve.next_token import Job, Vocabulary, next_piece
from malmoi.serve.prefix_cache import PrefixCache

_log = logging.getLogger(__name__)

_PATIENCE_S = 0.05
"""Where every answer waits for the mask of its guide, the thread looks so soon for new work again."""

_SCORED_TOKENS = 256
"""score() makes the logits of so many tokens at a time: 256 x 50,000 x 4 bytes = 51 MB."""


@dataclass(frozen=True)
class Limits:
    """What a batch may do: requests at once, tokens of a prompt that are read in one step, memory for beginnings."""

    slots: int
    prefill_tokens: int
    prefix_cache_bytes: int = 0


@dataclass(eq=False)
class _Seat:
    """A job and its row of the cache. logits_V: of its next token, while the mask of its guide is not there yet."""

    job: Job
    row: Row
    logits_V: np.ndarray | None = None


class Batch:
    """The jobs under way, their cache, and one step of all of them."""

    def __init__(
        self, model: Transformer, limits: Limits, vocabulary: Vocabulary, adapters: Adapters, told: Callable[[], None]
    ) -> None:
        """told: called when jobs have been told their next tokens."""
        self.adapters, self._told = adapters, told
        self._model, self._limits, self._vocabulary = model, limits, vocabulary
        self._weight = model.lm_head.weight
        self._running: list[_Seat] = []
        self._reading: _Seat | None = None
        self.prefixes = PrefixCache(limits.prefix_cache_bytes, Row.empty(model.shape, self._weight))

    @property
    def num_jobs(self) -> int:
        """Slots in use."""
        return len(self._running) + (self._reading is not None)

    @property
    def can_admit(self) -> bool:
        """Whether a job may join now: a slot is free and no other prompt is being read."""
        return self._reading is None and len(self._running) < self._limits.slots

    def admit(self, job: Job) -> None:
        """Takes a job in. Its prompt is read from the next step on."""
        assert self.can_admit, (self.num_jobs, self._limits.slots)
        self._reading = seat = _Seat(job, Row.empty(self._model.shape, self._weight))
        with contextlib.suppress(RuntimeError, MemoryError):  # no room for the row: reading it says so
            self.prefixes.fill(seat.row, job.request.prompt_ids, self._salt(job.request))
        job.read_tokens = seat.row.length

    def step(self) -> None:
        """One token for every running job, then one piece of the prompt that is being read."""
        for seat in [seat for seat in self._running if seat.job.is_cancelled]:
            self._running.remove(seat)
            self._keep(seat)
        if self._reading is not None and self._reading.job.is_cancelled:
            self._keep(self._reading)
            self._reading = None
        if self._running:
            self._decode()
        if self._reading is not None:
            self._read(self._reading)

    def uses(self, adapter: str) -> bool:
        """Whether an answer under way has this adapter."""
        seats = [*self._running, *([self._reading] if self._reading else [])]
        return any(seat.job.request.adapter == adapter for seat in seats)

    def fail(self, error: Exception) -> None:
        """Ends every job with `error`, and none of them says anything more. Any thread may call this."""
        seats = [*self._running, *([self._reading] if self._reading else [])]
        for seat in seats:
            seat.job.is_cancelled = True
            seat.job.emit(error)

    def score(self, token_ids: Sequence[int], top: int) -> list[Score]:
        """Gives log p of each token given those before it; the jobs under way are not touched."""
        states_TC = self._states(token_ids)
        return [Score(token_ids[0], None), *self._scores(states_TC[:-1], token_ids[1:], top)]

    def score_many(
        self, prefix_ids: Sequence[int], continuations: Sequence[Sequence[int]], top: int, cache_salt: str | None
    ) -> list[list[Score]]:
        """Gives log p of the tokens of each continuation after the prefix, which is read once."""
        row = Row.empty(self._model.shape, self._weight)
        salt = None if cache_salt is None else self._salt(Request((), cache_salt=cache_salt))
        if salt is not None:
            self.prefixes.fill(row, prefix_ids, salt)
        last_1C = self._next_states([row], [prefix_ids[row.length :]])[0, -1:]
        if salt is not None:
            self.prefixes.keep(row, prefix_ids, salt)
        result = []
        for continuation in continuations:  # each is written over the one before
            row.length = len(prefix_ids)
            states_TC = self._next_states([row], [continuation])[0]
            result.append(self._scores(torch.cat((last_1C, states_TC[:-1])), continuation, top))
        return result

    def embed(self, token_ids: Sequence[int]) -> list[float]:
        """Gives the mean of the states after the last norm."""
        return self._states(token_ids).float().mean(dim=0).tolist()

    def _states(self, token_ids: Sequence[int]) -> Tensor:
        """The states (T, C) of a text that is read at once, without the cache."""
        self.adapters.choose(())
        tokens_BT = torch.tensor([token_ids], device=self._weight.device)
        return self._model.hidden(tokens_BT, torch.arange(len(token_ids), device=tokens_BT.device)[None])[0]

    def _next_states(
        self, rows: Sequence[Row], tokens: Sequence[Sequence[int]], adapters: Sequence[str | None] = ()
    ) -> Tensor:
        """The states (B, T, C) of the next tokens of some rows, which then hold them. adapters: of each, or none."""
        self.adapters.choose(adapters)
        tokens_BT = torch.tensor(tokens, device=self._weight.device)
        states_BTC = self._model.hidden(tokens_BT, next_positions(rows, tokens_BT.shape[1]), cache=rows)
        for row in rows:
            row.length += tokens_BT.shape[1]
        return states_BTC

    def _scores(self, states_TC: Tensor, targets: Sequence[int], top: int) -> list[Score]:
        """What the model gives each target, from the state before it."""
        result = []
        for start in range(0, len(targets), _SCORED_TOKENS):
            targets_T = torch.tensor(targets[start : start + _SCORED_TOKENS], device=self._weight.device)
            logits_TV = self._model.lm_head(states_TC[start : start + len(targets_T)]).float()
            logprobs_TV = functional.log_softmax(logits_TV, dim=-1)
            chosen = logprobs_TV.gather(1, targets_T[:, None])[:, 0].tolist()
            tops = _tops(logprobs_TV, top)
            result.extend(map(Score, targets_T.tolist(), chosen, tops))
        return result

    def _decode(self) -> None:
        """One forward pass for all running jobs, each at its own position. Who waits for a mask holds nobody up."""
        self._running = [seat for seat in self._running if seat.logits_V is not None or self._has_room(seat, 1)]
        seats = [seat for seat in self._running if seat.logits_V is None]
        seats.sort(key=lambda seat: seat.job.request.adapter or "")  # rows of one adapter side by side
        try:
            logits_BV = self._logits(seats) if seats else []
        except Exception as error:
            _log.error("a step of %d answers failed; it is done again one by one: %s", len(seats), bare(error))
            logits_BV = [self._logits_alone(seat) for seat in seats]
        for seat, logits_V in zip(seats, logits_BV, strict=True):
            seat.logits_V = logits_V
            if logits_V is None:  # its step failed alone, and it has been told
                self._running.remove(seat)
        self._choose()

    def _choose(self) -> None:
        """The next tokens of all whose logits and masks are there; waits a moment where no mask is."""
        masks = [seat.job.matcher.mask for seat in self._running if seat.job.matcher is not None]
        if masks and all(seat.job.matcher is not None for seat in self._running):
            wait(masks, _PATIENCE_S, return_when=FIRST_COMPLETED)
        going_on = []
        for seat in self._running:
            if seat.logits_V is None or not (seat.job.matcher is None or seat.job.matcher.is_ready):
                going_on.append(seat)
                continue
            logits_V, seat.logits_V = seat.logits_V, None
            if self._goes_on(seat.job, logits_V):
                going_on.append(seat)
            else:
                self._keep(seat)
        self._running = going_on
        self._told()

    def _logits(self, seats: Sequence[_Seat]) -> np.ndarray:
        """The logits (B, V) after the last token of each answer."""
        tokens, adapters = ([seat.job.answer_ids[-1:] for seat in seats], [seat.job.request.adapter for seat in seats])
        states_BTC = self._next_states([seat.row for seat in seats], tokens, adapters)
        return self._model.lm_head(states_BTC[:, -1]).float().cpu().numpy()

    def _logits_alone(self, seat: _Seat) -> np.ndarray | None:
        """The logits (V) of one answer; None where they cannot be had, and the request has been told."""
        try:
            seat.row.length = len(seat.job.request.prompt_ids) + len(seat.job.answer_ids) - 1
            return self._logits([seat])[0]
        except Exception as error:
            _log.error("a step of one answer failed; the others go on: %s", bare(error))
            seat.job.emit(EngineDownError(f"the engine failed: {type(error).__name__}"))
            return None

    def _salt(self, request: Request) -> str:
        """What beginnings are kept apart by: a name may come to mean another adapter, its hash does not."""
        return f"{self.adapters.sha256.get(request.adapter or '', '')}\n{request.cache_salt}"

    def _keep(self, seat: _Seat) -> None:
        """Keeps what was read and generated, for requests that begin so. No answer fails where there is no memory."""
        request = seat.job.request
        with contextlib.suppress(RuntimeError, MemoryError):
            self.prefixes.keep(seat.row, [*request.prompt_ids, *seat.job.answer_ids], self._salt(request))

    def _has_room(self, seat: _Seat, tokens: int) -> bool:
        """Whether the row could be made large enough; the request is told where it could not."""
        try:
            seat.row.reserve(tokens)
        except (RuntimeError, MemoryError):  # torch's errors of both kinds of memory are RuntimeErrors
            seat.job.emit(OverloadedError("there is no memory for this answer now"))
            return False
        return True

    def _read(self, seat: _Seat) -> None:
        """Reads the next piece of a prompt; the last piece gives the first token, and the job runs with the others."""
        job = seat.job
        piece = job.request.prompt_ids[job.read_tokens : job.read_tokens + self._limits.prefill_tokens]
        logits_V = self._logits_of_prompt(seat, piece) if self._has_room(seat, len(piece)) else None
        job.read_tokens += len(piece)
        if logits_V is not None and job.read_tokens < len(job.request.prompt_ids):
            return
        self._reading = None
        if logits_V is None:
            return
        self._keep(seat)
        seat.logits_V = logits_V
        self._running.append(seat)
        self._choose()

    def _logits_of_prompt(self, seat: _Seat, piece: Sequence[int]) -> np.ndarray | None:
        """The logits (V) after a piece of a prompt; None where it could not be read, and the request has been told."""
        try:
            state_C = self._next_states([seat.row], [piece], [seat.job.request.adapter])[0, -1]
            return self._model.lm_head(state_C).float().cpu().numpy()
        except Exception as error:
            _log.error("a prompt could not be read; the other answers go on: %s", bare(error))
            seat.job.emit(EngineDownError(f"the engine failed: {type(error).__name__}"))
            return None

    def _goes_on(self, job: Job, logits_V: np.ndarray) -> bool:
        """Chooses and emits a job's next token. Returns whether the job goes on."""
        if job.is_cancelled:
            return False
        try:
            piece = next_piece(job, logits_V, self._vocabulary, self._model.shape.context_tokens)
        except UserError as error:  # a guide that cannot be followed
            job.emit(error)
            return False
        except Exception as error:
            _log.error("no token could be chosen for one answer; the others go on: %s", bare(error))
            job.emit(EngineDownError(f"the engine failed: {type(error).__name__}"))
            return False
        job.emit(piece)
        return piece.finish is None


def _tops(logprobs_TV: Tensor, top: int) -> list[tuple[tuple[int, float], ...]]:
    """The `top` most probable tokens with their logprobs (nats) at each of T positions; empty tuples where top is 0."""
    if top == 0:
        return [()] * len(logprobs_TV)
    values, ids = (part.tolist() for part in logprobs_TV.topk(top, dim=-1))
    return [tuple(zip(row_ids, row_values, strict=True)) for row_ids, row_values in zip(ids, values, strict=True)]
