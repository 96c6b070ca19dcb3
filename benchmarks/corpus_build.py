"""Corpus build, MB of UTF-8 text per CPU second: malmoi against datatrove, on the same input in the same run.

The input (any file or folder that malmoi reads) is first put into Parquet files of id and text, which is not measured.
Then each side starts from those, in a process of its own with one worker, and its CPU seconds are counted, children,
start and imports included. malmoi's compiled kernels are warm: they are compiled once per installation.

- malmoi: `corpus build` as it stands: reading, quality, personal data, promotion, translation, profanity, exact and
  near copies, shards, ledger with every score, manifest.
- datatrove (newest from PyPI, in a virtual environment of its own): Gopher repetition and quality filters, then MinHash
  in its four stages, ParquetReader to ParquetWriter. Its Korean word tokenizer (Kiwi) is replaced by white space, which
  makes it some hundred times faster, and its rule about English stop words is off. No personal data, no ledger.

    python benchmarks/corpus_build.py data/law_kr.tar.zst --include '*.md'
"""
# datatrove is only in the benchmark's own virtual environment:
# pyright: reportMissingImports=false

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

FILES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="a file or folder of text")
    parser.add_argument("--include", action="append", default=[], help="only files that match, as in a recipe")
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--rows-per-document", type=int, default=1)
    parser.add_argument("--megabytes", type=float, default=60.0, help="of text to take")
    parser.add_argument("--rounds", type=int, default=1, help="the best of so many counts")
    parser.add_argument("--run", choices=("malmoi", "datatrove"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        sides = {"malmoi": build_with_malmoi, "datatrove": build_with_datatrove}
        sides[arguments.run](arguments.path)
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-benchmark-") as folder:
        compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    """Prepares the input and the peer, runs both sides by turns and prints what they took."""
    documents, text_bytes = prepare(arguments, folder / "input")
    pythons = {"malmoi": Path(sys.executable), "datatrove": install_peer(folder / "venv")}
    warm_up(folder / "warm")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in pythons}
    kept: dict[str, Any] = {}
    for _ in range(arguments.rounds):
        for name, python in pythons.items():
            cpu_s, wall_s, kept[name] = run(python, name, folder / "input")
            taken[name].append((cpu_s, wall_s))
    print(f"{documents:,} documents, {text_bytes / 1e6:.1f} MB of text from {arguments.path.name}, one worker")
    rates = {}
    for name, times in taken.items():
        cpu_s, wall_s = min(times)
        rates[name] = text_bytes / 1e6 / cpu_s
        seconds = f"{cpu_s:7.1f} CPU s {wall_s:7.1f} s wall"
        print(f"{name:<10} {rates[name]:7.2f} MB/s/core {seconds}  {json.dumps(kept[name])}")
    print(f"ratio {rates['malmoi'] / rates['datatrove']:.1f}")


def prepare(arguments: argparse.Namespace, folder: Path) -> tuple[int, int]:
    """Writes up to so many megabytes of documents to Parquet files; returns documents and bytes of text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from malmoi.corpus.sources.files import read_file
    from malmoi.corpus.sources.input import Input
    from malmoi.corpus.sources.listing import list_files
    from malmoi.corpus.sources.raw import Raw
    from malmoi.corpus.sources.web_page import to_document

    source = Input(
        arguments.path,
        kind="web",
        include=tuple(arguments.include),
        text_field=arguments.text_field,
        rows_per_document=arguments.rows_per_document,
    )
    wanted, texts, taken = arguments.megabytes * 1e6, [], 0
    for item in (item for path in list_files(source) for item in read_file(path, source)):
        document = to_document(item, source) if isinstance(item, Raw) else None
        if isinstance(document, dict):
            texts.append(document["text"])
            taken += len(texts[-1].encode())
        if taken >= wanted:
            break
    folder.mkdir(parents=True)
    step = -(-len(texts) // FILES)
    for number in range(FILES):
        part = texts[number * step : (number + 1) * step]
        ids = [str(number * step + place) for place in range(len(part))]
        pq.write_table(pa.table({"id": ids, "text": part}), folder / f"{number}.parquet", compression="zstd")
    return len(texts), taken


def install_peer(folder: Path) -> Path:
    """A virtual environment with datatrove and what it needs for Parquet; returns its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    packages = ["datatrove[io,processing]", "spacy", "numpy"]
    subprocess.run([python, "-m", "pip", "install", "-qq", *packages], check=True)
    return python


def warm_up(folder: Path) -> None:
    """One build of one document, so that every kernel is compiled and in the cache."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    text = "따뜻하게 데우는 글이다. 모든 함수가 한 번씩 불린다. 010-0000-0000 시발점."
    pq.write_table(pa.table({"id": ["0", "1"], "text": [text, text]}), folder / "0.parquet")
    run(Path(sys.executable), "malmoi", folder)


def run(python: Path, name: str, folder: Path) -> tuple[float, float, Any]:
    """Runs one side in its own process. CPU seconds with children, wall seconds, and what the side says it kept."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
    command = [python, __file__, str(folder), "--run", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, time.perf_counter() - started, json.loads(done.stdout.splitlines()[-1])


def build_with_malmoi(folder: Path) -> None:
    """The corpus build, one process. Prints how many documents stayed."""
    from malmoi.corpus.build import build
    from malmoi.corpus.recipe import CorpusRecipe
    from malmoi.corpus.sources.input import Input

    with tempfile.TemporaryDirectory() as out:
        recipe = CorpusRecipe(inputs=(Input(folder, kind="web"),), processes=1)
        counts = build(recipe, Path(out), lambda *_: None)
    print(
        json.dumps(
            {"kept": counts["documents_kept"], "near_copies": counts["dropped_by_reason"].get("near_duplicate", 0)}
        )
    )


def build_with_datatrove(folder: Path) -> None:
    """Filters and the four stages of MinHash, one worker. Prints how many documents stayed."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
    )
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter
    from datatrove.utils.hashing import HashConfig

    split_at_white_space()
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8)
    with tempfile.TemporaryDirectory() as work:

        def stage(name: str, tasks: int, *pipeline: Any) -> None:
            logs = f"{work}/logs-{name}"
            LocalPipelineExecutor(list(pipeline), tasks=tasks, workers=1, logging_dir=logs).run()

        def filtered() -> Any:
            return ParquetReader(f"{work}/filtered", text_key="text", id_key="id")

        quality = GopherQualityFilter(language="kor", min_avg_word_length=1, min_stop_words=None)
        reader = ParquetReader(str(folder), text_key="text", id_key="id")
        stage(
            "filter", FILES, reader, GopherRepetitionFilter(language="kor"), quality, ParquetWriter(f"{work}/filtered")
        )
        stage("sign", FILES, filtered(), MinhashDedupSignature(f"{work}/signatures", config=config, language="kor"))
        stage("bucket", 14, MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config))
        stage("cluster", 1, MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config=config))
        stage("write", FILES, filtered(), MinhashDedupFilter(f"{work}/remove"), ParquetWriter(f"{work}/out"))
        print(
            json.dumps(
                {"kept": num_rows(f"{work}/out"), "near_copies": num_rows(f"{work}/filtered") - num_rows(f"{work}/out")}
            )
        )


def split_at_white_space() -> None:
    """Puts white space in place of datatrove's Korean word tokenizer, wherever it has been imported by name."""
    from datatrove.utils import word_tokenizers

    class WhiteSpace(word_tokenizers.WordTokenizer):
        def word_tokenize(self, text: str) -> list[str]:
            return text.split()

        def sent_tokenize(self, text: str) -> list[str]:
            return text.split("\n")

        def span_tokenize(self, _text: str) -> list[tuple[int, int]]:
            return []

    tokenizer = WhiteSpace()
    for name, module in list(sys.modules.items()):
        if name.startswith("datatrove"):
            for attribute, value in (("load_word_tokenizer", lambda _: tokenizer), ("split_into_words", split)):
                if hasattr(module, attribute):
                    setattr(module, attribute, value)


def split(text: str, _language: str = "") -> list[str]:
    """Words at white space."""
    return text.split()


def num_rows(folder: str) -> int:
    """Rows of all Parquet files below a folder."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in Path(folder).rglob("*.parquet"))


if __name__ == "__main__":
    main()
