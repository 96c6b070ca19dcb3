"""One corpus from more than a thousand kinds of bad input at once: nothing crashes, nothing is lost, the good stays."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pyarrow.parquet as pq
import pytest
from bad_inputs import INPUTS, MORE, Kind, Written, all_kinds, write

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources import names
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Reason
from malmoi.kit import events, manifest

LEAST_KINDS = 1_200
LEAST_WITHOUT_PAGES = 1_000
LONGEST_S = 90
"""CPU seconds of the whole build, all of its processes together: 61 on cores that other work shared; without a bound on
each input it would be hours."""
MOST_BYTES = 1_000_000_000
"""Of the largest process. The recipe gives the build 2 GB, two workers and the one that leads them."""
READERS = frozenset(get_args(Reason))
START = 40
"""Characters of a good text by which it is known again."""

DRIVER = """
import json, resource, sys
from pathlib import Path
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.build import build
from malmoi.corpus.steps.quality import Quality
if __name__ == "__main__":
    raw, out = map(Path, sys.argv[1:3])
    inputs = tuple(Input(raw / name, name=name, **options) for name, options in json.loads(sys.argv[3]).items())
    # Limits learnt from a thousand texts without sense would say nothing about the good ones.
    build(CorpusRecipe(inputs, quality=Quality(learn=False), processes=2), out, lambda done, total: None)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    # Of this process not ru_maxrss: it begins with what pytest held when it forked.
    status = Path("/proc/self/status").read_text().splitlines()
    own_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "most_bytes": max(own_kb, used[1].ru_maxrss) * 1024}))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Built(NamedTuple):
    """The raw folder, the finished corpus, what the process that built it printed, and what was written where."""

    raw: Path
    out: Path
    used: dict[str, float]
    stderr: str
    written: dict[str, Written]


def run(raw: Path, out: Path) -> tuple[dict[str, float], str]:
    """A build in a process of its own, whose memory and time are its own."""
    script = out.parent / "driver.py"
    script.write_text(DRIVER, encoding="utf-8")
    words = [sys.executable, str(script), str(raw), str(out), json.dumps(INPUTS)]
    told = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=told)
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def kinds() -> dict[str, Kind]:
    return all_kinds()


@pytest.fixture(scope="module")
def built(kinds, tmp_path_factory) -> Built:
    folder = tmp_path_factory.mktemp("bad")
    written = write(folder / "raw", kinds)
    return Built(folder / "raw", folder / "corpus", *run(folder / "raw", folder / "corpus"), written)


@pytest.fixture(scope="module")
def rows(built) -> dict[Written, list[dict[str, Any]]]:
    """The rows of the ledger for each kind; those that are kept with their text."""
    columns = ["id", "input", "origin", "kept", "reasons", "detail", "raw_bytes"]
    places = {(one.input, one.folder): one for one in built.written.values()}
    texts = {}
    for row in pq.read_table(built.out / "shards", columns=["origin", "input", "text"]).to_pylist():
        texts.setdefault((row["input"], row["origin"]["file"], row["origin"]["offset"]), []).append(row["text"])
    found = defaultdict(list)
    for row in pq.read_table(built.out / "ledger", columns=columns).to_pylist():
        place = (row["input"], row["origin"]["file"].split("/")[0])
        where = (row["input"], row["origin"]["file"], row["origin"]["offset"])
        row["text"] = texts[where].pop(0) if row["kept"] else None
        found[places[place]].append(row)
    return found


def is_good(row: dict[str, Any], one: Written) -> bool:
    return row["kept"] and any(text[:START] in row["text"] for text in one.good)


def told(found: list[dict[str, Any]]) -> set[str]:
    """Why there is no document, as readers say it."""
    return {row["reasons"][0] for row in found if row["id"] is None}


def test_there_are_twelve_hundred_kinds_of_bad_input_and_more(kinds):
    assert len(kinds) >= LEAST_KINDS
    assert len(kinds) - sum(name.startswith("page: ") for name in kinds) >= LEAST_WITHOUT_PAGES


def test_what_comes_in_is_what_is_kept_and_what_is_dropped(built, rows):
    counts = manifest.read(built.out)["counts"]
    assert counts["documents_in"] == counts["documents_kept"] + counts["documents_dropped"]
    assert counts["documents_in"] == sum(map(len, rows.values()))
    assert sum(counts["dropped_by_reason"].values()) == counts["documents_dropped"]
    assert counts["documents_kept"] == pq.read_table(built.out / "shards", columns=["id"]).num_rows


def test_nothing_raised_and_no_worker_died(built, rows):
    assert "Traceback" not in built.stderr, built.stderr[-3_000:]
    assert not list(events.every(built.out, "worker_died"))
    ours = {reason for found in rows.values() for row in found for reason in row["reasons"]} - READERS
    known = {rule.reason for rule in CorpusRecipe((Input(built.raw),)).rules()}
    assert ours <= known


def test_every_kind_is_in_the_ledger_with_what_must_come_of_it(kinds, built, rows):
    wrong = {}
    for name, one in kinds.items():
        at = built.written[name]
        others = sum(row["id"] is not None and not is_good(row, at) for row in rows[at])
        if one.documents == MORE:
            fits = told(rows[at]) <= one.told
        else:
            fits = (told(rows[at]), others) == (one.told, one.documents)
        if not fits or not rows[at]:
            wrong[name] = (sorted(told(rows[at])), others, sorted(one.told), one.documents)
    assert wrong == {}


def test_every_file_of_every_kind_is_in_the_ledger(built, rows):
    hidden = {".a.txt", "b.txt.partial"}
    assert len(built.written) >= LEAST_KINDS
    for one in built.written.values():
        paths = [path for path in (built.raw / one.input / one.folder).iterdir() if path.name not in hidden]
        files = [path.name for path in paths if path.is_symlink() or not path.is_dir()]
        shown = {names.shown(os.fsencode(name)) for name in files}
        assert shown <= {name for row in rows[one] for name in _parts(row["origin"]["file"])}, one


def _parts(name: str) -> set[str]:
    """A name in a folder, also that of the archive around it."""
    inside = name.partition("/")[2]
    return {inside, inside.split("!")[0]}


def test_the_good_ones_beside_the_bad_are_kept(built, rows):
    lost = {}
    for name, one in built.written.items():
        kept = [row["text"] for row in rows[one] if row["kept"]]
        missing = [text[:START] for text in one.good if not any(text[:START] in other for other in kept)]
        if missing:
            lost[name] = (len(missing), [row["reasons"] for row in rows[one] if not row["kept"]][:5])
    assert lost == {}


def test_every_refusal_says_why(rows):
    silent = [row for found in rows.values() for row in found if row["id"] is None and not row["detail"]]
    assert silent == []


def test_time_and_memory_are_bounded(built):
    assert built.used["seconds"] < LONGEST_S
    assert built.used["most_bytes"] < MOST_BYTES


def test_another_build_gives_the_same_ledger(built, tmp_path):
    run(built.raw, tmp_path / "again")
    assert manifest.read(tmp_path / "again")["outputs"] == manifest.read(built.out)["outputs"]
