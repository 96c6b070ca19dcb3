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
import random
import subprocess
import sys
import tempfile
import unicodedata
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from export_readers import NEW_TOKENS, difference, ends_of, to_end
from llama_cpp_build import folder_of_programs, llama_server, sources_of
from serve_process import running

ROOT = Path(__file__).parents[1]
DTYPES = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
AS_IT_IS = "llama.cpp, in the file's own"
"""It multiplies weights of 16 bits by numbers of 16 bits: a difference there is no fault of the export."""
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
    """Prints the tables. Exit code 1 where a reader that computes in float32 differs, or ids outside OpenVINO do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="an exported model; random weights by default")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    given = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as made:
        make_exports(Path(made), given.model)
        wrong = sum(PARTS[part](Path(made)) for part in given.only)
    sys.exit(1 if wrong else 0)


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
    words = [sys.executable, str(Path(__file__).with_name("export_readers.py")), reader, str(folder)]
    ran = subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, check=False)
    if ran.returncode:
        told = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
        return told[-1] if told else f"exit code {ran.returncode}"
    return json.loads(ran.stdout.splitlines()[-1])


def by_llama_cpp(gguf: Path, prompts: list[list[int]], ends: list[int]) -> list[list[int]]:
    """llama.cpp's server on a GGUF file, its cache in float32."""
    exact = ("-c", 1024, "-np", 1, "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--no-warmup")
    with llama_server(gguf, exact) as (address, _):
        return [_completed(address, prompt, set(ends)) for prompt in prompts]


def _completed(address: str, prompt: list[int], ends: set[int]) -> list[int]:
    body = {"prompt": prompt, "n_predict": NEW_TOKENS, "temperature": 0, "return_tokens": True, "cache_prompt": False}
    made = post(f"{address}/completion", body)
    return made["tokens"] if made["stop_type"] == "limit" else to_end(made["tokens"], ends)


def post(url: str, body: Any) -> Any:
    """The answer to a JSON body."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


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
            wrong += cell.startswith("prompt") and (name != AS_IT_IS or folder.name.endswith("float32"))
            print(f"{kind:4} {folder.name:16} {name:30} {cell}", flush=True)
    return wrong


def hugging_face(made: Path) -> int:
    """6 folders: transformers alone and in a batch, OpenVINO, llama.cpp."""
    names = {"transformers, single = batch": "transformers", "OpenVINO": "openvino-folder"}
    readers: dict[str, Any] = {name: _reader(reader) for name, reader in names.items()}
    return greedy(made, "HF", readers | {"llama.cpp, by its converter": _converted})


_CONVERT = """
import runpy, sys
sources, extra = sys.argv[1:3]
sys.path[:0] = [sources, sources + "/gguf-py", extra]
import conversion.base
conversion.base.TextModel.get_vocab_base_pre = lambda *_: "llama-bpe"
sys.argv = sys.argv[2:]
runpy.run_path(sources + "/convert_hf_to_gguf.py", run_name="__main__")
"""


def _converted(folder: Path, prompts: list[list[int]]) -> Any:
    """llama.cpp's own converter, to float32. It knows tokenizers by a hash over their ids: it is told ours by name."""
    programs = folder_of_programs()
    with tempfile.TemporaryDirectory() as made:
        fetch = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", made, "sentencepiece"]
        subprocess.run(fetch, check=True, capture_output=True)
        out = Path(made, "converted.gguf")
        words = [sources_of(programs.parents[1]), made, folder, "--outfile", out, "--outtype", "f32"]
        command = [sys.executable, "-c", _CONVERT, *(str(word) for word in words)]
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        return ran.stderr.splitlines()[-1] if ran.returncode else by_llama_cpp(out, prompts, ends_of(folder))


def gguf_files(made: Path) -> int:
    """6 files: llama.cpp as they are and widened by its own llama-quantize, OpenVINO, transformers."""
    readers: dict[str, Any] = {
        AS_IT_IS: lambda folder, prompts: by_llama_cpp(folder / "model.gguf", prompts, ends_of(folder)),
        "llama.cpp, widened to F32": _widened,
        "OpenVINO": _reader("openvino-gguf"),
        "OpenVINO, file read by malmoi": _reader("openvino-unpacked"),
        "malmoi": _reader("ours-unpacked"),
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
        return by_llama_cpp(wide, prompts, ends_of(folder))


def texts(made: Path) -> int:
    """Ids of hard texts by every reader against ours; how many differ that should not."""
    folder = made / "tied-float16"
    decomposed = [unicodedata.normalize("NFD", text) for text in (*PROMPTS, "한글 자모 각")]
    lines = [line for file in sorted((ROOT / "samples" / "written").rglob("*.*")) for line in _lines(file) if line]
    groups = {"hard": list(HARD), "samples": lines[:2_000], "random": random_texts(1_000)}
    groups |= {"NFD": decomposed, "typed marks": list(MARKED)}
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
            wrong += group in ("hard", "samples", "random") and not all(same) and name != "OpenVINO"
    return wrong


def random_texts(count: int) -> list[str]:
    """NFC texts of 1 to 30 signs from many blocks of Unicode, half of them Hangul or spaces; the same each time."""
    draw = random.Random(5)
    blocks = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x6FF), (0x900, 0xDFF), (0x1100, 0x11FF), (9, 13)]
    blocks += [
        (0x2000, 0x2BFF),
        (0x3000, 0x318F),
        (0x3200, 0x33FF),
        (0x4E00, 0x9FFF),
        (0xD7B0, 0xD7FB),
        (0xF900, 0xFAFF),
    ]
    blocks += [(0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x10300, 0x1044F), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF)]
    blocks += [(0xAC00, 0xD7A3)] * 9 + [(0x20, 0x20)] * 9

    def text() -> str:
        return "".join(chr(draw.randint(*draw.choice(blocks))) for _ in range(draw.randint(1, 30)))

    return [unicodedata.normalize("NFC", text()) for _ in range(count)]


_PARSE = {"typed marks are text": False, "typed marks are marks": True}
_TOKENIZERS = {"transformers": "ids", "transformers, split_special_tokens": "ids-split", "OpenVINO": "openvino-ids"}


def _llama_ids(address: str, groups: dict[str, list[str]], parse: bool) -> dict[str, list[list[int]]]:
    def ids(text: str) -> list[int]:
        return post(f"{address}/tokenize", {"content": text, "add_special": True, "parse_special": parse})["tokens"]

    return {group: [ids(text) for text in cases] for group, cases in groups.items()}


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
    if "\ufffd" in said:
        del cells["llama-server's answer = malmoi serve's"]  # ours takes no bytes that are no UTF-8
    for name, cell in cells.items():
        print(f"chat {name:42} {'equal' if cell is True else cell}")
    return sum(cell is not True and not name.startswith("OpenVINO") for name, cell in cells.items())


PARTS = {"HF": hugging_face, "GGUF": gguf_files, "TEXTS": texts, "CHAT": chat}

if __name__ == "__main__":
    main()
