import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import Deadly

from malmoi.corpus.build import build, describe
from malmoi.corpus.document import SCHEMA
from malmoi.corpus.passes.memory import num_processes
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.kit import config, events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.lock import lock


def ledger(folder: Path, **only) -> list[dict]:
    rows = pq.read_table(folder / "ledger").to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in only.items())]


def outputs(folder: Path) -> dict[str, str]:
    return manifest.read(folder)["outputs"]


def test_every_item_is_in_the_ledger_once_and_in_is_kept_plus_dropped(built, raw):
    counts = manifest.read(built)["counts"]
    rows = ledger(built)
    assert counts["documents_in"] == len(rows) == counts["documents_kept"] + counts["documents_dropped"]
    places = Counter((row["origin"]["file"], row["origin"]["offset"]) for row in rows)
    assert max(places.values()) == 1
    assert {row["origin"]["file"].split("!")[0] for row in rows} == {path.name for path in raw.iterdir()}
    assert sum(counts["dropped_by_reason"].values()) == counts["documents_dropped"]


def test_malformed_input_is_accounted_for_by_name(built):
    reasons = {(row["origin"]["file"].split("!")[0], row["reasons"][0]) for row in ledger(built, kept=False)}
    assert {
        ("malformed.jsonl", "malformed_json"),
        ("malformed.jsonl", "no_text"),
        ("malformed.jsonl", "not_text"),
        ("malformed.jsonl", "too_short"),
        ("empty.jsonl", "empty"),
        ("picture.png", "unsupported_format"),
        ("cut.tar", "truncated_archive"),
    } <= reasons


def test_shards_hold_the_schema_and_exactly_the_kept_documents(built):
    shards = pq.read_table(built / "shards")
    assert shards.schema.names[: len(SCHEMA.names)] == SCHEMA.names
    kept = ledger(built, kept=True)
    assert sorted(shards.column("id").to_pylist()) == sorted(row["id"] for row in kept)
    assert all(row["text"] is None and row["reasons"] == [] for row in kept)
    assert all(row["text"] for row in ledger(built, kept=False) if row["id"])
    assert sum(len(text.encode()) for text in shards.column("text").to_pylist()) == sum(
        row["text_bytes"] for row in kept
    )
    assert not any(name.startswith("drop_") for name in shards.schema.names)


def test_copies_go_and_the_best_of_each_cluster_stays(built):
    rows = {row["id"]: row for row in ledger(built)}
    for row in rows.values():
        best = row["exact_duplicate_of"] or row["near_duplicate_of"]
        if best:
            assert not row["kept"]
            assert (rows[best]["quality"], rows[best]["characters"]) >= (row["quality"], row["characters"])
            assert row["cluster"] == rows[best]["cluster"]
            assert row["cluster_size"] == sum(other["cluster"] == row["cluster"] for other in rows.values()) > 1
    assert {row["reasons"][0] for row in rows.values() if row["cluster_size"] == 2 and not row["kept"]} == {
        "exact_duplicate",
        "near_duplicate",
    }


def test_number_of_processes_changes_no_byte(recipe, built, tmp_path):
    build(replace(recipe, processes=2), tmp_path / "two", quiet)
    assert outputs(tmp_path / "two") == outputs(built)


def test_finished_corpus_is_left_alone_and_a_changed_recipe_is_built_anew(recipe, built, tmp_path):
    out = tmp_path / "corpus"
    shutil.copytree(built, out)
    before = manifest.read(out)
    assert build(replace(recipe, processes=2), out, quiet) == before["counts"]
    assert manifest.read(out)["finished_at"] == before["finished_at"]
    stricter = replace(recipe, near_duplicate=NearDuplicate(similarity=0.99), off=("promotion",))
    counts = build(stricter, out, quiet)
    assert counts["dropped_by_reason"].get("promotion") is None
    assert counts["documents_in"] == before["counts"]["documents_in"]
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "events",
        "index",
        "inputs.json",
        "ledger",
        "manifest.json",
        "rules.json",
        "shards",
        "sites.parquet",
        "thresholds.json",
    ]


def test_manifest_config_reads_back_as_the_recipe(recipe, built):
    assert config.parse(CorpusRecipe, manifest.read(built)["config"], "corpus") == replace(recipe, processes=None)


def test_several_shards_hold_what_one_holds(tmp_path):
    for number in range(5):
        write_rows(tmp_path / "raw" / f"{number}.jsonl", [{"text": sentences(1000 * number + n)} for n in range(70)])
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),), shard_bytes=200_000)
    counts = build(recipe, tmp_path / "corpus", quiet)
    parts = sorted((tmp_path / "corpus" / "shards").iterdir())
    assert len(parts) > 2
    assert sum(pq.read_metadata(part).num_rows for part in parts) == counts["documents_kept"]
    assert [path.name for path in sorted((tmp_path / "corpus" / "ledger").iterdir())] == [path.name for path in parts]


def test_input_without_any_document_gives_an_empty_corpus_with_a_ledger(tmp_path):
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": 3}, {"a": 1}])
    counts = build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), tmp_path / "corpus", quiet)
    assert (counts["documents_in"], counts["documents_kept"]) == (2, 0)
    assert pq.read_table(tmp_path / "corpus" / "shards").num_rows == 0


def test_folder_with_signs_of_patterns_and_quotes_in_its_name_is_a_folder_like_any_other(tmp_path):
    write_rows(tmp_path / "원본 [1]'*" / "a.jsonl", [{"text": sentences(number)} for number in (1, 1, 2)])
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "원본 [1]'*"),))
    counts = build(recipe, tmp_path / "말뭉치 [2]'*?", quiet)
    assert (counts["documents_in"], counts["dropped_by_reason"]) == (3, {"exact_duplicate": 1})


def test_missing_input_and_a_second_build_at_once_are_told_in_one_line(recipe, tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        build(CorpusRecipe(inputs=(Input(tmp_path / "nowhere"),)), tmp_path / "corpus", quiet)
    with lock(tmp_path / "corpus"), pytest.raises(UserError, match=rf"process {os.getpid()} on .* is at work") as busy:
        build(recipe, tmp_path / "corpus", quiet)
    assert busy.value.code == 75


def test_output_inside_its_own_input_is_refused_unless_it_would_not_be_read(tmp_path):
    write_rows(tmp_path / "a.jsonl", [{"text": sentences(1)}])
    out = tmp_path / "run" / "corpus"
    with pytest.raises(UserError, match=r"corpus\.inputs\[0\] reads"):
        build(CorpusRecipe(inputs=(Input(tmp_path),)), out, quiet)
    assert not out.exists()
    for apart in ({"include": ("a.*",)}, {"exclude": ("run/*",)}):
        counts = build(CorpusRecipe(inputs=(Input(tmp_path, **apart),)), out, quiet)
        assert counts["documents_in"] - counts["dropped_by_reason"].get("left_out", 0) == 1


def test_a_corpus_cannot_be_its_own_base(recipe, built):
    with pytest.raises(UserError, match=r"corpus\.base\[0\] is .*, the output itself"):
        build(replace(recipe, base=(built,)), built, quiet)


def test_plan_says_what_would_be_read_and_memory_bounds_the_processes(recipe):
    plan = describe(recipe)
    assert plan["inputs"][0]["files"] == 7
    assert "near_duplicate" in plan["reasons"]
    assert num_processes(replace(recipe, processes=64, memory_bytes=2_000_000_000)) == 2
    assert num_processes(replace(recipe, processes=64, memory_bytes=600_000_000)) == 1


@pytest.mark.slow
def test_document_that_kills_its_worker_costs_one_line_of_the_ledger(tmp_path):
    texts = [sentences(number) for number in range(6)]
    texts[3] += " 독이 든 사과"
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": text} for text in texts])
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),), profanity=Deadly())
    counts = build(recipe, tmp_path / "corpus", quiet)
    assert counts["dropped_by_reason"] == {"worker_died": 1}
    assert counts["documents_kept"] == 5
    (row,) = ledger(tmp_path / "corpus", reasons=["worker_died"])
    lines = (tmp_path / "raw" / "a.jsonl").read_bytes().splitlines(keepends=True)
    assert row["origin"] == {"file": "a.jsonl", "offset": sum(map(len, lines[:3]))}
    # Once over many rows at once, which names none of them, twice over a batch, twice alone.
    assert len(list(events.every(tmp_path / "corpus", "worker_died"))) == 5


DRIVER = """
from pathlib import Path
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.build import build
if __name__ == "__main__":
    recipe = CorpusRecipe(inputs=(Input(Path({raw!r}), name="raw"),), processes=2)
    build(recipe, Path({out!r}), lambda done, total: None)
"""


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "driver"])
def test_kill_of_a_worker_or_of_the_driver_and_another_run_give_the_same_bytes(tmp_path, victim):
    for number in range(8):
        rows = [{"text": sentences(1000 * number + place)} for place in range(400)]
        write_rows(tmp_path / "raw" / f"{number}.jsonl", rows)
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw", name="raw"),), processes=1)
    build(recipe, tmp_path / "whole", quiet)
    out, script = tmp_path / "torn", tmp_path / "driver.py"
    script.write_text(DRIVER.format(raw=str(tmp_path / "raw"), out=str(out)))
    driver = subprocess.Popen([sys.executable, str(script)])
    _wait_for(lambda: list(out.glob("work/*/pass-*.json")))
    os.kill(_worker_at_work(driver.pid) if victim == "worker" else driver.pid, signal.SIGKILL)
    assert driver.wait() == (0 if victim == "worker" else -signal.SIGKILL)
    assert (out / "manifest.json").exists() == (victim == "worker")
    build(recipe, out, quiet)
    assert outputs(out) == outputs(tmp_path / "whole")
    assert not (out / "work").exists()


def _worker_at_work(driver: int) -> int:
    """A process of `driver` that is no helper of multiprocessing itself."""
    for child in Path(f"/proc/{driver}/task/{driver}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no worker")


def _wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
