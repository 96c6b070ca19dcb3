"""Where a run begins: at its newest whole checkpoint, or at step 0."""

from pathlib import Path

from malmoi.kit import events, manifest
from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError
from malmoi.kit.files import reading, writing
from malmoi.train import checkpoint, run_events
from malmoi.train.checkpoint import CHECKPOINTS
from malmoi.train.plan import Plan, change_since


def find_start(plan: Plan, out: Path, from_scratch: bool) -> Path | None:
    """The checkpoint to go on from; None to begin at step 0. Damaged newer ones are set aside, and told in the events.

    Nothing is touched before every answer is known. Raises UserError where a checkpoint cannot be read now, and where
    steps were saved but no checkpoint is whole, unless `from_scratch`: then those of another recipe are set aside too.
    """
    found, wrong = checkpoint.newest_whole(out / CHECKPOINTS)
    if found is not None and from_scratch and (change := change_since(plan, found)):
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
        run_events.append(out, "refused_checkpoint", name=path.name, reason=why)
    if found is None and (last_step or was_saved):
        run_events.append(out, "begun_again", former_steps=last_step)
    return found


def newest_is_whole(out: Path) -> bool:
    """Whether the newest checkpoint that a finished run names is there and whole."""
    named = [Path(name).parent for name in manifest.read(out)["outputs"]]
    return bool(named) and checkpoint.fault(out / max(named, key=checkpoint.step_of)) is None


def _without_checkpoint(out: Path, last_step: int, wrong: dict[Path, str]) -> UserError:
    """Says what there is of a run whose steps have no whole checkpoint. Absent ones may be mounted again: code 75."""
    state = "; ".join(f"{path.name} is damaged: {why}" for path, why in wrong.items()) or "its checkpoints are absent"
    hint = "bring them back and run again, or begin again at step 0 with --from-scratch (the former events are kept)"
    code = GIVE_UP if wrong else TRY_AGAIN
    return UserError(f"{out} has done {last_step} steps, and {state}", "a whole checkpoint", hint, code)
