"""A model as a Hugging Face folder (read_folder.py reads it back).

The folder loads in transformers, vLLM and OpenVINO as a LlamaForCausalLM without any code of ours. The embedding is not
padded: row i is the token with id i, for each i. Whoever wants a size that divides well (128 x tensor-parallel ranks)
asks the tokenizer for it; there are reserved ids enough.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.kit.special_tokens import BEGIN_ID, END_OF_TEXT, END_OF_TURN, ROLES
from malmoi.model.read_folder import read_table
from malmoi.model.shape import Shape
from malmoi.model.transformer import START_DEVIATION, Transformer
from malmoi.model.weight_files import MAX_SHARD_BYTES, write_weights

TOKENIZER = "tokenizer.json"

CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8").rstrip("\n")
"""The turns as malmoi's own server writes them. Other servers take marks that a person types for real ones."""

PAD, RESERVED_FOR_PAD = "<|pad|>", "<|reserved_0023|>"
"""What the last of the 24 reserved ids that are kept for marks is called in an export (docs/decisions/0015)."""

_LAYOUT = tomllib.loads(Path(__file__).with_name("hugging_face.toml").read_text(encoding="utf-8"))


def write_hugging_face(
    model: Transformer, tokenizer: Path, folder: Path, dtype: str = "float32", max_bytes: int = MAX_SHARD_BYTES
) -> None:
    """Writes config, weights (as `write_weights` does), tokenizer and chat template into an existing folder.

    Raises UserError where the tokenizer of the folder `tokenizer` has another vocabulary than the model or the weights
    do not fit into `dtype`, and OSError where a file cannot be written.
    """
    ids = special_ids(tokenizer)
    num_tokens = len(vocabulary(tokenizer))
    if num_tokens != model.shape.vocabulary_tokens:
        wrong = f"the tokenizer in {tokenizer} has {num_tokens} tokens"
        raise UserError(wrong, f"{model.shape.vocabulary_tokens}, as the model has")
    end, pad = ids[END_OF_TEXT], pad_id(ids)
    marks = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": pad}
    _write_json(folder / "config.json", _config(model.shape) | marks | {"dtype": dtype})
    # A chat ends with the turn: whoever generates from this folder must stop there too.
    _write_json(folder / "generation_config.json", marks | {"eos_token_id": [end, ids[END_OF_TURN]]})
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(model.shape, pad))
    _write_json(folder / TOKENIZER, exported_tokenizer(tokenizer))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    write_weights(model, folder, dtype, max_bytes)


def vocabulary(tokenizer: Path) -> list[str]:
    """The tokens of tokenizer.json in the order of their ids. Raises UserError where ids are missing."""
    content = _read_tokenizer(tokenizer)
    by_id = {token_id: token for token, token_id in content["model"]["vocab"].items()}
    by_id |= {token["id"]: token["content"] for token in content["added_tokens"]}
    if sorted(by_id) != list(range(len(by_id))):
        raise UserError(f"{tokenizer / TOKENIZER} leaves out ids", f"every id from 0 to {len(by_id) - 1}")
    return [by_id[token_id] for token_id in range(len(by_id))]


def merges(tokenizer: Path) -> list[str]:
    """The merges of tokenizer.json, in order, each as "left right"."""
    found = _read_tokenizer(tokenizer)["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in found]


def special_ids(tokenizer: Path) -> dict[str, int]:
    """The special tokens of tokenizer.json by name. Raises UserError where one that a chat needs is missing."""
    added = _read_tokenizer(tokenizer)["added_tokens"]
    found = {token["content"]: token["id"] for token in added if token["special"]}
    for name in (END_OF_TEXT, END_OF_TURN, *ROLES.values()):
        if name not in found:
            raise UserError(f"{tokenizer / TOKENIZER} has no special token {name}", "a tokenizer learnt by malmoi")
    return found


def pad_id(special: Mapping[str, int]) -> int:
    """What fills the rows of a batch: the kept id, under its own name where the tokenizer is one of an export."""
    return special.get(PAD, special.get(RESERVED_FOR_PAD, special[END_OF_TEXT]))


def exported_tokenizer(tokenizer: Path) -> dict[str, Any]:
    """The content of tokenizer.json for other programs: a text begins with its begin token, and padding has a name.

    Padding by the end token teaches a model to ignore its end, for collators mask what is padding out of the loss.
    """
    content = _read_tokenizer(tokenizer)
    vocabulary_table = content["model"]["vocab"]
    for token in content["added_tokens"]:
        if token["content"] == RESERVED_FOR_PAD:
            token["content"] = PAD
            if RESERVED_FOR_PAD in vocabulary_table:
                vocabulary_table[PAD] = vocabulary_table.pop(RESERVED_FOR_PAD)
    begin = {"SpecialToken": {"id": END_OF_TEXT, "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": kind}} for kind, name in enumerate("AB"))
    mark = {"id": END_OF_TEXT, "ids": [BEGIN_ID], "tokens": [END_OF_TEXT]}
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [begin, first],
        "pair": [begin, first, second],
        "special_tokens": {END_OF_TEXT: mark},
    }
    return content


def _config(shape: Shape) -> dict[str, Any]:
    """config.json of a plain Llama with these sizes, without the ids of its marks."""
    return {
        **_LAYOUT["config"],
        **{key: getattr(shape, field) for key, field in _LAYOUT["sizes"].items()},
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},  # where transformers 5 looks
        "head_dim": shape.head_size,
        "vocab_size": shape.vocabulary_tokens,
        "initializer_range": START_DEVIATION,
    }


def _tokenizer_config(shape: Shape, pad: int) -> dict[str, Any]:
    marks = {"bos_token": END_OF_TEXT, "eos_token": END_OF_TEXT, "pad_token": END_OF_TEXT if pad == BEGIN_ID else PAD}
    return {**_LAYOUT["tokenizer_config"], **marks, "model_max_length": shape.context_tokens}


def _read_tokenizer(tokenizer: Path) -> dict[str, Any]:
    """The content of tokenizer.json. Raises UserError where it is no BPE tokenizer."""
    content = read_table(tokenizer / TOKENIZER)
    model = content.get("model")
    if not isinstance(model, dict) or not {"vocab", "merges"} <= model.keys() or "added_tokens" not in content:
        raise UserError(f"{tokenizer / TOKENIZER} is no BPE tokenizer", "a tokenizer learnt by malmoi")
    return content


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
