"""`malmoi train`: run a recipe's training, and ask a train folder what happened."""

import argparse
import json
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.recipe import add_from_scratch, add_recipe_arguments
from malmoi.cli.run import run_alone
from malmoi.cli.terminal import print_table
from malmoi.kit import config, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import TOKENS, TRAIN

if TYPE_CHECKING:
    from malmoi.train.loader import Loader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(title="verbs", metavar="<verb>", required=True)
    run = verbs.add_parser("run", help="train the model of a recipe; goes on where it was stopped")
    add_recipe_arguments(run)
    add_from_scratch(run)
    run.set_defaults(action=partial(run_alone, name=TRAIN))
    show = verbs.add_parser("show", help="loss, speed and checkpoints of a train folder")
    show.add_argument("folder", type=to_local_path, help="a train folder, or the folder of a run")
    show.add_argument("--json", action="store_true")
    show.set_defaults(action=_show)
    documents = verbs.add_parser("documents", help="the documents that one step was trained on")
    documents.add_argument("folder", type=to_local_path)
    documents.add_argument("--step", type=int, required=True, metavar="N", help="1 is the first")
    documents.add_argument("--json", action="store_true")
    documents.set_defaults(action=_documents)
    seen = verbs.add_parser("seen", help="the steps in which a document was trained on")
    seen.add_argument("folder", type=to_local_path)
    seen.add_argument("id", help="a document's id")
    seen.add_argument("--json", action="store_true")
    seen.set_defaults(action=_seen)


def _show(arguments: argparse.Namespace) -> None:
    from malmoi.train import checkpoint, run_events
    from malmoi.train.checkpoint import CHECKPOINTS
    from malmoi.train.trainer import LAST_STEPS

    folder = train_folder(arguments.folder)
    steps = run_events.steps(folder)
    last = steps[-LAST_STEPS:]
    states = {path.name: checkpoint.fault(path) or "whole" for path in checkpoint.checkpoints(folder / CHECKPOINTS)}
    found = {
        "finished": (folder / manifest.NAME).is_file(),
        "steps": steps[-1]["step"] if steps else 0,
        "tokens": steps[-1]["tokens"] if steps else 0,
        "loss": statistics.fmean(step["loss"] for step in last) if last else None,
        "tokens_per_s": statistics.fmean(step["tokens_per_s"] for step in last) if last else None,
        "learning_rate": steps[-1]["learning_rate"] if steps else None,
        "machine_changed": {str(event["step"]): event["changes"] for event in events.every(folder, "machine_changed")},
        "resumed": len(events.every(folder, "resume")),
        "refused": {event["name"]: event["reason"] for event in events.every(folder, "refused_checkpoint")},
        "checkpoints": states,
    }
    print_table(found, arguments.json)


def _documents(arguments: argparse.Namespace) -> None:
    loader, num_steps = loader_of(train_folder(arguments.folder))
    if not 1 <= arguments.step <= num_steps:
        raise UserError(f"--step {arguments.step}", f"1 to {num_steps}, the steps done so far")
    rows = loader.documents_of(arguments.step - 1)
    if arguments.json:
        print(json.dumps({"step": arguments.step, "sequences": rows}))
        return
    for row, documents in enumerate(rows):
        print(f"{row}\t{' '.join(documents)}")


def _seen(arguments: argparse.Namespace) -> None:
    loader, num_steps = loader_of(train_folder(arguments.folder))
    steps = [step + 1 for step in loader.steps_with(arguments.id, num_steps)]
    if arguments.json:
        print(json.dumps({"id": arguments.id, "steps": steps}))
        return
    if not steps:
        print(f"not seen in {num_steps} steps", file=sys.stderr)
    for step in steps:
        print(step)


def loader_of(folder: Path) -> tuple["Loader", int]:
    """The batches of a train folder as they were made, and how many steps were done."""
    from malmoi.tokenizer.corpus_text import content_sha256
    from malmoi.tokenizer.shards import open_part
    from malmoi.train import checkpoint, run_events
    from malmoi.train.checkpoint import CHECKPOINTS
    from malmoi.train.loader import Loader
    from malmoi.train.settings import TrainSettings

    saved = checkpoint.checkpoints(folder / CHECKPOINTS)
    if not saved:
        raise UserError(f"no checkpoint in {folder}", "a train folder with a checkpoint, which tells its settings")
    record = manifest.read(saved[-1])
    tokens = folder.parent / TOKENS
    if content_sha256(tokens) != record["inputs"]["tokens"]:
        raise UserError(f"{tokens} is not what {folder} was trained on", "the same tokens")
    table = record["config"]["train"] | {"micro_sequences": 1}  # of the machine, and no part of what a batch is
    settings = config.parse(TrainSettings, table, "train")
    num_steps = max((event["step"] for event in run_events.steps(folder)), default=0)
    return Loader(open_part(tokens, "train"), settings), num_steps


def train_folder(folder: Path) -> Path:
    """The train folder that a path means: itself, or the one in the folder of a run. Raises UserError for neither."""
    for candidate in (folder / TRAIN, folder):
        if (candidate / "checkpoints").is_dir() or events.last_written(candidate) is not None:
            return candidate
    raise UserError(f"{folder} is no train folder", "the train folder of a run, such as runs/demo/train")
