"""From tokens to text as it streams: whole characters only, stop strings found across tokens, each token's place.

Byte-level tokens cut Hangul syllables (three bytes) and stop strings anywhere, so both are handled on decoded text:
bytes wait until they are a character, and text that may be the beginning of a stop string waits until it is one or not.
"""

import codecs
import re
import unicodedata
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from malmoi.cards.blocked import find
from malmoi.serve.engine import Engine, Piece, Request, Score
from malmoi.serve.utf8 import open_bytes
from malmoi.tokenizer.codec import Codec

_OPEN_SYLLABLE = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]{1,8}\\Z")
"""Conjoining jamo at the end of a text: a vowel or a final consonant that joins them may still come (old Hangul)."""


class TokenText(NamedTuple):
    """One token of an answer. `start` is where it begins in the answer, in characters; its bytes may be part of one."""

    token_id: int
    content: bytes
    start: int
    logprob: float | None
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class TextPiece:
    """Text that can be shown, and the tokens that begin in it or before it and were not yet reported.

    num_tokens: tokens generated so far. At the end every one of them has been reported: an end token and the tokens of
    a stop string too, with `start` at the end of the text. dropped: where the text was cut (by a stop string or token,
    or max_tokens), what was made behind the cut; None for an answer that ended by itself.
    """

    text: str
    tokens: tuple[TokenText, ...] = ()
    finish: str | None = None
    num_tokens: int = 0
    dropped: str | None = None


@dataclass
class TextStream:
    """Turns the pieces of one answer into text. `stops` end it and are not part of it; nor are `blocked` words.

    An answer that a blocked word ended finishes with "content_filter". released: characters shown so far; a start above
    0 counts what is shown before the answer (an echoed prompt). Bytes that are no UTF-8, of an
    engine that cannot mask them, are left out.
    """

    codec: Codec
    stops: Sequence[str] = ()
    released: int = 0
    blocked: Sequence[str] = ()
    num_tokens: int = 0
    _held: str = ""
    _before: str = ""
    _tokens: list[TokenText] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stops = tuple(unicodedata.normalize("NFC", stop) for stop in self.stops)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def follow(self, prompt_ids: Sequence[int]) -> None:
        """Goes on after a prompt, which may end inside a character: what completes it belongs to the answer."""
        self._decoder.decode(open_bytes(self.codec, prompt_ids))

    def feed(self, piece: Piece) -> TextPiece:
        """What may be shown after one more token. Its text is empty while a character or a stop string is open."""
        self._take(piece)
        is_last = piece.finish is not None
        guarded = find(self._held, self.blocked, self._before, is_whole=is_last) if self.blocked else None
        found = [place for place in map(self._held.find, self.stops) if place >= 0]
        if guarded is not None and not guarded.is_open and guarded.place <= min(found, default=guarded.place):
            return self._release(guarded.place, "content_filter")
        if found:
            dropped = self._held[min(found) :]
            return replace(self._release(min(found), "stop"), dropped=dropped)
        if is_last:  # bytes of a character that was cut by the end are left out
            stopped_by = self.codec.token_bytes(piece.token_id) if piece.is_end else b""
            dropped = stopped_by.decode("utf-8", "ignore") if stopped_by or piece.finish == "length" else None
            return replace(self._release(len(self._held), piece.finish), dropped=dropped)
        waiting = max(self._waiting(), len(self._held) - guarded.place if guarded else 0)
        return self._release(len(self._held) - waiting, None)

    def feed_step(self, pieces: Sequence[Piece]) -> TextPiece:
        """What may be shown after the tokens of one step of an engine; after a stop string nothing follows."""
        if self.stops or self.blocked:
            return _joined([self.feed(piece) for piece in pieces])
        for piece in pieces[:-1]:  # no text can end the answer inside the step: it is looked at once, at its end
            if piece.finish:
                return self.feed(piece)
            self._take(piece)
        return self.feed(pieces[-1])

    def _take(self, piece: Piece) -> None:
        """Holds one more token, and what of its bytes is text."""
        self.num_tokens += 1
        content = b"" if piece.is_end else self.codec.token_bytes(piece.token_id)
        start = self.released + len(self._held)
        self._tokens.append(TokenText(piece.token_id, content, start, piece.logprob, piece.top))
        self._held += self._decoder.decode(content)

    def _waiting(self) -> int:
        """Characters at the end of the held text that may belong to a syllable or to a stop string."""
        held = self._held
        opened = _OPEN_SYLLABLE.search(held)
        waiting = opened.end() - opened.start() if opened else 0
        for stop in self.stops:
            for length in range(min(len(stop) - 1, len(held)), waiting, -1):
                if held.endswith(stop[:length]):
                    waiting = length
                    break
        return waiting

    def _release(self, count: int, finish: str | None) -> TextPiece:
        """Shows the first `count` characters of what is held, with the tokens that begin in them; at the end, all."""
        text, self._held = self._held[:count], self._held[count:]
        self.released += count
        self._before = text[-1:] or self._before
        due = [token for token in self._tokens if finish or token.start < self.released]
        self._tokens = [] if finish else [token for token in self._tokens if token.start >= self.released]
        placed = (token if token.start <= self.released else token._replace(start=self.released) for token in due)
        return TextPiece(text, tuple(placed), finish, self.num_tokens)


def echo(codec: Codec, scores: Sequence[Score]) -> TextPiece:
    """A prompt as a piece: its text, and every id of it as a token, also the last ones of an open character."""
    stream = TextStream(codec)
    *pieces, last = [Piece(score.token_id, score.logprob, score.top) for score in scores]
    shown = [stream.feed(piece) for piece in (*pieces, replace(last, finish="stop"))]
    text, tokens = "".join(part.text for part in shown), tuple(token for part in shown for token in part.tokens)
    if codec.adds_space and text.startswith(" "):  # the tokenizer's own, not the prompt's
        return TextPiece(text[1:], tuple(token._replace(start=max(0, token.start - 1)) for token in tokens))
    return TextPiece(text, tokens)


async def answer(engine: Engine, request: Request, stream: TextStream) -> AsyncGenerator[TextPiece, None]:
    """The answer to `request` as text. The last piece carries `finish`. Closing it early frees the engine's slot."""
    if request.guide is None:  # a guide begins with a character of its own
        stream.follow(request.prompt_ids)
    async with aclosing(engine.generate(request)) as steps:
        async for pieces in steps:
            shown = stream.feed_step(pieces)
            if shown.text or shown.tokens or shown.finish:
                yield shown
            if shown.finish:
                return


def _joined(parts: Sequence[TextPiece]) -> TextPiece:
    """What one step of an engine showed, as one piece. After a stop string nothing follows."""
    ends = [place for place, part in enumerate(parts, start=1) if part.finish]
    parts = parts[: ends[0]] if ends else parts
    tokens = tuple(token for part in parts for token in part.tokens)
    return replace(parts[-1], text="".join(part.text for part in parts), tokens=tokens)
