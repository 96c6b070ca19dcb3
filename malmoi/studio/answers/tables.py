"""The tables of the studio's history. A change here needs a migration in serve/records/migrations/versions/.

What the server records of the same answer (ids, model, engine, hashes) stands in its own tables under the same id
(docs/decisions/0022); here stands what a screen needs and what must outlive a killed server.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from malmoi.serve.records.tables import Table

RUNNING, DONE, STOPPED, CUT, FAILED = "running", "done", "stopped", "cut", "failed"
"""States of an answer: stopped by a person; cut by the end of the server; failed with an error."""


class HistoryRow(Table):
    """One answer that the studio gave. id: that of the server's reply, which begins with its time: ids sort by age.

    kind: completion, chat or card. subject: the card, or the saved prompt it came of. source: which version or draft.
    body: as it was asked. asked: its words, cut. told: what a card says on the way. result: a card's. again_of: the
    answer that this one makes again. deleted: since when it is in the trash. Times are ISO 8601 in UTC.
    """

    __tablename__ = "history"
    __table_args__ = tuple(Index(f"ix_history_{name}", name, "id") for name in ("kind", "subject", "state", "deleted"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(12))
    model: Mapped[str] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(String(80))
    source: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8))
    finish: Mapped[str | None] = mapped_column(String(20))
    seed: Mapped[int] = mapped_column(BigInteger)
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    again_of: Mapped[str | None] = mapped_column(String(32))
    deleted: Mapped[str | None] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    tokens: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class HistoryPart(Table):
    """What came of a running answer in half a second; joined to its row at the end. A killed server leaves these."""

    __tablename__ = "history_part"

    answer_id: Mapped[str] = mapped_column(ForeignKey("history.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    tokens: Mapped[list[Any]] = mapped_column(JSON)
    num_tokens: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
