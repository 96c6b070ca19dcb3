"""Whether a corpus build grows in a straight line: seconds and peak memory for 0.25, 1 and 4 GB on 1 and 2 processes.

Nine tenths of the raw bytes are of `malmoi sample grow` (pages, WARC and JSONL with planted copies), one tenth is real
text (statutes, film reviews, documentation). The largest size is made once; smaller ones are its first files, so that
all have the same sorts. Each build runs in a process of its own; the memory of it and of all its children is looked at
ten times a second: proportional set size, in which a page shared by several processes counts once.

    python benchmarks/growth.py DATA [--gigabytes 0.25 1 4] [--processes 1 2] [--memory-gigabytes 2] [--pool FOLDER]

DATA holds the folders law_kr, nsmc_raw and *_docs_ko (shared/data unpacked), at any depth. --pool keeps what was made.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REAL_SHARE = 0.1
GROWN_BYTES = 20_000
"""About what a grown document takes on the disk, the mean of its three formats; the files that are made decide."""
LINEAR = 1.10
"""Seconds for a GB at the largest size over those at the smallest: more is not linear."""
ANNOUNCED_BYTES = 1.96e12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.25, 1, 4])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--memory-gigabytes", type=float, default=2.0, help="corpus.memory_bytes")
    parser.add_argument("--pool", type=Path, help="where raw files are made, and kept (default: a temporary folder)")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        build(arguments.data, Path(arguments.run[0]), int(arguments.run[1]), int(arguments.run[2]))
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-growth-") as folder:
        pool = arguments.pool or Path(folder) / "pool"
        measure(arguments, pool, Path(folder))


def measure(arguments: argparse.Namespace, pool: Path, folder: Path) -> None:
    """Makes the input, builds every size with every number of processes, and prints a line for each."""
    sizes = sorted(arguments.gigabytes)
    memory_bytes = int(arguments.memory_gigabytes * 1e9)
    files = pool_files(arguments.data, pool, int(sizes[-1] * 1e9))
    build_once(link(files[:2], folder / "warm"), folder / "out", (1, memory_bytes))  # kernels are compiled
    print(f"{'GB raw':>7} {'MB text':>9} {'processes':>9} {'wall s':>8} {'CPU s':>8} {'s/GB raw':>9} {'peak MB':>8}")
    for processes in arguments.processes:
        rows = []
        for size in sizes:
            chosen = up_to(files, int(size * 1e9))
            found = build_once(link(chosen, folder / "raw"), folder / "out", (processes, memory_bytes))
            rows.append(found)
            per_gb = found["wall_s"] / found["raw_bytes"] * 1e9
            print(
                f"{found['raw_bytes'] / 1e9:7.2f} {found['text_bytes'] / 1e6:9.0f} {processes:9} {found['wall_s']:8.1f}"
                f" {found['cpu_s']:8.1f} {per_gb:9.1f} {found['peak_bytes'] / 1e6:8.0f}",
                flush=True,
            )
        judge(rows, processes, memory_bytes)
        project(rows[-1])


def judge(rows: list[dict], processes: int, memory_bytes: int) -> None:
    """Says whether time is linear and memory bounded."""
    per_byte = [row["wall_s"] / row["raw_bytes"] for row in rows]
    ratio, peak = max(per_byte) / min(per_byte), max(row["peak_bytes"] for row in rows)
    shape = "linear" if ratio <= LINEAR else "NOT linear"
    print(
        f"  {processes} processes: slowest over fastest GB {ratio:.2f} ({shape});"
        f" peak {peak / 1e6:.0f} MB of {memory_bytes / 1e6:.0f} ({'within' if peak <= memory_bytes else 'OVER'})"
    )


def project(row: dict) -> None:
    """What 1.96 TB of text would take, from the CPU seconds of the largest build."""
    hours = row["cpu_s"] / row["text_bytes"] * ANNOUNCED_BYTES / 3600
    cores = {number: hours / number for number in (64, 256, 1024)}
    print(
        f"  1.96 TB of text: {hours:,.0f} core-hours; "
        + ", ".join(f"{taken:,.1f} h on {number} cores" for number, taken in cores.items())
    )
    print(
        f"  (assumes: {row['raw_bytes'] / row['text_bytes']:.1f} bytes of raw files for one of text, as here; every"
        " stage in a straight line; disks and network that keep up; the stages rank and judge are one task each and"
        f" here took {row['alone_s']:.1f} s of {row['wall_s']:.1f} s, which more cores do not shorten)"
    )


def pool_files(data: Path, pool: Path, size_bytes: int) -> list[tuple[Path, int]]:
    """Files and folders of raw input with their bytes, real and grown mixed evenly, made where they are not there."""
    from text_pass import prepare

    from malmoi.sample.grow import grow

    marker = pool / f"made-{size_bytes}"
    if not marker.exists():
        shutil.rmtree(pool, ignore_errors=True)
        prepare(data, size_bytes * REAL_SHARE * 2.5, pool / "real")  # zstd makes it two and a half times smaller
        grown = 0
        while total(pool / "grown") < size_bytes * (1 - REAL_SHARE):
            grow(pool / "grown" / f"{grown}", 6_000, grown + 1, lambda _done, _all: None)
            grown += 1
        marker.touch()
    real = sorted((pool / "real").iterdir())
    made = sorted(path for part in (pool / "grown").iterdir() for path in (part / "raw").iterdir())
    step = max(1, len(made) // len(real))
    mixed = [path for n, path in enumerate(real) for path in (path, *made[n * step : (n + 1) * step])]
    mixed += made[len(real) * step :]
    return [(path, total(path)) for path in mixed]


def total(path: Path) -> int:
    """Bytes of a file or of all files below a folder; 0 where there is none."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def up_to(files: list[tuple[Path, int]], size_bytes: int) -> list[tuple[Path, int]]:
    chosen, taken = [], 0
    for path, size in files:
        if taken >= size_bytes:
            break
        chosen.append((path, size))
        taken += size
    return chosen


def link(files: list[tuple[Path, int]], folder: Path) -> Path:
    """A folder of hard links to the files: what is read is the same, and costs no room."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, (path, _) in enumerate(files):
        target = folder / f"{number:05d}"
        for one in [path] if path.is_file() else sorted(path.rglob("*")):
            if one.is_file():
                place = target / one.name
                place.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(one, place)
                except OSError:  # another file system
                    shutil.copyfile(one, place)
    return folder


def build_once(raw: Path, out: Path, machine: tuple[int, int]) -> dict:
    """Builds in a process of its own and watches it. machine: processes, bytes of memory."""
    shutil.rmtree(out, ignore_errors=True)
    before = os.times()
    begun = time.perf_counter()
    command = [sys.executable, __file__, str(raw), "--run", str(out), *map(str, machine)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0
    while child.poll() is None:
        peak = max(peak, sum(map(proportional_bytes, family(child.pid))))
        time.sleep(0.1)
    wall_s, after = time.perf_counter() - begun, os.times()
    assert child.stdout is not None
    if child.returncode:
        sys.exit(f"the build of {raw} failed with {child.returncode}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(child.stdout.read()) | {"wall_s": wall_s, "cpu_s": cpu_s, "peak_bytes": peak}


def family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def build(raw: Path, out: Path, processes: int, memory_bytes: int) -> None:
    """The build itself. Prints bytes, and the seconds of the stages that are one task each."""
    from malmoi.corpus.build import build as build_corpus
    from malmoi.corpus.recipe import CorpusRecipe
    from malmoi.corpus.sources.input import Input
    from malmoi.kit import events

    recipe = CorpusRecipe(inputs=(Input(raw),), processes=processes, memory_bytes=memory_bytes)
    counts = build_corpus(recipe, out, lambda _done, _all: None)
    taken = {event["stage"]: event["seconds"] for event in events.every(out, "stage")}
    told = {"raw_bytes": total(raw), "text_bytes": counts["text_bytes_in"], "alone_s": taken["rank"] + taken["judge"]}
    print(json.dumps(told | {"stages": taken}))


if __name__ == "__main__":
    main()
