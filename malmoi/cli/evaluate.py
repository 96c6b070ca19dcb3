"""`malmoi evaluate run|report`."""

import argparse
from functools import partial

from malmoi.cli.arguments import add_recipe_arguments, add_verb, verbs_of
from malmoi.cli.run import run_alone
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import REPORT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the room."""
    verbs, purpose = verbs_of(parser), "measure the run's model on held-out text and write the report"
    add_recipe_arguments(add_verb(verbs, "run", purpose, partial(run_alone, name=REPORT)))
    purpose = "write the report of a run folder from what is there"
    report = add_verb(verbs, "report", purpose, write_report_of, "print the numbers as JSON")
    report.add_argument("folder", type=to_local_path, help="the folder of a run")


def write_report_of(arguments: argparse.Namespace) -> None:
    """`malmoi evaluate report DIR`."""
    from malmoi.evaluate.report import JSON, write_report
    from malmoi.kit.files import writing

    with writing(arguments.folder / REPORT):
        page = write_report(arguments.folder)
    print(page.with_name(JSON).read_text(encoding="utf-8") if arguments.json else page)
