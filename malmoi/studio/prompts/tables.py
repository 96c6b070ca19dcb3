"""The tables of the studio's store. A change here needs a migration in serve/records/migrations/versions/."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What SQLAlchemy hangs the tables on."""


class Prompt(Table):
    """A prompt: a name, and versions that are never rewritten. Times are ISO 8601 in UTC.

    n: its newest version. first_line and words are of that version: a list shows the one and is searched in the other,
    without reading any body. deleted: since when it has been in the trash; None: it is not there.
    """

    __tablename__ = "prompt"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(200), index=True)
    created: Mapped[str] = mapped_column(String(40))
    updated: Mapped[str] = mapped_column(String(40))
    n: Mapped[int]
    first_line: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Text)
    deleted: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (Index("ix_prompt_listed", "deleted", "updated", "id"),)


class Version(Table):
    """One version of a prompt, immutable: whatever the editor needs to show it again.

    parent: the version that it was made from; None for the first. sha256: of the body as canonical JSON.
    """

    __tablename__ = "prompt_version"

    prompt_id: Mapped[str] = mapped_column(ForeignKey("prompt.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    message: Mapped[str] = mapped_column(String(500))
    parent: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[str] = mapped_column(String(40))


class Label(Table):
    """A name that stands on one version of a prompt and may be moved to another, as 운영."""

    __tablename__ = "prompt_label"

    prompt_id: Mapped[str] = mapped_column(ForeignKey("prompt.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int]
    updated: Mapped[str] = mapped_column(String(40))
