"""The cards: what there is. They are run as all answers are (malmoi/studio/answers)."""

from dataclasses import dataclass

from fastapi import APIRouter, Request

from malmoi.cards.card import Card
from malmoi.studio.needs import CardNeed

router = APIRouter(prefix="/api/cards")


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
