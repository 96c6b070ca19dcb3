"""How long the studio's list of documents takes with 1,000,000 documents: first page, far pages, filters and words.

Run: python benchmarks/studio_documents.py [ROWS [FOLDER]]. It makes a corpus of synthetic rows in the real schema, in
FOLDER (kept, and used again) or in a temporary one. The bar is 300 ms for the first page. "cold" is the first question
of all, right after the files were opened; the others are medians.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.ledger import rows
from malmoi.corpus.recipe import CorpusRecipe, Input
from malmoi.kit import manifest
from malmoi.studio.corpora import listing
from malmoi.studio.corpora.conditions import Query
from malmoi.studio.corpora.replies import DocumentList

BAR_MS = 300.0
_ROUNDS = 5
_PARTS = 8
_GROUP_ROWS = 2_000
_TEXT_CHARACTERS = 400
_RARE, _ABSENT = "두루마기", "없는낱말입니다"
_WORDS = (
    "산속 나무꾼 바다 아침 편지 시장 도서관 학교 여름 바람 구름 감자 약속 기차 노래 이야기 마을 친구 강물 달빛".split()
)


def fill(corpus: Path, count: int) -> None:
    """A finished corpus of `count` rows. Every third document is dropped; 40 in all have the rare word."""
    judged = rows.judged_schema(CorpusRecipe(inputs=(Input(corpus),)))
    schemas = {"ledger": rows.ledger_schema(judged), "shards": rows.shard_schema(judged)}
    draw = np.random.default_rng(7)
    pool = " ".join(draw.choice(_WORDS, 400_000))
    for name, schema in schemas.items():
        (corpus / name).mkdir(parents=True)
        for part, numbers in enumerate(np.array_split(np.arange(count), _PARTS)):
            with pq.ParquetWriter(corpus / name / f"part-{part:05}.parquet", schema, compression="zstd") as writer:
                for first in range(0, len(numbers), _GROUP_ROWS):
                    chosen = numbers[first : first + _GROUP_ROWS]
                    if name == "shards":
                        chosen = chosen[chosen % 3 != 0]
                    writer.write_table(_table(chosen, schema, pool, max(1, count // 40)))
    kept = count - len(range(0, count, 3))
    counts = {"documents_in": count, "documents_kept": kept, "documents_dropped": count - kept}
    manifest.write(corpus, manifest.Manifest("corpus", {}, counts=counts))


def _table(numbers: np.ndarray, schema: pa.Schema, pool: str, rare_every: int) -> pa.Table:
    """Rows of the ledger or of a shard. Scores are random, so that they take the room that real ones take."""
    draw = np.random.default_rng(int(numbers[0]) if len(numbers) else 0)
    is_ledger = "kept" in schema.names
    texts = [_text(int(number), pool, rare_every) for number in numbers]
    dropped = numbers % 3 == 0
    columns = {
        "id": pa.array([f"{int(number) * 2_654_435_761 % 2**64:016x}{int(number):016x}" for number in numbers]),
        "title": pa.array([f"{text[:12]} {number}" for text, number in zip(texts, numbers, strict=True)]),
        "origin": pa.array(
            [{"file": f"raw/{number // 5000:06}.jsonl", "offset": int(number) % 5000} for number in numbers]
        ),
        "input": pa.array(["raw"] * len(numbers)),
        "source": pa.array([{"kind": f"kind{number % 7}", "name": f"source{number % 50}"} for number in numbers]),
        "text_bytes": pa.array([len(text) * 3 for text in texts]),
        "kept": pa.array(~dropped),
        "reasons": pa.array(
            [[f"reason{number % 5}"] if gone else [] for number, gone in zip(numbers, dropped, strict=True)]
        ),
        "text": pa.array([text if gone or not is_ledger else None for text, gone in zip(texts, dropped, strict=True)]),
    }
    arrays = [_column(field, columns, draw, len(numbers)) for field in schema]
    return pa.table(arrays, schema=schema)


def _column(field: pa.Field, columns: dict[str, pa.Array], draw: np.random.Generator, count: int) -> pa.Array:
    if field.name in columns:
        return _cast(columns[field.name], field.type)
    if pa.types.is_floating(field.type):
        return pa.array(draw.random(count), field.type)
    if pa.types.is_integer(field.type):
        return pa.array(draw.integers(0, 9, count), field.type)
    if pa.types.is_boolean(field.type):
        return pa.array(draw.random(count) < 0.05)
    return pa.nulls(count, field.type)


def _cast(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    return pa.array(values.to_pylist(), wanted) if pa.types.is_nested(wanted) else values.cast(wanted)


def _text(number: int, pool: str, rare_every: int) -> str:
    first = number * 31 % (len(pool) - _TEXT_CHARACTERS)
    return pool[first : first + _TEXT_CHARACTERS] + (f" {_RARE}" if number % rare_every == 7 else "")


def timed_ms(work: Callable[[], DocumentList], rounds: int = _ROUNDS) -> tuple[float, DocumentList]:
    """The median of several calls, and what the last one answered."""
    times, found = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        found.append(work())
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times), found[-1]


def measure(corpus: Path) -> None:
    """Prints a line for each question."""
    said("first page, cold", corpus, Query(), rounds=1)
    page = said("first page", corpus, Query(), bar=True)
    assert page.next is not None, "a corpus of one page has no far ones"
    middle = replace(Query(), after=f"{page.next.split('-')[0]}-500000")
    said("the page after 500,000", corpus, middle)
    for name, asked in (
        ("dropped", Query(status="dropped")),
        ("a kind", Query(kind="kind3")),
        ("a reason and a source", Query(reason="reason2", source="source7")),
        ("two words of many texts", Query(words="산속 나무꾼")),
        ("a word in 40 documents", Query(words=_RARE)),
        ("an absent word", Query(words=_ABSENT)),
    ):
        first = said(f"{name}: first page, asked for the first time", corpus, asked, rounds=1)
        if first.next:
            said(f"{name}: the next page", corpus, replace(asked, after=first.next))


def said(name: str, corpus: Path, asked: Query, rounds: int = _ROUNDS, bar: bool = False) -> DocumentList:
    """Asks, prints the time, and gives the page."""
    took_ms, page = timed_ms(lambda: listing.list_documents(corpus, asked), rounds)
    said_bar = f"  bar {BAR_MS:g} ms: {'met' if took_ms <= BAR_MS else 'NOT met'}" if bar else ""
    print(f"{name:60} {took_ms:9.1f} ms  {len(page.documents)} of {page.total}{said_bar}", flush=True)
    return page


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as temporary:
        corpus = Path(sys.argv[2] if len(sys.argv) > 2 else temporary) / "corpus"
        if not corpus.exists():
            fill(corpus, count)
        print(f"{count:,} documents, {sum(file.stat().st_size for file in corpus.rglob('*.parquet')) / 1e6:,.0f} MB")
        measure(corpus)


if __name__ == "__main__":
    main()
