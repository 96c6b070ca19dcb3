"""The ends of an answer: our own marks, or for a foreign model's folder those that its own files name."""

import json
from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.tokenizer.codec import Codec


def end_ids(folder: Path, codec: Codec) -> tuple[int, ...]:
    """The tokens that end an answer. Raises UserError where neither the tokenizer nor the folder's files say any."""
    if {END_OF_TEXT, END_OF_TURN} <= codec.special_ids.keys():
        return codec.special(END_OF_TEXT), codec.special(END_OF_TURN)
    for name in ("generation_config.json", "config.json"):
        found = _read(folder / name).get("eos_token_id")
        listed = found if isinstance(found, list) else [found]
        ids = tuple(each for each in listed if isinstance(each, int) and 0 <= each < codec.vocabulary_tokens)
        if ids:
            return ids
    raise UserError(f"{folder} names no token that ends an answer", "eos_token_id in generation_config.json")


def _read(file: Path) -> dict:
    """The table of a JSON file; empty where there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
