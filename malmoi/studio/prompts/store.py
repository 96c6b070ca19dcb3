"""Saved prompts: list, read, write, remove. Each call is one short transaction."""

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from malmoi.studio.prompts.tables import Prompt

MAX_PROMPTS = 10_000


class StoreFullError(Exception):
    """There are MAX_PROMPTS prompts already."""


def list_prompts(engine: Engine) -> list[dict[str, Any]]:
    """All prompts, the one changed last first."""
    with Session(engine) as session:
        return [_plain(prompt) for prompt in session.scalars(select(Prompt).order_by(Prompt.updated.desc()))]


def read_prompt(engine: Engine, prompt_id: str) -> dict[str, Any] | None:
    """One prompt; None where there is none."""
    with Session(engine) as session:
        found = session.get(Prompt, prompt_id)
        return _plain(found) if found else None


def add_prompt(engine: Engine, title: str, body: dict[str, Any]) -> dict[str, Any]:
    """Saves a new prompt. Raises StoreFullError."""
    now = _now()
    with Session(engine) as session, session.begin():
        if (session.scalar(select(func.count()).select_from(Prompt)) or 0) >= MAX_PROMPTS:
            raise StoreFullError
        prompt = Prompt(id=uuid.uuid4().hex, title=title, body=body, created=now, updated=now)
        session.add(prompt)
        return _plain(prompt)


def change_prompt(engine: Engine, prompt_id: str, title: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Replaces a prompt's title and body; None where there is none."""
    with Session(engine) as session, session.begin():
        prompt = session.get(Prompt, prompt_id)
        if prompt is None:
            return None
        prompt.title, prompt.body, prompt.updated = title, body, _now()
        return _plain(prompt)


def remove_prompt(engine: Engine, prompt_id: str) -> bool:
    """Removes a prompt. Returns whether there was one."""
    with Session(engine) as session, session.begin():
        prompt = session.get(Prompt, prompt_id)
        if prompt is not None:
            session.delete(prompt)
        return prompt is not None


def _plain(prompt: Prompt) -> dict[str, Any]:
    names = ("id", "title", "body", "created", "updated")
    return {name: getattr(prompt, name) for name in names}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
