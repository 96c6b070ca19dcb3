"""One request on its way: from the logits of a step to its next token, under everything that may forbid one.

Shape letters: S state of an open character (malmoi/serve/utf8.py), V vocabulary.
"""
# ruff: noqa: N803, N806, N815 (shape letters)

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from malmoi.kit.errors import UserError
from malmoi.serve import utf8
from malmoi.serve.engine import Piece, Request
from malmoi.serve.guide import Matcher
from malmoi.serve.sampling import Sampler, logprob_of, most_probable
from malmoi.tokenizer.codec import Codec


@dataclass(frozen=True)
class Vocabulary:
    """What an answer may be made of. end_ids end it.

    banned_V (bool): tokens that are never sampled: special ones but the ends, padding of the output matrix, and ids
    that a foreign vocabulary leaves out.
    barred_SV (bool): those, and what would break UTF-8 in each state; where that is all, as in a foreign vocabulary
    without single bytes, whole characters give way. contents: the bytes of each token.
    """

    end_ids: tuple[int, ...]
    banned_V: np.ndarray
    barred_SV: np.ndarray
    contents: tuple[bytes, ...]

    @staticmethod
    def of(codec: Codec, end_ids: tuple[int, ...], logits: int) -> "Vocabulary":
        """The vocabulary of a tokenizer. logits: what the model gives; there may be more or fewer tokens than these."""
        contents = [codec.token_bytes(token_id) for token_id in range(min(codec.vocabulary_tokens, logits))]
        contents += [b""] * (logits - len(contents))
        banned_V = np.array([not content for content in contents])
        banned_V[[token_id for token_id in codec.special_ids.values() if token_id < logits]] = True
        banned_V[list(end_ids)] = False
        barred_SV = utf8.breaking(contents) | banned_V
        barred_SV[barred_SV.all(axis=1)] = banned_V
        return Vocabulary(end_ids, banned_V, barred_SV, tuple(contents))


@dataclass(eq=False)
class Job:
    """One request. `emit` receives its pieces, or the exception that ended it; it must not raise.

    utf8_state: of the character that is open at the end of prompt and answer.
    """

    request: Request
    emit: Callable[[Piece | Exception], None]
    matcher: Matcher | None = None
    utf8_state: int = utf8.BETWEEN
    is_cancelled: bool = False
    read_tokens: int = 0
    answer_ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sampler = Sampler(self.request)

    def is_full(self, context_tokens: int) -> bool:
        """Whether no further token has room."""
        answered = len(self.answer_ids)
        return answered >= self.request.max_tokens or len(self.request.prompt_ids) + answered >= context_tokens


def next_piece(job: Job, logits_V: np.ndarray, vocabulary: Vocabulary, context_tokens: int) -> Piece:
    """A job's next token as a piece; logprobs are the model's own, before guide, temperature and filters.

    Raises UserError where its guide allows no token.
    """
    chosen = job.sampler.choose(logits_V, _forbidden(job, vocabulary))
    logprob, top = logprob_of(logits_V, chosen), most_probable(logits_V, job.request.top_logprobs)
    if chosen in vocabulary.end_ids or chosen in job.request.stop_token_ids:
        return Piece(chosen, logprob, top, "stop", is_end=True)
    job.answer_ids.append(chosen)
    job.utf8_state = utf8.after(job.utf8_state, vocabulary.contents[chosen])
    if job.matcher is not None:
        job.matcher.accept(chosen)
        if job.matcher.is_complete:
            return Piece(chosen, logprob, top, "stop")
    return Piece(chosen, logprob, top, "length" if job.is_full(context_tokens) else None)


def _forbidden(job: Job, vocabulary: Vocabulary) -> np.ndarray:
    """What may not come next (bool, V). Where a guide leaves nothing else, whole characters give way."""
    barred_V = vocabulary.barred_SV[job.utf8_state]
    if job.matcher is None:
        return _without_ends(job, barred_V, vocabulary.end_ids)
    guided_V = job.matcher.forbidden(job.request.max_tokens - len(job.answer_ids))
    for forbidden_V in (guided_V | barred_V, guided_V | vocabulary.banned_V):
        if not forbidden_V.all():
            return forbidden_V
    raise UserError("the guide allows no token of this model's vocabulary")


def _without_ends(job: Job, barred_V: np.ndarray, end_ids: tuple[int, ...]) -> np.ndarray:
    """`barred_V` and the ends that may not come yet, or never; an end is better than nothing at all."""
    is_early = len(job.answer_ids) < job.request.min_tokens
    ends = [*(end_ids if is_early or job.request.ignore_eos else ()), *(job.request.stop_token_ids if is_early else ())]
    if not ends:
        return barred_V
    forbidden_V = barred_V.copy()
    forbidden_V[ends] = True
    return barred_V if forbidden_V.all() else forbidden_V
