"""The events of a run as a curve in which each step stands once."""

import json
from pathlib import Path
from typing import Any

from malmoi.kit import events
from malmoi.kit.files import atomic_file

_NUMBERS = ("step", "tokens", "loss", "learning_rate", "gradient_norm", "tokens_per_s", "seconds")


def truncate(folder: Path, step: int) -> int:
    """Removes the events of steps after `step`, which will be done again; returns how many.

    Without this a reader would see such steps twice. All other events stay, so the history of starts and refusals is
    whole. The file is replaced, never cut: killed at any moment, it is the old one or the new one.
    """
    every = list(events.read(folder))
    kept = [event for event in every if event["kind"] not in ("step", "checkpoint") or _is_done(event, step)]
    if len(kept) < len(every):
        with atomic_file(folder / events.NAME) as aside:
            lines = (json.dumps(event, ensure_ascii=False) + "\n" for event in kept)
            aside.write_text("".join(lines), encoding="utf-8")
    return len(every) - len(kept)


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
