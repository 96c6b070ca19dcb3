"""`malmoi run RECIPE`: every stage of the road in order, each skipped where it is finished already."""

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.cli.progress import Progress, bar
from malmoi.cli.recipe import Run, add_from_scratch, add_recipe_arguments, load
from malmoi.kit import config, events
from malmoi.kit.run import CORPUS, MODEL, REPORT, TOKENIZER, TOKENS, TRAIN, begin


@dataclass(frozen=True)
class Stage:
    """One stage: the folder that it fills inside the run's, what it is called on the screen, and how it is run."""

    folder: str
    title: str
    run: Callable[[Run, Progress], dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The room is its own verb."""
    add_recipe_arguments(parser)
    add_from_scratch(parser)
    parser.set_defaults(action=_run)


def _run(arguments: argparse.Namespace) -> int:
    run = load(arguments)
    if arguments.dry_run:
        print_plan(run, arguments.json)
        return 0
    counts = run_stages(run, from_scratch=arguments.from_scratch)
    if arguments.json:
        print(json.dumps(counts, ensure_ascii=False))
    else:
        print(f"{run.folder / 'report' / 'report.html'}")
        print(f"next: malmoi studio {run.folder}", file=sys.stderr)
    return 0


def run_stages(run: Run, *, from_scratch: bool = False) -> dict[str, Any]:
    """Runs what is not finished. Returns each stage's counts. from_scratch: as in train.

    A stage that was asked to stop raises, so that no stage after it begins.
    """
    from malmoi.cli.memory import watched

    begin(run.folder, config.identity(replace(run, folder=Path())))  # the same recipe, wherever its result lies
    counts: dict[str, Any] = {}
    started = time.perf_counter()
    for number, stage in enumerate(STAGES, start=1):
        before = time.perf_counter()
        with watched() as peak, bar(f"{number}/{len(STAGES)} {stage.title}") as progress:
            work = functools.partial(_train, from_scratch=from_scratch) if stage.run is _train else stage.run
            counts[stage.folder] = work(run, progress)
        seconds = time.perf_counter() - before
        events.append(run.folder, "stage", stage=stage.folder, seconds=seconds, peak_bytes=peak.resident_bytes)
        print(_line(number, stage, seconds, peak.resident_bytes, run.folder), file=sys.stderr)
    print(f"all stages in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return counts


def _line(number: int, stage: Stage, seconds: float, peak_bytes: int, folder: Path) -> str:
    return (
        f"{number}/{len(STAGES)} {stage.title:<22} {seconds:7.1f} s  "
        f"{peak_bytes / 1e9:5.2f} GB peak  {folder / stage.folder}"
    )


def _corpus(run: Run, progress: Progress) -> dict[str, Any]:
    from malmoi.corpus.build import build
    from malmoi.corpus.report.page import HTML, write_report

    corpus = run.folder / CORPUS
    counts = build(run.corpus, corpus, progress)
    # A build and an erasure remove the report of before; the run's own report leads here.
    if not (corpus / HTML).is_file():
        write_report(corpus)
    return counts


def _tokenizer(run: Run, progress: Progress) -> dict[str, Any]:
    from malmoi.tokenizer.learn import learn

    return learn(run.tokenizer, run.folder / CORPUS, run.folder / TOKENIZER, progress)


def _tokens(run: Run, progress: Progress) -> dict[str, Any]:
    from malmoi.tokenizer.encode import encode

    return encode(run.tokens, run.folder / CORPUS, run.folder / TOKENIZER, run.folder / TOKENS, progress)


def _train(run: Run, progress: Progress, *, from_scratch: bool = False) -> dict[str, Any]:
    from malmoi.train.trainer import train

    return train(run.train, run.model, run.folder / TOKENS, run.folder / TRAIN, progress, from_scratch=from_scratch)


def _model(run: Run, progress: Progress) -> dict[str, Any]:
    from malmoi.train.export import export

    progress(0, 1)
    return export(run.folder / TRAIN, run.folder / TOKENIZER, run.folder / MODEL)


def _report(run: Run, progress: Progress) -> dict[str, Any]:
    from malmoi.evaluate.run import measure
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    with TorchEngine(run.folder / MODEL, ServeSettings()) as engine:
        return measure(run.evaluate, engine, run.folder, progress)


STAGES = (
    Stage(CORPUS, "build the corpus", _corpus),
    Stage(TOKENIZER, "learn the tokenizer", _tokenizer),
    Stage(TOKENS, "encode", _tokens),
    Stage(TRAIN, "train", _train),
    Stage(MODEL, "export", _model),
    Stage(REPORT, "evaluate", _report),
)


def print_plan(run: Run, as_json: bool) -> None:
    """What would be done, with the sizes that follow from the recipe. Changes nothing."""
    shape = run.model.shape(run.tokenizer.vocabulary_tokens)
    tokens = run.train.steps * run.train.batch_sequences * run.train.sequence_tokens
    stages = {stage.folder: (run.folder / stage.folder / "manifest.json").is_file() for stage in STAGES}
    plan = {
        "folder": str(run.folder),
        "parameters": shape.parameters,
        "training_tokens": tokens,
        "training_flops": tokens * shape.training_flops_per_token,
        "finished": stages,
    }
    if as_json:
        print(json.dumps({**plan, "recipe": config.to_table(run)}, ensure_ascii=False))
        return
    print(f"{run.name}: {len(run.corpus.inputs)} inputs -> {run.folder}")
    print(f"model: {shape.parameters:,} parameters; training: {tokens:,} tokens, {plan['training_flops']:.2e} flops")
    for stage, finished in stages.items():
        print(f"  {stage:<10} {'has a manifest: checked, then skipped if nothing changed' if finished else 'to do'}")
