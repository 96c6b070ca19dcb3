"""The ends of an answer: our own marks, or for a foreign model's folder those that its own files name."""

from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.tokenizer.codec import Codec


def end_ids(folder: Path, codec: Codec, logits: int | None = None) -> tuple[int, ...]:
    """The tokens that end an answer. Raises UserError where neither the tokenizer nor the folder's files say any.

    Of a foreign model: those of its configs, and its tokenizer's own end, which in some folders is the end of a turn
    that generation_config.json forgets. logits: what the model gives; an id above it cannot be made.
    """
    if codec.is_ours:
        return codec.special(END_OF_TEXT), codec.special(END_OF_TURN)
    named = codec.special_ids.get(codec.marks.names.get("eos_token", ""))
    listed = [*codec.marks.end_ids, *([] if named is None else [named])]
    most = min(codec.vocabulary_tokens, logits or codec.vocabulary_tokens)
    ids = tuple(dict.fromkeys(each for each in listed if 0 <= each < most))
    if not ids:
        raise UserError(f"{folder} names no token that ends an answer", "eos_token_id in generation_config.json")
    return ids
