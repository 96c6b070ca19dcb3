"""What a recipe's stages are to each other and to what lies in the run's folder: `run` and `run --dry-run` ask here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from malmoi.cli.recipe import Run
from malmoi.kit import config, events, manifest, stage
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
        because = f"{',' if self.state == TO_DO else ' because'} {self.reason}" if self.reason else ""
        return f"{self.state}{because}{lost}"

    def table(self) -> dict[str, Any]:
        """For JSON."""
        changed = self.change._asdict() if self.change else {"key": None, "old": None, "new": None}
        told = {"stage": self.stage, "state": self.state, "reason": self.reason or None}
        return told | changed | {"steps_lost": self.steps_lost}


def plan(run: Run) -> list[Planned]:
    """Every stage in order. Changes nothing; reads the inputs once where a corpus is there to compare with.

    Raises UserError where an input is missing, or where nothing would be held out for the report at the end.
    """
    from malmoi.corpus.build import describe

    if not run.tokens.heldout_share:
        hint = "or run the stages one by one: tokenizer learn, tokenizer encode, train run, model export"
        raise UserError("tokens.heldout_share is 0: nothing is left for the evaluation", "above 0", hint)
    if not (run.folder / CORPUS / manifest.NAME).exists():
        describe(run.corpus)  # asks for each input; else what identifies the corpus does
    known: dict[str, Planned] = {}
    for name in STAGES:
        parents = [known[parent] for parent in PARENTS[name] if known[parent].state != UNCHANGED]
        other = max(parents, key=lambda parent: parent.change is not None, default=None)  # as far as is known
        known[name] = _below(run, name, other) if other else look(run, name)
    return list(known.values())


def refusal(run: Run, planned: Sequence[Planned]) -> UserError | None:
    """Why `run` would not begin, unless a new training was asked for: steps are lost for good, and nothing else is."""
    if (lost := next((one for one in planned if one.state == NEW_TRAINING), None)) is None:
        return None
    other = f"{run.folder}2"
    hint = (
        f"keep them and make a second run: `malmoi run RECIPE --set folder={other}`, then "
        f"`malmoi corpus diff {run.folder / CORPUS} {other}/{CORPUS}`; "
        "or go on here with --from-scratch, which trains anew unless the tokens come out the same"
    )
    wrong = f"{lost.reason}: the {lost.steps_lost:,} steps in {run.folder / TRAIN} would be lost, so nothing was begun"
    return UserError(wrong, hint=hint)


def look(run: Run, name: str) -> Planned:
    """One stage as against its parents' folders as they are now."""
    folder = run.folder / name
    for parent in PARENTS[name]:
        if not (run.folder / parent / manifest.NAME).exists():
            return Planned(name, TO_DO, f"after {parent}")
    if name == TRAIN:
        return _look_at_training(run)
    if stage.former(folder) is None:
        return Planned(name, TO_DO)
    made = _made(run, name)
    state = stage.state(folder, made)
    if state == UNCHANGED:
        return Planned(name, UNCHANGED, made=made)
    change = _named(name, stage.change(folder, made))
    if state == "unfinished" and change is None:  # a rebuild that was killed, and that comes out as it was
        return Planned(name, TO_DO)
    return Planned(name, AGAIN, _in_words(change) if change else state.partition(" because ")[2], change, 0, made)


def _look_at_training(run: Run) -> Planned:
    from malmoi.train.plan import standing

    is_done, change = standing(run.train, run.model, run.folder / TOKENS, run.folder / TRAIN)
    steps = _steps(run)
    if change:
        return Planned(TRAIN, NEW_TRAINING, str(change), change, steps)
    return Planned(TRAIN, UNCHANGED if is_done else TO_DO, f"from step {steps:,}" if steps and not is_done else "")


def _below(run: Run, name: str, parent: Planned) -> Planned:
    """A stage of which one before it is to be made. Where that comes out as it was (no key changed), it may stay."""
    change = parent.change or _own_change(run, name)
    if change and name == TRAIN and (steps := _steps(run)):
        return Planned(name, NEW_TRAINING, _in_words(change), change, steps)
    if parent.change is None:
        state, reason = (AGAIN, _in_words(change)) if change else (TO_DO, f"after {parent.stage}")
        return Planned(name, state, reason, change)
    if (run.folder / name / manifest.NAME).exists():
        return Planned(name, AGAIN, f"{parent.stage} is made again", parent.change)
    return Planned(name, TO_DO, f"after {parent.stage}", parent.change)


def _own_change(run: Run, name: str) -> Change | None:
    """A key that changed in the table of a stage whose parents are not there to compare with."""
    from malmoi.train.plan import settings_change

    if name == TRAIN:
        return settings_change(run.train, run.model, run.folder / name)
    settings, found = {TOKENIZER: run.tokenizer, TOKENS: run.tokens}.get(name), stage.former(run.folder / name)
    if settings is None or found is None:
        return None
    made = Made(name, found["output_version"], config.identity(settings), found["inputs"])
    return _named(name, stage.change(run.folder / name, made))


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


def _made(run: Run, name: str) -> Made:
    """What identifies the result of a stage whose parents are finished. The corpus's reads every input once."""
    from malmoi.corpus import build
    from malmoi.evaluate import run as evaluation
    from malmoi.serve.torch_weights import model_sha256
    from malmoi.tokenizer import encode, learn
    from malmoi.train import export

    corpus, tokenizer, model = (run.folder / stage for stage in (CORPUS, TOKENIZER, MODEL))
    if name == CORPUS:
        return build.made_from(run.corpus, corpus)
    if name == TOKENIZER:
        return learn.made(run.tokenizer, corpus)
    if name == TOKENS:
        return encode.made(run.tokens, corpus, tokenizer)
    if name == MODEL:
        return export.made_from(run.folder / TRAIN, tokenizer)
    return evaluation.made(run.evaluate, run.folder, model_sha256(model))
