"""The history of answers in the database: put in, go on, end, read, throw away, bring back. Each call is short."""

import re
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session, defer

from malmoi.serve.records.tables import AnswerRow, RequestRow
from malmoi.studio.answers.live import Live, Part
from malmoi.studio.answers.tables import CUT, RUNNING, HistoryPart, HistoryRow
from malmoi.studio.settings import TRASH_DAYS

_REFUSED = re.compile("[\0\ud800-\udfff]")


def new_id() -> str:
    """A UUID of version 7 (RFC 9562) in hex: it begins with the milliseconds since 1970, so ids sort by age."""
    number = (time.time_ns() // 1_000_000) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return f"{number | 0b10 << 62 | secrets.randbits(62):032x}"


def first_id_of(moment: datetime) -> str:
    """The lowest id that an answer of this moment can have."""
    return f"{int(moment.timestamp() * 1000):012x}" + "0" * 20


def now() -> str:
    """This moment."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def insert(engine: Engine, row: HistoryRow) -> None:
    """Puts in an answer that begins."""
    row.asked = storable(row.asked)
    with Session(engine) as session, session.begin():
        session.add(row)


def write(engine: Engine, parts: Iterable[Part], ended: Iterable[Live]) -> None:
    """Writes what is new of the open answers, and the ends of some, in one transaction."""
    with Session(engine) as session, session.begin():
        for part in parts:
            kept = {"text": storable(part.text), "tokens": list(part.tokens)}
            session.add(HistoryPart(**vars(part) | kept))
        for live in ended:
            session.execute(delete(HistoryPart).where(HistoryPart.answer_id == live.id))
            assert live.end is not None
            told = {"text": storable(live.text()), "tokens": live.tokens or None, "told": live.told, **live.end}
            session.execute(update(HistoryRow).where(HistoryRow.id == live.id).values(told))


def storable(text: str) -> str:
    """A text with a mark in place of what a database refuses: NUL (PostgreSQL) and halves of pairs (both).

    A model may say any byte. Each sign stays one sign, so a reader's place means the same.
    """
    return _REFUSED.sub("\ufffd", text)


def recover(engine: Engine) -> int:
    """Ends the answers that a killed server has left running, with the text so far. Returns their number."""
    with Session(engine) as session, session.begin():
        rows = session.scalars(select(HistoryRow).where(HistoryRow.state == RUNNING)).all()
        for row in rows:
            wanted = select(HistoryPart).where(HistoryPart.answer_id == row.id).order_by(HistoryPart.number)
            parts = session.scalars(wanted).all()
            row.state, row.text = CUT, "".join(part.text for part in parts)
            row.tokens = [token for part in parts for token in part.tokens] or None
            if parts:
                row.answer_tokens, row.seconds = parts[-1].num_tokens, parts[-1].seconds
            session.execute(delete(HistoryPart).where(HistoryPart.answer_id == row.id))
        return len(rows)


def read(engine: Engine, answer_id: str) -> HistoryRow | None:
    """One answer, whole; None where there is none."""
    with Session(engine, expire_on_commit=False) as session:
        return session.get(HistoryRow, answer_id)


def made_with(engine: Engine, answer_id: str) -> dict[str, Any] | None:
    """Model, tokenizer and engine by name and hash, as the server recorded them; None where it did not."""
    with Session(engine) as session:
        return session.scalar(select(AnswerRow.made_with).where(AnswerRow.id == f"{answer_id}-0"))


def twin(engine: Engine, answer_id: str) -> HistoryRow | None:
    """An answer without its body and tokens, to be compared with."""
    with Session(engine, expire_on_commit=False) as session:
        light = (defer(HistoryRow.body), defer(HistoryRow.tokens))
        return session.get(HistoryRow, answer_id, options=light)


def mark(engine: Engine, answer_id: str, deleted: str | None) -> bool:
    """Puts an answer in the trash (deleted: now) or takes it out (None). Returns whether there is one."""
    with Session(engine) as session, session.begin():
        changed = update(HistoryRow).where(HistoryRow.id == answer_id, HistoryRow.state != RUNNING)
        return bool(session.execute(changed.values(deleted=deleted)).rowcount)  # type: ignore[attr-defined]


def purge(engine: Engine, moment: datetime) -> int:
    """Erases what has been in the trash for TRASH_DAYS, with what the server recorded of it. Returns their number."""
    before = (moment - timedelta(days=TRASH_DAYS)).isoformat(timespec="milliseconds")
    with Session(engine) as session, session.begin():
        ids = session.scalars(select(HistoryRow.id).where(HistoryRow.deleted < before)).all()
        for answer_id in ids:
            session.execute(delete(HistoryRow).where(HistoryRow.id == answer_id))
            session.execute(delete(AnswerRow).where(AnswerRow.id == f"{answer_id}-0"))
            session.execute(delete(RequestRow).where(RequestRow.id == answer_id))
        return len(ids)
