"""Kills the studio, its job, or both with -9 at random moments: does each job end with what an undisturbed one makes?

    python benchmarks/jobs_killed.py --tries 20 --command corpus

A real `malmoi studio` starts a real command on samples/raw/book. In each try one of the three is killed at a random
moment of the undisturbed time; a killed studio is opened again. Compared are the SHA-256 of every output and all
counts. Exit code 1 where one differs, or where a job did not end by itself.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from malmoi.kit import job, manifest
from malmoi.kit.errors import UserError

ROOT = Path(__file__).parents[1]
RECIPE = f"""
name = "killed"
folder = "killed"

[corpus]
processes = 2

[[corpus.inputs]]
path = "{ROOT}/samples/raw"
kind = "book"
include = ["book/*"]

[tokenizer]
vocabulary_tokens = 1400
guide = "none"

[tokens]
heldout_share = 0.2

[model]
layers = 1
hidden = 32
heads = 2
kv_heads = 1
feed_forward = 64
context_tokens = 64

[train]
steps = 60
sequence_tokens = 32
batch_sequences = 4
micro_sequences = 4
warmup_steps = 2
checkpoint_steps = 10
device = "cpu"
threads = 1

[evaluate]
samples = 1
"""
KILLED = ("studio", "job", "studio and job")
_PATIENCE_S = 600.0


class Studio:
    """A studio as a program of its own on a folder of runs, which is killed and opened again."""

    def __init__(self, runs: Path, recipes: Path) -> None:
        self.runs, self._recipes, self._child, self._url = runs, recipes, None, ""

    def open(self) -> None:
        """Starts it and waits for its address."""
        log = self.runs.parent / f"{self.runs.name}.log"
        words = ["studio", self.runs, "--recipes", self._recipes, "--port", "0", "--no-browser"]
        with log.open("wb") as stream:
            self._child = subprocess.Popen([sys.executable, "-m", "malmoi", *map(str, words)], stderr=stream)
        self._url = until(lambda: address_in(log.read_text(encoding="utf-8")))

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it."""
        assert self._child is not None
        self._child.send_signal(number)
        self._child.wait()

    def start(self, command: str) -> Path:
        """Starts a job; returns its folder."""
        body = {"command": command, "recipe": "killed", "run": "killed"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/api/jobs", data, {"Content-Type": "application/json"})
        until(lambda: is_up(self._url))
        with urllib.request.urlopen(request, timeout=60) as answer:
            return self.runs / "jobs" / json.load(answer)["id"]


def is_up(url: str) -> bool:
    """Whether the server answers."""
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"{url}/health", timeout=5).close()
        return True
    return False


def address_in(text: str) -> str:
    """The address in what a studio says when it is open."""
    line = next((line for line in text.splitlines() if line.startswith("studio: ")), "")
    return line.split()[1] if line else ""


def until(asked: Any) -> Any:
    """What `asked` says once it is something. The patience is only there for what is broken."""
    deadline = time.monotonic() + _PATIENCE_S
    while not (found := asked()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
    return found


def finished(folder: Path) -> bool:
    """Whether a job is finished. Raises UserError for one that failed and that nothing leads back."""
    with contextlib.suppress(ValueError):
        status = job.read(folder)[1]
        if status.state == job.State.FAILED and (status.exit_code or 0) >= 0:
            raise UserError(f"the job failed with {status.exit_code}: {(folder / 'log').read_text()[-2000:]}")
        return status.state == job.State.FINISHED
    return False


def made(run: Path) -> dict[str, Any]:
    """Every output by its hash and every count that is no time, of each stage that is there."""
    found = {}
    for folder in sorted(run.iterdir()):
        if (folder / manifest.NAME).is_file():
            record = manifest.read(folder)
            wrong = manifest.verify(folder)
            assert wrong is None, wrong
            hashes = {name: one["sha256"] for name, one in record["outputs"].items() if name.endswith(STEADY)}
            found[folder.name] = {**hashes, "documents": record["counts"].get("documents_kept")}
    return found


STEADY = (".parquet", ".bin", ".json", ".npy", ".safetensors", ".gguf")
"""What holds no time of day: reports do."""


@contextlib.contextmanager
def studio_in(folder: Path) -> Iterator[Studio]:
    """A studio on new folders in `folder`, closed at the end."""
    recipes = folder / "recipes"
    recipes.mkdir(parents=True)
    (recipes / "killed.toml").write_text(RECIPE, encoding="utf-8")
    (folder / "runs").mkdir()
    studio = Studio(folder / "runs", recipes)
    studio.open()
    try:
        yield studio
    finally:
        with contextlib.suppress(ProcessLookupError):
            studio.kill(signal.SIGTERM)


def undisturbed(folder: Path, command: str) -> tuple[dict[str, Any], float]:
    """What a job makes that nobody disturbs, and its seconds."""
    with studio_in(folder) as studio:
        began = time.monotonic()
        made_by = studio.start(command)
        until(lambda: finished(made_by))
        return made(studio.runs / "killed"), time.monotonic() - began


def disturbed(folder: Path, command: str, what: str, after_s: float) -> tuple[dict[str, Any], int]:
    """What a job makes of which the studio, or it, or both are killed after so long; and its number of starts."""
    with studio_in(folder) as studio:
        made_by = studio.start(command)
        time.sleep(after_s)
        if "job" in what:
            with contextlib.suppress(ProcessLookupError, UserError):
                process = job.read(made_by)[1].process
                if process is not None:
                    os.kill(process.pid, signal.SIGKILL)
        if "studio" in what:
            studio.kill()
            studio.open()
        until(lambda: finished(made_by))
        return made(studio.runs / "killed"), job.read(made_by)[1].attempt


def main() -> int:
    """Prints a line a try and one at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--command", choices=["corpus", "run"], default="corpus")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance, same = random.Random(arguments.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed(Path(folder) / "first", arguments.command)  # compiles what is compiled once
        wanted, seconds = undisturbed(Path(folder) / "undisturbed", arguments.command)
        print(f"undisturbed: {seconds:.1f} s, {sum(map(len, wanted.values()))} hashes and counts", flush=True)
        for number in range(arguments.tries):
            what, after_s = KILLED[number % len(KILLED)], chance.uniform(0, seconds)
            found, starts = disturbed(Path(folder) / f"{number}", arguments.command, what, after_s)
            same += found == wanted
            told = "the same" if found == wanted else f"DIFFERS: {found}"
            print(f"{number + 1:>3} {what:<15} killed after {after_s:5.1f} s, {starts} starts: {told}", flush=True)
    print(f"{same} of {arguments.tries} jobs ended with the outputs of the undisturbed one")
    return int(same != arguments.tries)


if __name__ == "__main__":
    sys.exit(main())
