"""`malmoi run RECIPE`: every stage of the road in order, each skipped where it is finished already."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.cli import asked_and_got
from malmoi.cli.arguments import add_from_scratch, add_recipe_arguments
from malmoi.cli.plan import Planned, look, plan, refusal
from malmoi.cli.progress import Progress, bar
from malmoi.cli.recipe import Run, load
from malmoi.cli.terminal import print_table
from malmoi.kit import config, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.run import CORPUS, MODEL, REPORT, TOKENIZER, TOKENS, TRAIN, begin


@dataclass(frozen=True)
class Given:
    """What the stages of one command share."""

    run: Run
    from_scratch: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage: the folder that it fills inside the run's, what it is called on the screen, and how it is run."""

    folder: str
    title: str
    run: Callable[[Given, Progress], dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The room is its own verb."""
    add_recipe_arguments(parser)
    add_from_scratch(parser)
    parser.set_defaults(action=_run)


def _run(arguments: argparse.Namespace) -> int:
    run = load(arguments)
    if arguments.dry_run:
        planned = plan(run)
        print_plan(run, planned, arguments.json)
        return 0
    counts = run_stages(run, from_scratch=arguments.from_scratch)
    if arguments.json:
        print(json.dumps(counts, ensure_ascii=False))
    else:
        print(f"{run.folder / REPORT / 'report.html'}")
        print(f"next: malmoi studio {run.folder}", file=sys.stderr)
    return 0


def run_stages(run: Run, *, from_scratch: bool = False) -> dict[str, Any]:
    """Runs what is not finished. Returns each stage's counts. from_scratch: as in train.

    Nothing is replaced before the whole way is known to be open: raises UserError where an input is missing, or where
    training would have to begin anew and that was not asked for. A stage that was asked to stop raises, so that no
    stage after it begins.
    """
    from malmoi.cli.memory import watched

    planned = plan(run)
    refused = refusal(run, planned)
    if refused and not from_scratch:
        raise refused
    begin(run.folder, config.identity(replace(run, folder=Path())))  # the same recipe, wherever its result lies
    given = Given(run, from_scratch)
    counts: dict[str, Any] = {}
    started = time.perf_counter()
    for number, stage in enumerate(STAGES, start=1):
        before, former = time.perf_counter(), _finished_at(run.folder / stage.folder)
        with watched() as peak, bar(f"{number}/{len(STAGES)} {stage.title}") as progress:
            counts[stage.folder] = stage.run(given, progress)
        seconds = time.perf_counter() - before
        events.append(run.folder, "stage", stage=stage.folder, seconds=seconds, peak_bytes=peak.resident_bytes)
        is_same = former is not None and former == _finished_at(run.folder / stage.folder)
        cost = "unchanged" if is_same else f"{seconds:7.1f} s  {peak.resident_bytes / 1e9:5.2f} GB peak"
        print(f"{number}/{len(STAGES)} {stage.title:<22} {cost:<25}  {run.folder / stage.folder}", file=sys.stderr)
        asked_and_got.say(run, stage.folder, counts[stage.folder])
    print(f"all stages in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return counts


def run_alone(arguments: argparse.Namespace, name: str) -> int:
    """One stage by a verb of its own: what it made, or with --dry-run what it would do."""
    run = load(arguments)
    if arguments.dry_run:
        print_plan(run, [look(run, name)], arguments.json)
        return 0
    stage = next(stage for stage in STAGES if stage.folder == name)
    with bar(name) as progress:
        counts = stage.run(Given(run, getattr(arguments, "from_scratch", False)), progress)
    asked_and_got.say(run, name, counts)
    print(f"written to {run.folder / name}", file=sys.stderr)
    print_table(counts, arguments.json)
    return 0


def _finished_at(folder: Path) -> float | None:
    """When the stage of a folder was finished; None where it is not."""
    return manifest.read(folder)["finished_at"] if (folder / manifest.NAME).is_file() else None


def _corpus(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.corpus.build import build
    from malmoi.corpus.report.page import HTML, write_report

    corpus = given.run.folder / CORPUS
    counts = build(given.run.corpus, corpus, progress)
    # A build and an erasure remove the report of before; the run's own report leads here.
    if not (corpus / HTML).is_file():
        write_report(corpus)
    return counts


def _tokenizer(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.tokenizer.learn import learn

    folder = given.run.folder
    return learn(given.run.tokenizer, folder / CORPUS, folder / TOKENIZER, progress)


def _tokens(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.tokenizer.encode import encode

    folder = given.run.folder
    return encode(given.run.tokens, folder / CORPUS, folder / TOKENIZER, folder / TOKENS, progress)


def _train(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.train.trainer import train

    run, tokens, out = given.run, given.run.folder / TOKENS, given.run.folder / TRAIN
    return train(run.train, run.model, tokens, out, progress, from_scratch=given.from_scratch)


def _model(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.train.export import export

    progress(0, 1)
    folder = given.run.folder
    return export(folder / TRAIN, folder / TOKENIZER, folder / MODEL)


def _report(given: Given, progress: Progress) -> dict[str, Any]:
    from malmoi.evaluate.run import measure
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    folder = given.run.folder
    if wrong := manifest.verify(folder / MODEL, how="once"):
        raise UserError(f"{folder / MODEL}: {wrong}", hint="run `malmoi model export` again")
    with TorchEngine(folder / MODEL, ServeSettings()) as engine:
        return measure(given.run.evaluate, engine, folder, progress)


STAGES = (
    Stage(CORPUS, "build the corpus", _corpus),
    Stage(TOKENIZER, "learn the tokenizer", _tokenizer),
    Stage(TOKENS, "encode", _tokens),
    Stage(TRAIN, "train", _train),
    Stage(MODEL, "export", _model),
    Stage(REPORT, "evaluate", _report),
)


def print_plan(run: Run, planned: Sequence[Planned], as_json: bool) -> None:
    """What would become of the stages, with the sizes that follow from the recipe. Without encoded tokens, the
    vocabulary is what the recipe asks for."""
    shape = run.model.shape(run.tokenizer.vocabulary_tokens)
    tokens = run.train.steps * run.train.batch_sequences * run.train.sequence_tokens
    sizes = {
        "folder": str(run.folder),
        "parameters": shape.parameters,
        "training_state_bytes": shape.training_state_bytes,
        "training_tokens": tokens,
        "training_flops": tokens * shape.training_flops_per_token,
    }
    refused = str(refusal(run, planned) or "") or None
    if as_json:
        stages = [stage.table() for stage in planned]
        print_table({**sizes, "stages": stages, "refused": refused, "recipe": config.to_table(run)}, as_json)
        return
    print_table(sizes, as_json)
    for stage in planned:
        print(f"  {stage.stage:<10} {stage}")
    if refused:
        print(f"malmoi run would refuse: {refused}", file=sys.stderr)
