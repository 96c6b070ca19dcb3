"""JSON Lines read into documents, MB for each CPU second of one core: the quick way, the long way, datatrove's reader.

    python benchmarks/jsonl_rows.py [--megabytes 20] [--no-peer] [--venv FOLDER]

Rows like those of film reviews (short) and of laws (long), made here. Both ways of ours must give as many documents as
there are rows, and so must datatrove (newest from PyPI, in an environment of its own); json.loads alone is beside them.
Ours also checks and cleans the text, counts letters and hashes an id; datatrove's reader parses and makes documents.
"""
# datatrove is only in the benchmark's own virtual environment:
# pyright: reportMissingImports=false

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

WORDS = "강물 나루터 새벽 안개 사공 장날 소금 배를 기다렸다 건넜다 하였다 정한다 조항 시행 위원회 신청서".split()
SHAPES = {"reviews": (8, 20), "laws": (400, 1_500)}
"""Words of a row, from and to."""
ROUNDS = 3


def write(path: Path, shape: str, size_bytes: int) -> int:
    """Rows of a shape, about so many bytes; how many there are."""
    chance, written, number = random.Random(1), 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < size_bytes:
            text = " ".join(chance.choices(WORDS, k=chance.randint(*SHAPES[shape]))) + "."
            line = json.dumps({"id": number, "text": text}, ensure_ascii=False) + "\n"
            written += len(line.encode())
            number += 1
            file.write(line)
    return number


def documents(path: Path, failures: int) -> int:
    """How many documents a worker gets from a file. failures: after one, every row is read alone."""
    from malmoi.corpus.passes.attempts import Attempts, Journal
    from malmoi.corpus.passes.items import read_entries
    from malmoi.corpus.passes.units import Unit
    from malmoi.corpus.sources.input import Input

    journal = Journal(path.with_suffix(".journal"))
    entries = read_entries(Unit(0, 0, (path,), 1), Input(path.parent), Attempts(failures=failures), journal)
    return sum(1 if isinstance(entry, dict) else entry.num_rows for _, entry in entries)


def peer_documents(path: Path) -> int:
    """The same by datatrove's reader, in its own environment."""
    from datatrove.pipeline.readers import JsonlReader

    return sum(1 for _ in JsonlReader(str(path.parent), glob_pattern=path.name)())


def speed(path: Path, work: Callable[[], int]) -> tuple[float, int]:
    """MB for each CPU second in the best round, and what the work gave."""
    best, given = 0.0, 0
    for _ in range(ROUNDS):
        began = time.process_time()
        given = work()
        best = max(best, path.stat().st_size / 1e6 / (time.process_time() - began))
    return best, given


def peer_speed(path: Path, venv: Path) -> tuple[float, int]:
    """What a process in the peer's environment says."""
    from text_pass import install_peer

    command = [str(install_peer(venv)), __file__, "--peer", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rate, number = json.loads(done.stdout.splitlines()[-1])
    return rate, number


def main() -> None:
    """Prints one line a shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--no-peer", action="store_true", help="malmoi alone")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-text-pass-venv")
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(speed(given.peer, lambda: peer_documents(given.peer))))
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-benchmark-") as folder:
        for shape in SHAPES:
            path = Path(folder) / shape / "rows.jsonl"
            path.parent.mkdir()
            rows = write(path, shape, given.megabytes * 1_000_000)
            rates = {
                "quick": speed(path, lambda path=path: documents(path, 0)),
                "long way": speed(path, lambda path=path: documents(path, 1)),
                "json.loads": speed(path, lambda path=path: len(list(map(json.loads, path.open(encoding="utf-8"))))),
            }
            if not given.no_peer:
                rates["datatrove"] = peer_speed(path, given.venv)
            assert all(number == rows for _, number in rates.values()), rates
            print(f"{shape}: {rows} rows; " + ", ".join(f"{name} {rate:.0f} MB/s" for name, (rate, _) in rates.items()))


if __name__ == "__main__":
    main()
