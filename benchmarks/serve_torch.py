"""The torch engine's tokens per CPU second at 1 and 16 answers: beside another commit and transformers' generate.

    git worktree add /path/to/before COMMIT
    python benchmarks/serve_torch.py --before /path/to/before

Each side is a process of its own with one thread and the same random weights (40 M parameters, 8 x 512, 28,000 tokens,
tied); prompts of 64 ids, 128 new ones, greedy; no side may generate a mark. The sides take turns, and
the figure is the median over the rounds. transformers runs one static batch, which is the best case for it.
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
from pathlib import Path
from typing import Any

PROMPT_TOKENS, NEW_TOKENS, ANSWERS = 64, 128, (1, 16)
ROOT = Path(__file__).resolve().parent.parent
SPECIAL = 1029
"""Ids below are marks, which no side may generate."""


def make_model(folder: Path) -> None:
    """Random weights as a Hugging Face folder, with a tokenizer of single bytes and enough made-up tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    from malmoi.model.convert import write_hugging_face
    from malmoi.model.shape import ModelSettings
    from malmoi.model.transformer import Transformer, start
    from malmoi.tokenizer.settings import SPECIAL_TOKENS

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    first, second = (token for token in alphabet if token in "ab")
    names = [*SPECIAL_TOKENS, *alphabet]
    words = [""]
    while len(names) < 28_000:
        words = [word + letter for word in words for letter in (first, second)]
        names += [word for word in words if len(word) > 1]
    vocabulary = {name: number for number, name in enumerate(names[:28_000])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[(first, second)]))  # OpenVINO reads no GGUF without one
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL_TOKENS])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = ModelSettings(layers=8, hidden=512, heads=8, kv_heads=8, feed_forward=1408, context_tokens=1024)
    model = Transformer(settings.shape(28_000))
    start(model, 0)
    (folder / "model").mkdir()
    write_hugging_face(model, folder, folder / "model")


def prompts(count: int) -> list[list[int]]:
    return [[SPECIAL + (97 * number + 31 * place) % 256 for place in range(PROMPT_TOKENS)] for number in range(count)]


def run_ours(folder: Path) -> dict[int, float]:
    """Tokens per CPU second of the engine of the package that is on the path."""
    from malmoi.serve.engine import Request
    from malmoi.serve.settings import ServeSettings
    from malmoi.serve.torch_engine import TorchEngine

    async def answers(engine: TorchEngine, count: int) -> int:
        async def one(prompt: list[int]) -> int:
            tokens = 0
            async for pieces in engine.generate(Request(tuple(prompt), NEW_TOKENS, 0.0)):
                tokens += len(pieces) if isinstance(pieces, tuple) else 1
            return tokens

        return sum(await asyncio.gather(*(one(prompt) for prompt in prompts(count))))

    with TorchEngine(folder / "model", ServeSettings(slots=16, device="cpu", threads=1)) as engine:
        asyncio.run(answers(engine, 1))
        return {count: _rate(lambda count=count: asyncio.run(answers(engine, count))) for count in ANSWERS}


def run_transformers(folder: Path) -> dict[int, float]:
    """Tokens per CPU second of generate with static batches."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    model: Any = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    barred = list(range(SPECIAL))

    def generate(count: int) -> int:
        ids = torch.tensor(prompts(count))
        settings = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS, "do_sample": False}
        made = model.generate(ids, attention_mask=torch.ones_like(ids), suppress_tokens=barred, **settings)
        return made.shape[1] * count - ids.numel()

    generate(1)
    return {count: _rate(lambda count=count: generate(count)) for count in ANSWERS}


def _rate(work) -> float:
    began_s = time.process_time()
    tokens = work()
    return tokens / (time.process_time() - began_s)


def _side(name: str, folder: Path, package: Path) -> dict[int, float]:
    environment = {**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--side", name, "--folder", str(folder)]
    made = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=package)
    return {int(count): rate for count, rate in json.loads(made.stdout.splitlines()[-1]).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of another commit")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", choices=["ours", "transformers"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        run = run_ours if arguments.side == "ours" else run_transformers
        return print(json.dumps(run(arguments.folder)))
    sides = {"now": ("ours", ROOT), "transformers": ("transformers", ROOT)}
    if arguments.before:
        sides["before"] = ("ours", arguments.before.resolve())
    with tempfile.TemporaryDirectory() as made:
        make_model(Path(made))
        found = [
            {name: _side(*side[:1], Path(made), side[1]) for name, side in sides.items()}
            for _ in range(arguments.rounds)
        ]
    for count in ANSWERS:
        rates = {name: statistics.median(each[name][count] for each in found) for name in sides}
        ratios = {name: statistics.median(each["now"][count] / each[name][count] for each in found) for name in sides}
        told = ", ".join(
            f"{name} {rates[name]:.0f}" + (f" (x {ratios[name]:.2f})" if name != "now" else "") for name in sides
        )
        print(f"{count} at once, tokens per CPU second: {told}")
    return None


if __name__ == "__main__":
    main()
