"""`malmoi corpus`: build a corpus, ask it questions, and judge any files by the same judgements."""

import argparse
import json
from typing import Any

from malmoi.cli import corpus_questions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verbs of the room."""
    verbs = parser.add_subparsers(title="verbs", metavar="<verb>", required=True)
    _add_build(verbs)
    corpus_questions.add_verbs(verbs)


def _add_build(verbs: Any) -> None:
    from malmoi.cli.recipe import add_recipe_arguments

    build = verbs.add_parser("build", help="raw files to shards and a ledger")
    add_recipe_arguments(build)
    build.set_defaults(action=_build)


# Rooms are imported inside the actions: `malmoi corpus --help` must not wait for pyarrow, numba and DuckDB.
def _build(arguments: argparse.Namespace) -> int:
    """Data (the counts) goes to stdout, the bar to stderr; a finished corpus is only shown."""
    from malmoi.cli.progress import bar
    from malmoi.cli.recipe import load
    from malmoi.corpus import run_local

    run = load(arguments)
    if arguments.dry_run:
        _print_plan(run_local.describe(run.corpus), arguments.json)
        return 0
    with bar("corpus") as progress:
        counts = run_local.build(run.corpus, run.folder / "corpus", progress)
    corpus_questions.print_counts(counts, arguments.json)
    return 0


def _print_plan(plan: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(plan, ensure_ascii=False, indent=1))
        return
    for source in plan["inputs"]:
        print(f"{source['input']:<24} {source['files']:>8,} files {source['bytes']:>15,} bytes")
    print(f"{plan['units']} units, {plan['processes']} processes; reasons: {', '.join(plan['reasons'])}")
