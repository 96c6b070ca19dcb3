"""OpenAI's reply objects, whole and in chunks, for chat and for plain completions."""

import functools
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from malmoi.serve.text import TextPiece, TokenText
from malmoi.tokenizer.codec import Codec

_LOWEST_LOGPROB = -9999.0
"""JSON has no infinity; OpenAI writes this."""


@dataclass(frozen=True)
class Head:
    """What every object of one reply repeats. prompt_tokens: for the usage."""

    model: str
    fingerprint: str
    prompt_tokens: int
    reply_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))

    def frame(self, prefix: str, kind: str, choices: list[Any], answer_tokens: int | None = None) -> dict[str, Any]:
        """One object of the reply. answer_tokens: tokens of the whole answer, where the object is to tell its usage."""
        shared = {"created": self.created, "model": self.model, "system_fingerprint": self.fingerprint}
        content = {"id": f"{prefix}-{self.reply_id}", "object": kind, **shared, "choices": choices}
        if answer_tokens is None:
            return content
        total = self.prompt_tokens + answer_tokens
        usage = {"prompt_tokens": self.prompt_tokens, "completion_tokens": answer_tokens, "total_tokens": total}
        return {**content, "usage": usage}


@dataclass(frozen=True)
class ChatForm:
    """Replies of /v1/chat/completions."""

    head: Head
    codec: Codec
    with_logprobs: bool

    def opening(self) -> dict[str, Any] | None:
        """The first chunk of a stream, which names the role."""
        return self._chunk({"role": "assistant", "content": ""}, None, None)

    def chunk(self, piece: TextPiece) -> dict[str, Any]:
        """One piece as a chunk."""
        return self._chunk({"content": piece.text} if piece.text else {}, self._logprobs(piece.tokens), piece.finish)

    def whole(self, text: str, tokens: Sequence[TokenText], last: TextPiece) -> dict[str, Any]:
        """A whole answer."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": self._logprobs(tokens), "finish_reason": last.finish}
        return self.head.frame("chatcmpl", "chat.completion", [choice], last.num_tokens)

    def closing(self, num_tokens: int) -> dict[str, Any]:
        """The last chunk of a stream that was asked for token counts."""
        return self.head.frame("chatcmpl", "chat.completion.chunk", [], num_tokens)

    def _chunk(self, delta: dict[str, Any], logprobs: Any, finish: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return self.head.frame("chatcmpl", "chat.completion.chunk", [choice])

    def _logprobs(self, tokens: Sequence[TokenText]) -> dict[str, Any] | None:
        if not self.with_logprobs:
            return None
        return {"content": [self._token(token) for token in tokens], "refusal": None}

    def _token(self, token: TokenText) -> dict[str, Any]:
        tops = [_entry(self.codec, token_id, logprob) for token_id, logprob in token.top]
        return {**_entry(self.codec, token.token_id, token.logprob), "top_logprobs": tops}


@dataclass(frozen=True)
class CompletionForm:
    """Replies of /v1/completions. num_top: None for no logprobs."""

    head: Head
    codec: Codec
    num_top: int | None

    def opening(self) -> dict[str, Any] | None:
        """A plain stream has no first chunk of its own."""
        return None

    def chunk(self, piece: TextPiece) -> dict[str, Any]:
        """One piece as a chunk."""
        return self._frame([self._choice(piece.text, piece.tokens, piece.finish)], None)

    def whole(self, text: str, tokens: Sequence[TokenText], last: TextPiece) -> dict[str, Any]:
        """A whole answer."""
        return self._frame([self._choice(text, tokens, last.finish)], last.num_tokens)

    def closing(self, num_tokens: int) -> dict[str, Any]:
        """The last chunk of a stream that was asked for token counts."""
        return self._frame([], num_tokens)

    def _frame(self, choices: list[Any], answer_tokens: int | None) -> dict[str, Any]:
        return self.head.frame("cmpl", "text_completion", choices, answer_tokens)

    def _choice(self, text: str, tokens: Sequence[TokenText], finish: str | None) -> dict[str, Any]:
        logprobs = None if self.num_top is None else self._logprobs(tokens)
        return {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": finish}

    def _logprobs(self, tokens: Sequence[TokenText]) -> dict[str, Any]:
        tops = [
            {token_text(self.codec, token_id): finite(logprob) for token_id, logprob in token.top} or None
            for token in tokens
        ]
        return {
            "tokens": [token_text(self.codec, token.token_id) for token in tokens],
            "token_logprobs": [finite(token.logprob) for token in tokens],
            "top_logprobs": tops if self.num_top else None,
            "text_offset": [token.start for token in tokens],
        }


Form = ChatForm | CompletionForm


def token_text(codec: Codec, token_id: int) -> str:
    r"""A token as text: a special one by its name, part of a character as "bytes:\xed\x95", as OpenAI writes it."""
    content = codec.token_bytes(token_id)
    if not content:
        return _special_names(codec).get(token_id, "")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in content)


@functools.lru_cache(maxsize=4)
def _special_names(codec: Codec) -> dict[int, str]:
    return {token_id: name for name, token_id in codec.special_ids.items()}


def _entry(codec: Codec, token_id: int, logprob: float | None) -> dict[str, Any]:
    content = list(codec.token_bytes(token_id))
    return {"token": token_text(codec, token_id), "logprob": finite(logprob), "bytes": content}


def finite(logprob: float | None) -> float | None:
    """A log-probability that JSON can carry."""
    return None if logprob is None else max(logprob, _LOWEST_LOGPROB)
