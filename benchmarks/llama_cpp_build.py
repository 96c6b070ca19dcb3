"""Builds llama.cpp's programs from the source package of llama-cpp-python, for the benchmarks that run them as a peer.

    python benchmarks/llama_cpp_build.py [--folder FOLDER]

Static, for this processor, without CUDA and without network at run time. About 11 CPU-minutes and 77 MB of sources the
first time; nothing where the programs are there. MALMOI_LLAMA_CPP names the folder, else the temporary folder's
llama_cpp.
"""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

VERSION = "0.3.36"
PROGRAMS = ("llama-server", "llama-tokenize", "llama-completion", "llama-quantize")
OFF = (
    "BUILD_SHARED_LIBS GGML_CCACHE LLAMA_BUILD_APP LLAMA_BUILD_EXAMPLES LLAMA_BUILD_TESTS LLAMA_BUILD_UI LLAMA_OPENSSL"
)
"""What is not built."""


def folder_of_programs(folder: Path | None = None, *, is_built: bool = True) -> Path:
    """Where the PROGRAMS lie; built first where one is missing. is_built: False only says where.

    Raises CalledProcessError where the package cannot be had or cannot be built: cmake and a C++ compiler are needed.
    """
    folder = folder or Path(os.environ.get("MALMOI_LLAMA_CPP", Path(tempfile.gettempdir(), "llama_cpp")))
    programs = folder / "build" / "bin"
    if is_built and not all((programs / name).is_file() for name in PROGRAMS):
        _build(sources_of(folder), folder / "build")
    return programs


@contextlib.contextmanager
def llama_server(gguf: Path, words: Sequence[str | int] = ()) -> Iterator[tuple[str, int]]:
    """llama.cpp's server with a GGUF file on one thread; gives its address and process id. words: its own options."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = folder_of_programs() / "llama-server"
    command = [program, "-m", gguf, "--port", port, "-t", 1, "-tb", 1, "--offline", *words]
    with subprocess.Popen([str(word) for word in command], stdout=-3, stderr=-3) as process:
        try:
            _await_model(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _await_model(address: str, process: subprocess.Popen) -> None:
    """Returns once the model is loaded: /health is 503 until then."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=10):
            return
        time.sleep(0.2)
    raise RuntimeError(f"llama-server did not come up with {process.args}")


def sources_of(folder: Path) -> Path:
    """llama.cpp's sources, fetched as part of llama-cpp-python's source package where they are not there."""
    name = f"llama_cpp_python-{VERSION}"
    sources = folder / name / "vendor" / "llama.cpp"
    if not sources.is_dir():
        words = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "llama-cpp-python"]
        subprocess.run([*words, f"llama-cpp-python=={VERSION}", "-d", str(folder)], check=True)
        with tarfile.open(folder / f"{name}.tar.gz") as packed:
            packed.extractall(folder, filter="data")
    return sources


def _build(sources: Path, build: Path) -> None:
    """One job, and after everybody else: the benchmark that waits for it has time."""
    # The server's page would be fetched from the network (LLAMA_USE_PREBUILT_UI).
    off = [f"-D{name}=OFF" for name in (*OFF.split(), "LLAMA_USE_PREBUILT_UI", "LLAMA_OPENSSL")]
    subprocess.run(["cmake", "-S", sources, "-B", build, "-DCMAKE_BUILD_TYPE=Release", *off], check=True)
    words = ["nice", "-n", "15", "cmake", "--build", build, "-j", "1", "--target", *PROGRAMS]
    subprocess.run(words, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    print(folder_of_programs(parser.parse_args().folder))
