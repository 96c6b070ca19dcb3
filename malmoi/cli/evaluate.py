"""`malmoi evaluate run|report`."""

import argparse
from functools import partial

from malmoi.cli.recipe import add_recipe_arguments
from malmoi.cli.run import run_alone
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import REPORT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the room."""
    verbs = parser.add_subparsers(title="verbs", metavar="<verb>", required=True)
    run = verbs.add_parser("run", help="measure the run's model on held-out text and write the report")
    add_recipe_arguments(run)
    run.set_defaults(action=partial(run_alone, name=REPORT))
    report = verbs.add_parser("report", help="write the report of a run folder from what is there")
    report.add_argument("folder", type=to_local_path, help="the folder of a run")
    report.add_argument("--json", action="store_true", help="print the numbers as JSON")
    report.set_defaults(action=write_report_of)


def write_report_of(arguments: argparse.Namespace) -> int:
    """`malmoi evaluate report DIR`."""
    from malmoi.evaluate.report import JSON, write_report
    from malmoi.kit.files import writing

    with writing(arguments.folder / REPORT):
        page = write_report(arguments.folder)
    print(page.with_name(JSON).read_text(encoding="utf-8") if arguments.json else page)
    return 0
