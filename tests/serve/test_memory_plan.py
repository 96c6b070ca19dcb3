"""What a model takes is told before it is loaded."""

import dataclasses
import shutil

import pytest

from malmoi.kit.errors import UserError
from malmoi.model.read_folder import load_hugging_face
from malmoi.serve import engine_choice, memory_plan
from malmoi.serve.settings import ServeSettings

SETTINGS = ServeSettings(engine="torch", device="cpu", slots=3)


def test_the_plan_counts_every_weight_and_a_full_context_for_each_slot(model_folder):
    model = load_hugging_face(model_folder)
    plan = memory_plan.memory_plan(model_folder, SETTINGS)
    held = sum(parameter.numel() for parameter in model.parameters())
    assert plan.weights_bytes == 8 * held
    full = 3 * model.shape.context_tokens * model.shape.cache_bytes_per_token()
    assert plan.cache_bytes == full + SETTINGS.prefix_cache_bytes
    assert plan.second_bytes == 0


def test_the_second_engine_is_counted_beside_openvino(model_folder, monkeypatch):
    monkeypatch.setattr(engine_choice, "has_openvino", lambda: True)
    whole = memory_plan.memory_plan(model_folder, SETTINGS)
    both = memory_plan.memory_plan(model_folder, dataclasses.replace(SETTINGS, engine="openvino"))
    assert both.second_bytes == whole.weights_bytes + whole.cache_bytes
    half = dataclasses.replace(SETTINGS, engine="openvino", openvino_precision="bf16")
    assert memory_plan.memory_plan(model_folder, half).cache_bytes == both.cache_bytes / 2


def test_what_does_not_fit_is_a_sentence_with_its_parts(model_folder):
    plan = memory_plan.memory_plan(model_folder, dataclasses.replace(SETTINGS, slots=30_000_000))
    with pytest.raises(UserError, match=r"up to .* GB .*cache of 30000000 slots"):
        plan.check(free_bytes=10**9)
    memory_plan.memory_plan(model_folder, SETTINGS).check(free_bytes=10**9)


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x05\0\0\0\0\0\0\0[1,2]", b"\x02\0\0\0\0\0\0\0{", b"\x00" * 8])
def test_damaged_weights_are_a_sentence(model_folder, tmp_path, content):
    shutil.copytree(model_folder, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        memory_plan.memory_plan(tmp_path / "model", SETTINGS)


def test_a_folder_without_a_model_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"no model.safetensors"):
        memory_plan.memory_plan(tmp_path, SETTINGS)
    (tmp_path / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(UserError, match=r"config.json"):
        memory_plan.memory_plan(tmp_path, SETTINGS)
