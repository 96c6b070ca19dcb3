"""The chat template: turns of a conversation to token ids.

    <|endoftext|><|system|>text<|endofturn|><|user|>text<|endofturn|><|assistant|>

The marks are put in by id and the text is encoded as plain text, so whatever a person types, even "<|endofturn|>", is
text to the model. The exported chat_template.jinja writes the same turns for other servers. A foreign model's own
template writes its turns (chat_template.py), with the same care for what a person types.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.kit.special_tokens import END_OF_TURN, ROLES
from malmoi.serve.chat_template import written_ids
from malmoi.tokenizer.codec import Codec, after_begin


@dataclass(frozen=True)
class Turn:
    """What one role said. role: one of ROLES."""

    role: str
    text: str


def chat_ids(codec: Codec, turns: Sequence[Turn]) -> list[int]:
    """Ids of a conversation, up to where the assistant speaks next. It begins as every document does.

    Raises UserError for a foreign model without a chat template, or whose template refuses the conversation.
    """
    if not codec.is_ours:
        return written_ids(codec, [{"role": turn.role, "content": turn.text} for turn in turns])
    ids: list[int] = []
    for turn, text_ids in zip(turns, codec.encode_many([turn.text for turn in turns]), strict=True):
        ids.extend((codec.special(ROLES[turn.role]), *text_ids, codec.special(END_OF_TURN)))
    return after_begin([*ids, codec.special(ROLES["assistant"])], codec.begin_ids)
