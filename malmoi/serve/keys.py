"""API keys. The file keeps SHA-256 hashes only: who reads it cannot use them.

A key carries 256 random bits, so a plain hash is enough; slow password hashes are for secrets that people choose.
"""

import hashlib
import re
import secrets
from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text

PREFIX = "mm_"

_LINE = re.compile(r"([\w.-]{1,64}) ([0-9a-f]{64})")
_NAME = re.compile(r"[\w.-]{1,64}")


class Keys:
    """The keys of a file: one `name hash` a line."""

    def __init__(self, names_by_hash: dict[str, str]) -> None:
        self._names_by_hash = names_by_hash

    def name_of(self, authorization: str) -> str | None:
        """The name of the key in an Authorization header; None where it is none of these.

        A dictionary looks up the hash, not the key: what its timing tells is of no use without inverting SHA-256.
        """
        scheme, _, key = authorization.partition(" ")
        return self._names_by_hash.get(hash_of(key.strip())) if scheme.lower() == "bearer" else None


def read_keys(path: Path) -> Keys:
    """The keys in `path`. Raises UserError where the file is absent, malformed or empty."""
    if not path.is_file():
        raise UserError(f"no file of keys at {path}", hint="make a key with: malmoi serve --keys FILE --new-key NAME")
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise UserError(f"{path}, line {number} is no key", "a name, a space and 64 hex digits")
        found[match[2]] = match[1]
    if not found:
        raise UserError(f"{path} has no key", hint="make one with: malmoi serve --keys FILE --new-key NAME")
    return Keys(found)


def add_key(path: Path, name: str) -> str:
    """Makes a key, adds its hash to `path` (readable by its owner only) and returns the key, which is kept nowhere."""
    if not _NAME.fullmatch(name):
        raise UserError(f"key name {name!r}", "1 to 64 letters, digits, dots and hyphens")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if any(line.partition(" ")[0] == name for line in lines):
        raise UserError(f"{path} has a key named {name!r} already", "a new name")
    key = PREFIX + secrets.token_urlsafe(32)
    write_text(path, "\n".join([*lines, f"{name} {hash_of(key)}"]) + "\n", mode=0o600)
    return key


def hash_of(key: str) -> str:
    """Hex SHA-256 of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
