"""Who may publish in a folder: its lease file, and the leases that this process holds.

files.py asks `check` before whatever it puts in place or removes. What this process holds is state of the whole
process: a writer deep in a stage then needs no lock in its arguments. Below files.py; lock.py takes and gives leases.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.paths import is_remote, reaching

NAME = "lock.json"


@dataclass(frozen=True)
class Lease:
    """The content of the lease file: a process, and since when and until when a folder is its own.

    boot_id: of the running kernel. pid_space: the namespace that `pid` counts in; containers of one host have several.
    since, until: s since 1970 by the holder's clock. supervisor: who counts the attempts: the id of a job, "" without
    one. attempt: its number of this start. token: random, other for each holder.
    """

    host: str
    pid: int
    boot_id: str
    pid_space: str = ""
    since: float = 0.0
    until: float = 0.0
    attempt: int = 0
    token: str = ""
    supervisor: str = ""


@dataclass(frozen=True)
class Token:
    """A lease that is held, small and picklable: worker processes of a driver adopt its tokens."""

    folder: Path
    attempt: int
    token: str


_held: dict[str, Token] = {}
"""By Token.token. One that was lost stays until its holder ends, so that a newer one in this process hides it not."""


def adopt(tokens: Iterable[Token]) -> None:
    """From now on this process publishes in the folders of these leases only while they are in force."""
    _held.update({token.token: token for token in tokens})


def drop(token: Token) -> None:
    """This process holds the lease no more: it was given back."""
    _held.pop(token.token, None)


def held() -> tuple[Token, ...]:
    """The leases that this process holds, to be handed to the processes that it starts."""
    return tuple(_held.values())


def read(folder: Path) -> Lease | None:
    """The lease of a folder; None where there is none or only a torn one. Raises OSError where it cannot be read."""
    path: Any = folder / NAME
    try:
        with reaching(path):
            found = json.loads(path.fs.cat_file(path.path) if is_remote(path) else path.read_bytes())
        return Lease(**{field.name: found[field.name] for field in fields(Lease) if field.name in found})
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def is_in_force(token: Token) -> bool:
    """Whether nobody else has taken the folder. The file decides and no clock: a lease that ran out may be renewed."""
    found = read(token.folder)
    return found is not None and found.token == token.token


def check(path: Path) -> None:
    """Raises UserError (75) where `path` lies in a folder whose lease this process held, and another one has now."""
    if not _held:
        return
    real = f"{_real(path.parent)}/{path.name}"
    for token in held():
        if real.startswith(f"{_real(token.folder)}/") and not is_in_force(token):
            raise lost(token)


def lost(token: Token) -> UserError:
    """What a process is told whose folder was taken over."""
    found = read(token.folder)
    by = f"by process {found.pid} on {found.host} (attempt {found.attempt})" if found else "or its lease was removed"
    hint = "nothing more was written by this process; the newer one goes on"
    return UserError(f"{token.folder} was taken over {by}", hint=hint, code=TRY_AGAIN)


def _real(folder: Path) -> str:
    """One name for a folder, whatever links lead there."""
    return str(folder).rstrip("/") if is_remote(folder) else os.path.realpath(folder)
