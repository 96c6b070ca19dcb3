"""`malmoi evaluate run|report`."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from malmoi.cli.progress import bar
from malmoi.cli.recipe import add_recipe_arguments, load
from malmoi.kit.run import MODEL, REPORT, TOKENS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the room."""
    verbs = parser.add_subparsers(title="verbs", metavar="<verb>", required=True)
    run = verbs.add_parser("run", help="measure the run's model on held-out text and write the report")
    add_recipe_arguments(run)
    run.set_defaults(action=measure_model)
    report = verbs.add_parser("report", help="write the report of a run folder from what is there")
    report.add_argument("folder", type=Path, help="the folder of a run")
    report.add_argument("--json", action="store_true", help="print the numbers as JSON")
    report.set_defaults(action=write_report_of)


def measure_model(arguments: argparse.Namespace) -> int:
    """`malmoi evaluate run RECIPE`."""
    run = load(arguments)
    model, out = run.folder / MODEL, run.folder / REPORT
    if arguments.dry_run:
        plan = {"model": str(model), "tokens": str(run.folder / TOKENS), "out": str(out)}
        print(json.dumps({**plan, "settings": asdict(run.evaluate)}, ensure_ascii=False, indent=1))
        return 0
    from malmoi.evaluate.run import measure
    from malmoi.kit import manifest
    from malmoi.kit.errors import UserError
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    if wrong := manifest.verify(model):
        raise UserError(f"{model}: {wrong}", hint="run `malmoi model export` again")
    with TorchEngine(model, ServeSettings()) as engine, bar("evaluate") as progress:
        counts = measure(run.evaluate, engine, run.folder, progress)
    print(f"written to {out / 'report.html'}", file=sys.stderr)
    print(json.dumps(counts, ensure_ascii=False, indent=None if arguments.json else 1))
    return 0


def write_report_of(arguments: argparse.Namespace) -> int:
    """`malmoi evaluate report DIR`."""
    from malmoi.evaluate.report import JSON, write_report
    from malmoi.kit.files import writing

    with writing(arguments.folder / REPORT):
        page = write_report(arguments.folder)
    print(page.with_name(JSON).read_text(encoding="utf-8") if arguments.json else page)
    return 0
