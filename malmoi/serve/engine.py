"""The Engine: the three things that anything able to run a model must do. No torch here.

Token ids go in and come out: the caller owns the tokenizer, the chat template, stop strings and limits, so that
every engine gives the same text for the same ids. torch, OpenVINO, a remote server and a 20-line fake satisfy it.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Guide:
    """What the answer must look like. kind: "choice" (value: list of strings), "regex", "json" (schema) or "lark"."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Request:
    """One generation. Temperature 0 is greedy; None switches a filter off. The same seed gives the same tokens."""

    prompt_ids: tuple[int, ...]
    max_tokens: int = 128
    temperature: float = 0.8
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    top_logprobs: int = 0
    guide: Guide | None = None


@dataclass(frozen=True)
class Piece:
    """One generated token. `logprob` is of the model before temperature and filters, in nats.

    finish: None while it goes on, "stop" (end token or guide complete) or "length" with the last piece. A stop by the
    end token carries token_id None.
    """

    token_id: int | None
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()
    finish: str | None = None


@dataclass(frozen=True)
class Score:
    """log p(token | all before it) in nats of one token of a given text; None for the first."""

    token_id: int
    logprob: float | None
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Description:
    """What is being served. `context_tokens` bounds prompt and answer together; `slots` = requests at once."""

    name: str
    engine: str
    vocabulary_tokens: int
    context_tokens: int
    slots: int
    model_sha256: str


class Engine(Protocol):
    """Runs a model."""

    def describe(self) -> Description:
        """What is being served."""
        ...

    def generate(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer, token by token. Closing the iterator early frees the slot at the next token."""
        ...

    async def score(self, token_ids: Sequence[int], top: int = 0) -> list[Score]:
        """How probable the model finds each token of a text of at most `context_tokens`."""
        ...
