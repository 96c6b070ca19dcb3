"""Which engine answers: what the settings name, or with "auto" the fastest that this machine and this model allow.

No torch here: the gateway plans memory before anything is loaded.
"""

import dataclasses
import functools
import importlib.metadata
import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import MODEL
from malmoi.serve.settings import EightBitSettings, ServeSettings
from malmoi.serve.traffic import composed

ADAPTER_NAME = re.compile(r"[\w.-]+")
_KNOWN = ("llama", "mistral", "qwen2", "qwen3")
"""Kinds of model (config.json) that OpenVINO has been shown to run as torch does (benchmarks/foreign_models.py)."""


class Choice(NamedTuple):
    """engine: "torch" or "openvino". reason: why, for the line at the start."""

    engine: str
    reason: str


def choice(model: Path, settings: ServeSettings) -> Choice:
    """The engine for a model folder. Raises UserError where the settings name one that cannot be."""
    if settings.engine == "torch":
        return Choice("torch", "as asked")
    cannot = _why_not(model, settings)
    if settings.engine == "openvino" and cannot is not None and not cannot.startswith("a GPU"):
        raise UserError(f"--engine openvino: {cannot}", hint="pip install 'malmoi[openvino]', or --engine torch")
    if settings.engine == "openvino":
        return Choice("openvino", "as asked")
    return Choice("openvino", "the fastest on a CPU") if cannot is None else Choice("torch", cannot)


def _why_not(model: Path, settings: ServeSettings) -> str | None:
    """What stands against OpenVINO; None where nothing does."""
    if not has_openvino():
        return "OpenVINO is not installed"
    kind = config_of(model).get("model_type", "llama")
    if kind not in _KNOWN:
        return f"OpenVINO has not been tried with models of the kind {kind!r}"
    return "a GPU is there" if on_gpu(settings) else None


@functools.cache
def has_openvino() -> bool:
    """Whether the packages are installed; nothing is imported."""
    return all(importlib.util.find_spec(name) is not None for name in ("openvino", "openvino_genai"))


def on_gpu(settings: ServeSettings) -> bool:
    """Whether torch would run the model on a GPU: asked for, or there and not hidden."""
    if settings.device != "auto":
        return settings.device == "cuda"
    is_hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return Path("/dev/nvidia0").exists() and not is_hidden and "+cpu" not in importlib.metadata.version("torch")


def config_of(model: Path) -> dict[str, Any]:
    """The config.json of a model folder; empty where there is none: the engine says what is wrong."""
    try:
        found = json.loads((model / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def same_engine(engine: str, settings: ServeSettings) -> ServeSettings:
    """The settings that make an answer again as the engine of its record ("openvino 2026.4.1 f16 f32") made it."""
    kind, _, *precisions = engine.split()
    if kind != "openvino":
        return dataclasses.replace(settings, slots=1, engine="torch")
    known: dict[str, Any] = {"engine": "openvino", "openvino_precision": precisions[-1]}
    known["openvino_weights"] = "int8" if "int8" in precisions else "f16"
    return dataclasses.replace(settings, slots=1, eight_bit=EightBitSettings(allow_untested_8bit=True), **known)


def model_name(model_dir: Path) -> str:
    """The name of a model folder; of its run, where the folder is only called "model"; of its cache's repository."""
    folder = model_dir.resolve()
    cached = folder.parent.parent if folder.parent.name == "snapshots" else folder
    if (cached / "snapshots").is_dir():
        return cached.name.rpartition("--")[2]
    return folder.parent.name if folder.name == MODEL and folder.parent.name else folder.name


def named_adapters(settings: ServeSettings) -> list[tuple[str, Path]]:
    """Names and folders of the adapters that the settings give. Raises UserError for a word of another form."""
    result = dict[str, Path]()
    for word in settings.adapters:
        name, _, folder = word.partition("=")
        name = composed(name)  # as what clients ask for
        if not ADAPTER_NAME.fullmatch(name) or not folder or name in result:
            raise UserError(f"adapter {word!r}", "NAME=FOLDER, each name once, of letters, digits, '_', '.' and '-'")
        result[name] = to_local_path(folder)
    return list(result.items())
