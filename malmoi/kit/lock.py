"""One process at a time in a folder: a lease that its holder renews, and that a newer holder takes over.

The lease is a file (fence.Lease) on the same disk or object store as the folder, so that it holds wherever the folder
is seen. On a disk, flock of a guard file orders those who change the lease; alone it would not do: it ends at the
machine on many shared disks, and a stopped process keeps it for ever. See docs/decisions/0012-lease-and-fence.md.
"""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO

from malmoi.kit import fence
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.fence import Lease, Token
from malmoi.kit.files import make_folder, write_json, writing
from malmoi.kit.paths import is_remote, reaching, require_reachable

ATTEMPT = "MALMOI_ATTEMPT"
"""Environment variable in which a supervisor counts its starts of one piece of work: the higher number takes over."""
FOLDER_VARIABLE = "MALMOI_JOB"
"""Environment variable with the folder of a job (kit/job.py). Attempts of another job say nothing about this one's."""
GUARD = ".lock-guard"
GUARD_S = 5.0
"""Who holds the guard file for so long was stopped: a lease is changed in milliseconds."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What flock raises on disks without locks: then the fence alone decides."""


@dataclass(frozen=True)
class Terms:
    """How long a lease runs (s), how often it is renewed, and how long a remote one settles before it is read back.

    A lease outlives three renewals that fail. holder: a lease without a time. holder and attempt are those of this
    process where they are None.
    """

    lease_s: float = 80.0
    renew_s: float = 20.0
    settle_s: float = 1.0
    clock: Callable[[], float] = time.time
    holder: Lease | None = None
    attempt: int | None = None


USUAL = Terms()


def this_process() -> Lease:
    """A lease that names this process, and its job if it is one, and no time yet."""
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    pid_space, job_id = str(Path("/proc/self/ns/pid").readlink()), Path(os.environ.get(FOLDER_VARIABLE, "")).name
    return Lease(os.uname().nodename, os.getpid(), boot_id, pid_space, supervisor=job_id)


@contextlib.contextmanager
def lock(folder: Path, terms: Terms = USUAL) -> Iterator[Token]:
    """Holds a folder, local or remote, which is made where it is absent. Its lease is renewed until the end.

    Raises UserError (75) where a living process holds it, and where one took it over on the way: from then on this
    process publishes nothing there (kit/fence.py).
    """
    require_reachable(folder)
    with writing(folder):
        make_folder(folder)
        token, lease = _take(folder, terms)
    fence.adopt([token])
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(token, lease, terms, done), daemon=True)
    thread.start()
    try:
        yield token
    finally:
        done.set()
        thread.join()
        is_lost = not _give_back(token)
        fence.drop(token)
        if is_lost and isinstance(sys.exception(), Exception):
            raise fence.lost(token)  # whatever failed: the newer holder had removed it


def _take(folder: Path, terms: Terms) -> tuple[Token, Lease]:
    """Takes the folder; once more where, on an object store, a renewal that was under way undid it."""
    while True:
        lease = _claim(folder, terms)
        token = Token(folder, lease.attempt, lease.token)
        if is_remote(folder):
            time.sleep(terms.settle_s)
        if fence.is_in_force(token):
            return token, lease


def _claim(folder: Path, terms: Terms) -> Lease:
    """Writes a lease of this process where the one that is there allows it."""
    holder, attempt = terms.holder or this_process(), _attempt() if terms.attempt is None else terms.attempt
    with _alone(folder) as is_alone:
        now, found = terms.clock(), fence.read(folder)
        before = found.attempt if found and found.supervisor == holder.supervisor else None
        is_newer = before is not None and attempt > before
        if found and not is_newer and not _is_over(found, holder, now):
            raise _refused(folder, found, now)
        attempt, token = max(attempt, before or 0), secrets.token_hex(16)
        lease = replace(holder, since=now, until=now + terms.lease_s, attempt=attempt, token=token)
        if not is_alone():
            raise _refused(folder, lease, now)
        write = _create if found is None and is_remote(folder) else write_json
        write(folder / fence.NAME, asdict(lease))
    return lease


def _create(path: Any, content: dict[str, Any]) -> None:
    """Writes a remote file that is not there yet, once only where the store can tell. Who won is read back later."""
    try:
        path.fs.pipe_file(path.path, json.dumps(content).encode(), mode="create")
    except FileExistsError:
        return
    except (OSError, NotImplementedError, TypeError, ValueError):  # the store knows no such condition
        write_json(path, content)


def _is_over(lease: Lease, holder: Lease, now: float) -> bool:
    """Whether a lease has run out, or its holder is known to be dead."""
    # One host name with two boot ids may be two machines (pods, clones), so that a holder of either may live.
    is_seen = (lease.host, lease.boot_id, lease.pid_space) == (holder.host, holder.boot_id, holder.pid_space)
    return lease.until <= now or (is_seen and not Path(f"/proc/{lease.pid}").exists())


def _renew(token: Token, lease: Lease, terms: Terms, done: threading.Event) -> None:
    """Renews until it is `done`, or another holder has taken the folder, which the next publish will find out."""
    while not done.wait(terms.renew_s):
        renewed = replace(lease, until=terms.clock() + terms.lease_s)
        try:
            with _alone(token.folder):
                write_json(token.folder / fence.NAME, asdict(renewed))  # asks the fence, as every publish
        except OSError:
            continue  # storage that is away for a moment: the next turn tries again
        except UserError:
            return


def _give_back(token: Token) -> bool:
    """Removes the lease; returns whether it was still ours. Where storage is away, the lease runs out by itself."""
    path: Any = token.folder / fence.NAME
    with contextlib.suppress(OSError), _alone(token.folder):
        if not fence.is_in_force(token):
            return False
        path.fs.rm_file(path.path) if is_remote(path) else path.unlink()
    return True


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Callable[[], bool]]:
    """Around a change of the lease: one at a time on a disk. Yields what tells whether it is so still.

    The guard file goes at the end; a process that stopped while it held the guard loses it after GUARD_S.
    """
    if is_remote(folder):
        with reaching(folder):
            yield lambda: True
        return
    guard, patience_until = folder / GUARD, time.monotonic() + GUARD_S
    while True:
        with guard.open("ab") as stream:
            if flocked(stream) and _is_open(guard, stream):
                try:
                    yield lambda: _is_open(guard, stream)
                finally:
                    if _is_open(guard, stream):
                        guard.unlink()
                return
        if time.monotonic() > patience_until:
            guard.unlink(missing_ok=True)
        time.sleep(0.01)


def flocked(stream: IO[Any], wait: bool = False) -> bool:
    """Whether this process has the lock of an open file until that is closed. On a disk without locks anyone has it."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno not in (*_NO_LOCKS, errno.EWOULDBLOCK):
            raise
        return error.errno in _NO_LOCKS
    return True


def _is_open(path: Path, stream: BinaryIO) -> bool:
    """Whether the file at `path` is still the one that was opened."""
    try:
        return path.stat().st_ino == os.fstat(stream.fileno()).st_ino
    except FileNotFoundError:
        return False


def _attempt() -> int:
    value = os.environ.get(ATTEMPT, "0")
    if not value.isdecimal():
        raise UserError(f"{ATTEMPT} is {value!r}", "a number of 0 or more")
    return int(value)


def _refused(folder: Path, lease: Lease, now: float) -> UserError:
    since_s, left_s = max(0, round(now - lease.since)), max(0, round(lease.until - now))
    who = f"process {lease.pid} on {lease.host} is at work in {folder} for {since_s} s"
    hint = f"wait for it, or choose another folder; its lease ends in {left_s} s unless it is renewed"
    return UserError(who, hint=hint, code=TRY_AGAIN)
