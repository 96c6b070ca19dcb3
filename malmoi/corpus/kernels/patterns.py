"""Many regular expressions at once over the bytes of a whole batch, by Hyperscan: where something may stand.

Hyperscan has no look-around and no captures, and reports only where a match ends: what it finds are candidates. One
scan of a batch of Korean text runs at 600-1,200 MB/s on one core; Python's `re` at 5-7 (references/curation.md 3d).
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple, cast

import hyperscan
import numpy as np
from numba import njit

from malmoi.corpus.kernels.buffers import joined

_PATTERN_BITS = 16
"""An event is one whole number, its end above its pattern, so that sorting needs no pairs."""
AROUND_BYTES = 24
_LONGEST_NUMBER = 64
"""Digits in a row that are looked at: whoever writes more writes no number of a person."""


@dataclass(frozen=True)
class Candidates:
    """The candidates of one batch, in order of their end: which text, which pattern, and the bytes scanned.

    `ends` are places in `data`; text d is data[starts[d]:stops[d]].
    """

    data: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    texts: np.ndarray
    patterns: np.ndarray
    ends: np.ndarray


def scan(expressions: tuple[str, ...], data: np.ndarray, offsets: np.ndarray) -> Candidates:
    """Every end of every match of `expressions` (UTF-8, caseless for ASCII) in the texts of a batch.

    No expression may match a newline: texts are scanned as one, with a newline before and after each, so that "not a
    digit" holds at their edges.

    data: uint8 (bytes,). offsets: int64 (texts + 1,).
    """
    whole, starts = joined(data, offsets)
    patterns, ends = _events(_database(expressions, _TEXT_FLAGS), whole if len(whole) > len(starts) else whole[:0])
    texts = np.searchsorted(starts, ends - 1, side="right") - 1
    return Candidates(whole, starts[:-1], starts[1:] - 1, texts, patterns, ends)


def scan_bytes(
    expressions: tuple[str, ...], data: np.ndarray, offsets: np.ndarray, caseless: bool = False
) -> Candidates:
    """Every end of every match in the texts of a batch where they lie: nothing is copied, bytes are matched as bytes.

    A match may reach from one text into the next, and hides none by that: who looks at a candidate looks at its text
    alone. Classes hold single bytes: [가-힣] must be written out ((?:가|나), [\xea-\xed][\x80-\xbf]{2}).

    data: uint8 (bytes,). offsets: int64 (texts + 1,). caseless: letters of ASCII in either case.
    """
    first, last = int(offsets[0]), int(offsets[-1])
    database = _database(expressions, hyperscan.HS_FLAG_CASELESS if caseless else 0)
    patterns, ends = _events(database, data[first:last])
    ends += first
    texts = np.searchsorted(offsets, ends - 1, side="right") - 1
    return Candidates(data, offsets[:-1], offsets[1:], texts, patterns, ends)


def _events(database: hyperscan.Database, data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(pattern, end) of every match, in order of the ends."""
    events = array("Q")
    if len(data):
        add = events.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add(end << _PATTERN_BITS | pattern)

        database.scan(cast(bytes, data.data), match_event_handler=on_match)
    packed = np.sort(np.frombuffer(events, np.uint64) if len(events) else np.empty(0, np.uint64))
    ends = (packed >> np.uint64(_PATTERN_BITS)).astype(np.int64)
    return (packed & np.uint64((1 << _PATTERN_BITS) - 1)).astype(np.int64), ends


def outside_words(found: Candidates, digits_only: np.ndarray) -> Candidates:
    """Without candidates that end in digits which are part of a word (hashes, identifiers, names of products).

    digits_only: for each pattern (bool) whether what it matches ends in digits and never touches a Latin letter.
    """
    if not len(found.ends):
        return found
    kept = _outside_words(found.data, found.starts[found.texts], found.stops[found.texts], found.ends)
    kept |= ~digits_only[found.patterns]
    return replace(found, texts=found.texts[kept], patterns=found.patterns[kept], ends=found.ends[kept])


@njit(nogil=True, cache=True)
def _outside_words(data: np.ndarray, starts: np.ndarray, stops: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whether each candidate stays (bool). data: uint8 (bytes,). starts, stops: int64 (candidates,), of its text. ends:
    int64 (candidates,). 48 to 57 are digits, 65 to 90 after `& 0xDF` the letters of ASCII.
    """
    kept = np.ones(len(ends), np.bool_)
    for e in range(len(ends)):
        stop, start = ends[e], ends[e] - 1
        while stop < min(stops[e], ends[e] + _LONGEST_NUMBER) and 48 <= data[stop] <= 57:
            stop += 1
        while start >= max(starts[e], ends[e] - _LONGEST_NUMBER) and 48 <= data[start] <= 57:
            start -= 1
        after = data[stop] & 0xDF if stop < stops[e] else 0
        before = data[start] & 0xDF if start >= starts[e] else 0
        kept[e] = stop - start <= _LONGEST_NUMBER and not (65 <= after <= 90 or 65 <= before <= 90)
    return kept


def kept_by(found: Candidates, concerned: np.ndarray, wanted: Callable[[bytes, bytes], bool]) -> Candidates:
    """The candidates, those of some patterns only where `wanted` says so of the bytes before and after their end.

    concerned: bool (patterns,). wanted gets AROUND_BYTES each at most, of the candidate's own text.
    """
    kept = np.ones(len(found.ends), np.bool_)
    view = memoryview(found.data.data)
    for place in np.flatnonzero(concerned[found.patterns]).tolist():
        end, text = int(found.ends[place]), int(found.texts[place])
        before = view[max(end - AROUND_BYTES, int(found.starts[text])) : end]
        kept[place] = wanted(bytes(before), bytes(view[end : min(end + AROUND_BYTES, int(found.stops[text]))]))
    return replace(found, texts=found.texts[kept], patterns=found.patterns[kept], ends=found.ends[kept])


def weigh(found: Candidates, weights: np.ndarray, counted_times: int, num_texts: int) -> np.ndarray:
    """The weight (float64) of what was found in each text: of each pattern at most so many matches count.

    weights: float64 (patterns,). Returns float64 (texts,).
    """
    pairs, times = np.unique(found.texts * len(weights) + found.patterns, return_counts=True)
    each = np.minimum(times, counted_times) * weights[pairs % len(weights)]
    return np.bincount(pairs // len(weights), weights=each, minlength=num_texts)


class Snippet(NamedTuple):
    """What lies around one or more candidates of a text. `start`: its first byte in the text.

    cut_before, cut_after: whether the text goes on there. bits: what the patterns that were found there say.
    """

    text: int
    start: int
    content: str
    cut_before: bool
    cut_after: bool
    bits: int


def snippets(
    found: Candidates, before_bytes: int, after_bytes: int, bits: np.ndarray | None = None
) -> Iterator[Snippet]:
    """The surroundings of the candidates, overlapping ones joined, in whole characters.

    bits: int64 (patterns,), what each pattern adds to a snippet's `bits`; None: nothing.
    """
    if not len(found.ends):
        return
    first, last = found.starts[found.texts], found.stops[found.texts]
    starts = np.maximum(found.ends - before_bytes, first)
    stops = np.minimum(found.ends + after_bytes, last)
    opens = np.r_[True, (found.texts[1:] != found.texts[:-1]) | (starts[1:] > stops[:-1])]
    heads = np.flatnonzero(opens)
    tails = np.r_[heads[1:], len(opens)] - 1
    masks = np.bitwise_or.reduceat(np.zeros(len(opens), np.int64) if bits is None else bits[found.patterns], heads)
    for head, tail, mask in zip(heads.tolist(), tails.tolist(), masks.tolist(), strict=True):
        begin, end = _whole_characters(found.data, int(starts[head]), int(stops[tail]), int(last[tail]))
        content = bytes(found.data[begin:end]).decode()
        yield Snippet(
            int(found.texts[head]),
            begin - int(first[head]),
            content,
            cut_before=begin > first[head],
            cut_after=end < last[head],
            bits=mask,
        )


def _whole_characters(data: np.ndarray, start: int, stop: int, last: int) -> tuple[int, int]:
    """The span widened to whole characters: bytes 10xxxxxx go on with the one before them. data: uint8 (bytes,)."""
    while data[start] & 0xC0 == 0x80:
        start -= 1
    while stop < last and data[stop] & 0xC0 == 0x80:
        stop += 1
    return start, stop


_TEXT_FLAGS = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_CASELESS


@cache
def _database(expressions: tuple[str, ...], flags: int) -> hyperscan.Database:
    """The compiled expressions of a process. Hyperscan takes some ms for a hundred of them."""
    database = hyperscan.Database()
    database.compile(
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database
