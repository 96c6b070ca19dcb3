"""Small training runs, and their curves."""

from pathlib import Path

from small_tokens import MODEL

from malmoi.kit import events
from malmoi.train.settings import TrainSettings
from malmoi.train.trainer import train


def settings(**changes) -> TrainSettings:
    defaults = {
        "steps": 12,
        "sequence_tokens": 32,
        "batch_sequences": 4,
        "micro_sequences": 2,
        "warmup_steps": 3,
        "checkpoint_steps": 4,
        "threads": 1,
        "device": "cpu",
    }
    return TrainSettings(**{**defaults, **changes})


def silent(_done: int, _total: int) -> None:
    pass


def run(tokens: Path, out: Path, progress=silent, from_scratch=False, **changes):
    return train(settings(**changes), MODEL, tokens, out, progress, from_scratch=from_scratch)


def curve(out: Path) -> list[tuple]:
    """Everything of each step that must not depend on interruptions."""
    keys = ("step", "tokens", "loss", "learning_rate", "gradient_norm")
    return [tuple(event[key] for key in keys) for event in events.Curve(out).update().steps()]
