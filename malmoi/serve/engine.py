"""The Engine: what anything able to run a model must do, and what it may say that it cannot. No torch here.

Token ids go in and come out: the caller owns the tokenizer, the chat template, stop strings and limits, so that
every engine gives the same text for the same ids. torch, OpenVINO, a remote server and a 20-line fake satisfy it.

Four things go wrong, and each has a name: a request that this model cannot take is a UserError (it says what was
expected); OverloadedError: try again soon; RequestCancelledError: it was ended from outside; EngineDownError: the
engine has failed, hangs or is closed.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

HAND_OUT_S = 0.04
"""Tokens of an answer that come within so long may be handed out together. Each time costs the server about half a
millisecond whatever is in it (one client, 12 ms a token, measured: 557 us of 10,700); 25 a second look like a flow."""


class OverloadedError(RuntimeError):
    """There is no room for this request now; the same request may be taken a little later.

    retry_s: seconds after which to try again, where the engine knows.
    """

    def __init__(self, message: str = "", retry_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_s = retry_s


class RequestCancelledError(RuntimeError):
    """The request was ended by someone else than its caller."""


class EngineDownError(RuntimeError):
    """The engine has failed, does not come back from a step, or is closed."""


@dataclass(frozen=True)
class Guide:
    """What the answer must look like. kind: "choice" (value: list of strings), "regex", "json" (schema) or "lark"."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Request:
    """One generation. Temperature 0 is greedy; None switches a filter off. The same seed gives the same tokens.

    presence_penalty and frequency_penalty (OpenAI's) are taken from the logits of tokens of the answer: once, and for
    each time; repetition_penalty (Keskar et al. 2019) looks at the prompt as well. logit_bias: (token id, what is added
    to its logit); -100 bans it, +100 takes it before all others. min_p: the share of the best token's probability that
    a token needs. Until `min_tokens` no end is chosen; stop_token_ids end the answer besides the model's own ends,
    which ignore_eos switches off. adapter: the name of a loaded one (LoRA) that is added to the weights. cache_salt: a
    beginning that was read is used again for requests with the same salt alone.
    """

    prompt_ids: tuple[int, ...]
    max_tokens: int = 128
    temperature: float = 0.8
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    top_logprobs: int = 0
    guide: Guide | None = None
    min_p: float | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: tuple[tuple[int, float], ...] = ()
    min_tokens: int = 0
    stop_token_ids: tuple[int, ...] = ()
    ignore_eos: bool = False
    adapter: str | None = None
    cache_salt: str = ""


_OFF = {"top_p": 1.0, "top_k": -1, "repetition_penalty": 1.0}


def is_on(asked: Any, field: str) -> bool:
    """Whether a field of a Request, or of a body with such fields, has a value that changes an answer."""
    value = getattr(asked, field)
    return bool(value) and value != _OFF.get(field)


@dataclass(frozen=True)
class Piece:
    """One generated token. `logprob` is of the model before temperature and filters, in nats.

    finish: None while it goes on, "stop" (an end, or a guide complete) or "length" with the last piece. is_end: this
    token ended the answer; it was generated and counts, but it is no part of the text.
    """

    token_id: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()
    finish: str | None = None
    is_end: bool = False


@dataclass(frozen=True)
class Score:
    """log p(token | all before it) in nats of one token of a given text; None for the first."""

    token_id: int
    logprob: float | None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do. What it cannot is answered with a sentence, or by another engine on the same weights.

    top_logprobs: most alternatives that it tells of a token. prompt_logprobs: it has `score`. guides: kinds of Guide.
    utf8_masks: it never generates bytes that are no UTF-8. deterministic: a seed, or temperature 0, gives the same
    tokens whatever else runs. prefix_cache: a beginning that was read before is not read again. token_ids: its pieces
    are the tokens that the model chose; without it, those that our tokenizer makes of the text, so that another number
    of them may be said. logprobs: it tells how probable each chosen token was. loads_adapters: it is Adapting.
    cannot: fields of a Request that it has no way for.
    """

    top_logprobs: int = 0
    prompt_logprobs: bool = False
    guides: tuple[str, ...] = ()
    adapters: bool = False
    loads_adapters: bool = False
    embeddings: bool = False
    prefix_cache: bool = False
    deterministic: bool = False
    utf8_masks: bool = False
    token_ids: bool = True
    logprobs: bool = True
    cannot: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """How an engine is now. "stalled": a step has lasted longer than it may. step_s: how long the present one lasts.

    guides_built, guide_hits: guides that were built since the start, and those that had been built before. prefix_hits,
    prefix_tokens: answers whose beginning had been read before, and how many tokens that saved.
    """

    state: Literal["ok", "stalled", "down"]
    running: int = 0
    waiting: int = 0
    step_s: float = 0.0
    guides_built: int = 0
    guide_hits: int = 0
    prefix_hits: int = 0
    prefix_tokens: int = 0


@dataclass(frozen=True)
class Description:
    """What is being served. `context_tokens` bounds prompt and answer together; `slots` = requests at once.

    engine: name, version, what weights are kept in and what is computed in. engine_reason: why this one was chosen.
    """

    name: str
    engine: str
    vocabulary_tokens: int
    context_tokens: int
    slots: int
    model_sha256: str
    capabilities: Capabilities = field(default_factory=Capabilities)
    engine_reason: str = ""
    adapters: tuple[tuple[str, str], ...] = ()


class Engine(Protocol):
    """Runs a model."""

    def describe(self) -> Description:
        """What is being served, and what the engine can do."""
        ...

    def health(self) -> Health:
        """How the engine is now. Returns at once, also while a step hangs."""
        ...

    def generate(self, request: Request) -> AsyncGenerator[tuple[Piece, ...], None]:
        """The answer: at each turn the tokens since the last, one or more. Closing it early frees the slot soon."""
        ...

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """How probable the model finds each token of a text of at most `context_tokens`."""
        ...

    async def score_many(
        self,
        prefix_ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        top: int = 0,
        cache_salt: str | None = None,
    ) -> list[list[Score]]:
        """The scores of each continuation after the same prefix (at least one token), which is read once.

        With a cache_salt also calls after this one need not read it again.
        """
        ...

    async def embed(self, token_ids: Sequence[int]) -> list[float]:
        """The mean of the last layer's states over the tokens, after the last norm."""
        ...


class Adapting(Engine, Protocol):
    """An engine that takes adapters (LoRA) in while it runs."""

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Adds an adapter, under way. Raises UserError where it does not fit, or another has its name."""
        ...

    async def unload_adapter(self, name: str) -> None:
        """Takes an adapter away. Raises UserError where none has the name, or answers under way or waiting use it."""
        ...
