"""Adapters that an operator adds and takes away while the server runs: over HTTP, on the command line, in memory."""

import contextlib
import dataclasses

import pytest
from adapter_folder import write_adapter
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.cli.main import main
from malmoi.cli.serve import opened_model
from malmoi.serve import memory_plan, server
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import add_key
from malmoi.serve.model_folders import Asked, Folders
from malmoi.serve.models import Models
from malmoi.serve.served import Served, ServerState
from malmoi.serve.settings import ServeSettings

SETTINGS = ServeSettings(slots=2, device="cpu", threads=1, engine="torch", prefix_cache_bytes=1_000_000)
BASE = "http://127.0.0.1:8500"
PATH = "/admin/adapters"


def table(model_folder, settings=SETTINGS, memory_bytes=None):
    source = Folders([Asked(model_folder, "demo"), Asked(model_folder, "spare")], settings, opened_model)
    return Models(ServerState(settings), source, memory_bytes=memory_bytes)


@contextlib.contextmanager
def asking(models):
    with contextlib.closing(models), TestClient(create_app(models), base_url=BASE) as client:
        yield client


def put(client, model, name, folder):
    return client.put(PATH, json={"model": model, "name": name, "folder": folder and str(folder)})


def said(client, model):
    body = {"model": model, "prompt": list(range(1100, 1140)), "max_tokens": 12, "temperature": 0}
    reply = client.post("/v1/completions", json=body)
    return reply.json()["choices"][0]["text"] if reply.status_code == 200 else reply.status_code


def test_an_adapter_comes_answers_under_its_name_and_goes(model_folder, tmp_path):
    folder = write_adapter(tmp_path / "a", model_folder)
    with asking(table(model_folder)) as client:
        assert said(client, "demo:tone") == 404
        told = put(client, "demo", "tone", folder).json()
        assert list(told["adapters"]["demo"]) == ["tone"]
        assert told["end_with_the_server"] == {"demo": ["tone"]}
        assert client.get(PATH).json() == told
        assert "demo:tone" in {each["id"] for each in client.get("/v1/models").json()["data"]}
        plain, adapted = said(client, "demo"), said(client, "demo:tone")
        assert isinstance(adapted, str)
        assert adapted != plain
        twice = put(client, "demo", "tone", folder)
        assert (twice.status_code, twice.json()["error"]["code"]) == (409, "adapter_refused")
        assert put(client, "demo", "tone", None).json()["adapters"] == {"demo": {}}
        assert said(client, "demo:tone") == 404
        assert said(client, "demo") == plain


def test_a_model_that_is_loaded_anew_has_its_adapters_again_and_one_whose_folder_is_gone_costs_nobody(
    model_folder, tmp_path, caplog
):
    models = table(model_folder)
    folders = [write_adapter(tmp_path / name, model_folder, seed=seed) for seed, name in enumerate("ab")]
    with asking(models) as client:
        for name, folder in zip("ab", folders, strict=True):
            put(client, "demo", name, folder)
        before = said(client, "demo:a")
        folders[1].rename(tmp_path / "elsewhere")
        models.endpoints["demo"].served.engine.close()
        assert said(client, "demo:a") == before
        assert said(client, "demo:b") == 404
        assert "the adapter b could not be loaded again" in caplog.text


def test_an_adapter_counts_in_the_memory_and_one_that_does_not_fit_is_refused(model_folder, tmp_path):
    small, large = (write_adapter(tmp_path / str(rank), model_folder, rank=rank) for rank in (1, 400))
    needs = memory_plan.memory_plan(model_folder, SETTINGS).model_bytes
    sizes = [memory_plan.adapter_bytes(folder, SETTINGS) for folder in (small, large)]
    models = table(model_folder, memory_bytes=2 * needs + sizes[0])
    with asking(models) as client:
        assert isinstance(said(client, "demo"), str)
        assert put(client, "demo", "small", small).status_code == 200
        assert isinstance(said(client, "spare"), str)
        assert models.endpoints["demo"].served is not None, "both and the adapter fit"
        assert put(client, "spare", "small", small).status_code == 200
        assert models.endpoints["demo"].served is None, "the one that nobody uses goes"
        refused = put(client, "spare", "large", large)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
        assert isinstance(said(client, "spare:small"), str)


def test_adapters_of_the_start_are_in_the_memory_plan(model_folder, tmp_path):
    folder = write_adapter(tmp_path / "a", model_folder, rank=3)
    settings = dataclasses.replace(SETTINGS, adapters=(f"a={folder}",))
    plain, plan = (memory_plan.memory_plan(model_folder, each) for each in (SETTINGS, settings))
    assert (
        plan.model_bytes - plain.model_bytes == plan.adapters_bytes == memory_plan.adapter_bytes(folder, settings) > 0
    )
    [listed] = Folders([Asked(model_folder, "demo")], settings, opened_model).find()
    assert listed.needs_bytes == plan.model_bytes
    assert "adapters" in listed.plan


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"model": "demo", "name": "a"}, 400),
        ({"model": "demo", "name": "a/b", "folder": "/x"}, 400),
        ({"model": "demo", "name": "a", "folder": "x"}, 400),
        ({"model": "demo", "name": "a", "folder": 1}, 400),
        ({"model": 1, "name": "a", "folder": "/x"}, 400),
        ({"model": "none", "name": "a", "folder": "/x"}, 404),
        ({"model": "demo", "name": "a", "folder": "/nowhere"}, 409),
        ({"model": "demo", "name": "a", "folder": None}, 409),
    ],
)
def test_a_slip_changes_nothing_and_is_told_in_both_languages(model_folder, body, status):
    with asking(table(model_folder)) as client:
        reply = client.put(PATH, json=body)
        assert reply.status_code == status
        assert reply.json()["error"]["message"]
        assert reply.json()["error"]["message_ko"]
        assert not any(client.get(PATH).json()["adapters"].values())


def test_an_engine_that_takes_none_while_it_runs_says_so(codec):
    with TestClient(create_app(Served(FakeEngine(codec), codec, SETTINGS)), base_url=BASE) as client:
        reply = put(client, client.get("/v1/models").json()["data"][0]["id"], "a", "/x")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "cannot")
    assert "takes no adapters in or out while it runs" in reply.json()["error"]["message"]


def test_the_command_line_adds_and_takes_away_with_a_key_of_the_scope_admin(
    model_folder, tmp_path, monkeypatch, capsys
):
    folder = write_adapter(tmp_path / "a", model_folder)
    plain, key = (add_key(tmp_path / "keys", name, words) for name, words in (("u", ""), ("op", "scopes=admin")))
    models = table(model_folder, dataclasses.replace(SETTINGS, keys=tmp_path / "keys"))
    with contextlib.closing(models), server.running(create_app(models)) as address:
        asked, where = ["serve", "adapters"], ["--at", address]
        monkeypatch.setenv("MALMOI_API_KEY", plain)
        assert main([*asked, *where]) == 2
        monkeypatch.setenv("MALMOI_API_KEY", key)
        assert main([*asked, "demo", f"tone={folder}", *where]) == 0
        assert '"tone"' in capsys.readouterr().out
        assert main([*asked, "demo", "--off", "tone", *where]) == 0
        assert '"tone"' not in capsys.readouterr().out
        for wrong in (["demo"], ["demo", "tone"], ["demo", f"tone={folder}", "--off", "tone"], ["demo", "tone=/x"]):
            assert main([*asked, *wrong, *where]) == 2
            assert "Traceback" not in capsys.readouterr().err
