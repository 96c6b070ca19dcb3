"""A filter over text that comes in pieces: a masked span never leaves, and nothing waits longer than HELD + STEP.

The end of the text is held back, so that a word is seen whole before its first letter goes out; what went out stays in
sight, so that a word is known by what stands before it.
"""

import re
from dataclasses import dataclass, field, replace

from malmoi.serve.safety.check import Span, find_spans
from malmoi.serve.safety.policy import Rules

HELD, STEP = 16, 8
"""Characters that are held back, and that are gathered before the next look: at most 24 wait. The longest disguises of
the attack table take 14."""
_RUN = re.compile(r"(?:[\w@.%+-]|(?<=\d) (?=\d|\Z))+\Z", re.ASCII)
"""What may be the beginning of a number of a card or of an address, with nothing between it and the end of the text."""
SEEN = 48
"""Characters that went out and stay in sight: whole words and labels (연락처: )."""


@dataclass
class StreamFilter:
    """The state of one answer. blocked: what ended it.

    _hits: by kind and beginning, so that one that has grown takes the place of what it was.
    """

    rules: Rules
    blocked: Span | None = None
    _hits: dict[tuple[str, int], Span] = field(default_factory=dict)
    _seen: str = ""
    _held: str = ""
    _gone: int = 0
    _looked: int = 0

    @property
    def spans(self) -> list[Span]:
        """All hits so far, in characters of the answer unmasked."""
        return list(self._hits.values())

    def feed(self, text: str, *, is_last: bool = False) -> str:
        """What may be shown after this piece. After a block it is always ""."""
        if self.blocked:
            return ""
        self._held += text
        if not self.is_due(is_last=is_last):
            return ""
        window, begin = self._seen + self._held, len(self._seen)
        limit = len(window) if is_last else max(begin, len(window) - self._held_back())
        shown, at, moved = [], begin, self._gone - len(self._seen)
        for span in find_spans(window, self.rules):
            if span.stop <= at or span.start >= limit:
                continue
            hit = replace(span, start=span.start + moved, stop=span.stop + moved)
            is_known = (hit.kind, hit.start) in self._hits
            self._hits[hit.kind, hit.start] = hit
            action = self.rules.action(span.kind)
            if action == "block":
                self.blocked, limit = hit, max(at, span.start)
                break
            if action == "mask":
                shown += [window[at : max(at, span.start)], "" if is_known and span.start < begin else span.mask]
                at = span.stop
        limit = max(limit, at)
        shown.append(window[at:limit])
        self._gone += limit - begin
        self._seen, self._held = window[max(0, limit - SEEN) : limit], window[limit:]
        self._looked = len(self._held)
        return "".join(shown)

    def is_due(self, more: str = "", *, is_last: bool = False) -> bool:
        """Whether the text is looked at once `more` is there: a look takes milliseconds."""
        waiting = len(self._held) + len(more)
        return is_last or waiting - self._looked >= STEP or waiting >= HELD + STEP

    def _held_back(self) -> int:
        """Characters at the end that wait: all of a number or an address that has begun, as far as the delay allows."""
        run = _RUN.search(self._held)
        return max(HELD, min(HELD + STEP - 1, len(run[0]) if run else 0))
