"""The model of a Hugging Face folder: ours, or any maker's that has the shape of Llama, Mistral, Qwen2 or Qwen3.

What the folder asks for and this decoder would not compute to the letter is refused with its field's name: a model that
runs nearly right gives wrong answers without a word. Weights are read from safetensors, in one file or in shards, or
from a GGUF file (gguf_reading.py); never from pytorch_model.bin, for a pickle runs whatever its maker wrote into it.
"""

import dataclasses
import json
import math
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.model.gguf_reading import GGUF_WEIGHTS, weights_of
from malmoi.model.shape import ModelSettings, Shape, Variant
from malmoi.model.transformer import Transformer, rope_speeds

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"

_LAYOUT = tomllib.loads(Path(__file__).with_name("hugging_face.toml").read_text(encoding="utf-8"))
_SIZES: dict[str, str] = _LAYOUT["sizes"]
_DEFAULTS = {"rms_norm_eps": 1e-6, "tie_word_embeddings": False, "rope_theta": ModelSettings.rope_theta}
"""What transformers takes where a config.json of these kinds does not say it."""
_BIASED = {"llama": (), "mistral": (), "qwen2": ("q_proj", "k_proj", "v_proj"), "qwen3": ()}
"""Kinds of models, and the projections of theirs that always have a bias."""
_WITH_ATTENTION_BIAS = ("q_proj", "k_proj", "v_proj", "o_proj")
_QWEN3_HEAD_SIZE = 128
_WIDEST = 2**24
# A model is made before its weights are looked at.
_MOST = {
    "num_hidden_layers": 2_000,
    **dict.fromkeys(("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads"), _WIDEST),
}
"""Some ten times the largest models of today."""
_FLOATS = (torch.float32, torch.float16, torch.bfloat16)


def load_hugging_face(folder: Path) -> Transformer:
    """The model of a folder, float32, on the CPU.

    Raises UserError where a file is missing or damaged, or the model is none that can be run exactly.
    """
    shape = read_shape(folder)
    with torch.device("meta"):
        model = Transformer(shape)
    expected = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    if (folder / GGUF_WEIGHTS).is_file():
        dequantised = weights_of(folder / GGUF_WEIGHTS, shape, list(expected))
        weights = {name: torch.from_numpy(weight) for name, weight in dequantised.items()}
    else:
        weights = _safetensors(folder)
    if shape.tied:
        weights.pop("lm_head.weight", None)
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            wrong = f"{folder}: {name} has the shape {found.get(name)}"
            raise UserError(wrong, f"{expected.get(name)}, after {CONFIG}")
    model.load_state_dict(weights, assign=True, strict=False)
    if shape.tied:
        model.lm_head.weight = model.model.embed_tokens.weight
    return model.eval()


def read_shape(folder: Path) -> Shape:
    """The shape that a folder's config.json tells. Raises UserError naming the field that this decoder has not."""
    found = read_table(folder / CONFIG)
    try:
        return _shape(folder, found)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:  # a list for a number, and the like
        raise UserError(f"{folder / CONFIG} has a value of another kind: {str(error)[:200]}", "a model's") from None


def _shape(folder: Path, found: dict[str, Any]) -> Shape:
    kind = found.get("model_type", "llama")
    for key, is_unlike in _unlike(found, kind):
        if is_unlike:
            wrong = f"{folder / CONFIG}: {key} is {found.get(key)!r:.200}"
            raise UserError(wrong, "a model as Llama, Mistral, Qwen2 or Qwen3 without extras")
    rope = _rope_of(found)
    found = {**_DEFAULTS, **{key: rope[key] for key in ("rope_theta",) if key in rope}, **found}
    found.setdefault("num_key_value_heads", found.get("num_attention_heads"))
    for key in (*_SIZES, "vocab_size"):
        if key not in found:
            raise UserError(f"{folder / CONFIG} has no {key}", "the config of a Llama")
    for key, most in _MOST.items():
        if isinstance(found[key], bool) or (isinstance(found[key], int) and found[key] > most):
            raise UserError(f"{folder / CONFIG}: {key} is {str(found[key])[:80]}", f"at most {most}")
    if type(found["vocab_size"]) is not int or found["vocab_size"] < 1:
        raise UserError(f"{folder / CONFIG}: vocab_size is {str(found['vocab_size'])[:80]}", "a number above 0")
    shape = _sized(found, kind, f"{folder / CONFIG}")
    biased = _WITH_ATTENTION_BIAS if kind != "qwen2" and found.get("attention_bias") else _BIASED[kind]
    speeds = _speeds(rope, shape, f"{folder / CONFIG}")
    variant = dataclasses.replace(shape.variant, has_head_norms=kind == "qwen3", biased=biased, rope_speeds=speeds)
    return dataclasses.replace(shape, variant=variant)


def read_table(path: Path) -> dict[str, Any]:
    """The table in a JSON file. Raises UserError where it is missing, damaged or holds no table."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing", "the folder of a model") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise UserError(f"{path} holds {type(found).__name__}", "a table")
    return found


def _unlike(found: dict[str, Any], kind: Any) -> Iterable[tuple[str, bool]]:
    """Fields of a config, and whether each asks for what this decoder does not compute."""
    architectures = found.get("architectures") or []
    windowed = found.get("use_sliding_window", kind == "mistral") and found.get("sliding_window") is not None
    yield "model_type", kind not in _BIASED
    yield "architectures", any(name not in _ARCHITECTURES for name in architectures)
    yield "auto_map", "AutoModelForCausalLM" in (found.get("auto_map") or {})
    yield "quantization_config", bool(found.get("quantization_config"))
    yield "hidden_act", found.get("hidden_act", "silu") != "silu"
    yield "mlp_bias", bool(found.get("mlp_bias"))
    yield "sliding_window", bool(windowed) and found["sliding_window"] < found.get("max_position_embeddings", math.inf)
    yield "layer_types", any(name != "full_attention" for name in found.get("layer_types") or [])
    yield "partial_rotary_factor", _rope_of(found).get("partial_rotary_factor", 1) != 1
    for key in ("num_experts", "num_local_experts"):
        yield key, bool(found.get(key))
    rope = _rope_of(found)
    kind_of_rope = rope.get("rope_type", rope.get("type", "default"))
    for key in ("rope_parameters", "rope_scaling"):
        yield key, bool(found.get(key)) and kind_of_rope not in ("default", *_ROPE)


_ARCHITECTURES = frozenset(f"{maker}ForCausalLM" for maker in ("Llama", "Mistral", "Qwen2", "Qwen3"))


def _rope_of(found: dict[str, Any]) -> dict[str, Any]:
    """The table of the rotary positions: transformers 5 writes rope_parameters, earlier ones rope_scaling."""
    rope = found.get("rope_parameters") or found.get("rope_scaling") or {}
    extra = {key: found[key] for key in ("partial_rotary_factor",) if key in found}
    return {**extra, **rope} if isinstance(rope, dict) else {"rope_type": repr(rope)}


def _sized(found: dict[str, Any], kind: str, where: str) -> Shape:
    """The sizes, checked as those of a recipe are; heads may be of another size than hidden / heads."""
    fields = {field: found[key] for key, field in _SIZES.items()}
    head_size = found.get("head_dim") or (_QWEN3_HEAD_SIZE if kind == "qwen3" else None)
    hidden, heads = fields["hidden"], fields["heads"]
    if head_size is None or not isinstance(heads, int) or not isinstance(hidden, int) or head_size * heads == hidden:
        return config.parse(ModelSettings, fields, where).shape(found["vocab_size"])
    if not isinstance(head_size, int) or not 1 <= head_size <= _WIDEST or head_size % 2 or hidden < 1:
        raise UserError(f"{where}: head_dim is {head_size}, hidden_size {hidden}", "an even number, one above 0")
    shape = config.parse(ModelSettings, fields | {"hidden": head_size * heads}, where).shape(found["vocab_size"])
    return dataclasses.replace(shape, hidden=hidden, variant=Variant(head_size=head_size))


def _speeds(rope: dict[str, Any], shape: Shape, where: str) -> tuple[float, ...] | None:
    """The scaled rotary speeds (D/2); None where they are not scaled."""
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return None
    try:
        speeds_D = _ROPE[kind](rope_speeds(shape.head_size, shape.rope_theta), rope)  # noqa: N806
    except (KeyError, TypeError, ValueError, ZeroDivisionError, RuntimeError) as error:
        raise UserError(f"{where}: the rotary positions of {kind!r} cannot be read: {error!r}") from None
    return tuple(speeds_D.tolist())


def _linear(speeds_D: Tensor, rope: dict[str, Any]) -> Tensor:  # noqa: N803
    """Positions are squeezed by a factor (Chen et al. 2023)."""
    return speeds_D / float(rope["factor"])


def _llama3(speeds_D: Tensor, rope: dict[str, Any]) -> Tensor:  # noqa: N803
    """Llama 3.1: slow turns are squeezed, quick ones stay, between them it goes over smoothly. As transformers does."""
    factor, low, high = (float(rope[key]) for key in ("factor", "low_freq_factor", "high_freq_factor"))
    trained_tokens = float(rope["original_max_position_embeddings"])
    lengths_D = 2 * math.pi / speeds_D  # noqa: N806
    share_D = (trained_tokens / lengths_D - low) / (high - low)  # noqa: N806
    smooth_D = (1 - share_D) * (speeds_D / factor) + share_D * speeds_D  # noqa: N806
    squeezed_D = torch.where(lengths_D > trained_tokens / low, speeds_D / factor, speeds_D)  # noqa: N806
    is_between_D = ~(lengths_D < trained_tokens / high) & ~(lengths_D > trained_tokens / low)  # noqa: N806
    return torch.where(is_between_D, smooth_D, squeezed_D)


def _divided(speeds_D: Tensor, rope: dict[str, Any]) -> Tensor:  # noqa: N803
    """A GGUF file's own divisor of each speed (rope_freqs.weight)."""
    return speeds_D / torch.tensor(rope["divisors"], dtype=torch.float32)


_ROPE: dict[str, Callable[[Tensor, dict[str, Any]], Tensor]] = {
    "linear": _linear,
    "llama3": _llama3,
    "divided": _divided,
}


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a folder's weights. Raises UserError where there are none that are read here."""
    if (folder / GGUF_WEIGHTS).is_file():
        return [folder / GGUF_WEIGHTS]
    if (folder / INDEX).is_file() and not (folder / WEIGHTS).is_file():
        listed = read_table(folder / INDEX).get("weight_map")
        names = list(listed.values()) if isinstance(listed, dict) else []
        for name in names:
            if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
                raise UserError(f"{folder / INDEX} names the file {name!r}", "safetensors in the same folder")
        if names:
            return [folder / name for name in sorted(set(names))]
        raise UserError(f"{folder / INDEX} names no files", "weight_map: tensors and their files")
    if not (folder / WEIGHTS).is_file() and any(folder.glob("pytorch_model*.bin")):
        wrong, hint = f"{folder} has its weights as pytorch_model.bin only", "save_pretrained(safe_serialization=True)"
        raise UserError(wrong, "safetensors, for a pickle can run any code", f"convert them with transformers: {hint}")
    return [folder / WEIGHTS]


def _safetensors(folder: Path) -> dict[str, Tensor]:
    """All tensors of the files, float32. Raises UserError where one is damaged or holds no floats."""
    weights: dict[str, Tensor] = {}
    for file in weight_files(folder):
        try:
            with safe_open(file, "pt") as opened:
                for name in opened.keys():  # noqa: SIM118 (a handle of the library, no dict)
                    if not name.endswith(".rotary_emb.inv_freq"):  # a buffer of early Llamas, made again here
                        weights[name] = _as_float32(opened.get_tensor(name), f"{file}: {name}")
        except (OSError, SafetensorError) as error:
            raise UserError(f"{file} cannot be read: {error}", "a model's safetensors") from None
    return weights


def _as_float32(weight: Tensor, where: str) -> Tensor:
    if weight.dtype not in _FLOATS:
        raise UserError(f"{where} is {weight.dtype}", "float32, float16 or bfloat16")
    return weight.float()
