"""Quality features against datatrove's Gopher, repetition and FineWeb filters, on the same real Korean texts in one go.

MB of UTF-8 text per second of CPU time on one core. The peer runs in a venv of its own, with words between spaces as
ours are ("spaces"), and as it is shipped, with Kiwi's morphemes as Korean words ("shipped", on fewer: it is slow).

    python benchmarks/quality.py DATA [--megabytes 96] [--venv FOLDER] [--no-peer]

DATA holds the unpacked folders law_kr, nsmc_raw and ms_dotnet_docs_ko, at any depth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.corpus.kernels import languages, quality_features
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.feature_names import FEATURES

REPEATS = 7
REVIEWS_PER_TEXT = 100
PEER_BYTES = {"spaces": 6_000_000, "shipped": 400_000}

PEER = """
import json, sys, time
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.filters import fineweb_quality_filter, gopher_quality_filter, gopher_repetition_filter
from datatrove.utils import text, word_tokenizers
if sys.argv[2] == "spaces":
    for module in (text, gopher_quality_filter, gopher_repetition_filter, fineweb_quality_filter):
        if hasattr(module, "split_into_words"):
            module.split_into_words = lambda words, language=None: words.split()
documents = [Document(text=one, id=str(n)) for n, one in enumerate(pq.read_table(sys.argv[1])["text"].to_pylist())]
size = sum(len(document.text.encode()) for document in documents)
filters = (
    GopherQualityFilter(language="kor", min_avg_word_length=1, min_stop_words=None),
    GopherRepetitionFilter(language="kor"),
    FineWebQualityFilter(language="kor"),
)
for one in filters:
    one.filter(documents[0])
found = {}
for one in filters:
    begun = time.process_time()
    for document in documents:
        one.filter(document)
    found[type(one).__name__] = time.process_time() - begun
speeds = {name: round(size / 1e6 / seconds, 2) for name, seconds in found.items()}
print(json.dumps({**speeds, "all": round(size / 1e6 / sum(found.values()), 2)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--megabytes", type=float, default=96)
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-quality-venv")
    parser.add_argument("--no-peer", action="store_true")
    arguments = parser.parse_args()
    sources = {name: read(arguments.data, arguments.megabytes * 1e6 / 3) for name, read in READERS.items()}
    for name, texts in sources.items():
        print(json.dumps({"texts": name, **measure(texts)}, ensure_ascii=False), flush=True)
    everything = shuffled(pa.concat_arrays(list(sources.values())))
    print(json.dumps({"texts": "all", **measure(everything)}), flush=True)
    if arguments.no_peer:
        return
    python = peer_python(arguments.venv)
    for words, size in PEER_BYTES.items():
        some = first(everything, size)
        print(json.dumps({"texts": f"some of all, {words}", **measure(some), "datatrove": peer(python, some, words)}))


def measure(texts: pa.Array) -> dict:
    data, offsets = string_buffers(texts)
    size = texts.nbytes / 1e6
    measured = quality_features.measure(data, offsets)
    seconds = min(cpu_s(lambda: quality_features.measure(data, offsets)) for _ in range(REPEATS))
    said_s = min(cpu_s(lambda: languages.language(measured)) for _ in range(REPEATS))
    return {
        "documents": len(texts),
        "mb": round(size, 1),
        "features": len(FEATURES),
        "mb_per_s": round(size / seconds, 1),
        "mb_per_s_with_language": round(size / (seconds + said_s), 1),
    }


def cpu_s(work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def laws(data: Path, size: float) -> pa.Array:
    return taken((path.read_text("utf-8") for path in files(data, "law_kr", "*.md")), size)


def documentation(data: Path, size: float) -> pa.Array:
    return taken((path.read_text("utf-8", "replace") for path in files(data, "ms_dotnet_docs_ko", "*.md")), size)


def reviews(data: Path, size: float) -> pa.Array:
    def texts() -> Iterator[str]:
        for path in files(data, "nsmc_raw", "[0-9]*.json"):
            lines = [row["review"] for row in json.loads(path.read_text("utf-8"))]
            for start in range(0, len(lines), REVIEWS_PER_TEXT):
                yield "\n".join(lines[start : start + REVIEWS_PER_TEXT])

    return taken(texts(), size)


READERS = {"statutes": laws, "film reviews": reviews, "documentation": documentation}


def files(data: Path, folder: str, pattern: str) -> list[Path]:
    found = next(path for path in sorted(data.rglob(folder)) if path.is_dir())
    paths = sorted(found.rglob(pattern))
    return [paths[place] for place in np.random.default_rng(1).permutation(len(paths))]


def taken(texts: Iterator[str], size: float) -> pa.Array:
    """Texts until there are so many bytes."""
    chosen: list[str] = []
    held = 0
    for text in texts:
        chosen.append(text)
        held += len(text.encode())
        if held >= size:
            break
    return pa.array(chosen, pa.large_string())


def shuffled(texts: pa.Array) -> pa.Array:
    return texts.take(pa.array(np.random.default_rng(2).permutation(len(texts))))


def first(texts: pa.Array, size: float) -> pa.Array:
    reached = np.cumsum(pc.call_function("binary_length", [texts]).to_numpy())
    return pa.concat_arrays([texts.slice(0, int(np.searchsorted(reached, size)) + 1)])


def peer_python(folder: Path) -> Path:
    """The peer's interpreter; datatrove and Kiwi come from PyPI the first time."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = ["datatrove[processing]", "kiwipiepy<0.22", "pyarrow"]  # its own bound on Kiwi
    subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True, stdout=sys.stderr)
    return python


def peer(python: Path, texts: pa.Array, words: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.parquet"
        pq.write_table(pa.table({"text": texts}), path)
        done = subprocess.run([python, "-c", PEER, path, words], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
