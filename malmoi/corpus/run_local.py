"""A corpus on one machine: a pass over every file in spawned processes, a comparison of keys, a last write.

Everything on the way lies in out/work/<fingerprint>, and every file there is whole or absent: a killed build goes on
from the units that are finished. Nothing in the result depends on the number of processes.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.corpus import journal, ledger, publish, units
from malmoi.corpus.comparison import Limits, compare
from malmoi.corpus.pieces import Piece, Task, pass_over, read_record
from malmoi.corpus.recipe import MEGABYTE, CorpusRecipe
from malmoi.corpus.sources.files import would_read
from malmoi.corpus.units import Unit
from malmoi.corpus.workers import Hooks, run_all
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL

STAGE = "corpus"
WORKER_BYTES = 650 * MEGABYTE
"""What one worker takes with the page parser beside it: libraries 350 MB, batches and buffers the rest (measured)."""
DRIVER_BYTES = 300 * MEGABYTE

Progress = Callable[[int, int], None]


def build(recipe: CorpusRecipe, out: Path, progress: Progress) -> dict[str, Any]:
    """Builds the corpus into `out` and returns its counts; does nothing where that is done already.

    `progress` is called with bytes done and bytes in all. Raises UserError where an input is missing or holds
    `out`, or another build is at work in `out`.
    """
    started = time.monotonic()
    _keep_apart(recipe, out)
    planned = units.plan(recipe)
    inputs = units.content_hashes(recipe, planned)
    config = recipe.output_config()
    if manifest.is_finished(out, config, inputs):
        shutil.rmtree(out / "work", ignore_errors=True)  # left there by a process killed just after the manifest
        return manifest.read(out)["counts"]
    with _lock(out):
        folder = _workspace(out, config, inputs)
        run = _Run(recipe, folder, out, progress, sum(unit.size_bytes for unit in planned))
        events.append(out, "start", units=len(planned), input_bytes=run.input_bytes, processes=run.processes)
        pieces = _pass(run, planned)
        compare(recipe, folder, pieces, run.limits)
        outputs = _publish(run, pieces)
        counts = ledger.count(out)
        expected = sum(piece.documents + piece.unreadable for piece in pieces)
        assert counts["documents_in"] == expected, f"{expected} items read, {counts['documents_in']} in the ledger"
        seconds = time.monotonic() - started
        manifest.write(out, manifest.Manifest(STAGE, config, inputs, outputs, counts, seconds))
        shutil.rmtree(folder.parent)
        events.append(out, "finished", seconds=seconds, documents_kept=counts["documents_kept"])
    return counts


def describe(recipe: CorpusRecipe) -> dict[str, Any]:
    """What `build` would read, and with how many processes. Raises UserError where an input is missing."""
    planned = units.plan(recipe)
    inputs = []
    for number, source in enumerate(recipe.inputs):
        own = [unit for unit in planned if unit.input_number == number]
        sizes = {"files": sum(len(unit.files) for unit in own), "bytes": sum(unit.size_bytes for unit in own)}
        inputs.append({"input": units.label(source), "path": str(source.path), **sizes})
    reasons = list(dict.fromkeys(rule.reason for rule in recipe.rules()))
    return {"inputs": inputs, "units": len(planned), "processes": num_processes(recipe), "reasons": reasons}


def num_processes(recipe: CorpusRecipe) -> int:
    """As many as asked for, else as there are cores; no more than fit into the memory."""
    cores = recipe.processes or len(os.sched_getaffinity(0))
    return max(1, min(cores, (recipe.memory_bytes - DRIVER_BYTES) // WORKER_BYTES))


@dataclass(frozen=True)
class _Run:
    """One build: what, where, and how its progress is told. The pass counts as 7 of 10, the last write as 3."""

    recipe: CorpusRecipe
    folder: Path
    out: Path
    progress: Progress
    input_bytes: int

    @property
    def processes(self) -> int:
        return num_processes(self.recipe)

    @property
    def limits(self) -> Limits:
        """DuckDB works alone: the workers are gone by then."""
        return Limits(max(250 * MEGABYTE, (self.recipe.memory_bytes - DRIVER_BYTES) // 2), self.processes)

    def tell(self, share: float) -> None:
        self.progress(int(share * self.input_bytes), self.input_bytes)


def _pass(run: _Run, planned: Sequence[Unit]) -> list[Piece]:
    tasks = [Task(run.recipe, unit, run.folder) for unit in planned]
    waiting = [task for task in tasks if not task.record.exists()]
    done = {task.unit.number: task.unit.size_bytes for task in tasks if task.record.exists()}

    def tell() -> None:
        run.tell(0.7 * sum(done.values()) / max(1, run.input_bytes))

    def news(number: int, raw_bytes: int) -> None:
        unit = waiting[number].unit
        done[unit.number] = min(raw_bytes, unit.size_bytes)
        tell()

    def finished(number: int, _result: Any) -> None:
        unit = waiting[number].unit
        done[unit.number] = unit.size_bytes
        tell()

    def revive(number: int, exit_code: int) -> Task:
        task = waiting[number]
        waiting[number] = replace(task, wounds=journal.after_death(task.wounds, task.journal))
        place = waiting[number].wounds.before
        print(f"a worker died (exit code {exit_code}) in {task.unit.files[0].name} and others", file=sys.stderr)
        events.append(run.out, "worker_died", unit=task.unit.number, exit_code=exit_code, place=place and place[0])
        return waiting[number]

    tell()
    run_all(pass_over, list(waiting), run.processes, Hooks(news, finished, revive))
    return [piece for task in tasks for piece in read_record(task.record)]


def _publish(run: _Run, pieces: Sequence[Piece]) -> dict[str, str]:
    parts = publish.cut(run.recipe, pieces, run.folder)
    outputs: dict[str, str] = {}
    written: dict[int, int] = {}
    total = max(1, sum(part.text_bytes for part in parts))

    def news(number: int, text_bytes: int) -> None:
        written[number] = text_bytes
        run.tell(0.7 + 0.3 * sum(written.values()) / total)

    def revive(number: int, exit_code: int) -> publish.Part:
        events.append(run.out, "worker_died", part=number, exit_code=exit_code)
        deaths[number] = deaths.get(number, 0) + 1
        if deaths[number] > journal.PATIENCE:
            raise RuntimeError(f"writing part {number} killed {deaths[number]} workers (exit code {exit_code})")
        return parts[number]

    deaths: dict[int, int] = {}
    if len(parts) == 1:  # not worth a process: it takes longer to start than to write
        outputs.update(publish.write_part(parts[0], lambda text_bytes: news(0, text_bytes)))
    else:
        run_all(publish.write_part, parts, run.processes, Hooks(news, lambda _, hashes: outputs.update(hashes), revive))
    for name in (ledger.SHARDS, ledger.LEDGER):
        shutil.rmtree(run.out / name, ignore_errors=True)
        (run.folder / name).rename(run.out / name)
    return dict(sorted(outputs.items()))


def _keep_apart(recipe: CorpusRecipe, out: Path) -> None:
    """Raises UserError where the next build would read what this one writes."""
    written = [f"{ledger.SHARDS}/part.parquet", manifest.NAME, events.NAME]
    for number, source in enumerate(recipe.inputs):
        resolved = replace(source, path=source.path.resolve())
        if any(would_read(out.resolve() / name, resolved) for name in written):
            raise UserError(
                f"corpus.inputs[{number}] reads {source.path}, in which the output {out} lies",
                "a folder of the run outside its inputs, or an `exclude` for it",
            )


@contextlib.contextmanager
def _lock(out: Path) -> Iterator[None]:
    """One build at a time in a folder. The lock goes with the process, however it ends."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"another build is at work in {out}", hint="wait for it, or give another folder") from None
        yield


def _workspace(out: Path, config: dict[str, Any], inputs: dict[str, str]) -> Path:
    """The folder for what is on the way; what another recipe or a killed process left there is removed."""
    text = json.dumps([config, inputs], sort_keys=True, default=str)
    folder = out / "work" / hashlib.sha256(text.encode()).hexdigest()[:16]
    (out / manifest.NAME).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)
    for leftover in (*folder.rglob(f"*{PARTIAL}"), folder / "spill"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
    return folder
