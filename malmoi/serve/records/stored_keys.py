"""The keys in the database: what lets in is what stands there. A file of keys is read into it whenever it changes.

A key of the file is added, changed and taken away with its line; one that was made in the database lives there alone. A
key that was revoked stays so, whatever the file says. Requests ask a table in memory, which the writer's thread reads
again every second: nobody waits for a disk, and a revoked key is out within seconds.
"""

import dataclasses
import datetime
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.serve.keys import PREFIX, Key, carried, checked_line, hash_of, key_of, parse, state_of, text_of
from malmoi.serve.quota import USE_FILE, month_of, read_uses
from malmoi.serve.records.tables import KeyRow, PolicyRow, UsageRow
from malmoi.serve.settings import Policy

_FROM_FILE = "file"

_log = logging.getLogger("malmoi.serve")


class StoredKeys:
    """The keys of a server with a database. are_needed: a request without a key is refused. number: who may ask."""

    def __init__(self, engine: Engine, file: Path | None, policies: Mapping[str, Policy]) -> None:
        """Raises UserError where the file is absent or has a line that is no key."""
        self._engine, self._file, self._state = engine, file, None
        self._by_hash: dict[str, Key] = {}
        self.number = 0
        self._told: set[str] = set()
        self.are_needed = file is not None
        if file is not None and (problems := parse(text_of(file))[1]):
            raise UserError(f"{file}, {problems[0]}", "a name, a space, 64 hex digits, then words as qpm=60")
        _import_policies(engine, policies)
        self.refresh()

    def of(self, headers: Mapping[str, str]) -> Key | None:
        """The key that a request carries, also a revoked one; None where it carries none of these."""
        return self._by_hash.get(carried(headers))

    def refresh(self) -> None:
        """Reads the file into the database where it has changed, and the keys from there."""
        if self._file is not None and (state := state_of(self._file)) != self._state:
            self._tell(import_file(self._engine, self._file))
            self._state = state
        found: dict[str, Key] = {}
        with Session(self._engine) as session:
            policies = {row.name: _policy(row) for row in session.scalars(select(PolicyRow))}
            rows = session.scalars(select(KeyRow)).all()
            for row in rows:
                try:
                    key = key_of([row.name, row.sha256, *row.limits.split()], policies)
                except ValueError as error:
                    self._tell([f"{row.name}: {error}"])
                    key = Key(row.name, row.sha256, records="none", revoked=True)
                found[row.sha256] = key if row.revoked is None else dataclasses.replace(key, revoked=True)
        self._by_hash, self.number = found, sum(not key.revoked for key in found.values())
        self.are_needed = self.are_needed or bool(found)  # a server that asked for keys never opens by itself

    def _tell(self, problems: list[str]) -> None:
        """Logs each problem once."""
        for problem in problems:
            if problem not in self._told:
                _log.error("keys: %s", problem)
        self._told.update(problems)


def import_file(engine: Engine, file: Path) -> list[str]:
    """Makes the database's keys of the file what the file says. Returns what is wrong with it, as sentences."""
    text = text_of(file) if file.is_file() else ""
    found, problems = parse(text)
    uses = read_uses(file.with_name(file.name + USE_FILE))
    limits = {words[1]: " ".join(words[2:]) for line in text.splitlines() if len(words := line.split()) > 1}
    with Session(engine) as session, session.begin():
        rows = {row.name: row for row in session.scalars(select(KeyRow))}
        for row in rows.values():
            is_there = found.get(row.sha256, Key("", "")).name == row.name
            if row.source == _FROM_FILE and row.revoked is None and not is_there:
                session.delete(row)
        session.flush()
        kept = {row.sha256: row for row in session.scalars(select(KeyRow))}
        names = {row.name for row in kept.values()}
        for sha256, key in found.items():
            if sha256 in kept:
                if kept[sha256].source == _FROM_FILE:
                    kept[sha256].limits = limits[sha256]
            elif key.name in names:
                problems.append(f"the file's key {key.name!r} has the name of another key and is left out")
            else:
                names.add(key.name)
                session.add(_new_row(key.name, sha256, limits[sha256], _FROM_FILE))
                use, month = uses.get(key.name), month_of()
                if use and use.month == month and session.get(UsageRow, (key.name, month)) is None:
                    session.add(UsageRow(key=key.name, month=month, requests=use.requests, tokens=use.tokens))
    return problems


def add_stored(engine: Engine, name: str, limits: str = "") -> str:
    """Makes a key in the database and returns it; only its hash is kept. Raises UserError as keys.add_key does."""
    key = PREFIX + secrets.token_urlsafe(32)
    checked_line(name, hash_of(key), limits)
    with Session(engine) as session, session.begin():
        if session.get(KeyRow, name) is not None:
            raise UserError(f"there is a key named {name!r} already", "a new name")
        session.add(_new_row(name, hash_of(key), limits, ""))
    return key


def change_stored(engine: Engine, name: str, limits: str | None) -> None:
    """Gives a key other limits; None revokes it. Raises UserError where there is none, or its file says its limits."""
    with Session(engine) as session, session.begin():
        row = session.get(KeyRow, name)
        if row is None:
            raise UserError(f"there is no key {name!r}", "a name that `keys list` shows")
        if limits is None:
            row.revoked = row.revoked or _now()
        elif row.source == _FROM_FILE:
            raise UserError(f"the key {name!r} comes from a file of keys", hint="change its line there")
        else:
            checked_line(name, row.sha256, limits)
            row.limits = limits


def list_stored(engine: Engine) -> list[dict[str, Any]]:
    """Every key with its limits and what it used this month; never its hash."""
    shown = ("name", "limits", "source", "created", "revoked", "last_used", "failed")
    with Session(engine) as session:
        uses = {row.key: row for row in session.scalars(select(UsageRow).where(UsageRow.month == month_of()))}
        rows = session.scalars(select(KeyRow).order_by(KeyRow.name)).all()
        keys = [{name: getattr(row, name) for name in shown} for row in rows]
    for key in keys:
        use = uses.get(key["name"])
        key |= {"month_requests": use.requests if use else 0, "month_tokens": use.tokens if use else 0}
    return keys


def _import_policies(engine: Engine, policies: Mapping[str, Policy]) -> None:
    """Writes the policies of the settings to the database; others stay."""
    with Session(engine) as session, session.begin():
        for name, policy in policies.items():
            safety = None if policy.safety is None else config.to_table(policy.safety)
            told = {"records": policy.records, "retention_days": policy.retention_days, "safety": safety}
            session.merge(PolicyRow(name=name, **told))


def _policy(row: PolicyRow) -> Policy:
    table = {"records": row.records, "retention_days": row.retention_days, "safety": row.safety}
    return config.parse(Policy, table, f"policy {row.name}")


def _new_row(name: str, sha256: str, limits: str, source: str) -> KeyRow:
    return KeyRow(name=name, sha256=sha256, limits=limits, source=source, created=_now(), failed=0)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
