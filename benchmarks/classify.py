"""Learned classifiers against scikit-learn's TF-IDF character n-grams with logistic regression, in the same run.

Both learn from the same texts, what each counts included (and the peer once with all alike, "unweighted"), and are
measured once on the part kept aside (learning/datasets.py says which): AUROC, and MB of UTF-8 text scored per second of
CPU time on one core. Then the speed of all shipped models together, and variants of the tasks: other questions and
other splits, which say how far a figure depends on them. The peer runs in a venv of its own.

    python benchmarks/classify.py DATA [harm profanity human_translation value spam] [--variants] [--venv FOLDER]

DATA holds the folders kocohub_hate, curse_detection, ms_dotnet_docs_ko and so on, at any depth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.classify.ensemble import load_ensemble
from malmoi.corpus.learning.classifiers import DATASETS, auroc_of, dataset_named
from malmoi.corpus.learning.datasets import Dataset
from malmoi.corpus.learning.linear_learner import Guidance, learn
from malmoi.sample.plant import advertisements

REPEATS = 7
SPEED_BYTES = 20_000_000
"""Kept-aside texts are repeated to so many bytes for the speed, so that starting counts for little."""

BARS = {"harm": 0.89, "profanity": 0.93, "human_translation": 0.985}

PEER = """
import json, sys, time
import numpy as np, pyarrow.parquet as pq
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
read = lambda name: pq.read_table(sys.argv[1] + "/" + name + ".parquet")
train, aside = read("train"), read("aside")
vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2, max_features=500_000)
features = vectors.fit_transform(train["text"].to_pylist())
labels, importance = train["label"].to_numpy(), train["importance"].to_numpy()
plain = LogisticRegression(C=3, max_iter=200).fit(features, labels)
model = LogisticRegression(C=3, max_iter=200).fit(features, labels, importance)
texts = aside["text"].to_pylist()
begun = time.process_time()
scores = model.decision_function(vectors.transform(texts))
seconds = time.process_time() - begun
size = sum(len(text.encode()) for text in texts)
truth = aside["label"].to_numpy()
equal = roc_auc_score(truth, plain.decision_function(vectors.transform(texts)))
print(json.dumps({"auroc": roc_auc_score(truth, scores), "auroc_unweighted": equal, "mb_per_s": size / 1e6 / seconds}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", default=list(DATASETS))
    parser.add_argument("--variants", action="store_true", help="also other questions and splits of harm, profanity")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-classify-venv")
    arguments = parser.parse_args()
    python = peer_python(arguments.venv)
    for name in arguments.names:
        dataset = dataset_named(name, arguments.data, advertisements())
        tell({"model": name, "bar": BARS.get(name), **measure(dataset), "scikit_learn": measure_peer(python, dataset)})
    for name, texts in (("law", law(arguments.data)), ("comments", comments(arguments.data))):
        seconds = fastest_s(lambda: load_ensemble().score(texts))  # noqa: B023 (called at once)
        tell({"all models together on": name, "mb": round(texts.nbytes / 1e6), "mb_per_s": megabytes(texts, seconds)})
    for name, dataset in variants(arguments.data) if arguments.variants else ():
        model = learn(dataset.texts, dataset.labels, dataset.settings, dataset.guidance)
        auroc = round(auroc_of(dataset.aside_labels, model.score(dataset.aside_texts)), 4)
        tell({"variant": name, "auroc": auroc, "scikit_learn": measure_peer(python, dataset)["auroc"]})


def tell(row: dict) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)


def peer_python(folder: Path) -> Path:
    """The peer's interpreter; scikit-learn comes from PyPI the first time."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "scikit-learn", "pyarrow"], check=True, stdout=sys.stderr)
    return python


def measure(dataset: Dataset) -> dict:
    begun = time.process_time()
    model = learn(dataset.texts, dataset.labels, dataset.settings, dataset.guidance)
    learned_s = time.process_time() - begun
    many = repeated(dataset.aside_texts)
    return {
        "texts": len(dataset.texts),
        "aside": len(dataset.aside_texts),
        "learned_s": round(learned_s, 1),
        "auroc": round(auroc_of(dataset.aside_labels, model.score(dataset.aside_texts)), 4),
        "mb_per_s": megabytes(many, fastest_s(lambda: model.score(many))),
    }


def repeated(texts: pa.Array) -> pa.Array:
    return pa.concat_arrays([texts] * (1 + SPEED_BYTES // texts.nbytes))


def megabytes(texts: pa.Array, seconds: float) -> float:
    return round(texts.nbytes / 1e6 / seconds, 1)


def fastest_s(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of some repeats."""
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def law(data: Path) -> pa.Array:
    texts, size = [], 0
    for path in sorted(data.rglob("law_kr/**/*.md")):
        texts.append(path.read_text(encoding="utf-8"))
        size += path.stat().st_size
        if size > SPEED_BYTES:
            break
    return pa.array(texts, pa.large_string())


def comments(data: Path) -> pa.Array:
    lines = next(data.rglob("unlabeled_comments_5.txt")).read_text(encoding="utf-8").split("\n")
    return repeated(pa.array(lines, pa.large_string()))


def variants(data: Path) -> Iterator[tuple[str, Dataset]]:
    """The tasks with other questions or other splits: not what the bars mean, but what moves a figure."""
    comments = next(data.rglob("labeled/train.tsv")).read_text("utf-8").splitlines()[1:]
    grade = {row[0]: row[3] for row in (line.split("\t") for line in comments)}
    curses = next(data.rglob("curse_detection/dataset.txt")).read_text("utf-8").split("\n")
    swears = {text: label.strip() for text, _, label in (line.rpartition("|") for line in curses)}
    harm = only(dataset_named("harm", data), lambda text: text in grade)
    profanity = only(dataset_named("profanity", data), lambda text: text in swears)
    yield "harm, own set alone", harm
    yield "profanity, own set alone", profanity
    yield "hate against none, offensive left out, own set alone", only(harm, lambda text: grade[text] != "offensive")
    for seed in range(3):
        yield f"harm, own set alone, random split {seed} with classes alike", resplit(harm, seed)
        yield f"profanity, own set alone, random split {seed} with classes alike", resplit(profanity, seed)


def only(dataset: Dataset, wanted: Callable[[str], bool]) -> Dataset:
    """The texts that are wanted, all of them counting alike."""
    kept, aside = (
        np.array([wanted(text) for text in texts.to_pylist()]) for texts in (dataset.texts, dataset.aside_texts)
    )
    return replace(
        dataset,
        texts=dataset.texts.filter(pa.array(kept)),
        labels=dataset.labels[kept],
        guidance=Guidance(),
        aside_texts=dataset.aside_texts.filter(pa.array(aside)),
        aside_labels=dataset.aside_labels[aside],
    )


def resplit(dataset: Dataset, seed: int) -> Dataset:
    """A fifth of each class drawn by chance in place of the part kept aside."""
    texts = pa.concat_arrays([dataset.texts, dataset.aside_texts])
    labels = np.concatenate([dataset.labels, dataset.aside_labels])
    chance, aside = np.random.default_rng(seed), np.zeros(len(labels), np.bool_)
    for label in (0, 1):
        places = np.flatnonzero(labels == label)
        aside[chance.choice(places, len(places) // 5, replace=False)] = True
    return replace(
        dataset,
        texts=texts.filter(pa.array(~aside)),
        labels=labels[~aside],
        aside_texts=texts.filter(pa.array(aside)),
        aside_labels=labels[aside],
    )


def measure_peer(python: Path, dataset: Dataset) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        importance = (
            np.ones(len(dataset.labels)) if dataset.guidance.importance is None else dataset.guidance.importance
        )
        train = pa.table({"text": dataset.texts, "label": dataset.labels, "importance": importance})
        pq.write_table(train, Path(folder) / "train.parquet")
        aside = pa.table({"text": dataset.aside_texts, "label": dataset.aside_labels})
        pq.write_table(aside, Path(folder) / "aside.parquet")
        printed = subprocess.run([python, "-c", PEER, folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: round(value, 4) for name, value in json.loads(printed).items()}


if __name__ == "__main__":
    main()
