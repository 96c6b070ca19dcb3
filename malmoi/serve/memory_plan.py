"""How much memory a model takes when it is served, told before anything is loaded. No torch here.

Measured on a Llama of 40 M parameters (resident memory after loading, less that of the imports): torch 417 MB, planned
320; OpenVINO 314 MB with float32 and 260 with bfloat16, planned 320 and 240. The rest, up to 100 MB, is libraries and
does not grow with the model (`LIBRARIES_BYTES`).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.serve.engine_choice import choice, config_of, named_adapters, on_gpu
from malmoi.serve.settings import ServeSettings

GGUF_PARAMETERS = "gguf_parameters"
"""What the config.json of an unpacked GGUF file says of its weights (model/gguf_reading.py)."""
ADAPTER_WEIGHTS = "adapter_model.safetensors"
LIBRARIES_BYTES = 100_000_000
_LARGEST_SIZE = 2**40
_HEADER_BYTES = 100_000_000
"""The longest header that safetensors itself takes."""


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes at most. cache: all slots with a full context, and kept beginnings. second: torch beside OpenVINO.

    adapters: those that are loaded at the start.
    """

    weights_bytes: int
    cache_bytes: int
    second_bytes: int
    slots: int
    adapters_bytes: int = 0

    @property
    def model_bytes(self) -> int:
        """All of it but the libraries."""
        return self.weights_bytes + self.cache_bytes + self.second_bytes + self.adapters_bytes

    @property
    def needed_bytes(self) -> int:
        """All of it."""
        return LIBRARIES_BYTES + self.model_bytes

    def check(self, free_bytes: int) -> None:
        """Raises UserError where it is more than `free_bytes`; says what would fit."""
        if self.needed_bytes <= free_bytes:
            return
        needed, free = self.needed_bytes / 1e9, free_bytes / 1e9
        parts = f"weights {self.weights_bytes / 1e9:.1f}, cache of {self.slots} slots {self.cache_bytes / 1e9:.1f}"
        second = f", second engine {self.second_bytes / 1e9:.1f}" if self.second_bytes else ""
        second += f", adapters {self.adapters_bytes / 1e9:.1f}" if self.adapters_bytes else ""
        raise UserError(
            f"the model needs up to {needed:.1f} GB of memory ({parts}{second})",
            f"at most the {free:.1f} GB that are free",
            "use fewer --slots",
        )


def memory_plan(model: Path, settings: ServeSettings) -> MemoryPlan:
    """What a model folder takes with these settings: of the GPU where it runs there, of the machine's memory else.

    torch on a CPU keeps float32 weights and the same packed for oneDNN; on a GPU 16 bits. OpenVINO keeps its file's
    numbers (16 or 8 bits of ours; a foreign model's have all, and that is counted) and packs them once more. A second
    engine has weights and a cache of its own.
    """
    parameters, context_bytes = num_parameters(model), context_values(model) * settings.slots
    more_bytes = sum(adapter_bytes(folder, settings) for _, folder in named_adapters(settings))
    if choice(model, settings).engine == "openvino":
        value_bytes = 4 if settings.openvino_precision == "f32" else 2
        second_bytes = parameters * 8 + context_bytes * 4 + settings.prefix_cache_bytes
        return MemoryPlan(
            parameters * (4 + value_bytes), context_bytes * value_bytes, second_bytes, settings.slots, more_bytes
        )
    value_bytes, weight_bytes = (2, 2) if on_gpu(settings) else (4, 8)
    cache_bytes = context_bytes * value_bytes + settings.prefix_cache_bytes
    return MemoryPlan(parameters * weight_bytes, cache_bytes, 0, settings.slots, more_bytes)


def adapter_bytes(folder: Path, settings: ServeSettings) -> int:
    """What an adapter takes: as a model's weights, and once more where OpenVINO has it as well.

    Raises UserError where its folder has no weights.
    """
    each_bytes = 2 if on_gpu(settings) else 8 if settings.engine == "torch" else 12
    return each_bytes * _num_parameters(folder / ADAPTER_WEIGHTS)


def num_parameters(model: Path) -> int:
    """Numbers in the weights, by the headers of their files. Raises UserError where there are none."""
    if type(told := config_of(model).get(GGUF_PARAMETERS)) is int and told > 0:
        return told
    files = sorted(model.glob("*.safetensors"))
    if not files:
        raise UserError(f"{model} has no model.safetensors", "an exported model")
    return sum(_num_parameters(file) for file in files)


def _num_parameters(file: Path) -> int:
    """A safetensors file begins with 8 bytes for the length of the JSON that follows, which tells the shapes."""
    try:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(size, _HEADER_BYTES)))
        return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
    except (OSError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        raise UserError(f"{file} cannot be read", "an exported model") from None


def context_values(model: Path) -> int:
    """Numbers in the key/value cache of one answer with a full context. Raises UserError where config.json is none."""
    found = config_of(model)
    try:
        heads = found["num_attention_heads"]
        head_size = found.get("head_dim") or found["hidden_size"] // heads
        kv_heads = found.get("num_key_value_heads") or heads
        sizes = (found["num_hidden_layers"], kv_heads, head_size, found["max_position_embeddings"])
        if not all(type(size) is int and 0 < size < _LARGEST_SIZE for size in sizes):  # a text times a number is a text
            raise TypeError
        return 2 * math.prod(sizes)
    except (KeyError, TypeError, ZeroDivisionError):
        raise UserError(f"{model / 'config.json'} does not tell the sizes of a model", "an exported model") from None
