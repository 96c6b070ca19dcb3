"""`malmoi serve keys add|list|revoke|limits`: the keys of a database (--records) or of a file (--keys)."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.kit.errors import UserError
from malmoi.serve.settings import ServeSettings

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

_EXPECTED = "keys list, keys add NAME, keys limits NAME (with --limits WORDS) or keys revoke NAME"


def keys(words: list[str], arguments: argparse.Namespace, settings: ServeSettings) -> None:
    """Does what the words after `keys` say. Raises UserError for others."""
    match words:
        case ["list"]:
            for key in _listed(settings):
                print(json.dumps(key, ensure_ascii=False))
        case ["add", name]:
            show_once(_add(settings, name, arguments.limits or ""))
        case ["limits", name] if arguments.limits is not None:
            _change(settings, name, arguments.limits)
        case ["revoke", name]:
            _change(settings, name, None)
        case _:
            raise UserError(f"malmoi serve keys {' '.join(words)}".strip(), _EXPECTED)


def show_once(key: str) -> None:
    """Prints a new key."""
    print(key)
    print("this key is shown only now; its hash is kept", file=sys.stderr)


def _listed(settings: ServeSettings) -> list[dict]:
    """Of a file, its lines without the hashes."""
    if (database := _database(settings)) is not None:
        from malmoi.serve.records.stored_keys import list_stored

        return list_stored(database)
    from malmoi.serve.keys import text_of
    from malmoi.serve.quota import USE_FILE, read_uses

    file = _file(settings)
    uses = read_uses(file.with_name(file.name + USE_FILE))
    lines = [words for line in text_of(file).splitlines() if len(words := line.split()) > 1]
    return [
        {"name": name, "limits": " ".join(limits), **(vars(uses[name]) if name in uses else {})}
        for name, _, *limits in lines
    ]


def _add(settings: ServeSettings, name: str, limits: str) -> str:
    if (database := _database(settings)) is not None:
        from malmoi.serve.records.stored_keys import add_stored

        return add_stored(database, name, limits)
    from malmoi.serve.keys import add_key

    return add_key(_file(settings), name, limits)


def _change(settings: ServeSettings, name: str, limits: str | None) -> None:
    if (database := _database(settings)) is not None:
        from malmoi.serve.records.stored_keys import change_stored

        return change_stored(database, name, limits)
    from malmoi.serve.keys import change_key

    return change_key(_file(settings), name, limits)


def _database(settings: ServeSettings) -> "Database | None":
    if settings.records.database is None:
        return None
    from malmoi.serve.records.database import open_database

    return open_database(settings.records.database)


def _file(settings: ServeSettings) -> Path:
    if settings.keys is None:
        raise UserError("malmoi serve keys: of what?", "--records FILE (a database) or --keys FILE")
    return settings.keys
