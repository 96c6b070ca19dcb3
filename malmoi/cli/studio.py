"""`malmoi studio [RUN_FOLDER] --model DIR`: the studio in a browser."""

import argparse
import contextlib
import sys
import webbrowser
from pathlib import Path

from malmoi.cli.serve import add_engine_arguments, opened_model, settings_of
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import MODEL, is_run
from malmoi.studio.settings import StudioSettings

_DEFAULT = StudioSettings()
_RECIPES = Path("recipes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `malmoi studio`."""
    runs = "a run, as runs/demo, or the folder of all"
    parser.add_argument("runs", type=to_local_path, nargs="?", default=Path("runs"), help=runs)
    parser.add_argument("--model", type=to_local_path, help="folder of an exported model; default: that of the run")
    parser.add_argument("--port", type=int, default=_DEFAULT.port, help=f"default {_DEFAULT.port}; 0 takes a free one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    told = "a file, or postgresql://user@host/name (its password in ~/.pgpass); default: studio.db beside the runs"
    parser.add_argument("--database", type=_database, metavar="FILE", help=told)
    recipes = "folder of the recipes that jobs are started from; default: recipes, where there is one"
    parser.add_argument("--recipes", type=to_local_path, help=recipes)
    told = f"so many jobs run at the same time (default {_DEFAULT.jobs_at_once})"
    parser.add_argument("--jobs-at-once", type=int, default=_DEFAULT.jobs_at_once, metavar="N", help=told)
    add_engine_arguments(parser)
    parser.set_defaults(action=studio)


def studio(arguments: argparse.Namespace) -> None:
    """Opens the studio and serves it until Ctrl-C."""
    runs, model = places(arguments.runs, arguments.model)
    recipes = recipes_in(arguments.recipes)
    settings = StudioSettings(
        arguments.port, database=arguments.database, recipes=recipes, jobs_at_once=arguments.jobs_at_once
    )

    from malmoi.cli.studio_commands import command_line
    from malmoi.serve import server
    from malmoi.serve.served import Served
    from malmoi.studio.app import create_app

    listener = server.bind("127.0.0.1", settings.port)
    with contextlib.ExitStack() as stack:
        stack.enter_context(listener)
        served = None
        if model is not None:
            engine, codec = stack.enter_context(opened_model(model, settings_of(arguments)))
            served = Served(engine, codec, settings_of(arguments))
        app = create_app(settings, served, runs, command_line=command_line())
        url = server.url_of(listener)
        print(f"studio: {url}  model: {served.engine.describe().name if served else 'none'}", file=sys.stderr)
        if app.state.first_link:
            link = f"{url}/welcome#{app.state.first_link}"
            print(f"to use it together, make the first account (good once): {link}", file=sys.stderr)
        if not arguments.no_browser and sys.stderr.isatty():
            webbrowser.open(url)
        server.run(app, listener)


def places(path: Path, model: Path | None) -> tuple[Path, Path | None]:
    """The folder of all runs, and the model to serve, from what the person named. Raises UserError."""
    is_a_run = is_run(path)
    if not path.is_dir() and path != Path("runs"):
        raise UserError(f"{path} is no folder", "the folder of a run, as runs/demo, or of all runs")
    if model is None and is_a_run and (path / MODEL / manifest.NAME).is_file():
        model = path / MODEL
    if model is not None and not (model / "config.json").is_file():
        raise UserError(f"{model} is no exported model", "a folder with config.json, as runs/demo/model")
    return (path.resolve().parent if is_a_run else path), model


def recipes_in(named: Path | None) -> Path | None:
    """The folder of the recipes that jobs are started from; None where there is none. Raises UserError."""
    if named is not None and not named.is_dir():
        raise UserError(f"--recipes {named} is no folder", "a folder with TOML files, as recipes")
    return named or (_RECIPES if _RECIPES.is_dir() else None)


def _database(where: str) -> Path | str:
    """A file, or the address of a server as it stands."""
    return where if "://" in where else to_local_path(where)
