"""The one writer of the records: a queue and a thread, so that no answer waits for a disk and no two writers meet.

Rows come in whole after an answer is made, so no transaction is open while a model works. What cannot be written is
told in the log and counted; it never touches the answer.
"""

import datetime
import logging
import math
import queue
import threading
import time
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, delete
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from malmoi.serve.records.answers import Answered, row_of, user_hash
from malmoi.serve.records.database import open_database
from malmoi.serve.records.tables import AnswerRow
from malmoi.tokenizer.codec import Codec

_MOST_WAITING = 10_000
"""Answers that wait for the disk; more are lost, and counted."""
_BATCH = 100
_CLEAN_S = 3600.0

_log = logging.getLogger("malmoi.serve")


class Records:
    """Writes answers to a database. To be closed, or used in a `with`."""

    def __init__(self, path: Path, clean_s: float = _CLEAN_S) -> None:
        """clean_s: so often expired rows are erased. Raises UserError where the database cannot be used."""
        self.engine = open_database(path)
        self._waiting: queue.Queue[tuple[Answered, Codec] | None] = queue.Queue(_MOST_WAITING)
        self.num_lost, self._cleaned_s, self._clean_s = 0, -math.inf, clean_s
        self._thread = threading.Thread(target=self._run, name="malmoi-records", daemon=True)
        self._thread.start()

    def put(self, answered: Answered, codec: Codec) -> None:
        """Takes an answer in, with the tokenizer of its model; returns at once."""
        if answered.policy == "none":
            return
        try:
            self._waiting.put_nowait((answered, codec))
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
        while batch := self._batch():
            answers = [each for each in batch if each is not None]
            try:
                self._write(answers)
            except Exception as error:  # whatever it is: a thread that ends would lose all that follow, untold
                # The type alone: the message may hold the row.
                _log.error("%d records could not be written: %s", len(answers), type(error).__name__)
                self.num_lost += len(answers)
            if len(answers) < len(batch):
                return

    def _batch(self) -> list[tuple[Answered, Codec] | None]:
        """What waits, one or more. Where nobody asks, what has expired is erased all the same."""
        batch: list[tuple[Answered, Codec] | None] = []
        while not batch:
            try:
                batch.append(self._waiting.get(timeout=self._clean_s))
            except queue.Empty:
                self._clean()
        while len(batch) < _BATCH and batch[-1] is not None and not self._waiting.empty():
            batch.append(self._waiting.get())
        return batch

    def _write(self, answers: list[tuple[Answered, Codec]]) -> None:
        rows = [row_of(each, codec) for each, codec in answers]  # masking takes its time: before the transaction
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)
        if time.monotonic() - self._cleaned_s > self._clean_s:
            self._clean()

    def _clean(self) -> None:
        """Erases what has expired. A database that is locked now is tried again later."""
        self._cleaned_s = time.monotonic()
        try:
            erase_expired(self.engine, datetime.datetime.now(datetime.UTC))
        except SQLAlchemyError as error:
            _log.error("expired records could not be erased: %s", type(error).__name__)


def erase_expired(engine: Engine, now: datetime.datetime) -> int:
    """Erases what has been kept as long as its policy says. Returns the number of rows."""
    with Session(engine) as session, session.begin():
        found = session.execute(delete(AnswerRow).where(AnswerRow.expires < now.isoformat(timespec="seconds")))
    _empty_log(engine)
    return found.rowcount  # type: ignore[attr-defined]


def erase(engine: Engine, key: str | None = None, user: str | None = None) -> int:
    """Erases all rows of a key, of a user, or of a key's user. Returns their number."""
    assert key is not None or user is not None
    wanted = delete(AnswerRow)
    if key is not None:
        wanted = wanted.where(AnswerRow.key == key)
    if user is not None:
        wanted = wanted.where(AnswerRow.user_sha256 == user_hash(user))
    with Session(engine) as session, session.begin():
        found = session.execute(wanted)
    _empty_log(engine)
    return found.rowcount  # type: ignore[attr-defined]


def _empty_log(engine: Engine) -> None:
    """An erased row stays in SQLite's log file until then."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
