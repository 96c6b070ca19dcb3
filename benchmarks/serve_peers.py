"""Other makers' servers, for the benchmarks of serving: each a process of its own, made ready at first need."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llama_cpp_build import folder_of_programs
from serve_process import ROOT

VENVS = Path(tempfile.gettempdir()) / "malmoi-conformance-venvs"
"""Environments of peers and clients; made where they are absent, kept for the next run."""
_START_S = 300


@dataclass(frozen=True)
class Peer:
    """A server that answers: its address without /v1, the name of its model, its process."""

    url: str
    model: str
    pid: int


def python_of(venvs: Path, name: str, packages: Sequence[str], words: Sequence[str] = ()) -> Path:
    """The interpreter of an environment. packages, words: what pip is told where it is absent."""
    python = venvs / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venvs / name)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *words, *packages], check=True)
    return python


@contextlib.contextmanager
def transformers_serve(model: Path, venvs: Path = VENVS) -> Iterator[Peer]:
    """`transformers serve` on one thread, in float32, with our own versions of transformers and torch."""
    pins = ("-c", str(ROOT / "constraints.txt"))
    python = python_of(venvs, "transformers_serve", ("transformers[serving]", "torch"), pins)
    words = [str(python.with_name("transformers")), "serve", str(model.resolve()), "--device", "cpu"]
    with _running([*words, "--dtype", "float32", "--host", "127.0.0.1"]) as (url, pid):
        yield Peer(url, str(model.resolve()), pid)


@contextlib.contextmanager
def llama_server(model: Path, slots: int = 16, context_tokens: int = 256) -> Iterator[Peer]:
    """llama.cpp's server on one thread: weights in 16 bits, cache in float32. context_tokens: of each slot."""
    from malmoi.model import gguf_file
    from malmoi.model.read_folder import load_hugging_face

    program = folder_of_programs() / "llama-server"
    with tempfile.TemporaryDirectory() as folder:
        gguf = Path(folder) / gguf_file.NAME
        gguf_file.write_gguf(load_hugging_face(model), model, gguf, "f16")
        words = [str(program), "-m", str(gguf), "--alias", "peer", "--host", "127.0.0.1", "-t", "1", "-tb", "1"]
        words += ["-np", str(slots), "-c", str(slots * context_tokens), "-ctk", "f32", "-ctv", "f32"]
        with _running(words) as (url, pid):
            yield Peer(url, "peer", pid)


@contextlib.contextmanager
def _running(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """A server while the block runs, ended with its group. Raises RuntimeError with its last words where it fails."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*words, "--port", str(port)], stdout=log, stderr=log, env=environment, start_new_session=True
        )
        try:
            if not _is_ready(port, process):
                log.seek(0)
                raise RuntimeError(f"{Path(words[0]).name} did not start: {log.read()[-300:].decode(errors='replace')}")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether /health says 200 before the process ends or the time is over."""
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return True
        time.sleep(0.2)
    return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
