"""Reads the tags of a scanned page again: <meta> contents, links, values of attributes, words in classes.

The scanner keeps only the byte at which the attributes of a tag begin. The few tags that a caller asks for are read a
second time here, compiled. Offsets are bytes of the page; a span is (start, end), end not included.
"""

from html import unescape

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.markup import find_attribute, hash_word, is_space, match_words, next_attribute, same_word
from malmoi.corpus.html.scan import ATTRIBUTES, MARK_ATTRIBUTES, MARK_TAG, TAG
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, ID, Automaton, fnv
from malmoi.corpus.text.host import host_of_authority

META, LINK, A = ID["meta"], ID["link"], ID["a"]
MAX_VALUE_BYTES = 8_000
"""Longer values are no name, address or description. Data URIs are read by their spans."""
MAX_NAME_BYTES = 60
"""The longest name of a <meta> that is looked up; of those that are asked for, og:article:published_time has 25."""
MAX_HOSTS = 1_000
"""Distinct hosts that are listed for a page. It keeps the hash table of HOST_SLOTS below a quarter full."""
HOST_SLOTS = 4_096
MAX_AUTHORITY_BYTES = 2_500
"""253 characters of a name, nine bytes each where they are written with percent signs, and a user."""
MAX_CLASS_BYTES = 300
"""So much of a class or id is searched for words: generated class lists of some kB say nothing more."""


def attribute(parsed: Parsed, start: int, name: bytes) -> str | None:
    """The value of an attribute, character references resolved; None where the tag does not have it.

    start: byte at which the attributes of the tag begin. A value longer than MAX_VALUE_BYTES is cut.
    """
    first, last = find_attribute(parsed.page, start, name)
    return text_between(parsed, first, last)


def attribute_spans(parsed: Parsed, starts: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Where the values of several attributes of several tags are in the page, int64 (starts, names, 2); -1 for none.

    starts: int64, as for `attribute`. names: uint64 (names,), from `name_hashes`.
    """
    return _attribute_spans(parsed.page, starts, names)


def text_between(parsed: Parsed, first: int, last: int) -> str | None:
    """The value of an attribute with this span, as `attribute` gives it; None where first is -1."""
    return _text(parsed, first, min(last, first + MAX_VALUE_BYTES)).strip() if first >= 0 else None


def metas(parsed: Parsed, names: np.ndarray) -> dict[int, str]:
    """The content of the first <meta> of each name that is not empty, by the position of the name in `names`.

    names: uint64 (names,), from `name_hashes`.
    """
    contents: dict[int, str] = {}
    for number, first, last in _metas(parsed.page, parsed.scanned.marks, names).tolist():
        value = " ".join(_text(parsed, first, last).split())
        if value:
            contents.setdefault(number, value)
    return contents


def name_hashes(names: list[str]) -> np.ndarray:
    """uint64 (names,): the FNV-1a hash of each name, which must be in small letters."""
    return np.array([fnv(name.encode()) for name in names], np.uint64)


def canonical(parsed: Parsed) -> str | None:
    """The href of the first <link rel=canonical> as it is written, perhaps relative; None where there is none."""
    first, last = _canonical(parsed.page, parsed.scanned.marks)
    return _text(parsed, first, last).strip() if first >= 0 else None


def hosts(parsed: Parsed) -> list[str]:
    """The hosts of the page's absolute links as text/host.py writes them, each once, in order, at most MAX_HOSTS."""
    host_spans = np.empty((MAX_HOSTS, 2), np.int64)
    count = _authorities(parsed.page, parsed.scanned.elements, parsed.scanned.spans, host_spans)
    parts = (parsed.content[first:last].decode("utf-8", "replace") for first, last in host_spans[:count].tolist())
    return list(dict.fromkeys(host for part in parts if (host := host_of_authority(part))))


def element_words(parsed: Parsed, words: Automaton) -> np.ndarray:
    """int64 (elements,): bits of the word groups in each element's class, id, role, itemprop and itemtype."""
    return _element_words(parsed.page, parsed.scanned.spans, words)


def _text(parsed: Parsed, first: int, last: int) -> str:
    return unescape(parsed.content[first:last].decode("utf-8", "replace"))


@njit(nogil=True, cache=True)
def _attribute_spans(page: np.ndarray, starts: np.ndarray, names: np.ndarray) -> np.ndarray:
    """As `attribute_spans`. page: uint8 (bytes,)."""
    found = np.full((len(starts), len(names), 2), -1, np.int64)
    for k in range(len(starts)):
        i = starts[k]
        while i < len(page):
            start, end, first, last, i = next_attribute(page, i)
            if start < 0:
                break
            name = hash_word(page, start, end)
            for number in range(len(names)):
                if names[number] == name and found[k, number, 0] < 0:
                    found[k, number, 0], found[k, number, 1] = first, min(last, len(page))
    return found


@njit(nogil=True, cache=True)
def _metas(page: np.ndarray, marks: np.ndarray, names: np.ndarray) -> np.ndarray:
    """int64 (matches, 3): position of the name in `names`, start and end of the content.

    page: uint8 (bytes,). marks: int64 (marks, 6). names: uint64 (names,).
    """
    matches = np.empty((len(marks), 3), np.int64)
    count = 0
    for mark in marks:
        if mark[MARK_TAG] != META:
            continue
        start = mark[MARK_ATTRIBUTES]
        first, last = find_attribute(page, start, b"property")
        if first < 0 or last == first:
            first, last = find_attribute(page, start, b"name")
        if first < 0 or last == first:
            first, last = find_attribute(page, start, b"itemprop")
        while first < last and is_space(page[first]):
            first += 1
        while first < last and is_space(page[last - 1]):
            last -= 1
        if first < 0 or last == first or last - first > MAX_NAME_BYTES:
            continue
        value = hash_word(page, first, last)
        for number in range(len(names)):
            if names[number] == value:
                first, last = find_attribute(page, start, b"content")
                if first >= 0 and last - first <= MAX_VALUE_BYTES:
                    matches[count, 0], matches[count, 1], matches[count, 2] = number, first, last
                    count += 1
                break
    return matches[:count]


@njit(nogil=True, cache=True)
def _canonical(page: np.ndarray, marks: np.ndarray) -> tuple[int, int]:
    """The span of the first canonical href; -1, -1 where there is none.

    page: uint8 (bytes,). marks: int64 (marks, 6).
    """
    for mark in marks:
        if mark[MARK_TAG] == LINK:
            first, last = find_attribute(page, mark[MARK_ATTRIBUTES], b"rel")
            if first >= 0 and same_word(page, first, last, b"canonical"):
                first, last = find_attribute(page, mark[MARK_ATTRIBUTES], b"href")
                if first >= 0 and last - first <= MAX_VALUE_BYTES:
                    return first, last
    return -1, -1


@njit(nogil=True, cache=True)
def _authorities(  # noqa: C901 (compiled: one loop)
    page: np.ndarray, elements: np.ndarray, spans: np.ndarray, host_spans: np.ndarray
) -> int:
    """Fills host_spans, int64 (MAX_HOSTS, 2), with the spans of distinct authorities (user@host:port); their number.

    page: uint8 (bytes,). elements: int64 (elements, 6). spans: int64 (elements, 3).
    """
    slots = np.zeros(HOST_SLOTS, np.uint64)
    count = 0
    for e in range(1, len(elements)):
        if elements[e, TAG] != A:
            continue
        first, last = find_attribute(page, spans[e, ATTRIBUTES], b"href")
        while first < last and is_space(page[first]):
            first += 1
        if last - first < 4:
            continue
        if (page[first] | 32) == 104:  # http:, https:
            k = first
            while k < min(last, first + 6) and page[k] != 58:
                k += 1
            first = k + 1
        if first + 2 >= last or page[first] != 47 or page[first + 1] != 47:
            continue
        first += 2
        end = first
        value = uint64(FNV_START)
        while end < last and page[end] != 47 and page[end] != 63 and page[end] != 35 and page[end] != 92:  # / ? # \
            value = (value ^ uint64(page[end] | 32)) * uint64(FNV_PRIME)
            end += 1
        if end - first < 4 or end - first > MAX_AUTHORITY_BYTES:
            continue
        slot = value & uint64(HOST_SLOTS - 1)
        while slots[slot] != 0 and slots[slot] != value:
            slot = (slot + uint64(1)) & uint64(HOST_SLOTS - 1)
        if slots[slot] == value:
            continue
        slots[slot] = value
        host_spans[count, 0], host_spans[count, 1] = first, end
        count += 1
        if count == len(host_spans):
            break
    return count


@njit(nogil=True, cache=True)
def _element_words(page: np.ndarray, spans: np.ndarray, words: Automaton) -> np.ndarray:
    """int64 (elements,) of group bits. page: uint8 (bytes,); spans: int64 (elements, 3)."""
    bits = np.zeros(len(spans), np.int64)
    for e in range(1, len(spans)):
        i = spans[e, ATTRIBUTES]
        while i < len(page):
            start, end, first, last, i = next_attribute(page, i)
            if start < 0:
                break
            if last > first and _names_purpose(page, start, end):
                bits[e] |= match_words(page, first, min(last, first + MAX_CLASS_BYTES), words)
    return bits


@njit(nogil=True, cache=True)
def _names_purpose(page: np.ndarray, start: int, end: int) -> bool:
    """Whether the attribute named page[start:end] says what its element is for. The first letter decides quickly."""
    letter, width = page[start] | 32, end - start
    if letter == 99:
        return same_word(page, start, end, b"class")
    if letter == 105:
        return width == 2 or same_word(page, start, end, b"itemprop") or same_word(page, start, end, b"itemtype")
    return letter == 114 and same_word(page, start, end, b"role")
