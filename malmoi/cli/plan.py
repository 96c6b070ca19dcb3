"""What a recipe's stages are to each other and to what lies in the run's folder: `run` and `run --dry-run` ask here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from malmoi.cli.recipe import Run
from malmoi.kit import events, manifest, stage
from malmoi.kit.errors import UserError
from malmoi.kit.run import CORPUS, MODEL, REPORT, STAGES, TOKENIZER, TOKENS, TRAIN
from malmoi.kit.stage import Change, Made

UNCHANGED, AGAIN, NEW_TRAINING, TO_DO = "unchanged", "again", "needs a new training", "to do"
"""`again` replaces what is there. `needs a new training` would lose steps, and is done only when it was asked for."""

PARENTS = {TOKENIZER: (CORPUS,), TOKENS: (CORPUS, TOKENIZER), TRAIN: (TOKENS,), MODEL: (TRAIN, TOKENIZER)}
PARENTS |= {CORPUS: (), REPORT: (TOKENS, MODEL)}


@dataclass(frozen=True)
class Planned:
    """What would become of one stage. change: the key that makes it anew, its own or that of a stage before it.

    steps_lost: of a training that would begin anew. made: what identifies the result, where that was worked out.
    """

    stage: str
    state: str
    reason: str = ""
    change: Change | None = None
    steps_lost: int = 0
    made: Made | None = None

    def __str__(self) -> str:
        lost = f" ({self.steps_lost:,} steps lost)" if self.steps_lost else ""
        because = f"{'' if self.state == TO_DO else ' because'} {self.reason}" if self.reason else ""
        return f"{self.state}{because}{lost}"

    def table(self) -> dict[str, Any]:
        """For JSON."""
        key, old, new = self.change or (None, None, None)
        told = {"stage": self.stage, "state": self.state, "reason": self.reason or None}
        return {**told, "key": key, "old": old, "new": new, "steps_lost": self.steps_lost}


def plan(run: Run) -> list[Planned]:
    """Every stage in order. Changes nothing; reads the inputs once where a corpus is there to compare with.

    Raises UserError where an input is missing, or where nothing would be held out for the report at the end.
    """
    from malmoi.corpus.build import describe

    if not run.tokens.heldout_share:
        hint = "or run the stages one by one: tokenizer learn, tokenizer encode, train run, model export"
        raise UserError("tokens.heldout_share is 0: nothing is left for the evaluation", "above 0", hint)
    describe(run.corpus)
    known: dict[str, Planned] = {}
    for name in STAGES:
        parents = [known[parent] for parent in PARENTS[name] if known[parent].state != UNCHANGED]
        known[name] = _below(run, name, parents[0]) if parents else look(run, name)
    return list(known.values())


def refusal(run: Run, planned: Sequence[Planned]) -> UserError | None:
    """Why `run` would not begin, unless a new training was asked for: steps are lost for good, and nothing else is."""
    lost = next((one for one in planned if one.state == NEW_TRAINING), None)
    if lost is None:
        return None
    other = f"{run.folder}2"
    return UserError(
        f"{lost.reason}: the {lost.steps_lost:,} steps in {run.folder / TRAIN} would be lost, so nothing was begun",
        hint=f"keep them and make a second run: `malmoi run RECIPE --set folder={other}`, then "
        f"`malmoi corpus diff {run.folder / CORPUS} {other}/{CORPUS}`; or train anew here with --from-scratch",
    )


def look(run: Run, name: str) -> Planned:
    """One stage as against its parents' folders as they are now."""
    folder = run.folder / name
    if name == TRAIN:
        return _look_at_training(run)
    if missing := _missing_parent(run, name):
        return Planned(name, TO_DO, f"after {missing}")
    if not (folder / manifest.NAME).exists():
        return Planned(name, TO_DO)
    made = _MADE[name](run)
    state = stage.state(folder, made)
    if state == UNCHANGED:
        return Planned(name, UNCHANGED, made=made)
    change = _named(name, stage.change(folder, made))
    return Planned(name, AGAIN, _in_words(change) if change else state.partition(" because ")[2], change, 0, made)


def _look_at_training(run: Run) -> Planned:
    from malmoi.train.plan import standing

    if missing := _missing_parent(run, TRAIN):
        return Planned(TRAIN, TO_DO, f"after {missing}")
    is_done, change = standing(run.train, run.model, run.folder / TOKENS, run.folder / TRAIN)
    steps = _steps(run)
    if is_done:
        return Planned(TRAIN, UNCHANGED)
    if change:
        return Planned(TRAIN, NEW_TRAINING, str(change), change, steps)
    return Planned(TRAIN, TO_DO, f"from step {steps:,} of {run.train.steps:,}" if steps else "")


def _below(run: Run, name: str, parent: Planned) -> Planned:
    """A stage of which one before it is to be made. Where that comes out as it was (no key changed), it may stay."""
    if parent.change is None:
        return Planned(name, TO_DO, f"after {parent.stage}")
    if name == TRAIN and (steps := _steps(run)):
        return Planned(name, NEW_TRAINING, _in_words(parent.change), parent.change, steps)
    if (run.folder / name / manifest.NAME).exists():
        return Planned(name, AGAIN, f"{parent.stage} is made again", parent.change)
    return Planned(name, TO_DO, f"after {parent.stage}", parent.change)


def _missing_parent(run: Run, name: str) -> str | None:
    return next((one for one in PARENTS[name] if not (run.folder / one / manifest.NAME).exists()), None)


def _steps(run: Run) -> int:
    """How many steps of training are in the run's folder."""
    return max(events.Curve(run.folder / TRAIN).update().by_step, default=0)


def _named(name: str, change: Change | None) -> Change | None:
    """The change by its key in the recipe: "config.limits" of the corpus is "corpus.limits" there."""
    if change is None or change.key.startswith("inputs."):
        return change
    return change._replace(key=f"{'evaluate' if name == REPORT else name}.{change.key.removeprefix('config.')}")


def _in_words(change: Change) -> str:
    """Of what was read only hashes are known."""
    kind, _, name = change.key.partition(".")
    return f"{name} holds other content than before" if kind == "inputs" else str(change)


def _made_corpus(run: Run) -> Made:
    from malmoi.corpus.build import made_from

    return made_from(run.corpus, run.folder / CORPUS)


def _made_tokenizer(run: Run) -> Made:
    from malmoi.tokenizer.learn import made

    return made(run.tokenizer, run.folder / CORPUS)


def _made_tokens(run: Run) -> Made:
    from malmoi.tokenizer.encode import made

    return made(run.tokens, run.folder / CORPUS, run.folder / TOKENIZER)


def _made_model(run: Run) -> Made:
    from malmoi.train.export import made_from

    return made_from(run.folder / TRAIN, run.folder / TOKENIZER)


def _made_report(run: Run) -> Made:
    from malmoi.evaluate.run import made

    weights = manifest.hashes(manifest.read(run.folder / MODEL)["outputs"])["model.safetensors"]
    return made(run.evaluate, run.folder, weights)


_MADE: dict[str, Callable[[Run], Made]] = {
    CORPUS: _made_corpus,
    TOKENIZER: _made_tokenizer,
    TOKENS: _made_tokens,
    MODEL: _made_model,
    REPORT: _made_report,
}
