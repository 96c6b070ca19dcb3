"""Prompts, their versions and labels, and the trash. Each call is one short transaction; no version is ever rewritten.

A writer says on which version a text was made (`base`). Where another version came in between, nothing is written and
both texts are there to be shown: the lock is optimistic, nobody waits.
"""

import base64
import itertools
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from malmoi.serve.records.database import alone
from malmoi.studio.prompts.content import first_line, searchable, sha256_of, words_of
from malmoi.studio.prompts.shapes import MAX_TITLE
from malmoi.studio.prompts.tables import Label, Prompt, Version
from malmoi.studio.settings import TRASH_DAYS

MAX_PROMPTS = 10_000
MAX_VERSIONS = 1_000
MAX_LABELS = 20
"""Bounds that no person comes to: a program that saves in a loop ends here, not when the disk is full."""

Row = dict[str, Any]


class StoreFullError(Exception):
    """There are `most` prompts, versions or labels already."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class NameTakenError(Exception):
    """Another prompt, `prompt_id`, has that name."""

    def __init__(self, prompt_id: str) -> None:
        super().__init__(prompt_id)
        self.prompt_id = prompt_id


class ConflictError(Exception):
    """The prompt has a newer version, `newest`, than the one that the text was made on."""

    def __init__(self, newest: Row) -> None:
        super().__init__()
        self.newest = newest


@dataclass(frozen=True)
class Query:
    """What a list asks for. words: all of them must be in the name or the text. after: where the page before ended."""

    words: str = ""
    after: str = ""
    limit: int = 50
    is_trash: bool = False


def list_prompts(engine: Engine, query: Query) -> tuple[list[Row], str | None]:
    """Prompts without their bodies, the one changed last first, and where the next page begins (None: nowhere).

    Pages go by the time of the change and the id, so a prompt that is saved meanwhile moves no other one out of sight.
    Raises ValueError for an `after` that no page gave.
    """
    order = (Prompt.updated, Prompt.id)
    place = Prompt.deleted.is_not(None) if query.is_trash else Prompt.deleted.is_(None)
    asked = select(Prompt).options(defer(Prompt.words)).where(place)
    for word in searchable(query.words).split():
        asked = asked.where(Prompt.words.contains(word, autoescape=True))
    if query.after:
        asked = asked.where(tuple_(*order) < tuple_(*_place(query.after)))
    asked = asked.order_by(Prompt.updated.desc(), Prompt.id.desc()).limit(query.limit + 1)
    with Session(engine) as session:
        found = list(session.scalars(asked))
        shown = found[: query.limit]
        labels = _labels(session, [prompt.id for prompt in shown])
        rows = [_plain(prompt, labels.get(prompt.id, [])) for prompt in shown]
    more = len(found) > query.limit
    return rows, _cursor(shown[-1]) if more else None


def _cursor(prompt: Prompt) -> str:
    """Where a page ended, as a text that a client hands back without reading it."""
    return base64.urlsafe_b64encode(json.dumps([prompt.updated, prompt.id]).encode()).decode()


def _place(after: str) -> list[str]:
    """Time and id out of a cursor. Raises ValueError for a text that no page gave."""
    place = json.loads(base64.urlsafe_b64decode(after.encode()))
    if not isinstance(place, list) or len(place) != 2 or not all(isinstance(part, str) for part in place):
        raise ValueError("no place in the list")
    return place


def read_prompt(engine: Engine, prompt_id: str) -> Row | None:
    """One prompt with its newest version; also one in the trash. None where there is none."""
    with Session(engine) as session:
        return _whole(session, session.get(Prompt, prompt_id))


def add_prompt(engine: Engine, title: str, body: Row, message: str = "") -> Row:
    """Saves a new prompt as its version 1. Raises StoreFullError and NameTakenError."""
    with Session(engine) as session, session.begin():
        alone(session)
        if (session.scalar(select(func.count()).select_from(Prompt)) or 0) >= MAX_PROMPTS:
            raise StoreFullError(MAX_PROMPTS)
        _check_name(session, title, None)
        now = _now()
        prompt = Prompt(id=uuid.uuid4().hex, title=title, created=now, updated=now, n=0, first_line="", words="")
        session.add(prompt)
        session.flush()
        _append(session, prompt, body, message, now)
        return _found(_whole(session, prompt))


def rename(engine: Engine, prompt_id: str, title: str) -> Row | None:
    """Gives a prompt another name. Raises NameTakenError; None where there is no prompt."""
    with Session(engine) as session, session.begin():
        alone(session)
        prompt = session.get(Prompt, prompt_id)
        if prompt is None or prompt.deleted:
            return None
        _check_name(session, title, prompt.id)
        prompt.title, prompt.updated = title, _now()
        prompt.words = words_of(title, _found_version(session, prompt).body)
        return _whole(session, prompt)


def add_version(engine: Engine, prompt_id: str, base: int, body: Row, message: str = "") -> Row | None:
    """Appends a version made on version `base`; the same text as the newest makes none. None: no such prompt.

    Raises ConflictError where another version came in between, StoreFullError.
    """
    try:
        return _add_version(engine, prompt_id, base, body, message)
    except IntegrityError:  # another writer took the number at the same moment
        raise ConflictError(_found(read_prompt(engine, prompt_id))["version"]) from None


def _add_version(engine: Engine, prompt_id: str, base: int, body: Row, message: str) -> Row | None:
    """The transaction of add_version. The prompt's row is locked, so that two writers cannot take one number."""
    with Session(engine) as session, session.begin():
        prompt = session.scalar(select(Prompt).where(Prompt.id == prompt_id).with_for_update())
        if prompt is None or prompt.deleted:
            return None
        newest = _found_version(session, prompt)
        if newest.sha256 == sha256_of(body):
            return _whole(session, prompt)
        if base != prompt.n:
            raise ConflictError(_version(newest))
        if prompt.n >= MAX_VERSIONS:
            raise StoreFullError(MAX_VERSIONS)
        _append(session, prompt, body, message, _now())
        return _whole(session, prompt)


def list_versions(engine: Engine, prompt_id: str, before: int | None, limit: int) -> list[Row]:
    """Versions without their bodies, the newest first; only those below number `before`."""
    columns = (Version.n, Version.message, Version.parent, Version.sha256, Version.created)
    asked = select(*columns).where(Version.prompt_id == prompt_id)
    if before is not None:
        asked = asked.where(Version.n < before)
    with Session(engine) as session:
        labels = _labels(session, [prompt_id]).get(prompt_id, [])
        found = session.execute(asked.order_by(Version.n.desc()).limit(limit)).mappings()
        return [{**row, "labels": [label["name"] for label in labels if label["n"] == row["n"]]} for row in found]


def read_version(engine: Engine, prompt_id: str, n: int) -> Row | None:
    """One version with its body; None where there is none."""
    with Session(engine) as session:
        found = session.get(Version, (prompt_id, n))
        return _version(found) if found else None


def set_label(engine: Engine, prompt_id: str, name: str, n: int) -> Row | None:
    """Puts a label on a version, off any other one of that prompt. None: no such version. Raises StoreFullError."""
    with Session(engine) as session, session.begin():
        prompt = session.get(Prompt, prompt_id)
        if prompt is None or prompt.deleted or session.get(Version, (prompt_id, n)) is None:
            return None
        label = session.get(Label, (prompt_id, name))
        if label is None and len(_labels(session, [prompt_id]).get(prompt_id, [])) >= MAX_LABELS:
            raise StoreFullError(MAX_LABELS)
        session.merge(Label(prompt_id=prompt_id, name=name, n=n, updated=_now()))
        session.flush()
        return _whole(session, prompt)


def remove_label(engine: Engine, prompt_id: str, name: str) -> Row | None:
    """Takes a label away. None where there was none."""
    with Session(engine) as session, session.begin():
        label = session.get(Label, (prompt_id, name))
        if label is None:
            return None
        session.delete(label)
        session.flush()
        return _whole(session, session.get(Prompt, prompt_id))


def move_to_trash(engine: Engine, prompt_id: str) -> bool:
    """Puts a prompt in the trash, where it stays for TRASH_DAYS. Returns whether there was one."""
    return _mark(engine, prompt_id, _now())


def restore(engine: Engine, prompt_id: str) -> bool:
    """Takes a prompt out of the trash. Returns whether it was there.

    Where its name was given away meanwhile it comes back as "name (2)": two of one name could not be called by it.
    """
    return _mark(engine, prompt_id, None)


def _mark(engine: Engine, prompt_id: str, deleted: str | None) -> bool:
    """Says since when a prompt is in the trash; None: it is not. Returns whether that was another state than before."""
    with Session(engine) as session, session.begin():
        alone(session)
        prompt = session.get(Prompt, prompt_id)
        if prompt is None or bool(prompt.deleted) == bool(deleted):
            return False
        if deleted is None:
            prompt.title = _free_name(session, prompt)
            prompt.words = words_of(prompt.title, _found_version(session, prompt).body)
        prompt.deleted = deleted
        return True


def _free_name(session: Session, prompt: Prompt) -> str:
    """The name of a prompt in the trash, with a number behind it where others have that name now."""
    taken = set(session.scalars(select(Prompt.title).where(Prompt.deleted.is_(None))))
    ends = (f" ({number})" for number in itertools.count(2))
    names = itertools.chain([prompt.title], (prompt.title[: MAX_TITLE - len(end)] + end for end in ends))
    return next(name for name in names if name not in taken)


def empty_trash(engine: Engine, moment: datetime) -> int:
    """Removes for good what has been in the trash for more than TRASH_DAYS. Returns how many prompts that were."""
    limit = _written(moment - timedelta(days=TRASH_DAYS))
    with Session(engine) as session, session.begin():
        old = list(session.scalars(select(Prompt).where(Prompt.deleted < limit)))
        for prompt in old:
            session.delete(prompt)
        return len(old)


def find_by_name(engine: Engine, name: str) -> list[str]:
    """The ids of the prompts with that id or name; more than one only where an older studio saved two of one name."""
    with Session(engine) as session:
        asked = select(Prompt.id).where((Prompt.id == name) | (Prompt.title == name), Prompt.deleted.is_(None))
        return list(session.scalars(asked.order_by(Prompt.created)))


def _check_name(session: Session, title: str, own: str | None) -> None:
    """Raises NameTakenError where another prompt has the name; one in the trash keeps no name from anybody.

    own: the id of the prompt that is to have it, which may have it already.
    """
    asked = select(Prompt.id).where(Prompt.title == title, Prompt.deleted.is_(None))
    taken = session.scalar(asked.where(Prompt.id != own) if own else asked)
    if taken:
        raise NameTakenError(taken)


def _append(session: Session, prompt: Prompt, body: Row, message: str, now: str) -> None:
    """Adds the next version and shows it in the prompt's own row."""
    parent = prompt.n or None
    prompt.n, prompt.updated = prompt.n + 1, now
    prompt.first_line, prompt.words = first_line(body), words_of(prompt.title, body)
    made = {"n": prompt.n, "parent": parent, "sha256": sha256_of(body), "created": now}
    session.add(Version(prompt_id=prompt.id, body=body, message=message, **made))
    session.flush()


def _found_version(session: Session, prompt: Prompt) -> Version:
    """The newest version, which every prompt has: both are written in one transaction."""
    found = session.get(Version, (prompt.id, prompt.n))
    assert found is not None, "a prompt without its newest version"
    return found


def _found(row: Row | None) -> Row:
    """A row of which is known that it is there: it was written in the same transaction, or has just refused one."""
    assert row is not None
    return row


def _labels(session: Session, prompt_ids: list[str]) -> dict[str, list[Row]]:
    """The labels of some prompts by the id of the prompt; one query for a whole page."""
    found: dict[str, list[Row]] = {}
    asked = select(Label).where(Label.prompt_id.in_(prompt_ids)).order_by(Label.name)
    for label in session.scalars(asked):
        found.setdefault(label.prompt_id, []).append({"name": label.name, "n": label.n})
    return found


def _whole(session: Session, prompt: Prompt | None) -> Row | None:
    """A prompt with its newest version and labels."""
    if prompt is None:
        return None
    labels = _labels(session, [prompt.id]).get(prompt.id, [])
    return {**_plain(prompt, labels), "version": _version(_found_version(session, prompt))}


def _plain(prompt: Prompt, labels: list[Row]) -> Row:
    """A prompt as a row of a list, without its texts."""
    names = ("id", "title", "created", "updated", "n", "first_line", "deleted")
    return {name: getattr(prompt, name) for name in names} | {"labels": labels}


def _version(version: Version) -> Row:
    """A version as a row, with its body."""
    names = ("n", "body", "message", "parent", "sha256", "created")
    return {name: getattr(version, name) for name in names}


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(moment: datetime) -> str:
    """A time as the tables hold it: in UTC and of one length, so that texts sort as times do."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
