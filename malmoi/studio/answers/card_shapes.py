"""The shapes of what a card says (malmoi/serve/run_card.py makes them), for the interface's types."""

from dataclasses import dataclass
from typing import Literal

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

    card: str
    version: int
    seed: int
    prompt: str
    prompt_tokens: int
    shots: int


@dataclass(frozen=True)
class CardProgress:
    """How many of the choices have been scored."""

    done: int
    total: int


@dataclass(frozen=True)
class CardResult:
    """The answer. finish: why it ended, None where no model was needed."""

    output: LabelOutput | JsonOutput | ChoiceOutput | TextOutput | ChainOutput
    finish: str | None
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Told:
    """What a card tells on its way."""

    start: CardStart | None = None
    progress: CardProgress | None = None
