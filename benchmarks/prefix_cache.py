"""Processor time to the first token of each turn of a long conversation: with a cache of beginnings and without.

    python benchmarks/prefix_cache.py [--rounds 5] [--turns 20]

Each turn sends the whole conversation so far and 20 new ids, and takes 24 tokens, greedy. Sides: our torch engine with
its cache and without, OpenVINO called directly with its own cache and without; one thread, the same random weights
(40 M parameters, serve_torch.py). Each side is a process of its own and they take turns; the figure is the sum of
processor seconds to the first tokens of all turns, median over the rounds, and the ratio in the same round.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from serve_torch import ROOT, SPECIAL, make_model

USER_TOKENS, ANSWER_TOKENS = 20, 24
SIDES = ("torch with", "torch without", "openvino with", "openvino without")
Turn = Callable[[list[int]], tuple[float, list[int]]]
"""From the ids of a prompt to the processor seconds to its first token, and the answer's ids."""


def talk(turn: Turn, turns: int) -> float:
    """Processor seconds to all first tokens of a conversation."""
    ids, spent_s = [], 0.0
    for number in range(turns):
        ids += [SPECIAL + (97 * number + 31 * place) % 256 for place in range(USER_TOKENS)]
        to_first_s, answer = turn(ids)
        spent_s += to_first_s
        ids += answer
    return spent_s


def run_torch(folder: Path, cache_bytes: int, turns: int) -> float:
    from malmoi.serve.engine import Request
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    settings = ServeSettings(slots=4, device="cpu", threads=1, prefix_cache_bytes=cache_bytes)
    with TorchEngine(folder / "model", settings) as engine:

        async def answered(ids: list[int]) -> tuple[float, list[int]]:
            began_s, first_s, answer = time.process_time(), 0.0, []
            async for step in engine.generate(Request(tuple(ids), ANSWER_TOKENS, 0.0, ignore_eos=True)):
                first_s = first_s or time.process_time() - began_s
                answer += [piece.token_id for piece in step]
            return first_s, answer

        turn: Turn = lambda ids: asyncio.run(answered(ids))  # noqa: E731
        talk(lambda ids: turn([SPECIAL, *ids]), 2)  # compiled functions and first steps, with another beginning
        return talk(turn, turns)


def run_openvino(folder: Path, has_cache: bool, turns: int) -> float:
    import numpy as np
    import openvino

    from malmoi.model.read_folder import load_hugging_face
    from malmoi.serve import open_engine
    from malmoi.serve.engine import Request
    from malmoi.serve.openvino_process import config, pipeline
    from malmoi.serve.settings import ServeSettings

    with tempfile.TemporaryDirectory() as made:
        model = folder / "model"
        weights = open_engine.weights_of(load_hugging_face(model), model, Path(made))
        settings = ServeSettings(slots=4, threads=1, prefix_cache_bytes=int(has_cache))
        opened, number = pipeline(weights.setup(Path(made), settings)), iter(range(1, 10**6))

        def turn(ids: list[int]) -> tuple[float, list[int]]:
            asked = config(Request(tuple(ids), ANSWER_TOKENS, 0.0, ignore_eos=True), weights.end_ids)
            began_s, first_s, answer = time.process_time(), 0.0, []
            handle = opened.add_request(next(number), openvino.Tensor(np.array([ids], np.int64)), asked)
            while opened.has_non_finished_requests():
                opened.step()
                while handle.can_read():
                    [output] = handle.read().values()
                    answer += output.generated_ids
                    first_s = first_s or time.process_time() - began_s
            return first_s, answer

        talk(lambda ids: turn([SPECIAL, *ids]), 2)
        return talk(turn, turns)


def _side(name: str, folder: Path, turns: int) -> float:
    words = [sys.executable, str(Path(__file__).resolve()), "--side", name, "--folder", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    words += ["--turns", str(turns)]
    made = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    return json.loads(made.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        engine, _, how = arguments.side.partition(" ")
        has_cache = how == "with"
        if engine == "torch":
            return print(run_torch(arguments.folder, 2**27 * has_cache, arguments.turns))
        return print(run_openvino(arguments.folder, has_cache, arguments.turns))
    with tempfile.TemporaryDirectory() as made:
        make_model(Path(made))
        found = [{name: _side(name, Path(made), arguments.turns) for name in SIDES} for _ in range(arguments.rounds)]
    for engine in ("torch", "openvino"):
        seconds = [statistics.median(each[f"{engine} {how}"] for each in found) for how in ("with", "without")]
        ratio = statistics.median(each[f"{engine} without"] / each[f"{engine} with"] for each in found)
        told = f"{seconds[0]:.2f} with its cache, {seconds[1]:.2f} without: x {ratio:.1f}"
        print(f"{engine}: processor seconds to {arguments.turns} first tokens {told}", flush=True)
    return None


if __name__ == "__main__":
    main()
