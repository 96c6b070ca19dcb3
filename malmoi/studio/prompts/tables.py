"""The tables of the studio's store. A change here needs a migration in serve/records/migrations/versions/."""

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What SQLAlchemy hangs the tables on."""


class Prompt(Table):
    """A saved prompt: whatever the studio's editor needs to show it again. Times are ISO 8601 in UTC."""

    __tablename__ = "prompt"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[str] = mapped_column(String(40))
    updated: Mapped[str] = mapped_column(String(40), index=True)
