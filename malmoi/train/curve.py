"""The events of a run as a curve in which each step stands once."""

import json
import time
from pathlib import Path
from typing import Any

from malmoi.kit import events
from malmoi.kit.files import atomic_file

_NUMBERS = ("step", "tokens", "loss", "learning_rate", "gradient_norm", "tokens_per_s", "seconds")


def truncate(folder: Path, step: int) -> int:
    """Removes the events of steps after `step`, which the checkpoint of `step` will do again; returns how many.

    Nothing is lost by it: from that checkpoint the same recipe gives the same steps, bit for bit. Without this a reader
    would see them twice. All other events stay, so the history of starts and refusals is whole. The file is replaced,
    never cut: killed at any moment, it is the old one or the new one.
    """
    every = list(events.read(folder))
    kept = [event for event in every if event["kind"] not in ("step", "checkpoint") or _is_done(event, step)]
    if len(kept) < len(every):
        with atomic_file(folder / events.NAME) as aside:
            lines = (json.dumps(event, ensure_ascii=False) + "\n" for event in kept)
            aside.write_text("".join(lines), encoding="utf-8")
    return len(every) - len(kept)


def keep_aside(folder: Path) -> str | None:
    """Renames the events of steps that no checkpoint stands behind to events-TIME.jsonl; returns that name, if any.

    The run begins again at step 0, perhaps with another recipe: what was measured before may never be measured again.
    """
    if not (folder / events.NAME).exists():
        return None
    aside = folder / f"{Path(events.NAME).stem}-{time.time_ns()}.jsonl"
    (folder / events.NAME).rename(aside)
    return aside.name


def steps(folder: Path) -> list[dict[str, Any]]:
    """The step events of a run, in order. A damaged one, without all its numbers, is left out."""
    return [
        event
        for event in events.read(folder, "step")
        if all(isinstance(event.get(name), (int, float)) for name in _NUMBERS)
    ]


def _is_done(event: dict[str, Any], step: int) -> bool:
    number = event.get("step")
    return isinstance(number, int) and number <= step
