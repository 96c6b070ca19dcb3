"""Starts `malmoi serve` as a process of its own, for the benchmarks of serving."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def new_key(keys: Path, name: str, code: Path = ROOT, limits: str = "") -> str:
    """Makes an API key in the file `keys` and returns it. limits: words as "records=whole"."""
    words = [sys.executable, "-m", "malmoi.cli.main", "serve", "--keys", str(keys), "--new-key", name]
    words += ["--limits", limits] if limits else []
    environment = {**os.environ, "PYTHONPATH": str(code)}
    return subprocess.run(words, env=environment, cwd=code, capture_output=True, text=True, check=True).stdout.strip()


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(model: Path, words: Sequence[str] = (), code: Path = ROOT) -> Iterator[tuple[int, int]]:
    """A server on one thread; gives its port and process id. code: the checkout that runs."""
    port = free_port()
    command = [sys.executable, "-m", "malmoi.cli.main", "serve", str(model.resolve()), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"}
    words = [*command, "--threads", "1", *words]
    with subprocess.Popen(words, env=environment, cwd=code, stderr=subprocess.DEVNULL) as process:
        try:
            await_health(port)
            yield port, process.pid
        finally:
            process.terminate()


def await_health(port: int) -> None:
    """Returns once the model is loaded: the socket listens long before."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", "/health")
            connection.getresponse().read()
            return
        time.sleep(0.2)
    raise TimeoutError("the server did not start")
