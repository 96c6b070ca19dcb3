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
from malmoi.kit import config, erasing, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed
from malmoi.kit.run import CORPUS, MODEL, REPORT, TOKENIZER, TOKENS, TRAIN, begin


@dataclass(frozen=True)
class Stage:
    """One stage: the folder that it fills inside the run's, what it is called on the screen, and how it is run.

    The last argument of `run` is whether a training begins from scratch.
    """

    folder: str
    title: str
    run: Callable[[Run, Progress, bool], dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The room is its own verb."""
    add_recipe_arguments(parser)
    add_from_scratch(parser)
    parser.set_defaults(action=_run)


def _run(arguments: argparse.Namespace) -> None:
    run = load(arguments)
    if arguments.dry_run:
        print_plan(run, plan(run), arguments.json)
        return
    counts = run_stages(run, from_scratch=arguments.from_scratch)
    if arguments.json:
        print(json.dumps(counts, ensure_ascii=False))
    else:
        print(run.folder / REPORT / "report.html")
        print(f"next: malmoi studio {run.folder}", file=sys.stderr)


def run_stages(run: Run, *, from_scratch: bool = False) -> dict[str, Any]:
    """Runs what is not finished. Returns each stage's counts. from_scratch: as in train.

    Nothing is replaced before the whole way is known to be open: raises UserError where an input is missing, or where
    training would have to begin anew and that was not asked for. A stage that was asked to stop raises, so that no
    stage after it begins.
    """
    from malmoi.cli.memory import watched

    erasing.require_none(run.folder / CORPUS)
    planned = plan(run)
    refused = refusal(run, planned)
    if refused and not from_scratch:
        raise refused
    begin(run.folder, config.identity(replace(run, folder=Path())))  # the same recipe, wherever its result lies
    counts, started = dict[str, Any](), time.perf_counter()
    for number, stage in enumerate(STAGES, start=1):
        before, former = time.perf_counter(), _finished_at(run.folder / stage.folder)
        with watched() as peak, bar(f"{number}/{len(STAGES)} {stage.title}") as progress:
            counts[stage.folder] = stage.run(run, progress, from_scratch)
        seconds = time.perf_counter() - before
        events.append(run.folder, "stage", stage=stage.folder, seconds=seconds, peak_bytes=peak.resident_bytes)
        is_same = former is not None and former == _finished_at(run.folder / stage.folder)
        cost = "unchanged" if is_same else f"{seconds:7.1f} s  {peak.resident_bytes / 1e9:5.2f} GB peak"
        print(f"{number}/{len(STAGES)} {stage.title:<22} {cost:<25}  {run.folder / stage.folder}", file=sys.stderr)
        asked_and_got.say(run, stage.folder, counts[stage.folder])
    print(f"all stages in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return counts


def run_alone(arguments: argparse.Namespace, name: str) -> None:
    """One stage by a verb of its own: what it made, or with --dry-run what it would do."""
    run = load(arguments)
    if arguments.dry_run:
        return print_plan(run, [look(run, name)], arguments.json)
    erasing.require_none(run.folder / CORPUS)
    stage = next(stage for stage in STAGES if stage.folder == name)
    with bar(name) as progress:
        counts = stage.run(run, progress, getattr(arguments, "from_scratch", False))
    asked_and_got.say(run, name, counts)
    print(f"written to {run.folder / name}", file=sys.stderr)
    return print_table(counts, arguments.json)


def _finished_at(folder: Path) -> float | None:
    """When the stage of a folder was finished; None where it is not."""
    return (manifest.find(folder) or {}).get("finished_at")


def _corpus(run: Run, progress: Progress, _from_scratch: bool) -> dict[str, Any]:
    from malmoi.corpus.build import build
    from malmoi.corpus.report.page import HTML, write_report

    counts = build(run.corpus, run.folder / CORPUS, progress)
    # A build and an erasure remove the report of before; the run's own report leads here.
    if not (run.folder / CORPUS / HTML).is_file():
        write_report(run.folder / CORPUS)
    return counts


def _tokenizer(run: Run, progress: Progress, _from_scratch: bool) -> dict[str, Any]:
    from malmoi.tokenizer.learn import learn

    return learn(run.tokenizer, run.folder / CORPUS, run.folder / TOKENIZER, progress)


def _tokens(run: Run, progress: Progress, _from_scratch: bool) -> dict[str, Any]:
    from malmoi.kit.stage import is_done
    from malmoi.tokenizer.encode import encode, made
    from malmoi.tokenizer.former import keep

    settings, corpus, tokenizer, tokens = run.tokens, *(run.folder / name for name in (CORPUS, TOKENIZER, TOKENS))
    if _is_trained_on(run.folder / TRAIN, tokens) and not is_done(tokens, made(settings, corpus, tokenizer)):
        keep(tokens)  # so that the training can still be asked what it saw
    return encode(settings, corpus, tokenizer, tokens, progress)


def _is_trained_on(train: Path, tokens: Path) -> bool:
    """Whether a training has a checkpoint that was made of the tokens as they are now."""
    from malmoi.tokenizer.corpus_text import content_sha256
    from malmoi.train.checkpoint import CHECKPOINTS

    if manifest.find(tokens) is None:
        return False
    records = (manifest.find(saved) or {} for saved in listed(train / CHECKPOINTS))
    return content_sha256(tokens) in [record.get("inputs", {}).get("tokens") for record in records]


def _train(run: Run, progress: Progress, from_scratch: bool) -> dict[str, Any]:
    from malmoi.train.trainer import train

    tokens, out = run.folder / TOKENS, run.folder / TRAIN
    return train(run.train, run.model, tokens, out, progress, from_scratch=from_scratch)


def _model(run: Run, progress: Progress, _from_scratch: bool) -> dict[str, Any]:
    from malmoi.train.export import export

    progress(0, 1)
    return export(run.folder / TRAIN, run.folder / TOKENIZER, run.folder / MODEL)


def _report(run: Run, progress: Progress, _from_scratch: bool) -> dict[str, Any]:
    from malmoi.evaluate.run import measure
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    model = run.folder / MODEL
    if wrong := manifest.verify(model, how="once"):
        raise UserError(f"{model}: {wrong}", hint="run `malmoi model export` again")
    with TorchEngine(model, ServeSettings()) as engine:  # texts are scored, which OpenVINO cannot
        return measure(run.evaluate, engine, run.folder, progress)


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
