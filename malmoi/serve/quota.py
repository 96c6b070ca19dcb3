"""How much each key has used: requests and tokens a minute, tokens a month, when it was last used. No web framework.

A minute's limit is a bucket that empties steadily (generic cell rate, ITU-T I.371): no burst at the turn of a minute
lets twice the limit through. Tokens are held as the most that a request can use until it is done; then what it used is
in the bucket. What is held does not empty: a long answer would give back tokens that had run out of the bucket already.
"""

import dataclasses
import datetime
import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from malmoi.kit.files import write_text
from malmoi.serve.keys import Key

_MINUTE_S = 60.0
_SAVE_S = 10.0
"""So often at most the use of a month is written to a file: a crash forgets no more."""

USE_FILE = ".use.json"
"""Beside a file of keys, under its name: what each key has used this month, where there is no database."""

_log = logging.getLogger("malmoi.serve")


class OverQuotaError(Exception):
    """A key has used what it may. limit: the name of the limit; wait_s: when to try again."""

    def __init__(self, limit: str, wait_s: float) -> None:
        super().__init__(limit)
        self.limit, self.wait_s = limit, wait_s


@dataclass
class Bucket:
    """What was used lately, as a level that sinks by `limit` a minute, and what is held and does not sink."""

    level: float = 0.0
    held: float = 0.0
    at_s: float = 0.0

    def wait_s(self, amount: float, limit: int, now_s: float) -> float:
        """Seconds until `amount` fits; 0 where it does now. More than the whole limit never fits."""
        self.level = max(0.0, self.level - (now_s - self.at_s) * limit / _MINUTE_S)
        self.at_s = now_s
        if self.level + self.held + amount <= limit:
            return 0.0
        return math.inf if amount > limit else (self.level + self.held + amount - limit) * _MINUTE_S / limit


@dataclass
class Use:
    """What one key has used. month: "2026-11"; its tokens and requests; last_used: UTC, to the second.

    failed: requests that it was refused as expired, revoked or without the scope.
    """

    month: str = ""
    tokens: int = 0
    requests: int = 0
    last_used: str = ""
    failed: int = 0


class Usage(Protocol):
    """Where use is counted: a file beside the keys, or the database (records/usage.py)."""

    def of(self, name: str, month: str) -> Use:
        """What a key has used in a month."""
        ...

    def add(self, name: str, month: str, change: Use) -> None:
        """Counts more."""
        ...

    def save(self) -> None:
        """Writes down what is in memory alone."""
        ...


class UseFile:
    """The use of all keys in a file of JSON, so that a restart forgives nothing; without a path in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._uses, self._saved_s = path, read_uses(path), 0.0

    def of(self, name: str, month: str) -> Use:
        """What a key has used in a month; a new month begins at nothing."""
        use = self._uses.setdefault(name, Use(month))
        if use.month != month:
            use.month, use.tokens, use.requests = month, 0, 0
        return use

    def add(self, name: str, month: str, change: Use) -> None:
        """Counts more, and writes it down now and then."""
        use = self.of(name, month)
        use.tokens += change.tokens
        use.requests += change.requests
        use.failed += change.failed
        use.last_used = max(use.last_used, change.last_used)
        if time.monotonic() - self._saved_s > _SAVE_S:
            self.save()

    def save(self) -> None:
        """Writes all down."""
        self._saved_s = time.monotonic()
        if self._path is not None:
            uses = {name: dataclasses.asdict(use) for name, use in self._uses.items()}
            write_text(self._path, json.dumps(uses, indent=1, ensure_ascii=False) + "\n", mode=0o600)


@dataclass
class _Lately:
    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)


class Quota:
    """What each key may still use."""

    def __init__(self, usage: Usage | None = None, clock: Callable[[], float] = time.time) -> None:
        self._usage, self._clock = usage or UseFile(), clock
        self._lately: dict[str, _Lately] = {}
        self._held: Counter[str] = Counter()

    def use_of(self, name: str) -> Use:
        """What a key has used this month."""
        return self._usage.of(name, month_of(self._clock()))

    def begin(self, key: Key) -> None:
        """Counts a request. Raises OverQuotaError where it is one too many."""
        now = self._clock()
        if key.qpm is not None:
            requests = self._of(key).requests
            if wait_s := requests.wait_s(1, key.qpm, now):
                raise OverQuotaError("requests a minute", wait_s)
            requests.level += 1
        last_used = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds")
        self._count(key.name, Use(requests=1, last_used=last_used))

    def refuse(self, name: str) -> None:
        """Counts a request that a key was refused: it is expired, revoked or lacks the scope."""
        self._count(name, Use(failed=1))

    def reserve(self, key: Key, tokens: int) -> None:
        """Holds the most tokens that a request can use. Raises OverQuotaError where they are too many."""
        now = self._clock()
        if key.monthly_tokens is not None:
            used = self.use_of(key.name).tokens + self._held[key.name]
            if used + tokens > key.monthly_tokens:
                raise OverQuotaError("tokens a month", _left_of_month_s(now))
        bucket = self._of(key).tokens
        if key.tpm is not None and (wait_s := bucket.wait_s(tokens, key.tpm, now)):
            raise OverQuotaError("tokens a minute", wait_s)
        bucket.held += tokens
        self._held[key.name] += tokens

    def settle(self, key: Key, reserved: int, used: int) -> None:
        """Ends what was held, and counts what the request used."""
        bucket = self._of(key).tokens
        if key.tpm is not None:
            bucket.wait_s(0, key.tpm, self._clock())  # the level sinks up to now
            bucket.level += used
        bucket.held -= reserved
        self._held[key.name] -= reserved
        if used:
            self._count(key.name, Use(tokens=used))

    def save(self) -> None:
        """Writes the use down."""
        self._usage.save()

    def _count(self, name: str, change: Use) -> None:
        self._usage.add(name, month_of(self._clock()), change)

    def _of(self, key: Key) -> _Lately:
        return self._lately.setdefault(key.name, _Lately())


def month_of(now_s: float | None = None) -> str:
    """The month of a time (seconds since 1970, UTC; None is now), as "2026-11"."""
    return datetime.datetime.fromtimestamp(time.time() if now_s is None else now_s, datetime.UTC).isoformat()[:7]


def read_uses(path: Path | None) -> dict[str, Use]:
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
