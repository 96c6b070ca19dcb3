"""A JSON file of one large object, as 모두의 말뭉치 comes: CPU seconds and memory, beside reading it whole.

    python benchmarks/large_json.py [--megabytes 200]

The file is made here, of words without sense, in the shape of the newspapers of that corpus. Each way of reading is a
process of its own: ours gives all documents and is never asked to hold them; orjson and json hold the whole file.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    "봄비 마을 사람들 무너진 둑 다시 쌓았다 물은 사흘 만에 빠졌고 논에는 모를 냈다 정부는 어제 정책을 발표했다".split()
)
READERS = ("ours", "orjson", "json")


def write(path: Path, num_bytes: int) -> None:
    """A file of about so many bytes."""
    draw = random.Random(1)
    head = {"id": "NWRW1", "metadata": {"title": "신문", "category": "신문", "annotation_level": ["원시"]}}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "document": [')
        number = written = 0
        while written < num_bytes:
            forms = [{"id": f"{number}.{n}", "form": " ".join(draw.choices(WORDS, k=40))} for n in range(6)]
            document = {"id": f"NWRW1.{number}", "metadata": {"title": f"제목 {number}"}, "paragraph": forms}
            line = (", " if number else "") + json.dumps(document, ensure_ascii=False)
            file.write(line)
            written, number = written + len(line.encode()), number + 1
        file.write("]}")


def read(reader: str, path: Path) -> int:
    """Reads a file; returns the number of its documents."""
    if reader == "ours":
        from malmoi.corpus.sources.files import read as items
        from malmoi.corpus.sources.input import Input
        from malmoi.corpus.sources.raw import Raw

        return sum(isinstance(item, Raw) for item in items(Input(path)))
    import orjson

    content = path.read_bytes()
    return len((orjson.loads(content) if reader == "orjson" else json.loads(content))["document"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        begun = time.process_time()
        documents = read(given.read[0], Path(given.read[1]))
        seconds, peak = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.read[0]}: {documents:,} documents, {seconds:.1f} s of CPU, {peak:,.0f} MB at the most")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.json"
        write(path, given.megabytes * 1_000_000)
        print(f"{path.stat().st_size / 1e6:.0f} MB in one object", flush=True)
        for reader in READERS:
            subprocess.run([sys.executable, __file__, "--read", reader, str(path)], check=True)


if __name__ == "__main__":
    main()
