"""JSON Lines read into documents: the quick way beside the long one, and beside json.loads alone, in MB/s on one core.

    python benchmarks/jsonl_rows.py [FOLDER] [MEGABYTES]

Rows like those of film reviews (short) and of laws (long), made here; both ways must give the same number of documents.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from malmoi.corpus.passes.attempts import Attempts, Journal
from malmoi.corpus.passes.items import read_entries
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.sources.input import Input

WORDS = "강물 나루터 새벽 안개 사공 장날 소금 배를 기다렸다 건넜다 하였다 정한다 조항 시행 위원회 신청서".split()
SHAPES = {"reviews": (8, 20), "laws": (400, 1_500)}
"""Words of a row, from and to."""


def write(path: Path, shape: str, size_bytes: int) -> None:
    """Rows of a shape, about so many bytes."""
    chance, written, number = random.Random(1), 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < size_bytes:
            text = " ".join(chance.choices(WORDS, k=chance.randint(*SHAPES[shape]))) + "."
            line = json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n"
            written += len(line.encode())
            number += 1
            file.write(line)


def documents(path: Path, attempts: Attempts) -> int:
    """How many documents a worker gets from a file."""
    journal = Journal(path.with_suffix(".journal"))
    entries = read_entries(Unit(0, 0, (path,), 1), Input(path.parent), attempts, journal)
    return sum(1 if isinstance(entry, dict) else entry.num_rows for _, entry in entries)


def speed(path: Path, work: Callable[[], int]) -> tuple[float, int]:
    """MB/s of the best of three runs, and what the work gave."""
    best, given = 0.0, 0
    for _ in range(3):
        began = time.perf_counter()
        given = work()
        best = max(best, path.stat().st_size / 1e6 / (time.perf_counter() - began))
    return best, given


def main(folder: Path, megabytes: int) -> None:
    """Prints one line a shape."""
    for shape in SHAPES:
        path = folder / f"{shape}.jsonl"
        write(path, shape, megabytes * 1_000_000)
        quick, number = speed(path, lambda path=path: documents(path, Attempts()))
        slow, same = speed(path, lambda path=path: documents(path, Attempts(failures=1)))
        plain, _ = speed(path, lambda path=path: len([json.loads(line) for line in path.open(encoding="utf-8")]))
        assert number == same
        ratio = f"{quick / slow:.1f} times"
        print(
            f"{shape}: {number} rows; quick {quick:.0f} MB/s, long way {slow:.0f} MB/s ({ratio}); json.loads {plain:.0f}"
        )


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    main(where, int(sys.argv[2]) if len(sys.argv) > 2 else 20)
