"""`malmoi serve MODEL_DIR`: a model over the OpenAI-compatible interface."""

import argparse
import dataclasses
import json
import logging
import sys
from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.serve.settings import ServeSettings, WebSettings

_DEFAULT = ServeSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `malmoi serve`."""
    parser.add_argument("model", type=to_local_path, nargs="?", help="folder of an exported model, as runs/demo/model")
    add_engine_arguments(parser)
    parser.add_argument("--host", default=_DEFAULT.host, help="others than 127.0.0.1 need --keys")
    parser.add_argument("--port", type=int, default=_DEFAULT.port, help=f"default {_DEFAULT.port}; 0 takes a free one")
    parser.add_argument("--keys", type=to_local_path, metavar="FILE", help="API keys (hashes); requests need one then")
    parser.add_argument("--new-key", metavar="NAME", help="add a key to --keys, print it once, and stop")
    limits = "words as 'qpm=60 tpm=40000 monthly_tokens=1000000 models=demo scopes=answer,tokens expires=2027-12-31'"
    parser.add_argument("--limits", metavar="WORDS", default="", help=f"what the new key may do: {limits}")
    parser.add_argument("--origin", dest="origins", action="append", metavar="ADDRESS", help="a web page that may ask")
    hosts = "a host name that a proxy in front passes on"
    parser.add_argument("--allow-host", dest="allowed_hosts", action="append", metavar="NAME", help=hosts)
    parser.add_argument("--root-path", default="", metavar="/PATH", help="what a proxy puts before every path")
    parser.add_argument("--dry-run", action="store_true", help="print the settings and stop")
    parser.set_defaults(action=serve)


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what serve and studio share: how the model is run."""
    parser.add_argument("--slots", type=int, default=_DEFAULT.slots, help="requests answered at once")
    parser.add_argument("--queue", type=int, default=_DEFAULT.queue, help="requests that may wait; more get 429")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default=_DEFAULT.device)
    parser.add_argument("--threads", type=int, help="CPU threads; default: torch's own choice")
    parser.add_argument("--name", help="what clients call the model; default: the name of its run")


def serve(arguments: argparse.Namespace) -> None:
    """Serves until Ctrl-C."""
    if arguments.new_key is not None:
        return _new_key(arguments)
    if arguments.model is None:
        raise UserError("malmoi serve: no model", "the folder of an exported model, as runs/demo/model")
    settings = settings_of(arguments)
    if arguments.dry_run:
        found = {"model": str(arguments.model), **dataclasses.asdict(settings)}
        return print(json.dumps(found, default=str, indent=1))
    return _run(arguments.model, settings)


def settings_of(arguments: argparse.Namespace) -> ServeSettings:
    """The settings that the options name."""
    return ServeSettings(**_named(arguments, ServeSettings), web=WebSettings(**_named(arguments, WebSettings)))


def _named(arguments: argparse.Namespace, settings: type) -> dict[str, Any]:
    """The options that are fields of `settings`; those given several times as a tuple."""
    names = {field.name for field in dataclasses.fields(settings)}
    found = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _run(model: Path, settings: ServeSettings) -> None:
    from malmoi.serve import server
    from malmoi.serve.http_api import create_app, rules
    from malmoi.serve.served import Served
    from malmoi.serve.torch_engine import TorchEngine

    rules(settings)  # before the model is loaded, so that a missing key is told at once
    listener = server.bind(settings.host, settings.port)
    with listener, TorchEngine(model, settings) as engine:
        served = Served(engine, engine.codec, settings)
        app = create_app(served)
        _show_access_lines()
        print(f"{engine.describe().name} answers at {server.url_of(listener)}/v1 (Ctrl-C ends it)", file=sys.stderr)
        try:
            server.run(app, listener, settings.web, served)
        finally:
            served.quota.save()


def _show_access_lines() -> None:
    """One line of JSON for each request, on stderr."""
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    access_log = logging.getLogger("malmoi.access")
    access_log.addHandler(shown)
    access_log.setLevel(logging.INFO)
    access_log.propagate = False


def _new_key(arguments: argparse.Namespace) -> None:
    from malmoi.serve.keys import add_key

    if arguments.keys is None:
        raise UserError("--new-key without --keys", "--keys FILE --new-key NAME")
    key = add_key(arguments.keys, arguments.new_key, arguments.limits)
    print(key)
    print(f"this key is shown only now; {arguments.keys} keeps its hash", file=sys.stderr)
