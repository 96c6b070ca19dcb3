"""A training run, read from top to bottom: plan (plan.py), build, restore, then step after step.

What a run is at any moment is its checkpoint: weights, the optimizer's state, and how many steps were done. All else
(batches, learning rate, first weights) follows from the settings and the step, so a run that is killed and started
again gives the same bits as one that never stopped. One process on a CPU or on one GPU.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from malmoi.kit import events, manifest
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import remove, writing
from malmoi.kit.lock import lock
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start
from malmoi.tokenizer.shards import open_part
from malmoi.train import checkpoint, machine, run_events
from malmoi.train.beginning import find_start, newest_is_whole
from malmoi.train.checkpoint import CHECKPOINTS
from malmoi.train.loader import Loader
from malmoi.train.optimizer import build_optimizer, optimizer_tensors, set_learning_rate
from malmoi.train.plan import Plan, is_finished, make_plan, record, settle
from malmoi.train.schedule import learning_rate
from malmoi.train.settings import TrainSettings
from malmoi.train.step import NotFiniteError, StepResult, train_step

LAST_STEPS = 20
"""The loss in the manifest is the mean over so many last steps: a single batch says little."""


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
    if counts := _finished(plan, out):
        return counts
    with lock(out):
        if counts := _finished(plan, out):  # asked once more: whoever held the lock until now may have finished it
            return counts
        began = time.monotonic()
        found = find_start(plan, out, from_scratch)
        plan = settle(plan, found, out)
        remove(out / manifest.NAME)
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


def _finished(plan: Plan, out: Path) -> dict[str, Any]:
    """The counts of a finished run whose newest checkpoint is whole; else none."""
    is_done = is_finished(plan, out) and newest_is_whole(out)
    return manifest.read(out)["counts"] if is_done else {}


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
    redone = sum(done["step"] > state.step for done in run_events.steps(out))  # the event below strikes them out
    described = {"parameters": plan.shape.parameters, "steps": plan.settings.steps, "code": manifest.code_version()}
    kind = "start" if found is None else "resume"
    run_events.append(out, kind, step=state.step, redone_steps=redone, **described, **plan.machine)
    return state


def _one_step(plan: Plan, trainee: Trainee, loader: Loader, state: State, out: Path) -> None:
    """Trains on the next batch and notes it. A loss that is no number ends the run, naming its documents."""
    began = time.perf_counter()
    batch = loader.batch(loader.samples(state.step))
    precision = torch.bfloat16 if plan.machine["precision"] == "bfloat16" else torch.float32
    try:
        result = train_step(trainee.model, trainee.optimizer, batch, plan.settings, precision)
    except NotFiniteError as error:
        documents = sorted({one for row in loader.documents_of(state.step) for one in row})
        run_events.append(out, "not_finite", step=state.step + 1, documents=documents)
        shown = ", ".join(documents[:3]) + (f" and {len(documents) - 3} more" if len(documents) > 3 else "")
        wrong = f"step {state.step + 1} gives {error} (documents {shown})"
        hint = "lower train.learning_rate or look at these documents; the checkpoints are from before"
        raise UserError(wrong, hint=hint, code=GIVE_UP) from None
    state.step += 1
    state.tokens += result.tokens
    _record(plan.settings, state, result, out, time.perf_counter() - began)


def _record(settings: TrainSettings, state: State, result: StepResult, out: Path, seconds: float) -> None:
    """The event of a step (loss: nats a token; seconds: of this step alone), and the heartbeat of the run."""
    measured = {
        "loss": result.loss,
        "learning_rate": learning_rate(settings, state.step - 1),
        "gradient_norm": result.gradient_norm,
        "tokens_per_s": round(result.tokens / seconds, 1),
        "seconds": round(seconds, 4),
    }
    run_events.append(out, "step", **asdict(state), **measured)  # asks the fence, and the heartbeat does not
    with writing(out):
        events.heartbeat(out, step=state.step)


def _save(plan: Plan, trainee: Trainee, state: State, out: Path) -> None:
    """Writes a checkpoint, then removes all but the newest `keep_checkpoints`, so that one always stands."""
    began = time.perf_counter()
    path = out / CHECKPOINTS / checkpoint.name_of(state.step)
    made_with = {"vocabulary_tokens": plan.shape.vocabulary_tokens, "tokenizer_sha256": plan.tokenizer_sha256}
    counts = asdict(state) | made_with
    identity = plan.config | {"machine": plan.machine}
    checkpoint.save(path, trainee.tensors(), record(plan, "checkpoint", identity, out, counts=counts))
    checkpoint.prune(out / CHECKPOINTS, plan.settings.keep_checkpoints)
    run_events.append(out, "checkpoint", step=state.step, name=path.name, seconds=round(time.perf_counter() - began, 3))


def _finish(plan: Plan, loader: Loader, state: State, out: Path, seconds: float) -> dict[str, Any]:
    """Writes the manifest: the run is done. It names each checkpoint that is kept, with the hash of its manifest."""
    every = run_events.steps(out)
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
        made = {"outputs": outputs, "counts": counts, "seconds": seconds}
        manifest.write(out, record(plan, "train", plan.config, out, **made))
    return counts


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
