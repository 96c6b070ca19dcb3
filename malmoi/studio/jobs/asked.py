"""From a form to the words of a command, and back through the command line's own reader: what it refuses is refused.

Paths come from the server alone: recipes are those of the folder that its settings name, and a run lies in the folder
of runs. A form names both, and no field of it is a path (fields.py).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.kit import config
from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.files import listed
from malmoi.studio.jobs import fields
from malmoi.studio.jobs.commands import COMMANDS, Command, CommandLine

JOBS = "jobs"
"""The folder beside the runs in which jobs lie (kit/job.py)."""
MOST_NAME = 80
_RUN = re.compile(rf"[^\W_][\w.-]{{0,{MOST_NAME - 1}}}")
"""Of letters of any script, digits, "-", "_" and "."; it cannot lead out of the folder, nor be hidden in it."""
_BARE = re.compile(r"[^\W\d][\w-]*")
_TOML_WORDS = frozenset({"true", "false", "inf", "nan"})


@dataclass(frozen=True)
class Asked:
    """A filled form. recipe: the name of its file. run: of the run to make or to go on with.

    changes: settings by their key. options: values of the verb's options by their name; True for a flag.
    """

    command: str
    recipe: str
    run: str
    changes: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where things lie: the folder of runs, and that of recipes (None: nothing can be started)."""

    runs: Path
    recipes: Path | None


def recipes(place: Place) -> dict[str, str]:
    """The recipes of whole runs by the name of their file: the names of the runs that they are for."""
    files = listed(place.recipes, ".toml") if place.recipes else []
    tables = {file.stem: _table(file) for file in files}
    return {name: str(table.get("name", "")) for name, table in tables.items() if "corpus" in table}


def command(name: str) -> Command:
    """The command of that name. Raises UserError for another."""
    if name not in COMMANDS:
        raise UserError(f"no command {name[:80]!r}", hint=did_you_mean(name, sorted(COMMANDS)))
    return COMMANDS[name]


def words(asked: Asked, place: Place, line: CommandLine) -> tuple[str, ...]:
    """The words of the command after the program, once the command line's own reader has taken them.

    Raises UserError for an unknown command, recipe, setting or option, a name of a run that cannot be one, and whatever
    the command itself would refuse.
    """
    start = (*command(asked.command).words, str(recipe_file(asked.recipe, place)))
    if not _RUN.fullmatch(asked.run) or asked.run == JOBS:
        raise UserError(f"the run's name is {asked.run[:100]!r}", f"letters, digits, - _ . and at most {MOST_NAME}")
    where = {"name": asked.run, "folder": str(place.runs / asked.run)}
    _require_known(asked, start, line)
    settings = [word for key, value in {**where, **asked.changes}.items() for word in ("--set", f"{key}={toml(value)}")]
    made = (*start, *settings, *(word for name, value in asked.options.items() for word in _option(name, value)))
    line.read(made)
    return made


def recipe_file(name: str, place: Place) -> Path:
    """The file of a recipe. Only names that a listing gives are taken. Raises UserError for another."""
    known = recipes(place)
    if place.recipes is None or name not in known:
        raise UserError(f"no recipe {name[:80]!r}", hint=did_you_mean(name, sorted(known)))
    return place.recipes / f"{name}.toml"


def toml(value: Any) -> str:
    """A value as `--set` reads it: words stay bare, so that the line that is shown is as a person would write it."""
    if isinstance(value, str) and _BARE.fullmatch(value) and value not in _TOML_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _require_known(asked: Asked, start: tuple[str, ...], line: CommandLine) -> None:
    """Raises UserError for a setting or an option that the form does not offer."""
    wanted = command(asked.command)
    groups = fields.groups(line.read(start), wanted.sections)
    keys = [field.key for group in groups for field in group.fields]
    offered = {option.name: option for option in line.options(wanted.words)}
    if unknown := next((key for key in asked.changes if key not in keys), None):
        raise UserError(f"the setting {unknown[:80]!r} cannot be changed here", hint=did_you_mean(unknown, keys))
    if unknown := next((name for name in asked.options if name not in offered), None):
        raise UserError(f"no option {unknown[:80]!r}", hint=did_you_mean(unknown, list(offered)))


def _option(name: str, value: Any) -> tuple[str, ...]:
    """A flag that is False, and an option without a value, say nothing."""
    if value is True:
        return (name,)
    return () if value in (None, False, "") else (f"{name}={value}",)


def _table(file: Path) -> dict[str, Any]:
    """What a recipe holds; nothing where it cannot be read, so that one broken file hides no other."""
    try:
        return config.read_toml(file)
    except UserError:
        return {}
