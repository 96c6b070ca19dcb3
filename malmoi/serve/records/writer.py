"""The one writer of the records: a queue and a thread, so that no answer waits for a disk and no two writers meet.

Rows come in whole after an answer is made, so no transaction is open while a model works. What cannot be written is
told in the log and counted; it never touches the answer. The same thread writes what keys have used, reads the keys
again every second and erases what has expired, so that a killed server loses what waited here and nothing else.
"""

import datetime
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from malmoi.serve.records.answers import Answered, Asked, request_row, row_of
from malmoi.serve.records.database import hash_key, open_database
from malmoi.serve.records.erasing import erase_expired, erased_before
from malmoi.serve.records.stored_keys import StoredKeys
from malmoi.serve.records.tables import AnswerRow, RequestRow
from malmoi.serve.records.usage import StoredUsage
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

_MOST_WAITING = 10_000
"""Rows that wait for the disk; more are lost, and counted."""
_BATCH = 100
_CLEAN_S = 3600.0
_TICK_S = 1.0
"""So often use is written and keys are read."""

_log = logging.getLogger("malmoi.serve")
_Item = tuple[Answered | Asked, Codec | None]


class Records:
    """Writes requests, answers and use to a database, and has its keys. To be closed, or used in a `with`."""

    def __init__(
        self,
        path: Path | str,
        settings: ServeSettings | None = None,
        clean_s: float = _CLEAN_S,
        tick_s: float = _TICK_S,
    ) -> None:
        """path: a file, or the address of a server. settings: for the keys. clean_s: so often expired rows are erased.

        Raises UserError where it cannot open.
        """
        settings = settings or ServeSettings()
        self.engine = open_database(path)
        self._hash_key = hash_key(self.engine)
        self.keys = StoredKeys(self.engine, settings.keys, settings.policies)
        self.usage = StoredUsage(self.engine)  # after the file of keys, which may bring what was used this month
        self._waiting: queue.Queue[_Item | None] = queue.Queue(_MOST_WAITING)
        self.num_lost, self._failed = 0, set[str]()
        self._clean_s, self._tick_s, self._cleaned_s, self._ticked_s = clean_s, tick_s, -math.inf, -math.inf
        self._thread = threading.Thread(target=self._run, name="malmoi-records", daemon=True)
        self._thread.start()

    def put(self, kept: Answered | Asked, codec: Codec | None = None) -> None:
        """Takes an answer (with its codec) or a request in; returns at once."""
        if kept.policy == "none":
            return
        try:
            self._waiting.put_nowait((kept, codec))
        except queue.Full:
            self.num_lost += 1

    def close(self) -> None:
        """Writes what waits, and ends."""
        self._waiting.put(None)
        self._thread.join()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _run(self) -> None:
        """The writer's thread: rows in batches, the use of keys at each tick, what has expired now and then."""
        is_open = True
        while is_open:
            batch = self._batch()
            is_open = None not in batch
            items = [each for each in batch if each is not None]
            if items:
                self._tried("rows", lambda items=items: self._keep(items))
            if not is_open or time.monotonic() - self._ticked_s >= self._tick_s:
                self._ticked_s = time.monotonic()
                self._tried("the use of keys", self.usage.write)
                self._tried("the list of keys", self.keys.refresh)
            if time.monotonic() - self._cleaned_s >= self._clean_s:
                self._cleaned_s = time.monotonic()
                self._tried("what has expired", lambda: erase_expired(self.engine, datetime.datetime.now(datetime.UTC)))

    def _batch(self) -> list[_Item | None]:
        """What waits; nothing where nobody has asked for the length of a tick."""
        try:
            batch = [self._waiting.get(timeout=self._tick_s)]
        except queue.Empty:
            return []
        while len(batch) < _BATCH and batch[-1] is not None and not self._waiting.empty():
            batch.append(self._waiting.get())
        return batch

    def _tried(self, what: str, work: Callable[[], object]) -> bool:
        """Whether `work` was done. A thread that ended would lose all that follows, untold: so nothing ends it.

        A failure is told once until it works again; of the error the type alone, for its message may hold a row.
        """
        try:
            work()
        except Exception as error:
            if what not in self._failed:
                _log.error("the database of records: %s could not be written or read: %s", what, type(error).__name__)
            self._failed.add(what)
            return False
        self._failed.discard(what)
        return True

    def _keep(self, items: list[_Item]) -> None:
        """Writes rows. One that cannot be written takes no others along; what is lost is counted."""
        try:
            self._write(items)
        except Exception as error:
            if len(items) == 1 or isinstance(error, OperationalError):  # locked, full, read-only: so are the others
                self.num_lost += len(items)
                raise
            for item in items:
                self._tried("a row", lambda item=item: self._keep([item]))

    def _write(self, items: list[_Item]) -> None:
        rows = [self._row(kept, codec) for kept, codec in items]  # masking takes its time: before the transaction
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)
            session.flush()  # from here on nobody else writes: an erasure stands before this, or finds these rows
            for row in erased_before(session, rows, self._hash_key):
                session.delete(row)

    def _row(self, kept: Answered | Asked, codec: Codec | None) -> RequestRow | AnswerRow:
        if isinstance(kept, Asked):
            return request_row(kept, self._hash_key)
        assert codec is not None
        return row_of(kept, codec, self._hash_key)
