"""`malmoi demo`: samples to a model that answers in the studio, on this machine, in a few minutes."""

import argparse
import json
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

RECIPE = Path("recipes/demo.toml")
PORT = 8600
PROMPT = "오늘 아침"
START_LIMIT_S = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The room is its own verb."""
    parser.add_argument("--recipe", type=Path, default=RECIPE, help=f"default: {RECIPE}")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c", dest="assignments")
    parser.add_argument("--port", type=int, default=PORT, help=f"of the studio; 0 takes a free one (default: {PORT})")
    parser.add_argument("--once", action="store_true", help="send one streamed request to the own server, then exit")
    parser.set_defaults(action=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from malmoi.cli.recipe import load
    from malmoi.cli.run import run_stages
    from malmoi.cli.studio import open_studio

    run = load(arguments)
    run_stages(run)
    port = 0 if arguments.once else arguments.port
    if not arguments.once:
        open_studio(run.folder, port)
        return 0
    return _ask_once(run.folder, port)


def _ask_once(folder: Path, port: int) -> int:
    """Opens the studio on a free port, streams one answer from it to stdout, and closes it."""
    from malmoi.cli.studio import studio_server

    with studio_server(folder, port) as (server, engine):
        del engine
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            _wait_until(lambda: server.started, thread)
            address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            print(f"asking {address}/v1/completions: {PROMPT}", file=sys.stderr)
            pieces = _stream(address, {"prompt": PROMPT, "max_tokens": 64, "temperature": 0.8, "seed": 1})
        finally:
            server.should_exit = True
            thread.join(START_LIMIT_S)
    print(PROMPT + "".join(pieces))
    if not pieces:
        print("malmoi: the server sent an empty answer", file=sys.stderr)
        return 1
    return 0


def _wait_until(ready: Any, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not ready():
        if not thread.is_alive() or time.monotonic() > deadline:
            raise TimeoutError(f"the studio did not start within {START_LIMIT_S} s")
        time.sleep(0.05)


def _stream(address: str, body: dict[str, Any]) -> list[str]:
    """The text pieces of one streamed completion."""
    request = urllib.request.Request(  # noqa: S310  (our own loopback address)
        f"{address}/v1/completions",
        data=json.dumps({**body, "stream": True}).encode(),
        headers={"Content-Type": "application/json"},
    )
    pieces = []
    with urllib.request.urlopen(request, timeout=START_LIMIT_S) as answer:  # noqa: S310
        for line in answer:
            data = line.decode().removeprefix("data: ").strip()
            if data and data != "[DONE]":
                pieces += [choice["text"] for choice in json.loads(data)["choices"]]
    return [piece for piece in pieces if piece]
