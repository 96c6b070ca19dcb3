"""What other programs make of an export: the first greedy ids of 12 exports, and the ids of hard Korean texts.

    python benchmarks/exports.py [--model FOLDER] [--only HF GGUF TEXTS CHAT]

Tied and untied, float32, bfloat16 and float16, as a Hugging Face folder and as a GGUF file; every reader computes in
float32 where it can. Our own plain loop says what is right. A cell says "equal", where the first difference is and how
far our two best logits were apart there, or in the reader's own words why it cannot.

Without --model random weights are taken, larger than those a training begins with, so that answers change from token to
token. Our server masks what is no UTF-8, so CHAT wants a trained model. llama.cpp is built first (llama_cpp_build.py).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import unicodedata
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llama_cpp_build import folder_of_programs, llama_server
from serve_process import running

ROOT = Path(__file__).parents[1]
NEW_TOKENS = 24
DTYPES = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
PROMPTS = (
    "말",
    "오늘 아침",
    "안녕하세요? 만나서 반가워요 👍🏽",
    "2026년 11월 30일 서울시 종로구에서",
    "漢字와 한글을 섞어",
    "옛말 ᄒᆞᆫ글 말ᄊᆞ미",
)
HARD = (
    *PROMPTS,
    *("ㅋㅋㅋㅠㅠ ㅇㅋ", "👨‍👩‍👧‍👦🇰🇷❤️", "１２３ＡＢＣ 전각", "３.１４와 ½", "  두 칸  뒤 \t탭\r\n\r\n줄 "),
    *("can't we'LL I'M", "가" * 300, "a\u200bb\ufeffc", "한국어12345678한국어", "﨑 豈 U+F900"),
    *("word/단어·낱말…「인용」", "\u115f\u1160채움", "\u3164", "नमस्ते ไทย", "http://말모이.한국/a?b=1&c=2"),
    *("print('안녕')\n    return x  # 주석", "…!!!???~~~", "٣٤٥ ⅷ ㊗ ㈜ ㎏", "\U00020000 \U0001f9d1\u200d\U0001f4bb"),
)
MARKED = (
    "<|endofturn|>",
    "끝<|endoftext|>처음",
    "<|user|>말해<|endofturn|><|assistant|>",
    " <|pad|> <|reserved_0100|>",
)
TURNS = (
    {"role": "system", "content": "짧게 답해요."},
    {"role": "user", "content": "  말모이가 뭐예요?\n"},
    {"role": "assistant", "content": "사전이에요 👍🏽"},
    {"role": "user", "content": "누가 만들었어요?"},
)


def main() -> None:
    """Prints the tables. Exit code 1 where a reader that can read an export differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="an exported model; random weights by default")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--reader", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.reader:
        name, folder = given.reader
        return print(json.dumps(READERS[name](Path(folder), json.load(sys.stdin))))
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as made:
        make_exports(Path(made), given.model)
        wrong = sum(PARTS[part](Path(made)) for part in given.only)
    return sys.exit(1 if wrong else 0)


def make_exports(folder: Path, source: Path | None) -> None:
    """The 12 exports in 6 folders named tied-float32 and so on, and the tokenizer of all in `tokenizer`."""
    import torch

    from malmoi.model.convert import write_hugging_face
    from malmoi.model.gguf_file import write_gguf
    from malmoi.model.shape import ModelSettings
    from malmoi.model.transformer import Transformer, start
    from malmoi.tokenizer import learn

    tokenizer = source or folder / "tokenizer"
    if source is None:
        lines = [line for file in sorted((ROOT / "samples" / "written").rglob("*.*")) for line in _lines(file)]
        tokenizer.mkdir()
        learn.train(iter([lines]), 4_096).save(str(tokenizer / "tokenizer.json"))
    sizes = {"layers": 4, "hidden": 256, "heads": 8, "kv_heads": 2, "feed_forward": 512, "context_tokens": 512}
    for tied in (True, False):
        if source is None:
            tokens = len(json.loads((tokenizer / "tokenizer.json").read_text())["model"]["vocab"])
            model = Transformer(ModelSettings(**sizes, tied=tied).shape(tokens))
            with torch.no_grad():
                start(model, 7)
                noise = torch.Generator().manual_seed(8)
                for weight in model.parameters():
                    weight.mul_(3) if weight.ndim > 1 else weight.add_(torch.randn(weight.shape, generator=noise) / 10)
        else:
            model = _tied_or_not(source, tied)
        for dtype, precision in DTYPES.items():
            out = folder / f"{'tied' if tied else 'untied'}-{dtype}"
            out.mkdir()
            write_hugging_face(model, tokenizer, out, dtype)
            write_gguf(model, tokenizer, out / "model.gguf", precision)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _tied_or_not(source: Path, tied: bool) -> Any:
    """A model of a folder; where it must be untied and is not, with an output matrix a little beside its embedding."""
    import dataclasses

    import torch

    from malmoi.model.read_folder import load_hugging_face
    from malmoi.model.transformer import Transformer

    found = load_hugging_face(source)
    model = Transformer(dataclasses.replace(found.shape, tied=tied))
    with torch.no_grad():
        model.load_state_dict(found.state_dict(), strict=False)
        if not tied:
            output = found.lm_head.weight
            noise = torch.randn(output.shape, generator=torch.Generator().manual_seed(9))
            model.lm_head.weight.copy_(output + 0.1 * output.std() * noise)
    return model


def read_by(reader: str, folder: Path, asked: Any) -> Any:
    """What a reader says, in a process of its own: OpenVINO and torch do not get on in one. A text is its refusal."""
    words = [sys.executable, str(Path(__file__).resolve()), "--reader", reader, str(folder)]
    ran = subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, check=False)
    if ran.returncode:
        told = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        return told[-1] if told else f"exit code {ran.returncode}"
    return json.loads(ran.stdout.splitlines()[-1])


def by_ours(folder: Path, prompts: list[list[int]]) -> dict[str, Any]:
    """A plain loop over our own model, the whole text for every token: `ids`, and by how much each was the best."""
    import torch

    from malmoi.model.read_folder import load_hugging_face

    model, answers, gaps = load_hugging_face(folder), [], []
    for prompt in prompts:
        ids, gap = list(prompt), []
        with torch.no_grad():
            while len(ids) < len(prompt) + NEW_TOKENS and (len(ids) == len(prompt) or ids[-1] not in _ends(folder)):
                logits = model(torch.tensor([ids]), torch.arange(len(ids))[None])
                best = logits[0, -1].topk(2)
                ids.append(int(best.indices[0]))
                gap.append(float(best.values[0] - best.values[1]))
        answers.append(ids[len(prompt) :])
        gaps.append(gap)
    return {"ids": answers, "gaps": gaps}


def _ends(folder: Path) -> list[int]:
    return json.loads((folder / "generation_config.json").read_text())["eos_token_id"]


def by_transformers(folder: Path, prompts: list[list[int]], **options: Any) -> list[list[int]]:
    """Answers to each prompt alone and to all as a batch padded on the left; a difference of the two is an error."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    tokenizer, ends = AutoTokenizer.from_pretrained(folder), set(_ends(folder))

    def generate(batch: list[list[int]]) -> list[list[int]]:
        given = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        made = model.generate(**given, max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=sorted(ends))
        answers = made[:, given["input_ids"].shape[1] :].tolist()
        return [_to_end(answer, ends) for answer in answers]

    alone, batch = [generate([prompt])[0] for prompt in prompts], generate(prompts)
    if alone != batch:
        raise SystemExit(f"a batch differs from single prompts: {difference(alone, batch)}")
    return alone


def _to_end(answer: list[int], ends: set[int]) -> list[int]:
    """Up to the first end, with it."""
    stop = next((number for number, token in enumerate(answer, 1) if token in ends), len(answer))
    return answer[:stop]


def by_transformers_gguf(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """Transformers on the GGUF file, for which it wants accelerate: put into a folder of its own."""
    with tempfile.TemporaryDirectory() as extra:
        words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", extra]
        subprocess.run([*words, "accelerate==1.15.0", "psutil"], check=True, stdout=sys.stderr)
        sys.path.append(extra)
        return by_transformers(folder, prompts, gguf_file="model.gguf")


def by_openvino_gguf(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """OpenVINO GenAI on the GGUF file, computing in float32."""
    return _by_openvino(folder / "model.gguf", folder, prompts)


def by_openvino_folder(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """OpenVINO GenAI on the weights of the folder: a graph from a GGUF file, into which the exact matrices are put."""
    import openvino
    import openvino_genai

    from malmoi.model.gguf_file import write_gguf
    from malmoi.model.read_folder import load_hugging_face
    from malmoi.serve.open_engine import write_exact
    from malmoi.serve.openvino_weights import put_exact

    model = load_hugging_face(folder)
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        write_gguf(model, folder, made / "model.gguf", "f16")
        write_exact(model, made / "exact.safetensors", with_matrices=True)
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = 1
        options = {"enable_save_ov_model": True}
        openvino_genai.ContinuousBatchingPipeline(str(made / "model.gguf"), scheduler, "CPU", options)
        graph = openvino.Core().read_model(made / "openvino_model.xml")
        put_exact(graph, made / "exact.safetensors")
        (made / "exact").mkdir()
        openvino.save_model(graph, made / "exact" / "openvino_model.xml", compress_to_fp16=False)
        return _by_openvino(made / "exact", folder, prompts)


def _by_openvino(model: Path, folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    import numpy as np
    import openvino
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = 256
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
    pipeline = openvino_genai.ContinuousBatchingPipeline(str(model), scheduler, "CPU", exact)
    config, ends = openvino_genai.GenerationConfig(), _ends(folder)
    config.max_new_tokens, config.eos_token_id, config.stop_token_ids = NEW_TOKENS, ends[0], set(ends)
    tensors = [openvino.Tensor(np.array([ids], np.int64)) for ids in prompts]
    made = pipeline.generate(tensors, [config] * len(prompts))
    return [_to_end(list(one.m_generation_ids[0]), set(ends)) for one in made]


def by_llama_cpp(gguf: Path, prompts: list[list[int]], ends: list[int]) -> list[list[int]]:
    """llama.cpp's server on a GGUF file, its cache in float32."""
    exact = ("-c", 1024, "-np", 1, "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--no-warmup")
    with llama_server(gguf, exact) as (address, _):
        return [_completed(address, prompt, set(ends)) for prompt in prompts]


def _completed(address: str, prompt: list[int], ends: set[int]) -> list[int]:
    body = {"prompt": prompt, "n_predict": NEW_TOKENS, "temperature": 0, "return_tokens": True, "cache_prompt": False}
    made = post(f"{address}/completion", body)
    return made["tokens"] if made["stop_type"] == "limit" else _to_end(made["tokens"], ends)


def post(url: str, body: Any) -> Any:
    """The answer to a JSON body."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def difference(right: list[list[int]], found: Any, gaps: list[list[float]] | None = None) -> str:
    """ "equal", or the first prompt and token that differ. An end that a reader leaves out is no difference."""
    if isinstance(found, str):
        return found
    for number, (one, other) in enumerate(zip(right, found, strict=True)):
        for place, (wanted, got) in enumerate(zip(one, other, strict=False)):
            if wanted != got:
                told = f" ({gaps[number][place]:.1e} apart)" if gaps else ""
                return f"prompt {number}, token {place}: {got} for {wanted}{told}"
        if not len(one) - 1 <= len(other) <= len(one):
            return f"prompt {number}: {len(other)} tokens for {len(one)}"
    return "equal"


def prompt_ids(folder: Path) -> list[list[int]]:
    from malmoi.tokenizer.codec import Codec

    return [Codec(folder).text_ids(text) for text in PROMPTS]


def greedy(made: Path, kind: str, readers: dict[str, Callable[[Path, list[list[int]]], Any]]) -> int:
    """The table of one format; how many cells differ."""
    wrong = 0
    for folder in sorted(path for path in made.iterdir() if (path / "config.json").is_file()):
        prompts = prompt_ids(folder)
        right = read_by("ours", folder, prompts)
        kinds = len({token for answer in right["ids"] for token in answer})
        closest = min(gap for gaps in right["gaps"] for gap in gaps)
        print(
            f"{kind:4} {folder.name:16} {kinds} different tokens; the two best are never less than {closest:.1e} apart"
        )
        for name, reader in readers.items():
            cell = difference(right["ids"], reader(folder, prompts), right["gaps"])
            wrong += cell.startswith("prompt")
            print(f"{kind:4} {folder.name:16} {name:30} {cell}", flush=True)
    return wrong


def hugging_face(made: Path) -> int:
    """6 folders: transformers alone and in a batch, OpenVINO."""
    names = {"transformers, single = batch": "transformers", "OpenVINO": "openvino-folder"}
    return greedy(made, "HF", {name: _reader(reader) for name, reader in names.items()})


def gguf_files(made: Path) -> int:
    """6 files: llama.cpp as they are and widened by its own llama-quantize, OpenVINO, transformers."""
    readers: dict[str, Any] = {
        "llama.cpp": lambda folder, prompts: by_llama_cpp(folder / "model.gguf", prompts, _ends(folder)),
        "llama.cpp, widened to F32": _widened,
        "OpenVINO": _reader("openvino-gguf"),
        "transformers, single = batch": _reader("transformers-gguf"),
    }
    return greedy(made, "GGUF", readers)


def _reader(name: str) -> Callable[[Path, list[list[int]]], Any]:
    return lambda folder, prompts: read_by(name, folder, prompts)


def _widened(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """llama.cpp multiplies 16-bit weights by numbers of 16 bits; its llama-quantize makes 32 of both, without loss."""
    with tempfile.TemporaryDirectory() as made:
        wide = Path(made, "wide.gguf")
        words = [folder_of_programs() / "llama-quantize", "--allow-requantize", folder / "model.gguf", wide, "F32", "1"]
        subprocess.run([str(word) for word in words], check=True, capture_output=True)
        return by_llama_cpp(wide, prompts, _ends(folder))


def texts(made: Path) -> int:
    """Ids of hard texts by every reader against ours; how many differ that should not."""
    folder = made / "tied-float16"
    decomposed = [unicodedata.normalize("NFD", text) for text in (*PROMPTS, "한글 자모 각")]
    lines = [line for file in sorted((ROOT / "samples" / "written").rglob("*.*")) for line in _lines(file) if line]
    groups = {"hard": list(HARD), "samples": lines[:2_000], "NFD": decomposed, "typed marks": list(MARKED)}
    right = read_by("ours-ids", folder, groups)
    with llama_server(folder / "model.gguf", ("-c", 512, "--no-warmup")) as (address, _):
        found = {f"llama.cpp, {name}": _llama_ids(address, groups, parse) for name, parse in _PARSE.items()}
    found |= {name: read_by(reader, folder, groups) for name, reader in _TOKENIZERS.items()}
    wrong = 0
    for name, ids in found.items():
        for group, cases in groups.items():
            if isinstance(ids, str):
                print(f"ids  {name:36} {ids}")
                break
            same = [one == other for one, other in zip(right[group], ids[group], strict=True)]
            bare = [one == [right[group][0][0], *other] for one, other in zip(right[group], ids[group], strict=True)]
            told = f", {sum(bare)} but for the begin token" if any(bare) else ""
            more = sum(map(len, ids[group])) / sum(map(len, right[group]))
            first = next((repr(text[:20]) for text, is_same in zip(cases, same, strict=True) if not is_same), "")
            print(
                f"ids  {name:36} {group:12} {sum(same)} of {len(cases)} equal{told}, {more:.2f} x the tokens  {first}"
            )
            wrong += group in ("hard", "samples") and not all(same) and not all(bare)
    return wrong


_PARSE = {"typed marks are text": False, "typed marks are marks": True}
_TOKENIZERS = {"transformers": "ids", "transformers, split_special_tokens": "ids-split", "OpenVINO": "openvino-ids"}


def _llama_ids(address: str, groups: dict[str, list[str]], parse: bool) -> dict[str, list[list[int]]]:
    def ids(text: str) -> list[int]:
        return post(f"{address}/tokenize", {"content": text, "add_special": True, "parse_special": parse})["tokens"]

    return {group: [ids(text) for text in cases] for group, cases in groups.items()}


def ids_of_ours(folder: Path, groups: dict[str, list[str]]) -> dict[str, list[list[int]]]:
    from malmoi.tokenizer.codec import Codec

    codec = Codec(folder)
    return {group: [codec.text_ids(text) for text in cases] for group, cases in groups.items()}


def ids_of_transformers(folder: Path, groups: dict[str, list[str]], **options: Any) -> dict[str, list[list[int]]]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    return {group: tokenizer(cases)["input_ids"] for group, cases in groups.items()}


def ids_of_openvino(folder: Path, groups: dict[str, list[str]]) -> dict[str, list[list[int]]]:
    import openvino_genai

    tokenizer = openvino_genai.Tokenizer(str(folder / "model.gguf"))
    return {
        group: [tokenizer.encode(text).input_ids.data[0].tolist() for text in cases] for group, cases in groups.items()
    }


def chat(made: Path) -> int:
    """A conversation: the prompt's ids in every reader, and the greedy answer of llama-server and of ours."""
    folder = made / "tied-float16"
    right = read_by("ours-chat", folder, TURNS)
    body = {"messages": TURNS, "max_tokens": NEW_TOKENS, "temperature": 0}
    exact = ("--jinja", "-c", 512, "-np", 1, "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--no-warmup")
    with llama_server(folder / "model.gguf", exact) as (address, _):
        written = post(f"{address}/apply-template", {"messages": TURNS})["prompt"]
        ids = post(f"{address}/tokenize", {"content": written, "parse_special": True, "add_special": True})["tokens"]
        answer = post(f"{address}/v1/chat/completions", body)
        raw = post(f"{address}/completion", {"prompt": right, "n_predict": NEW_TOKENS, "temperature": 0})
    with running(folder, ("--engine", "torch")) as (port, _):
        ours = post(f"http://127.0.0.1:{port}/v1/chat/completions", body)
    said, say = answer["choices"][0]["message"]["content"], ours["choices"][0]["message"]["content"]
    counts = [one["usage"]["prompt_tokens"] for one in (answer, ours)]
    cells = {
        "llama.cpp's template and ids": ids == right or f"{ids} for {right}",
        "llama-server reads as many tokens": counts[0] == counts[1] == len(right) or f"{counts}, not {len(right)}",
        "llama-server's chat = its own completion": said == raw["content"] or f"{said!r}, not {raw['content']!r}",
        "llama-server's answer = malmoi serve's": said == say or f"{said!r}, not {say!r}",
    }
    for name, reader in (("transformers'", "chat"), ("OpenVINO's", "openvino-chat")):
        found = read_by(reader, folder, TURNS)
        cells[f"{name} template and ids"] = found == right or f"{found} for {right}"
    for name, cell in cells.items():
        print(f"chat {name:42} {'equal' if cell is True else cell}")
    return sum(cell is not True for cell in cells.values())


def chat_of_ours(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    from malmoi.serve.chat import Turn, chat_ids
    from malmoi.tokenizer.codec import Codec

    return chat_ids(Codec(folder), [Turn(turn["role"], turn["content"]) for turn in turns])


def chat_of_transformers(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)


def chat_of_openvino(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    """As LLMPipeline does it: the template of the GGUF file, and no begin token besides."""
    import openvino_genai

    tokenizer = openvino_genai.Tokenizer(str(folder / "model.gguf"))
    written = tokenizer.apply_chat_template(turns, add_generation_prompt=True)
    return tokenizer.encode(written, add_special_tokens=False).input_ids.data[0].tolist()


PARTS = {"HF": hugging_face, "GGUF": gguf_files, "TEXTS": texts, "CHAT": chat}
READERS: dict[str, Callable[[Path, Any], Any]] = {
    "ours": by_ours,
    "transformers": by_transformers,
    "transformers-gguf": by_transformers_gguf,
    "openvino-folder": by_openvino_folder,
    "openvino-gguf": by_openvino_gguf,
    "ours-ids": ids_of_ours,
    "ids": ids_of_transformers,
    "ids-split": lambda folder, groups: ids_of_transformers(folder, groups, split_special_tokens=True),
    "openvino-ids": ids_of_openvino,
    "ours-chat": chat_of_ours,
    "chat": chat_of_transformers,
    "openvino-chat": chat_of_openvino,
}

if __name__ == "__main__":
    main()
