"""Names and passwords: how they are compared, what is asked of them, and how often one may be wrong."""

import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARACTERS, MOST_CHARACTERS = 10, 200
"""NIST SP 800-63B (section 3.1.1.2) asks for 8 at least and for no rules about kinds of signs. The bound above keeps a
long body from costing the server's time."""
MOST_WRONG, WRONG_S = 5, 900.0
"""So many wrong passwords for one name in a quarter of an hour; then nobody may try that name for the rest of it."""
_MOST_NAMES = 10_000

_hasher = PasswordHasher()
"""argon2id with the library's parameters (RFC 9106, second choice): 64 MiB and some 50 ms for one guess."""
_NOBODY = _hasher.hash("nobody has this password")


def plain(text: str) -> str:
    """One form for a text that keyboards send in several: NFKC, as NIST SP 800-63B asks for passwords.

    Hangul in parts (NFD, as some systems send it) is the same password as the syllables.
    """
    return unicodedata.normalize("NFKC", text)


def name_key(name: str) -> str:
    """A name as it is compared."""
    return plain(name).strip().casefold()


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(plain(password))


def is_right(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept. None (no such person) takes as long as a wrong one."""
    try:
        return _hasher.verify(kept or _NOBODY, plain(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


class Wrong:
    """The wrong passwords of the last minutes, by name. In memory: a start of the studio forgets them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._times: dict[str, deque[float]] = {}

    def begin(self, key: str) -> float:
        """Counts one more try of a name as a wrong one; gives 0, or how long nobody may try it, and counts nothing.

        It is counted before the password is looked at: many at once get no more tries than one after the other.
        The names that were tried longest ago are forgotten first.
        """
        with self._lock:
            times = self._recent(key)
            if len(times) >= MOST_WRONG:
                return times[0] + WRONG_S - self._clock()
            times.append(self._clock())
            self._times.pop(key, None)
            self._times[key] = times
            if len(self._times) > _MOST_NAMES:
                del self._times[next(iter(self._times))]
            return 0.0

    def forget(self, key: str) -> None:
        """The right password has come."""
        with self._lock:
            self._times.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        """The times of a name's wrong passwords that still count; the older ones are forgotten here."""
        times = self._times.get(key, deque())
        while times and times[0] + WRONG_S <= self._clock():
            times.popleft()
        return times
