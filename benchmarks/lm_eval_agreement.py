"""lm-eval through our server against lm-eval on the same weights in transformers: each item must agree to 1e-4.

lm-eval's local-completions asks for an echo and cuts the answer's log-probabilities out by position: one entry too few,
and the last token of an answer is lost without a word (31 % of Korean sentence ends before the end token had an entry).
Two tasks written here: twelve choices whose answers end sentences, and one text of three windows, cut anywhere, also
inside a syllable. lm-eval's hf model adds the text's log-probabilities up in float32, where a sum of -6,600 has steps
of 5e-4: so the text is held against the same sums in float64 (transformers' logits, and a model in float64).

lm-eval and what it needs are no part of malmoi: give it a virtual environment of its own, with torch and transformers.

    python -m venv /path/to/lm-eval && /path/to/lm-eval/bin/pip install "lm_eval[api]==0.4.13" transformers torch
    python benchmarks/lm_eval_agreement.py runs/demo/model --lm-eval /path/to/lm-eval/bin/lm_eval

lm-eval's hf model lets the tokenizer put the begin token before a context; local-completions is told to do the same by
add_bos_token. Both see the same lengths: for local-completions, lm-eval takes two tokens off max_length.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

TOLERANCE = 1e-4
BATCH_SIZE = 4

ITEMS = [
    ("오늘은 날이", [" 참 좋다.", " 책을 읽었다.", " 문을 열었습니다."]),
    ("마을 도서관은 열 시에", [" 문을 연다.", " 비가 온다.", " 사람이에요."]),
    ("비가 온 뒤 강물이", [" 늘었다.", " 노래한다.", " 작은 방이다."]),
    ("아이는 학교에", [" 갔어요.", " 맛있어요.", " 파랗습니다."]),
    ("할머니가 국을", [" 끓이셨다.", " 달리셨다.", " 넓다.\n"]),
    ("시장은 아침부터", [" 붐볐다.", " 적혀 있다.", " 뜻이다."]),
    ("그 사람은 밤늦게", [" 돌아왔습니다.", " 붉습니다.", " 셋입니다."]),
    ("봄이 오면 꽃이", [" 핀다.", " 판다.", " 쓴다.\n\n"]),
    ("회의는 두 시간 만에", [" 끝났다.", " 짰다.", " 매웠다."]),
    ("고맙다는 말을", [" 전했다.", " 흘렀다.", " 익었다."]),
    ("편지를 읽고 나서 그는", [" 웃었다.", " 녹았다.", " 자랐다."]),
    ("바다는 멀리서도", [" 보인다.", " 먹는다.", " 고른다."]),
]

SENTENCES = [
    "아침마다 시장에는 배추와 무를 실은 수레가 들어온다.",
    "뱃사람은 바람이 바뀌기를 기다렸다가 돛을 올렸고, 뷁쐞꿹 같은 글자는 아무도 읽지 못했다.",
    "도서관 앞 은행나무는 해마다 시월이면 노랗게 물든다 🍂.",
    "누군가 칠판에 '2026년 11월 30일'이라고 적어 두었다.",
    "기차가 굴을 지날 때마다 창에 제 얼굴이 비쳤다.",
]


def rolling_text(codec: Any, window_tokens: int) -> str:
    """A text of a little more than two and a half windows."""
    text, number = "", 0
    while len(codec.encode(text)) < 2.6 * window_tokens:
        text += f"{number}. {SENTENCES[number % len(SENTENCES)]} "
        number += 1
    return text.strip()


def write_tasks(folder: Path, text: str) -> None:
    """The two tasks as lm-eval reads them: a YAML file and rows each."""
    rows = [{"context": context, "choices": choices, "answer": 0} for context, choices in ITEMS]
    tasks = {
        "malmoi_endings": (
            rows,
            {"output_type": "multiple_choice", "doc_to_text": "{{context}}", "doc_to_target": "answer"},
        ),
        "malmoi_rolling": (
            [{"text": text}],
            {"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{text}}"},
        ),
    }
    for name, (content, task) in tasks.items():
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
        files = {"data_files": {"test": str(file)}}
        task |= {"task": name, "dataset_path": "json", "dataset_kwargs": files, "test_split": "test"}
        if name == "malmoi_endings":
            task |= {"doc_to_choice": "choices", "target_delimiter": "", "metric_list": [{"metric": "acc"}]}
        else:
            task |= {"metric_list": [{"metric": "bits_per_byte"}]}
        (folder / f"{name}.yaml").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")  # JSON is YAML


def evaluate(lm_eval: str, tasks: Path, model: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What lm-eval gives each item, and its totals."""
    out = tasks / model
    command = [
        lm_eval,
        "run",
        "--model",
        model,
        "--model_args",
        json.dumps(arguments),
        "--tasks",
        "malmoi_endings,malmoi_rolling",
    ]
    command += [
        "--include_path",
        str(tasks),
        "--batch_size",
        str(BATCH_SIZE),
        "--log_samples",
        "--output_path",
        str(out),
    ]
    if model == "hf":
        command += ["--device", "cpu"]
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
    }
    environment = {**os.environ, **quiet, "HF_HOME": str(tasks / "cache")}
    environment.pop("PYTHONPATH", None)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"lm-eval failed with {model}:\n{ended.stderr[-4000:]}")
    samples = {}
    for file in sorted(out.rglob("samples_*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            name = file.name.split("_2")[0].removeprefix("samples_")
            samples[name, row["doc_id"]] = [
                float(value[0][0] if isinstance(value[0], list) else value[0]) for value in row["resps"]
            ]
    (result,) = out.rglob("results_*.json")
    totals = json.loads(result.read_text(encoding="utf-8"))["results"]
    return {"samples": samples, "totals": totals}


def windows(token_ids: list[int], prefix_id: int, most: int) -> list[tuple[list[int], list[int]]]:
    """lm-eval's rolling windows (context_len 1): what is seen before, and what is scored, each token once."""
    found = [([prefix_id], token_ids[:most])]
    for start in range(most, len(token_ids), most):
        scored = token_ids[start : start + most]
        end = start + len(scored)
        found.append((token_ids[max(0, end - most - 1) : start], scored))
    return found


def summed(model: Path, parts: list[tuple[list[int], list[int]]], dtype: torch.dtype) -> float:
    """The text's log-probability by transformers in `dtype`, with log-softmax and sum in float64."""
    from transformers import AutoModelForCausalLM

    reference, total = AutoModelForCausalLM.from_pretrained(model, dtype=dtype).eval(), 0.0
    for before, scored in parts:
        ids = torch.tensor([[*before, *scored]])
        with torch.inference_mode():
            logprobs = torch.log_softmax(reference(ids[:, :-1]).logits[0].double(), -1)
        total += float(logprobs[len(before) - 1 :].gather(1, torch.tensor(scored)[:, None]).sum())
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="folder of an exported model")
    parser.add_argument("--lm-eval", default="lm_eval", help="the program in a virtual environment of its own")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = ServeSettings(device="cpu", threads=1, slots=BATCH_SIZE)
    with TorchEngine(arguments.model, settings) as engine, tempfile.TemporaryDirectory() as folder:
        context = engine.describe().context_tokens
        tasks = Path(folder)
        text = rolling_text(engine.codec, context - 2)
        ids, begin_id = engine.codec.text_ids(text), engine.codec.begin_ids[0]
        write_tasks(tasks, text)
        whole = str(arguments.model.resolve())
        theirs = {"pretrained": whole, "dtype": "float32", "max_length": context - 2}
        with server.running(create_app(Served(engine, engine.codec, settings))) as address:
            ours = {"model": engine.describe().name, "base_url": f"{address}/v1/completions", "tokenizer": whole}
            ours |= {"max_length": context, "add_bos_token": True, "num_concurrent": 1, "tokenized_requests": True}
            found = evaluate(arguments.lm_eval, tasks, "local-completions", ours)
        expected = evaluate(arguments.lm_eval, tasks, "hf", theirs)
    differences = {
        key: max(abs(one - other) for one, other in zip(values, found["samples"][key], strict=True))
        for key, values in expected["samples"].items()
    }
    for (task, number), difference in sorted(differences.items()):
        sides = expected["samples"][task, number], found["samples"][task, number]
        print(f"{task} {number:>2}: hf {sides[0]} ours {sides[1]} {difference:.1e}")
    for side, totals in (("hf", expected["totals"]), ("ours", found["totals"])):
        print(side, {name: {key: value for key, value in row.items() if "," in key} for name, row in totals.items()})
    worst = max(value for (task, _), value in differences.items() if task == "malmoi_endings")
    print(f"{len(ITEMS)} choices, batch_size {BATCH_SIZE}: largest difference {worst:.1e} (at most {TOLERANCE:.0e})")
    parts = windows(ids, begin_id, context - 2)
    same, exact = (summed(arguments.model, parts, dtype) for dtype in (torch.float32, torch.float64))
    hf, ours = expected["samples"]["malmoi_rolling", 0][0], found["samples"]["malmoi_rolling", 0][0]
    step = float(np.spacing(np.float32(abs(hf))))
    print(f"text of {len(parts)} windows, {len(ids)} tokens; float32 has steps of {step:.1e} there")
    print(f"  float32 logits, summed in float64   {same:.6f}")
    print(f"  float64 throughout                  {exact:.6f}")
    print(
        f"  lm-eval over our server             {ours:.6f}  off by {abs(ours - same):.1e} and {abs(ours - exact):.1e}"
    )
    print(f"  lm-eval with transformers (hf)      {hf:.6f}  off by {abs(hf - same):.1e} and {abs(hf - exact):.1e}")
    print(f"ours against the same sums in float64: {abs(ours - same):.1e} (at most {TOLERANCE:.0e})")
    sys.exit(worst > TOLERANCE or abs(ours - same) > TOLERANCE or len(parts) < 3)


if __name__ == "__main__":
    main()
