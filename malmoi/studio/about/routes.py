"""What the studio serves, and the two lenses on a text: its tokens, and how probable the model finds each of them."""

import importlib.metadata
import math
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import Field

from malmoi.serve import http_schema as limits
from malmoi.serve.engine import Description
from malmoi.serve.http_errors import bad
from malmoi.serve.http_replies import finite, token_text
from malmoi.serve.http_stream import take_place, until_gone
from malmoi.studio.needs import ServedNeed
from malmoi.tokenizer.codec import Codec

MAX_TEXT_CHARACTERS = 200_000
"""Of a text under a lens: that of a small book. Longer ones are for the command line."""
MAX_PIECES = 2000
"""Tokens that the lens draws. More of them nobody looks at one by one, and the number of all is told anyway."""

router = APIRouter(prefix="/api")


class TextBody(limits.Strict):
    """A text to look at."""

    text: str = Field(max_length=MAX_TEXT_CHARACTERS)


class ScoreBody(TextBody):
    """A text to score. top: how many alternatives to show at each place."""

    top: int = Field(default=0, ge=0, le=limits.MAX_TOP_LOGPROBS)


@dataclass(frozen=True)
class Limits:
    """What the forms should keep to. default_max_tokens: None where no model is served."""

    max_body_bytes: int
    max_messages: int
    max_stops: int
    max_stop_chars: int
    max_top_logprobs: int
    max_temperature: float
    default_max_tokens: int | None


@dataclass(frozen=True)
class About:
    """What this studio is: its version, the model it serves (None for none), and the limits of its forms."""

    version: str
    model: Description | None
    limits: Limits


@dataclass(frozen=True)
class Piece:
    """A token as the lens shows it: text where it is whole characters, U+FFFD for parts, and its bytes."""

    id: int
    text: str
    bytes: tuple[int, ...]


@dataclass(frozen=True)
class Tokens:
    """A text cut into tokens. tokens: how many; pieces: the first MAX_PIECES of them."""

    tokens: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class LikelyPiece(Piece):
    """A token and its log-probability in nats; None for the first of a text, and where it is no finite number."""

    logprob: float | None


@dataclass(frozen=True)
class ScoredPiece(LikelyPiece):
    """A token of a text, and what else was likely in its place."""

    top: tuple[LikelyPiece, ...]


@dataclass(frozen=True)
class Scores:
    """A text as the model finds it. bits_per_byte leaves the first token out; None for a text of one token."""

    tokens: tuple[ScoredPiece, ...]
    bits_per_byte: float | None


@router.get("/about")
def about(request: Request) -> About:
    """The model, if any, and the limits that the forms should keep."""
    served, settings = request.app.state.served, request.app.state.settings
    return About(
        version=importlib.metadata.version("malmoi"),
        model=served.engine.describe() if served else None,
        limits=Limits(
            max_body_bytes=settings.max_body_bytes,
            max_messages=limits.MAX_MESSAGES,
            max_stops=limits.MAX_STOPS,
            max_stop_chars=limits.MAX_STOP_CHARACTERS,
            max_top_logprobs=limits.MAX_TOP_LOGPROBS,
            max_temperature=limits.MAX_TEMPERATURE,
            default_max_tokens=served.settings.default_max_tokens if served else None,
        ),
    )


@router.post("/tokens")
def tokens(body: TextBody, served: ServedNeed) -> Tokens:
    """How a text is cut into tokens."""
    ids = served.codec.encode(body.text)
    return Tokens(len(ids), tuple(Piece(*_shown(served.codec, token_id)) for token_id in ids[:MAX_PIECES]))


@router.post("/score")
async def score(request: Request, body: ScoreBody, served: ServedNeed) -> Scores:
    """The probability lens: each token's log-probability after those before it, and what else was likely there."""
    ids = served.codec.encode(body.text)
    most = served.engine.describe().context_tokens
    if not 1 <= len(ids) <= most:
        message = f"text has {len(ids)} tokens; the model can look at 1 to {most}"
        raise bad("text", message, "context_length_exceeded", "prompt", tokens=len(ids), most=most)
    place = take_place(served)
    try:
        scores = await until_gone(request, served.engine.score(ids, body.top))
    finally:
        place.release()
    # The first token has nothing before it, hence no probability: bits are per byte of the others.
    known = [(each.logprob, served.codec.token_bytes(each.token_id)) for each in scores if each.logprob is not None]
    num_bytes = sum(len(content) for _, content in known)
    nats = -sum(logprob for logprob, _ in known)
    codec = served.codec
    pieces = (
        ScoredPiece(
            *_shown(codec, each.token_id),
            finite(each.logprob),
            tuple(LikelyPiece(*_shown(codec, other), finite(value)) for other, value in each.top),
        )
        for each in scores
    )
    return Scores(tuple(pieces), nats / math.log(2) / num_bytes if num_bytes else None)


def _shown(codec: Codec, token_id: int) -> tuple[int, str, tuple[int, ...]]:
    """The fields of a Piece."""
    content = codec.token_bytes(token_id)
    text = content.decode("utf-8", errors="replace") if content else token_text(codec, token_id)
    return token_id, text, tuple(content)
