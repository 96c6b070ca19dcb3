"""`malmoi jobs list|show|stop|again`: the jobs of a folder of runs. A studio that is open on it does what is asked."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from malmoi.cli.arguments import JSON, add_verb, verbs_of
from malmoi.cli.terminal import harmless, print_table, show
from malmoi.kit import job
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.studio.jobs import folder
from malmoi.studio.jobs.asked import JOBS

_MOST = 1000
"""So many lines are read by nobody; `malmoi jobs list --json` ends there, too."""
_MOVING = ("finished", "starting", "running", "stopping")
"""What cannot be let go on: it is at its end, or at work."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = verbs_of(parser)
    listed = add_verb(verbs, "list", "all jobs, the newest first", _list, "print the jobs as JSON")
    shown = add_verb(verbs, "show", "one job, and the end of its log", _show, JSON)
    stopped = add_verb(verbs, "stop", "ask a job to save and end", _stop, JSON)
    again = add_verb(verbs, "again", "let a job go on that was stopped, failed or was lost", _again, JSON)
    for verb in (shown, stopped, again):
        verb.add_argument("id", help="of the job, as `malmoi jobs list` shows it")
    for verb in (listed, shown, stopped, again):
        verb.add_argument("--runs", type=to_local_path, default=Path("runs"), help="the folder of all runs (runs)")


def _list(arguments: argparse.Namespace) -> None:
    found, _ = folder.page(arguments.runs / JOBS, _MOST)
    show(found, arguments.json, lambda jobs: print(*map(_line, jobs), sep="\n"))


def _line(one: dict[str, Any]) -> str:
    """A job in one line: id, state and since when, command and run, how far it is."""
    told = one["progress"]
    share = f"{told['done'] / told['total']:.0%} of {told['label']}" if told and told["total"] else ""
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["since"]))
    return f"{one['id']}  {one['state']:<9} {since}  {one['command']:<10} {one['run']}  {share}".rstrip()


def _show(arguments: argparse.Namespace) -> None:
    found = _found(arguments)
    print_table(folder.detail(found), arguments.json)
    if not arguments.json:
        print(harmless(folder.read_log(found, None).text), end="")


def _stop(arguments: argparse.Namespace) -> None:
    """Leaves the file that asks for it; a job that waits for its turn then never begins."""
    found = _found(arguments)
    if folder.summary(found)["state"] not in folder.GOING:
        raise UserError(f"job {found.name} is {folder.summary(found)['state']}", "one that is at work or waits")
    job.ask_to_stop(found)
    _say(found, arguments.json, "is asked to save and end")


def _again(arguments: argparse.Namespace) -> None:
    """Takes the request to stop back, and puts the job into the queue."""
    found = _found(arguments)
    if (state := folder.summary(found)["state"]) in _MOVING:
        raise UserError(f"job {found.name} is {state}", "one that was stopped, failed or was lost")
    job.try_again(found)
    _say(found, arguments.json, "goes on when it is its turn")


def _say(found: Path, as_json: bool, what: str) -> None:
    """What was asked. It is done by the studio that is open on the folder, now or when there is one."""
    print(f"job {found.name} {what}; the studio of this folder sees to it", file=sys.stderr)
    if as_json:
        print_table(folder.summary(found), as_json)


def _found(arguments: argparse.Namespace) -> Path:
    if (found := folder.find(arguments.runs / JOBS, arguments.id)) is None:
        hint = "`malmoi jobs list` shows them"
        raise UserError(f"no job {arguments.id!r} in {arguments.runs / JOBS}", hint=hint)
    return found
