"""A corpus from beginning to end: a plan, its stages (stages.py) by some engine, and the manifest.

Everything on the way lies in out/work/<fingerprint>, and every file there is whole or absent: a killed build goes on
from the tasks that are finished. Nothing in the result depends on the engine, the processes or the partitions.
"""

import contextlib
import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from malmoi.corpus import media
from malmoi.corpus.ledger import layout, tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.layout import MEDIA
from malmoi.corpus.passes import dedup, dedup_index, phases, publish, rank, shuffle, tasks, units
from malmoi.corpus.passes.memory import num_processes
from malmoi.corpus.passes.tasks import Plan
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import page
from malmoi.corpus.sources.files import would_read
from malmoi.kit import config, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL, listed, make_folder, remove, sha256_of
from malmoi.kit.paths import is_remote, require_reachable
from malmoi.kit.stage import Made

STAGE, WORK = "corpus", "work"
OUTPUT_VERSION = 1
"""Raised with every change of what the same inputs and settings are built to."""
TOLD = (rank.THRESHOLDS, rank.SITES, dedup.MIX)
REPORTS = (page.HTML, page.JSON)
MADE = (*publish.WRITTEN, MEDIA, *TOLD, *REPORTS)
"""What a build, and who reports on it, puts into its folder beside events and manifest."""

ENGINES = {
    "pool": "malmoi.corpus.engines.pool",
    "ray": "malmoi.corpus.engines.ray_tasks",
    "slurm": "malmoi.corpus.engines.slurm",
}
"""Where the `run_all` of each engine is: Ray is only imported where it is asked for."""

Progress = Callable[[int, int], None]


def build(
    recipe: CorpusRecipe,
    out: Path,
    progress: Progress,
    run_all: phases.RunAll | None = None,
    inputs: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Builds the corpus into `out` and returns its counts; does nothing where that is done already.

    `progress` is called with bytes done and bytes in all. `run_all`: another engine than the recipe's. `inputs`: of
    `made_from`, where the caller has read them already. Raises UserError where an input is missing or holds `out`, or
    another build is at work in `out`.
    """
    started = time.monotonic()
    _keep_apart(recipe, out)
    read = units.plan(recipe)
    planned = [*read, *_base_units(recipe, len(read))]
    inputs = inputs or made_from(recipe, out, read).inputs
    settings = config.identity(recipe)
    if manifest.is_finished(out, settings, inputs, OUTPUT_VERSION):
        _forget(out / WORK)  # left there by a process killed just after the manifest
        return manifest.read(out)["counts"]
    with locked(out):
        plan = _prepare(recipe, out, planned, settings | {"inputs_sha256": inputs})
        input_bytes = sum(unit.size_bytes for unit in plan.units)
        sizes = {"units": len(planned), "input_bytes": input_bytes}
        events.append(out, "build_started", **sizes, processes=num_processes(recipe))
        engine = run_all or import_module(ENGINES[recipe.engine]).run_all
        phases.run(plan, engine, lambda share: progress(int(share * input_bytes), input_bytes))
        _forget_media(out)
        outputs = _outputs(plan)
        _forget_others(out, outputs)
        counts = count(out)
        expected = sum(piece.documents + piece.unreadable for piece in tasks.ranked(plan.space) if not piece.base)
        assert counts["documents_in"] == expected, f"{expected} items read, {counts['documents_in']} in the ledger"
        seconds = time.monotonic() - started
        outputs = manifest.outputs_of(out, outputs, outputs)
        manifest.write(out, manifest.Manifest(STAGE, settings, inputs, outputs, counts, seconds))
        _forget(out / WORK)
        events.append(out, "build_finished", seconds=seconds, documents_kept=counts["documents_kept"])
    return counts


def made_from(recipe: CorpusRecipe, out: Path, read: Sequence[Unit] | None = None) -> Made:
    """What identifies the corpus of a recipe, for `stage.change`. Reads every input once, which takes its time.

    read: the units of the inputs, where they are known. Raises UserError where an input is missing.
    """
    inputs = {
        **units.content_hashes(recipe, units.plan(recipe) if read is None else read),
        **dedup_index.hashes(recipe),
        **config.files(recipe, STAGE),
        **recipe.personal_data.hashes(),
        **tombstones.hashes(out),
    }
    return Made(STAGE, OUTPUT_VERSION, config.identity(recipe), inputs)


def describe(recipe: CorpusRecipe) -> dict[str, Any]:
    """What `build` would read, and with how many processes. Raises UserError where an input or a base is missing."""
    read = units.plan(recipe)
    planned = [*read, *_base_units(recipe, len(read))]
    inputs = []
    for number, source in enumerate(recipe.inputs):
        own = [unit for unit in planned if unit.input_number == number]
        sizes = {"files": sum(len(unit.files) for unit in own), "bytes": sum(unit.size_bytes for unit in own)}
        inputs.append({"input": units.label(source), "path": str(source.path), **sizes})
    reasons = list(dict.fromkeys(rule.reason for rule in recipe.rules()))
    return {"inputs": inputs, "units": len(planned), "processes": num_processes(recipe), "reasons": reasons}


def _base_units(recipe: CorpusRecipe, first: int) -> list[Unit]:
    """The indexes of older corpora as units after all others."""
    files = [path for _, paths in dedup_index.parts(recipe) for path in paths]
    return [Unit(number, units.BASE, (path,), path.stat().st_size) for number, path in enumerate(files, first)]


def _keep_apart(recipe: CorpusRecipe, out: Path) -> None:
    """Raises UserError where the next build would read what this one writes, or this one removes its own base."""
    for number, folder in enumerate(recipe.base):
        if folder.resolve() == out.resolve():
            raise UserError(f"corpus.base[{number}] is {folder}, the output itself", "the folder of an older corpus")
    written = [*(f"{name}/part.parquet" for name in publish.WRITTEN), *TOLD, manifest.NAME, f"{events.FOLDER}/0.jsonl"]
    for number, source in enumerate(recipe.inputs):
        resolved = replace(source, path=source.path.resolve())
        if any(would_read(out.resolve() / name, resolved) for name in written):
            raise UserError(
                f"corpus.inputs[{number}] reads {source.path}, in which the output {out} lies",
                "a folder of the run outside its inputs, or an `exclude` for it",
            )


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """One build or erasure at a time in a folder of this machine. The lock goes with the process, however it ends."""
    require_reachable(out)
    if is_remote(out):
        yield
        return
    make_folder(out)
    with (out / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wrong = f"another build or erasure is at work in {out}"
            raise UserError(wrong, hint="wait for it, or give another folder") from None
        yield


def _prepare(recipe: CorpusRecipe, out: Path, planned: Sequence[Unit], made_from: dict[str, Any]) -> Plan:
    """The plan of this build, in a folder of its own. That of a killed build is gone on with, all else is removed."""
    text = json.dumps(made_from, sort_keys=True, default=str)
    folder = out / WORK / hashlib.sha256(text.encode()).hexdigest()[:16]
    plan = Plan(tasks.Workspace(recipe, folder, out, tasks.partitions_for(planned)), tuple(planned))
    remove(out / manifest.NAME)
    make_folder(folder)
    for other in listed(folder.parent):
        if other.name != folder.name:
            _forget(other)
    for leftover in listed(folder):
        if leftover.name.endswith(PARTIAL) or leftover.name.startswith("spill-"):
            remove(leftover)
    if not (folder / tasks.PLAN).exists():
        for name in MADE:
            remove(out / name)
    tasks.write_plan(plan)  # anew: nodes read the settings of the machine there, and they may be others than before
    return plan


def _forget(folder: Path) -> None:
    """Removes what was on the way, the plan first: half of it without a plan is never gone on with."""
    for inside in listed(folder):
        remove(inside / tasks.PLAN)
    remove(folder / tasks.PLAN)
    remove(folder)


def _forget_others(out: Path, outputs: Mapping[str, str]) -> None:
    """Removes parts that are not of this corpus: a job of an older build may have been at work while this one began."""
    for name in publish.WRITTEN:
        for path in listed(out / name):
            if f"{name}/{path.name}" not in outputs:
                remove(path)


def _forget_media(out: Path) -> None:
    """Removes the media of documents that did not stay: media are stored while documents are read."""
    if not (out / MEDIA).exists():
        return
    wanted: set[str] = set()
    for path in listed(out / layout.SHARDS, ".parquet"):
        with shuffle.reading(path) as file:
            for group in range(file.num_row_groups):
                listed_there = file.read_row_group(group, columns=["segments"]).column("segments").combine_chunks()
                wanted.update(listed_there.flatten().field("sha256").drop_null().to_pylist())
    media.remove_others(out / MEDIA, wanted)


def _outputs(plan: Plan) -> dict[str, str]:
    """SHA-256 of every file of the corpus by name."""
    hashes: dict[str, str] = {}
    for task in tasks.tasks(plan, tasks.PUBLISH):
        hashes.update(publish.read_hashes(task.record))
    out = plan.space.out
    hashes.update({name: sha256_of(out / name) for name in TOLD if (out / name).exists()})
    return dict(sorted(hashes.items()))
