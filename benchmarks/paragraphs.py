"""Paragraphs that repeat in the laws: what share of the text is cut, how fast, and samples of what goes.

    python benchmarks/paragraphs.py DATA

DATA holds the folder law_kr. Two settings: as they are by default, and every paragraph that stands in two laws. Speed:
MB of text per CPU-second on one core, for the keys and for the cut.
"""

import argparse
import random
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from near_duplicates import fastest, show

from malmoi.corpus.document import SCHEMA
from malmoi.corpus.steps import boilerplate
from malmoi.corpus.steps.boilerplate import Paragraphs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    measure_paragraphs(parser.parse_args().data)


def measure_paragraphs(data: Path) -> None:
    """Paragraphs of laws that stand in several laws: share of the text that is cut, speed, samples."""
    texts = [path.read_text("utf-8") for path in sorted((data / "law_kr").rglob("kr/*/*.md"))]
    texts = [text.split("\n---\n", 1)[-1].strip() for text in texts]
    batch = law_batch(texts)
    ranks = np.arange(len(texts))
    for settings in (Paragraphs(), Paragraphs(most_documents=1, most_documents_of_site=1)):
        keys = boilerplate.sign(batch, settings)
        with duckdb.connect() as database:
            columns = {"hash": keys["hash"], "rank": ranks[keys["row"].to_numpy()], "site": keys["site"]}
            database.register("paragraphs", pa.table(columns))
            found = boilerplate.repeated(database, settings)
        repeats = boilerplate.gathered([found])
        size = batch.column("text").nbytes / 1e6
        cut = boilerplate.without(batch, ranks, repeats, settings)
        left = cut.column("left_characters").to_numpy(zero_copy_only=False)
        show(
            most_documents=settings.most_documents,
            most_documents_of_site=settings.most_documents_of_site,
            documents=len(texts),
            megabytes=size,
            keys=keys.num_rows,
            repeated=len(found),
            cut_share=cut.column("repeated_bytes").to_numpy().sum() / 1e6 / size,
            boilerplate=int((left < settings.least_left_characters).sum()),
            sign_mb_s=size / fastest(lambda settings=settings: boilerplate.sign(batch, settings)),
            cut_mb_s=size
            / fastest(lambda r=repeats, settings=settings: boilerplate.without(batch, ranks, r, settings)),
        )
        show_cut(texts, cut.column("text").to_pylist())


def law_batch(texts: list[str]) -> pa.RecordBatch:
    source = {"kind": "law", "url": "https://www.law.go.kr/"}
    rows = [
        {"id": str(k), "text": text, "source": source, "origin": {"file": "", "offset": k}}
        for k, text in enumerate(texts)
    ]
    return pa.RecordBatch.from_pylist(rows, SCHEMA)


def show_cut(before: list[str], after: list[str]) -> None:
    """Some lines that went, with a fixed seed."""
    changed_texts = [k for k, text in enumerate(after) if text != before[k]]
    for k in random.Random(3).sample(changed_texts, 12):
        gone = set(before[k].splitlines()) - set(after[k].splitlines())
        show(cut=max(gone, key=len)[:120])


if __name__ == "__main__":
    main()
