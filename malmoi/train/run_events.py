"""The events of a run: noting one, and its steps as a curve in which each stands once."""

from pathlib import Path
from typing import Any

from malmoi.kit import events
from malmoi.kit.files import writing

_NUMBERS = ("step", "tokens", "loss", "learning_rate", "gradient_norm", "tokens_per_s", "seconds")


def append(folder: Path, kind: str, **fields: Any) -> None:
    """Notes an event. Raises UserError where it cannot be written."""
    with writing(folder):
        events.append(folder, kind, **fields)


def steps(folder: Path) -> list[dict[str, Any]]:
    """The events of the steps that count, in order. A damaged one, without all its numbers, is left out."""
    found = events.Curve(folder).update().steps()
    return [event for event in found if all(isinstance(event.get(name), (int, float)) for name in _NUMBERS)]
