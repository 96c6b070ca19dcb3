"""A model's weights as safetensors: one file, or shards with an index where one would be too large."""

import json
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.model.transformer import Transformer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
MAX_SHARD_BYTES = 50 * 10**9
"""Of one file: what transformers 5 takes for save_pretrained ("50GB")."""


def write_weights(model: Transformer, folder: Path, dtype: str = "float32", max_bytes: int = MAX_SHARD_BYTES) -> None:
    """Writes model.safetensors, or model-00001-of-0000N.safetensors and their index, into an existing folder.

    dtype: a name of DTYPES, of the matrices; norms stay float32, as in GGUF files. Only one shard is in memory at once.
    Raises UserError where a number does not fit into dtype, and OSError where a file cannot be written.
    """
    shards = _shards(model, DTYPES[dtype].itemsize, max_bytes)
    where: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors" if len(shards) > 1 else "model.safetensors"
        where |= dict.fromkeys(names, file)
        _save({name: narrowed(name, model.get_parameter(name), dtype) for name in names}, folder / file)
    if len(shards) > 1:
        sizes = {"total_size": sum(_bytes(weight, DTYPES[dtype].itemsize) for _, weight in model.named_parameters())}
        index = json.dumps({"metadata": sizes, "weight_map": where}, indent=1, sort_keys=True)
        (folder / "model.safetensors.index.json").write_text(index + "\n", encoding="utf-8")


def narrowed(name: str, weight: Tensor, dtype: str) -> Tensor:
    """A weight as it is exported, on the CPU. Raises UserError where it holds a number that dtype cannot hold."""
    result = weight.detach().to("cpu", DTYPES[dtype] if weight.ndim > 1 else torch.float32).contiguous()
    if not result.isfinite().all():
        most = weight.detach().abs().max().item()
        raise UserError(f"{name} goes up to {most:g}", f"numbers that {dtype} can hold", "try bfloat16", GIVE_UP)
    return result


def _shards(model: Transformer, item_bytes: int, max_bytes: int) -> list[list[str]]:
    """The names of the weights in the order of the model, a list for each file. A tensor is never cut."""
    shards, filled = [[]], 0
    for name, weight in model.named_parameters():
        size = _bytes(weight, item_bytes)
        if shards[-1] and filled + size > max_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    return shards


def _bytes(weight: Tensor, item_bytes: int) -> int:
    return weight.numel() * (item_bytes if weight.ndim > 1 else torch.float32.itemsize)


def _save(weights: dict[str, Tensor], file: Path) -> None:
    try:
        save_file(weights, file, metadata={"format": "pt"})
    except SafetensorError as error:  # the library's name for a full disk, among others
        raise OSError(f"{file}: {error}") from None
    # The library writes for its owner alone (0600), and another engine may run as another user: the umask decides.
    shutil.copymode(file.with_name("config.json"), file)
