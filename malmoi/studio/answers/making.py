"""How an answer is made, by kind: a completion, a turn of a chat, a run of a card. All of them give the same steps."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, ValidationError

from malmoi.cards.card import Card
from malmoi.serve.admission import Place
from malmoi.serve.http_begin import Begun, begin, guide_field
from malmoi.serve.http_body import understood
from malmoi.serve.http_errors import ApiError, bad, invalid
from malmoi.serve.http_replies import finite, token_text
from malmoi.serve.http_schema import MAX_TEMPERATURE, MAX_TOKENS, ChatBody, CompletionBody, PlainTable, Strict
from malmoi.serve.http_shadow import Shadows
from malmoi.serve.http_stream import take_place, told
from malmoi.serve.http_trace import Trace
from malmoi.serve.keys import Key
from malmoi.serve.run_card import Task, prepare, run
from malmoi.serve.served import Served
from malmoi.serve.text import TokenText
from malmoi.tokenizer.codec import Codec

ASKED_CHARACTERS = 2_000
"""So much of what was asked is shown and found in a list of answers; the body has it whole."""

STUDIO = Key("studio", "", records="whole", retention_days=365)
"""Whose answers these are in the server's records: the history keeps their words, so the ids may be kept as well."""


@dataclass(frozen=True)
class Step:
    """What has come of an answer since the last step. told: news of a card on its way; finish: with the last one."""

    text: str = ""
    tokens: tuple[dict[str, Any], ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    num_tokens: int = 0
    finish: str | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Making:
    """An answer that has its place and may begin. explain: its errors as those that a client sees."""

    asked: str
    subject: str | None
    model: str
    seed: int
    prompt_tokens: int
    place: Place
    steps: AsyncGenerator[Step, None]
    explain: Callable[[BaseException], BaseException] = told


@dataclass(frozen=True)
class Maker:
    """What answers are made with. served: the model of the cards."""

    shadows: Shadows
    served: Served
    cards: Mapping[str, Card]

    async def begin(self, kind: str, body: dict[str, Any], trace: Trace) -> Making:
        """Takes a place for an answer. Raises ApiError for what can be told before the first token."""
        trace.key = STUDIO
        kinds = {"completion": self._completion, "chat": self._chat, "card": self._card}
        return await kinds[kind](body, trace)

    async def _completion(self, table: dict[str, Any], trace: Trace) -> Making:
        """A text that goes on. A record is one answer: who asks for several, or for an echo, is refused (400)."""
        body = understood(table, CompletionBody).body
        if len(body.prompt) * body.num_answers != 1 or body.echo:
            raise bad("prompt", "one prompt gets one answer here, and no echo", "one_answer")
        begun = await begin(self.shadows, body, body.logprobs or 0, trace)
        prompt = body.prompt[0]
        asked = prompt if isinstance(prompt, str) else begun.served.codec.decode(prompt)
        return _of_text(begun, asked, with_tokens=body.logprobs is not None)

    async def _chat(self, table: dict[str, Any], trace: Trace) -> Making:
        """The next turn of a conversation. What lists show as asked is the last words of the user."""
        body = understood(table, ChatBody).body
        if body.num_answers != 1:
            raise bad("n", "one conversation gets one answer here", "one_answer")
        begun = await begin(self.shadows, body, (body.top_logprobs or 0) if body.logprobs else 0, trace)
        asked = next((turn.text for turn in reversed(body.turns()) if turn.role == "user"), "")
        return _of_text(begun, asked, with_tokens=bool(body.logprobs))

    async def _card(self, table: dict[str, Any], trace: Trace) -> Making:
        """A run of a card, with the card's own decoding where the body says nothing else.

        The prompt is prepared in a thread: fitting the card's examples into it would hold up all other answers.
        Raises ApiError (404: no such card; 429: no place) and InputError.
        """
        body, served = _card_body(table), self.served
        card = self.cards.get(body.card)
        if card is None:
            params = {"card": body.card[:80]}
            raise ApiError(404, f"there is no card {body.card!r}", "card", "card_not_found", params=params)
        safety = served.settings.safety
        task = await asyncio.to_thread(prepare, card, body.inputs, served.engine, served.codec, safety)
        chosen = body.decoding.model_dump(exclude_none=True)
        seed = chosen.pop("seed", task.seed)
        task = dataclasses.replace(task, decoding=dataclasses.replace(task.decoding, **chosen), seed=seed)
        place = take_place(served, 1, trace.key)
        trace.model, trace.placed_s = served.name, trace.elapsed_s
        asked = " · ".join(_words(value) for value in body.inputs.values() if value)
        steps = _card_steps(task, place, trace)
        return Making(asked[:ASKED_CHARACTERS], card.id, served.name, seed, 0, place, steps)


class DecodingBody(Strict):
    """What the sliders of a card say, where they differ from the card's own."""

    temperature: float | None = Field(default=None, ge=0, le=MAX_TEMPERATURE)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    repetition_penalty: float | None = Field(default=None, gt=0, le=10)
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)


class CardBody(Strict):
    """One run of a card: a value for each input of its form."""

    card: str = Field(max_length=80)
    inputs: PlainTable = Field(max_length=64)
    decoding: DecodingBody = DecodingBody()


def _card_body(table: dict[str, Any]) -> CardBody:
    """The body of a run of a card. Raises ApiError (400) that names the field which is wrong."""
    try:
        return CardBody.model_validate(table)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False)) from None


def _of_text(begun: Begun, asked: str, *, with_tokens: bool) -> Making:
    """A completion or a turn of a chat that has its place.

    The seed is always known: where the client sent none it was drawn at `begin`, so that the answer can be made again.
    """
    request = begun.ask.requests[0]
    assert request.seed is not None
    explain = lambda error: told(error, guide_field(begun.ask.body))  # noqa: E731
    made = (begun.trace.model, request.seed, begun.ask.prompt_tokens, begun.place)
    return Making(asked[:ASKED_CHARACTERS], None, *made, _text_steps(begun, with_tokens=with_tokens), explain)


async def _text_steps(begun: Begun, *, with_tokens: bool) -> AsyncGenerator[Step, None]:
    """The pieces of an answer as steps. A silence of the engine is no step: the readers' connection bears it."""
    codec = begun.served.codec
    async with aclosing(begun.said()) as pieces:
        async for each in pieces:
            if (piece := each.piece) is not None:
                tokens = tuple(token_table(codec, token) for token in piece.tokens) if with_tokens else ()
                yield Step(piece.text, tokens, num_tokens=piece.num_tokens, finish=piece.finish)


async def _card_steps(task: Task, place: Place, trace: Trace) -> AsyncGenerator[Step, None]:
    """What a card tells as steps, from its turn on; the step with its result is the last.

    Tokens and times go into the trace: access line and metrics are made of it, as of any other request.
    """
    async with place.turn(task.decoding.max_tokens), aclosing(run(task)) as events:
        trace.queue_s = trace.elapsed_s - trace.placed_s
        async for event in events:
            name = event.pop("type")
            if name == "delta":
                yield Step(event["text"])
            elif name == "result":
                trace.said(event["tokens"])
                yield Step(num_tokens=event["tokens"], finish=event["finish"] or "stop", result=event)
            else:
                trace.prompt_tokens = event.get("prompt_tokens", trace.prompt_tokens)
                yield Step(told={name: event})


def token_table(codec: Codec, token: TokenText) -> dict[str, Any]:
    """A token as the screen shows it: its text, its log-probability (nats) and what else could have stood there."""
    ranked = sorted(token.top, key=lambda one: -one[1])
    top = [{"text": token_text(codec, token_id), "logprob": finite(logprob)} for token_id, logprob in ranked]
    return {"text": token_text(codec, token.token_id), "logprob": finite(token.logprob) or 0.0, "top": top}


def _words(value: Any) -> str:
    """A value of a form in words; several choices stand beside one another."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
