import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from small_world import FakeEngine

from malmoi.cli.main import main
from malmoi.kit.errors import UserError
from malmoi.serve import model_folders as folders_module
from malmoi.serve import models as models_module
from malmoi.serve.endpoints import Listed
from malmoi.serve.keys import ANYONE
from malmoi.serve.model_folders import Asked, Folders, asked_of, check_memory, empty_runs
from malmoi.serve.models import Models
from malmoi.serve.served import ServerState
from malmoi.serve.settings import ModelsSettings, ServeSettings
from malmoi.serve.step_watch import free_memory_bytes

TORCH = ServeSettings(engine="torch", device="cpu", slots=2)
CHECKPOINT = {
    "counts": {"step": 300, "vocabulary_tokens": 1500},
    "config": {"model": {"layers": 2, "hidden": 32, "heads": 4, "kv_heads": 2, "feed_forward": 64}},
    "finished_at": 7.5,
}


@contextlib.contextmanager
def opened(folder, settings):
    yield folder, settings


def found(*words, settings=TORCH):
    return Folders([asked_of(str(word), Path) for word in words], settings, opened).find()


def ids(listed):
    return [each.id for each in listed]


def put_model(model_folder, to, step=None):
    shutil.copytree(model_folder, to)
    if step is not None:
        (to / "manifest.json").write_text(json.dumps({"counts": {"step": step}, "outputs": {}}))


@pytest.fixture
def run(model_folder, tmp_path):
    """A run that was exported at step 200, with an export of step 100 and a checkpoint of step 300."""
    folder = tmp_path / "runs" / "demo"
    put_model(model_folder, folder / "model", 200)
    put_model(model_folder, folder / "models" / "step-00000100", 100)
    put_model(model_folder, folder / "models" / "step-00000150")  # no manifest: it is being written
    saved = folder / "train" / "checkpoints" / "step-00000300"
    saved.mkdir(parents=True)
    (saved / "manifest.json").write_text(json.dumps(CHECKPOINT))
    (saved.parent / "step-00000400").mkdir()
    (saved.parent / "step-00000200.refused").mkdir()
    return folder


def test_a_model_folder_has_its_name_or_the_one_that_it_is_given(model_folder, tmp_path):
    put_model(model_folder, tmp_path / unicodedata.normalize("NFD", "모델"))
    put_model(model_folder, tmp_path / "a=b")
    assert ids(found(model_folder.parent / "model")) == [model_folder.parent.name]
    told = [
        tmp_path / unicodedata.normalize("NFD", "모델"),
        f"demo@100={model_folder}",
        f"데모={model_folder}",
        tmp_path / "a=b",
    ]
    assert ids(found(*told)) == ["모델", "demo@100", "데모", "a=b"]
    [listed] = found(f"x@1={model_folder}")
    assert (listed.name, listed.version, listed.context_tokens) == ("x", "1", 128)
    assert "2 slots x 128 tokens" in listed.plan


def test_every_export_and_every_whole_checkpoint_of_a_run_is_a_model(run):
    listed = found(run)
    assert ids(listed) == ["demo@100", "demo@200", "demo@300"]
    assert [each.is_default for each in listed] == [False, True, False]
    assert [each.context_tokens for each in listed] == [128, 128, 1024]
    assert listed[2].created_s == 7
    assert all(each.needs_bytes > 0 for each in listed)
    assert not any(each.is_pinned for each in listed)


def test_a_checkpoint_that_is_exported_later_is_the_same_model(run, model_folder):
    put_model(model_folder, run / "models" / "step-00000300", 300)
    shutil.rmtree(run / "train")
    assert ids(found(run)) == ["demo@100", "demo@200", "demo@300"]
    shutil.rmtree(run / "model")
    assert ids(found(f"x={run}")) == ["x@100", "x@300"]


def test_one_folder_alone_is_loaded_at_the_start_and_of_several_those_that_are_pinned(run, model_folder):
    assert [each.is_pinned for each in found(model_folder)] == [True]
    pinned = ServeSettings(engine="torch", models=ModelsSettings(pinned=("demo", "x@1")))
    listed = found(run, f"x@1={model_folder}", f"x@2={model_folder}", settings=pinned)
    assert [each.id for each in listed if each.is_pinned] == ["demo@200", "x@1"]


@pytest.mark.parametrize("word", ["absent", "x=absent", "x@1=absent", "", "=", "x@="])
def test_a_word_that_names_no_model_is_told(word, tmp_path):
    with pytest.raises(UserError, match="no model"):
        asked_of(word, lambda text: tmp_path / "nowhere" / text)


def test_two_folders_of_one_name_are_told_and_so_is_a_version_for_a_run(run, model_folder):
    with pytest.raises(UserError, match=r"both x@1.*NAME=FOLDER"):
        found(f"x@1={model_folder}", f"x@1={run / 'model'}")
    with pytest.raises(UserError, match="versions of its own"):
        found(f"x@1={run}")


def test_a_model_is_opened_under_its_own_id_and_one_that_has_gone_is_told(run, model_folder, tmp_path):
    source = Folders([Asked(run, is_run=True)], TORCH, opened)
    listed = source.find()
    with source.open(listed[1]) as (folder, settings):
        assert (folder, settings.name) == (run / "model", "demo@200")
    shutil.rmtree(run / "model")
    with pytest.raises(UserError, match="not there"), source.open(listed[1]):
        pytest.fail("it has gone")
    put_model(model_folder, tmp_path / "one")
    lone = Folders([Asked(tmp_path / "one")], TORCH, opened)
    shutil.rmtree(tmp_path / "one")
    assert [(each.id, each.needs_bytes) for each in lone.find()] == [("one", 0)], "who asks it gets the reason"


@pytest.mark.parametrize("about", ["{}", '{"counts": null}', '{"counts": {"step": "x"}}', '{"counts": []}', "[]", "{"])
def test_a_damaged_manifest_of_one_run_takes_no_other_model_away(run, model_folder, about):
    (run / "model" / "manifest.json").write_text(about)
    (run / "train" / "checkpoints" / "step-00000300" / "manifest.json").write_text(about)
    assert {"demo@100", "demo@300", "other"} <= set(ids(found(run, f"other={model_folder}")))


def test_a_file_that_is_gone_or_half_written_for_a_moment_stays_the_model_that_it_was(tmp_path):
    gguf, recipe = tmp_path / "작은.gguf", tmp_path / "far.toml"
    gguf.write_bytes(b"GGUF")
    recipe.write_text('model = "maker/far-model"\naddress = "http://127.0.0.1:1"\n')
    source = Folders([asked_of(str(path), Path) for path in (gguf, recipe)], TORCH, opened)
    assert ids(source.find()) == ["작은", "far-model"]
    gguf.unlink()
    recipe.write_text("mod")
    assert ids(source.find()) == ["작은", "far-model"]


def test_a_folder_of_hugging_faces_cache_is_called_as_its_repository(model_folder, tmp_path):
    put_model(model_folder, tmp_path / "models--Maker--Small-1B" / "snapshots" / "abc")
    for path in (tmp_path / "models--Maker--Small-1B", tmp_path / "models--Maker--Small-1B" / "snapshots" / "abc"):
        assert ids(found(path)) == ["Small-1B"]


def test_a_checkpoint_is_exported_and_loaded_once(run, model_folder, codec, monkeypatch):
    monkeypatch.setattr(models_module, "_LOOK_S", 0.0)
    monkeypatch.setattr(folders_module, "_export", lambda folder, step: put_model(model_folder, folder, step))
    loads = []

    @contextlib.contextmanager
    def loaded(folder, settings):  # noqa: ARG001
        loads.append(folder.name)
        yield FakeEngine(codec), codec

    async def work():
        models = Models(ServerState(TORCH), Folders([asked_of(str(run), Path)], TORCH, loaded))
        for _ in range(3):
            async with models.using("demo@300", ANYONE):
                pass
            await models.look()

    asyncio.run(work())
    assert loads == ["step-00000300"]


EXPORTING = """
import pathlib, sys
from malmoi.serve import model_folders
model_folders._export(pathlib.Path(sys.argv[1]) / "models" / "step-00000300", 300)
"""


def test_an_export_ends_with_the_server_also_where_that_is_killed(tmp_path):
    told = tmp_path / "pid"
    (tmp_path / "nice").write_text(f"#!/bin/sh\necho $$ > {told}.new\nmv {told}.new {told}\nexec sleep 600\n")
    (tmp_path / "nice").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-c", EXPORTING, str(tmp_path)], env=environment) as server:
        await_that(told.is_file)
        server.kill()
    await_that(lambda: not is_running(int(told.read_text())))


def await_that(is_true):
    deadline = time.monotonic() + 60
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_true()


def is_running(pid):
    """Also a process that nobody has waited for has ended."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_a_checkpoint_that_cannot_be_exported_is_told_with_the_reason(run):
    source = Folders([Asked(run, is_run=True)], TORCH, opened)
    with pytest.raises(UserError, match=r"checkpoint 300 .* could not be exported: .+"), source.open(source.find()[2]):
        pytest.fail("its tokenizer is missing")


def test_what_does_not_fit_is_a_sentence_before_anything_is_loaded(model_folder, capsys):
    small, large = Listed("a", needs_bytes=10), Listed("b", needs_bytes=30, plan="weights 30")
    check_memory([small, large], 30)
    with pytest.raises(UserError, match=r"b needs .* \(weights 30\).*fewer --slots"):
        check_memory([small, large], 29)
    kept = [Listed("a", needs_bytes=20, is_pinned=True), Listed("b", needs_bytes=20, is_pinned=True)]
    with pytest.raises(UserError, match="stay loaded"):
        check_memory(kept, 30)
    words = ["serve", str(model_folder), "--port", "0", "--engine", "torch"]
    assert main([*words, "--memory-gb", "0.0001"]) == 2
    told = capsys.readouterr().err
    assert "weights" in told
    assert "tokens of cache" in told
    assert "Traceback" not in told
    assert main([*words, "--pin", "other"]) == 2
    assert main(["serve", str(model_folder), str(model_folder), "--name", "x", "--port", "0"]) == 2


def test_free_memory_is_the_machines_or_what_a_container_leaves(tmp_path):
    assert free_memory_bytes(tmp_path, tmp_path) == 2**62
    (tmp_path / "meminfo").write_text("MemTotal:  100 kB\nMemAvailable:  50 kB\n")
    assert free_memory_bytes(tmp_path, tmp_path) == 50 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("30000\n")
    assert free_memory_bytes(tmp_path, tmp_path) == 50 * 1024
    (tmp_path / "memory.max").write_text("40000\n")
    (tmp_path / "memory.stat").write_text("anon 9\ninactive_file 5000\n")
    assert free_memory_bytes(tmp_path, tmp_path) == 15000, "what is cached of files can be had"


def test_a_run_with_nothing_to_serve_yet_is_told_and_others_are_not(model_folder, run, tmp_path):
    put_model(model_folder, tmp_path / "begun" / "model")  # no manifest: an export was cut off
    asked = [asked_of(str(path), Path) for path in (run, tmp_path / "begun")]
    assert empty_runs(asked, Folders(asked, TORCH, opened).find()) == [tmp_path / "begun"]
