"""The whole text pass, MB of UTF-8 text per CPU second on one core: Parquet of (id, text) in, Parquet with scores out.

Three passes over the same real text (statutes, film reviews grouped by fifty, documentation), in one process each:

- malmoi, all steps: what `corpus build` does to a Parquet input before documents are compared: reading, checks that the
  text is clean, every step of the default recipe, signatures, keys by partition, documents, scores and keys written.
- malmoi, the prototype's steps: quality, personal data and signatures, between the same reader and writer.
- datatrove (newest from PyPI, in an environment of its own): Gopher repetition and quality filters, ParquetReader
  to ParquetWriter, then MinHash signatures of what they let through (its signatures let nothing through to a writer);
  its Korean word tokenizer is replaced by white space (corpus_build.py).

Then a table of malmoi's steps, each alone on batches that lie in memory. CPU seconds are counted after one pass over a
small part, so that kernels are compiled and libraries loaded, and the best of the rounds counts.

    python benchmarks/text_pass.py DATA [--megabytes 200] [--rounds 3] [--no-peer] [--venv FOLDER]

DATA holds the folders law_kr, nsmc_raw and *_docs_ko (shared/data unpacked), at any depth.
"""
# datatrove is only in the benchmark's own virtual environment:
# pyright: reportMissingImports=false

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FILES = 4
"""Of some 50 MB of text each, about what one piece of a build holds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--megabytes", type=float, default=200.0, help="of text to take")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--no-peer", action="store_true", help="malmoi alone")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-text-pass-venv")
    parser.add_argument("--run", choices=("malmoi", "prototype", "steps", "datatrove"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        sides = {"malmoi": pass_all, "prototype": pass_prototype, "steps": step_table, "datatrove": pass_datatrove}
        print(json.dumps(sides[arguments.run](arguments.data, arguments.rounds)))
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-benchmark-") as folder:
        compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    """Prepares the input, runs all sides one after another and prints what they took."""
    documents, text_bytes = prepare(arguments.data, arguments.megabytes * 1e6, folder / "input")
    print(f"{documents:,} documents, {text_bytes / 1e6:.1f} MB of text, one process, best of {arguments.rounds}")
    rates = {}
    for name in ("malmoi", "prototype"):
        seconds = run(Path(sys.executable), name, folder / "input", arguments.rounds)
        rates[name] = text_bytes / 1e6 / seconds
        label = "malmoi, all steps" if name == "malmoi" else "malmoi, quality + personal data + signatures"
        print(f"{label:<48} {rates[name]:8.1f} MB/s/core", flush=True)
    if not arguments.no_peer:
        python = install_peer(arguments.venv)
        seconds = run(python, "datatrove", folder / "input", 1)
        rates["datatrove"] = text_bytes / 1e6 / seconds
        print(f"{'datatrove, filters + signatures':<48} {rates['datatrove']:8.1f} MB/s/core")
        print(f"ratio {rates['malmoi'] / rates['datatrove']:.1f} (all), {rates['prototype'] / rates['datatrove']:.1f}")
    print("steps alone, MB/s/core:")
    for name, rate in run(Path(sys.executable), "steps", folder / "input", arguments.rounds).items():
        print(f"  {name:<46} {rate:8.1f}")


def run(python: Path, name: str, folder: Path, rounds: int) -> Any:
    """What one side prints in a process of its own, with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
    command = [str(python), __file__, str(folder), "--run", name, "--rounds", str(rounds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def prepare(data: Path, wanted_bytes: float, folder: Path) -> tuple[int, int]:
    """Writes documents of three sorts, a third of the bytes each as far as there are, to FILES Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    groups = [list(bounded(texts, wanted_bytes / 3)) for texts in (documentation(data), reviews(data))]
    taken = sum(len(text.encode()) for texts in groups for text in texts)
    groups.append(list(bounded(laws(data), wanted_bytes - taken)))
    texts = [text for group in groups for text in group]
    folder.mkdir(parents=True)
    for number in range(FILES):
        part = texts[number::FILES]  # every file holds all sorts
        ids = [str(number + FILES * place) for place in range(len(part))]
        table = pa.table({"id": ids, "text": part})
        pq.write_table(table, folder / f"{number}.parquet", compression="zstd", row_group_size=5_000)
    return len(texts), sum(len(text.encode()) for text in texts)


def bounded(texts: Iterator[str], most_bytes: float) -> Iterator[str]:
    taken = 0
    for text in texts:
        if taken >= most_bytes:
            return
        taken += len(text.encode())
        yield text


def documents_of(folder: Path, **settings: Any) -> Iterator[str]:
    from malmoi.corpus.sources.files import read_file
    from malmoi.corpus.sources.input import Input
    from malmoi.corpus.sources.listing import list_files
    from malmoi.corpus.sources.raw import Raw
    from malmoi.corpus.sources.web_page import to_document

    source = Input(folder, kind="web", **settings)
    for path in list_files(source):
        for item in read_file(path, source):
            found = to_document(item, source) if isinstance(item, Raw) else None
            if isinstance(found, dict):
                yield found["text"]


def laws(data: Path) -> Iterator[str]:
    return documents_of(find(data, "law_kr"), include=("*.md",))


def documentation(data: Path) -> Iterator[str]:
    for name in ("ms_dotnet_docs_ko", "tensorflow_docs_ko", "react_docs_ko"):
        yield from documents_of(find(data, name), include=("*.md",))


def reviews(data: Path) -> Iterator[str]:
    return documents_of(find(data, "nsmc_raw"), include=("*.json",), text_field="review", rows_per_document=50)


def find(data: Path, name: str) -> Path:
    return next(path for path in sorted(data.rglob(name)) if path.is_dir())


def fastest_s(work: Callable[[], Any], rounds: int) -> float:
    """CPU seconds of this process and its children in the best round."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def pass_all(folder: Path, rounds: int) -> float:
    """Seconds of the pass as `corpus build` does it: one task for each file."""
    import pyarrow as pa

    from malmoi.corpus.passes import phases
    from malmoi.corpus.passes.tasks import SCAN, Task, Workspace
    from malmoi.corpus.passes.units import Unit
    from malmoi.corpus.recipe import CorpusRecipe
    from malmoi.corpus.sources.input import Input

    pa.set_cpu_count(1)
    recipe = CorpusRecipe(inputs=(Input(folder, kind="web"),), processes=1)

    def work(files: int = FILES) -> None:
        with tempfile.TemporaryDirectory() as out:
            space = Workspace(recipe, Path(out), Path(out), partitions=1)
            for number in range(files):
                path = folder / f"{number}.parquet"
                phases.work(Task(space, SCAN, number, Unit(number, 0, (path,), path.stat().st_size)), lambda _: None)

    work(1)
    return fastest_s(work, rounds)


def pass_prototype(folder: Path, rounds: int) -> float:
    """Seconds of the steps that the prototype of references/curation.md 3g had, batch by batch in one process."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from malmoi.corpus.passes import shuffle
    from malmoi.corpus.recipe import CorpusRecipe
    from malmoi.corpus.sources.input import Input

    pa.set_cpu_count(1)
    recipe = CorpusRecipe(inputs=(Input(folder, kind="web"),))

    def work(files: int = FILES) -> None:
        with tempfile.TemporaryDirectory() as out:
            for number in range(files):
                writers: dict[str, pq.ParquetWriter] = {}
                for batch in batches(folder / f"{number}.parquet"):
                    scored = recipe.personal_data(recipe.quality(batch))
                    for name, made in (("documents", scored), ("keys", recipe.near_duplicate.sign(scored))):
                        if name not in writers:
                            path = Path(out) / f"{number}.{name}.parquet"
                            options = shuffle.HASHES if name == "keys" else shuffle.TEXT
                            writers[name] = pq.ParquetWriter(path, made.schema, **options)
                        writers[name].write_batch(made)
                for writer in writers.values():
                    writer.close()

    work(1)
    return fastest_s(work, rounds)


def batches(path: Path) -> Iterator[Any]:
    """The documents of a file in batches, as the pass reads them."""
    from malmoi.corpus.passes.attempts import Attempts, Journal
    from malmoi.corpus.passes.items import read_entries, to_batch
    from malmoi.corpus.passes.units import Unit
    from malmoi.corpus.sources.input import Input

    with tempfile.TemporaryDirectory() as folder:
        unit = Unit(0, 0, (path,), 0)
        for _, entry in read_entries(unit, Input(path, kind="web"), Attempts(), Journal(Path(folder) / "journal")):
            if not isinstance(entry, dict):
                yield entry
            elif "reason" not in entry:
                yield to_batch([entry])[0]


def step_table(folder: Path, rounds: int) -> dict[str, float]:
    """MB/s of each step alone, and of reading and writing, on two of the files."""
    import pyarrow as pa

    from malmoi.corpus.passes import scan, shuffle
    from malmoi.corpus.recipe import CorpusRecipe
    from malmoi.corpus.sources.input import Input

    pa.set_cpu_count(1)
    recipe = CorpusRecipe(inputs=(Input(folder, kind="web"),))
    paths = [folder / f"{number}.parquet" for number in range(2)]
    held = [pa.concat_batches(list(batches(path))) for path in paths]
    held = [whole.slice(at, 2_000) for whole in held for at in range(0, len(whole), 2_000)]
    size = sum(sum(batch.column("text_bytes").to_pylist()) for batch in held) / 1e6
    rates = {"reading and checking": size / fastest_s(lambda: [list(batches(path)) for path in paths], rounds)}
    for step in recipe.steps():
        name = type(step).__name__
        scored = [step(batch) for batch in held]
        rates[name] = size / fastest_s(lambda held=held, step=step: [step(batch) for batch in held], rounds)
        held = scored
    for name, work in {
        "near-duplicate keys": recipe.near_duplicate.sign,
        "paragraph keys": lambda batch: scan.paragraph_keys(recipe, batch, 0),
        "scores for judging": lambda batch: scan.scores(recipe, batch),
    }.items():
        work(held[0])
        rates[name] = size / fastest_s(lambda work=work: [work(batch) for batch in held], rounds)
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "documents.parquet"

        def write() -> None:
            with shuffle.writing(path, held[0].schema, shuffle.PASSING) as writer:
                for batch in held:
                    writer.write_batch(batch)

        rates["writing documents"] = size / fastest_s(write, rounds)
    return rates


def install_peer(folder: Path) -> Path:
    """A virtual environment with datatrove and what it needs for Parquet; returns its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        import venv

        venv.create(folder, with_pip=True)
        packages = ["datatrove[io,processing]", "spacy", "numpy"]
        subprocess.run([python, "-m", "pip", "install", "-qq", *packages], check=True)
    return python


def pass_datatrove(folder: Path, rounds: int) -> float:
    """Seconds of datatrove's filters and signatures."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter
    from datatrove.utils.hashing import HashConfig

    sys.path.insert(0, str(Path(__file__).parent))
    from corpus_build import split_at_white_space

    split_at_white_space()
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8)
    quality = GopherQualityFilter(language="kor", min_avg_word_length=1, min_stop_words=None)

    def work() -> None:
        out = tempfile.mkdtemp()
        reader = ParquetReader(str(folder), text_key="text", id_key="id")
        filters = [reader, GopherRepetitionFilter(language="kor"), quality, ParquetWriter(f"{out}/filtered")]
        LocalPipelineExecutor(filters, tasks=1, workers=1, logging_dir=f"{out}/logs").run()
        filtered = ParquetReader(f"{out}/filtered", text_key="text", id_key="id")
        signing = [filtered, MinhashDedupSignature(f"{out}/signatures", config=config, language="kor")]
        LocalPipelineExecutor(signing, tasks=1, workers=1, logging_dir=f"{out}/logs-2").run()
        shutil.rmtree(out)

    return fastest_s(work, rounds)


if __name__ == "__main__":
    main()
