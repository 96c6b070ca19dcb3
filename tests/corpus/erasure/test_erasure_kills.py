"""An erasure that is killed before any of its changes on the disk ends, once finished, as one that nobody disturbed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import at_home

from malmoi.corpus.build import build
from malmoi.corpus.erasure import certificate
from malmoi.corpus.ledger import erased_texts
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit import erasing, manifest
from malmoi.kit.errors import UserError
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.learn import learn
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings

NAME = "소라빛나루"
RUN = """
import os, sys
from malmoi.cli.main import main
last, done, below = int(sys.argv[1]), 0, sys.argv[2]
def watch(event, arguments):
    global done
    path = str(arguments[0]) if event in ("os.rename", "os.remove", "shutil.rmtree") else ""
    if below in path and "lock" not in path:
        if done == last:
            os.kill(os.getpid(), 9)
        done += 1
sys.addaudithook(watch)
code = main(sys.argv[3:])
print(done, file=sys.stderr)
sys.exit(code)
"""
"""Runs a command and kills it before its change number N of what lies below a folder, but for locks."""
OWN_WORDS = ("time", "tool", "request", "other_files", "run_id", "finished_at", "host", "code")
"""What two runs of one erasure may say otherwise: when and by whom. Files beside it need the words to be searched."""


def malmoi(last: int, below: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(last), str(below), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs with corpora, of one also tokens; both hold texts of a person."""
    runs = tmp_path_factory.mktemp("kills") / "runs"
    for place, name in enumerate(("one", "two")):
        rows = [{"text": f"{sentences(20 * place + 1)} {NAME}가 썼다.", "url": f"https://{name}.example/1"}]
        rows += [{"text": f"{NAME} 짧다", "url": f"https://{name}.example/2", "author": NAME, "site": "마당"}]
        rows += [
            {"text": sentences(20 * place + number), "url": f"https://{name}.example/{number}"}
            for number in range(3, 14)
        ]
        write_rows(runs / "raw" / name / "a.jsonl", rows)
        (runs / "raw" / name / f"{NAME}.xyz").write_bytes(b"\0")
        build(CorpusRecipe(inputs=(Input(runs / "raw" / name),), processes=1), runs / name / "corpus", quiet, at_home)
    run = runs / "one"
    learn(LearnSettings(1400, guide="none", processes=1), run / "corpus", run / "tokenizer", quiet)
    encode(EncodeSettings(0.2, processes=1), run / "corpus", run / "tokenizer", run / "tokens", quiet)
    for name in ("one", "two"):  # the same secret everywhere, so that marks can be compared
        erased_texts.key_of(runs / name / "corpus", create=True)
        media = runs / name / "corpus" / "media" / "ab"
        media.mkdir(parents=True)
        (media / f"{'ab' * 32}.svg").write_bytes(f"<svg><text>{NAME}</text></svg>".encode())
        (runs / name / "report").mkdir()
        (runs / name / "report" / "report.html").write_text(f"<p>{NAME}</p>")
    return runs


def bare(value):
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if name not in OWN_WORDS}
    return [bare(one) for one in value] if isinstance(value, list) else value


def end_state(runs: Path) -> dict[str, object]:
    """Every file below the runs: tables by their rows, JSON without times, others by their bytes."""
    found: dict[str, object] = {}
    for path in sorted(path for path in runs.rglob("*") if path.is_file()):
        name = path.relative_to(runs).as_posix()
        if name.startswith("raw/") or "/events/" in name or path.name.startswith(certificate.JOURNAL):
            continue
        content = path.read_bytes().replace(str(runs).encode(), b"RUNS")
        if path.suffix == ".parquet":
            found[name] = pq.read_table(path).to_pylist()
        else:
            found[name] = bare(json.loads(content)) if path.suffix == ".json" else content
    return found


WORDS = ("--person", NAME, "--siblings", "--json")


@pytest.fixture(scope="module")
def undisturbed(made, tmp_path_factory):
    """What an erasure that nobody disturbs leaves, and how many changes it makes."""
    runs = shutil.copytree(made, tmp_path_factory.mktemp("calm") / "runs")
    done = malmoi(-1, runs, "corpus", "erase", str(runs / "one" / "corpus"), *WORDS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["erased"]["media"] == 2
    return end_state(runs), int(done.stderr.split()[-1])


def check(last: int, made: Path, folder: Path, calm: dict[str, object]) -> None:
    """Kills before change `last`; until it is finished nothing is made, and then all is as if nothing had been."""
    runs = shutil.copytree(made, folder / f"{last}" / "runs")
    corpora = [runs / name / "corpus" for name in ("one", "two")]
    assert malmoi(last, runs, "corpus", "erase", str(corpora[0]), *WORDS).returncode == -signal.SIGKILL
    left = [corpus for corpus in corpora if erasing.find(corpus)]
    for corpus in left:
        recipe = CorpusRecipe(inputs=(Input(runs / "raw" / corpus.parent.name),), processes=1)
        with pytest.raises(UserError, match=f"finish it: malmoi corpus erase {corpora[0]}"):
            build(recipe, corpus, quiet, at_home)
    if left:
        with pytest.raises(UserError, match="is not finished"):
            encode(
                EncodeSettings(0.2, processes=1), corpora[0], runs / "one" / "tokenizer", runs / "one" / "tokens", quiet
            )
    # Without a plan nothing was done, or all: then it is asked for once more.
    words = ("corpus", "erase", str(left[-1] if left else corpora[0]), *(() if left else WORDS), "--json")
    done = malmoi(-1, runs, *words)
    assert done.returncode == 0, done.stderr
    state = end_state(runs)
    for name in calm.keys() | state.keys():
        assert state.get(name) == calm.get(name), (last, name)
    assert all(certificate.verify(corpus) == [] and manifest.verify(corpus) is None for corpus in corpora)
    shutil.rmtree(folder / f"{last}")


def test_killed_in_the_middle_it_ends_as_one_that_nobody_disturbed(made, undisturbed, tmp_path):
    calm, changes = undisturbed
    assert changes > 20
    check(changes // 2, made, tmp_path, calm)


def points(changes: int) -> list[int]:
    """Every sixth change with the first and the last three: each takes some seconds. MALMOI_EVERY_KILL asks for all."""
    if "MALMOI_EVERY_KILL" in os.environ:
        return list(range(changes))
    return sorted({0, *range(1, changes, 6), *range(max(0, changes - 3), changes)})


@pytest.mark.slow
def test_killed_before_any_change_it_ends_as_one_that_nobody_disturbed(made, undisturbed, tmp_path):
    calm, changes = undisturbed
    assert changes > 0
    for last in points(changes):
        check(last, made, tmp_path, calm)
