"""Adapters in the torch engine: equal to merged weights, each row with its own, refused where they would not act."""

import asyncio
import dataclasses
import json

import pytest
import torch
from adapter_folder import TARGETS, merge, write_adapter
from fastapi.testclient import TestClient
from safetensors.torch import load_file, save_file

from malmoi.cli.main import main
from malmoi.kit.errors import UserError
from malmoi.model.lora import read_adapter
from malmoi.model.read_folder import load_hugging_face
from malmoi.serve.engine import Request
from malmoi.serve.http_api import create_app
from malmoi.serve.records.writer import Records
from malmoi.serve.served import Served
from malmoi.serve.settings import RecordSettings, ServeSettings
from malmoi.serve.torch_engine import TorchEngine

SETTINGS = ServeSettings(slots=4, prefill_tokens=16, device="cpu", threads=1)
PROMPTS = [tuple(range(1100 + number, 1140 + number)) for number in range(3)]


async def collect(steps):
    return [piece async for step in steps for piece in step]


async def answers(engine, asked):
    return await asyncio.gather(*(collect(engine.generate(request)) for request in asked))


def ids_of(said):
    return [[piece.token_id for piece in pieces] for pieces in said]


def greedy(adapter=None):
    return [Request(ids, 24, 0.0, adapter=adapter, ignore_eos=True) for ids in PROMPTS]


def answered(folder, asked, *adapters):
    with TorchEngine(folder, dataclasses.replace(SETTINGS, adapters=adapters)) as engine:
        return asyncio.run(answers(engine, asked))


@pytest.fixture(scope="module")
def plain(model_folder):
    return answered(model_folder, greedy())


@pytest.mark.parametrize("target", [*TARGETS, "all"])
def test_an_adapter_answers_as_the_merged_model_and_not_as_its_base(target, model_folder, plain, tmp_path):
    extra = {"use_rslora": True} if target == "q_proj" else {}
    if target == "all":
        extra = {"rank_pattern": {"v_proj": 2}, "alpha_pattern": {"up_proj": 3}}
    adapter = write_adapter(tmp_path / "a", model_folder, TARGETS if target == "all" else (target,), **extra)
    merged = answered(merge(tmp_path / "merged", model_folder, adapter), greedy())
    ours = answered(model_folder, greedy("one"), f"one={adapter}")
    assert ids_of(ours) == ids_of(merged)
    assert ids_of(ours) != ids_of(plain)


def test_rows_of_different_adapters_share_a_batch_and_no_answer_changes_by_a_bit(model_folder, plain, tmp_path):
    words = [f"{name}={write_adapter(tmp_path / name, model_folder, seed=seed)}" for seed, name in enumerate("ab")]
    asked = [dataclasses.replace(each, adapter=name) for each in greedy() for name in ("a", None, "b")]
    with TorchEngine(model_folder, dataclasses.replace(SETTINGS, adapters=tuple(words))) as engine:
        together = asyncio.run(answers(engine, asked))
        alone = [asyncio.run(answers(engine, [request]))[0] for request in asked]
    assert together == alone
    assert together[1::3] == plain
    assert len({tuple(map(tuple, ids_of(together[first::3]))) for first in range(3)}) == 3


def test_a_beginning_that_an_adapter_read_is_not_used_for_another_nor_for_the_base(model_folder, plain, tmp_path):
    words = [f"{name}={write_adapter(tmp_path / name, model_folder, seed=seed)}" for seed, name in enumerate("ab")]
    with TorchEngine(model_folder, dataclasses.replace(SETTINGS, adapters=tuple(words))) as engine:
        first = asyncio.run(answers(engine, greedy("a")))
        assert asyncio.run(answers(engine, greedy())) == plain
        assert engine.health().prefix_hits == 0
        assert asyncio.run(answers(engine, greedy("a"))) == first
        assert engine.health().prefix_hits == len(PROMPTS)


def test_adapters_come_and_go_while_the_engine_runs(model_folder, plain, tmp_path):
    first, second = (write_adapter(tmp_path / str(seed), model_folder, seed=seed) for seed in range(2))

    async def come_and_go(engine):
        await engine.load_adapter("x", first)
        assert [name for name, _ in engine.describe().adapters] == ["x"]
        with pytest.raises(UserError, match="is loaded"):
            await engine.load_adapter("x", second)
        one = await answers(engine, greedy("x"))
        steps = engine.generate(Request(PROMPTS[0], 80, 0.0, adapter="x", ignore_eos=True))
        await anext(steps)
        with pytest.raises(UserError, match="answers use"):
            await engine.unload_adapter("x")
        await steps.aclose()
        for _ in range(200):
            if engine.health().running == 0:
                break
            await asyncio.sleep(0.01)
        await engine.unload_adapter("x")
        with pytest.raises(UserError, match="no adapter 'x'"):
            await answers(engine, greedy("x"))
        await engine.load_adapter("x", second)
        return one, await answers(engine, greedy("x")), await answers(engine, greedy())

    with TorchEngine(model_folder, SETTINGS) as engine:
        one, other, base = asyncio.run(come_and_go(engine))
    assert ids_of(one) != ids_of(other)
    assert base == plain


def spoil(folder, change):
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    path.unlink()
    save_file(tensors, path)


def drop_a_half(tensors):
    del tensors[next(key for key in tensors if "lora_A" in key)]


def add_a_head(tensors):
    tensors["base_model.model.lm_head.lora_A.weight"] = torch.zeros(4, 32)


def narrow(tensors):
    key = next(key for key in tensors if "lora_A" in key)
    tensors[key] = tensors[key][:, :-1].contiguous()


def too_deep(tensors):
    for key in list(tensors):
        tensors[key.replace("layers.1.", "layers.7.")] = tensors.pop(key)


def rename(tensors):
    for key in list(tensors):
        tensors[key.replace("model.layers", "transformer.h")] = tensors.pop(key)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (drop_a_half, "has lora_B alone"),
        (add_a_head, "lm_head"),
        (narrow, "has the shapes"),
        (too_deep, "is not in this model"),
        (rename, "transformer.h"),
        (dict.clear, "has no weights"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias is 'all'"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"peft_type": "IA3"}, "peft_type"),
        ({"r": "4"}, "has no r"),
        ({"rank_pattern": {"q_proj": 8}}, "has the shapes"),
        ({"base_model_sha256": "0" * 64}, "made for the model 000000000000"),
    ],
)
def test_what_would_not_be_used_is_refused_in_one_sentence(change, sentence, model_folder, tmp_path):
    folder = write_adapter(tmp_path / "a", model_folder)
    if isinstance(change, dict):
        told = json.loads((folder / "adapter_config.json").read_text())
        (folder / "adapter_config.json").write_text(json.dumps({**told, **change}))
    else:
        spoil(folder, change)
    with pytest.raises(UserError, match=sentence) as refused:
        TorchEngine(model_folder, dataclasses.replace(SETTINGS, adapters=(f"a={folder}",)))
    assert "\n" not in str(refused.value)


_O = "base_model.model.model.layers.0.self_attn.o_proj"


@pytest.mark.parametrize(
    ("settings", "change", "sentence"),
    [
        ({"r": 0}, {}, "has the rank 0"),
        ({"lora_alpha": float("nan")}, {}, "alpha nan"),
        ({"lora_alpha": 10**400}, {}, "alpha 1000"),
        ({"lora_alpha": 3e38}, {f"{_O}.lora_B.weight": torch.full((32, 4), 1e10)}, "stay finite"),
        ({"alpha_pattern": {"o_proj": None}}, {}, "alpha None"),
        ({"rank_pattern": {"(": 4}}, {}, "regular expressions"),
        ({"alpha_pattern": [1]}, {}, "a table of names"),
        ({"base_model_sha256": 5}, {}, "made for the model 5"),
        ({}, {f"{_O}.lora_A.weight": torch.full((4, 64), float("nan"))}, "finite floats"),
        ({}, {f"{_O}.lora_A.weight": torch.ones((4, 64), dtype=torch.int64)}, "finite floats"),
        ({}, {f"{_O}.lora_A.second.weight": torch.ones(4, 64)}, "twice"),
    ],
)
def test_numbers_that_are_none_are_refused_in_one_sentence(settings, change, sentence, model_folder, tmp_path):
    adapter = write_adapter(tmp_path / "a", model_folder, ("o_proj",), **settings)
    tensors = load_file(adapter / "adapter_model.safetensors")
    save_file(tensors | change, adapter / "adapter_model.safetensors")
    with pytest.raises(UserError, match=sentence):
        read_adapter(adapter, load_hugging_face(model_folder))


def test_of_two_adapters_that_come_at_once_under_one_name_one_is_refused(model_folder, tmp_path):
    folders = [write_adapter(tmp_path / name, model_folder, seed=seed) for seed, name in enumerate("ab")]

    async def both(engine):
        return await asyncio.gather(*(engine.load_adapter("one", each) for each in folders), return_exceptions=True)

    with TorchEngine(model_folder, SETTINGS) as engine:
        assert sorted(type(each).__name__ for each in asyncio.run(both(engine))) == ["NoneType", "UserError"]


def test_a_pickle_is_not_read(model_folder, tmp_path):
    folder = write_adapter(tmp_path / "a", model_folder)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(UserError, match="safetensors cannot be read"):
        TorchEngine(model_folder, dataclasses.replace(SETTINGS, adapters=(f"a={folder}",)))


@pytest.mark.parametrize("word", ["a", "=/x", "a=", "a b=/x", "a:b=/x"])
def test_a_word_of_another_form_is_refused(word, model_folder):
    with pytest.raises(UserError, match="NAME=FOLDER"):
        TorchEngine(model_folder, dataclasses.replace(SETTINGS, adapters=(word,)))


def test_over_http_an_adapter_is_a_model_of_its_own_and_its_record_is_made_again(model_folder, tmp_path, capsys):
    one, other = (write_adapter(tmp_path / f"a{seed}", model_folder, seed=seed) for seed in range(2))
    database = tmp_path / "records.db"
    settings = dataclasses.replace(SETTINGS, adapters=(f"one={one}",), records=RecordSettings(database, "whole"))
    with TorchEngine(model_folder, settings) as engine, Records(database) as records:
        base = engine.describe().name
        app = create_app(Served(engine, engine.codec, settings, records=records))
        with TestClient(app, base_url="http://127.0.0.1:8500") as client:

            def ask(model):
                body = {"model": model, "prompt": list(PROMPTS[0]), "max_tokens": 12, "temperature": 0}
                return client.post("/v1/completions", json=body)

            listed = {each["id"]: each for each in client.get("/v1/models").json()["data"]}
            assert listed.keys() == {base, f"{base}:one"}
            assert listed[f"{base}:one"]["parent"] == base
            assert client.get(f"/v1/models/{base}:one").json() == listed[f"{base}:one"]
            plain, adapted, missing = ask(base), ask(f"{base}:one"), ask(f"{base}:two")
            scored = {"model": f"{base}:one", "prompt": "가", "max_tokens": 0, "echo": True, "logprobs": 1}
            by_base = [
                client.post("/v1/completions", json=scored),
                client.post("/v1/embeddings", json={"model": f"{base}:one", "input": "가"}),
            ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in by_base] == [(400, "cannot")] * 2
    assert plain.json()["choices"][0]["text"] != adapted.json()["choices"][0]["text"]
    assert (plain.json()["model"], adapted.json()["model"]) == (base, f"{base}:one")
    assert missing.status_code == 404
    assert f"{base}:one" in missing.json()["error"]["message"]
    words = ["serve", "replay", adapted.json()["id"], str(model_folder), "--records", str(database), "--threads", "1"]
    main([*words, "--device", "cpu", "--adapter", f"one={one}"])
    assert json.loads(capsys.readouterr().out)["equal"]
    for wrong in ([], ["--adapter", f"one={other}"]):
        assert main([*words, "--device", "cpu", *wrong]) == 2
        assert "the adapter one" in capsys.readouterr().err
