"""Learned classifiers against scikit-learn's TF-IDF character n-grams with logistic regression, in the same run.

Both learn from the same part of the same set and are measured once on the part kept aside (lessons.py says which):
AUROC, and MB of UTF-8 text scored per second of CPU time on one core. The peer runs in a venv of its own.

    python benchmarks/classify.py DATA [harm profanity human_translation] [--venv FOLDER]

DATA holds the folders kocohub_hate, curse_detection and ms_dotnet_docs_ko, at any depth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.classify.learn import learn
from malmoi.corpus.classify.lessons import LESSONS, Lesson

REPEATS = 5
SPEED_BYTES = 30_000_000
"""Kept-aside texts are repeated to so many bytes for the speed, so that starting counts for little."""

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
model = LogisticRegression(C=3, max_iter=200).fit(features, train["label"].to_numpy())
texts = aside["text"].to_pylist()
begun = time.process_time()
scores = model.decision_function(vectors.transform(texts))
seconds = time.process_time() - begun
size = sum(len(text.encode()) for text in texts)
print(json.dumps({"auroc": roc_auc_score(aside["label"].to_numpy(), scores), "mb_per_s": size / 1e6 / seconds}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", default=list(LESSONS))
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-classify-venv")
    arguments = parser.parse_args()
    python = peer_python(arguments.venv)
    for name in arguments.names:
        folder, read = LESSONS[name]
        lesson = read(next(path for path in sorted(arguments.data.rglob(folder)) if path.is_dir()))
        print(json.dumps({"model": name, **measure(lesson), "scikit_learn": measure_peer(python, lesson)}), flush=True)


def peer_python(folder: Path) -> Path:
    """The peer's interpreter; scikit-learn comes from PyPI the first time."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "scikit-learn", "pyarrow"], check=True, stdout=sys.stderr)
    return python


def measure(lesson: Lesson) -> dict:
    begun = time.process_time()
    model = learn(lesson.texts, lesson.labels, lesson.settings, lesson.guidance)
    learnt_s = time.process_time() - begun
    auroc = area(lesson.aside_labels, model.score(lesson.aside_texts))
    size = lesson.aside_texts.nbytes
    many = pa.concat_arrays([lesson.aside_texts] * (1 + SPEED_BYTES // size))
    fastest_s = min(cpu_s(lambda: model.score(many)) for _ in range(REPEATS))
    return {
        "texts": len(lesson.texts),
        "aside": len(lesson.aside_texts),
        "learnt_s": round(learnt_s, 1),
        "auroc": round(auroc, 4),
        "mb_per_s": round(many.nbytes / 1e6 / fastest_s),
    }


def cpu_s(work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def measure_peer(python: Path, lesson: Lesson) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        for name, texts, labels in (
            ("train", lesson.texts, lesson.labels),
            ("aside", lesson.aside_texts, lesson.aside_labels),
        ):
            pq.write_table(pa.table({"text": texts, "label": labels}), Path(folder) / f"{name}.parquet")
        printed = subprocess.run([python, "-c", PEER, folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: round(value, 4) for name, value in json.loads(printed).items()}


def area(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, first, tied = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.empty(len(scores))
    ranks[order] = np.repeat(first + (tied + 1) / 2, tied)
    ones = int(labels.sum())
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))


if __name__ == "__main__":
    main()
