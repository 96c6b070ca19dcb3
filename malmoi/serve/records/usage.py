"""What keys have used, in the database: counted in memory at once, written by the one writer, read back from there.

So a request waits for no disk, nothing is counted twice, and several servers on one database see each other's use
within a second. What cannot be written now is kept and written later; a killed server forgets the last second.
"""

import threading
from dataclasses import dataclass, replace

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from malmoi.serve.quota import Use, month_of
from malmoi.serve.records.tables import KeyRow, UsageRow

_Counts = dict[tuple[str, str], "_Count"]


@dataclass
class _Count:
    """Of one key in one month, not yet written. failed: requests it was refused; last_used: UTC, or ""."""

    requests: int = 0
    tokens: int = 0
    failed: int = 0
    last_used: str = ""

    def add(self, other: "_Count") -> None:
        """Adds what another counted."""
        self.requests += other.requests
        self.tokens += other.tokens
        self.failed += other.failed
        self.last_used = max(self.last_used, other.last_used)


class StoredUsage:
    """The use of all keys; quota.Usage for a server with a database. Counts may come from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._new: _Counts = {}
        self._writing: _Counts = {}
        self._stored: dict[tuple[str, str], tuple[int, int]] = {}
        self.write()

    def add(self, name: str, month: str, change: Use) -> None:
        """Counts what a key has just used or was refused."""
        with self._lock:
            count = self._new.setdefault((name, month), _Count())
            count.add(_Count(change.requests, change.tokens, change.failed, change.last_used))

    def of(self, name: str, month: str) -> Use:
        """What a key has used in a month, written or not."""
        with self._lock:
            requests, tokens = self._stored.get((name, month), (0, 0))
            total = _Count(requests, tokens)
            for counts in (self._writing, self._new):
                total.add(counts.get((name, month), _Count()))
        return Use(month, total.tokens, total.requests, total.last_used, total.failed)

    def save(self) -> None:
        """Nothing to do: the writer saves every second and at its end."""

    def write(self) -> None:
        """Writes what is new and reads this month's totals. Raises SQLAlchemyError, and forgets nothing then."""
        with self._lock:
            for at, count in self._new.items():
                self._writing.setdefault(at, _Count()).add(count)
            self._new = {}
            writing = {at: replace(count) for at, count in self._writing.items()}
        with Session(self._engine) as session:
            for (name, month), count in writing.items():
                _write(session, name, month, count)
            session.commit()
            with self._lock:  # what is written is not written again, even where the reading below fails
                for at, count in writing.items():
                    requests, tokens = self._stored.get(at, (0, 0))
                    self._stored[at] = (requests + count.requests, tokens + count.tokens)
                self._writing = {}
            months = {month_of(), *(month for _, month in writing)}
            found = session.scalars(select(UsageRow).where(UsageRow.month.in_(months)))
            stored = {(row.key, row.month): (row.requests, row.tokens) for row in found}
        with self._lock:
            self._stored = stored


def _write(session: Session, name: str, month: str, count: _Count) -> None:
    """Adds to the rows of a key: in SQL, so that two servers on one database lose nothing."""
    changed = update(UsageRow).where(UsageRow.key == name, UsageRow.month == month)
    added = {"requests": UsageRow.requests + count.requests, "tokens": UsageRow.tokens + count.tokens}
    if not session.execute(changed.values(added)).rowcount:  # type: ignore[attr-defined]
        session.add(UsageRow(key=name, month=month, requests=count.requests, tokens=count.tokens))
    told = {"failed": KeyRow.failed + count.failed, **({"last_used": count.last_used} if count.last_used else {})}
    session.execute(update(KeyRow).where(KeyRow.name == name).values(told))
