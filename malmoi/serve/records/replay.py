"""Makes a recorded answer again and says whether it is the same, and where it first differs."""

from contextlib import aclosing
from dataclasses import dataclass

from sqlalchemy import Engine as Database
from sqlalchemy.orm import Session

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Engine
from malmoi.serve.records.answers import request_of
from malmoi.serve.records.tables import AnswerRow
from malmoi.serve.text import TextStream, TokenText, answer
from malmoi.tokenizer.codec import Codec


@dataclass(frozen=True)
class Replayed:
    """What came of it. first_difference: the place of the first other token; None where all are equal.

    was, now: the token there, as text; gap: how much likelier (nats) the model found its new choice than the old one,
    None where it does not tell.
    """

    id: str
    tokens: int
    first_difference: int | None = None
    was: str | None = None
    now: str | None = None
    gap: float | None = None

    @property
    def is_equal(self) -> bool:
        """Whether every token is the same."""
        return self.first_difference is None


def recorded(database: Database, answer_id: str) -> AnswerRow:
    """The row of an answer; "chatcmpl-x" means its first. Raises UserError where none can be made again."""
    bare = answer_id.removeprefix("chatcmpl-").removeprefix("cmpl-").removeprefix("resp_")
    with Session(database) as session:
        row = session.get(AnswerRow, bare) or session.get(AnswerRow, f"{bare}-0")
    if row is None:
        raise UserError(f"no record {answer_id}", "the id of a reply that was recorded, as chatcmpl-...")
    if row.policy != "whole":
        hint = "give the key records=whole for answers that are to be made again"
        raise UserError(f"record {answer_id} was kept as {row.policy}: its ids are not there", "whole", hint)
    return row


async def replay(engine: Engine, codec: Codec, row: AnswerRow) -> Replayed:
    """Makes the answer of `row` again. Raises UserError where the model is another one."""
    about = engine.describe()
    if about.model_sha256 != row.made_with["model_sha256"]:
        was = f"{row.made_with['model']} ({row.made_with['model_sha256'][:12]})"
        raise UserError(f"the model here is {about.name} ({about.model_sha256[:12]})", was)
    adapter = row.made_with.get("adapter")
    if adapter is not None and dict(about.adapters).get(adapter["name"]) != adapter["sha256"]:
        wrong = f"the answer had the adapter {adapter['name']} ({adapter['sha256'][:12]}), which is not loaded"
        raise UserError(wrong, hint=f"--adapter {adapter['name']}=FOLDER")
    request, stops = request_of(row)
    now: list[TokenText] = []
    async with aclosing(answer(engine, request, TextStream(codec, stops))) as pieces:
        async for piece in pieces:
            now.extend(piece.tokens)
    return compared(row, now, codec)


def compared(row: AnswerRow, now: list[TokenText], codec: Codec) -> Replayed:
    """The answer that was recorded beside the one that was made now."""
    was = row.answer_ids or []
    had_more = row.finish in ("content_filter", "cut")  # the model was not at its end
    for place in range(len(was) if had_more else max(len(was), len(now))):
        old = was[place] if place < len(was) else None
        new = now[place] if place < len(now) else None
        if new is None or new.token_id != old:
            told = [None if token is None else codec.decode([token]) for token in (old, new and new.token_id)]
            return Replayed(row.id, len(was), place, told[0], told[1], _gap(old, new))
    return Replayed(row.id, len(was))


def _gap(old: int | None, new: TokenText | None) -> float | None:
    """Log-probability (nats) of the new choice less that of the old one, where both were told."""
    if new is None or new.logprob is None:
        return None
    known = dict(new.top)
    return new.logprob - known[old] if old in known else None
