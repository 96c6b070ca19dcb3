"""A long time of ordinary and bad use: does the server lose a place, a file, memory, or the truth about an answer?

    python benchmarks/serve_soak.py MODEL_DIR [--minutes 10] [--clients 32] [--engine remote] [--settings FILE]

`malmoi serve` runs as its own process, 32 clients in a second (serve_soak_clients.py: streams, whole answers, chat,
guides, scores, embeddings, clients that leave, read slowly, send halves and garbage). Meanwhile an operator adds and
takes back keys, makes the torch engine fail in a step (a signal that only this benchmark's server knows), or kills the
engine's process (`--engine remote`: a second malmoi that the first starts), and changes the weights of traffic between
two versions of the model. At the end, when all clients have gone, each bar has its verdict:

    no 5xx without code and sentence; no request that hangs; nothing of a prompt in the log
    no place, slot, token, connection or file left taken
    resident memory at the end <= 1.05 x that after minute 2 (or after a fifth of the time, where that is sooner)
    every completed answer is made again, alone and in a batch, in the time of the soak: torch (float32) 100 % equal

It ends by itself; exit code 1 where a bar is missed.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serve_process import ROOT, await_health, free_port, new_key
from serve_soak_clients import LONGEST_S, MARKER, Tally, act_until

if TYPE_CHECKING:
    from malmoi.serve.records.replay import Replayed
    from malmoi.serve.records.tables import AnswerRow

NAME = "soak"
ALLOWED_GROWTH = 1.05
WARM_S = 120.0
STEADY_KEYS = 4
GAUGES = ("places_held", "slots_running", "answers_waiting", "tokens_held")
MORE_FILES = 4
"""A database opens its log when it is first written."""
REPLAYED_AT_ONCE = 16
REPLAY_SHARE, REPLAY_START_S = 1.0, 60.0
"""All answers are made again, twice, within the time that the soak took and a minute for loading."""
QUIET_S = 8.0
"""After the last client has gone: the server's own times for halves and keep-alive connections are shorter."""


def serve(words: list[str]) -> int:
    """`malmoi serve` whose torch engine fails in its next step after SIGUSR1, as it would of a fault of its own."""
    from malmoi.cli.main import main as malmoi
    from malmoi.serve.torch_batch import Batch

    planted, step = [], Batch.step

    def failing(self: Batch) -> None:
        if planted and self.num_jobs:
            planted.clear()
            raise RuntimeError("planted by the soak")
        step(self)

    Batch.step = failing  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, lambda *_: planted.append(1))
    return malmoi(words)


class Watched:
    """The server as an operator sees it."""

    def __init__(self, port: int, pid: int, admin_key: str) -> None:
        self.port, self.pid, self._key = port, pid, admin_key

    def ask(self, method: str, path: str, body: Any = None) -> str:
        """What an operator's request gets. Raises AssertionError where it is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, text
        return text

    def metrics(self) -> dict[str, float]:
        """Its gauges, summed over models."""
        text, found = self.ask("GET", "/metrics"), defaultdict[str, float](float)
        for name, value in re.findall(r"^malmoi_(\w+)(?:\{[^}]*\})? ([\d.e+-]+)$", text, re.MULTILINE):
            found[name] += float(value)
        return dict(found)

    def rss(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    def files(self) -> Counter[str]:
        """Open files by kind; sockets are connections."""
        found: Counter[str] = Counter()
        for each in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found[str(each.readlink()).partition(":")[0].rpartition("/")[2]] += 1
        return found

    def descendants(self) -> list[int]:
        """Its processes and theirs, whichever thread began them."""
        found, unseen = [], [self.pid]
        while unseen:
            files = Path(f"/proc/{unseen.pop()}/task").glob("*/children")
            unseen += [int(word) for file in files for word in file.read_text().split()]
            found += [pid for pid in unseen if pid not in found]
        return found

    def threads(self) -> int:
        """How many it has."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))


def _recipe(model: Path, folder: Path) -> Path:
    """The recipe of an engine that is a process of its own: the same model behind a second malmoi."""
    port, recipe = free_port(), folder / "engine.toml"
    command = [sys.executable, "-m", "malmoi.cli.main", "serve", str(model.resolve()), "--port", str(port)]
    content = {"address": f"http://127.0.0.1:{port}", "tokenizer": str(model.resolve()), "deterministic": True}
    process = {"command": [*command, "--threads", "1"], "log": str(folder / "engine.log"), "longest_wait_s": 2.0}
    lines = [*_toml(content), "[process]", *_toml(process)]
    recipe.write_text("\n".join(lines) + "\n")
    return recipe


def _toml(table: dict[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in table.items()]  # JSON's values are TOML's


@contextlib.contextmanager
def _server(words: list[str], log: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, str(Path(__file__).resolve()), "--serve", "serve"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    words = [*command, "--port", str(port), "--threads", "1", *words]
    with log.open("wb") as told, subprocess.Popen(words, env=environment, cwd=ROOT, stderr=told) as process:
        try:
            await_health(port)
            yield port, process.pid
        finally:
            process.terminate()


def _clients(port: int, keys_file: str, seconds: float, clients: int) -> Tally:
    return asyncio.run(act_until(port, Path(keys_file), time.monotonic() + seconds, clients, seed=9))


class Operator:
    """Changes keys, plants faults, and notes the memory while the clients are there."""

    def __init__(self, watched: Watched, keys: Path, shown: Path, *, is_versioned: bool) -> None:
        self._watched, self._keys, self._shown, self._is_versioned = watched, keys, shown, is_versioned
        self._steady = shown.read_text().split()
        self.memory: list[tuple[float, int]] = []
        self.faults_planted = self.processes_killed = self.keys_changed = self.traffic_changed = 0

    def work(self, clients: "Future[Tally]") -> Tally:
        """Until the clients are done; gives what they saw."""
        began_s, turn = time.monotonic(), 0
        while True:
            with contextlib.suppress(TimeoutError):
                return clients.result(timeout=5.0)
            turn += 1
            if turn % 3 == 0:
                self._change_key(turn)
            if turn % 4 == 1 and self._is_versioned:
                self._change_traffic(turn)
            self._break_engine(turn)
            self.memory.append((time.monotonic() - began_s, self._watched.rss()))

    def _break_engine(self, turn: int) -> None:
        """A step that fails, or the death of the engine's process, which takes its time to come back."""
        processes = self._watched.descendants()
        if processes and turn % 12 == 0:  # now the engine itself, now the keeper between it and the server
            os.kill(processes[-1 if turn % 24 else 0], signal.SIGKILL)
            self.processes_killed += 1
        elif not processes and turn % 5 == 0:
            os.kill(self._watched.pid, signal.SIGUSR1)
            self.faults_planted += 1

    def _change_traffic(self, turn: int) -> None:
        """Other weights for the two versions, now and then all for one, with and without shadow copies."""
        first = (turn * 37) % 101
        split = {"weights": {f"{NAME}@1": first, f"{NAME}@2": 100 - first}, "sticky": "key" if turn % 3 else "none"}
        shadow = {"shadow": f"{NAME}@2", "shadow_share": 0.2} if turn % 8 == 1 else {}
        self._watched.ask("PUT", "/admin/traffic", {NAME: split | shadow})
        self.traffic_changed += 1

    def _change_key(self, turn: int) -> None:
        """Takes the passing key back and adds another; clients may still use the old one for a moment."""
        lines = [line for line in self._keys.read_text().splitlines() if not line.startswith("passing")]
        _replace(self._keys, "\n".join(lines) + "\n")
        key = new_key(self._keys, f"passing{turn}", limits="records=whole qpm=100")
        _replace(self._shown, "\n".join([*self._steady, key]))
        self.keys_changed += 1


def _replace(path: Path, content: str) -> None:
    """Writes a file that others read meanwhile: whole, or as it was."""
    aside = path.with_suffix(".new")
    aside.write_text(content)
    aside.chmod(0o600)
    aside.rename(path)


def main() -> int:
    """Runs it and prints the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--engine", choices=["torch", "openvino", "remote"], default="torch")
    parser.add_argument("--log", type=Path, help="where the server's log is kept; default: thrown away")
    parser.add_argument("--settings", type=Path, help="other settings of the server, as `malmoi serve --settings`")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return _run(arguments, Path(name))


def _run(arguments: argparse.Namespace, folder: Path) -> int:
    keys, shown, database = folder / "keys", folder / "shown", folder / "records.sqlite"
    log = arguments.log or folder / "log"
    steady = [new_key(keys, f"steady{number}", limits="records=whole") for number in range(STEADY_KEYS)]
    shown.write_text("\n".join(steady))
    words = ["--keys", str(keys), "--records", str(database), "--engine", arguments.engine]
    words += ["--settings", str(arguments.settings)] if arguments.settings else []
    is_versioned, model = arguments.engine != "remote", arguments.model.resolve()
    models = [f"{NAME}@1={model}", f"{NAME}@2={model}", "--pin", f"{NAME}@1", "--pin", f"{NAME}@2"]
    if not is_versioned:
        model = _recipe(model, folder)
        models = [f"{NAME}={model}"]
    operator_key = new_key(keys, "operator", limits="scopes=metrics,admin")
    with _server([*models, *words], log) as (port, pid):
        watched = Watched(port, pid, operator_key)
        before = watched.files(), watched.metrics()
        seconds, operator = arguments.minutes * 60, Operator(watched, keys, shown, is_versioned=is_versioned)
        with ProcessPoolExecutor(1) as pool:
            tally = operator.work(pool.submit(_clients, port, str(shown), seconds, arguments.clients))
        time.sleep(QUIET_S)
        verdicts = [*_of_clients(tally), *_of_places(before, watched), _of_memory(operator.memory, seconds, watched)]
    done = f"{operator.faults_planted} faults planted in steps, {operator.processes_killed} engine processes killed"
    done += f", traffic changed {operator.traffic_changed} times"
    print(f"\n{operator.keys_changed} keys changed, {done}")
    verdicts.append(_of_log(log))
    _tell(verdicts)
    replayed = _of_replay(model, database, arguments.engine, REPLAY_SHARE * seconds + REPLAY_START_S)
    _tell(replayed)
    verdicts += replayed
    return int(not all(is_held for is_held, _ in verdicts))


Verdict = tuple[bool, str]


def _tell(verdicts: list[Verdict]) -> None:
    for is_held, sentence in verdicts:
        print(f"{'held  ' if is_held else 'MISSED'}  {sentence}", flush=True)


def _of_clients(tally: Tally) -> list[Verdict]:
    """What the clients saw."""
    print(f"acts: {dict(tally.kinds.most_common())}")
    print(f"statuses: {dict(sorted(tally.statuses.items()))}")
    for fault, count in Counter(tally.faults).most_common(20):
        print(f"  {count} x {fault}")
    total = sum(tally.kinds.values())
    return [
        (total > 0 and not tally.faults, f"{total} acts, {len(tally.faults)} faults (bare 5xx, hangs, wrong statuses)"),
        (tally.longest_s < LONGEST_S, f"the longest request took {tally.longest_s:.1f} s"),
    ]


def _of_places(before: tuple[Counter[str], dict[str, float]], watched: Watched) -> list[Verdict]:
    """Whether all that was taken is back."""
    files, gauges = watched.files(), watched.metrics()
    taken = {name: gauges[name] for name in GAUGES if gauges.get(name)}
    more = {kind: count - before[0][kind] for kind, count in files.items() if count > before[0][kind]}
    lost = gauges["records_lost"]
    return [
        (not taken, f"places, slots, tokens and answers back at 0: {taken or 'yes'}"),
        (sum(more.values()) <= MORE_FILES, f"open files and connections beside those at the start: {more or 'none'}"),
        (not lost, f"records lost: {lost:.0f}"),
    ]


def _of_memory(memory: list[tuple[float, int]], seconds: float, watched: Watched) -> Verdict:
    """The memory at the end beside that when the server was warm."""
    warm_s = min(WARM_S, seconds / 5)
    warm = next((rss for at_s, rss in memory if at_s >= warm_s), memory[-1][1])
    last = max(watched.rss(), *(rss for _, rss in memory[-3:]))
    shown = ", ".join(f"{rss / 2**20:.0f}" for _, rss in memory[:: max(1, len(memory) // 12)])
    print(f"resident MB over time: {shown}; {watched.threads()} threads at the end")
    growth = last / warm
    return growth <= ALLOWED_GROWTH, f"memory {growth:.3f} x that after {warm_s:.0f} s ({last / 2**20:.0f} MB)"


def _of_log(log: Path) -> Verdict:
    """No prompt in the log, and no traceback but for planted faults."""
    text = log.read_text(errors="replace")
    odd = [line for line in text.splitlines() if "Traceback" in line or "was never" in line or "Exception in" in line]
    for line, count in Counter(odd).most_common(5):
        print(f"  log: {count} x {line[:200]}")
    return MARKER not in text and not odd, f"log of {len(text) / 2**20:.1f} MB: no prompt in it, {len(odd)} tracebacks"


def _of_replay(model: Path, database: Path, engine: str, most_s: float) -> list[Verdict]:
    """Makes every completed answer again, one at a time and many at once, in two processes beside each other."""
    began_s, allowed = time.monotonic(), 1.0 if engine == "torch" else 0.95
    ways = [("alone", 1, 0, 2), ("alone", 1, 1, 2), (f"{REPLAYED_AT_ONCE} at once", REPLAYED_AT_ONCE, 0, 1)]
    found = defaultdict[str, list[int]](lambda: [0, 0])
    with ProcessPoolExecutor(1 if engine == "remote" else 2, multiprocessing.get_context("spawn")) as pool:
        runs = [(how, pool.submit(_replayed_part, model, database, engine, *part)) for how, *part in ways]
        for how, run in runs:
            equal, differing = run.result()
            found[how][0] += equal
            found[how][1] += equal + len(differing)
            for told in differing[:5]:
                print(f"  {told}")
    took_s = time.monotonic() - began_s
    verdicts = [
        (equal > 0 and equal >= allowed * total, f"replay {how}: {equal} of {total} completed answers equal")
        for how, (equal, total) in found.items()
    ]
    return [*verdicts, (took_s <= most_s, f"replay took {took_s:.0f} s (at most {most_s:.0f})")]


def _replayed_part(
    model: Path, database: Path, engine: str, slots: int, part: int, parts: int
) -> tuple[int, list["Replayed"]]:
    """One part of the answers, in a process of its own: how many are equal, and those that are not."""
    from malmoi.serve import open_engine
    from malmoi.serve.remote import engine as remote_engine
    from malmoi.serve.settings import ServeSettings

    opened = remote_engine.opened if engine == "remote" else open_engine.opened
    settings = ServeSettings(engine=engine, slots=slots, threads=1)  # type: ignore[arg-type]
    rows = completed(database)[part::parts]
    with opened(model, settings) as (opened_engine, codec):
        found = asyncio.run(_replayed(opened_engine, codec, random.Random(9).sample(rows, len(rows)), slots))
    return sum(each.is_equal for each in found), [each for each in found if not each.is_equal]


def completed(database: Path) -> list["AnswerRow"]:
    """The answers whose model came to its end: of one that its client left, how much there is depends on the clock."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from malmoi.serve.records.database import open_database
    from malmoi.serve.records.tables import AnswerRow

    with Session(open_database(database)) as session:
        wanted = select(AnswerRow).where(AnswerRow.policy == "whole", AnswerRow.finish != "cut").order_by(AnswerRow.id)
        rows = session.scalars(wanted).all()
        session.expunge_all()
        return list(rows)


async def _replayed(engine: Any, codec: Any, rows: list["AnswerRow"], at_once: int) -> list["Replayed"]:
    """The answers made again, so many at a time."""
    from malmoi.serve.records.replay import replay

    gate = asyncio.Semaphore(at_once)

    async def again(row: "AnswerRow") -> "Replayed":
        async with gate:
            return await replay(engine, codec, row)

    return await asyncio.gather(*(again(row) for row in rows))


if __name__ == "__main__":
    sys.exit(serve(sys.argv[2:]) if sys.argv[1:2] == ["--serve"] else main())
