"""Reading the folder of runs: which stages are finished, and the curve of the loss. It reads files and asks nobody."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError

STAGES = ("corpus", "tokenizer", "tokens", "train", "model", "report")
REPORT = "report.html"

_LOSS_COLUMNS = ("step", "tokens", "seconds", "loss", "learning_rate", "gradient_norm", "tokens_per_s")


def run_names(runs: Path) -> list[str]:
    """The names of the folders in `runs` that hold at least one stage's folder."""
    if not runs.is_dir():
        return []
    folders = (folder for folder in runs.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted(folder.name for folder in folders if any((folder / stage).is_dir() for stage in STAGES))


def summary(run: Path) -> dict[str, Any]:
    """A run in one line of a list."""
    stages = [_stage(run / name) for name in STAGES]
    times = [stage["finished_at"] for stage in stages if stage["finished_at"]]
    # A stage that is under way says so by its events, hours before its manifest.
    logs = (folder / events.NAME for folder in (run, *(run / name for name in STAGES)))
    times += [log.stat().st_mtime for log in logs if log.is_file()]
    short = [{key: stage[key] for key in ("name", "status", "seconds", "finished_at", "code")} for stage in stages]
    finished = all(stage["status"] == "finished" for stage in stages)
    return {"name": run.name, "stages": short, "finished": finished, "updated": max(times, default=None)}


def detail(run: Path) -> dict[str, Any]:
    """A run with each stage's settings, counts and hashes."""
    return {
        "name": run.name,
        "stages": [_stage(run / name) for name in STAGES],
        "has_report": (run / "report" / REPORT).is_file(),
        "has_loss": next(events.read(run / "train", "step"), None) is not None,
        "has_corpus": (run / "corpus" / manifest.NAME).is_file(),
    }


def loss_curve(train: Path, points: int) -> dict[str, Any]:
    """The steps of a training run as columns of at most `points` numbers each: means of equal buckets of steps."""
    steps = _last_of_each_step(events.read(train, "step"))
    size = max(1, math.ceil(len(steps) / points))
    buckets = [steps[start : start + size] for start in range(0, len(steps), size)]
    columns: dict[str, list[Any]] = {name: [_mean(bucket, name) for bucket in buckets] for name in _LOSS_COLUMNS}
    columns["step"] = [bucket[-1].get("step") for bucket in buckets]
    columns["loss_min"] = [min(_numbers(bucket, "loss"), default=None) for bucket in buckets]
    columns["loss_max"] = [max(_numbers(bucket, "loss"), default=None) for bucket in buckets]
    return {
        "steps": len(steps),
        "columns": columns,
        "checkpoints": [event.get("step") for event in events.read(train, "checkpoint")],
        "resumes": [event.get("step") for event in events.read(train, "resume")],
    }


def _stage(folder: Path) -> dict[str, Any]:
    """A stage by its manifest: finished where it has one, unfinished where only the folder is there."""
    empty = {
        "seconds": None,
        "finished_at": None,
        "code": None,
        "config": {},
        "counts": {},
        "inputs": {},
        "outputs": {},
    }
    stage = {"name": folder.name, "status": "unfinished" if folder.is_dir() else "absent", **empty}
    if not (folder / manifest.NAME).is_file():
        return stage
    try:
        found = manifest.read(folder)
    except UserError:  # damaged: the page still opens, and the stage shows as unfinished
        return stage
    return {**stage, "status": "finished", **{key: found.get(key, empty[key]) for key in empty}}


def _last_of_each_step(steps: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A run that was killed repeats the steps since its last checkpoint: the later event counts."""
    by_step = {event["step"]: event for event in steps if isinstance(event.get("step"), int)}
    return [by_step[step] for step in sorted(by_step)]


def _numbers(bucket: Sequence[dict[str, Any]], name: str) -> list[float]:
    values = (event.get(name) for event in bucket)
    return [value for value in values if isinstance(value, (int, float)) and math.isfinite(value)]


def _mean(bucket: Sequence[dict[str, Any]], name: str) -> float | None:
    numbers = _numbers(bucket, name)
    return sum(numbers) / len(numbers) if numbers else None
