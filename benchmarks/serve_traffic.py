"""Weights and shadows of `malmoi serve` over real HTTP: the share of a canary, and what a bad shadow costs the others.

    python benchmarks/serve_traffic.py MODEL_DIR [--requests 2000] [--seconds 4] [--runs 5] [--clients 8]

One server with engines that sleep 22 ms (MODEL_DIR gives their tokenizer), set at run time through /admin/traffic.
First the canary: of the requests for a bare name at 90 : 10, the share of the smaller version, drawn by chance and kept
by `user`. Then shadows, in turns: none, one that answers, one that hangs, one that dies, one that is slow. Printed: the
99th percentile of the main answers and the server's CPU time a request, each as the median of the runs beside that
without a shadow, what became of the copies, and answers that were not the main model's. The bars: the share within 2
points; no answer changed; no p99 more than 5 % above that without a shadow.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from serve_process import ROOT, await_health, free_port

ENGINE_S = 0.022
MAIN, CANARY = "demo@100", "demo@200"
MODES = {"none": None, "answers": CANARY, "hangs": "demo@hangs", "dies": "demo@dies", "slow": "demo@slow"}
MOST_POINTS, MOST_P99 = 2.0, 1.05


def _serve(model: str, port: int) -> None:
    """The server, in a process of its own."""
    from malmoi.cli.serve import _show_access_lines
    from malmoi.kit.special_tokens import END_OF_TURN
    from malmoi.serve import server
    from malmoi.serve.endpoints import Listed
    from malmoi.serve.engine import Description, EngineDownError, Health, Piece
    from malmoi.serve.http_api import create_app
    from malmoi.serve.models import Models
    from malmoi.serve.served import ServerState
    from malmoi.serve.settings import ModelsSettings, ServeSettings
    from malmoi.tokenizer.codec import Codec

    codec = Codec(Path(model))
    end = Piece(codec.special(END_OF_TURN), -0.1, finish="stop", is_end=True)

    class Sleeper:
        """Says its name after a while, or never, or fails."""

        def __init__(self, name: str) -> None:
            self._about = Description(name, "sleeper", codec.vocabulary_tokens, 2048, 64, "0" * 64)
            self._pieces = (*(Piece(token_id, -0.5) for token_id in codec.encode(f"나는 {name}")), end)

        def describe(self) -> Description:
            return self._about

        def health(self) -> Health:
            return Health("ok")

        async def generate(self, request):  # noqa: ARG002
            match self._about.name.partition("@")[2]:
                case "hangs":
                    await asyncio.sleep(3600)
                case "dies":
                    raise EngineDownError("gone")
                case "slow":
                    await asyncio.sleep(2)
                case _:
                    await asyncio.sleep(ENGINE_S)
            yield self._pieces

    class Sleepers:
        """The models."""

        def find(self) -> list[Listed]:
            return [Listed("demo", name.partition("@")[2], 2048) for name in (MAIN, *filter(None, MODES.values()))]

        @contextmanager
        def open(self, listed: Listed) -> Iterator:
            yield Sleeper(listed.id), codec

    settings = ServeSettings(port=port, models=ModelsSettings(shadow_s=1.0))
    models = Models(ServerState(settings), Sleepers())  # type: ignore[arg-type]
    _show_access_lines()
    server.run(create_app(models), server.bind("127.0.0.1", port), settings.web, models)


@contextmanager
def _running(model: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    words = [sys.executable, __file__, "--serve", str(port), str(model.resolve())]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            await_health(port)
            yield port, process.pid
        finally:
            process.terminate()


def _set(port: int, **split: object) -> None:
    body = json.dumps({"demo": split}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/admin/traffic", body, headers, method="PUT")
    urllib.request.urlopen(request, timeout=10).read()


def _copies(port: int) -> Counter[str]:
    """Copies by what became of them, since the start."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    found: Counter[str] = Counter()
    for outcome, count in re.findall(r'malmoi_shadow_copies_total\{.*outcome="(\w+)"\} ([\d.]+)', text):
        found[outcome] += int(float(count))
    return found


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str) -> tuple[str, str]:
    """One chat: the model that its answer names in the header, and what it says."""
    messages = [{"role": "user", "content": "오늘 서울 날씨를 알려 줘."}]
    body = json.dumps({"model": "demo", "user": user, "messages": messages, "max_tokens": 64}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = re.search(r"content-length: (\d+)", answer)
    assert length, answer
    told = json.loads(await reader.readexactly(int(length[1])))
    assert " 200 " in answer.partition("\r\n")[0], told
    name = re.search(r"x-malmoi-model: (\S+)", answer)
    assert name is not None
    assert name[1] == told["model"]
    return name[1], told["choices"][0]["message"]["content"]


async def _shares(port: int, num_requests: int, clients: int) -> Counter[str]:
    numbers, found = iter(range(num_requests)), Counter[str]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            found[(await _ask(reader, writer, f"user-{number}"))[0]] += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return found


async def _load(port: int, clients: int, seconds: float) -> tuple[list[float], int]:
    """Times of the answers, and how many were not the main model's."""
    times: list[float] = []
    others = itertools.count()
    ends_s = time.perf_counter() + seconds

    async def one(wait_s: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(wait_s)
        while (began_s := time.perf_counter()) < ends_s:
            told = await _ask(reader, writer, "someone")
            times.append(time.perf_counter() - began_s)
            if told != (MAIN, f"나는 {MAIN}"):
                next(others)
        writer.close()

    await asyncio.gather(*(one(ENGINE_S * number / clients) for number in range(clients)))
    return times, next(others)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _canary(port: int, arguments: argparse.Namespace) -> bool:
    """Prints the shares; whether both are within the bar."""
    is_well = True
    for sticky in ("none", "user"):
        _set(port, weights={MAIN: 90, CANARY: 10}, sticky=sticky)
        found = asyncio.run(_shares(port, arguments.requests, arguments.clients))
        points = 100 * found[CANARY] / found.total()
        is_well = is_well and abs(points - 10) <= MOST_POINTS
        print(f"canary, sticky {sticky:<5}{found.total():>6} requests {points:>6.2f} % (10 wanted)", flush=True)
    return is_well


def _shadows(port: int, pid: int, arguments: argparse.Namespace) -> bool:
    """Prints the table of shadows; whether all is within the bars."""
    p99_ms: dict[str, list[float]] = {name: [] for name in MODES}
    cpu_ms: dict[str, list[float]] = {name: [] for name in MODES}
    copies: dict[str, Counter[str]] = {name: Counter() for name in MODES}
    others = Counter[str]()
    for _ in range(arguments.runs):
        for name, shadow in MODES.items():
            _set(port, weights={MAIN: 1}, shadow=shadow)
            before, cpu_s = _copies(port), _cpu_s(pid)
            times, changed = asyncio.run(_load(port, arguments.clients, arguments.seconds))
            cpu_ms[name].append(1e3 * (_cpu_s(pid) - cpu_s) / len(times))
            p99_ms[name].append(1e3 * float(np.percentile(times, 99)))
            others[name] += changed
            copies[name] += _copies(port) - before
            _set(port, weights={MAIN: 1})
            time.sleep(1.5)  # what hangs is given up after a second, and disturbs no other mode
    print(f"{'shadow':<9}{'p99 ms':>8}{'ratio':>7}{'CPU ms':>8}{'changed':>9}  copies")
    is_well = True
    for name in MODES:
        p99 = float(np.median(p99_ms[name]))
        ratio = float(np.median(np.array(p99_ms[name]) / np.array(p99_ms["none"])))
        is_well = is_well and not others[name] and ratio <= MOST_P99
        told = ", ".join(f"{outcome} {count}" for outcome, count in copies[name].items())
        print(f"{name:<9}{p99:>8.2f}{ratio:>7.3f}{np.median(cpu_ms[name]):>8.2f}{others[name]:>9}  {told}")
    return is_well


def main() -> int:
    """Prints both; exit code 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve(str(arguments.model), arguments.serve)
        return 0
    with contextlib.ExitStack() as stack:
        port, pid = stack.enter_context(_running(arguments.model))
        is_well = _canary(port, arguments)
        is_well = _shadows(port, pid, arguments) and is_well
    print("all bars are met" if is_well else "a bar is missed")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
