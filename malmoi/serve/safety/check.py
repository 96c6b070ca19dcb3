"""One interface over every filter: text in, spans out; and what a policy makes of a text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.safety.words import find_words

COVER = "○"
"""Stands for each letter of a masked word. Personal data get the corpus' own masks (<전화번호>)."""
MOST_CHARACTERS = 200_000
"""A longer text is read in pieces of this size: spans do not cross them."""
_SENTENCE = re.compile(r"[^\n.!?…]+[.!?…]*")


@dataclass(frozen=True)
class Span:
    """Characters start..stop are a hit of a kind of policy.KINDS. label: "strong", "phone", "harm"; mask: its cover."""

    start: int
    stop: int
    kind: str
    label: str
    mask: str


@dataclass(frozen=True)
class Judged:
    """A text after a policy. blocked: the first span that forbids it, if any. spans: all hits, in the original text."""

    text: str
    spans: tuple[Span, ...]
    blocked: Span | None


def warm(settings: SafetySettings) -> None:
    """Loads what the policy needs, which takes seconds: before the first request, for whom everybody would wait."""
    for rules in (settings.input, settings.output):
        find_spans("전화는 010-2345-6789 입니다.", rules)


def find_spans(text: str, rules: Rules) -> list[Span]:
    """Every hit of the kinds that the rules look for, by place."""
    spans: list[Span] = []
    for at in range(0, len(text), MOST_CHARACTERS):
        piece = text[at : at + MOST_CHARACTERS]
        for kind in rules.wanted():
            spans += [
                Span(at + start, at + stop, kind, label, mask)
                for start, stop, label, mask in FINDERS[kind](piece, rules)
            ]
    return sorted(spans, key=lambda span: (span.start, span.stop))


def judge(text: str, rules: Rules) -> Judged:
    """The text with what is to be masked covered. A text that is blocked is given as it is: it is not to be used."""
    spans = find_spans(text, rules)
    blocked = next((span for span in spans if rules.action(span.kind) == "block"), None)
    covered = text if blocked else cover(text, [span for span in spans if rules.action(span.kind) == "mask"])
    return Judged(covered, tuple(spans), blocked)


def cover(text: str, spans: Sequence[Span]) -> str:
    """The text with the mask of each span in its place; of spans that overlap the first is written."""
    pieces, at = [], 0
    for span in spans:
        if span.stop > at:
            pieces += [text[at : span.start], span.mask if span.start >= at else ""]
            at = span.stop
    return "".join([*pieces, text[at:]])


def _profanity(text: str, rules: Rules) -> Iterator[tuple[int, int, str, str]]:
    for hit in find_words(text):
        if rules.mild or hit.weight == "strong":
            letters = sum(character.isalnum() for character in text[hit.start : hit.stop])
            yield hit.start, hit.stop, hit.weight, COVER * max(1, letters)


def _personal(text: str, _rules: Rules) -> Iterator[tuple[int, int, str, str]]:
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal.settings import MaskingSettings
    from malmoi.corpus.steps.written_forms import MASKS

    [(_, spans)] = find_spans_of([text], MaskingSettings())
    for span in spans:
        yield span["start"], span["end"], span["type"], MASKS[span["type"]]


def _harm(text: str, rules: Rules) -> Iterator[tuple[int, int, str, str]]:
    import pyarrow as pa

    from malmoi.corpus.classify.ensemble import load_ensemble

    sentences = [match.span() for match in _SENTENCE.finditer(text) if match[0].strip()]
    scored = load_ensemble().score(pa.array([text[start:stop] for start, stop in sentences], pa.large_string()))
    for (start, stop), probability in zip(sentences, scored["harm"], strict=True):
        if probability >= rules.harm_at:
            yield start, stop, "harm", COVER


FINDERS = {"profanity": _profanity, "harm": _harm, "personal": _personal}
"""By kind: what finds it, as (start, stop, label, mask)."""
