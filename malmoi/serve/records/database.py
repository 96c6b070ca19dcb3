"""Opening the records: SQLite in a file or PostgreSQL, brought to the newest schema before anything reads it.

The studio opens its store here too: one database, one history of migrations. Beside the file lies the key of its
hashes: who gets the database alone cannot try short prompts or names against them.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session

from malmoi.kit.errors import UserError

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 5000
HASH_KEY = ".hmac"
"""Beside the database, under its name."""
HASH_KEY_VARIABLE = "MALMOI_HASH_KEY"
"""Environment variable with the path of that file for a database on a server."""
_MIGRATION_LOCK = 0x6D616C6D6F69
"""Of PostgreSQL's advisory locks: two studios that start at once must not migrate at once."""
_ALONE_LOCK = _MIGRATION_LOCK + 1
"""Of the same locks: who reads first and writes then, by what was read."""


def open_database(where: Path | str) -> Engine:
    """The database in a file of SQLite, made where there is none, or at an address "postgresql+psycopg://...".

    It is brought to the newest schema. Raises UserError where it cannot be used.
    """
    try:
        engine = _postgresql(where) if isinstance(where, str) else _sqlite(where)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(engine.dispose)
            migrate(engine, hash_key(engine))
            on_failure.pop_all()
    except CommandError:
        hint = "open it with that version, or name another file"
        raise UserError(f"the records {_shown(where)} was made by a newer malmoi", hint=hint) from None
    except (OSError, ValueError, DatabaseError, ArgumentError) as error:
        reason = getattr(error, "orig", None) or error
        raise UserError(f"the records {_shown(where)} cannot be used: {reason}") from None
    return engine


def _shown(where: Path | str) -> str:
    """A database for a message: of an address nothing before the host, where its password may stand."""
    return where.rpartition("@")[2].partition("?")[0] if isinstance(where, str) else str(where)


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # prompts of people: for the owner alone, and so SQLite's files beside it
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    return engine


def _postgresql(address: str) -> Engine:
    """Only the driver that is installed with malmoi. A connection that the server has closed is not used again."""
    url = make_url(address)
    if url.get_backend_name() != "postgresql":
        raise ValueError("only postgresql://user@host/name is known beside a file")
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def hash_key(engine: Engine) -> bytes:
    """The key of the hashes in a database, made where there is none yet.

    It lies beside the file of SQLite; for PostgreSQL in the file that MALMOI_HASH_KEY names, on this machine. Raises
    UserError where it is gone: no user of an old row could be found any more, and none erased.
    """
    file = _hash_key_file(engine)
    if not file.exists():
        if inspect(engine).has_table("request"):
            hint = "put it back from where it was kept; without it no row can be found by its user"
            raise UserError(f"{file} is missing, the key of the hashes in {engine.url.database}", hint=hint)
        made = file.with_name(f"{file.name}.{secrets.token_hex(8)}")  # two threads may open it at once
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(made, file)
        made.unlink()
    key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    if len(key) != 32:
        raise ValueError(f"{file} does not hold 32 bytes")
    return key


def _hash_key_file(engine: Engine) -> Path:
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        return path.with_name(path.name + HASH_KEY)
    if not (named := os.environ.get(HASH_KEY_VARIABLE)):
        hint = "it must not lie in the database: who gets that alone could guess short prompts and names"
        raise UserError(f"{HASH_KEY_VARIABLE} is not set", "the path of a file for the key of the hashes", hint)
    return Path(named)


def migrate(engine: Engine, key: bytes) -> None:
    """Brings the schema to the newest revision; does nothing where it is there already. key: of the hashes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        else:
            # Python's driver begins no transaction before a CREATE: a server killed in the middle would leave half a
            # schema, which no later start could go on from.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes |= {"connection": connection, "hash_key": key}
        command.upgrade(config, "head")


def alone(session: Session) -> None:
    """Lets nobody else write until this transaction ends. To be called first in one that writes by what it reads.

    Without it two requests can both find a name free, a link unused or a second owner, and both go on.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ALONE_LOCK})")
    else:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")  # SQLite's driver begins only at the first write


def _prepare(connection: Any, record: object) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
    """Sets up each new connection: SQLite keeps these settings for the connection, not in the file (but for WAL)."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # readers do not wait for the writer
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # an erased row is overwritten, not only forgotten
    cursor.close()
