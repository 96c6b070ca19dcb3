"""Adapters as PEFT writes them, random and loud, and the same merged into the weights of a model."""

import json
import math
import shutil

import torch
from safetensors.torch import load_file, save_file

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def module_of(name):
    return f"{'self_attn' if name[0] in 'qkvo' else 'mlp'}.{name}"


def write_adapter(folder, model_folder, targets=TARGETS, rank=4, seed=0, **settings):
    """An adapter for every layer of the model; `settings` go into adapter_config.json."""
    weights = load_file(model_folder / "model.safetensors")
    generator = torch.Generator().manual_seed(seed)
    told = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": 8,
        "target_modules": list(targets),
        "bias": "none",
        **settings,
    }
    tensors = {}
    for layer in range(json.loads((model_folder / "config.json").read_text())["num_hidden_layers"]):
        for target in targets:
            module = f"model.layers.{layer}.{module_of(target)}"
            outputs, inputs = weights[f"{module}.weight"].shape
            own = told.get("rank_pattern", {}).get(target, rank)
            loud = weights[f"{module}.weight"].std() / math.sqrt(own)
            tensors[f"base_model.model.{module}.lora_A.weight"] = torch.randn(own, inputs, generator=generator)
            tensors[f"base_model.model.{module}.lora_B.weight"] = loud * torch.randn(outputs, own, generator=generator)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(told))
    return folder


def merge(folder, model_folder, adapter):
    """A copy of the model whose weights have the adapter in them."""
    shutil.copytree(model_folder, folder)
    weights, tensors = load_file(model_folder / "model.safetensors"), load_file(adapter / "adapter_model.safetensors")
    told = json.loads((adapter / "adapter_config.json").read_text())
    for key, up in tensors.items():
        if ".lora_B." in key:
            down = tensors[key.replace(".lora_B.", ".lora_A.")]
            rank, target = len(down), key.split(".")[-3]
            alpha = told.get("alpha_pattern", {}).get(target, told["lora_alpha"])
            scale = alpha / (math.sqrt(rank) if told.get("use_rslora") else rank)
            weights[key.removeprefix("base_model.model.").replace(".lora_B", "")] += scale * up @ down
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder
