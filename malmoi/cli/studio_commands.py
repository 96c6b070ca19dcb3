"""The command line as the studio's forms see it: options by the real parser, recipes by the real reader."""

import argparse
import sys
from collections.abc import Sequence

from malmoi.cli.arguments import verbs_in
from malmoi.cli.main import build_parser
from malmoi.cli.recipe import Run, load
from malmoi.studio.jobs.commands import CommandLine, Option

_NOT_OFFERED = frozenset({"help", "recipe", "assignments", "dry_run", "json", "out"})
"""What the form makes itself, and --out, which could lead anywhere on the disk."""


def command_line() -> CommandLine:
    """This program, started by the interpreter that runs it now."""
    return CommandLine((sys.executable, "-m", "malmoi"), Run, _options, _read)


def _options(words: tuple[str, ...]) -> tuple[Option, ...]:
    """The options of a verb as the real parser knows them, so that a new one is in the form by itself."""
    parser = build_parser(words)
    for word in words:
        parser = verbs_in(parser)[word]
    offered = [action for action in parser._actions if action.dest not in _NOT_OFFERED]  # noqa: SLF001  (as reference)
    return tuple(_option(action) for action in offered if action.option_strings)


def _option(action: argparse.Action) -> Option:
    kind = "flag" if action.nargs == 0 else "choice" if action.choices else "int" if action.type is int else "text"
    return Option(action.option_strings[-1], kind, action.help or "", tuple(map(str, action.choices or ())))


def _read(words: Sequence[str]) -> Run:
    """The recipe as the verb would read it. Nothing else of the verb is done. Raises UserError as the verb would."""
    return load(build_parser(words).parse_args(list(words)))
