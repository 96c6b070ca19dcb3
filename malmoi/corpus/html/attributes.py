"""What stands in the tags of a scanned page: wanted <meta> contents, links, values of attributes, words in classes.

Tags are not kept by the scanner, only where they begin; only the few that are asked for are read again, compiled.
"""

from html import unescape

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.markup import find_attribute, is_space, match_words, next_attribute, same_word
from malmoi.corpus.html.scan import ATTRIBUTES, MARK_ATTRIBUTES, MARK_TAG, TAG, Scanned
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, ID, Automaton, fnv
from malmoi.corpus.text.host import host_of_authority

META, LINK, A = ID["meta"], ID["link"], ID["a"]
MAX_VALUE_BYTES = 8_000
"""Longer values are no name, address or description. Data URIs are read by `attribute_bytes`, with its own limit."""
MAX_HOSTS = 1_000
MAX_AUTHORITY_BYTES = 2_500
"""253 characters of a name, nine bytes each where they are written with percent signs, and a user."""
MAX_CLASS_BYTES = 300


def attribute(page: np.ndarray, content: bytes, place: int, name: bytes) -> str | None:
    """The value of an attribute of the tag whose attributes begin at `place`, references resolved; None if it has none.

    page and content are the same bytes. A longer value than MAX_VALUE_BYTES is cut.
    """
    first, last = find_attribute(page, place, name)
    if first < 0:
        return None
    return unescape(content[first : min(last, first + MAX_VALUE_BYTES)].decode("utf-8", "replace")).strip()


def attribute_bytes(page: np.ndarray, content: bytes, place: int, name: bytes, max_bytes: int) -> bytes | None:
    """The value as it stands in the page; None where there is none or it is longer than max_bytes."""
    first, last = find_attribute(page, place, name)
    return content[first:last] if first >= 0 and last - first <= max_bytes else None


def metas(page: np.ndarray, content: bytes, scanned: Scanned, names: np.ndarray) -> dict[int, str]:
    """By the number of its name (see `name_hashes`) the content of the first <meta> with it."""
    found: dict[int, str] = {}
    for number, first, last in _metas(page, scanned.marks, names).tolist():
        value = " ".join(unescape(content[first:last].decode("utf-8", "replace")).split())
        if value:
            found.setdefault(number, value)
    return found


def name_hashes(names: list[str]) -> np.ndarray:
    """uint64, one a name (small letters): what `metas` looks for."""
    return np.array([fnv(name.encode()) for name in names], np.uint64)


def canonical(page: np.ndarray, content: bytes, scanned: Scanned) -> str | None:
    """The href of the first <link rel=canonical>."""
    first, last = _canonical(page, scanned.marks)
    return unescape(content[first:last].decode("utf-8", "replace")).strip() if first >= 0 else None


def hosts(page: np.ndarray, content: bytes, scanned: Scanned) -> list[str]:
    """The hosts of the page's absolute links as text/host.py writes them, each once, in order, at most MAX_HOSTS."""
    spans = np.empty((MAX_HOSTS, 2), np.int64)
    count = _authorities(page, scanned.elements, scanned.places, spans)
    parts = (content[first:last].decode("utf-8", "replace") for first, last in spans[:count].tolist())
    return list(dict.fromkeys(host for part in parts if (host := host_of_authority(part))))


def element_words(page: np.ndarray, scanned: Scanned, words: Automaton) -> np.ndarray:
    """For each element the groups (bits) of the words in its class, id, role, itemprop and itemtype; int64."""
    return _element_words(page, scanned.places, words)


@njit(nogil=True, cache=True)
def _metas(page: np.ndarray, marks: np.ndarray, names: np.ndarray) -> np.ndarray:  # noqa: C901 (compiled: one loop)
    """int64 (found, 3): number of the name, start and end of the content."""
    found = np.empty((len(marks), 3), np.int64)
    count = 0
    for mark in marks:
        if mark[MARK_TAG] != META:
            continue
        place = mark[MARK_ATTRIBUTES]
        first, last = find_attribute(page, place, b"property")
        if first < 0 or last == first:
            first, last = find_attribute(page, place, b"name")
        if first < 0 or last == first:
            first, last = find_attribute(page, place, b"itemprop")
        while first < last and is_space(page[first]):
            first += 1
        while first < last and is_space(page[last - 1]):
            last -= 1
        if first < 0 or last == first or last - first > 60:
            continue
        value = uint64(FNV_START)
        for i in range(first, last):
            byte = page[i]
            if 65 <= byte <= 90:
                byte += 32
            value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
        for number in range(len(names)):
            if names[number] == value:
                first, last = find_attribute(page, place, b"content")
                if first >= 0 and last - first <= MAX_VALUE_BYTES:
                    found[count, 0], found[count, 1], found[count, 2] = number, first, last
                    count += 1
                break
    return found[:count]


@njit(nogil=True, cache=True)
def _canonical(page: np.ndarray, marks: np.ndarray) -> tuple[int, int]:
    wanted = b"canonical"
    for mark in marks:
        if mark[MARK_TAG] != LINK:
            continue
        first, last = find_attribute(page, mark[MARK_ATTRIBUTES], b"rel")
        if first < 0 or last - first != len(wanted):
            continue
        same = True
        for i in range(len(wanted)):
            same &= (page[first + i] | 32) == wanted[i]
        if same:
            first, last = find_attribute(page, mark[MARK_ATTRIBUTES], b"href")
            if first >= 0 and last - first <= MAX_VALUE_BYTES:
                return first, last
    return -1, -1


@njit(nogil=True, cache=True)
def _authorities(  # noqa: C901 (compiled: one loop)
    page: np.ndarray, elements: np.ndarray, places: np.ndarray, spans: np.ndarray
) -> int:
    """Fills spans with where distinct authorities (user@host:port) begin and end; how many there are."""
    slots = np.zeros(4096, np.uint64)
    count = 0
    for e in range(1, len(elements)):
        if elements[e, TAG] != A:
            continue
        first, last = find_attribute(page, places[e, ATTRIBUTES], b"href")
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
        slot = value & uint64(4095)
        while slots[slot] != 0 and slots[slot] != value:
            slot = (slot + uint64(1)) & uint64(4095)
        if slots[slot] == value:
            continue
        slots[slot] = value
        spans[count, 0], spans[count, 1] = first, end
        count += 1
        if count == len(spans):
            break
    return count


@njit(nogil=True, cache=True)
def _element_words(page: np.ndarray, places: np.ndarray, words: Automaton) -> np.ndarray:
    bits = np.zeros(len(places), np.int64)
    for e in range(1, len(places)):
        i = places[e, ATTRIBUTES]
        while i < len(page):
            start, end, first, last, i = next_attribute(page, i)
            if start < 0:
                break
            if last > first and _tells(page, start, end):
                bits[e] |= match_words(page, first, min(last, first + MAX_CLASS_BYTES), words)
    return bits


@njit(nogil=True, cache=True)
def _tells(page: np.ndarray, start: int, end: int) -> bool:
    """Whether an attribute's value says what its element is for."""
    letter, width = page[start] | 32, end - start
    if letter == 99:
        return same_word(page, start, end, b"class")
    if letter == 105:
        return width == 2 or same_word(page, start, end, b"itemprop") or same_word(page, start, end, b"itemtype")
    return letter == 114 and same_word(page, start, end, b"role")
