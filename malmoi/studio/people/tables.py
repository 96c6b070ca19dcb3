"""The tables of people. Of passwords, sessions and invitations only hashes are kept. Times are ISO 8601 in UTC.

A change here needs a migration in serve/records/migrations/versions/.
"""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """What SQLAlchemy hangs the tables on."""


class PersonRow(Table):
    """Somebody with an account. key: the name as it is compared (NFKC, without case). blocked: since when, if so."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    password: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[str] = mapped_column(String(40))
    blocked: Mapped[str | None] = mapped_column(String(40))


class SessionRow(Table):
    """A browser that somebody signed in with. csrf: what its pages must send back with whatever changes something."""

    __tablename__ = "person_session"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    expires: Mapped[str] = mapped_column(String(40), index=True)


class InvitationRow(Table):
    """A link that makes one account. by: who made it. used: when somebody came by it, or when it was taken back."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(32))
    created: Mapped[str] = mapped_column(String(40))
    expires: Mapped[str] = mapped_column(String(40))
    used: Mapped[str | None] = mapped_column(String(40))
