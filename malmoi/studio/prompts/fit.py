"""How much of the model's context a text or a conversation takes, and what would fit where it is too long.

The editor asks before it sends: a refusal after a click on 실행 comes too late. Everything is counted as the model will
see it: with the begin of a document, and in a conversation with the marks of each role.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter
from pydantic import BaseModel, Field

from malmoi.serve.chat import Turn, chat_ids
from malmoi.serve.http_ask import in_thread
from malmoi.serve.http_errors import bad
from malmoi.serve.http_schema import MAX_MESSAGES, MAX_TOKENS, Message, Strict
from malmoi.serve.served import Served
from malmoi.studio.needs import ServedNeed

router = APIRouter(prefix="/api/fit")


class FitBody(Strict):
    """A text or a conversation, and how long its answer may be."""

    prompt: str | None = None
    messages: list[Message] | None = Field(default=None, min_length=1, max_length=MAX_MESSAGES)
    max_tokens: int = Field(ge=1, le=MAX_TOKENS)


class Fit(BaseModel):
    """tokens: of what was sent. answer_tokens: what is left for the answer, 0 where nothing is.

    fits_chars: of a text that is too long for that answer, how many of its last characters could stay.
    leave_out: of a conversation that is too long, how many of its oldest turns would have to go; None where it is not
    too long, or where the last turn alone is.
    """

    tokens: int
    context_tokens: int
    answer_tokens: int
    fits_chars: int | None = None
    leave_out: int | None = None


@router.post("", response_model=Fit)
async def fit(body: FitBody, served: ServedNeed) -> Fit:
    """Counts, and finds what fits. Raises ApiError where there is neither a text nor a conversation."""
    if (body.prompt is None) == (body.messages is None):
        raise bad("prompt", "give either prompt or messages", "prompt_or_messages")
    if body.messages is None:
        return await _fit_text(served, body.prompt or "", body.max_tokens)
    return await _fit_turns(served, [message.to_turn() for message in body.messages], body.max_tokens)


async def _fit_text(served: Served, text: str, max_tokens: int) -> Fit:
    """How a text fits. Where it is too long, the characters of its end that could stay are counted."""
    ids = await in_thread(served, lambda: served.codec.text_ids(text), len(text.encode("utf-8", "surrogatepass")))
    found = _fit(served, len(ids))
    room = found.context_tokens - max_tokens - len(served.codec.begin_ids)
    if max_tokens > found.answer_tokens and room > 0:
        # The end of a text decides how it goes on; a syllable that is cut in two does not count.
        found.fits_chars = len(served.codec.decode(ids[-room:]).strip("\ufffd"))
    return found


async def _fit_turns(served: Served, turns: Sequence[Turn], max_tokens: int) -> Fit:
    """How a conversation fits. Where it is too long, the oldest turns that would have to go are counted.

    A system prompt at the head always stays: it says how all of the rest is to be answered.
    """
    num_bytes = sum(len(turn.text.encode("utf-8", "surrogatepass")) for turn in turns)
    head = [turn for turn in turns[:1] if turn.role == "system"]
    said = turns[len(head) :]

    async def tokens(left_out: int) -> int:
        """Tokens of the conversation without its oldest turns. Each number asked for is encoded anew, marks and all."""
        kept = [*head, *said[left_out:]]
        return len(await in_thread(served, lambda: chat_ids(served.codec, kept), num_bytes))

    found = _fit(served, await tokens(0))
    if max_tokens > found.answer_tokens:
        found.leave_out = await _least(said, tokens, found.context_tokens - max_tokens)
    return found


async def _least(said: Sequence[Turn], tokens: Callable[[int], Awaitable[int]], room: int) -> int | None:
    """The fewest oldest turns without which the rest has at most `room` tokens. Halving: 512 turns are 10 countings."""
    # A conversation begins with what a person says.
    begins = [at for at, turn in enumerate(said) if at and turn.role == "user"]
    low, high = 0, len(begins)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if await tokens(begins[middle]) <= room else (middle + 1, high)
    return begins[low] if low < len(begins) else None


def _fit(served: Served, tokens: int) -> Fit:
    """What is left for an answer. The tokens are those that the model would read."""
    context = served.engine.describe().context_tokens
    return Fit(tokens=tokens, context_tokens=context, answer_tokens=max(0, context - tokens))
