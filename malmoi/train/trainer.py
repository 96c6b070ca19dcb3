"""A training run, read from top to bottom: plan, build, restore, then step after step.

What a run is at any moment is its checkpoint: weights, the optimizer's state, and how many steps were done. All else
(batches, learning rate, first weights) follows from the settings and the step, so a run that is killed and started
again gives the same bits as one that never stopped. One process on a CPU or on one GPU.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from malmoi.kit import config, events, manifest
from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError
from malmoi.kit.files import reading, writing
from malmoi.kit.lock import lock
from malmoi.kit.stage import Change
from malmoi.model.shape import ModelSettings, Shape
from malmoi.model.transformer import Transformer, start
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.tokenizer.shards import open_part
from malmoi.train import checkpoint, curve, machine
from malmoi.train.loader import Loader
from malmoi.train.optimizer import build_optimizer, optimizer_tensors, set_learning_rate
from malmoi.train.recipe_check import first_change, refuse_changes
from malmoi.train.schedule import learning_rate
from malmoi.train.settings import TrainSettings
from malmoi.train.step import NotFiniteError, StepResult, train_step

CHECKPOINTS = "checkpoints"
LAST_STEPS = 20
"""The loss in the manifest is the mean over so many last steps: a single batch says little."""


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


@dataclass
class State:
    """What changes from step to step besides the tensors, and is saved with them."""

    step: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Trainee:
    """The tensors of a run."""

    model: Transformer
    optimizer: torch.optim.Optimizer

    def tensors(self) -> dict[str, Tensor]:
        """All that a checkpoint holds, by name."""
        weights = {f"model.{name}": weight.detach() for name, weight in self.model.named_parameters()}
        state = optimizer_tensors(self.model, self.optimizer)
        return weights | {f"optimizer.{name}": tensor for name, tensor in state.items()}


def train(
    settings: TrainSettings,
    model: ModelSettings,
    tokens: Path,
    out: Path,
    progress: Callable[[int, int], None],
    *,
    from_scratch: bool = False,
) -> dict[str, Any]:
    """Trains on the train part of a tokens folder; returns the manifest's counts. `progress` counts steps.

    A finished folder of the same settings and tokens is left as it is, if its newest checkpoint is whole; any other is
    gone on with from its newest whole checkpoint. Steps that were saved and now have no whole checkpoint, or one of
    another recipe or text, are begun again only `from_scratch`. SIGINT, SIGTERM, SIGHUP and SIGUSR1 end it after the
    step in hand, saved: UserError (try again), KeyboardInterrupt for SIGINT; also where that was the last step. Raises
    UserError for a changed recipe, damaged tokens, storage that cannot be read or written now, a loss that is no
    number.
    """
    plan = make_plan(settings, model, tokens)
    if manifest.is_finished(out, plan.config, plan.inputs) and _newest_is_whole(out):
        return manifest.read(out)["counts"]
    with lock(out):
        began = time.monotonic()
        found = _find_start(plan, out, from_scratch)
        plan = _settle(plan, found, out)
        (out / manifest.NAME).unlink(missing_ok=True)
        with machine.fixed(plan.machine["threads"], plan.machine["device"]), machine.Interruption() as interruption:
            loader = Loader(open_part(tokens, "train"), settings)
            trainee = build(plan)
            state = restore(plan, trainee, found, out)
            is_stopped = False
            while state.step < settings.steps and not is_stopped:
                progress(state.step, settings.steps)
                set_learning_rate(trainee.optimizer, learning_rate(settings, state.step))
                _one_step(plan, trainee, loader, state, out)
                is_stopped = interruption.signal is not None
                is_due = state.step % settings.checkpoint_steps == 0 or state.step == settings.steps
                if is_due or is_stopped:
                    _save(plan, trainee, state, out)
            counts = {}
            if state.step == settings.steps:
                progress(settings.steps, settings.steps)
                counts = _finish(plan, loader, state, out, time.monotonic() - began)
            interruption.leave(f"after step {state.step} of {settings.steps}, which is saved")
        return counts


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


def build(plan: Plan) -> Trainee:
    """A new model with its first weights, and its optimizer."""
    model = Transformer(plan.shape)
    start(model, plan.settings.seed)
    model.to(plan.machine["device"])
    return Trainee(model, build_optimizer(model, plan.settings))


def restore(plan: Plan, trainee: Trainee, found: Path | None, out: Path) -> State:
    """Loads a checkpoint, if one was found, into `trainee`; returns where it stands.

    An event strikes out the steps after it: all of them where none was found. Nothing is deleted.
    """
    state = State()
    if found is not None:
        checkpoint.load(found, trainee.tensors())
        counts = manifest.read(found)["counts"]
        state = State(counts["step"], counts["tokens"])
    redone = sum(done["step"] > state.step for done in curve.steps(out))  # the event below strikes them out
    described = {"parameters": plan.shape.parameters, "steps": plan.settings.steps, "code": manifest.code_version()}
    kind = "start" if found is None else "resume"
    _append(out, kind, step=state.step, redone_steps=redone, **described, **plan.machine)
    return state


def standing(settings: TrainSettings, model: ModelSettings, tokens: Path, out: Path) -> tuple[bool, Change | None]:
    """Whether `out` is finished with these settings and tokens; what hinders `train` from going on there, if anything.

    Changes nothing and reads no checkpoint, only their manifests.
    """
    plan, saved = make_plan(settings, model, tokens), checkpoint.checkpoints(out / CHECKPOINTS)
    is_done = manifest.is_finished(out, plan.config, plan.inputs) and bool(saved)
    return is_done, _change_since(plan, saved[-1]) if saved and not is_done else None


def _change_since(plan: Plan, saved: Path) -> Change | None:
    return first_change(*_compared(plan, manifest.read(saved))[1:])


def _find_start(plan: Plan, out: Path, from_scratch: bool) -> Path | None:
    """The checkpoint to go on from; None to begin at step 0. Damaged newer ones are set aside, and told in the events.

    Nothing is touched before every answer is known. Raises UserError where a checkpoint cannot be read now, and where
    steps were saved but no checkpoint is whole, unless `from_scratch`: then those of another recipe are set aside too.
    """
    found, wrong = checkpoint.newest_whole(out / CHECKPOINTS)
    if found is not None and from_scratch and (change := _change_since(plan, found)):
        wrong |= dict.fromkeys(checkpoint.checkpoints(out / CHECKPOINTS), f"begun again: {change}")
        found = None
    with reading(out):
        former = events.Curve(out).update()
        was_saved = bool(wrong) or bool(former.checkpoints)
        last_step = max(former.by_step, default=0)
    if found is None and was_saved and not from_scratch:
        raise _without_checkpoint(out, last_step, wrong)
    with writing(out):
        for path in wrong:
            checkpoint.set_aside(path)
    for path, why in wrong.items():
        _append(out, "refused_checkpoint", name=path.name, reason=why)
    if found is None and (last_step or was_saved):
        _append(out, "begun_again", former_steps=last_step)
    return found


def _without_checkpoint(out: Path, last_step: int, wrong: dict[Path, str]) -> UserError:
    """Says what there is of a run whose steps have no whole checkpoint. Absent ones may be mounted again: code 75."""
    state = "; ".join(f"{path.name} is damaged: {why}" for path, why in wrong.items()) or "its checkpoints are absent"
    hint = "bring them back and run again, or begin again at step 0 with --from-scratch (the former events are kept)"
    code = GIVE_UP if wrong else TRY_AGAIN
    return UserError(f"{out} has done {last_step} steps, and {state}", "a whole checkpoint", hint, code)


def _one_step(plan: Plan, trainee: Trainee, loader: Loader, state: State, out: Path) -> None:
    began = time.perf_counter()
    batch = loader.batch(loader.samples(state.step))
    precision = torch.bfloat16 if plan.machine["precision"] == "bfloat16" else torch.float32
    try:
        result = train_step(trainee.model, trainee.optimizer, batch, plan.settings, precision)
    except NotFiniteError as error:
        documents = sorted({one for row in loader.documents_of(state.step) for one in row})
        _append(out, "not_finite", step=state.step + 1, documents=documents)
        shown = ", ".join(documents[:3]) + (f" and {len(documents) - 3} more" if len(documents) > 3 else "")
        wrong = f"step {state.step + 1} gives {error} (documents {shown})"
        hint = "lower train.learning_rate or look at these documents; the checkpoints are from before"
        raise UserError(wrong, hint=hint, code=GIVE_UP) from None
    state.step += 1
    state.tokens += result.tokens
    _record(plan.settings, state, result, out, time.perf_counter() - began)


def _record(settings: TrainSettings, state: State, result: StepResult, out: Path, seconds: float) -> None:
    with writing(out):
        events.heartbeat(out, step=state.step)
    _append(
        out,
        "step",
        step=state.step,
        tokens=state.tokens,
        loss=result.loss,
        learning_rate=learning_rate(settings, state.step - 1),
        gradient_norm=result.gradient_norm,
        tokens_per_s=round(result.tokens / seconds, 1),
        seconds=round(seconds, 4),
    )


def _save(plan: Plan, trainee: Trainee, state: State, out: Path) -> None:
    began = time.perf_counter()
    path = out / CHECKPOINTS / checkpoint.name_of(state.step)
    counts = {
        "step": state.step,
        "tokens": state.tokens,
        "vocabulary_tokens": plan.shape.vocabulary_tokens,
        "tokenizer_sha256": plan.tokenizer_sha256,
    }
    identity = plan.config | {"machine": plan.machine}
    checkpoint.save(path, trainee.tensors(), manifest.Manifest("checkpoint", identity, plan.inputs, counts=counts))
    checkpoint.prune(out / CHECKPOINTS, plan.settings.keep_checkpoints)
    _append(out, "checkpoint", step=state.step, name=path.name, seconds=round(time.perf_counter() - began, 3))


def _finish(plan: Plan, loader: Loader, state: State, out: Path, seconds: float) -> dict[str, Any]:
    every = curve.steps(out)
    last = every[-LAST_STEPS:]
    seconds = max(seconds, sum(step["seconds"] for step in every))  # a run gone on with took longer than its last part
    counts = {
        "steps": state.step,
        "tokens": state.tokens,
        "parameters": plan.shape.parameters,
        "vocabulary_tokens": plan.shape.vocabulary_tokens,
        "windows": loader.num_windows,
        "loss": _mean([step["loss"] for step in last]),
        "tokens_per_s": _mean([step["tokens_per_s"] for step in last]),
        **plan.machine,
    }
    saved = checkpoint.checkpoints(out / CHECKPOINTS)
    outputs = manifest.outputs_of(out, [f"{CHECKPOINTS}/{path.name}/{manifest.NAME}" for path in saved])
    with writing(out):
        manifest.write(out, manifest.Manifest("train", plan.config, plan.inputs, outputs, counts, seconds))
    return counts


def _newest_is_whole(out: Path) -> bool:
    """Whether the newest checkpoint that a finished run names is there and whole."""
    named = [Path(name).parent for name in manifest.read(out)["outputs"]]
    return bool(named) and checkpoint.fault(out / max(named, key=checkpoint.step_of)) is None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _settle(plan: Plan, found: Path | None, out: Path) -> Plan:
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
        _append(out, "machine_changed", step=saved["counts"]["step"], changes=changes)
    return replace(plan, machine=on)


def _compared(plan: Plan, saved: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The machine to go on with from a saved checkpoint; what the run was then, and what it would be now."""
    was_on = saved["config"]["machine"]
    is_open = {"threads": plan.settings.threads is None, "precision": plan.settings.precision == "auto"}
    on = plan.machine | {name: was_on[name] for name, left_open in is_open.items() if left_open}
    was = saved["config"] | {"tokens": saved["inputs"]["tokens"]}
    return on, was, plan.config | {"machine": on, "tokens": plan.inputs["tokens"]}


def _append(out: Path, kind: str, **fields: Any) -> None:
    with writing(out):
        events.append(out, kind, **fields)
