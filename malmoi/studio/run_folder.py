"""Reading the folder of runs: which stages are finished, and the curve of the loss. It reads files and asks nobody."""

import functools
import math
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.run import CORPUS, REPORT, STAGES, TRAIN, is_run

REPORT_PAGE = "report.html"

_MOST_CURVES = 4
"""A step takes about 600 bytes (dict, seven numbers): 2.4 GB for four runs of a million steps."""
_TABLES = ("config", "counts", "inputs", "outputs")
_LOSS_COLUMNS = ("tokens", "seconds", "loss", "learning_rate", "gradient_norm", "tokens_per_s")


StageName = Literal["corpus", "tokenizer", "tokens", "train", "model", "report"]
Status = Literal["finished", "unfinished", "absent"]
Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class Stage:
    """A stage in one line. finished_at: seconds since 1970; code: the version that made it. None before its end."""

    name: StageName
    status: Status
    seconds: float | None
    finished_at: float | None
    code: str | None


@dataclass(frozen=True)
class StageDetail(Stage):
    """A stage with the tables of its manifest, empty where it has none yet."""

    config: dict[str, Any]
    counts: dict[str, Any]
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class RunSummary:
    """A run in one line of a list. updated: when something was last written, seconds since 1970."""

    name: str
    stages: tuple[Stage, ...]
    finished: bool
    updated: float | None


@dataclass(frozen=True)
class RunDetail:
    """A run with all of its stages, and which of its pages there are."""

    name: str
    stages: tuple[StageDetail, ...]
    has_report: bool
    has_loss: bool
    has_corpus: bool


@dataclass(frozen=True)
class LossColumns:
    """Steps as columns of one length. Each number is the mean of a bucket of steps; step is the bucket's last."""

    step: Numbers
    tokens: Numbers
    seconds: Numbers
    loss: Numbers
    learning_rate: Numbers
    gradient_norm: Numbers
    tokens_per_s: Numbers
    loss_min: Numbers
    loss_max: Numbers


@dataclass(frozen=True)
class Loss:
    """The curve of a training. steps: how many were taken; checkpoints, resumes: the steps at which they lie."""

    steps: int
    columns: LossColumns
    checkpoints: tuple[int, ...]
    resumes: tuple[int, ...]


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


def summary(run: Path) -> RunSummary:
    """A run in one line of a list."""
    stages = tuple(_stage(run / name) for name in STAGES)
    times = [stage.finished_at for stage in stages if stage.finished_at]
    # A stage that is under way says so by its events, hours before its manifest.
    written = [events.last_written(folder) for folder in (run, *(run / name for name in STAGES))]
    times += [time for time in written if time is not None]
    finished = all(stage.status == "finished" for stage in stages)
    return RunSummary(run.name, stages, finished, max(times, default=None))


def detail(run: Path, curve: events.Curve) -> RunDetail:
    """A run with each stage's settings, counts and hashes. curve: of its training."""
    has_report = (run / REPORT / REPORT_PAGE).is_file()
    has_corpus = (run / CORPUS / manifest.NAME).is_file()
    stages = tuple(_stage_detail(run / name) for name in STAGES)
    return RunDetail(run.name, stages, has_report, bool(curve.by_step), has_corpus)


def loss_curve(curve: events.Curve, points: int) -> Loss:
    """The steps of a training run as columns of at most `points` numbers each: means of equal buckets of steps."""
    steps = curve.steps()
    size = max(1, math.ceil(len(steps) / points))
    buckets = [steps[start : start + size] for start in range(0, len(steps), size)]
    means = {name: tuple(_mean(bucket, name) for bucket in buckets) for name in _LOSS_COLUMNS}
    columns = LossColumns(
        **means,
        step=tuple(bucket[-1].get("step") for bucket in buckets),
        loss_min=tuple(min(_numbers(bucket, "loss"), default=None) for bucket in buckets),
        loss_max=tuple(max(_numbers(bucket, "loss"), default=None) for bucket in buckets),
    )
    return Loss(len(steps), columns, tuple(curve.checkpoints), tuple(curve.resumes))


def _stage(folder: Path) -> Stage:
    """A stage by its manifest: finished where it has one, unfinished where only the folder is there."""
    return _as_stage(folder, _manifest(folder))


def _stage_detail(folder: Path) -> StageDetail:
    """A stage with its tables. Both come of one reading, so that a rebuild between two cannot mix them."""
    found = _manifest(folder)
    tables = ((found or {}).get(name) or {} for name in _TABLES)
    return StageDetail(*astuple(_as_stage(folder, found)), *tables)


def _as_stage(folder: Path, found: dict[str, Any] | None) -> Stage:
    """A stage in one line. found: its manifest, which is written last, so that without it the stage is unfinished."""
    name = cast(StageName, folder.name)
    if found is None:
        return Stage(name, "unfinished" if folder.is_dir() else "absent", None, None, None)
    return Stage(name, "finished", found.get("seconds"), found.get("finished_at"), found.get("code"))


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a stage; None for an unfinished one, and for a damaged one: the page still opens."""
    try:
        state = (folder / manifest.NAME).stat()
        return _read_manifest(folder, state.st_mtime_ns, state.st_size, state.st_ino)
    except (UserError, FileNotFoundError, NotADirectoryError):
        return None


@functools.lru_cache(maxsize=4096)
def _read_manifest(folder: Path, *_state: int) -> dict[str, Any] | None:
    """A manifest as it is in this state of its file: a page asks every 2 s, and a finished stage never changes.

    A new one is renamed into place (kit/files.py), so it has another inode.
    """
    return manifest.find(folder)


def _numbers(bucket: Sequence[dict[str, Any]], name: str) -> list[float]:
    """The finite numbers of a column. A step whose loss was no number leaves a gap, and not an empty plot."""
    values = (event.get(name) for event in bucket)
    return [value for value in values if isinstance(value, (int, float)) and math.isfinite(value)]


def _mean(bucket: Sequence[dict[str, Any]], name: str) -> float | None:
    """The mean of a column over some steps; None where none of them has a finite number."""
    numbers = _numbers(bucket, name)
    return sum(numbers) / len(numbers) if numbers else None
