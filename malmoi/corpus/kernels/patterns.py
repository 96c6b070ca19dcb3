"""Many regular expressions at once over the bytes of a whole batch, by Hyperscan: where something may stand.

Hyperscan has no look-around and no captures, and reports only where a match ends: what it finds are candidates. One
scan of a batch of Korean text runs at 600-1,200 MB/s on one core; Python's `re` at 5-7 (references/curation.md 3d).
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, cast

import hyperscan
import numpy as np

from malmoi.corpus.kernels.buffers import joined

_PATTERN_BITS = 16


@dataclass(frozen=True)
class Found:
    """The candidates of one batch, in order of their end: which text, which pattern, and the bytes scanned.

    `ends` are places in `data`; text d is data[starts[d]:starts[d + 1] - 1].
    """

    data: np.ndarray
    starts: np.ndarray
    texts: np.ndarray
    patterns: np.ndarray
    ends: np.ndarray


def scan(expressions: tuple[str, ...], data: np.ndarray, offsets: np.ndarray) -> Found:
    """Every end of every match of `expressions` (UTF-8, caseless for ASCII) in the texts of a batch.

    No expression may match a newline: texts are scanned as one, with a newline before and after each, so that "not a
    digit" holds at their edges.
    """
    whole, starts = joined(data, offsets)
    events = array("Q")
    if len(whole) > len(starts):
        add = events.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add(end << _PATTERN_BITS | pattern)

        _database(expressions).scan(cast(bytes, whole.data), match_event_handler=on_match)
    packed = np.sort(np.frombuffer(events, np.uint64) if len(events) else np.empty(0, np.uint64))
    ends = (packed >> np.uint64(_PATTERN_BITS)).astype(np.int64)
    patterns = (packed & np.uint64((1 << _PATTERN_BITS) - 1)).astype(np.int64)
    texts = np.searchsorted(starts, ends - 1, side="right") - 1
    return Found(whole, starts, texts, patterns, ends)


def weigh(found: Found, weights: np.ndarray, counted_times: int, num_texts: int) -> np.ndarray:
    """The weight (float64) of what was found in each text: of each pattern at most so many matches count."""
    pairs, times = np.unique(found.texts * len(weights) + found.patterns, return_counts=True)
    each = np.minimum(times, counted_times) * weights[pairs % len(weights)]
    return np.bincount(pairs // len(weights), weights=each, minlength=num_texts)


class Snippet(NamedTuple):
    """What lies around one or more candidates of a text. `start`: its first byte in the text.

    cut_before, cut_after: whether the text goes on there.
    """

    text: int
    start: int
    content: str
    cut_before: bool
    cut_after: bool


def snippets(found: Found, before_bytes: int, after_bytes: int) -> Iterator[Snippet]:
    """The surroundings of the candidates, overlapping ones joined, in whole characters."""
    if not len(found.ends):
        return
    first, last = found.starts[found.texts], found.starts[found.texts + 1] - 1
    starts = np.maximum(found.ends - before_bytes, first)
    stops = np.minimum(found.ends + after_bytes, last)
    opens = np.r_[True, (found.texts[1:] != found.texts[:-1]) | (starts[1:] > stops[:-1])]
    heads = np.flatnonzero(opens)
    tails = np.r_[heads[1:], len(opens)] - 1
    for head, tail in zip(heads.tolist(), tails.tolist(), strict=True):
        begin, end = _whole_characters(found.data, int(starts[head]), int(stops[tail]))
        content = bytes(found.data[begin:end]).decode()
        yield Snippet(
            int(found.texts[head]),
            begin - int(first[head]),
            content,
            cut_before=begin > first[head],
            cut_after=end < last[head],
        )


def _whole_characters(data: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    while data[start] & 0xC0 == 0x80:
        start -= 1
    while data[stop] & 0xC0 == 0x80:  # a separator follows every text
        stop += 1
    return start, stop


@cache
def _database(expressions: tuple[str, ...]) -> hyperscan.Database:
    database = hyperscan.Database()
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_CASELESS
    database.compile(
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database
