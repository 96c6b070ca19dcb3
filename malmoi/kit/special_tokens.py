"""The names of the special tokens: what ends a document, who speaks, what ends a turn (docs/decisions/0015).

They stand in tokenizer.json, in chat templates and in exported models, so no name is ever changed.
"""

END_OF_TEXT, END_OF_TURN = "<|endoftext|>", "<|endofturn|>"
ROLES = {"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"}
NAMED_SPECIAL_TOKENS = (END_OF_TEXT, *ROLES.values(), END_OF_TURN)
"""Ids 0 to 4. The first separates documents: it ends one, and is the begin token of the next."""
BEGIN_ID = NAMED_SPECIAL_TOKENS.index(END_OF_TEXT)
