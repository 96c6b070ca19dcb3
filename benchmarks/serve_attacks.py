"""Attacks on a server while four innocent clients stream from another process: what do they notice of it?

    python benchmarks/serve_attacks.py MODEL_DIR [--seconds 6] [--code FOLDER] [--only WORD] [--streams N]

The server runs as its own process (`malmoi serve`), the innocents in a second, the attackers in a third. For each
attack it prints the 99th percentile and the longest of the gaps between two pieces of an innocent stream, beside those
of an undisturbed time in the same run, how often an innocent was refused a place, and the server's memory. The bar: p99
<= 3 x the undisturbed one or 150 ms, whichever is larger; peak memory <= 256 MB above rest; after a second round of the
same attacks no higher than after the first. --code runs another checkout of the package, for a figure from before.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import queue
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from serve_process import ROOT, new_key, running

ALLOWED_GAP_S = 0.150
ALLOWED_RATIO = 3.0
ALLOWED_BYTES = 256 * 1024 * 1024

Attack = Callable[["Target"], None]


class Target:
    """Where the server is, and the key of the attackers."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    def post(self, path: str, body: bytes, timeout_s: float = 60.0) -> int:
        """Status of one request; 0 where the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        except http.client.HTTPException:
            return 0
        finally:
            connection.close()

    def begin(self, body: bytes, length: int | None = None, receive_bytes: int | None = None) -> socket.socket:
        """A socket on which a request was sent and nothing is read."""
        connection = socket.socket()
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.connect(("127.0.0.1", self.port))
        head = (
            f"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        return connection


def _posted(path: str, body: Any, clients: int) -> Attack:
    """`clients` threads that send the same body again and again."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    def attack(target: Target) -> None:
        _together([lambda: target.post(path, content)] * clients)

    return attack


def _guided(guide: dict[str, Any], clients: int = 2) -> Attack:
    return _posted("/v1/completions", {"prompt": "봄", "max_tokens": 60, "guide": guide}, clients)


def _slow_readers(target: Target) -> None:
    """40 clients that ask for much and read nothing."""
    body = json.dumps({"prompt": "봄", "max_tokens": 400, "temperature": 1.9, "stream": True, "logprobs": 20}).encode()
    begun = [target.begin(body, receive_bytes=2048) for _ in range(40)]
    time.sleep(3)
    for connection in begun:
        connection.close()


def _half_bodies(target: Target) -> None:
    """60 clients that send half a body."""
    begun = [target.begin(b'{"prompt": [', 1000) for _ in range(60)]
    time.sleep(2)
    for connection in begun:
        connection.close()


def _leavers(target: Target) -> None:
    """40 clients that ask and leave at once."""
    for stream in (True, False):
        body = json.dumps({"prompt": "봄", "max_tokens": 400, "temperature": 1.5, "stream": stream}).encode()
        begun = [target.begin(body) for _ in range(40)]
        time.sleep(0.3)
        for connection in begun:
            connection.close()


def _together(works: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _parts(count: int) -> list[dict[str, Any]]:
    return [{"type": "x", "text": 3}] * count


ATTACKS: dict[str, Attack] = {
    "ids below 0, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"-1," * 340_000 + b"-1]}", 4),
    "ids with fractions, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"1.5," * 255_000 + b"1.5]}", 4),
    "lists of wrong lists, 1 MB": _posted("/v1/completions", b'{"prompt":[' + b"[-1]," * 200_000 + b"[-1]]}", 4),
    "100,000 unknown fields": _posted("/v1/completions", {f"x{number}": 1 for number in range(60_000)}, 4),
    "wrong parts 512 x 64": _posted(
        "/v1/chat/completions", {"messages": [{"role": "user", "content": _parts(64)}] * 500}, 4
    ),
    "300,000 empty messages": _posted("/v1/chat/completions", b'{"messages":[' + b"{}," * 300_000 + b"{}]}", 4),
    "nested 100,000 deep": _posted("/v1/completions", b"[" * 100_000, 4),
    "a text of 1 MB": _posted("/v1/completions", {"prompt": "가나" * 80_000}, 8),
    "a text that nearly fits": _posted("/v1/completions", {"prompt": "가나다 " * 2_000, "max_tokens": 1}, 8),
    "one word of 7,000 marks": _posted("/v1/completions", {"prompt": "가" + "\u0301" * 7_000, "max_tokens": 1}, 8),
    "128 answers at once": _posted("/v1/completions", {"prompt": ["봄"] * 8, "n": 16, "max_tokens": 30}, 4),
    "stop reading": _slow_readers,
    "half a body": _half_bodies,
    "leave at once": _leavers,
    "regex of 10^9 letters": _guided({"kind": "regex", "value": "((a{1000}){1000}){1000}"}),
    "regex that doubles states": _guided({"kind": "regex", "value": "(.*a.{12}){3}"}),
    "lark that is ambiguous": _guided({"kind": "lark", "value": "start: e\ne: e e e | e e | /./"}),
    "choice of 40,000": _guided(
        {"kind": "choice", "value": [f"{n:05d}" + "가나다라"[n % 4] * 3 for n in range(40_000)]}, 8
    ),
    "schema 16 x anyOf": _posted(
        "/v1/completions",
        {
            "prompt": "봄",
            "max_tokens": 60,
            "guide": {
                "kind": "json",
                "value": {
                    "allOf": [
                        {"anyOf": [{"type": "string", "pattern": f"^.*{chr(97 + n)}.*$"}, {"maxLength": n + 1}]}
                        for n in range(16)
                    ]
                },
            },
        },
        2,
    ),
}


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

    _together([stream] * streams)


def attackers(target: Target, name: str, seconds: float) -> None:
    """The same attack again and again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(OSError):
            ATTACKS[name](target)


def _memory(pid: int, field: str) -> int:
    """Bytes of VmRSS or VmHWM of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def _forget_peak(pid: int) -> None:
    """The peak of the memory is counted anew from now on (proc(5), clear_refs 5)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


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
    rest = _memory(pid, "VmRSS")
    bar = max(ALLOWED_GAP_S, ALLOWED_RATIO * quiet_p99)
    print(f"undisturbed: p99 {quiet_p99 * 1e3:.0f} ms, longest {quiet.max() * 1e3:.0f} ms; bar {bar * 1e3:.0f} ms")
    print(f"memory at rest {rest / 2**20:.0f} MB\n")
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
