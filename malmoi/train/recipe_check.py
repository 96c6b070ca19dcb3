"""Is this the run that the checkpoints belong to? A changed recipe must not go on silently under the old name."""

from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.kit.stage import Change

MACHINE = ("micro_sequences", "device", "threads")
"""They may change: the numbers differ by rounding. Older checkpoints name them under "train" too."""
FREE_KEYS = frozenset(
    {"train.checkpoint_steps", "train.keep_checkpoints", "train.precision"}
    | {f"{table}.{name}" for table in ("train", "machine") for name in MACHINE}
)
"""The first two change no number of the run; the precision is compared as resolved, under "machine"."""


def refuse_changes(found: dict[str, Any], asked: dict[str, Any], folder: Path) -> None:
    """Raises UserError naming the first key in which two runs' configs differ."""
    if change := first_change(found, asked):
        raise UserError(
            f"{change.key} is {change.new!r}, and the checkpoints in {folder} were made with {change.old!r}",
            "the same recipe to go on",
            "use another folder, or begin again at step 0 with --from-scratch",
        )


def first_change(found: dict[str, Any], asked: dict[str, Any]) -> Change | None:
    """The first key, as the recipe names it, in which two runs differ; None where one can go on as the other."""
    was, now = _flat(found), _flat(asked)
    differ = (key for key in sorted(was.keys() | now.keys()) if was.get(key) != now.get(key) and key not in FREE_KEYS)
    key = next(differ, None)
    return Change(key.replace("machine.", "train."), was.get(key), now.get(key)) if key else None


def _flat(table: dict[str, Any], path: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        result |= _flat(value, here) if isinstance(value, dict) else {here: value}
    return result
