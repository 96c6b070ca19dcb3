"""The shapes of the events that a running card sends; malmoi/serve/run_card.py makes them."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator

from malmoi.cards.card import Both


@dataclass(frozen=True)
class LabelScore:
    """A choice of a label card: its share after calibration, and the log-probability (nats) after the prompt."""

    label: str
    probability: float
    logprob: float


@dataclass(frozen=True)
class LabelOutput:
    """The answer of a label card. label: None where none was likely enough."""

    label: str | None
    confidence: float
    abstained: bool
    scores: tuple[LabelScore, ...]


@dataclass(frozen=True)
class JsonOutput:
    """The answer of a JSON card. complete: it keeps the card's contract; text: the model's own words."""

    fields: dict[str, str]
    complete: bool
    text: str


@dataclass(frozen=True)
class ChoiceOutput:
    """The answer of a card that chooses one of several texts."""

    choice: str


@dataclass(frozen=True)
class TextOutput:
    """The answer of a card that writes."""

    text: str


@dataclass(frozen=True)
class ChainOutput:
    """A move of the word chain. word: the model's; reason: why the person's word was refused, or why it is over."""

    status: Literal["playing", "illegal", "model_wins", "user_wins"]
    reason: str | None
    message: Both
    word: str | None
    history: tuple[str, ...]
    next_starts: tuple[str, ...]
    words_left: int


@dataclass(frozen=True)
class CardStart:
    """The prompt as the model gets it. shots: how many of the card's examples fitted; seed: repeats the answer."""

    type: Literal["start"]
    card: str
    version: int
    seed: int
    prompt: str
    prompt_tokens: int
    shots: int


@dataclass(frozen=True)
class CardProgress:
    """How many of the choices have been scored."""

    type: Literal["progress"]
    done: int
    total: int


@dataclass(frozen=True)
class CardDelta:
    """The next characters of the answer."""

    type: Literal["delta"]
    text: str


@dataclass(frozen=True)
class CardResult:
    """The answer. finish: why it ended, None where no model was needed."""

    type: Literal["result"]
    output: LabelOutput | JsonOutput | ChoiceOutput | TextOutput | ChainOutput
    finish: str | None
    tokens: int
    seconds: float


@dataclass(frozen=True)
class CardDone:
    """Nothing comes after this one."""

    type: Literal["done"]


@dataclass(frozen=True)
class CardFailure:
    """The run failed; `error` is the one shape of errors (malmoi/serve/http_errors.py)."""

    type: Literal["error"]
    error: dict[str, Any]


CardEvent = Annotated[CardStart | CardProgress | CardDelta | CardResult | CardDone | CardFailure, Discriminator("type")]
