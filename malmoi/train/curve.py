"""The events of a run as a curve in which each step stands once."""

import json
from pathlib import Path
from typing import Any

from malmoi.kit import events
from malmoi.kit.files import atomic_file


def truncate(folder: Path, step: int) -> int:
    """Removes the events of steps after `step`, which will be done again; returns how many.

    Without this a reader would see such steps twice. All other events stay, so the history of starts and refusals is
    whole. The file is replaced, never cut: killed at any moment, it is the old one or the new one.
    """
    every = list(events.read(folder))
    kept = [event for event in every if not (event["kind"] in ("step", "checkpoint") and event.get("step", 0) > step)]
    if len(kept) < len(every):
        with atomic_file(folder / events.NAME) as aside:
            lines = (json.dumps(event, ensure_ascii=False) + "\n" for event in kept)
            aside.write_text("".join(lines), encoding="utf-8")
    return len(every) - len(kept)


def steps(folder: Path) -> list[dict[str, Any]]:
    """The step events of a run, in order."""
    return list(events.read(folder, "step"))
