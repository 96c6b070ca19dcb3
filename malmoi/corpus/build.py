"""A corpus from beginning to end: a plan, its stages (passes/phases.py) by some engine, and the manifest.

Everything on the way lies in out/work/<fingerprint> (kit/stage.py), and every file there is whole or absent: a killed
build goes on from the tasks that are finished. Nothing in the result depends on the engine, the processes or the
partitions. While it works, the build holds the lease of `out` (kit/lock.py), and so does every task (Workspace.lease).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from malmoi.corpus.ledger import stored_media, tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.layout import MEDIA, REPORTS, SIDE_FILES, WRITTEN
from malmoi.corpus.passes import dedup_index, inputs, phases, publish, tasks, units
from malmoi.corpus.passes.memory import INPUT_BYTES_PER_DOCUMENT, num_processes, require_memory
from malmoi.corpus.passes.tasks import Plan
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.listing import would_read
from malmoi.kit import config, events, fence, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL, listed, make_folder, remove
from malmoi.kit.run import CORPUS
from malmoi.kit.stage import Made, Stage, stage

OUTPUT_VERSION = 5
"""Raised by whoever changes what a build writes, with the golden hashes: a finished corpus of another version is built
again, and a killed build never goes on under other code. 2: one name for each site (2026-11-30).
3: no letter is lost without an account (2026-11-30). 4: misread print, rulers, figures beside prose (2026-11-30).
5: more names of Markdown (2026-11-30)."""

ENGINES = {"pool": "malmoi.kit.pool", "ray": "malmoi.corpus.engines.ray_tasks", "slurm": "malmoi.corpus.engines.slurm"}
"""Where the `run_all` of each engine is: Ray is only imported where it is asked for."""

Progress = Callable[[int, int], None]


def build(recipe: CorpusRecipe, out: Path, progress: Progress, run_all: phases.RunAll | None = None) -> dict[str, Any]:
    """Builds the corpus into `out` and returns its counts; does nothing where that is done already.

    `progress` is called with bytes done and bytes in all. `run_all`: another engine than the recipe's. Raises UserError
    where an input is missing or holds `out`, where memory_bytes is too small for so many documents, and (75) where
    another process is at work in `out`, or took it over on the way.
    """
    _keep_apart(recipe, out)
    read = units.plan(recipe)
    planned = [*read, *_base_units(recipe, len(read))]
    guess = sum(unit.size_bytes for unit in read) // INPUT_BYTES_PER_DOCUMENT
    require_memory(recipe, guess, is_guess=True)
    identities = inputs.identify(recipe, read, out)
    with stage(out, _made(recipe, out, identities), how="size") as work:
        if work is not None:
            identities = _build(recipe, planned, work, identities, (progress, run_all))
    inputs.remember(out, identities)  # after the manifest: killed between them, the next call hashes contents once
    return manifest.read(out)["counts"]


def made_from(recipe: CorpusRecipe, out: Path) -> Made:
    """What identifies the corpus of a recipe in `out`, for `stage.change`. Reads contents only where times changed."""
    return _made(recipe, out, inputs.identify(recipe, units.plan(recipe), out))


def _made(recipe: CorpusRecipe, out: Path, identities: Mapping[str, inputs.Identity]) -> Made:
    hashes = {
        **{name: identity.known_by for name, identity in identities.items()},
        **dedup_index.hashes(recipe),
        **config.files(recipe, CORPUS),
        **recipe.personal_data.hashes(),
        **tombstones.hashes(out),
    }
    return Made(CORPUS, OUTPUT_VERSION, config.identity(recipe), hashes)


def _build(
    recipe: CorpusRecipe,
    planned: Sequence[Unit],
    work: Stage,
    identities: dict[str, inputs.Identity],
    by: tuple[Progress, phases.RunAll | None],
) -> dict[str, inputs.Identity]:
    """Does what is missing. Returns the inputs with their content hashes, by which the manifest knows them."""
    started = time.monotonic()
    progress, run_all = by
    inputs.remember(work.folder, identities)  # the manifest, whose hashes an older version went by, is gone now
    out, plan = work.folder, _prepare(recipe, planned, work)
    input_bytes = sum(unit.size_bytes for unit in planned)
    sizes = {"units": len(planned), "input_bytes": input_bytes}
    events.append(out, "build_started", **sizes, processes=num_processes(recipe))
    engine = run_all or import_module(ENGINES[recipe.engine]).run_all
    phases.run(plan, engine, lambda share: progress(int(share * input_bytes), input_bytes))
    stored_media.remove_unwanted(out)
    work.add(*_outputs(plan))
    _remove_others(out, work.outputs)
    work.counts = count(out)
    expected = sum(chunk.documents + chunk.unreadable for chunk in tasks.ranked(plan.space) if not chunk.base)
    documents_in = work.counts["documents_in"]
    assert documents_in == expected, f"{expected} items read, {documents_in} in the ledger"
    identities = inputs.with_contents(recipe, identities, tasks.scanned(plan))
    contents = {name: identity.known_by for name, identity in identities.items()}
    work.made = replace(work.made, inputs=work.made.inputs | contents)
    kept = work.counts["documents_kept"]
    events.append(out, "build_finished", seconds=time.monotonic() - started, documents_kept=kept)
    return identities


def describe(recipe: CorpusRecipe) -> dict[str, Any]:
    """What `build` would read, and with how many processes. Raises UserError where an input or a base is missing."""
    read = units.plan(recipe)
    planned = [*read, *_base_units(recipe, len(read))]
    listed_inputs = []
    for number, source in enumerate(recipe.inputs):
        of_input = [unit for unit in read if unit.input_number == number]
        sizes = {"files": sum(len(unit.files) for unit in of_input), "bytes": sum(unit.size_bytes for unit in of_input)}
        listed_inputs.append({"input": units.label(source), "path": str(source.path), **sizes})
    reasons = list(dict.fromkeys(rule.reason for rule in recipe.rules()))
    return {"inputs": listed_inputs, "units": len(planned), "processes": num_processes(recipe), "reasons": reasons}


def _base_units(recipe: CorpusRecipe, first: int) -> list[Unit]:
    """The indexes of older corpora as units after all others."""
    files = [path for _, paths in dedup_index.parts(recipe) for path in paths]
    return [Unit(number, units.BASE, (path,), path.stat().st_size) for number, path in enumerate(files, first)]


def _keep_apart(recipe: CorpusRecipe, out: Path) -> None:
    """Raises UserError where the next build would read what this one writes, or this one removes its own base."""
    for number, folder in enumerate(recipe.base):
        if folder.resolve() == out.resolve():
            raise UserError(f"corpus.base[{number}] is {folder}, the output itself", "the folder of an older corpus")
    parts = [f"{name}/part.parquet" for name in WRITTEN]
    written = [*parts, *SIDE_FILES, inputs.NAME, manifest.NAME, f"{events.FOLDER}/0.jsonl"]
    for number, source in enumerate(recipe.inputs):
        resolved = replace(source, path=source.path.resolve())
        if any(would_read(out.resolve() / name, resolved) for name in written):
            raise UserError(
                f"corpus.inputs[{number}] reads {source.path}, in which the output {out} lies",
                "a folder of the run outside its inputs, or an `exclude` for it",
            )


def _prepare(recipe: CorpusRecipe, planned: Sequence[Unit], work: Stage) -> Plan:
    """The plan of this build in its work folder. What a killed build of the same left there is gone on with."""
    folder, out = work.work, work.folder
    lease = next((token for token in fence.held() if token.folder == out), None)
    plan = Plan(tasks.Workspace(recipe, folder, out, tasks.partitions_for(planned), lease), tuple(planned))
    make_folder(folder)
    for leftover in listed(folder):
        if leftover.name.endswith(PARTIAL) or leftover.name.startswith("spill-"):
            remove(leftover)
    if not (folder / tasks.PLAN).exists():
        for name in (*WRITTEN, MEDIA, *SIDE_FILES, *REPORTS):
            remove(out / name)
    tasks.write_plan(plan)  # anew: nodes read the lease and the settings of the machine there
    return plan


def _remove_others(out: Path, outputs: Mapping[str, Any]) -> None:
    """Removes parts that are not of this corpus: those of an older one with more parts."""
    for name in WRITTEN:
        for path in listed(out / name):
            if f"{name}/{path.name}" not in outputs:
                remove(path)


def _outputs(plan: Plan) -> tuple[list[str], dict[str, str]]:
    """The name of every file of the corpus, and the SHA-256 of those that were hashed when they were written."""
    hashes: dict[str, str] = {}
    for task in tasks.tasks(plan, tasks.PUBLISH):
        hashes.update(publish.read_hashes(task.record))
    names = sorted([*hashes, *(name for name in SIDE_FILES if (plan.space.out / name).exists())])
    return names, hashes
