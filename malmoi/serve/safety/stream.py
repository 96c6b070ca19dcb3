"""A filter over text that comes in pieces: a masked span never leaves, and nothing waits longer than HELD + STEP.

The end of the text is held back, so that a word is seen whole before its first letter goes out; what went out stays in
sight, so that a word is known by what stands before it. At first the end of the prompt is in sight: a number that
begins there goes on in the answer.
"""

import asyncio
import functools
import json
import re
from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from malmoi.serve.engine import Guide
from malmoi.serve.safety.check import Span, find_spans
from malmoi.serve.safety.policy import Action, Rules
from malmoi.serve.text import TextPiece

FINISH = "content_filter"
"""OpenAI's finish_reason for an answer that a filter ended."""
HELD, STEP = 16, 8
"""Characters that are held back, and that are gathered before the next look: at most 24 wait. The longest disguises of
the attack table take 14."""
_RUN = re.compile(r"(?:[\w@.%+-]|(?<=\d) (?=\d|\Z))+\Z", re.ASCII)
"""What may be the beginning of a number of a card or of an address, with nothing between it and the end of the text."""
_REST = re.compile(r"(?:[\w@%+-]|\.(?=\w))*", re.ASCII)
"""What goes on a number or an address that was masked when it stood at the end of the text."""
_SPOKEN = "[공영일이삼사오육칠팔구]"
_WIDE = str.maketrans("０１２３４５６７８９－", "0123456789-")
_BEGUN = re.compile(
    r"(?<![\w.-])(?:[\w.%+-]+@[\w.-]*"  # an address for mail
    r"|(?:\+?82[ -]?0?|0)1[016789][ .-]?\d{1,4}[ .-]?\d{0,4}|0\d{1,2}[ .-]\d{3,4}[ .-]?\d{0,4}"  # a telephone
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?[1-8]\d{0,6}"  # a resident's number
    r"|\d{4}[ -]\d{4}[ -]?\d{0,4}[ -]?\d{0,4}|\d{3,6}-\d{2,6}-\d{1,7}"  # a card, an account
    r"|[MSROD]\d{4,8}"  # a passport
    rf"|[공영]일{_SPOKEN}[ -]?{_SPOKEN}{{1,4}}[ -]?{_SPOKEN}{{0,4}})\Z",  # a telephone as it is spoken
    re.ASCII,
)
"""What is a number or an address of a person as far as it goes, at the end of an answer that was cut."""
_FIXED = re.compile(r'"(?:pattern|format)":|"minLength": (?:[5-9]|\d\d)')
"""A schema that a mask could break; what stands in an enum is asked for by name."""
SEEN = 48
"""Characters that went out and stay in sight: whole words and labels (연락처: )."""


@dataclass
class StreamFilter:
    """The state of one answer. blocked: what ended it.

    before: what stands before the answer, of which the end is in sight. guide: what the answer has to look like, if
    anything: it keeps that form. So a mask is written inside a string of JSON whose schema asks for no pattern, and
    nowhere else; where it would break the form it blocks. _hits: by kind and beginning, so that one that has grown
    takes the place of what it was.
    """

    rules: Rules
    before: str = ""
    guide: Guide | None = None
    blocked: Span | None = None
    _hits: dict[tuple[str, int], Span] = field(default_factory=dict)
    _whole: str = ""
    _held: str = ""
    _gone: int = 0
    _looked: int = 0
    _is_open: bool = False

    def __post_init__(self) -> None:
        self._seen = self.before[-SEEN:]

    @functools.cached_property
    def _schema(self) -> str | None:
        """The schema of an answer in JSON as text; None where a mask could break it. Written at the first hit alone."""
        if self.guide is None or self.guide.kind != "json":
            return None
        schema = json.dumps(self.guide.value, ensure_ascii=False)
        return None if _FIXED.search(schema) else schema

    @property
    def spans(self) -> list[Span]:
        """All hits so far, in characters of the answer unmasked."""
        return list(self._hits.values())

    def feed(self, text: str, *, is_last: bool = False, dropped: str | None = None) -> str:
        """What may be shown after this piece. After a block it is always "".

        dropped: where the end cut the text (a stop string, max_tokens), what was made of it behind the cut. A word or a
        number that the cut parts is not shown.
        """
        if self.blocked:
            return ""
        self._held += text
        self._whole += text if self.guide else ""
        if not self.is_due(is_last=is_last):
            return ""
        window, begin = self._seen + self._held, len(self._seen)
        limit = len(window) if is_last else max(begin, len(window) - self._held_back())
        at = begin + (len(_REST.match(window, begin)[0]) if self._is_open else 0)  # type: ignore[index]
        self._is_open = self._is_open and at == len(window)
        shown, moved = [], self._gone - len(self._seen)
        for span in self._found(window, dropped):
            if span.stop <= at or span.start >= limit:
                continue
            hit = replace(span, start=span.start + moved, stop=span.stop + moved)
            is_known = (hit.kind, hit.start) in self._hits
            self._hits[hit.kind, hit.start] = hit
            action = self._action(hit)
            if action == "block":
                self.blocked, limit = hit, max(at, span.start)
                break
            if action == "mask":
                shown += [window[at : max(at, span.start)], "" if is_known and span.start < begin else span.mask]
                at = min(span.stop, len(window))
                self._is_open = at == len(window) and span.kind == "personal"
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

    def _found(self, window: str, dropped: str | None) -> list[Span]:
        """The hits by place; at a cut also what is one as far as it goes."""
        whole = window + (dropped or "")
        spans = find_spans(whole, self.rules)
        if dropped is not None and self.rules.personal != "off" and (begun := _BEGUN.search(whole.translate(_WIDE))):
            start, stop = begun.span()
            if not any(span.kind == "personal" and span.start < stop and start < span.stop for span in spans):
                spans.append(Span(start, stop, "personal", "begun", "<개인정보>"))
        return sorted(spans, key=lambda span: (span.start, span.stop))

    def _action(self, hit: Span) -> Action:
        """What is done with a hit. A mask that would break the form of a guided answer blocks."""
        action = self.rules.action(hit.kind)
        if action != "mask" or self.guide is None:
            return action
        is_free = self._schema is not None and self._whole[max(0, hit.start) : hit.stop] not in self._schema
        return "mask" if is_free and _is_in_string(self._whole, hit) else "block"

    def _held_back(self) -> int:
        """Characters at the end that wait: all of a number or an address that has begun, as far as the delay allows."""
        run = _RUN.search(self._held)
        return max(HELD, min(HELD + STEP - 1, len(run[0]) if run else 0))


async def covered(
    pieces: AsyncGenerator[TextPiece, None], state: StreamFilter, threads: Executor | None = None
) -> AsyncGenerator[TextPiece, None]:
    """An answer whose masked spans never leave; a blocked one ends before the span, and so does the engine's work.

    It is looked at in a thread, for a look takes milliseconds and would hold up every other stream. Its tokens go on
    with it for the record of the answer.
    """
    shows_all = all(state.rules.action(kind) == "flag" for kind in state.rules.wanted())
    async with aclosing(pieces):
        async for piece in pieces:
            is_last = piece.finish is not None
            look = functools.partial(state.feed, piece.text, is_last=is_last, dropped=piece.dropped)
            is_due = state.is_due(piece.text, is_last=is_last)
            text = await asyncio.get_running_loop().run_in_executor(threads, look) if is_due else look()
            finish = FINISH if state.blocked else piece.finish
            yield piece if shows_all else replace(piece, text=text, finish=finish)
            if finish:
                return


def _is_in_string(text: str, hit: Span) -> bool:
    """Whether a hit lies inside one string of a text of JSON."""
    quotes = re.sub(r"\\.", "..", text, flags=re.DOTALL)
    inside = quotes[max(0, hit.start) : hit.stop]
    return (
        quotes[: max(0, hit.start)].count('"') % 2 == 1 and '"' not in inside and "\\" not in text[hit.start : hit.stop]
    )
