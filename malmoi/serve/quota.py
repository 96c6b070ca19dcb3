"""How much each key has used: requests and tokens a minute, tokens a month, when it was last used. No web framework.

A minute's limit is a bucket that empties steadily (generic cell rate, ITU-T I.371): no burst at the turn of a minute
lets twice the limit through. Tokens are taken as the most that a request can use and given back when it is done.
"""

import dataclasses
import datetime
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from malmoi.kit.files import write_text
from malmoi.serve.keys import Key

_MINUTE_S = 60.0
_SAVE_S = 10.0
"""So often at most the use of a month is written down: a crash forgets no more."""

_log = logging.getLogger("malmoi.serve")


class OverQuotaError(Exception):
    """A key has used what it may. limit: the name of the limit; wait_s: when to try again."""

    def __init__(self, limit: str, wait_s: float) -> None:
        super().__init__(limit)
        self.limit, self.wait_s = limit, wait_s


@dataclass
class Bucket:
    """What was used lately, as a level that sinks by `limit` a minute."""

    level: float = 0.0
    at_s: float = 0.0

    def take(self, amount: float, limit: int, now_s: float) -> float:
        """Seconds to wait; 0 where `amount` fitted and was taken. More than the whole limit never fits."""
        self.level = max(0.0, self.level - (now_s - self.at_s) * limit / _MINUTE_S)
        self.at_s = now_s
        if self.level + amount <= limit:
            self.level += amount
            return 0.0
        return math.inf if amount > limit else (self.level + amount - limit) * _MINUTE_S / limit


@dataclass
class Use:
    """What one key has used. month: "2026-11"; its tokens and requests; last_used: UTC, to the second."""

    month: str = ""
    tokens: int = 0
    requests: int = 0
    last_used: str = ""


@dataclass
class _Lately:
    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)


class Quota:
    """The use of all keys. `path`: where months are written down, so that a restart forgives nothing; None: nowhere."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock, self._saved_s = path, clock, 0.0
        self._uses: dict[str, Use] = _read(path)
        self._lately: dict[str, _Lately] = {}

    def use_of(self, name: str) -> Use:
        """What a key has used this month."""
        month = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).strftime("%Y-%m")
        use = self._uses.setdefault(name, Use(month))
        if use.month != month:
            use.month, use.tokens, use.requests = month, 0, 0
        return use

    def begin(self, key: Key) -> None:
        """Counts a request. Raises OverQuotaError where it is one too many."""
        use, now = self.use_of(key.name), self._clock()
        if key.qpm is not None:
            wait_s = self._of(key).requests.take(1, key.qpm, now)
            if wait_s:
                raise OverQuotaError("requests a minute", wait_s)
        use.requests += 1
        use.last_used = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds")

    def reserve(self, key: Key, tokens: int) -> None:
        """Takes the most tokens that a request can use. Raises OverQuotaError where they are too many."""
        use, now = self.use_of(key.name), self._clock()
        if key.monthly_tokens is not None and use.tokens + tokens > key.monthly_tokens:
            raise OverQuotaError("tokens a month", _left_of_month_s(now))
        if key.tpm is not None:
            wait_s = self._of(key).tokens.take(tokens, key.tpm, now)
            if wait_s:
                raise OverQuotaError("tokens a minute", wait_s)
        use.tokens += tokens

    def settle(self, key: Key, reserved: int, used: int) -> None:
        """Gives back what a request did not use."""
        use, lately = self.use_of(key.name), self._of(key)
        use.tokens = max(0, use.tokens - (reserved - used))
        lately.tokens.level = max(0.0, lately.tokens.level - (reserved - used))
        if self._clock() - self._saved_s > _SAVE_S:
            self.save()

    def save(self) -> None:
        """Writes the months down."""
        self._saved_s = self._clock()
        if self._path is not None:
            uses = {name: dataclasses.asdict(use) for name, use in self._uses.items()}
            write_text(self._path, json.dumps(uses, indent=1, ensure_ascii=False) + "\n", mode=0o600)

    def _of(self, key: Key) -> _Lately:
        return self._lately.setdefault(key.name, _Lately())


def _read(path: Path | None) -> dict[str, Use]:
    """What was written down. What cannot be read is told in the log and counts as nothing used."""
    if path is None or not path.is_file():
        return {}
    try:
        return {name: Use(**use) for name, use in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError):
        _log.exception("%s is no record of use; it is begun anew", path)
        return {}


def _left_of_month_s(now_s: float) -> float:
    now = datetime.datetime.fromtimestamp(now_s, datetime.UTC)
    first = (now.replace(day=1) + datetime.timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
    return (first - now).total_seconds()
