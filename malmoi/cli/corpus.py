"""`malmoi corpus`: build a corpus, ask it questions, and judge any files by the same judgements."""

import argparse
from typing import Any

from malmoi.cli import corpus_erase, corpus_judgements, corpus_questions, corpus_where
from malmoi.cli.arguments import add_recipe_arguments, add_verb, verbs_of
from malmoi.cli.terminal import show
from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.paths import to_path
from malmoi.kit.run import CORPUS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verbs of the room."""
    verbs = verbs_of(parser)
    add_recipe_arguments(add_verb(verbs, "build", "raw files to shards and a ledger", _build))
    corpus_questions.add_verbs(verbs)
    corpus_erase.add_verb(verbs)
    corpus_where.add_verbs(verbs)
    corpus_judgements.add_verbs(verbs)
    work = add_verb(verbs, "work", "one task of a build that is under way: what a job of a cluster calls", _work)
    work.add_argument("folder", type=to_path, help="the folder of what is on the way (corpus/work/...)")
    work.add_argument("stage", help="pass, rank, exact, near, judge, paragraphs or publish")
    work.add_argument("number", type=int, help="the number of the task within its stage")


# Rooms are imported inside the actions: `malmoi corpus --help` must not wait for pyarrow, numba and DuckDB.
def _build(arguments: argparse.Namespace) -> None:
    """Data (the counts) goes to stdout, the bar to stderr; a finished corpus is only shown."""
    from malmoi.cli.progress import bar
    from malmoi.cli.recipe import load
    from malmoi.corpus.build import build, describe

    run = load(arguments, corpus_alone=True)
    if arguments.dry_run:
        return show(describe(run.corpus), arguments.json, _print_plan)
    with bar("corpus") as progress:
        counts = build(run.corpus, run.folder / CORPUS, progress)
    return show(counts, arguments.json, corpus_questions.print_counts)


def _work(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.engines import slurm
    from malmoi.corpus.passes import tasks

    if arguments.stage not in tasks.STAGES:
        raise UserError(f"no stage {arguments.stage!r}", hint=did_you_mean(arguments.stage, list(tasks.STAGES)))
    slurm.do(arguments.folder, arguments.stage, arguments.number)


def _print_plan(plan: dict[str, Any]) -> None:
    for source in plan["inputs"]:
        print(f"{source['input']:<24} {source['files']:>8,} files {source['bytes']:>15,} bytes")
    print(f"{plan['units']} units, {plan['processes']} processes; reasons: {', '.join(plan['reasons'])}")
