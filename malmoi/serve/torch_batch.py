"""Continuous batching: requests share each forward pass, and join and leave between two of them.

One Batch belongs to one thread. Row i of the cache is the i-th running job; a job whose prompt is still being read has
the row after them. A step reads one piece of one prompt (so that a long one holds nobody up for long) and then gives
every running job one token. Shape letters: B row, T token, V vocabulary.
"""
# ruff: noqa: N803, N806, N815 (shape letters)

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from malmoi.kit.errors import UserError
from malmoi.model.cache import Cache
from malmoi.model.transformer import Transformer
from malmoi.serve.engine import Piece, Request, Score
from malmoi.serve.guide import Matcher
from malmoi.serve.sampling import Sampler, logprob_of, most_probable

_SCORED_TOKENS = 256
"""score() makes the logits of so many tokens at a time: 256 x 50,000 x 4 bytes = 51 MB."""


@dataclass(frozen=True)
class Limits:
    """What a batch may do. end_ids end an answer; banned_V (bool) marks tokens that are never sampled."""

    slots: int
    prefill_tokens: int
    end_ids: tuple[int, ...]
    banned_V: np.ndarray


@dataclass(eq=False)
class Job:
    """One request on its way. `emit` receives its pieces, or the exception that ended it; it must not raise."""

    request: Request
    emit: Callable[[Piece | Exception], None]
    matcher: Matcher | None = None
    is_cancelled: bool = False
    read_tokens: int = 0
    answer_ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sampler = Sampler(self.request)


class Batch:
    """The jobs under way, their cache, and one step of all of them."""

    def __init__(self, model: Transformer, limits: Limits) -> None:
        self._model, self._limits = model, limits
        weight = model.lm_head.weight
        self._context_tokens = model.shape.context_tokens
        self._cache = Cache.empty(model.shape, rows=limits.slots, slots=self._context_tokens, like=weight)
        self._device = weight.device
        self._running: list[Job] = []
        self._reading: Job | None = None

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
        self._reading = job
        self._cache.lengths_B[len(self._running)] = 0

    def step(self) -> None:
        """One token for every running job, then one piece of the prompt that is being read."""
        self._leave([job for job in self._running if job.is_cancelled])
        if self._reading is not None and self._reading.is_cancelled:
            self._reading = None
        if self._running:
            self._decode()
        if self._reading is not None:
            self._read(self._reading)

    def fail(self, error: Exception) -> None:
        """Ends every job with `error` and empties the batch."""
        jobs = [*self._running, *([self._reading] if self._reading else [])]
        self._running, self._reading = [], None
        self._cache.lengths_B.zero_()
        for job in jobs:
            job.emit(error)

    def score(self, token_ids: Sequence[int], top: int) -> list[Score]:
        """Gives log p of each token given those before it; the jobs under way are not touched."""
        hidden_TC = self._states(token_ids)
        return [Score(token_ids[0], None), *self._scores(hidden_TC[:-1], token_ids[1:], top)]

    def score_many(
        self, prefix_ids: Sequence[int], continuations: Sequence[Sequence[int]], top: int
    ) -> list[list[Score]]:
        """Gives log p of the tokens of each continuation after the prefix, which is read once."""
        weight, longest = self._model.lm_head.weight, max(map(len, continuations))
        cache = Cache.empty(self._model.shape, 1, len(prefix_ids) + longest, like=weight)
        prefix_BT = torch.tensor([prefix_ids], device=self._device)
        last_C = self._model.hidden(prefix_BT, cache.next_positions(len(prefix_ids)), cache=cache)[0, -1]
        result = []
        for continuation in continuations:  # each is written over the one before: later slots are never seen
            cache.lengths_B[0] = len(prefix_ids)
            tokens_BT = torch.tensor([continuation], device=self._device)
            states_TC = self._model.hidden(tokens_BT, cache.next_positions(len(continuation)), cache=cache)[0]
            result.append(self._scores(torch.cat((last_C[None], states_TC[:-1])), continuation, top))
        return result

    def embed(self, token_ids: Sequence[int]) -> list[float]:
        """Gives the mean of the states after the last norm."""
        return self._states(token_ids).float().mean(dim=0).tolist()

    def _states(self, token_ids: Sequence[int]) -> Tensor:
        """The states (T, C) of a text that is read at once, without the cache."""
        tokens_BT = torch.tensor([token_ids], device=self._device)
        return self._model.hidden(tokens_BT, torch.arange(len(token_ids), device=self._device)[None])[0]

    def _scores(self, states_TC: Tensor, targets: Sequence[int], top: int) -> list[Score]:
        """What the model gives each target, from the state before it."""
        result = []
        for start in range(0, len(targets), _SCORED_TOKENS):
            targets_T = torch.tensor(targets[start : start + _SCORED_TOKENS], device=self._device)
            logits_TV = self._model.lm_head(states_TC[start : start + len(targets_T)]).float()
            logprobs_TV = functional.log_softmax(logits_TV, dim=-1)
            chosen = logprobs_TV.gather(1, targets_T[:, None])[:, 0].tolist()
            tops = _tops(logprobs_TV, top)
            result.extend(map(Score, targets_T.tolist(), chosen, tops))
        return result

    def _decode(self) -> None:
        """One forward pass for all running jobs, each at its own position."""
        running = self._cache.rows(0, len(self._running))
        last_BT = torch.tensor([[job.answer_ids[-1]] for job in self._running], device=self._device)
        logits_BTV = self._model(last_BT, running.next_positions(1), cache=running)
        running.advance(1)
        logits_BV = logits_BTV[:, -1].float().cpu().numpy()
        ended = [job for job, logits_V in zip(self._running, logits_BV, strict=True) if self._next_token(job, logits_V)]
        self._leave(ended)

    def _read(self, job: Job) -> None:
        """Reads the next piece of a prompt; the last piece gives the first token, and the job runs with the others."""
        row = len(self._running)
        one = self._cache.rows(row, row + 1)
        piece = job.request.prompt_ids[job.read_tokens : job.read_tokens + self._limits.prefill_tokens]
        tokens_BT = torch.tensor([piece], device=self._device)
        hidden_BTC = self._model.hidden(tokens_BT, one.next_positions(len(piece)), cache=one)
        one.advance(len(piece))
        job.read_tokens += len(piece)
        if job.read_tokens < len(job.request.prompt_ids):
            return
        self._reading = None
        self._running.append(job)
        if self._next_token(job, self._model.lm_head(hidden_BTC[0, -1]).float().cpu().numpy()):
            self._leave([job])

    def _next_token(self, job: Job, logits_V: np.ndarray) -> bool:
        """Chooses and emits a job's next token. Returns whether the job has ended."""
        if job.is_cancelled:
            return True
        try:
            piece = self._choose(job, logits_V)
        except UserError as error:  # a guide that cannot be followed is this request's fault, not the batch's
            job.emit(error)
            return True
        job.emit(piece)
        return piece.finish is not None

    def _choose(self, job: Job, logits_V: np.ndarray) -> Piece:
        """A job's next token as a piece; logprobs are the model's own, before guide, temperature and filters."""
        forbidden_V = self._limits.banned_V
        if job.matcher is not None:
            forbidden_V = forbidden_V | job.matcher.forbidden()
            if forbidden_V.all():
                raise UserError("the guide allows no token of this model's vocabulary")
        else:
            forbidden_V = self._without_ends(job, forbidden_V)
        chosen = job.sampler.choose(logits_V, forbidden_V)
        logprob, top = logprob_of(logits_V, chosen), most_probable(logits_V, job.request.top_logprobs)
        if chosen in self._limits.end_ids or chosen in job.request.stop_token_ids:
            return Piece(chosen, logprob, top, "stop", is_end=True)
        job.answer_ids.append(chosen)
        if job.matcher is not None:
            job.matcher.accept(chosen)
            if job.matcher.is_complete:
                return Piece(chosen, logprob, top, "stop")
        return Piece(chosen, logprob, top, "length" if self._is_full(job) else None)

    def _without_ends(self, job: Job, forbidden_V: np.ndarray) -> np.ndarray:
        """`forbidden_V` with the ends that may not come yet, or never. A guide alone says where an answer may end."""
        request, ends = job.request, list[int]()
        if request.ignore_eos or len(job.answer_ids) < request.min_tokens:
            ends.extend(self._limits.end_ids)
        if len(job.answer_ids) < request.min_tokens:
            ends.extend(request.stop_token_ids)
        if not ends:
            return forbidden_V
        forbidden_V = forbidden_V.copy()
        forbidden_V[ends] = True
        return forbidden_V

    def _is_full(self, job: Job) -> bool:
        answered = len(job.answer_ids)
        return answered >= job.request.max_tokens or len(job.request.prompt_ids) + answered >= self._context_tokens

    def _leave(self, jobs: list[Job]) -> None:
        """Frees the rows of `jobs`; the last rows move into the holes, for the running ones must be the first."""
        for job in jobs:
            hole, last = self._running.index(job), len(self._running) - 1
            if hole != last:
                self._cache.move(last, hole)
                self._running[hole] = self._running[last]
            self._running.pop()
            if self._reading is not None:
                self._cache.move(last + 1, last)


def _tops(logprobs_TV: Tensor, top: int) -> list[tuple[tuple[int, float], ...]]:
    """The `top` most probable tokens with their logprobs (nats) at each of T positions; empty tuples where top is 0."""
    if top == 0:
        return [()] * len(logprobs_TV)
    values, ids = (part.tolist() for part in logprobs_TV.topk(top, dim=-1))
    return [tuple(zip(row_ids, row_values, strict=True)) for row_ids, row_values in zip(ids, values, strict=True)]
