"""People, their sessions and invitations in the studio's store. Each call is one short transaction."""

import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from malmoi.serve.records.database import alone
from malmoi.studio.people import passwords
from malmoi.studio.people.tables import InvitationRow, PersonRow, SessionRow
from malmoi.studio.roles import Person, Role

SESSION_DAYS, INVITATION_DAYS = 14, 7
Clock = Callable[[], datetime]


class NameTakenError(Exception):
    """Somebody has this name."""


class LastOwnerError(Exception):
    """Without this person nobody could manage the studio any more."""


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def num_people(engine: Engine) -> int:
    """How many accounts there are, those that are blocked among them."""
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(PersonRow)) or 0


def add_person(engine: Engine, name: str, password: str, role: Role, *, first: bool = False) -> str:
    """Makes an account and returns its id. first: only where there is none yet. Raises NameTakenError."""
    row = _row(name, password, role)
    try:
        with Session(engine) as session, session.begin():
            alone(session)
            if first and session.scalar(select(func.count()).select_from(PersonRow)):
                raise NameTakenError
            session.add(row)
            return row.id
    except IntegrityError:
        raise NameTakenError from None


def join(engine: Engine, token: str, name: str, password: str, clock: Clock = now) -> str | None:
    """Makes an account by an invitation and returns its id; None where the link is not good (any more).

    Raises NameTakenError, and the invitation stays good.
    """
    with Session(engine) as session:
        found = session.scalar(_open_invitation(token, clock))
    if found is None:
        return None  # asked before the password is hashed: a wrong link costs nothing
    row = _row(name, password, cast(Role, found.role))
    try:
        with Session(engine) as session, session.begin():
            alone(session)
            invitation = session.scalar(_open_invitation(token, clock))
            if invitation is None:
                return None
            invitation.used = _text(clock())
            session.add(row)
            return row.id
    except IntegrityError:
        raise NameTakenError from None


def sign_in(engine: Engine, name: str, password: str) -> str | None:
    """The id of the person with this name and password who is not blocked; None where there is none."""
    with Session(engine) as session:
        row = session.scalar(select(PersonRow).where(PersonRow.key == passwords.name_key(name)))
    is_right = passwords.is_right(row.password if row else None, password)
    return row.id if row and is_right and row.blocked is None else None


def open_session(engine: Engine, person_id: str, clock: Clock = now) -> str:
    """Begins a session; returns the secret that the browser keeps. Sessions that have ended are cleared away."""
    token = secrets.token_urlsafe(32)
    expires = clock() + timedelta(days=SESSION_DAYS)
    with Session(engine) as session, session.begin():
        session.execute(delete(SessionRow).where(SessionRow.expires < _text(clock())))
        csrf = secrets.token_urlsafe(32)
        session.add(SessionRow(sha256=digest(token), person=person_id, csrf=csrf, expires=_text(expires)))
    return token


def of_session(engine: Engine, token: str, clock: Clock = now) -> tuple[Person, str] | None:
    """Whose session this is, and its CSRF token; None where it is nobody's, has ended, or its person is blocked."""
    wanted = select(PersonRow, SessionRow.csrf).join(SessionRow, SessionRow.person == PersonRow.id)
    wanted = wanted.where(SessionRow.sha256 == digest(token), SessionRow.expires >= _text(clock()))
    with Session(engine) as session:
        found = session.execute(wanted.where(PersonRow.blocked.is_(None))).first()
        return (Person(found[0].id, found[0].name, cast(Role, found[0].role)), found[1]) if found else None


def close_session(engine: Engine, token: str) -> None:
    """Ends a session."""
    with Session(engine) as session, session.begin():
        session.execute(delete(SessionRow).where(SessionRow.sha256 == digest(token)))


def list_people(engine: Engine) -> list[dict[str, Any]]:
    """Everybody with an account, by name. Nothing of a password."""
    with Session(engine) as session:
        return [_plain(row) for row in session.scalars(select(PersonRow).order_by(PersonRow.key))]


def change_person(engine: Engine, person_id: str, role: Role, *, blocked: bool) -> dict[str, Any] | None:
    """Gives a person another role, blocks them or lets them in again; None where there is none.

    Who is blocked is signed out everywhere. Raises LastOwnerError.
    """
    with Session(engine) as session, session.begin():
        alone(session)  # two owners cannot take each other's role at once
        owners = select(PersonRow).where(PersonRow.role == "owner", PersonRow.blocked.is_(None))
        open_owners = list(session.scalars(owners))
        row = session.get(PersonRow, person_id)
        if row is None:
            return None
        if [owner.id for owner in open_owners] == [row.id] and (blocked or role != "owner"):
            raise LastOwnerError
        row.role, row.blocked = role, (row.blocked or _text(now())) if blocked else None
        if blocked:
            session.execute(delete(SessionRow).where(SessionRow.person == person_id))
        return _plain(row)


def invite(engine: Engine, role: Role, by: str, clock: Clock = now) -> tuple[dict[str, Any], str]:
    """Makes an invitation. Returns it, and the secret of its link, which is nowhere kept."""
    token, at = secrets.token_urlsafe(32), clock()
    expires = at + timedelta(days=INVITATION_DAYS)
    row = InvitationRow(
        id=uuid.uuid4().hex, sha256=digest(token), role=role, by=by, created=_text(at), expires=_text(expires)
    )
    with Session(engine) as session, session.begin():
        session.add(row)
        return _invitation(row), token


def list_invitations(engine: Engine, clock: Clock = now) -> list[dict[str, Any]]:
    """The invitations that are still good, the newest first."""
    wanted = select(InvitationRow).where(InvitationRow.used.is_(None), InvitationRow.expires >= _text(clock()))
    with Session(engine) as session:
        return [_invitation(row) for row in session.scalars(wanted.order_by(InvitationRow.created.desc()))]


def take_back(engine: Engine, invitation_id: str, clock: Clock = now) -> bool:
    """Takes an invitation back. Returns whether there was one that was good."""
    with Session(engine) as session, session.begin():
        row = session.get(InvitationRow, invitation_id)
        if row is None or row.used is not None:
            return False
        row.used = _text(clock())
        return True


def digest(token: str) -> str:
    """What is kept of a secret that we made ourselves: it cannot be guessed, so a plain SHA-256 will do."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _row(name: str, password: str, role: Role) -> PersonRow:
    """A new account. Names are compared by a key of their own: no two differ by case or composition alone."""
    shown, key = passwords.plain(name).strip(), passwords.name_key(name)
    kept, created = passwords.hashed(password), _text(now())
    return PersonRow(id=uuid.uuid4().hex, name=shown, key=key, password=kept, role=role, created=created)


def _open_invitation(token: str, clock: Clock) -> Any:
    """The query for an invitation that is still good, by the hash of its secret: neither used nor expired."""
    wanted = select(InvitationRow).where(InvitationRow.sha256 == digest(token), InvitationRow.used.is_(None))
    return wanted.where(InvitationRow.expires >= _text(clock()))


def _plain(row: PersonRow) -> dict[str, Any]:
    """A person in a list. The password's hash never leaves this file."""
    names = ("id", "name", "role", "created")
    return {name: getattr(row, name) for name in names} | {"blocked": row.blocked is not None}


def _invitation(row: InvitationRow) -> dict[str, Any]:
    """An invitation in a list. Its secret is not kept, so nobody can be shown it a second time."""
    return {name: getattr(row, name) for name in ("id", "role", "created", "expires")}


def _text(at: datetime) -> str:
    """A time as the tables hold it: in UTC, to the second, so that texts sort as times do."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
