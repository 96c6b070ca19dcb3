"""Erasing records: of a key, of a user, and what is older than its policy allows.

Whoever erases may be another process than the server that writes, which may still hold rows of whom it is about. So an
erasure is a row among the requests itself, for a day, and the writer looks for it when it writes. It names its user by
a hash that no other row has.
"""

import datetime
import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, delete, select
from sqlalchemy.orm import Session

from malmoi.serve.records.answers import keyed, user_hash
from malmoi.serve.records.database import hash_key
from malmoi.serve.records.tables import AnswerRow, RequestRow

_ROUTE, _KEPT_FOR = "erase", datetime.timedelta(days=1)


def erase(engine: Engine, key: str | None = None, user: str | None = None) -> int:
    """Erases all requests and answers of a key, of a user, or of a key's user. Returns their number.

    What a key used stays: it is numbers, and names no user.
    """
    assert key is not None or user is not None
    name = None if user is None else user_hash(user, hash_key(engine))
    requests, answers = (
        [*([] if key is None else [table.key == key]), *([] if name is None else [table.user_hmac == name])]
        for table in (RequestRow, AnswerRow)
    )
    return _erased(engine, requests, answers, _erasure(key, name, hash_key(engine)))


def erase_expired(engine: Engine, now: datetime.datetime) -> int:
    """Erases what has been kept as long as its policy says. Returns the number of rows."""
    until = now.isoformat(timespec="seconds")
    number = _erased(engine, [RequestRow.expires < until], [AnswerRow.expires < until])
    with Session(engine) as session, session.begin():
        session.execute(delete(RequestRow).where(RequestRow.route == _ROUTE, RequestRow.expires < until))
    return number


def erased_before(
    session: Session, rows: Sequence[RequestRow | AnswerRow], hash_key: bytes
) -> list[RequestRow | AnswerRow]:
    """Those of `rows`, which were made before, that an erasure is about which came after them."""
    wanted = select(RequestRow).where(RequestRow.at >= min(row.at for row in rows), RequestRow.route == _ROUTE)
    erasures = session.scalars(wanted).all()
    return [row for row in rows if any(_is_meant(row, erasure, hash_key) for erasure in erasures)]


def _is_meant(row: RequestRow | AnswerRow, erasure: RequestRow, hash_key: bytes) -> bool:
    is_of_key = erasure.key in ("", row.key)
    is_of_user = erasure.model == "" or erasure.model == _name(erasure.id, row.user_hmac, hash_key)
    return is_of_key and is_of_user and row.at <= erasure.at


def _name(erasure_id: str, user_hmac: str | None, hash_key: bytes) -> str:
    return keyed(f"{erasure_id} {user_hmac}".encode(), hash_key)


def _erasure(key: str | None, user_hmac: str | None, hash_key: bytes) -> RequestRow:
    """The row of an erasure. key "": of a user alone; model: the name of the user, "" of a key with all of them."""
    now, name = datetime.datetime.now(datetime.UTC), f"erase-{secrets.token_hex(8)}"
    times = {"at": now.isoformat(timespec="milliseconds"), "expires": (now + _KEPT_FOR).isoformat(timespec="seconds")}
    numbers = {"status": 0, "prompt_tokens": 0, "answer_tokens": 0, "ms": 0.0}
    user = "" if user_hmac is None else _name(name, user_hmac, hash_key)
    said = {"policy": "metadata", "route": _ROUTE, "model": user, "code": ""}
    return RequestRow(id=name, request_id=name, **times, key=key or "", user_hmac=None, **said, **numbers)


def _erased(
    engine: Engine,
    requests: Sequence[ColumnElement[bool]],
    answers: Sequence[ColumnElement[bool]],
    erasure: RequestRow | None = None,
) -> int:
    """Erases rows in one transaction, with the row that says so (erasure); returns how many there were."""
    wanted = [delete(RequestRow).where(RequestRow.route != _ROUTE, *requests), delete(AnswerRow).where(*answers)]
    with Session(engine) as session, session.begin():
        number = sum(session.execute(each).rowcount for each in wanted)  # type: ignore[attr-defined]
        session.add_all([] if erasure is None else [erasure])
    _empty_log(engine)
    return number


def _empty_log(engine: Engine) -> None:
    """An erased row stays in SQLite's log file until then. PostgreSQL's own server sees to its log."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
