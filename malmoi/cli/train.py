"""`malmoi train`: run a recipe's training, and ask a train folder what happened."""

import argparse
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.arguments import JSON, add_from_scratch, add_recipe_arguments, add_verb, verbs_of
from malmoi.cli.run import run_alone
from malmoi.cli.terminal import print_table, show
from malmoi.kit import config, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import TOKENS, TRAIN

if TYPE_CHECKING:
    from malmoi.tokenizer.shards import Part
    from malmoi.train.loader import Loader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs, purpose = verbs_of(parser), "train the model of a recipe; goes on where it was stopped"
    run = add_verb(verbs, "run", purpose, partial(run_alone, name=TRAIN))
    add_recipe_arguments(run)
    add_from_scratch(run)
    shown = add_verb(verbs, "show", "loss, speed and checkpoints of a train folder", _show, JSON)
    documents = add_verb(verbs, "documents", "the documents that one step was trained on", _documents, JSON)
    seen = add_verb(verbs, "seen", "the steps in which a document was trained on", _seen, JSON)
    for verb in (shown, documents, seen):
        verb.add_argument("folder", type=to_local_path, help="a train folder, or the folder of a run")
    documents.add_argument("--step", type=int, required=True, metavar="N", help="1 is the first")
    seen.add_argument("id", help="a document's id")


def _show(arguments: argparse.Namespace) -> None:
    from malmoi.train import checkpoint, run_events
    from malmoi.train.trainer import LAST_STEPS

    folder = train_folder(arguments.folder)
    steps = run_events.steps(folder)
    last, newest = steps[-LAST_STEPS:], steps[-1] if steps else {"step": 0, "tokens": 0, "learning_rate": None}
    saved = checkpoint.checkpoints(folder / checkpoint.CHECKPOINTS)
    found = {
        "finished": (folder / manifest.NAME).is_file(),
        "steps": newest["step"],
        "tokens": newest["tokens"],
        "loss": statistics.fmean(step["loss"] for step in last) if last else None,
        "tokens_per_s": statistics.fmean(step["tokens_per_s"] for step in last) if last else None,
        "learning_rate": newest["learning_rate"],
        "machine_changed": {str(event["step"]): event["changes"] for event in events.every(folder, "machine_changed")},
        "resumed": len(events.every(folder, "resume")),
        "refused": {event["name"]: event["reason"] for event in events.every(folder, "refused_checkpoint")},
        "checkpoints": {path.name: checkpoint.fault(path) or "whole" for path in saved},
    }
    print_table(found, arguments.json)


def _documents(arguments: argparse.Namespace) -> None:
    loader, _, num_steps = index_of(train_folder(arguments.folder))
    if not 1 <= arguments.step <= num_steps:
        raise UserError(f"--step {arguments.step}", f"1 to {num_steps}, the steps done so far")
    rows = loader.documents_of(arguments.step - 1)
    lines = [f"{row}\t{' '.join(documents)}" for row, documents in enumerate(rows)]
    found = {"step": arguments.step, "sequences": rows}
    show(found, arguments.json, lambda _: print(*lines, sep="\n"), indent=None)


def _seen(arguments: argparse.Namespace) -> None:
    loader, _, num_steps = index_of(train_folder(arguments.folder))
    steps = [step + 1 for step in loader.steps_with(arguments.id, num_steps)]
    if arguments.json or steps:
        show({"id": arguments.id, "steps": steps}, arguments.json, lambda _: print(*steps, sep="\n"), indent=None)
    else:
        print(f"not seen in {num_steps} steps", file=sys.stderr)


def index_of(folder: Path) -> tuple["Loader", "Part", int]:
    """The batches of a train folder as they were made, by ids alone; what was held out; how many steps were done.

    The shards may be others by now: then what was kept of them is asked (tokenizer/former.py).
    """
    from malmoi.tokenizer.former import open_index
    from malmoi.train import checkpoint, run_events
    from malmoi.train.loader import Loader
    from malmoi.train.settings import TrainSettings

    saved = checkpoint.checkpoints(folder / checkpoint.CHECKPOINTS)
    if not saved:
        raise UserError(f"no checkpoint in {folder}", "a train folder with a checkpoint, which tells its settings")
    record = manifest.read(saved[-1])
    tokens, content = folder.parent / TOKENS, record["inputs"]["tokens"]
    table = record["config"]["train"] | {"micro_sequences": 1}  # of the machine, and no part of what a batch is
    settings = config.parse(TrainSettings, table, "train")
    num_steps = max((event["step"] for event in run_events.steps(folder)), default=0)
    return Loader(open_index(tokens, content, "train"), settings), open_index(tokens, content, "heldout"), num_steps


def train_folder(folder: Path) -> Path:
    """The train folder that a path means: itself, or the one in the folder of a run. Raises UserError for neither."""
    for candidate in (folder / TRAIN, folder):
        if (candidate / "checkpoints").is_dir() or events.last_written(candidate) is not None:
            return candidate
    raise UserError(f"{folder} is no train folder", "the train folder of a run, such as runs/demo/train")
