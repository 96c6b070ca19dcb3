"""What the routes of answers say, as models: the interface's types are made of them."""

from typing import Any, Literal

from pydantic import BaseModel

from malmoi.studio.answers.card_shapes import CardResult, Told
from malmoi.studio.answers.tables import RUNNING, HistoryRow

Kind = Literal["completion", "chat", "card"]
State = Literal["running", "done", "stopped", "cut", "failed"]


class Begun(BaseModel):
    """An answer that has begun."""

    id: str


class Alternative(BaseModel):
    """A token that could have stood there. logprob: nats."""

    text: str
    logprob: float


class Token(Alternative):
    """A token of an answer."""

    top: list[Alternative]


class AnswerEnd(BaseModel):
    """The end of an answer. state "gone": there is no such answer, and no other field."""

    state: Literal["done", "stopped", "cut", "failed", "gone"]
    finish: str | None
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    result: CardResult | None
    error: dict[str, Any] | None


class AnswerEvent(BaseModel):
    """An event of a connection that follows answers: what is new of one of them since the last.

    begin, to: characters and tokens before and after it. tokens, told, end: only where there is something new.
    """

    answer: str
    begin: tuple[int, int]
    to: tuple[int, int]
    text: str
    tokens: list[Token] | None = None
    told: Told | None = None
    end: AnswerEnd | None = None


class AnswerLine(BaseModel):
    """An answer in a list. asked, text: their first 240 characters."""

    id: str
    at: str
    kind: Kind
    model: str
    subject: str | None
    source: dict[str, Any]
    state: State
    finish: str | None
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    again_of: str | None
    deleted: str | None
    asked: str
    text: str


class AnswerList(BaseModel):
    """A page of answers. after: where the next one goes on; None: there is none."""

    answers: list[AnswerLine]
    after: str | None


class Again(BaseModel):
    """An answer that was made again, beside the one that it repeats. place: of the first other character."""

    of: str
    is_equal: bool
    place: int | None = None
    was: str | None = None
    now: str | None = None


class AnswerDetail(AnswerLine):
    """An answer, whole. made_with: model, tokenizer and engine by name and hash, where the server recorded them.

    seed: as text, for it may have more digits than JavaScript keeps.
    """

    body: dict[str, Any]
    seed: str
    told: Told
    result: CardResult | None
    error: dict[str, Any] | None
    tokens: list[Token] | None
    made_with: dict[str, Any] | None
    again: Again | None


_CONTEXT_CHARACTERS = 40
"""So much of both texts is shown from the character on at which they part."""


def compared(text: str, result: dict[str, Any] | None, first: HistoryRow | None) -> Again | None:
    """How an answer that was made again stands to the one that it repeats; None where that is gone or not over."""
    if first is None or first.state == RUNNING:
        return None
    if text == first.text and _output(result) == _output(first.result):
        return Again(of=first.id, is_equal=True)
    shared = min(len(text), len(first.text))
    place = next((at for at in range(shared) if text[at] != first.text[at]), shared)
    window = slice(place, place + _CONTEXT_CHARACTERS)
    return Again(of=first.id, is_equal=False, place=place, was=first.text[window], now=text[window])


def _output(result: dict[str, Any] | None) -> Any:
    """What a card answered, without tokens and seconds: the same answer takes another time each time."""
    return None if result is None else result.get("output")
