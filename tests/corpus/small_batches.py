"""Small real batches of documents, and raw folders of plain texts, for the tests of steps and of whole builds."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.rule import Step
from malmoi.sample import grammar


def sentences(number: int, seed: int = 1) -> str:
    """One generated text of some 700 characters; two of them share few 5-grams."""
    return grammar.text(number, seed).body


def document(text: str, kind: str = "web", **columns: Any) -> dict[str, Any]:
    source = {
        **dict.fromkeys(("name", "url", "category", "author_hash", "published", "licence", "popularity", "language")),
        "kind": kind,
    }
    plain = {
        **dict.fromkeys(("title", "turns", "segments", "views", "link_hosts")),
        "id": f"{abs(hash(text)):032x}",
        "input": "raw",
    }
    origin = {"file": "a.jsonl", "offset": 0}
    size = len(text.encode())
    return {**plain, "text": text, "source": source, "origin": origin, "raw_bytes": size, "text_bytes": size, **columns}


def batch_of(texts: Sequence[str], kind: str = "web") -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([document(text, kind) for text in texts], DOCUMENTS)


def judge(step: Step, batch: pa.RecordBatch) -> pa.RecordBatch:
    """What the runner makes of a batch when this is its only step."""
    return verdicts.judged(step(batch), step.rules())


def verdict(batch: pa.RecordBatch, reason: str) -> list[bool]:
    return batch.column(f"drop_{reason}").to_pylist()


def write_rows(path: Path, rows: Iterable[Any]) -> None:
    """JSONL: a text row by row; a string that is no JSON object is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def quiet(done: int, total: int) -> None:
    """A progress that nobody watches."""
    assert 0 <= done <= total
