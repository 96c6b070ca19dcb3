"""Reading the folder of runs: which stages are finished, and the curve of the loss. It reads files and asks nobody."""

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.run import CORPUS, REPORT, STAGES, TRAIN, is_run

REPORT_PAGE = "report.html"

_MOST_CURVES = 4
"""A step takes about 600 bytes (dict, seven numbers): 2.4 GB for four runs of a million steps."""
_TABLES = ("config", "counts", "inputs", "outputs")
_LOSS_COLUMNS = ("step", "tokens", "seconds", "loss", "learning_rate", "gradient_norm", "tokens_per_s")


class Curves:
    """The curves of the runs that were looked at last, so that a request reads only what is new."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_folder: dict[Path, events.Curve] = {}

    def of(self, run: Path) -> events.Curve:
        """The curve of a run's training as it stands now."""
        with self._lock:
            curve = self._by_folder.pop(run, None) or events.Curve(run / TRAIN)
            self._by_folder[run] = curve  # the last is the one that was looked at last
            if len(self._by_folder) > _MOST_CURVES:
                del self._by_folder[next(iter(self._by_folder))]
            return curve.update()


def run_names(runs: Path) -> list[str]:
    """The names of the folders in `runs` that hold at least one stage's folder."""
    if not runs.is_dir():
        return []
    folders = (folder for folder in runs.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted(folder.name for folder in folders if is_run(folder))


def summary(run: Path) -> dict[str, Any]:
    """A run in one line of a list."""
    stages = [_stage(run / name) for name in STAGES]
    times = [stage["finished_at"] for stage in stages if stage["finished_at"]]
    # A stage that is under way says so by its events, hours before its manifest.
    written = [events.last_written(folder) for folder in (run, *(run / name for name in STAGES))]
    times += [time for time in written if time is not None]
    short = [{key: stage[key] for key in ("name", "status", "seconds", "finished_at", "code")} for stage in stages]
    finished = all(stage["status"] == "finished" for stage in stages)
    return {"name": run.name, "stages": short, "finished": finished, "updated": max(times, default=None)}


def detail(run: Path, curve: events.Curve) -> dict[str, Any]:
    """A run with each stage's settings, counts and hashes. curve: of its training."""
    return {
        "name": run.name,
        "stages": [_stage(run / name) for name in STAGES],
        "has_report": (run / REPORT / REPORT_PAGE).is_file(),
        "has_loss": bool(curve.by_step),
        "has_corpus": (run / CORPUS / manifest.NAME).is_file(),
    }


def loss_curve(curve: events.Curve, points: int) -> dict[str, Any]:
    """The steps of a training run as columns of at most `points` numbers each: means of equal buckets of steps."""
    steps = curve.steps()
    size = max(1, math.ceil(len(steps) / points))
    buckets = [steps[start : start + size] for start in range(0, len(steps), size)]
    columns: dict[str, list[Any]] = {name: [_mean(bucket, name) for bucket in buckets] for name in _LOSS_COLUMNS}
    columns["step"] = [bucket[-1].get("step") for bucket in buckets]
    columns["loss_min"] = [min(_numbers(bucket, "loss"), default=None) for bucket in buckets]
    columns["loss_max"] = [max(_numbers(bucket, "loss"), default=None) for bucket in buckets]
    marks = {"checkpoints": list(curve.checkpoints), "resumes": list(curve.resumes)}
    return {"steps": len(steps), "columns": columns, **marks}


def _stage(folder: Path) -> dict[str, Any]:
    """A stage by its manifest: finished where it has one, unfinished where only the folder is there."""
    empty = dict.fromkeys(("seconds", "finished_at", "code")) | {key: {} for key in _TABLES}
    stage = {"name": folder.name, "status": "unfinished" if folder.is_dir() else "absent", **empty}
    if not (folder / manifest.NAME).is_file():
        return stage
    try:
        found = manifest.read(folder)
    except UserError:  # damaged: the page still opens, and the stage shows as unfinished
        return stage
    return {**stage, "status": "finished", **{key: found.get(key, empty[key]) for key in empty}}


def _numbers(bucket: Sequence[dict[str, Any]], name: str) -> list[float]:
    values = (event.get(name) for event in bucket)
    return [value for value in values if isinstance(value, (int, float)) and math.isfinite(value)]


def _mean(bucket: Sequence[dict[str, Any]], name: str) -> float | None:
    numbers = _numbers(bucket, name)
    return sum(numbers) / len(numbers) if numbers else None
