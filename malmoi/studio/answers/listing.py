"""Lists of answers, newest first, a page at a time. However much there is, a page looks through so many and no more.

No index finds a word inside Korean text in both databases, and a wrong one would miss some. So a page that looks for
words stops after WINDOW answers and says where to go on; the screen asks on by itself.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from malmoi.studio.answers.store import first_id_of
from malmoi.studio.answers.tables import HistoryRow

WINDOW = 10_000
"""Answers that one page looks through."""
EXCERPT = 240
"""Characters of what was asked and answered that a list shows."""
_BATCH = 200
"""Whole answers that a file has in memory at once: the file may be of any length."""


@dataclass(frozen=True)
class Wanted:
    """Which answers. q: words in what was asked or answered; since: from this moment on; ids: these alone."""

    q: str = ""
    kind: str | None = None
    model: str | None = None
    subject: str | None = None
    since: datetime | None = None
    is_trash: bool = False
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Some answers. after: where the next page goes on; None: there is none."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    after: str | None = None


_SHOWN: tuple[Any, ...] = (
    *(HistoryRow.id, HistoryRow.at, HistoryRow.kind, HistoryRow.model, HistoryRow.subject, HistoryRow.source),
    *(HistoryRow.state, HistoryRow.finish, HistoryRow.prompt_tokens, HistoryRow.answer_tokens, HistoryRow.seconds),
    HistoryRow.again_of,
    HistoryRow.deleted,
    func.substr(HistoryRow.asked, 1, EXCERPT).label("asked"),
    func.substr(HistoryRow.text, 1, EXCERPT).label("text"),
)
"""Columns of a list. The database cuts the texts: an answer may be megabytes, and a page has fifty of them."""

_LINES: Any = select(*_SHOWN)


def page(engine: Engine, wanted: Wanted, after: str | None, size: int) -> Page:
    """The next answers behind `after`. A page may be short, or empty, and yet have an `after`."""
    with Session(engine) as session:
        lower = session.scalar(_below(select(HistoryRow.id), after).offset(WINDOW).limit(1))
        query = _below(filtered(_LINES, wanted), after).limit(size + 1)
        if lower is not None:
            query = query.where(HistoryRow.id >= lower)
        rows = [dict(row) for row in session.execute(query).mappings()]
    if len(rows) > size:
        return Page(rows[:size], rows[size - 1]["id"])
    return Page(rows, lower)


def whole(engine: Engine, wanted: Wanted) -> Iterator[HistoryRow]:
    """All of them, whole, newest first, a batch at a time: for a file of any length."""
    after = None
    while True:
        with Session(engine, expire_on_commit=False) as session:
            query = _below(filtered(select(HistoryRow), wanted), after).limit(_BATCH)
            rows = session.scalars(query).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        after = rows[-1].id


def _below(query: Select[Any], after: str | None) -> Select[Any]:
    """From `after` on, the newest first. Ids begin with their time, so the primary key is the order and its index."""
    query = query.order_by(HistoryRow.id.desc())
    return query if after is None else query.where(HistoryRow.id < after)


def filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """`query` for the answers that are wanted."""
    query = query.where(HistoryRow.deleted.is_not(None) if wanted.is_trash else HistoryRow.deleted.is_(None))
    for name in ("kind", "subject", "model"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(HistoryRow, name) == value)
    if wanted.since is not None:
        query = query.where(HistoryRow.id >= first_id_of(wanted.since))
    if wanted.ids:
        query = query.where(HistoryRow.id.in_(wanted.ids))
    if words := unicodedata.normalize("NFC", wanted.q.strip()):
        in_asked, in_text = (each.icontains(words, autoescape=True) for each in (HistoryRow.asked, HistoryRow.text))
        query = query.where(in_asked | in_text)
    return query
