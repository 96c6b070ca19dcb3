"""OpenAI's reply objects, whole and in chunks, for chat and for plain completions."""

import functools
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from malmoi.serve.text import TextPiece, TokenText
from malmoi.tokenizer.codec import Codec

_LOWEST_LOGPROB = -9999.0
"""JSON has no infinity; OpenAI writes this."""


def reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of JSON. orjson writes a chat's answer in 2 us, Python's own writer in 15."""
    return Response(orjson.dumps(content), status, headers, "application/json")


@dataclass(frozen=True)
class Head:
    """What every object of one reply repeats. prompt_tokens: for the usage.

    usage: which chunks of a stream tell the tokens: "none", "last", or "all" (vLLM's continuous_usage_stats).
    """

    model: str
    fingerprint: str
    prompt_tokens: int
    usage: str = "none"
    reply_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))

    def frame(self, prefix: str, kind: str, choices: list[Any]) -> dict[str, Any]:
        """One object of the reply, without usage."""
        shared = {"created": self.created, "model": self.model, "system_fingerprint": self.fingerprint}
        return {"id": f"{prefix}-{self.reply_id}", "object": kind, **shared, "choices": choices}

    def counted(self, frame: dict[str, Any], answer_tokens: int) -> dict[str, Any]:
        """`frame` with the tokens of prompts and answers."""
        counts = {"prompt_tokens": self.prompt_tokens, "completion_tokens": answer_tokens}
        details = {"prompt_tokens_details": {"cached_tokens": 0}}
        return {**frame, "usage": {**counts, "total_tokens": self.prompt_tokens + answer_tokens, **details}}

    def chunk(self, frame: dict[str, Any], answer_tokens: int) -> dict[str, Any]:
        """A chunk of a stream: OpenAI writes `usage: null` in all but the last of those that were asked for it."""
        if self.usage == "all":
            return self.counted(frame, answer_tokens)
        return {**frame, "usage": None} if self.usage == "last" else frame


@dataclass(frozen=True)
class ChatForm:
    """Replies of /v1/chat/completions."""

    head: Head
    codec: Codec
    with_logprobs: bool

    def opening(self, index: int) -> dict[str, Any] | None:
        """The first chunk of an answer, which names the role."""
        return self._chunk(index, {"role": "assistant", "content": ""}, None, TextPiece(""))

    def chunk(self, index: int, piece: TextPiece, answer_tokens: int) -> dict[str, Any]:
        """One piece as a chunk. answer_tokens: of all answers so far."""
        delta = {"content": piece.text} if piece.text else {}
        return self._chunk(index, delta, self._logprobs(piece.tokens), piece, answer_tokens)

    def whole(self, answers: Sequence[TextPiece]) -> dict[str, Any]:
        """Whole answers."""
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": each.text, "refusal": None},
                "logprobs": self._logprobs(each.tokens),
                "finish_reason": each.finish,
            }
            for index, each in enumerate(answers)
        ]
        frame = self.head.frame("chatcmpl", "chat.completion", choices)
        return self.head.counted(frame, sum(each.num_tokens for each in answers))

    def closing(self, answer_tokens: int) -> dict[str, Any]:
        """The last chunk of a stream that was asked for token counts."""
        return self.head.counted(self.head.frame("chatcmpl", "chat.completion.chunk", []), answer_tokens)

    def _chunk(
        self, index: int, delta: dict[str, Any], logprobs: Any, piece: TextPiece, answer_tokens: int = 0
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": piece.finish}
        return self.head.chunk(self.head.frame("chatcmpl", "chat.completion.chunk", [choice]), answer_tokens)

    def _logprobs(self, tokens: Sequence[TokenText]) -> dict[str, Any] | None:
        if not self.with_logprobs:
            return None
        return {"content": [self._token(token) for token in tokens], "refusal": None}

    def _token(self, token: TokenText) -> dict[str, Any]:
        tops = [_entry(self.codec, token_id, logprob) for token_id, logprob in token.top]
        return {**_entry(self.codec, token.token_id, token.logprob), "top_logprobs": tops}


@dataclass(frozen=True)
class CompletionForm:
    """Replies of /v1/completions. num_top: None for no logprobs. as_ids: they name tokens by their ids."""

    head: Head
    codec: Codec
    num_top: int | None
    as_ids: bool = False

    def opening(self, index: int) -> dict[str, Any] | None:  # noqa: ARG002
        """A plain stream has no first chunk of its own."""
        return None

    def chunk(self, index: int, piece: TextPiece, answer_tokens: int) -> dict[str, Any]:
        """One piece as a chunk. answer_tokens: of all answers so far."""
        return self.head.chunk(self._frame([self._choice(index, piece)]), answer_tokens)

    def whole(self, answers: Sequence[TextPiece]) -> dict[str, Any]:
        """Whole answers."""
        choices = [self._choice(index, each) for index, each in enumerate(answers)]
        return self.head.counted(self._frame(choices), sum(each.num_tokens for each in answers))

    def closing(self, answer_tokens: int) -> dict[str, Any]:
        """The last chunk of a stream that was asked for token counts."""
        return self.head.counted(self._frame([]), answer_tokens)

    def _frame(self, choices: list[Any]) -> dict[str, Any]:
        return self.head.frame("cmpl", "text_completion", choices)

    def _choice(self, index: int, piece: TextPiece) -> dict[str, Any]:
        logprobs = None if self.num_top is None else self._logprobs(piece.tokens)
        return {"index": index, "text": piece.text, "logprobs": logprobs, "finish_reason": piece.finish}

    def _logprobs(self, tokens: Sequence[TokenText]) -> dict[str, Any]:
        tops = [{self._name(token_id): finite(logprob) for token_id, logprob in token.top} or None for token in tokens]
        return {
            "tokens": [self._name(token.token_id) for token in tokens],
            "token_logprobs": [finite(token.logprob) for token in tokens],
            "top_logprobs": tops if self.num_top else None,
            "text_offset": [token.start for token in tokens],
        }

    def _name(self, token_id: int) -> str:
        return f"token_id:{token_id}" if self.as_ids else token_text(self.codec, token_id)


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
