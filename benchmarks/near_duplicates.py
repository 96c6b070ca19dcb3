"""Near-duplicates: quality on planted families and on real versions of laws, speed against peers in the same run.

    python benchmarks/near_duplicates.py DATA planted|laws|speed [--megabytes N] [--part tuning|aside]

DATA holds the folders nsmc_raw, tensorflow_docs_ko, docs_and_literature (react_docs_ko), law_kr and near_duplicates.
Planted: documents of log-normal length from real sentences of film reviews and real paragraphs of documentation, and
copies of known strength (references/curation.md 3a). Settings may be tuned on the part `tuning`; the part `aside` has
other films, other documentation files and another seed. The laws are only measured on.
Recall: pairs of original and copy with an exact Jaccard similarity of at least 0.8 that are in one cluster. Precision:
removed documents with a document of their own family earlier in the cluster, or an exact similarity of at least 0.7 to
the best of the cluster. Stricter, and what a corpus does: a document is dropped for one that stays and is alike.
"""

import argparse
import csv
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import venv
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.duplicates import compare
from malmoi.corpus.kernels import clusters, signatures
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.sample.plant import char5_jaccard

SEEDS = {"tuning": 7, "aside": 2026}
KINDS = (
    ("exact", 0.0), ("spacing", 0.0), ("characters", 0.01), ("characters", 0.02), ("characters", 0.04), ("words", 0.02),
    ("words", 0.05), ("words", 0.10), ("run", 0.1), ("run", 0.2), ("run", 0.4), ("shuffle", 0.0),
)  # fmt: skip
REPEATS = 5


class Family(NamedTuple):
    """Texts, the number of each one's original (its own where it is one), how each was made."""

    texts: list[str]
    original: list[int]
    kind: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("what", choices=("planted", "laws", "speed"))
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--part", choices=tuple(SEEDS), default="aside")
    parser.add_argument("--bands", type=int, default=NearDuplicate.bands)
    parser.add_argument("--rows", type=int, default=NearDuplicate.rows)
    parser.add_argument("--similarity", type=float, default=NearDuplicate.similarity)
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-near-duplicates-venv")
    given = parser.parse_args()
    settings = NearDuplicate(similarity=given.similarity, bands=given.bands, rows=given.rows)
    if given.what == "planted":
        measure_planted(plant(given.data, given.part, given.megabytes), settings)
    elif given.what == "laws":
        measure_laws(given.data, settings)
    else:
        measure_speed(given.data, given.part, given.megabytes, given.venv)


def show(**figures: object) -> None:
    print(json.dumps(figures, ensure_ascii=False, default=lambda value: round(float(value), 5)), flush=True)


def plant(data: Path, part: str, megabytes: int) -> Family:
    """A corpus of about so many megabytes with copies of a fifth of its documents."""
    chance = random.Random(SEEDS[part])
    sentences, paragraphs = reviews(data, part), documentation(data, part)
    family, size = Family([], [], []), 0
    while size < megabytes * 1e6:
        parts = new_document(chance, sentences, paragraphs)
        original = len(family.texts)
        add(family, "\n".join(parts), original, "original")
        if chance.random() < 0.22:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                kind, rate = chance.choice(KINDS)
                add(family, changed(parts, kind, rate, chance, sentences), original, f"{kind}_{rate * 100:g}")
        size += sum(len(text.encode()) for text in family.texts[original:])
    order = list(range(len(family.texts)))
    chance.shuffle(order)
    place = {number: k for k, number in enumerate(order)}
    return Family(
        [family.texts[k] for k in order], [place[family.original[k]] for k in order], [family.kind[k] for k in order]
    )


def add(family: Family, text: str, original: int, kind: str) -> None:
    family.texts.append(text)
    family.original.append(original)
    family.kind.append(kind)


def is_of(part: str, name: str) -> bool:
    """Whether a file belongs to a part: halves by a checksum of its name."""
    return (zlib.crc32(name.encode()) % 2 == 0) == (part == "aside")


def reviews(data: Path, part: str) -> list[str]:
    """Distinct film reviews of at least 10 characters."""
    found = {}
    for path in sorted((data / "nsmc_raw").rglob("raw/*.json")):
        if is_of(part, path.name):
            found.update(dict.fromkeys(row["review"].strip() for row in json.loads(path.read_text("utf-8"))))
    return [text for text in found if len(text) >= 10]


def documentation(data: Path, part: str) -> list[str]:
    """Distinct paragraphs with more than 20 syllables of Markdown and notebooks."""
    found = {}
    for folder in ("tensorflow_docs_ko", "docs_and_literature/react_docs_ko"):
        for path in sorted((data / folder).rglob("*")):
            if path.suffix in (".md", ".ipynb") and is_of(part, path.name):
                text = path.read_text("utf-8", "replace")
                if path.suffix == ".ipynb":
                    cells = json.loads(text).get("cells", [])
                    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
                found.update(dict.fromkeys(paragraph.strip() for paragraph in re.split(r"\n\s*\n", text)))
    return [text for text in found if len(re.findall("[가-힣]", text)) > 20]


def new_document(chance: random.Random, sentences: Sequence[str], paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs up to a log-normal length: the median is 1.9 kB, 0.3 to 60 kB."""
    target = min(60_000, max(300, chance.lognormvariate(7.55, 0.9)))
    parts, size = [], 0.0
    while size < target:
        some = " ".join(chance.choice(sentences) for _ in range(chance.randint(2, 7)))
        parts.append(chance.choice(paragraphs) if chance.random() < 0.12 else some)
        size += len(parts[-1]) * 2.4
    return parts


def changed(parts: list[str], kind: str, rate: float, chance: random.Random, sentences: Sequence[str]) -> str:
    """A copy of a document."""
    text = "\n".join(parts)
    if kind == "exact":
        return text
    if kind == "spacing":
        return re.sub(r"([.!?])\s", lambda found: found[1] + chance.choice((" ", "  ", "\n")), text)
    if kind == "shuffle":
        return "\n".join(chance.sample(parts, len(parts)))
    if kind == "characters":
        letters = list(text)
        for place in chance.sample(range(len(letters)), max(1, int(len(letters) * rate))):
            letters[place] = chr(chance.randrange(0xAC00, 0xD7A4))
        return "".join(letters)
    words = text.split(" ")
    if kind == "words":
        for place in chance.sample(range(len(words)), max(1, int(len(words) * rate))):
            words[place] = chance.choice(("", "정말", "그리고", chance.choice(words)))
        return " ".join(word for word in words if word)
    taken = int(len(words) * rate / 2)  # a run is cut out, and as long a run of other text put in
    start = chance.randrange(max(1, len(words) - taken))
    del words[start : start + taken]
    added = [word for _ in range(taken) for word in chance.choice(sentences).split(" ")][:taken]
    place = chance.randrange(len(words))
    return " ".join([*words[:place], *added, *words[place:]])


def with_spaces_jaccard(one: str, other: str) -> float:
    """Jaccard similarity of character 5-grams with punctuation and single spaces, as the reference's truth has it."""
    left, right = (
        {text[k : k + 5] for k in range(len(text) - 4)} for text in (" ".join(t.split()) for t in (one, other))
    )
    return len(left & right) / len(left | right)


class Judged(NamedTuple):
    """By document: the best of its cluster, the one that stays for it."""

    head: np.ndarray
    stays: np.ndarray


def judge(texts: Sequence[str], settings: NearDuplicate) -> Judged:
    """What a build says of the texts."""
    begun = time.perf_counter()
    found = compare(texts, settings)
    show(documents=len(texts), megabytes=sum(map(len, map(str.encode, texts))) / 1e6, s=time.perf_counter() - begun)
    heads = [k if each.cluster is None else each.cluster for k, each in enumerate(found)]
    return Judged(np.array(heads), np.array([each.representative for each in found]))


def sign_all(texts: pa.Array, settings: NearDuplicate) -> pa.Table:
    """The keys of all texts, some at a time: a signature takes 800 bytes until it has become keys and a sketch."""
    batches = pa.table({"text": texts}).to_batches(10_000)
    return pa.Table.from_batches([settings.sign(batch) for batch in batches])


def join_all(texts: pa.Array, settings: NearDuplicate) -> np.ndarray:
    """The cluster of each text by the build's kernels, with all keys in memory: what the peers' programs do too."""
    keys = sign_all(texts, settings).combine_chunks()
    sketches = np.frombuffer(keys.column("sketch").chunk(0).buffers()[1], np.uint8).reshape(-1, settings.bins)
    bands = keys.column("bands").chunk(0).values.to_numpy().reshape(-1, settings.bands)
    parents = np.arange(len(keys))
    for band in range(settings.bands):
        order = np.argsort(bands[:, band], kind="stable")
        clusters.join(*clusters.pairs(bands[order, band], order), sketches, settings.similarity, parents)
    clusters.flatten(parents)
    return parents


def measure_planted(family: Family, settings: NearDuplicate) -> None:
    """Recall by similarity and by kind of change, precision."""
    judged = judge(family.texts, settings)
    copies = [k for k, original in enumerate(family.original) if original != k]
    pairs = [(family.original[k], k) for k in copies]
    for name, measure in (("letters", char5_jaccard), ("with_spaces", with_spaces_jaccard)):
        similar = np.array([measure(family.texts[one], family.texts[other]) for one, other in pairs])
        show(truth=name, **recall(pairs, similar, judged))
    kinds = np.array([family.kind[k] for k in copies])
    same = np.array([judged.head[one] == judged.head[other] for one, other in pairs])
    show(found_by_kind={str(kind): same[kinds == kind].mean() for kind in np.unique(kinds)})
    show(**precision(family.texts, family.original, judged))


def recall(pairs: list[tuple[int, int]], similar: np.ndarray, judged: Judged) -> dict:
    """Share of pairs in one cluster, by similarity; and of those of 0.8 and more of which at most one stays."""
    one, other = np.array(pairs).T
    same = judged.head[one] == judged.head[other]
    removed = (judged.stays[one] != one) | (judged.stays[other] != other)
    bounds = ((0.9, 1.01), (0.8, 0.9), (0.7, 0.8), (0.5, 0.7), (0.0, 0.5))
    by_similarity = {}
    for low, high in bounds:
        within = (similar >= low) & (similar < high)
        by_similarity[f"{low}-{min(high, 1)}"] = [int(within.sum()), same[within].mean() if within.any() else None]
    high = similar >= 0.8
    return {
        "pairs_08": int(high.sum()),
        "recall_08": same[high].mean(),
        "removed_08": (removed & same)[high].mean(),
        "by_similarity": by_similarity,
    }


def precision(texts: list[str], family: Sequence[object], judged: Judged) -> dict:
    """By cluster as the reference has it, and of what is dropped against the very document that stays for it."""
    clusters = defaultdict(list)
    for number, head in enumerate(judged.head.tolist()):
        clusters[head].append(number)
    removed, wrong = 0, []
    for head, members in clusters.items():
        seen = {family[head]}
        for member in members:
            if member != head:
                removed += 1
                if family[member] not in seen:
                    wrong.append((member, head))
                seen.add(family[member])
    not_alike = sum(char5_jaccard(texts[one], texts[other]) < 0.7 for one, other in wrong)
    dropped = [(k, stays) for k, stays in enumerate(judged.stays.tolist()) if k != stays]
    strangers = [(k, stays) for k, stays in dropped if family[k] != family[stays]]
    unlike = [char5_jaccard(texts[k], texts[stays]) for k, stays in strangers]
    return {
        "removed": removed,
        "precision": 1 - not_alike / max(1, removed),
        "dropped": len(dropped),
        "precision_of_dropped": 1 - sum(value < 0.7 for value in unlike) / max(1, len(dropped)),
        "strangers_dropped": len(strangers),
        "strangers_of_05_to_07": sum(0.5 <= value < 0.7 for value in unlike),
        "largest_cluster": max(map(len, clusters.values())),
    }


def measure_laws(data: Path, settings: NearDuplicate) -> None:
    """Dated versions of laws among all laws in force; truth: exact similarity of any two texts of one law."""
    texts, names = [], []
    root = next((data / "near_duplicates").rglob("index.tsv")).parent
    with (root / "index.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            path = root / "law_versions" / row["file"].removeprefix("kr/")
            if path.is_file():  # the archive holds about half of the versions that its index names
                texts.append(path.read_text("utf-8"))
                names.append(row["path"])
    versions = len(texts)
    for path in sorted((data / "law_kr").rglob("kr/*/*.md")):
        texts.append(path.read_text("utf-8"))
        names.append(path.relative_to(data / "law_kr").as_posix())
    judged = judge(texts, settings)
    by_name = defaultdict(list)
    for number, name in enumerate(names):
        by_name[name].append(number)
    pairs = [(one, other) for same in by_name.values() for other in same for one in same if one < other]
    similar = np.array([char5_jaccard(texts[one], texts[other]) for one, other in pairs])
    show(versions=versions, laws=len(by_name), pairs=len(pairs), **recall(pairs, similar, judged))
    show(**precision(texts, names, judged))


def measure_speed(data: Path, part: str, megabytes: int, folder: Path) -> None:
    """MB of text per CPU-second on one core, of the same file for all: half planted documents, half laws."""
    texts = plant(data, part, max(1, megabytes // 2)).texts
    size = 0
    for path in sorted((data / "law_kr").rglob("kr/*/*.md")):
        if size < megabytes * 0.5e6:
            texts.append(path.read_text("utf-8"))
            size += len(texts[-1].encode())
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "input.parquet"
        table = pa.table({"id": [str(k) for k in range(len(texts))], "text": texts})
        pq.write_table(table, file, compression="zstd", row_group_size=8192)
        show(documents=len(texts), megabytes=table.column("text").nbytes / 1e6)
        show(tool="malmoi", **own_speed(file))
        for tool, program in PEERS.items():
            show(tool=tool, **peer_speed(peer_python(folder), program, file))


def own_speed(file: Path) -> dict:
    settings = NearDuplicate()
    texts = pq.read_table(file).column("text").combine_chunks().cast(pa.large_string())
    data, offsets = string_buffers(texts)
    size = (offsets[-1] - offsets[0]) / 1e6
    join_all(texts.slice(0, 2000), settings)  # compiles
    return {
        "signatures_mb_s": size
        / fastest(lambda: signatures.sign(data, offsets, settings.shingle_characters, settings.bins)),
        "keys_and_sketches_mb_s": size / fastest(lambda: sign_all(texts, settings)),
        "all_mb_s": size / fastest(lambda: join_all(pq.read_table(file).column("text").combine_chunks(), settings)),
    }


def fastest(work: Callable[[], object]) -> float:
    """Least CPU time of several runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def peer_python(folder: Path) -> Path:
    """The peers' interpreter; they come from PyPI the first time."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        # datatrove 0.10 leaves out what it imports, and hands xxhash strings, which that refuses from 4 on.
        names = ("datatrove", "rensa", "datasketch", "daft", "pyarrow", "spacy", "tokenizers", "xxhash<4", "orjson")
        subprocess.run([python, "-m", "pip", "install", "-q", *names], check=True, stdout=sys.stderr)
    return python


def peer_speed(python: Path, program: str, file: Path) -> dict:
    """What a peer's program prints as its last line: seconds of CPU for signatures and for all."""
    command = [python, "-c", program, file]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=file.parent)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200]}
    found = json.loads(done.stdout.strip().splitlines()[-1])
    size = pq.read_table(file).column("text").nbytes / 1e6
    return {"signatures_mb_s": size / found["signatures_s"], "all_mb_s": size / found["all_s"], **found}


_START = """
import glob, json, os, re, resource, sys
import pyarrow.parquet as pq
def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
def join(parents, one, other):
    while parents[one] != one: one = parents[one]
    while parents[other] != other: other = parents[other]
    parents[max(one, other)] = min(one, other)
def shingled(texts):
    marks = re.compile(r"[\\W_]+")
    letters = [marks.sub("", text.lower()) for text in texts]
    return [list({text[k : k + 5] for k in range(max(1, len(text) - 4))}) for text in letters]
file = sys.argv[1]
"""
PEERS = {
    "daft (words 5, 100 hashes)": _START
    + """
import numpy as np
import daft
from daft import col
os.environ["DAFT_PROGRESS_BAR"] = "0"
begun = cpu()
frame = daft.read_parquet(file)
signed = frame.with_column("sig", col("text").minhash(num_hashes=100, ngram_size=5, seed=1, hash_function="xxhash64"))
column = signed.select("sig").to_arrow().column("sig").combine_chunks()
signatures_s = cpu() - begun
signatures = column.flatten().to_numpy().reshape(-1, 100)
parents = list(range(len(signatures)))
for band in range(20):
    rows = np.ascontiguousarray(signatures[:, band * 5 : band * 5 + 5]).view(f"V{signatures.itemsize * 5}").ravel()
    _, groups = np.unique(rows, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    for k in np.flatnonzero(groups[order][1:] == groups[order][:-1]): join(parents, int(order[k]), int(order[k + 1]))
print(json.dumps({"signatures_s": signatures_s, "all_s": cpu() - begun}))
""",
    "rensa (characters 5, 100 hashes)": _START
    + """
from rensa import RMinHash, RMinHashLSH
begun = cpu()
texts = pq.read_table(file).column("text").to_pylist()
started = cpu()
shingles = shingled(texts)
shingled_s = cpu() - started
hashes = RMinHash.from_token_sets(shingles, num_perm=100, seed=1)
signatures_s = cpu() - started
lsh = RMinHashLSH(threshold=0.7, num_perm=100, num_bands=20)
lsh.insert_pairs(list(enumerate(hashes)))
parents = list(range(len(texts)))
for number, found in enumerate(lsh.query_all(hashes)):
    for other in found: join(parents, number, other)
print(json.dumps({"signatures_s": signatures_s, "all_s": cpu() - begun, "of_that_shingles_s": shingled_s}))
""",
    "datasketch (characters 5, 100 hashes)": _START
    + """
from datasketch import MinHash, MinHashLSH
begun = cpu()
texts = pq.read_table(file).column("text").to_pylist()
started = cpu()
shingles = shingled(texts)
shingled_s = cpu() - started
hashes = MinHash.bulk([[shingle.encode() for shingle in each] for each in shingles], num_perm=100, seed=1)
signatures_s = cpu() - started
lsh = MinHashLSH(num_perm=100, params=(20, 5))
parents = list(range(len(texts)))
for number, own in enumerate(hashes):
    for other in lsh.query(own): join(parents, number, other)
    lsh.insert(number, own)
print(json.dumps({"signatures_s": signatures_s, "all_s": cpu() - begun, "of_that_shingles_s": shingled_s}))
""",
    "datatrove (words 5 by white space, 14 x 8)": _START
    + """
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup import minhash
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers.parquet import ParquetWriter
from datatrove.utils import word_tokenizers
from datatrove.utils.hashing import HashConfig
class Spaces(word_tokenizers.WordTokenizer):  # its own for Korean is Kiwi: 0.4 MB/s
    def word_tokenize(self, text): return text.split()
    def sent_tokenize(self, text): return [text]
    def span_tokenize(self, text): return []
minhash.load_word_tokenizer = lambda language: Spaces()
settings = minhash.MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8)
def read(): return ParquetReader(os.path.dirname(file), glob_pattern="input.parquet", text_key="text", id_key="id")
stages = [
    ([read(), MinhashDedupSignature(output_folder="sig", config=settings, language="kor")], 1),
    ([minhash.MinhashDedupBuckets(input_folder="sig", output_folder="buckets", config=settings)], 14),
    ([minhash.MinhashDedupCluster(input_folder="buckets", output_folder="gone", config=settings)], 1),
    ([read(), minhash.MinhashDedupFilter(input_folder="gone"), ParquetWriter("out")], 1),
]
begun = cpu()
for number, (pipeline, tasks) in enumerate(stages):
    options = {"tasks": tasks, "workers": 1, "logging_dir": f"log{number}", "start_method": "fork"}
    LocalPipelineExecutor(pipeline, **options).run()
    if number == 0: signatures_s = cpu() - begun
print(json.dumps({"signatures_s": signatures_s, "all_s": cpu() - begun}))
""",
}
"""Each reads the same file and prints CPU seconds: `signatures_s` from texts (daft, datatrove: from the file) on."""


if __name__ == "__main__":
    main()
