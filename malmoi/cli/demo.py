"""`malmoi demo`: samples to a model that answers in the studio, on this machine, in a few minutes."""

import argparse
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from malmoi.cli.arguments import add_set
from malmoi.kit.errors import OUR_FAULT, UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import MODEL

RECIPE = Path("recipes/demo.toml")
PROMPT = "오늘 아침"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The room is its own verb."""
    parser.add_argument("--recipe", type=to_local_path, default=RECIPE, help=f"default: {RECIPE}")
    add_set(parser)
    parser.add_argument("--port", type=int, help="of the studio; 0 takes a free one (default: 8600)")
    parser.add_argument("--once", action="store_true", help="send one streamed request to the own server, then exit")
    parser.set_defaults(action=_demo)


def _demo(arguments: argparse.Namespace) -> int | None:
    from malmoi.cli.main import main
    from malmoi.cli.recipe import load
    from malmoi.cli.run import run_stages
    from malmoi.serve import server
    from malmoi.studio.settings import StudioSettings

    run = load(arguments)
    port = (StudioSettings() if arguments.port is None else StudioSettings(port=arguments.port)).port
    if not arguments.once:
        server.bind("127.0.0.1", port).close()  # a port that is taken is told now, not after the training
    run_stages(run, from_scratch=arguments.recipe == RECIPE)  # two minutes of training are no loss
    return _ask_once(run.folder) if arguments.once else main(["studio", str(run.folder), "--port", str(port)])


def _ask_once(folder: Path) -> None:
    """Opens the studio on a free port, streams one answer from it to stdout, and closes it."""
    from malmoi.serve import server
    from malmoi.serve.served import Served
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine
    from malmoi.studio.app import create_app
    from malmoi.studio.settings import StudioSettings

    settings = ServeSettings()
    with TorchEngine(folder / MODEL, settings) as engine:  # torch, whatever is installed: it is here already
        app = create_app(StudioSettings(), Served(engine, engine.codec, settings), folder.resolve().parent)
        with server.running(app) as address:
            print(f"asking {address}/v1/completions: {PROMPT}", file=sys.stderr)
            pieces = _stream(address, {"prompt": PROMPT, "max_tokens": 64, "temperature": 0.8, "seed": 1})
    print(PROMPT + "".join(pieces))
    if not pieces:
        raise UserError("the server sent an empty answer", code=OUR_FAULT)


def _stream(address: str, body: dict[str, Any]) -> list[str]:
    """The text pieces of one streamed completion."""
    data, headers = json.dumps({**body, "stream": True}).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/completions", data, headers)  # noqa: S310  (our own loopback)
    pieces = []
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        for line in answer:
            data = line.decode().removeprefix("data: ").strip()
            if data and data != "[DONE]":
                pieces += [choice["text"] for choice in json.loads(data)["choices"]]
    return [piece for piece in pieces if piece]
