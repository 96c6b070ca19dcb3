"""A corpus from beginning to end: a plan, its stages (stages.py) by some engine, and the manifest.

Everything on the way lies in out/work/<fingerprint>, and every file there is whole or absent: a killed build goes on
from the tasks that are finished. Nothing in the result depends on the engine, the processes or the partitions.
"""

import contextlib
import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from malmoi.corpus import exchange, index, judgement, ledger, media, publish, ranking, stages, tasks, tombstones, units
from malmoi.corpus.pieces import MEDIA
from malmoi.corpus.recipe import CorpusRecipe, num_processes
from malmoi.corpus.sources.files import would_read
from malmoi.corpus.tasks import Plan
from malmoi.corpus.units import Unit
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL, is_remote, listed, make_folder, remove, require, sha256_of

STAGE = "corpus"
TOLD = (ranking.THRESHOLDS, ranking.SITES, judgement.MIX)
MADE = (*publish.WRITTEN, MEDIA, *TOLD)
"""What a build puts into its folder beside events and manifest."""

ENGINES = {"pool": "malmoi.corpus.workers", "ray": "malmoi.corpus.run_ray", "slurm": "malmoi.corpus.run_slurm"}
"""Where the `run_all` of each engine is: Ray is only imported where it is asked for."""

Progress = Callable[[int, int], None]


def build(recipe: CorpusRecipe, out: Path, progress: Progress, run_all: stages.RunAll | None = None) -> dict[str, Any]:
    """Builds the corpus into `out` and returns its counts; does nothing where that is done already.

    `progress` is called with bytes done and bytes in all. `run_all`: another engine than the recipe's. Raises UserError
    where an input is missing or holds `out`, or another build is at work in `out`.
    """
    started = time.monotonic()
    _keep_apart(recipe, out)
    read = units.plan(recipe)
    planned = [*read, *_base_units(recipe, len(read))]
    inputs = {
        **units.content_hashes(recipe, read),
        **index.hashes(recipe),
        **recipe.decontamination.hashes(),
        **tombstones.hashes(out),
    }
    config = recipe.output_config()
    if manifest.is_finished(out, config, inputs):
        remove(out / "work")  # left there by a process killed just after the manifest
        return manifest.read(out)["counts"]
    with _lock(out):
        plan = _prepare(recipe, out, planned, config | {"inputs_sha256": inputs})
        input_bytes = sum(unit.size_bytes for unit in plan.units)
        events.append(out, "start", units=len(planned), input_bytes=input_bytes, processes=num_processes(recipe))
        engine = run_all or import_module(ENGINES[recipe.engine]).run_all
        stages.run(plan, engine, lambda share: progress(int(share * input_bytes), input_bytes))
        _forget_media(out)
        outputs = _outputs(plan)
        counts = ledger.count(out)
        expected = sum(piece.documents + piece.unreadable for piece in tasks.ranked(plan.space) if not piece.base)
        assert counts["documents_in"] == expected, f"{expected} items read, {counts['documents_in']} in the ledger"
        seconds = time.monotonic() - started
        manifest.write(out, manifest.Manifest(STAGE, config, inputs, outputs, counts, seconds))
        remove(plan.space.folder.parent)
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


def _base_units(recipe: CorpusRecipe, first: int) -> list[Unit]:
    """The indexes of older corpora as units after all others."""
    files = [path for _, paths in index.parts(recipe) for path in paths]
    return [Unit(number, units.BASE, (path,), path.stat().st_size) for number, path in enumerate(files, first)]


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
    """One build at a time in a folder of this machine. The lock goes with the process, however it ends."""
    require(out)
    if is_remote(out):
        yield
        return
    make_folder(out)
    with (out / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"another build is at work in {out}", hint="wait for it, or give another folder") from None
        yield


def _prepare(recipe: CorpusRecipe, out: Path, planned: Sequence[Unit], made_from: dict[str, Any]) -> Plan:
    """The plan of this build, in a folder of its own. That of a killed build is gone on with, all else is removed."""
    text = json.dumps(made_from, sort_keys=True, default=str)
    folder = out / "work" / hashlib.sha256(text.encode()).hexdigest()[:16]
    plan = Plan(tasks.Workspace(recipe, folder, out, tasks.partitions_for(planned)), tuple(planned))
    remove(out / manifest.NAME)
    make_folder(folder)
    for other in listed(folder.parent):
        if other.name != folder.name:
            remove(other)
    for leftover in listed(folder):
        if leftover.name.endswith(PARTIAL) or leftover.name.startswith("spill-"):
            remove(leftover)
    if not (folder / tasks.PLAN).exists():
        for name in MADE:
            remove(out / name)
        tasks.write_plan(plan)
    return plan


def _forget_media(out: Path) -> None:
    """Removes the media of documents that did not stay: media are stored while documents are read."""
    if not (out / MEDIA).exists():
        return
    wanted: set[str] = set()
    for path in listed(out / ledger.SHARDS, ".parquet"):
        with exchange.reading(path) as file:
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
