"""One answer while it is being made: its text in pieces, and what of it a reader or the disk has not seen yet.

A place in an answer is a number of characters and a number of tokens. It means the same for an answer that is being
made and for one that lies in the history, so a reader goes on after a broken connection or a killed server.
"""

import bisect
import time
from dataclasses import dataclass, field
from typing import Any

from malmoi.studio.answers.making import Step
from malmoi.studio.answers.tables import RUNNING


@dataclass
class Place:
    """How far a reader has read. told: the version of the news; is_over: the reader knows the end."""

    characters: int = 0
    tokens: int = 0
    told: int = 0
    is_over: bool = False


@dataclass(frozen=True)
class Part:
    """What is new for the disk. number: of the part; num_tokens, seconds: of the answer so far."""

    answer_id: str
    number: int
    text: str
    tokens: tuple[dict[str, Any], ...]
    num_tokens: int
    seconds: float


@dataclass
class Live:
    """An answer that is being made, or has just ended. end: its last words, None while it goes on.

    is_stopped: a person has asked for its end.
    """

    id: str
    prompt_tokens: int = 0
    is_stopped: bool = False
    num_tokens: int = 0
    finish: str | None = None
    end: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    told: dict[str, Any] = field(default_factory=dict)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    _chunks: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _characters: int = 0
    _told: int = 0
    _saved: Place = field(default_factory=Place)
    _parts: int = 0
    _started_s: float = field(default_factory=time.monotonic)

    @property
    def state(self) -> str:
        """As in its row."""
        return RUNNING if self.end is None else self.end["state"]

    @property
    def seconds(self) -> float:
        """Since it was asked."""
        return round(time.monotonic() - self._started_s, 3) if self.end is None else self.end["seconds"]

    def add(self, step: Step) -> None:
        """What has come next."""
        if step.text:
            self._chunks.append(step.text)
            self._starts.append(self._characters)
            self._characters += len(step.text)
        self.tokens.extend(step.tokens)
        self.num_tokens = step.num_tokens or self.num_tokens
        if step.told:
            self.told |= step.told
            self._told += 1
        self.finish = step.finish or self.finish
        self.result = dict(step.result) if step.result is not None else self.result

    def close(self, state: str, error: dict[str, Any] | None = None) -> None:
        """Ends it."""
        counts = {"prompt_tokens": self.prompt_tokens, "answer_tokens": self.num_tokens, "seconds": self.seconds}
        self.end = {"state": state, "finish": self.finish, **counts, "result": self.result, "error": error}

    def text(self, start: int = 0) -> str:
        """The text so far, from a character on. Takes the time of what is new, not of the whole."""
        if start >= self._characters:
            return ""
        first = bisect.bisect_right(self._starts, start) - 1
        return "".join(self._chunks[first:])[start - self._starts[first] :]

    def news(self, place: Place) -> dict[str, Any] | None:
        """What a reader has not seen yet, who then stands at its end; None where there is nothing."""
        told = self.told if place.told < self._told else None
        place.told = self._told
        return news(self.id, place, self.text(place.characters), self.tokens[place.tokens :], told, self.end)

    def unsaved(self) -> Part | None:
        """What the disk has not yet; None where that is nothing. `saved` says that it has it."""
        text, tokens = self.text(self._saved.characters), tuple(self.tokens[self._saved.tokens :])
        if not text and not tokens:
            return None
        return Part(self.id, self._parts, text, tokens, self.num_tokens, self.seconds)

    def saved(self, part: Part) -> None:
        """The disk has this part."""
        self._saved.characters += len(part.text)
        self._saved.tokens += len(part.tokens)
        self._parts += 1


def news(
    answer_id: str,
    place: Place,
    text: str,
    tokens: list[dict[str, Any]],
    told: dict[str, Any] | None,
    end: dict[str, Any] | None,
) -> dict[str, Any] | None:
    """One event for a reader, who then stands behind it. begin, to: characters and tokens, so that none comes twice."""
    end = None if place.is_over else end
    if not text and not tokens and told is None and end is None:
        return None
    event: dict[str, Any] = {"answer": answer_id, "begin": [place.characters, place.tokens]}
    place.characters, place.tokens = place.characters + len(text), place.tokens + len(tokens)
    place.is_over = end is not None
    event |= {"to": [place.characters, place.tokens], "text": text}
    return event | {name: value for name, value in (("tokens", tokens), ("told", told), ("end", end)) if value}
