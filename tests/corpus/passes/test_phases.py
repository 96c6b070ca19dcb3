"""The stages of a build by several engines, partitions and deaths: the same bytes."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.passes import phases, tasks, units
from malmoi.corpus.passes.tasks import Plan, Task, Workspace
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.boilerplate import Paragraphs
from malmoi.kit import manifest, pool
from malmoi.kit.errors import UserError

NOTICE = "이 누리집의 모든 글은 저작권법의 보호를 받으므로 허락 없이 옮기거나 나누어 줄 수 없음을 알려 드립니다."


def write_texts(folder: Path) -> None:
    """Four files: texts of their own, exact and near copies across files, a notice at the end of many."""
    for number in range(4):
        texts = [sentences(100 * number + place) for place in range(30)]
        texts += [sentences(place) for place in range(6)]
        texts += [sentences(10 + place).replace("다.", "답니다.", 1) for place in range(6)]
        rows = [{"text": f"{text}\n\n{NOTICE}" if place % 3 == 0 else text} for place, text in enumerate(texts)]
        write_rows(folder / f"{number}.jsonl", rows)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> CorpusRecipe:
    folder = tmp_path_factory.mktemp("stages") / "raw"
    write_texts(folder)
    mix = Mix(total_bytes=100_000)
    return CorpusRecipe(inputs=(Input(folder, name="raw"),), processes=1, shard_bytes=60_000, mix=mix)


def plan_for(recipe: CorpusRecipe, out: Path, partitions: int) -> Plan:
    folder = out / "work" / "plan"
    plan = Plan(Workspace(recipe, folder, out, partitions), tuple(units.plan(recipe)))
    if not (folder / tasks.PLAN).exists():
        folder.mkdir(parents=True)
        tasks.write_plan(plan)
    return plan


def files(out: Path) -> dict[str, bytes]:
    made = [path for name in ("shards", "ledger", "index") for path in (out / name).iterdir()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in [*made, out / "sites.parquet"]}


@pytest.fixture(scope="module")
def whole(recipe, tmp_path_factory) -> dict[str, bytes]:
    """What an engine in this very process makes, with one partition."""
    out = tmp_path_factory.mktemp("stages") / "whole"
    phases.run(plan_for(recipe, out, 1), in_this_process, lambda _: None)
    assert len(files(out)) > 3
    return files(out)


def in_this_process(work, given, _processes, hooks):
    for number, task in enumerate(given):
        hooks.done(number, work(task, partial(hooks.news, number)))


def from_the_folder_alone(work, given, _processes, hooks):
    """As an array job does it: what to do is read from the folder by stage and number. The last ones first."""
    for number, task in reversed(list(enumerate(given))):
        found = tasks.tasks_of(task.space.folder, task.stage)[task.number]
        hooks.done(number, work(found, partial(hooks.news, number)))


@pytest.mark.parametrize(
    ("engine", "processes", "partitions"),
    [(from_the_folder_alone, 1, 3), (in_this_process, 1, 7), (pool.run_all, 2, 3)],
    ids=["array job", "seven partitions", "two processes"],
)
def test_engine_processes_and_partitions_change_no_byte(recipe, whole, tmp_path, engine, processes, partitions):
    mine = replace(recipe, processes=processes)
    phases.run(plan_for(mine, tmp_path, partitions), engine, lambda _: None)
    assert files(tmp_path) == whole


def test_the_copies_the_notice_and_the_mixture_are_in_what_is_compared(recipe, tmp_path):
    counts = build(recipe, tmp_path / "corpus", quiet)
    reasons = counts["dropped_by_reason"]
    assert {"exact_duplicate", "near_duplicate", "over_share"} <= set(reasons)
    rows = ledger(tmp_path / "corpus")
    kept = [row for row in rows if row["kept"]]
    assert sum(row["text_bytes"] * row["epochs"] for row in kept) <= 100_000
    texts = pq.read_table(tmp_path / "corpus" / "shards").column("text").to_pylist()
    assert sum(NOTICE in text for text in texts) <= 1 < sum((row["repeated_bytes"] or 0) > 0 for row in rows)


def die_once(task: Task, report) -> None:
    """A process of each task is killed when the work is done and nobody has heard of it, and one before."""
    for when in ("before", "after"):
        if when == "after":
            phases.work(task, report)
        marker = task.space.folder / f"{task.stem}.{when}.dead"
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def dying(_work, given, processes, hooks):
    pool.run_all(die_once, given, processes, hooks)


@pytest.mark.slow
def test_workers_killed_in_every_task_of_every_stage_change_nothing(recipe, whole, tmp_path):
    plan = plan_for(recipe, tmp_path, 3)
    phases.run(plan, dying, lambda _: None)
    assert files(tmp_path) == whole
    dead = {path.name.split("-")[0] for path in plan.space.folder.glob("*.dead")}
    assert dead == {"pass", "exact", "near", "paragraphs", "publish"}  # the other stages have one task, done at home


DRIVER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{here!r}, str(Path({here!r}).parent)]
from test_phases import in_this_process, plan_for
from malmoi.corpus.passes import phases, tasks
def progress(share):
    if share > {share}:
        os.kill(os.getpid(), signal.SIGKILL)
folder = Path({folder!r})
phases.run(tasks.read_plan(folder), in_this_process, progress)
"""


@pytest.mark.slow
def test_driver_killed_in_every_stage_goes_on_to_the_same_bytes(recipe, whole, tmp_path):
    plan = plan_for(recipe, tmp_path, 3)
    reached = 0.0
    for stage in tasks.STAGES:
        share = reached + phases.SHARES[stage] / 2  # of stages that tell nothing inside, just after
        script = DRIVER.format(here=str(Path(__file__).parent), share=share, folder=str(plan.space.folder))
        ended = subprocess.run([sys.executable, "-c", script], check=False)
        assert ended.returncode == -signal.SIGKILL, stage
        reached += phases.SHARES[stage]
    phases.run(plan, in_this_process, lambda _: None)
    assert files(tmp_path) == whole


def test_task_that_is_done_is_not_done_again(recipe, tmp_path):
    plan = plan_for(recipe, tmp_path, 3)
    phases.run(plan, in_this_process, lambda _: None)

    written = {path: path.stat().st_mtime_ns for path in plan.space.folder.rglob("*")}
    assert any(path.suffix == ".json" for path in written)
    again = []

    def note(_work, given, _processes, _hooks):
        again.append([task.stem for task in given])

    phases.run(plan, note, lambda _: None)
    assert again == []
    assert {path: path.stat().st_mtime_ns for path in plan.space.folder.rglob("*")} == written


def ledger(out: Path) -> list[dict]:
    return pq.read_table(out / "ledger").to_pylist()


@pytest.fixture
def crawls(tmp_path) -> tuple[Input, Input]:
    """An old crawl, and a new one with exact and near copies of it, copies within itself, and texts of its own."""
    old = [sentences(number) for number in range(20)]
    new = [sentences(number) for number in range(5)]
    new += [sentences(5 + number)[:-12] for number in range(5)]  # shorter, so the old one is the better of the two
    new += [sentences(500 + number) for number in range(8)]
    new += [sentences(500)]
    write_rows(tmp_path / "old" / "a.jsonl", [{"text": text} for text in old])
    write_rows(tmp_path / "new" / "b.jsonl", [{"text": text} for text in new])
    return Input(tmp_path / "old", name="old"), Input(tmp_path / "new", name="new")


def test_new_crawl_drops_against_an_older_corpus_what_a_build_of_both_finds_to_be_copies(crawls, tmp_path):
    old, new = crawls
    build(CorpusRecipe(inputs=crawls), tmp_path / "both", quiet)
    build(CorpusRecipe(inputs=(old,)), tmp_path / "first", quiet)
    (tmp_path / "old" / "a.jsonl").unlink()  # the older corpus is known by its index alone
    counts = build(CorpusRecipe(inputs=(new,), base=(tmp_path / "first",)), tmp_path / "second", quiet)
    dropped = {row["id"] for row in ledger(tmp_path / "second") if not row["kept"]}
    # Of both, the better one stays; against a base the new one goes, however good it is.
    both = ledger(tmp_path / "both")
    known = {row["cluster"] for row in both if row["input"] == "old" and row["cluster"]}
    copies = {row["id"] for row in both if row["input"] == "new" and (row["cluster"] in known or not row["kept"])}
    assert dropped == copies
    assert len(dropped) == 11
    assert counts["documents_in"] == 19 == counts["documents_kept"] + counts["documents_dropped"]
    first = {row["id"] for row in ledger(tmp_path / "first")}
    named = [row["exact_duplicate_of"] or row["near_duplicate_of"] for row in ledger(tmp_path / "second")]
    assert sum(name in first for name in named) == 10


def test_corpora_made_one_after_another_are_all_looked_at(crawls, tmp_path):
    old, new = crawls
    write_rows(tmp_path / "last" / "c.jsonl", [{"text": sentences(number)} for number in (3, 503, 900)])
    build(CorpusRecipe(inputs=(old,)), tmp_path / "1", quiet)
    build(CorpusRecipe(inputs=(new,), base=(tmp_path / "1",)), tmp_path / "2", quiet)
    last = CorpusRecipe(inputs=(Input(tmp_path / "last"),), base=(tmp_path / "1", tmp_path / "2"))
    counts = build(last, tmp_path / "3", quiet)
    assert counts["dropped_by_reason"] == {"exact_duplicate": 2}


def test_a_base_that_cannot_be_compared_with_is_refused_in_one_line(crawls, tmp_path):
    old, new = crawls
    with pytest.raises(UserError, match="nowhere"):
        build(CorpusRecipe(inputs=(new,), base=(tmp_path / "nowhere",)), tmp_path / "second", quiet)
    recipe = CorpusRecipe(inputs=(old,))
    build(recipe, tmp_path / "first", quiet)
    other = replace(recipe.near_duplicate, bands=10, rows=10)
    with pytest.raises(UserError, match=r"near_duplicate\.bands is 10"):
        build(CorpusRecipe(inputs=(new,), near_duplicate=other, base=(tmp_path / "first",)), tmp_path / "2", quiet)


def test_sites_are_judged_by_the_links_of_the_crawl_and_documents_know_their_trust(tmp_path):
    link = '<p>{}</p><p>자세한 것은 <a href="https://www.law.go.kr/a">국가법령정보센터</a>에서 볼 수 있다.</p>'
    for number in range(6):
        body = link.format("</p><p>".join(sentences(number).split("\n")))
        page = f'<html><head><link rel="canonical" href="https://s{number}.example.com/{number}"></head><body>{body}'
        (tmp_path / "raw").mkdir(exist_ok=True)
        (tmp_path / "raw" / f"{number}.html").write_text(f"{page}</body></html>", encoding="utf-8")
    rows = [{"text": sentences(50), "url": "https://www.law.go.kr/b", "popularity": 5.0}]
    write_rows(tmp_path / "raw" / "law.jsonl", [*rows, {"text": sentences(51), "url": "https://www.law.go.kr/c"}])
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),)), tmp_path / "corpus", quiet)
    sites = {row["host"]: row for row in pq.read_table(tmp_path / "corpus" / "sites.parquet").to_pylist()}
    assert sites["www.law.go.kr"]["in_hosts"] == 6
    shards = pq.read_table(tmp_path / "corpus" / "shards").to_pylist()
    law = {row["source"]["url"]: row for row in shards if "law" in (row["source"]["url"] or "")}
    assert law["https://www.law.go.kr/b"]["source"]["popularity"] == 5.0
    popularity = sites["www.law.go.kr"]["popularity"]
    assert law["https://www.law.go.kr/c"]["source"]["popularity"] == pytest.approx(popularity)
    others = [row["trust"] for row in shards if row["source"]["url"] not in law]
    assert max(others) < law["https://www.law.go.kr/c"]["trust"] == pytest.approx(sites["www.law.go.kr"]["trust"])
    assert "sites.parquet" in manifest.read(tmp_path / "corpus")["outputs"]


def test_boilerplate_is_cut_but_where_it_stands_best_and_off_leaves_it(tmp_path):
    texts = [f"{sentences(number)}\n\n{NOTICE}" for number in range(15)]
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": text} for text in texts])
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),), paragraphs=Paragraphs(most_documents=10))
    build(recipe, tmp_path / "cut", quiet)
    build(replace(recipe, off=("paragraphs",)), tmp_path / "left", quiet)
    shown = {
        name: sum(NOTICE in text for text in pq.read_table(tmp_path / name / "shards").column("text").to_pylist())
        for name in ("cut", "left")
    }
    assert shown == {"cut": 1, "left": 15}
