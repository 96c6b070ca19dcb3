"""Serving on a CPU: ours over HTTP with each engine, OpenVINO called directly, and transformers, on the same weights.

    python benchmarks/serve_speed.py [--model FOLDER] [--rounds 5] [--clients 1 16] [--only NAME ...]

Without --model a random Llama of 40 M parameters is made (8 layers of 512, 28,000 ids). Each client sends 64 ids and
takes 128 tokens, greedy, ends ignored, one thread. Tokens per CPU-second count the processor time of the server's
processes together, with all that they do for HTTP; they say more than wall time on shared cores. Rounds
alternate between the tools; the median and the range are printed, and the time to the first token (streamed, wall).
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
from serve_process import running
from serve_torch import make_model

PROMPT_TOKENS, ANSWER_TOKENS, FIRST_ID = 64, 128, 1_100
DIRECT = """
import json, sys, time
import numpy as np, openvino
from pathlib import Path
from malmoi.serve import open_engine
from malmoi.serve.openvino_process import config, pipeline
from malmoi.serve.engine import Request
from malmoi.serve.settings import ServeSettings
weights = open_engine.weights_of(Path(sys.argv[1]), Path(sys.argv[2]))
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--only", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as closing:
        if given.model is None:
            make_model(Path(made))
        model = given.model or Path(made) / "model"
        tools = {name: closing.enter_context(TOOLS[name](model, Path(made))) for name in given.only}
        speeds: dict[tuple[str, int], list[float]] = defaultdict(list)
        for number in range(given.rounds + 1):
            for clients in given.clients:
                for name, tool in tools.items():
                    made_tokens, seconds = tool.run(prompts(clients, number))
                    if number:  # the first round warms up
                        speeds[name, clients].append(made_tokens / seconds)
        for (name, clients), rates in speeds.items():
            first = tools[name].first_token_ms[clients]
            told = f", first token {statistics.median(first):.0f} ms" if first else ""
            print(
                f"{name:24} {clients:2} clients {statistics.median(rates):7.1f} tokens per CPU-second "
                f"({min(rates):.1f} to {max(rates):.1f}){told}"
            )


def prompts(clients: int, number: int) -> list[list[int]]:
    """As many texts of random ids, others in each round: no cache of prefixes helps."""
    draw = random.Random(1_000 * number + clients)
    return [[draw.randrange(FIRST_ID, FIRST_ID + 300) for _ in range(PROMPT_TOKENS)] for _ in range(clients)]


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


class OverHttp:
    """A server of ours: its port, and the process whose time counts."""

    def __init__(self, port: int, pid: int) -> None:
        self.first_token_ms: dict[int, list[float]] = defaultdict(list)  # by number of clients
        self._url, self._pid = f"http://127.0.0.1:{port}/v1", pid

    def run(self, ids: list[list[int]]) -> tuple[int, float]:
        """Tokens made and CPU-seconds of the server's process."""
        begin = _cpu_s(self._pid)
        tokens = asyncio.run(self._ask_all(ids))
        return tokens, _cpu_s(self._pid) - begin

    async def _ask_all(self, ids: list[list[int]]) -> int:
        async with httpx.AsyncClient(timeout=600) as client:
            return sum(await asyncio.gather(*(self._ask(client, prompt, len(ids)) for prompt in ids)))

    async def _ask(self, client: httpx.AsyncClient, prompt: list[int], clients: int) -> int:
        body = {"prompt": prompt, "max_tokens": ANSWER_TOKENS, "temperature": 0, "ignore_eos": True, "stream": True}
        begin, tokens = time.monotonic(), 0
        body["stream_options"] = {"include_usage": True}
        async with client.stream("POST", f"{self._url}/completions", json=body) as response:
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
        return tokens


def _cpu_s(pid: int) -> float:
    """Processor time of a process, its threads and its children, in seconds."""
    nanoseconds = sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return nanoseconds / 1e9 + sum(_cpu_s(int(child)) for file in children for child in file.read_text().split())


@contextlib.contextmanager
def over_http(engine: str, model: Path, words: tuple[str, ...] = ()) -> Iterator[OverHttp]:
    """A server with one engine, as long as the block runs."""
    with running(model, ("--engine", engine, "--slots", "16", *words)) as (port, pid):
        yield OverHttp(port, pid)


@contextlib.contextmanager
def piped(script: str, model: Path, folder: Path) -> Iterator[Piped]:
    """A peer's process, as long as the block runs."""
    tool = Piped(script, model, folder)
    try:
        yield tool
    finally:
        tool.process.kill()


EIGHT_BIT = ("--openvino-weights", "int8", "--allow-untested-8bit")
TOOLS = {
    "malmoi torch, HTTP": lambda model, _: over_http("torch", model),
    "malmoi openvino, HTTP": lambda model, _: over_http("openvino", model),
    "malmoi openvino bf16": lambda model, _: over_http("openvino", model, ("--openvino-precision", "bf16")),
    "malmoi openvino int8": lambda model, _: over_http("openvino", model, EIGHT_BIT),
    "openvino directly": lambda model, folder: piped(DIRECT, model, folder),
    "transformers, one batch": lambda model, folder: piped(TRANSFORMERS, model, folder),
}

if __name__ == "__main__":
    main()
