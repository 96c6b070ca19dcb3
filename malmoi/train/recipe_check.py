"""Is this the run that the checkpoints belong to? A changed recipe must not go on silently under the old name."""

from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError

MACHINE = ("micro_sequences", "device", "threads")
"""They may change: the numbers differ by rounding. Older checkpoints name them under "train" too."""
FREE_KEYS = frozenset(
    {"train.checkpoint_steps", "train.keep_checkpoints", "train.precision"}
    | {f"{table}.{name}" for table in ("train", "machine") for name in MACHINE}
)
"""The first two change no number of the run; the precision is compared as resolved, under "machine"."""


def refuse_changes(found: dict[str, Any], asked: dict[str, Any], folder: Path) -> None:
    """Raises UserError naming the first key in which two runs' configs differ."""
    was, now = _flat(found), _flat(asked)
    for key in sorted(was.keys() | now.keys()):
        if key not in FREE_KEYS and was.get(key) != now.get(key):
            shown = key.replace("machine.", "train.")
            raise UserError(
                f"{shown} is {now.get(key)!r}, and the checkpoints in {folder} were made with {was.get(key)!r}",
                "the same recipe to go on",
                "use another folder, or remove this one to begin again",
            )


def _flat(table: dict[str, Any], path: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        result |= _flat(value, here) if isinstance(value, dict) else {here: value}
    return result
