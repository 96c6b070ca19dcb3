"""The cards: what there is, and running one as a stream of events (their shapes are in malmoi/serve/run_card.py)."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import Field

from malmoi.cards.card import Card
from malmoi.serve.http_schema import MAX_TEMPERATURE, MAX_TOKENS, PlainTable, Strict
from malmoi.serve.http_stream import EventStream, event, take_place
from malmoi.serve.run_card import Event, prepare, run
from malmoi.studio.needs import CardNeed, ServedNeed
from malmoi.studio.tasks.events import CardEvent

router = APIRouter(prefix="/api/cards")


class DecodingBody(Strict):
    """What the sliders say, where they differ from the card's own."""

    temperature: float | None = Field(default=None, ge=0, le=MAX_TEMPERATURE)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    repetition_penalty: float | None = Field(default=None, gt=0, le=10)
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)


class RunBody(Strict):
    """One run of a card: a value for each input of its form."""

    inputs: PlainTable = Field(max_length=64)
    decoding: DecodingBody = DecodingBody()


@dataclass(frozen=True)
class CardList:
    """All cards that the studio has."""

    cards: tuple[Card, ...]


@router.get("")
def list_cards(request: Request) -> CardList:
    """All cards."""
    return CardList(tuple(request.app.state.cards.values()))


@router.get("/{card_id}")
def read_card(card: CardNeed) -> Card:
    """One card."""
    return card


@router.post("/{card_id}/run", status_code=200, response_class=EventStream, responses={200: {"model": CardEvent}})
async def run_card(body: RunBody, card: CardNeed, served: ServedNeed) -> Response:
    """Runs a card. What is wrong with an input is told before the stream begins."""
    task = await asyncio.to_thread(prepare, card, body.inputs, served.engine, served.codec, served.settings.safety)
    chosen = body.decoding.model_dump(exclude_none=True)
    seed = chosen.pop("seed", task.seed)
    task = dataclasses.replace(task, decoding=dataclasses.replace(task.decoding, **chosen), seed=seed)
    events = run(task)
    return EventStream(_lines(events), events, take_place(served))


async def _lines(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    async for each in events:
        yield event(each)
    yield event({"type": "done"})
