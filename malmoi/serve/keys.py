"""API keys and what each may do. The file keeps SHA-256 hashes only: who reads it cannot use them.

A line is `name hash`, then words as `qpm=60` (fields of Key) or `policy=NAME`. The file is read again when it has
changed, so a key is taken back by deleting its line. Where the server has a database, the keys are in it and the file
is read into it (records/stored_keys.py). A key carries 256 random bits, so a plain hash is enough; slow password
hashes are for secrets that people choose.
"""

import datetime
import hashlib
import logging
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text
from malmoi.serve.safety.policy import SafetySettings
from malmoi.serve.settings import MOST_RETENTION_DAYS, Policy, is_retention

PREFIX = "mm_"
DEFAULT_SCOPES = ("answer", "tokens", "metrics")
SCOPES = (*DEFAULT_SCOPES, "admin")
"""admin is given to nobody who does not ask for it: it changes what all others are answered with."""
RECORDS = ("none", "metadata", "masked", "whole")

_NAME = re.compile(r"[\w.-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
MOST_COUNT = 10**12
"""Of requests and tokens: more is a slip, and a database has no room for numbers of any size."""
_LOOK_S = 1.0
"""So often at most the file is looked at for a change."""

_log = logging.getLogger("malmoi.serve")


@dataclass(frozen=True)
class Key:
    """Whose requests these are, and what they may do. None is no limit.

    scopes: of SCOPES; models: names that may be asked; qpm, tpm: requests and tokens a minute; monthly_tokens: tokens a
    calendar month (UTC); expires: the last day. records: what is kept of its requests (RECORDS), for retention_days;
    safety: what is looked for in them, None for the server's own. revoked: it is known and lets nobody in.
    """

    name: str
    sha256: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    models: tuple[str, ...] | None = None
    qpm: int | None = None
    tpm: int | None = None
    monthly_tokens: int | None = None
    expires: datetime.date | None = None
    records: str = "metadata"
    retention_days: int = 30
    safety: SafetySettings | None = None
    revoked: bool = False


ANYONE = Key("anyone", "", records="none")
"""Who asks where no keys are needed."""
NOBODY = Key("nobody", "", scopes=(), records="none")
"""Who asks without a valid key. Nothing of it is kept: strangers could fill the disk."""


class Keys:
    """The keys of a file, read again when it changes."""

    are_needed = True

    def __init__(self, path: Path, policies: Mapping[str, Policy] | None = None) -> None:
        """Raises UserError where the file is absent, malformed or empty."""
        self._path, self._policies = path, policies or {}
        self._state, self._looked_s = state_of(path), time.monotonic()
        self._by_hash, problems = parse(text_of(path), self._policies)
        if problems:
            raise UserError(f"{path}, {problems[0]}", "a name, a space, 64 hex digits, then words as qpm=60")
        if not self._by_hash:
            raise UserError(f"{path} has no key", hint="make one with: malmoi serve --keys FILE --new-key NAME")

    @property
    def number(self) -> int:
        """How many keys may ask."""
        return len(self._by_hash)

    def of(self, headers: Mapping[str, str]) -> Key | None:
        """The key that a request carries; None where it carries none of these.

        A dictionary looks up the hash, not the key: what its timing tells is of no use without inverting SHA-256.
        """
        self._look()
        return self._by_hash.get(carried(headers))

    def _look(self) -> None:
        """Reads the file again where it has changed. A broken line is no key, and is told in the log."""
        now = time.monotonic()
        if now - self._looked_s < _LOOK_S:
            return
        self._looked_s, state = now, state_of(self._path)
        if state == self._state:
            return
        try:
            self._by_hash, problems = parse(text_of(self._path), self._policies)
        except UserError as error:
            self._by_hash, problems = {}, [error.wrong]
        self._state = state
        for problem in problems:
            _log.error("keys: %s", problem)


def carried(headers: Mapping[str, str]) -> str:
    """The hash of the key that a request carries as Bearer, x-api-key or api-key, or of nothing."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = headers.get("x-api-key") or headers.get("api-key") or ""
    return hash_of(key.strip())


def parse(text: str, policies: Mapping[str, Policy] | None = None) -> tuple[dict[str, Key], list[str]]:
    """The keys by hash, and what is wrong with lines that are none."""
    found: dict[str, Key] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            key = key_of(line.split(), policies)
        except ValueError as error:
            problems.append(f"line {number} is no key: {error}")
        else:
            found[key.sha256] = key
    return found, problems


def key_of(words: list[str], policies: Mapping[str, Policy] | None = None) -> Key:
    """The key that the words of a line say. policies: by name; None takes any name, for a word that is only checked.

    What a word says goes before what its policy says. Raises ValueError for words that are no key.
    """
    if len(words) < 2 or not _NAME.fullmatch(words[0]) or not _HASH.fullmatch(words[1]):
        raise ValueError("it does not begin with a name and 64 hex digits")
    limits: dict[str, Any] = {}
    for word in words[2:]:
        name, _, value = word.partition("=")
        if name not in _READ:
            raise ValueError(f"{name!r} is none of {', '.join(_READ)}")
        limits[name] = _READ[name](value)
    policy = limits.pop("policy", None)
    if policy is not None and policies is not None:
        if policy not in policies:
            raise ValueError(f"there is no policy {policy!r}")
        named = policies[policy]
        limits = {
            "records": named.records, "retention_days": named.retention_days, "safety": named.safety, **limits
        }  # fmt: skip
    return Key(words[0], words[1], **limits)


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= len(str(MOST_COUNT)) and int(value) <= MOST_COUNT):
        raise ValueError(f"{value[:30]!r} is no whole number from 0 to {MOST_COUNT}")
    return int(value)


def _days(value: str) -> int:
    if not is_retention(_count(value)):
        raise ValueError(f"retention_days is {value[:30]}; at most {MOST_RETENTION_DAYS}")
    return int(value)


def _names(value: str) -> tuple[str, ...]:
    """Korean names composed, as those of models are: a file that was written on a Mac has them in letters."""
    return tuple(name for name in unicodedata.normalize("NFC", value).split(",") if name)


def _scopes(value: str) -> tuple[str, ...]:
    if not set(_names(value)) <= set(SCOPES):
        raise ValueError(f"scopes are {', '.join(SCOPES)}")
    return _names(value)


def _records(value: str) -> str:
    if value not in RECORDS:
        raise ValueError(f"records is one of {', '.join(RECORDS)}")
    return value


_READ: dict[str, Callable[[str], Any]] = {
    "scopes": _scopes,
    "models": _names,
    "qpm": _count,
    "tpm": _count,
    "monthly_tokens": _count,
    "expires": datetime.date.fromisoformat,
    "records": _records,
    "retention_days": _days,
    "policy": str,
}


def text_of(path: Path) -> str:
    """The text of a file of keys. Raises UserError where there is none, or none that can be read."""
    if not path.is_file():
        raise UserError(f"no file of keys at {path}", hint="make a key with: malmoi serve --keys FILE --new-key NAME")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = error.reason if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UserError(f"{path} cannot be read: {told}", "a file of keys in UTF-8") from None


def state_of(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_keys(path: Path, policies: Mapping[str, Policy] | None = None) -> Keys:
    """The keys in `path`. Raises UserError where the file is absent, malformed or empty."""
    return Keys(path, policies)


def add_key(path: Path, name: str, limits: str = "") -> str:
    """Makes a key, adds its hash to `path` (readable by its owner only) and returns the key, which is kept nowhere.

    limits: words as "qpm=60 expires=2027-12-31". Raises UserError for a name that is taken or limits that are none.
    """
    lines = text_of(path).splitlines() if path.is_file() else []
    if any(line.partition(" ")[0] == name for line in lines):
        raise UserError(f"{path} has a key named {name!r} already", "a new name")
    key = PREFIX + secrets.token_urlsafe(32)
    line = checked_line(name, hash_of(key), limits)
    _write(path, [*lines, line])
    return key


def change_key(path: Path, name: str, limits: str | None) -> None:
    """Gives the key `name` in the file other limits; None takes the key back. Raises UserError where there is none."""
    lines = text_of(path).splitlines()
    places = [place for place, line in enumerate(lines) if line.partition(" ")[0] == name]
    if not places:
        raise UserError(f"{path} has no key {name!r}", "a name that `keys list` shows")
    sha256 = lines[places[0]].split()[1]
    lines[places[0] : places[0] + 1] = [] if limits is None else [checked_line(name, sha256, limits)]
    _write(path, lines)


def _write(path: Path, lines: list[str]) -> None:
    write_text(path, "".join(f"{line}\n" for line in lines), mode=0o600)


def checked_line(name: str, sha256: str, limits: str) -> str:
    """The line of a key. Raises UserError for a name or limits that are none."""
    if not _NAME.fullmatch(name):
        raise UserError(f"key name {name!r}", "1 to 64 letters, digits, dots and hyphens")
    line = f"{name} {sha256} {limits}".strip()
    try:
        key_of(line.split())
    except ValueError as error:
        raise UserError(f"limits {limits!r}: {error}", "words as qpm=60 tpm=40000 expires=2027-12-31") from None
    return line


def hash_of(key: str) -> str:
    """Hex SHA-256 of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
