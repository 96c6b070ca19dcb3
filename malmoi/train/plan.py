"""What a run is, decided before its first step, and whether a saved one may go on as it: a changed recipe must not go
on silently under the old name."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.kit import config, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.run import id_of
from malmoi.kit.stage import Change
from malmoi.model.shape import ModelSettings, Shape
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.train import checkpoint, machine, run_events
from malmoi.train.checkpoint import CHECKPOINTS
from malmoi.train.settings import TrainSettings

OUTPUT_VERSION = 1
"""Raised by whoever changes the numbers that a recipe gives: a run that was saved does not go on under such code."""
MACHINE = ("micro_sequences", "device", "threads")
"""They may change: the numbers differ by rounding. Older checkpoints name them under "train" too."""
FREE_KEYS = frozenset(
    {"train.checkpoint_steps", "train.keep_checkpoints", "train.precision"}
    | {f"{table}.{name}" for table in ("train", "machine") for name in MACHINE}
)
"""The first two change no number of the run; the precision is compared as resolved, under "machine"."""


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first step. config and inputs identify the run; `machine` is what it runs on.

    tokenizer_sha256: of the tokenizer.json that the tokens were made with, so that no other goes with the model.
    """

    settings: TrainSettings
    shape: Shape
    config: dict[str, Any]
    inputs: dict[str, str]
    machine: dict[str, Any]
    tokenizer_sha256: str | None


def make_plan(settings: TrainSettings, model: ModelSettings, tokens: Path) -> Plan:
    """The run that these settings and tokens make, on this machine. Raises UserError where they do not fit."""
    made = manifest.read(tokens)
    counts = made.get("counts", {})
    if settings.sequence_tokens > model.context_tokens:
        expected = f"at most model.context_tokens ({model.context_tokens})"
        raise UserError(f"train.sequence_tokens is {settings.sequence_tokens}", expected)
    if "vocabulary_tokens" not in counts:
        raise UserError(f"{tokens} does not tell vocabulary_tokens", hint="encode the corpus again")
    device = machine.choose_device(settings)
    return Plan(
        settings,
        model.shape(counts["vocabulary_tokens"]),
        {"train": config.identity(settings), "model": config.identity(model)},
        {"tokens": content_sha256(tokens)},
        {
            "device": device,
            "precision": machine.choose_precision(settings, device),
            "threads": settings.threads or len(os.sched_getaffinity(0)),
            "micro_sequences": settings.micro_sequences,
        },
        made["inputs"].get("tokenizer"),
    )


def standing(settings: TrainSettings, model: ModelSettings, tokens: Path, out: Path) -> tuple[bool, Change | None]:
    """Whether `out` is finished with these settings and tokens; what hinders `train` from going on there, if anything.

    Changes nothing and reads no checkpoint, only their manifests.
    """
    plan, saved = make_plan(settings, model, tokens), checkpoint.checkpoints(out / CHECKPOINTS)
    is_done = is_finished(plan, out) and bool(saved)
    return is_done, change_since(plan, saved[-1]) if saved and not is_done else None


def is_finished(plan: Plan, out: Path) -> bool:
    """Whether `out` says that it holds this run to its last step. Raises UserError for a damaged manifest."""
    return manifest.is_finished(out, plan.config, plan.inputs, OUTPUT_VERSION)


def record(plan: Plan, stage: str, config: dict[str, Any], out: Path, **made: Any) -> manifest.Manifest:
    """What the manifest of this run in `out`, or of a checkpoint of it, tells; `made`: outputs, counts, seconds."""
    devices, run_id = [plan.machine["device"]], id_of(out)
    version = OUTPUT_VERSION
    return manifest.Manifest(stage, config, plan.inputs, **made, output_version=version, devices=devices, run_id=run_id)


def settle(plan: Plan, found: Path | None, out: Path) -> Plan:
    """The plan with the threads and the precision that the run was started with, where the recipe leaves them open.

    Another machine than before is noted as an event. Raises UserError where the checkpoint found is of another run.
    """
    if found is None:
        return plan
    saved = manifest.read(found)
    on, was, asked = _compared(plan, saved)
    refuse_changes(was, asked, out)
    was_on = saved["config"]["machine"]
    was_on = {"micro_sequences": saved["config"]["train"].get("micro_sequences"), **was_on}  # where older runs keep it
    changes = {name: [was_on[name], value] for name, value in on.items() if was_on[name] != value}
    if changes:
        run_events.append(out, "machine_changed", step=saved["counts"]["step"], changes=changes)
    return replace(plan, machine=on)


def change_since(plan: Plan, saved: Path) -> Change | None:
    """The first thing in which a saved run differs from `plan`; None where it can go on as it."""
    return first_change(*_compared(plan, manifest.read(saved))[1:])


def settings_change(settings: TrainSettings, model: ModelSettings, out: Path) -> Change | None:
    """The first key in which the newest checkpoint in `out` differs, whatever its tokens are; None where in none."""
    saved = checkpoint.checkpoints(out / CHECKPOINTS)
    asked = {"train": config.identity(settings), "model": config.identity(model)}
    found = manifest.read(saved[-1])["config"] if saved else asked
    return first_change({name: found[name] for name in asked}, asked)


def _compared(plan: Plan, saved: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The machine to go on with from a saved checkpoint; what the run was then, and what it would be now."""
    was_on = saved["config"]["machine"]
    is_open = {"threads": plan.settings.threads is None, "precision": plan.settings.precision == "auto"}
    on = plan.machine | {name: was_on[name] for name, left_open in is_open.items() if left_open}
    was = saved["config"] | {"tokens": saved["inputs"]["tokens"], "output_version": saved["output_version"]}
    return on, was, plan.config | {"machine": on, "tokens": plan.inputs["tokens"], "output_version": OUTPUT_VERSION}


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
    """Nested tables as one, with keys like "train.steps"."""
    result: dict[str, Any] = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        result |= _flat(value, here) if isinstance(value, dict) else {here: value}
    return result
