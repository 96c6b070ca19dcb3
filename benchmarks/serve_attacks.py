"""Attacks on a server while four innocent clients stream from another process: what do they notice of it?

    python benchmarks/serve_attacks.py MODEL_DIR [--seconds 6] [--code FOLDER] [--only WORD] [--streams N]

The server runs as its own process (`malmoi serve`), the innocents in a second, the attackers in a third. For each
attack it prints the 99th percentile and the longest of the gaps between two pieces of an innocent stream, beside those
of an undisturbed time in the same run, how often an innocent was refused a place, and the server's memory. The bar: p99
<= 3 x the undisturbed one or 150 ms, whichever is larger; peak memory <= 256 MB above rest; after a second round of the
same attacks no higher than after the first. Rest is measured once the second engine is loaded. --code runs another
checkout of the package, for a figure from before.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import queue
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from serve_attack_kinds import ATTACKS, Target, together
from serve_process import ROOT, new_key, running

ALLOWED_GAP_S = 0.150
ALLOWED_RATIO = 3.0
ALLOWED_BYTES = 256 * 1024 * 1024


def innocents(port: int, key: str, streams: int, gaps: "multiprocessing.Queue[tuple[float, float]]") -> None:
    """Streams for ever; puts (when, gap in seconds) of each piece, and (when, -1) for a refusal."""
    body = json.dumps({"prompt": "오늘은", "max_tokens": 300, "temperature": 1.0, "stream": True}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def stream() -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("POST", "/v1/completions", body, headers)
                answer = connection.getresponse()
                if answer.status != 200:
                    gaps.put((time.monotonic(), -1.0))
                    time.sleep(0.1)
                last = None
                while line := answer.readline():
                    if line.startswith(b"data") and answer.status == 200:
                        now = time.monotonic()
                        if last is not None:
                            gaps.put((now, now - last))
                        last = now
            connection.close()

    together([stream] * streams)


def attackers(target: Target, name: str, seconds: float) -> None:
    """The same attack again and again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(OSError):
            ATTACKS[name](target)


def _memory(pid: int, field: str) -> int:
    """Bytes of VmRSS or VmHWM of the server and of the process of its engine; peaks of two moments are added up."""
    return sum(_memory_alone(each, field) for each in _processes(pid))


def _memory_alone(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def _processes(pid: int) -> list[int]:
    """A process and its children (proc(5), children)."""
    found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(int(child) for children in found for child in children)]


def _forget_peak(pid: int) -> None:
    """The peak of the memory is counted anew from now on (proc(5), clear_refs 5)."""
    for each in _processes(pid):
        with contextlib.suppress(OSError):
            Path(f"/proc/{each}/clear_refs").write_text("5")


def _load_all(target: Target) -> None:
    """What the memory plan counts is loaded: the second engine, with its cache of beginnings (filled from the start),
    comes at the first request that the first engine cannot answer, and is no memory of an attack.
    """
    assert target.post("/v1/completions", b'{"prompt": "a", "max_tokens": 2, "logprobs": 5}') == 200


class Watch:
    """The gaps of the innocents, collected by time."""

    def __init__(self, gaps: "multiprocessing.Queue[tuple[float, float]]") -> None:
        self._gaps = gaps

    def during(self, seconds: float, others: multiprocessing.Process | None = None) -> tuple[np.ndarray, int]:
        """Gaps (s) that ended in the next `seconds` and until `others` is done; how many refusals."""
        self._drain()
        time.sleep(seconds)
        if others is not None:
            others.join()
        found = self._drain()
        told = np.array([gap for _, gap in found if gap >= 0] or [np.inf])
        return told, sum(gap < 0 for _, gap in found)

    def _drain(self) -> list[tuple[float, float]]:
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._gaps.get_nowait())
        return found


def main() -> int:
    """Prints the table; exit code 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--code", type=Path, default=ROOT)
    parser.add_argument("--only", default="")
    parser.add_argument("--streams", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        names = {name: new_key(keys, name, arguments.code) for name in ("innocent", "attacker")}
        with running(arguments.model, ("--keys", str(keys)), arguments.code) as (port, pid):
            return _run(arguments, port, pid, names)


def _run(arguments: argparse.Namespace, port: int, pid: int, keys: dict[str, str]) -> int:
    gaps: multiprocessing.Queue[tuple[float, float]] = multiprocessing.Queue()
    streams = multiprocessing.Process(
        target=innocents, args=(port, keys["innocent"], arguments.streams, gaps), daemon=True
    )
    streams.start()
    watch, target = Watch(gaps), Target(port, keys["attacker"])
    watch.during(2.0)
    quiet, _ = watch.during(2 * arguments.seconds)
    quiet_p99 = float(np.percentile(quiet, 99))
    before = _memory(pid, "VmRSS")
    _load_all(target)
    watch.during(1.0)
    rest = _memory(pid, "VmRSS")
    bar = max(ALLOWED_GAP_S, ALLOWED_RATIO * quiet_p99)
    print(f"undisturbed: p99 {quiet_p99 * 1e3:.0f} ms, longest {quiet.max() * 1e3:.0f} ms; bar {bar * 1e3:.0f} ms")
    print(
        f"memory at rest {rest / 2**20:.0f} MB with the second engine and its cache of beginnings, as the memory plan"
    )
    print(f"counts them; {before / 2**20:.0f} MB before a request needed them. Server and engine's process together.\n")
    print(f"{'attack':30}{'p99 ms':>8}{'longest':>9}{'refused':>9}{'peak +MB':>10}")
    missed, peaks = 0, []
    for round_ in (1, 2):
        highest = 0
        for name in ATTACKS:
            if arguments.only not in name:
                continue
            _forget_peak(pid)
            attack = multiprocessing.Process(target=attackers, args=(target, name, arguments.seconds))
            attack.start()
            found, refused = watch.during(arguments.seconds, attack)
            peak = _memory(pid, "VmHWM") - rest
            p99 = float(np.percentile(found, 99))
            is_over = p99 > bar or peak > ALLOWED_BYTES
            missed, highest = missed + is_over, max(highest, peak)
            row = f"{name:30}{p99 * 1e3:8.0f}{found.max() * 1e3:9.0f}{refused:9}{peak / 2**20:10.0f}"
            print(row + ("  MISSED" if is_over else ""), flush=True)
            time.sleep(1.0)
        peaks.append(highest)
        print(f"round {round_}: peak {highest / 2**20:.0f} MB above rest, {_memory(pid, 'VmRSS') / 2**20:.0f} MB now\n")
    is_growing = peaks[1] > peaks[0] + 16 * 2**20
    print(f"bars missed: {missed}; memory grows with the second round: {'yes' if is_growing else 'no'}")
    streams.terminate()
    return int(missed > 0 or is_growing)


if __name__ == "__main__":
    sys.exit(main())
