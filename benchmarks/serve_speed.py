"""Serving on a CPU: ours over HTTP with each engine, and peers on the same weights.

    python benchmarks/serve_speed.py [--model FOLDER] [--rounds 5] [--clients 1 16] [--peers NAME ...] [--peer-s 60]

Peers: OpenVINO called directly; transformers' generate on one static batch; `transformers serve` over HTTP, as it comes
(it does not batch); llama.cpp's server over HTTP (16-bit weights; built at first need, 11 CPU-minutes:
llama_cpp_build.py). "malmoi remote" is a malmoi whose engine is the malmoi with OpenVINO: the time of both counts.

Without --model a random Llama of 40 M parameters is made (8 layers of 512, 28,000 ids). Each client sends 64 ids (to
transformers serve, which takes texts, 63 letters that are a token each, after the begin token that it puts there) and
takes 128 tokens, greedy, ends ignored, one thread. Tokens per CPU-second count the processor time of all processes of
the server, with all that they do for HTTP; they say more than wall time on shared cores. Rounds alternate between
the tools; the median and the range are printed, and the time to the first token (streamed, wall). A tool that fails
ends alone, with its reason; one that has taken --peer-s seconds for a number of clients runs no further rounds of it
once it has three. Whole run on two quiet cores, with the environments there: about 8 minutes.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import httpx
from serve_peers import Peer, llama_server, transformers_serve
from serve_process import running
from serve_torch import make_model

PROMPT_TOKENS, ANSWER_TOKENS, FIRST_ID = 64, 128, 1_100
LETTERS = "cdefghijklmnopqrstuvwxyz"
LEAST_ROUNDS = 3
"""Of a tool that is slow."""
DIRECT = """
import json, sys, time
import numpy as np, openvino
from pathlib import Path
from malmoi.model.read_folder import load_hugging_face
from malmoi.serve import open_engine
from malmoi.serve.openvino_process import config, pipeline
from malmoi.serve.engine import Request
from malmoi.serve.settings import ServeSettings
model = Path(sys.argv[1])
weights = open_engine.weights_of(load_hugging_face(model), model, Path(sys.argv[2]))
pipeline = pipeline(weights.setup(Path(sys.argv[2]), ServeSettings(slots=16, threads=1, prefill_tokens=1024)))
print("ready", flush=True)
for line in sys.stdin:
    prompts = json.loads(line)
    tensors = [openvino.Tensor(np.array([ids], np.int64)) for ids in prompts]
    configs = [config(Request(tuple(ids), ANSWER, 0.0, ignore_eos=True), weights.end_ids) for ids in prompts]
    begin = time.process_time()
    made = sum(len(one.m_generation_ids[0]) for one in pipeline.generate(tensors, configs))
    print(json.dumps([made, time.process_time() - begin]), flush=True)
""".replace("ANSWER", str(ANSWER_TOKENS))
TRANSFORMERS = """
import json, sys, time
import torch, transformers
torch.set_num_threads(1)
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
print("ready", flush=True)
for line in sys.stdin:
    ids = torch.tensor(json.loads(line))
    begin = time.process_time()
    with torch.inference_mode():
        mask = torch.ones_like(ids)
        out = model.generate(ids, attention_mask=mask, max_new_tokens=ANSWER, min_new_tokens=ANSWER, do_sample=False)
    print(json.dumps([int(out.numel() - ids.numel()), time.process_time() - begin]), flush=True)
""".replace("ANSWER", str(ANSWER_TOKENS))


def main() -> None:
    """Prints a line for each tool and number of clients."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers that were started end then as well
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--peers", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--peer-s", type=float, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as closing:
        if given.model is None:
            make_model(Path(made))
        model = given.model or Path(made) / "model"
        tools: dict[str, Tool] = {}
        for name in given.peers:
            try:
                print(f"{name} starts", file=sys.stderr, flush=True)
                tools[name] = closing.enter_context(TOOLS[name](model, Path(made)))
            except Exception as error:  # a peer's own reasons
                _leave_out(name, error)
        _run(given, tools)


def _run(given: argparse.Namespace, tools: dict[str, "Tool"]) -> None:
    """The rounds, and a line for each tool and number of clients."""
    speeds: dict[tuple[str, int], list[float]] = defaultdict(list)
    spent_s: dict[tuple[str, int], float] = defaultdict(float)
    for number in range(given.rounds + 1):
        print(f"round {number} of {given.rounds}", file=sys.stderr, flush=True)
        for clients in given.clients:
            for name, tool in list(tools.items()):
                key = name, clients
                if len(speeds[key]) >= LEAST_ROUNDS and spent_s[key] > given.peer_s:
                    continue
                begin = time.monotonic()
                try:
                    made_tokens, seconds = tool.run(prompts(clients, number))
                except Exception as error:  # a peer's own reasons; the others go on
                    _leave_out(name, error)
                    del tools[name]
                    continue
                spent_s[key] += time.monotonic() - begin
                if number:  # the first round warms up
                    speeds[key].append(made_tokens / seconds)
    for (name, clients), rates in speeds.items():
        if name not in tools or not rates:
            continue
        first = tools[name].first_token_ms[clients]
        told = f", first token {statistics.median(first):.0f} ms" if first else ""
        print(
            f"{name:24} {clients:2} clients {statistics.median(rates):7.1f} tokens per CPU-second "
            f"({min(rates):.1f} to {max(rates):.1f}, {len(rates)} rounds){told}"
        )


def _leave_out(name: str, error: Exception) -> None:
    print(f"{name} is left out: {type(error).__name__}: {str(error)[-300:]}", flush=True)


def prompts(clients: int, number: int) -> list[list[int]]:
    """As many texts of random ids, others in each round: no cache of prefixes helps."""
    draw = random.Random(1_000 * number + clients)
    return [[draw.randrange(FIRST_ID, FIRST_ID + 300) for _ in range(PROMPT_TOKENS)] for _ in range(clients)]


class Tool(Protocol):
    """What makes tokens of prompts. first_token_ms: by number of clients."""

    first_token_ms: dict[int, list[float]]

    def run(self, ids: list[list[int]]) -> tuple[int, float]:
        """Tokens made and CPU-seconds."""
        ...


class Piped:
    """A script that reads prompts as lines of JSON and says how many tokens it made in how many CPU-seconds."""

    def __init__(self, script: str, model: Path, folder: Path) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-c", script, str(model), str(folder)]
        self.first_token_ms: dict[int, list[float]] = defaultdict(list)  # by number of clients
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._read()

    def run(self, ids: list[list[int]]) -> tuple[int, float]:
        """Tokens made and CPU-seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(ids) + "\n")
        self.process.stdin.flush()
        tokens, seconds = json.loads(self._read())
        return tokens, seconds

    def _read(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("ready", "[")):
                return line
        raise RuntimeError("the peer ended")


def by_ids(prompt: list[int]) -> dict[str, Any]:
    """The body for a server that takes ids."""
    return {"prompt": prompt, "ignore_eos": True, "stream_options": {"include_usage": True}}


def by_text(prompt: list[int]) -> dict[str, Any]:
    """For transformers serve: other letters than a and b, which are a token each."""
    letters = "".join(LETTERS[token_id % len(LETTERS)] for token_id in prompt[1:])
    config = {"do_sample": False, "max_new_tokens": ANSWER_TOKENS, "min_new_tokens": ANSWER_TOKENS}
    return {"prompt": letters, "generation_config": json.dumps(config)}


class OverHttp:
    """A server over HTTP, and the processes whose time counts. body_of: a prompt in its words."""

    def __init__(self, peer: Peer, *more_pids: int, body_of: Callable[[list[int]], dict[str, Any]] = by_ids) -> None:
        self.first_token_ms: dict[int, list[float]] = defaultdict(list)  # by number of clients
        self._peer, self._pids, self._body_of = peer, (peer.pid, *more_pids), body_of

    def run(self, ids: list[list[int]]) -> tuple[int, float]:
        """Tokens made and CPU-seconds of the server's processes."""
        begin = sum(map(_cpu_s, self._pids))
        tokens = asyncio.run(self._ask_all(ids))
        return tokens, sum(map(_cpu_s, self._pids)) - begin

    async def _ask_all(self, ids: list[list[int]]) -> int:
        async with httpx.AsyncClient(timeout=600) as client:
            return sum(await asyncio.gather(*(self._ask(client, prompt, len(ids)) for prompt in ids)))

    async def _ask(self, client: httpx.AsyncClient, prompt: list[int], clients: int) -> int:
        asked = {"model": self._peer.model, "max_tokens": ANSWER_TOKENS, "temperature": 0, "stream": True}
        body, begin, tokens = {**asked, **self._body_of(prompt)}, time.monotonic(), 0
        async with client.stream("POST", f"{self._peer.url}/v1/completions", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                event = json.loads(line.removeprefix("data: "))
                if event["choices"] and not tokens:
                    self.first_token_ms[clients].append(1_000 * (time.monotonic() - begin))
                    tokens = -1
                if event.get("usage"):
                    tokens = event["usage"]["completion_tokens"]
        if tokens != ANSWER_TOKENS:
            raise RuntimeError(f"an answer has {tokens} tokens")
        return tokens


def _cpu_s(pid: int) -> float:
    """Processor time of a process, its threads and its children, in seconds.

    Of the process and not of its threads: transformers serve has a thread for each answer, which then ends.
    """
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK") + sum(
        _cpu_s(int(child)) for file in children for child in file.read_text().split()
    )


@contextlib.contextmanager
def over_http(engine: str, model: Path, words: tuple[str, ...] = ()) -> Iterator[OverHttp]:
    """A server with one engine, as long as the block runs."""
    with running(model, ("--engine", engine, "--slots", "16", "--name", "ours", *words)) as (port, pid):
        yield OverHttp(Peer(f"http://127.0.0.1:{port}", "ours", pid))


@contextlib.contextmanager
def remote(model: Path, folder: Path) -> Iterator[OverHttp]:
    """A server of ours before another one with OpenVINO."""
    recipe = folder / "remote.toml"
    with running(model, ("--engine", "openvino", "--slots", "16", "--name", "ours")) as (port, pid):
        tokenizer = json.dumps(str(model.resolve()))
        recipe.write_text(f'address = "http://127.0.0.1:{port}"\nmodel = "ours"\ntokenizer = {tokenizer}\n')
        with running(recipe, ("--slots", "16", "--name", "ours")) as (front, front_pid):
            yield OverHttp(Peer(f"http://127.0.0.1:{front}", "ours", front_pid), pid)


@contextlib.contextmanager
def elsewhere(
    server: AbstractContextManager[Peer], body_of: Callable[[list[int]], dict[str, Any]] = by_ids
) -> Iterator[OverHttp]:
    """A peer's server, as long as the block runs."""
    with server as peer:
        yield OverHttp(peer, body_of=body_of)


@contextlib.contextmanager
def piped(script: str, model: Path, folder: Path) -> Iterator[Piped]:
    """A peer's process, as long as the block runs."""
    tool = Piped(script, model, folder)
    try:
        yield tool
    finally:
        tool.process.kill()


EIGHT_BIT = ("--openvino-weights", "int8", "--allow-untested-8bit")
TOOLS: dict[str, Callable[[Path, Path], AbstractContextManager[Tool]]] = {
    "malmoi torch, HTTP": lambda model, _: over_http("torch", model),
    "malmoi openvino, HTTP": lambda model, _: over_http("openvino", model),
    "malmoi openvino bf16": lambda model, _: over_http("openvino", model, ("--openvino-precision", "bf16")),
    "malmoi openvino int8": lambda model, _: over_http("openvino", model, EIGHT_BIT),
    "malmoi remote, HTTP": remote,
    "openvino directly": lambda model, folder: piped(DIRECT, model, folder),
    "transformers, one batch": lambda model, folder: piped(TRANSFORMERS, model, folder),
    "transformers serve, HTTP": lambda model, _: elsewhere(transformers_serve(model), by_text),
    "llama.cpp server, HTTP": lambda model, _: elsewhere(llama_server(model)),
}

if __name__ == "__main__":
    main()
