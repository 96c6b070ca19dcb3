"""Learned classifiers against scikit-learn's TF-IDF character n-grams with logistic regression, in the same run.

Both learn from the same texts, what each counts included (and the peer once with all alike, "unweighted"), and are
measured once on the part kept aside (learning/datasets.py says which): AUROC, and MB of UTF-8 text scored per second of
CPU time on one core. Then the speed of all shipped models together. The peer runs in a venv of its own.

    python benchmarks/classify.py DATA [harm profanity human_translation value spam] [--folds] [--venv FOLDER]

--folds measures harm and profanity set by set: five folds by the hash of the text over each set, all other sets and
the other four folds to learn from; the first fold is what the shipped models have not seen. "value" is measured by
Spearman's rank correlation with the labels that are kept aside. DATA holds the folders kmhas, kocohub_hate, apeach,
kodoli, curse_detection, ms_dotnet_docs_ko, text_more, pages_kr and so on, at any depth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.classify.ensemble import load_ensemble
from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.learning.calibration import expected_calibration_error
from malmoi.corpus.learning.classifiers import DATASETS, auroc_of, dataset_named
from malmoi.corpus.learning.comment_datasets import Comment, harm_comments, profanity_comments
from malmoi.corpus.learning.datasets import ASIDE, Dataset, dataset_of, digest
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings, learn
from malmoi.corpus.learning.value_dataset import labelled_text
from malmoi.corpus.learning.value_dataset import labels as value_labels
from malmoi.sample.plant import advertisements

REPEATS = 7
RESAMPLES = 1000
SPEED_BYTES = 20_000_000
"""Kept-aside texts are repeated to so many bytes for the speed, so that starting counts for little."""

BARS = {"human_translation": 0.985}
FOLDED = {"harm": ("kmhas", "kocohub", "apeach"), "profanity": ("curse",)}
"""Sets whose folds are measured. Wanted: kmhas .90, kocohub .85, curse .925, each above the peer."""

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
    parser.add_argument("--folds", action="store_true", help="harm and profanity set by set, in five folds")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-classify-venv")
    arguments = parser.parse_args()
    python = peer_python(arguments.venv)
    for name in arguments.names:
        dataset = dataset_named(name, arguments.data, advertisements())
        tell({"model": name, "bar": BARS.get(name), **measure(dataset), "scikit_learn": measure_peer(python, dataset)})
    for name, texts in (("law", law(arguments.data)), ("comments", comments(arguments.data))):
        seconds = fastest_s(lambda: load_ensemble().score(texts))  # noqa: B023 (called at once)
        tell({"all models together on": name, "mb": round(texts.nbytes / 1e6), "mb_per_s": megabytes(texts, seconds)})
    if arguments.folds:
        for name, measured in (("harm", harm_comments), ("profanity", profanity_comments)):
            for row in by_set(name, measured(arguments.data), arguments.data, python):
                tell(row)
    if "value" in arguments.names:
        tell(worth(arguments.data))


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


def by_set(name: str, comments: list[Comment], data: Path, python: Path) -> Iterator[dict]:
    """AUROC of each fold of each set beside the peer, which learns from the same texts with the same weights."""
    settings = dataset_named(name, data).settings
    for of in FOLDED[name]:
        ours, peers = [], []
        for fold in range(ASIDE):
            dataset = fold_of(comments, of, fold, settings)
            model = learn(dataset.texts, dataset.labels, dataset.settings, dataset.guidance)
            ours.append(auroc_of(dataset.aside_labels, model.score(dataset.aside_texts)))
            peers.append(measure_peer(python, dataset)["auroc_unweighted"])
        figures = {"auroc": np.round(ours, 4).tolist(), "scikit_learn": peers}
        means = {"mean": round(float(np.mean(ours)), 4), "scikit_learn_mean": round(float(np.mean(peers)), 4)}
        shipped = load_model(WEIGHTS / f"{name}.npz")
        aside = fold_of(comments, of, 0, settings)
        error = expected_calibration_error(aside.aside_labels, shipped.score(aside.aside_texts))
        yield {"folds of": of, "model": name, **figures, **means, "shipped_calibration_error": round(error, 4)}


def fold_of(comments: list[Comment], of: str, fold: int, settings: LearnSettings) -> Dataset:
    """One fold of a set to measure on; the rest of all sets to learn from."""
    aside = np.array([comment.of == of and digest(comment.text) % ASIDE == fold for comment in comments])
    measured = np.array([comment.label in (0.0, 1.0) for comment in comments])
    closed = {comment.text for comment, is_aside in zip(comments, aside, strict=True) if is_aside}
    used = np.array([comment.text not in closed for comment in comments]) | (aside & measured)
    chosen = [comment for comment, is_used in zip(comments, used, strict=True) if is_used]
    importance = np.array([comment.importance for comment in chosen])[~aside[used]]
    pairs = [(comment.text, comment.label) for comment in chosen]
    return dataset_of(pairs, aside[used], settings, Guidance(importance))


def worth(data: Path) -> dict:
    """Rank correlation of the shipped value with the labels kept aside, and its interval by resampling."""
    aside = [label for label in value_labels() if label.is_aside]
    texts = pa.array([labelled_text(data, label) for label in aside], pa.large_string())
    scores, truth = load_model(WEIGHTS / "value.npz").score(texts), np.array([label.worth for label in aside])
    chance, size = np.random.default_rng(0), len(truth)
    drawn = (chance.integers(0, size, size) for _ in range(RESAMPLES))
    low, high = np.quantile([spearman(truth[rows], scores[rows]) for rows in drawn], [0.025, 0.975])
    row = {"value, labels kept aside": size, "spearman": spearman(truth, scores), "from": low, "to": high}
    return {name: round(float(figure), 3) for name, figure in row.items()}


def spearman(truth: np.ndarray, scores: np.ndarray) -> float:
    return float(np.corrcoef(ranks(truth), ranks(scores))[0, 1])


def ranks(values: np.ndarray) -> np.ndarray:
    """Ties share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def measure_peer(python: Path, dataset: Dataset) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        labels = np.rint(dataset.labels).astype(int)
        train = pa.table({"text": dataset.texts, "label": labels, "importance": dataset.importance})
        pq.write_table(train, Path(folder) / "train.parquet")
        aside = pa.table({"text": dataset.aside_texts, "label": dataset.aside_labels})
        pq.write_table(aside, Path(folder) / "aside.parquet")
        printed = subprocess.run([python, "-c", PEER, folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: round(value, 4) for name, value in json.loads(printed).items()}


if __name__ == "__main__":
    main()
