"""The Ray engine on real clusters on this machine: small tasks, then whole builds, with everything killed once."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import Deadly, Heard, ask_wrongly, die_on_odd, raise_on_three, square, write_files, write_to_nowhere

from malmoi.corpus import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'malmoi[ray]'")

from ray.cluster_utils import Cluster  # noqa: E402

from malmoi.corpus.engines import ray_tasks  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("connected"),
    # Ray leaves files open when it ends its own processes.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each, as real raylets of their own."""
    with pytest.MonkeyPatch.context() as patch:
        here = Path(__file__).parent  # the nodes find the work functions of this file and of the folder above
        patch.setenv("PYTHONPATH", f"{here}:{here.parent}")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        made.add_node(num_cpus=1)
        made.wait_for_nodes()
        yield made
        made.shutdown()


@pytest.fixture
def connected(cluster, monkeypatch):
    monkeypatch.setenv(ray_tasks.ADDRESS, cluster.address)
    yield cluster
    ray.shutdown()


def where(_task, _report):
    time.sleep(0.3)
    return os.getppid()


def kill_the_ray_worker_once(task, _report):
    marker = Path(task)
    if not marker.exists():
        marker.write_text("")
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return "done"


def kill_every_ray_worker(_task, _report):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def test_every_task_is_done_once_on_two_nodes_and_its_news_are_heard():
    heard = Heard()
    ray_tasks.run_all(square, [1, 2, 3, 4, 5], 2, heard.hooks())
    assert heard.done == {0: 1, 1: 4, 2: 9, 3: 16, 4: 25}
    assert sorted(heard.news) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    heard = Heard()
    ray_tasks.run_all(where, list(range(6)), 2, heard.hooks())
    assert len(set(heard.done.values())) == 2  # both nodes work, and a Ray worker keeps its child


def test_task_of_a_dead_child_is_given_back_and_its_ray_worker_lives_on():
    heard = Heard()
    ray_tasks.run_all(die_on_odd, [0, 1, 2, 4], 2, heard.hooks(retry=lambda _: 10))
    assert heard.done == {0: 0, 1: 10, 2: 2, 3: 4}
    assert heard.deaths == [(1, -signal.SIGKILL)]


def test_task_of_a_killed_ray_worker_is_done_again_and_blamed_for_nothing(tmp_path):
    heard = Heard()
    ray_tasks.run_all(kill_the_ray_worker_once, [str(tmp_path / "marker")], 2, heard.hooks())
    assert (heard.done, heard.deaths) == ({0: "done"}, [])


def test_task_that_loses_every_ray_worker_ends_the_build():
    with pytest.raises(RuntimeError, match="task 0 lost 9 Ray workers"):
        ray_tasks.run_all(kill_every_ray_worker, ["anything"], 2, Heard().hooks())


def test_errors_of_tasks_are_raised_here_as_by_the_pool():
    with pytest.raises(RuntimeError, match="ValueError: three"):
        ray_tasks.run_all(raise_on_three, [1, 2, 3], 1, Heard().hooks())
    with pytest.raises(UserError, match="the folder is /nope"):
        ray_tasks.run_all(ask_wrongly, [1], 1, Heard().hooks())
    with pytest.raises(FileNotFoundError) as raised:
        ray_tasks.run_all(write_to_nowhere, ["/proc/no/such"], 1, Heard().hooks())
    assert raised.value.filename == "/proc/no/such"


def test_a_cluster_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setenv(ray_tasks.ADDRESS, "127.0.0.1:9")
    with pytest.raises(UserError, match=r"no Ray cluster at RAY_ADDRESS=127\.0\.0\.1:9: .*refused"):
        ray_tasks.run_all(square, [1], 1, Heard().hooks())


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "raw"
    write_files(folder, 6, 150)
    return folder


@pytest.fixture(scope="module")
def recipe(raw) -> CorpusRecipe:
    return CorpusRecipe(inputs=(Input(raw, name="raw"),), processes=2, shard_bytes=500_000)


@pytest.fixture(scope="module")
def by_pool(recipe, tmp_path_factory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("ray") / "pool"
    build.build(recipe, out, quiet)
    return manifest.read(out)["outputs"]


def test_two_nodes_give_the_bytes_of_the_pool(recipe, by_pool, tmp_path):
    build.build(recipe, tmp_path / "corpus", quiet, ray_tasks.run_all)
    assert manifest.read(tmp_path / "corpus")["outputs"] == by_pool
    assert len(by_pool) > 4


def test_document_that_kills_its_worker_costs_one_line_of_the_ledger_on_ray_too(tmp_path):
    rows = [{"text": sentences(number) + (" 독이 든 사과" if number == 3 else "")} for number in range(6)]
    write_rows(tmp_path / "raw" / "a.jsonl", rows)
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),), profanity=Deadly())
    counts = build.build(recipe, tmp_path / "corpus", quiet, ray_tasks.run_all)
    assert counts["dropped_by_reason"] == {"worker_died": 1}
    assert counts["documents_kept"] == 5
    # Once over many rows at once, which names none of them, twice over a batch, twice alone.
    assert len(list(events.every(tmp_path / "corpus", "worker_died"))) == 5


@pytest.mark.parametrize("victim", ["ray worker", "node"])
def test_kill_of_a_ray_worker_or_of_a_node_changes_nothing(recipe, by_pool, cluster, tmp_path, victim):
    node = cluster.add_node(num_cpus=1) if victim == "node" else cluster.head_node
    raylet = node.all_processes["raylet"][0].process.pid
    out, killed = tmp_path / "corpus", []

    def kill() -> None:
        _wait_for(lambda: list(out.glob("work/*/pass-*.json")) and _ray_workers(raylet))
        killed.append(raylet if victim == "node" else _ray_workers(raylet)[0])
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        build.build(recipe, out, quiet, ray_tasks.run_all)
    finally:
        killer.join()
        if victim == "node":
            cluster.remove_node(node, allow_graceful=False)
    assert killed
    assert manifest.read(out)["outputs"] == by_pool
    assert not list(events.every(out, "worker_died"))  # no document is blamed for it


DRIVER = """
from pathlib import Path
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus import build
from malmoi.corpus.engines import ray_tasks
if __name__ == "__main__":
    recipe = CorpusRecipe(inputs=(Input(Path({raw!r}), name="raw"),), processes=2, shard_bytes=500_000)
    build.build(recipe, Path({out!r}), lambda done, total: None, ray_tasks.run_all)
"""


def test_kill_of_the_driver_and_another_run_give_the_same_bytes(recipe, raw, by_pool, tmp_path):
    out, script = tmp_path / "corpus", tmp_path / "driver.py"
    script.write_text(DRIVER.format(raw=str(raw), out=str(out)))
    driver = subprocess.Popen([sys.executable, str(script)])
    _wait_for(lambda: list(out.glob("work/*/pass-*.json")))
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    assert not (out / "manifest.json").exists()
    build.build(recipe, out, quiet, ray_tasks.run_all)
    assert manifest.read(out)["outputs"] == by_pool
    assert not (out / "work").exists()


def _ray_workers(raylet: int) -> list[int]:
    """The workers of a node that are at a task of ours."""
    children = Path(f"/proc/{raylet}/task/{raylet}/children").read_text().split()
    return [int(child) for child in children if b"ray::_do" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
