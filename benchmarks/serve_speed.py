"""Serving on a CPU: ours over HTTP with each engine, OpenVINO called directly, and transformers, on the same weights.

    python benchmarks/serve_speed.py [--model FOLDER] [--rounds 5] [--clients 1 16] [--only NAME ...]

Without --model a random Llama of 40 M parameters is made (8 layers of 512, 28,000 ids). Each client sends 64 ids and
takes 128 tokens, greedy, ends ignored, one thread. Tokens per CPU-second count the processor time of the process that
runs the model, with all that it does for HTTP; they say more than wall time on shared cores. Rounds alternate between
the tools; the median and the range are printed, and the time to the first token (streamed, wall).
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx

PROMPT_TOKENS, ANSWER_TOKENS, FIRST_ID = 64, 128, 1_100
DIRECT = """
import json, sys, time
import numpy as np, openvino
from pathlib import Path
from malmoi.serve import open_engine
from malmoi.serve.openvino_engine import _config, _pipeline
from malmoi.serve.engine import Request
from malmoi.serve.settings import ServeSettings
weights = open_engine.weights_of(Path(sys.argv[1]), Path(sys.argv[2]))
pipeline = _pipeline(weights, ServeSettings(slots=16, threads=1, prefill_tokens=1024))
print("ready", flush=True)
for line in sys.stdin:
    prompts = json.loads(line)
    tensors = [openvino.Tensor(np.array([ids], np.int64)) for ids in prompts]
    configs = [_config(Request(tuple(ids), ANSWER, 0.0, ignore_eos=True), weights.end_ids) for ids in prompts]
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
    with tempfile.TemporaryDirectory() as made:
        model = given.model or random_model(Path(made) / "model")
        tools = {name: TOOLS[name](model, Path(made)) for name in given.only}
        speeds: dict[tuple[str, int], list[float]] = defaultdict(list)
        for number in range(given.rounds + 1):
            for clients in given.clients:
                for name, tool in tools.items():
                    made_tokens, seconds = tool.run(prompts(clients, number))
                    if number:  # the first round warms up
                        speeds[name, clients].append(made_tokens / seconds)
        for (name, clients), rates in speeds.items():
            first = tools[name].first_token_ms
            told = f", first token {statistics.median(first):.0f} ms" if first else ""
            print(
                f"{name:24} {clients:2} clients {statistics.median(rates):7.1f} tokens per CPU-second "
                f"({min(rates):.1f} to {max(rates):.1f}){told}"
            )
        for tool in tools.values():
            tool.process.kill()


def prompts(clients: int, number: int) -> list[list[int]]:
    """As many texts of random ids, others in each round: no cache of prefixes helps."""
    draw = random.Random(1_000 * number + clients)
    return [[draw.randrange(FIRST_ID, FIRST_ID + 300) for _ in range(PROMPT_TOKENS)] for _ in range(clients)]


class Piped:
    """A script that reads prompts as lines of JSON and says how many tokens it made in how many CPU-seconds."""

    def __init__(self, script: str, model: Path, folder: Path) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-c", script, str(model), str(folder)]
        self.first_token_ms: list[float] = []
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
    """A server of ours with one engine."""

    def __init__(self, engine: str, model: Path, folder: Path) -> None:
        words = [sys.executable, "-m", "malmoi.cli.main", "serve", str(model), "--port", "0", "--engine", engine]
        words += ["--slots", "16", "--threads", "1"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        log = (folder / f"{engine}.log").open("w+")
        self.first_token_ms: list[float] = []
        self.process = subprocess.Popen(words, stderr=log, env=environment)
        self._url = _address(folder / f"{engine}.log", self.process)

    def run(self, ids: list[list[int]]) -> tuple[int, float]:
        """Tokens made and CPU-seconds of the server's process."""
        begin = _cpu_s(self.process.pid)
        tokens = asyncio.run(self._ask_all(ids))
        return tokens, _cpu_s(self.process.pid) - begin

    async def _ask_all(self, ids: list[list[int]]) -> int:
        async with httpx.AsyncClient(timeout=600) as client:
            return sum(await asyncio.gather(*(self._ask(client, prompt) for prompt in ids)))

    async def _ask(self, client: httpx.AsyncClient, prompt: list[int]) -> int:
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
                    self.first_token_ms.append(1_000 * (time.monotonic() - begin))
                    tokens = -1
                if event.get("usage"):
                    tokens = event["usage"]["completion_tokens"]
        return tokens


def _address(log: Path, process: subprocess.Popen) -> str:
    for _ in range(600):
        for word in log.read_text().split():
            if word.startswith("http://"):
                return word
        if process.poll() is not None:
            raise RuntimeError(log.read_text()[-2_000:])
        time.sleep(0.2)
    raise RuntimeError("the server did not start")


def _cpu_s(pid: int) -> float:
    """Processor time of a process with its threads, in seconds."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def random_model(folder: Path) -> Path:
    """A random Llama of 40 M parameters as an exported folder, with a tokenizer of our own in miniature."""
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    from malmoi.model.shape import ModelSettings
    from malmoi.model.transformer import Transformer, start
    from malmoi.tokenizer.settings import SPECIAL_TOKENS

    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=28_000,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        min_frequency=1,
    )
    draw = random.Random(0)
    words = ("".join(chr(draw.randrange(0xAC00, 0xD7A3)) for _ in range(3)) for _ in range(40_000))
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = ModelSettings(layers=8, hidden=512, heads=8, kv_heads=8, feed_forward=1_408, context_tokens=1_024)
    shape = settings.shape(tokenizer.get_vocab_size())
    model = Transformer(shape)
    start(model, seed=0)
    tensors = {name: value.contiguous() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocabulary_tokens,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_size,
        "max_position_embeddings": shape.context_tokens,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_theta": shape.rope_theta, "rope_type": "default"},
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    print(f"{sum(parameter.numel() for parameter in model.parameters()) / 1e6:.1f} M parameters", file=sys.stderr)
    return folder


TOOLS = {
    "malmoi torch, HTTP": lambda model, folder: OverHttp("torch", model, folder),
    "malmoi openvino, HTTP": lambda model, folder: OverHttp("openvino", model, folder),
    "openvino directly": lambda model, folder: Piped(DIRECT, model, folder),
    "transformers, one batch": lambda model, folder: Piped(TRANSFORMERS, model, folder),
}

if __name__ == "__main__":
    main()
