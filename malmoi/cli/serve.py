"""`malmoi serve MODEL_DIR...`: models over the OpenAI-compatible interface; replay, erase, traffic, adapters: words."""

import argparse
import contextlib
import dataclasses
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.cli import serve_traffic
from malmoi.cli.serve_keys import keys, show_once
from malmoi.cli.serve_models import opened_models
from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.serve.keys import ANYONE
from malmoi.serve.safety.policy import SafetySettings
from malmoi.serve.settings import ServeSettings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine as Database

    from malmoi.serve.engine import Engine
    from malmoi.serve.served import ServerState
    from malmoi.tokenizer.codec import Codec

_DEFAULT = ServeSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `malmoi serve`."""
    words = (
        "exported models, runs (runs/demo), GGUF files, recipes (.toml), each as NAME@VERSION=PATH if wished; "
        "or: replay ID MODEL, or: erase (with --records), or: traffic [VERSION=WEIGHT...], "
        "or: adapters [MODEL NAME=FOLDER...], or: keys list|add NAME|limits NAME|revoke NAME"
    )
    parser.add_argument("words", nargs="*", metavar="MODEL", help=words)
    pinned = "load it at the start and keep it; others are loaded at their first request"
    parser.add_argument("--pin", dest="pinned", action="append", metavar="NAME", help=pinned)
    memory = "what all loaded models may take together; default: what is free at the start"
    parser.add_argument("--memory-gb", type=float, metavar="GB", help=memory)
    traffic = "keep the weights and shadows that `malmoi serve traffic` sets in it"
    parser.add_argument("--traffic", type=to_local_path, metavar="FILE", help=traffic)
    add_engine_arguments(parser)
    parser.add_argument("--host", help="others than 127.0.0.1 need --keys")
    parser.add_argument("--port", type=int, help=f"default {_DEFAULT.port}; 0 takes a free one")
    parser.add_argument("--keys", type=to_local_path, metavar="FILE", help="API keys (hashes); requests need one then")
    parser.add_argument("--new-key", metavar="NAME", help="add a key to --keys, print it once, and stop")
    limits = "words as 'qpm=60 tpm=40000 monthly_tokens=1000000 models=demo scopes=answer,tokens expires=2027-12-31"
    limits += " policy=strict'"
    parser.add_argument("--limits", metavar="WORDS", help=f"what the key may do: {limits}")
    parser.add_argument("--origin", dest="origins", action="append", metavar="ADDRESS", help="a web page that may ask")
    hosts = "a host name that a proxy in front passes on"
    parser.add_argument("--allow-host", dest="allowed_hosts", action="append", metavar="NAME", help=hosts)
    parser.add_argument("--root-path", metavar="/PATH", help="what a proxy puts before every path")
    parser.add_argument("--records", dest="database", type=to_local_path, metavar="FILE", help="keep answers in it")
    policies = ["none", "metadata", "masked", "whole"]
    parser.add_argument("--record-policy", dest="policy", choices=policies, help="of requests without a key")
    parser.add_argument("--retention-days", type=int, help="of requests without a key")
    parser.add_argument("--of-key", metavar="NAME", help="erase the records of this key")
    parser.add_argument("--of-user", metavar="USER", help="erase the records of this `user` of requests")
    policy = "TOML with [input] and [output]: what is masked or refused (docs/guides/safety)"
    parser.add_argument("--safety", type=to_local_path, metavar="FILE", help=policy)
    told = "TOML with settings that --dry-run prints, as queue_s in [web]; an option goes before it"
    parser.add_argument("--settings", type=to_local_path, metavar="FILE", help=told)
    parser.add_argument("--dry-run", action="store_true", help="print the settings and stop")
    serve_traffic.add_arguments(parser)
    parser.set_defaults(action=serve)


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what serve and studio share: how the model is run."""
    parser.add_argument("--slots", type=int, help=f"requests answered at once; default {_DEFAULT.slots}")
    parser.add_argument("--queue", type=int, help=f"requests that may wait; more get 429; default {_DEFAULT.queue}")
    engines = "auto (default): openvino on CPUs where it can be, else torch; remote: a server that MODEL.toml names"
    parser.add_argument("--engine", choices=["auto", "torch", "openvino", "remote"], help=engines)
    parser.add_argument("--openvino-precision", choices=["f32", "bf16"], help="what OpenVINO computes in; default f32")
    weights = "what OpenVINO keeps weights in; int8 needs a measurement (malmoi model measure); default f16"
    parser.add_argument("--openvino-weights", choices=["f16", "int8"], help=weights)
    untested = "serve 8-bit weights also without a measurement, or below its limit"
    parser.add_argument("--allow-untested-8bit", action="store_true", default=None, help=untested)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--threads", type=int, help="CPU threads; default: torch's own choice")
    adapter = "an adapter (LoRA) as PEFT writes it; clients ask for MODEL:NAME"
    parser.add_argument("--adapter", dest="adapters", action="append", metavar="NAME=FOLDER", help=adapter)
    parser.add_argument("--name", help="what clients call the model; default: the name of its run")


def serve(arguments: argparse.Namespace) -> None:
    """Serves until Ctrl-C."""
    if arguments.new_key is not None:
        return _new_key(arguments)
    settings = settings_of(arguments)
    match arguments.words:
        case ["replay", answer_id, model]:
            return _replay(answer_id, to_local_path(model), settings)
        case ["keys", *rest]:
            return keys(rest, arguments, settings)
        case ["erase"]:
            return _erase(arguments, settings)
        case ["adapters", *changes]:
            return serve_traffic.adapters(changes, arguments, settings.port)
        case ["traffic", *changes]:
            return serve_traffic.traffic(changes, arguments, settings.port)
        case []:
            raise UserError(
                "malmoi serve: no model", "MODEL_DIR or RUN, one or several; or: replay, erase, traffic, adapters, keys"
            )
        case words if arguments.dry_run:
            return print(json.dumps({"served": words, **dataclasses.asdict(settings)}, default=str, indent=1))
        case words:
            return _run(words, settings)


def settings_of(arguments: argparse.Namespace) -> ServeSettings:
    """The settings of the file that the options name, and what other options say instead."""
    path, named = getattr(arguments, "settings", None), _named(arguments, ServeSettings)
    base = _DEFAULT if path is None else config.parse(ServeSettings, config.read_toml(path), str(path))
    if policy := named.pop("safety", None):
        named["safety"] = config.parse(SafetySettings, config.read_toml(policy), str(policy))
    parts = {name: getattr(base, name) for name in ("web", "records", "models", "eight_bit")}
    parts = {name: dataclasses.replace(part, **_named(arguments, type(part))) for name, part in parts.items()}
    return dataclasses.replace(base, **named, **parts)


def _named(arguments: argparse.Namespace, settings: type) -> dict[str, Any]:
    """The options that are fields of `settings`; those given several times as a tuple."""
    names = {field.name for field in dataclasses.fields(settings)}
    found = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _run(words: list[str], settings: ServeSettings) -> None:
    from malmoi.serve.http_api import rules
    from malmoi.serve.records.writer import Records
    from malmoi.serve.served import ServerState

    path = settings.records.database
    with contextlib.nullcontext() if path is None else Records(path, settings) as records:
        shared = ServerState(settings, records)
        rules(settings, shared.keys)  # before the model is loaded, so that a missing key is told at once
        _answer(words, settings, shared)


def _answer(words: list[str], settings: ServeSettings, shared: "ServerState") -> None:
    from malmoi.serve import server
    from malmoi.serve.http_api import create_app
    from malmoi.serve.safety.check import warm

    with server.bind(settings.host, settings.port) as listener, opened_models(words, shared, opened_model) as models:
        app = create_app(models)
        for policy in (settings.safety, *(each.safety for each in settings.policies.values() if each.safety)):
            warm(policy)
        _show_access_lines()
        names = ", ".join(models.names(ANYONE)) or "no model yet"
        print(f"{names}: at {server.url_of(listener)}/v1 (Ctrl-C ends it)", file=sys.stderr)
        for about in (each.engine.describe() for each in models.loaded()):
            why = f" ({about.engine_reason})" if about.engine_reason else ""
            print(f"{about.name}: {about.engine}{why}", file=sys.stderr)
        try:
            server.run(app, listener, settings.web, models)
        finally:
            shared.quota.save()


def opened_model(model: Path, settings: ServeSettings) -> "AbstractContextManager[tuple[Engine, Codec]]":
    """A model's folder, or the recipe of a server elsewhere, for which torch is not loaded."""
    if model.suffix == ".toml":
        from malmoi.serve.remote.engine import opened
    elif settings.engine == "remote":
        raise UserError(f"--engine remote with {model}", "the recipe of a server, as recipes/serve_vllm.toml")
    else:
        from malmoi.serve.open_engine import opened
    return opened(model, settings)


def _replay(answer_id: str, model: Path, settings: ServeSettings) -> None:
    """Makes a recorded answer again, with the engine that made it; exit code 1 where it differs."""
    import asyncio

    from malmoi.serve.engine_choice import same_engine
    from malmoi.serve.records.replay import recorded, replay

    row = recorded(_database(settings), answer_id)
    with opened_model(model, same_engine(row.made_with["engine"], settings)) as (engine, codec):
        found = asyncio.run(replay(engine, codec, row))
    print(json.dumps({"equal": found.is_equal, **dataclasses.asdict(found)}, ensure_ascii=False))
    if not found.is_equal:
        raise SystemExit(1)


def _erase(arguments: argparse.Namespace, settings: ServeSettings) -> None:
    """Erases the records of a key, a user, or a key's user."""
    from malmoi.serve.records.erasing import erase

    if arguments.of_key is None and arguments.of_user is None:
        raise UserError("malmoi serve erase: of whom?", "--of-key NAME, --of-user USER, or both")
    database = _database(settings)
    print(f"{erase(database, arguments.of_key, arguments.of_user)} records erased")


def _database(settings: ServeSettings) -> "Database":
    from malmoi.serve.records.database import open_database

    if settings.records.database is None or not settings.records.database.is_file():
        raise UserError(f"records: {settings.records.database}", "--records FILE that a server has written")
    return open_database(settings.records.database)


def _show_access_lines() -> None:
    """One line of JSON for each request, on stderr."""
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    access_log = logging.getLogger("malmoi.access")
    access_log.addHandler(shown)
    access_log.setLevel(logging.INFO)
    access_log.propagate = False
    # What no line shows need not be found out for each (Python's logging how-to, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _new_key(arguments: argparse.Namespace) -> None:
    from malmoi.serve.keys import add_key

    if arguments.keys is None:
        raise UserError("--new-key without --keys", "--keys FILE --new-key NAME")
    show_once(add_key(arguments.keys, arguments.new_key, arguments.limits or ""))
