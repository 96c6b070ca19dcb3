"""Opening the records: SQLite in a file, brought to the newest schema before anything reads it.

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
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from malmoi.kit.errors import UserError

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 5000
HASH_KEY = ".hmac"
"""Beside the database, under its name."""


def open_database(path: Path) -> Engine:
    """The database at `path`, made where there is none. Raises UserError where it cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # prompts of people: for the owner alone, and so SQLite's files beside it
        engine = create_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", _prepare)
        migrate(engine, hash_key(engine))
    except CommandError:
        hint = "open it with that version, or name another file"
        raise UserError(f"the records {path} was made by a newer malmoi", hint=hint) from None
    except (OSError, ValueError, DatabaseError) as error:
        reason = getattr(error, "orig", None) or error
        raise UserError(f"the records {path} cannot be used: {reason}") from None
    return engine


def hash_key(engine: Engine) -> bytes:
    """The key of the hashes in a database, made where there is none yet.

    Raises UserError where it is gone: no user of an old row could be found any more, and none erased.
    """
    path = Path(engine.url.database or "")
    file = path.with_name(path.name + HASH_KEY)
    if not file.exists():
        if inspect(engine).has_table("request"):
            hint = "put it back from where it was kept; without it no row can be found by its user"
            raise UserError(f"{file} is missing, the key of the hashes in {path.name}", hint=hint)
        made = file.with_name(f"{file.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(made, file)
        made.unlink()
    key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    if len(key) != 32:
        raise ValueError(f"{file} does not hold 32 bytes")
    return key


def migrate(engine: Engine, key: bytes) -> None:
    """Brings the schema to the newest revision; does nothing where it is there already. key: of the hashes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "hash_key": key}
        command.upgrade(config, "head")


def _prepare(connection: Any, record: object) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
    """Sets up each new connection: SQLite keeps these settings for the connection, not in the file (but for WAL)."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # readers do not wait for the writer
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # an erased row is overwritten, not only forgotten
    cursor.close()
