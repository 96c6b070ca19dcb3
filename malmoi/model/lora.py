"""Adapters (LoRA, Hu et al. 2021) beside the weights of a model: each row of a batch with its own, or with none.

An adapter is a folder of the library PEFT: adapter_config.json and adapter_model.safetensors; never a pickle. To a
linear map y = W x it adds s B A x, with A (r, inputs), B (outputs, r) and s = lora_alpha / r, or lora_alpha / sqrt(r)
where `use_rslora` (Kalajdzievski 2023) says so. Whatever a folder has that would not be used is refused: an adapter
that is left out without a word is a wrong answer.

Shape letters: B row, T token, I inputs, O outputs.
"""
# ruff: noqa: N803, N806 (shape letters)

import hashlib
import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from malmoi.kit.errors import UserError
from malmoi.model.linear import Linear
from malmoi.model.transformer import Transformer

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_KEY = re.compile(
    r"(?:base_model\.model\.)?(model\.layers\.\d+\.(?:self_attn|mlp)\.(\w+))\.lora_([AB])(?:\.\w+)?\.weight"
)
_MUST_BE = {"peft_type": ("LORA",), "bias": ("none", None), "use_dora": (False, None), "lora_bias": (False, None)} | {
    name: (None, [], {}, False) for name in ("modules_to_save", "trainable_token_indices", "fan_in_fan_out")
}
"""What the settings of an adapter may say that we do not compute; None is "does not say"."""


_LARGEST = 3.4e38
"""Of float32: NaN is not below it either."""


@dataclass(frozen=True)
class Adapter:
    """What an adapter adds to each linear map that it names: A (r, I) and B (O, r), which has s in it already."""

    sha256: str
    parts: Mapping[str, tuple[Tensor, Tensor]]


def read_adapter(folder: Path, model: Transformer, model_sha256: str | None = None) -> Adapter:
    """An adapter for a model. Raises UserError where it is none, is for another model, or has what would not be used.

    model_sha256: of the model's weights; an adapter that names its base by `base_model_sha256` must name this one.
    """
    settings = _settings(folder)
    if settings.get("base_model_sha256") not in (None, model_sha256):
        wrong = f"the adapter {folder} was made for the model {str(settings['base_model_sha256'])[:12]}"
        raise UserError(wrong, f"the model that is served, {(model_sha256 or '')[:12]}")
    try:
        content = (folder / WEIGHTS).read_bytes()
        tensors = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{folder / WEIGHTS} cannot be read: {error}", "weights of PEFT as safetensors") from None
    halves: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        found = _KEY.fullmatch(key)
        if found is None or found[2] not in TARGETS:
            raise UserError(f"{folder / WEIGHTS} has {key}", f"lora_A and lora_B of {', '.join(TARGETS)}")
        if found[3] in halves.setdefault(found[1], {}):
            raise UserError(f"{folder / WEIGHTS} has lora_{found[3]} of {found[1]} twice", "one adapter in a folder")
        if not tensor.is_floating_point() or not tensor.float().isfinite().all():
            raise UserError(f"{folder / WEIGHTS}: {key} is {tensor.dtype} with numbers that are none", "finite floats")
        halves[found[1]][found[3]] = tensor
    if not halves:
        raise UserError(f"{folder / WEIGHTS} has no weights", "lora_A and lora_B of at least one module")
    linears = {name: module for name, module in model.named_modules() if isinstance(module, Linear)}
    parts = {name: _part(folder, name, half, linears.get(name), settings) for name, half in halves.items()}
    told = json.dumps(settings, sort_keys=True).encode()
    return Adapter(hashlib.sha256(hashlib.sha256(content).digest() + told).hexdigest(), parts)


def write_parts(adapter: Adapter, file: Path) -> Path:
    """Writes A and s B of each module under PEFT's names, for an engine that knows no settings of adapters."""
    halves = {name: dict(zip("AB", parts, strict=True)) for name, parts in adapter.parts.items()}
    named = {
        f"base_model.model.{name}.lora_{half}.weight": each[half] for name, each in halves.items() for half in "AB"
    }
    save_file({name: tensor.contiguous() for name, tensor in named.items()}, file)
    return file


def _part(
    folder: Path, name: str, half: Mapping[str, Tensor], linear: Linear | None, settings: Mapping[str, Any]
) -> tuple[Tensor, Tensor]:
    """A and s B of one linear map. Raises UserError where they do not fit the model or the adapter's own settings."""
    if linear is None or half.keys() != {"A", "B"}:
        there = "is not in this model" if linear is None else f"has lora_{'/'.join(half)} alone"
        raise UserError(f"{folder / WEIGHTS}: {name} {there}", "both halves of a module of this model")
    down, up = half["A"].float(), half["B"].float()
    where = f"{folder / CONFIG}: {name}"
    rank = _by_pattern(settings, "rank_pattern", name, settings["r"])
    if not _is_number(rank) or rank < 1:
        raise UserError(f"{where} has the rank {rank!r}", "1 or more")
    expected = ((rank, linear.in_features), (linear.out_features, rank))
    if (tuple(down.shape), tuple(up.shape)) != expected:
        wrong = f"{folder / WEIGHTS}: {name} has the shapes {tuple(down.shape)} and {tuple(up.shape)}"
        raise UserError(wrong, f"{expected[0]} and {expected[1]}, as the model and {CONFIG} say")
    alpha = _by_pattern(settings, "alpha_pattern", name, settings["lora_alpha"])
    if not _is_number(alpha):
        raise UserError(f"{where} has the alpha {str(alpha)[:80]}", "a number")
    scaled = up * (alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank))
    if not scaled.isfinite().all():
        raise UserError(f"{where} has the alpha {alpha:g}", "one with which its numbers stay finite")
    return down, scaled


def _by_pattern(settings: Mapping[str, Any], field: str, name: str, default: Any) -> Any:
    """What a pattern says of a module, matched as PEFT does: the whole name, or its end after a point.

    Raises UserError where a pattern is no regular expression.
    """
    for pattern, value in (settings.get(field) or {}).items():
        try:
            if re.match(rf"(.*\.)?({pattern})$", name):
                return value
        except re.error as error:
            raise UserError(f"{CONFIG}: {field} has {pattern[:80]!r}: {error}", "regular expressions") from None
    return default


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _LARGEST


def _settings(folder: Path) -> dict[str, Any]:
    """The adapter's own settings. Raises UserError for what is not computed here."""
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{folder / CONFIG} cannot be read: {error}", "a folder that PEFT wrote") from None
    if not isinstance(found, dict) or not all(type(found.get(key)) in (int, float) for key in ("r", "lora_alpha")):
        raise UserError(f"{folder / CONFIG} has no r and lora_alpha", "the settings of a LoRA adapter")
    for key in ("rank_pattern", "alpha_pattern"):
        if not isinstance(found.get(key) or {}, dict):
            raise UserError(f"{folder / CONFIG}: {key} is {str(found[key])[:80]}", "a table of names and numbers")
    for key, allowed in _MUST_BE.items():
        if found.get(key) not in allowed:
            raise UserError(f"{folder / CONFIG}: {key} is {found[key]!r}", f"{allowed[0]!r}")
    return found


@dataclass
class Groups:
    """Which rows of the next pass go with which adapter; all linear maps of a model look here."""

    now: Sequence[tuple[str, slice]] = ()


class Beside:
    """The adapters of one linear map."""

    def __init__(self, groups: Groups) -> None:
        self.maps, self._groups = dict[str, tuple[Linear, Linear]](), groups

    def __call__(self, x_BTI: Tensor, made_BTO: Tensor) -> Tensor:
        """`made`, with what each row's adapter adds; other rows keep their bits."""
        for name, rows in self._groups.now:
            if name in self.maps:
                down, up = self.maps[name]
                made_BTO[rows] += up(down(x_BTI[rows]))
        return made_BTO


class Adapters:
    """The loaded adapters of a model. One thread runs the model, and loads and unloads between two passes."""

    def __init__(self, model: Transformer, rows: int | None) -> None:
        """rows: products are packed for about so many; None leaves the weights as they are."""
        self._linears = {name: each for name, each in model.named_modules() if isinstance(each, Linear)}
        self._rows, self._groups, self._beside = rows, Groups(), dict[str, Beside]()
        self.sha256: dict[str, str] = {}

    def load(self, name: str, adapter: Adapter) -> None:
        """Adds an adapter."""
        made = dict[str, tuple[Linear, Linear]]()  # first all, for memory may end
        for module, (down_rI, up_Or) in adapter.parts.items():
            like = self._linears[module].weight
            made[module] = self._map(down_rI.to(like)), self._map(up_Or.to(like))
        for module, maps in made.items():
            beside = self._beside.setdefault(module, Beside(self._groups))
            beside.maps[name] = maps
            self._linears[module].beside = beside
        self.sha256 = {**self.sha256, name: adapter.sha256}

    def unload(self, name: str) -> None:
        """Takes an adapter away."""
        self.sha256 = {each: digest for each, digest in self.sha256.items() if each != name}
        for module, beside in self._beside.items():
            beside.maps.pop(name, None)
            self._linears[module].beside = beside if beside.maps else None

    def choose(self, names: Sequence[str | None]) -> None:
        """Says which adapter each row of the next pass has. Equal names stand side by side."""
        borders, groups = 0, []
        for name, rows in itertools.groupby(names):
            first, borders = borders, borders + len(list(rows))
            if name is not None:
                groups.append((name, slice(first, borders)))
        self._groups.now = groups

    def _map(self, weight_OI: Tensor) -> Linear:
        linear = Linear(weight_OI.shape[1], weight_OI.shape[0])
        linear.weight = nn.Parameter(weight_OI.contiguous(), requires_grad=False)
        if self._rows is not None:
            linear.pack(self._rows)
        return linear
