"""From the events of a stream to pieces, so that the last piece says why the answer ended, whatever the server does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from malmoi.serve.engine import EngineDownError, Piece, Request
from malmoi.serve.remote.wire import tokens_of
from malmoi.tokenizer.codec import Codec

_FINISHES = ("stop", "length", "content_filter")
_MORE = 4
_MISREAD = "\ufffd"
"""What a server writes for half a character: no part of the answer."""


class Answer:
    """One answer on its way. num_tokens: that have come. is_done: its last piece is out."""

    def __init__(self, request: Request, codec: Codec, end_ids: Sequence[int], *, tells_ids: bool) -> None:
        self._request, self._codec, self._tells_ids = request, codec, tells_ids
        self._ends = (*(() if request.ignore_eos else end_ids), *request.stop_token_ids)
        self._end_id = end_ids[0]
        # Tokens that are made of a text again may be more than those that were chosen: this bound is for the runaway.
        self._most = request.max_tokens if tells_ids else _MORE * request.max_tokens
        self._held, self._half = list[Piece](), ""
        self.num_tokens, self.is_done = 0, False

    def feed(self, event: dict[str, Any] | None) -> tuple[Piece, ...]:
        """The pieces of one event; None is the end of the stream. Raises EngineDownError for what is no answer."""
        if event is None:
            return self._ended(None)
        choice = _choice(event)
        new = self._by_id(choice) if self._tells_ids else self._by_text(choice)
        room = self._most - self.num_tokens
        self._held += new[:room]
        self.num_tokens += len(new[:room])
        finish = choice.get("finish_reason")
        ended = next((place for place, piece in enumerate(self._held, 1) if piece.is_end), None)
        if ended is not None:
            self._held = self._held[:ended]
            return self._ended("stop")
        if finish is not None or len(new) > room or (self._is_full and self._tells_ids and not self._request.guide):
            return self._ended(finish if isinstance(finish, str) else "length")
        # The last token is held back where it may be the last of all: a piece that is out cannot say why it ended.
        keeps_last = self._is_full or not self._tells_ids
        out, self._held = (self._held[:-1], self._held[-1:]) if keeps_last else (self._held, [])
        return tuple(out)

    @property
    def _is_full(self) -> bool:
        return self.num_tokens >= self._most

    def _by_id(self, choice: dict[str, Any]) -> list[Piece]:
        """The tokens of an event by their ids. Raises EngineDownError for one that our tokenizer has not."""
        tokens = tokens_of(choice)
        if tokens is None:
            if choice.get("text"):
                raise EngineDownError("the remote server sent a text without its tokens")
            return []
        if not all(0 <= token.token_id < self._codec.vocabulary_tokens for token in tokens):
            raise EngineDownError("the remote server sent a token that the tokenizer does not know")
        top = self._request.top_logprobs
        return [
            Piece(token.token_id, token.logprob, token.best(top), is_end=token.token_id in self._ends)
            for token in tokens
        ]

    def _by_text(self, choice: dict[str, Any]) -> list[Piece]:
        """The tokens that our tokenizer makes of a text. Two halves of a surrogate pair may come in two events."""
        text = choice.get("text")
        if text is not None and not isinstance(text, str):
            raise EngineDownError("the remote server sent a text that is none")
        text = (self._half + (text or "")).replace(_MISREAD, "")
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text[: len(text) - len(self._half)]
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
        return [Piece(token_id) for token_id in self._codec.encode(whole)] if whole else []

    def _ended(self, finish: str | None) -> tuple[Piece, ...]:
        """What was held, with the reason on its last piece. An end that the server does not tell is put there."""
        self.is_done = True
        if finish not in _FINISHES:
            if not self._is_full:
                raise EngineDownError("the remote server's stream ended before its answer did")
            finish = "length"
        if not self._held or (finish == "stop" and not self._held[-1].is_end and not self._tells_ids):
            self._held.append(Piece(self._end_id, is_end=True))
        *before, last = self._held
        return (*before, replace(last, finish=finish))


def _choice(event: dict[str, Any]) -> dict[str, Any]:
    """The answer's part of an event; empty for one of usage alone."""
    choices = event.get("choices")
    if choices in (None, []):
        return {}
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        raise EngineDownError("the remote server sent an event that is no part of an answer")
    return choices[0]
