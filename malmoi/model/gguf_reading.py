"""A GGUF file of Llama's or Qwen's shape as the folder of a model: small JSON files, and the weights behind a link.

So whatever reads folders reads GGUF too: sizes become config.json, the vocabulary tokenizer.json (gguf_tokenizer.py),
ends and template their own files. Weights stay in the file and are made float32 when the model is loaded; all of
llama.cpp's quantised forms that the gguf package can undo are read.

A size that this list does not know might change what the model computes, so it is refused and not passed over. No
torch here: the server plans memory before anything is loaded.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import dequantize

from malmoi.kit.errors import UserError
from malmoi.model.gguf_tokenizer import write_tokenizer
from malmoi.model.shape import Shape

GGUF_WEIGHTS = "weights.gguf"
"""What the link to the file is called in its unpacked folder."""
MAGIC = b"GGUF"
_ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3}
_SIZES = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "feed_forward_length": "intermediate_size",
    "context_length": "max_position_embeddings",
    "rope.freq_base": "rope_theta",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "vocab_size": "vocab_size",
}
_UNUSED = frozenset({"attention.value_length", "rope.dimension_count", "rope.scaling.type", "rope.scaling.factor"})
"""Sizes that are checked against others, or read on their own."""
_OFF = frozenset({"expert_count", "expert_used_count", "attention.sliding_window"})
"""What other kinds of models have; 0 where there is none."""
_MAX_ELEMENTS = 4_000_000
"""Of all lists in a file: the largest vocabularies of today (262,144 tokens) have 1.3 million with their merges."""
_ROPE_DIVISORS = "rope_freqs.weight"


def unpack(file: Path, folder: Path) -> None:
    """Writes into `folder` what a folder of this model would hold, with a link to the file itself.

    Raises UserError for a damaged file, or a model that cannot be run exactly.
    """
    metadata, reader = read_metadata(file)
    architecture = metadata.get("general.architecture")
    if architecture not in _ARCHITECTURES:
        raise UserError(f"{file}: general.architecture is {architecture!r}", f"one of {', '.join(_ARCHITECTURES)}")
    if metadata.get("split.count", 1) not in (0, 1):
        raise UserError(f"{file} is one of {metadata['split.count']} parts", "a model in one GGUF file")
    marks = write_tokenizer(file, metadata, folder)
    content = _config(file, metadata, reader)
    content["gguf_parameters"] = sum(int(tensor.n_elements) for tensor in reader.tensors)  # serve plans memory by it
    content["tie_word_embeddings"] = not any(tensor.name == "output.weight" for tensor in reader.tensors)
    _write(folder / "config.json", content | marks)
    _write(folder / "generation_config.json", marks)
    (folder / GGUF_WEIGHTS).symlink_to(file.resolve())


def read_metadata(file: Path) -> tuple[dict[str, Any], gguf.GGUFReader]:
    """The fields of a GGUF file by name, and its reader. Raises UserError for what is none, or is cut off."""
    try:
        with file.open("rb") as opened:
            magic = opened.read(len(MAGIC))
        if magic != MAGIC:
            raise UserError(f"{file} begins with {magic!r}", f"a GGUF file, which begins with {MAGIC!r}")
        reader = _Reader(file)
        end = max((int(tensor.data_offset) + int(tensor.n_bytes) for tensor in reader.tensors), default=0)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}", "a GGUF file") from None
    except (ValueError, LookupError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise UserError(f"{file} is a damaged GGUF file: {_told(error)}", "a whole one") from None
    if end > file.stat().st_size:
        raise UserError(f"{file} ends after {file.stat().st_size} of {end} bytes", "a whole GGUF file")
    return metadata, reader


class _Reader(gguf.GGUFReader):
    """The library's reader, which goes no further than the file and makes no more than a vocabulary needs.

    For each number of a list it makes some objects, also of a list that is said to go on for ever past the file's end.
    """

    _num_elements = 0

    def _get(self, offset: int, dtype: Any, count: int = 1, override_order: Any = None) -> Any:
        end = int(offset) + int(count) * np.dtype(dtype).itemsize
        if end > len(self.data):
            raise ValueError(f"it ends before byte {end}")
        return super()._get(offset, dtype, count, override_order)

    def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
        self._num_elements += 1
        if self._num_elements > _MAX_ELEMENTS:
            raise ValueError(f"its lists have more than {_MAX_ELEMENTS} elements")
        return super()._get_field_parts(orig_offs, raw_type)


def weights_of(file: Path, shape: Shape, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The weights by transformers' `names`, float32. Raises UserError for a form or a tensor that is not known."""
    metadata, reader = read_metadata(file)
    architecture = metadata["general.architecture"]
    table = gguf.get_tensor_name_map(_ARCHITECTURES[architecture], shape.layers)
    ours = {_gguf_name(table, name): name for name in names}
    weights: dict[str, np.ndarray] = {}
    for tensor in reader.tensors:
        if tensor.name == _ROPE_DIVISORS:
            continue
        if tensor.name not in ours:
            raise UserError(f"{file} has a tensor {tensor.name}", "the tensors of a Llama or Qwen model")
        values = _values(tensor, file)
        name = ours[tensor.name]
        if architecture == "llama" and ".q_proj." in name:
            values = join_halves(values, shape.heads)
        if architecture == "llama" and ".k_proj." in name:
            values = join_halves(values, shape.kv_heads)
        weights[name] = np.ascontiguousarray(values)
    return weights


def join_halves(rows: np.ndarray, heads: int) -> np.ndarray:
    """The rows of queries or keys as transformers turns them: undoes gguf_file.interleave_halves."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, half, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def _gguf_name(table: gguf.TensorNameMap, name: str) -> str:
    found = table.get_name(name, (".weight", ".bias"))
    assert found, name
    return found


def _values(tensor: gguf.ReaderTensor, file: Path) -> np.ndarray:
    """A tensor as float32, rows first."""
    try:
        values = dequantize(tensor.data, tensor.tensor_type)
    except (NotImplementedError, KeyError, ValueError):
        kind = getattr(tensor.tensor_type, "name", tensor.tensor_type)
        raise UserError(f"{file}: {tensor.name} is in the form {kind}", "a form that the gguf package reads") from None
    return values.reshape(tuple(int(size) for size in reversed(tensor.shape))).astype(np.float32)


def _config(file: Path, metadata: dict[str, Any], reader: gguf.GGUFReader) -> dict[str, Any]:
    """The sizes in transformers' words. Raises UserError naming what this decoder has not."""
    architecture = metadata["general.architecture"]
    sizes = {
        name.removeprefix(f"{architecture}."): value
        for name, value in metadata.items()
        if name.startswith(f"{architecture}.")
    }
    content: dict[str, Any] = {"model_type": architecture, "vocab_size": len(metadata["tokenizer.ggml.tokens"])}
    for name, value in sizes.items():
        if name in _SIZES:
            content[_SIZES[name]] = _same_in_all_layers(value, f"{file}: {architecture}.{name}")
        elif name not in _UNUSED and not name.startswith("rope.scaling.") and not (name in _OFF and not value):
            wrong = f"{file}: {architecture}.{name} is {str(value)[:80]}"
            raise UserError(wrong, "a model as Llama, Mistral, Qwen2 or Qwen3 without extras")
    heads = content.get("num_attention_heads") or 1
    head_size = content.get("head_dim") or content.get("hidden_size", 0) // heads
    for name in ("attention.value_length", "rope.dimension_count"):
        if sizes.get(name, head_size) != head_size:
            raise UserError(f"{file}: {architecture}.{name} is {sizes[name]}", f"{head_size}, the size of a head")
    content.setdefault("head_dim", head_size)
    content["rope_scaling"] = _rope(sizes, reader)
    return content


def _rope(sizes: dict[str, Any], reader: gguf.GGUFReader) -> dict[str, Any] | None:
    """How the rotary speeds are scaled: divisors in a tensor of their own (Llama 3.1), or one factor."""
    for tensor in reader.tensors:
        if tensor.name == _ROPE_DIVISORS:
            return {"rope_type": "divided", "divisors": np.asarray(tensor.data, np.float32).ravel().tolist()}
    kind = sizes.get("rope.scaling.type", "none")
    return None if kind == "none" else {"rope_type": kind, "factor": sizes.get("rope.scaling.factor")}


def _same_in_all_layers(value: Any, where: str) -> Any:
    """One number; llama.cpp may write it once for each layer."""
    if not isinstance(value, list):
        return value
    if len(set(value)) != 1:
        raise UserError(f"{where} is {str(value)[:80]}", "the same number in every layer")
    return value[0]


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:200]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
