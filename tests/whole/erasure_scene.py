"""Twelve persons in every place that a run has, in every way that a name is written, for the erasure drill."""

import html
import json
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from tiny_model import MODEL_AND_TRAINING

from malmoi.corpus.text.fold import fold
from malmoi.sample import grammar
from malmoi.tokenizer.codec import Codec

NAMES = (
    "소라빛나루", "가온누리솔", "다솜별하늬", "미르한가람", "새라온제나", "아라찬들샘",
    "Haneul Vexmoor", "Garam.Qwistle", "퐁당새벽꼴", "뀀달마루쇠", "횻불지기놈", "벚나래숲결",
)  # fmt: skip
"""Names that nobody has, so that no other text holds them."""
WEIGHTS = (".safetensors", ".gguf")
RECIPE = """
name = "drill"
folder = "{folder}"
[corpus]
processes = 1
base = ["{base}"]
[[corpus.inputs]]
path = "{raw}"
[tokenizer]
vocabulary_tokens = 1800
sample_bytes = 60_000
guide = "none"
processes = 1
[tokens]
heldout_share = 0.2
processes = 1
"""
RECIPE += MODEL_AND_TRAINING
RECIPE += """
[evaluate]
samples = 40
heldout_bytes_per_kind = 300_000
sample_tokens = 8
"""


def body(number: int) -> str:
    """A text of its own for every number."""
    return grammar.text(number, 7).body


def said(number: int, written: str) -> str:
    """A text in whose middle a name stands as it is written."""
    lines = body(number).split(". ")
    half = len(lines) // 2
    return ". ".join([*lines[:half], f"이 이야기는 {written}에게서 들었다", *lines[half:]])


def rows_of(place: int, name: str) -> list[dict[str, str]]:
    """What is planted for one person as rows: each way of writing in a document of its own."""
    first, host = 1000 + 20 * place, f"https://site{place}.example"
    whole = said(first, name)
    half = len(name) // 2
    return [
        {"text": whole, "url": f"{host}/1"},
        {"text": whole, "url": f"{host}/copy"},
        {"text": whole.replace("이야기는", "소식은", 1), "url": f"{host}/near"},
        {"text": said(first + 1, unicodedata.normalize("NFD", name)), "url": f"{host}/nfd"},
        {"text": said(first + 2, "\u200b".join(name)), "url": f"{host}/zwsp"},
        {"text": said(first + 3, f"{name[:half]}\n{name[half:]}"), "url": f"{host}/line"},
        {"text": said(first + 4, name.upper()), "url": f"{host}/upper"},
        {"text": body(first + 5), "url": f"{host}/author", "author": name, "site": "모두의 마당"},
        {"text": body(first + 6), "url": f"{host}/title", "title": f"{name} 이야기"},
        {"text": body(first + 7), "url": f"https://blog.example/{name}/1"},
        {"text": f"{name} 짧은 글", "url": f"{host}/short"},
        {"text": f"{name}에게 들은 이야기다. {body(first + 8)}", "url": f"{host}/begin"},
    ]


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def plant(folder: Path) -> dict[str, Path]:
    """Raw files: of the run, of the base it stands on, of a sibling, and of next month's crawl."""
    raw, base, sibling = folder / "raw", folder / "raw_base", folder / "raw_sibling"
    others = [{"text": body(number), "url": f"https://other{number % 7}.example/{number}"} for number in range(160)]
    planted = [row for place, name in enumerate(NAMES) for row in rows_of(place, name)]
    write_rows(raw / "posts.jsonl", [*others, *planted])
    for place, name in enumerate(NAMES):
        (raw / f"{name}_일기.txt").write_text(body(3000 + place), encoding="utf-8")
        (raw / f"{name}_사진.xyz").write_bytes(b"\0\1\2" + name.encode())
        lines = f'{name} 010-1234-5678,"{name}"\n'
        (raw / f"표{place}.csv").write_text(lines, encoding="utf-8")
    write_rows(base / "old.jsonl", [{"text": said(4000 + place, name)} for place, name in enumerate(NAMES)])
    of_base = [{"text": body(number)} for number in range(200, 230)]
    write_rows(base / "other.jsonl", of_base)
    mirror = "https://mirror.example/all"
    shared = [{"text": said(1000 + 20 * place, name), "url": mirror} for place, name in enumerate(NAMES)]
    write_rows(sibling / "mirror.jsonl", [*({"text": body(number)} for number in range(300, 330)), *shared])
    later = [
        row | {"url": f"https://later.example/{place}/{number}", "text": row["text"].replace("들었다", "전해 들었다")}
        for place, name in enumerate(NAMES)
        for number, row in enumerate(rows_of(place, name)[:7])
    ]
    again = [
        row | {"url": f"https://again.example/{place}/{number}"}
        for place, name in enumerate(NAMES)
        for number, row in enumerate(rows_of(place, name))
        if number not in (8, 9)  # there the name is in the title or the address alone
    ]
    write_rows(folder / "next.jsonl", [*later, *again])
    return {"raw": raw, "base": base, "sibling": sibling, "next": folder / "next.jsonl"}


def content(file: Path, codec: Codec | None) -> str:
    """All that a file says, however it is packed, folded and without white space."""
    raw = file.read_bytes()
    texts = [raw.decode(encoding, "replace") for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp949")]
    texts.append(html.unescape(texts[0]))
    if raw.startswith(b"PAR1"):
        texts = [json.dumps(pq.read_table(file).to_pylist(), ensure_ascii=False, default=str)]
    elif file.suffix == ".bin" and codec:
        texts.append(codec.decode(np.fromfile(file, "<u2").tolist()))
    elif file.suffix == ".json":
        texts.append(json.dumps(json.loads(raw), ensure_ascii=False))
    return "\n".join(fold(text).replace(" ", "") for text in texts)


def files_with_names(*folders: Path) -> dict[str, set[str]]:
    """Every file below the folders, but weights, that says any of the names or is called so; with the names."""
    wanted = {name: fold(name).replace(" ", "") for name in NAMES}
    found: dict[str, set[str]] = {}
    for folder in folders:
        codec = Codec(folder / "tokenizer") if (folder / "tokenizer" / "tokenizer.json").exists() else None
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in WEIGHTS):
            text = content(file, codec) + fold(file.name).replace(" ", "")
            if hits := {name for name, plain in wanted.items() if plain in text}:
                found[file.relative_to(folder.parent).as_posix()] = hits
    return found
