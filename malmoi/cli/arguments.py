"""What the parsers of the rooms share: a verb with its action, and the options of every verb that takes a recipe."""

import argparse
from collections.abc import Callable
from typing import Any

from malmoi.kit.paths import to_path

JSON, JSON_LINES = "print the result as JSON", "one JSON object a line"


def verbs_of(parser: argparse.ArgumentParser) -> Any:
    """The place of a room's verbs."""
    return parser.add_subparsers(title="verbs", metavar="<verb>", required=True)


def add_verb(
    verbs: Any, name: str, purpose: str, action: Callable[[argparse.Namespace], int | None], json: str = ""
) -> argparse.ArgumentParser:
    """Adds a verb to a room. action: returns the exit code, None is 0. json: what --json does; "" gives no --json."""
    verb = verbs.add_parser(name, help=purpose)
    verb.set_defaults(action=action)
    if json:
        verb.add_argument("--json", action="store_true", help=json)
    return verb


def verbs_in(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The verbs of a parser by name, or the rooms; none where it has none below it."""
    actions = parser._actions  # noqa: SLF001  (argparse offers no public way to its sub-parsers)
    below = (action.choices for action in actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001
    return dict(next(below, {}))


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every verb with a recipe takes."""
    parser.add_argument("recipe", type=to_path, help="a TOML file in recipes/")
    add_set(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what would be done and do nothing")
    parser.add_argument("--json", action="store_true", help=JSON)


def add_set(parser: argparse.ArgumentParser) -> None:
    """Adds the option that changes a key of the recipe."""
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="assignments")


def add_from_scratch(parser: argparse.ArgumentParser) -> None:
    """Adds the word that lets a training begin again. It is no setting of the recipe: it changes no number."""
    told = "where the recipe or its text changed, or saved steps have no whole checkpoint any more, train from step 0"
    parser.add_argument("--from-scratch", action="store_true", help=told)
