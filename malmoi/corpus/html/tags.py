"""What the scanner knows of HTML: element names with what they do, named entities, and machines that find words.

All of it is flat arrays, because the compiled scanner takes nothing else. Element behaviour follows the HTML standard
(sections 13.1.2 and 13.2.6) as far as it decides where a text belongs; what only a renderer needs is left out.
"""

from functools import cache
from html.entities import html5
from typing import NamedTuple

import numpy as np

from malmoi.corpus.html.class_words import CLASS_WORDS, TEXT_WORDS

BLOCK, VOID, RAW, SKIP, CLOSES_P, INLINE_MARK, SCOPE = 1, 2, 4, 8, 16, 32, 64
"""Bits of what an element does: ends a block of text; has no content; has no markup inside; holds no text for reading;
ends an open <p>; is emphasis; stops the search for the element that an end tag closes."""

BLOCKS = (
    "p div li h1 h2 h3 h4 h5 h6 td th blockquote pre dd dt section article header footer nav aside ul ol table tr "
    "tbody thead tfoot form figure figcaption main body fieldset address center dl details summary button caption "
    "hgroup html head hr legend menu option dialog search frameset"
).split()
VOIDS = "br img hr input meta link source area base col embed param track wbr frame keygen".split()
RAWS = "script style textarea title iframe noembed noframes xmp noscript template".split()
SKIPS = "svg select canvas object audio video map math datalist applet picture".split()
MARKS = "b strong i em u".split()
OTHERS = "a span label time small sup sub code tt font mark cite q abbr ins del big s strike".split()
ENDS_P = (
    "p div ul ol dl table h1 h2 h3 h4 h5 h6 section article header footer nav aside blockquote pre form figure "
    "figcaption main fieldset address center details summary hr menu dd dt li hgroup"
).split()
SCOPES = "td th table caption html".split()
NAMES = tuple(dict.fromkeys(["?", "?-", *BLOCKS, *VOIDS, *RAWS, *SKIPS, *MARKS, *OTHERS]))
"""Element names by id; 0 is any other name, 1 any name with a hyphen (a custom element: those are boxes)."""
ID = {name: number for number, name in enumerate(NAMES)}
HASH_SLOTS = 1024
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
"""64-bit FNV-1a (RFC 9923): short names, one multiplication a byte."""


class Automaton(NamedTuple):
    """Aho-Corasick over folded bytes: `step[state, fold[byte]]` is the next state, `found[state]` its groups (bits)."""

    fold: np.ndarray
    step: np.ndarray
    found: np.ndarray


class Tables(NamedTuple):
    """Everything the scanner looks up."""

    name_hashes: np.ndarray
    name_ids: np.ndarray
    does: np.ndarray
    entity_hashes: np.ndarray
    entity_starts: np.ndarray
    entity_bytes: np.ndarray
    class_words: Automaton
    text_words: Automaton
    titles: np.ndarray


def fnv(name: bytes) -> int:
    """64-bit FNV-1a of the bytes."""
    value = FNV_START
    for byte in name:
        value = (value ^ byte) * FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return value


@cache
def tables() -> Tables:
    """Built once a process, in some 30 ms."""
    hashes, ids = np.zeros(HASH_SLOTS, np.uint64), np.zeros(HASH_SLOTS, np.uint8)
    for name, number in ID.items():
        slot = fnv(name.encode()) % HASH_SLOTS
        while hashes[slot]:
            slot = (slot + 1) % HASH_SLOTS
        hashes[slot], ids[slot] = fnv(name.encode()), number
    entities = sorted((fnv(name.rstrip(";").encode()), value) for name, value in html5.items() if name.endswith(";"))
    texts = [value.encode() for _, value in entities]
    starts = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int32)
    return Tables(
        hashes,
        ids,
        _behaviour(),
        np.array([number for number, _ in entities], np.uint64),
        starts,
        np.frombuffer(b"".join(texts), np.uint8),
        automaton(CLASS_WORDS),
        automaton(TEXT_WORDS),
        np.array([ID[name] for name in ("h1", "h2", "h3", "h4", "h5", "h6")], np.uint8),
    )


def automaton(groups: dict[str, str]) -> Automaton:
    """The words of all groups, as one machine; the bit of a group is its place in the dictionary."""
    fold = _folding(groups)
    steps: list[dict[int, int]] = [{}]
    found = [0]
    for bit, words in enumerate(groups.values()):
        for word in words.split():
            state = 0
            for sign in _folded(word, fold):
                if sign not in steps[state]:
                    steps[state][sign] = len(steps)
                    steps.append({})
                    found.append(0)
                state = steps[state][sign]
            found[state] |= 1 << bit
    return Automaton(fold, *_with_failures(steps, found, int(fold.max()) + 1))


def _folded(word: str, fold: np.ndarray) -> list[int]:
    signs: list[int] = []
    for byte in word.encode():
        if fold[byte] or not signs or signs[-1]:  # a run of other signs counts once
            signs.append(int(fold[byte]))
    return signs


def _folding(groups: dict[str, str]) -> np.ndarray:
    """Bytes to small numbers: 0 all signs but letters, digits and bytes beyond ASCII; capitals as small letters."""
    used = sorted({byte for words in groups.values() for byte in words.lower().encode() if _is_word(byte)})
    fold = np.zeros(256, np.uint8)
    for byte in range(256):
        small = byte + 32 if 65 <= byte <= 90 else byte
        if _is_word(small):
            fold[byte] = 1 + used.index(small) if small in used else 1 + len(used)
    return fold


def _is_word(byte: int) -> bool:
    return byte >= 0x80 or chr(byte).isalnum()


def _with_failures(steps: list[dict[int, int]], found: list[int], width: int) -> tuple[np.ndarray, np.ndarray]:
    """Aho and Corasick 1975, algorithm 4: a table without failure links, by breadth."""
    table = np.zeros((len(steps), width), np.int16)
    fail = [0] * len(steps)
    queue = [0]
    for state in queue:
        for sign in range(width):
            after = steps[state].get(sign)
            back = int(table[fail[state], sign]) if state else 0
            if after is None:
                table[state, sign] = back
            else:
                table[state, sign] = after
                fail[after] = back
                found[after] |= found[back]
                queue.append(after)
    return table, np.array(found, np.uint32)


def _behaviour() -> np.ndarray:
    does = np.zeros(len(NAMES), np.uint8)
    kinds = {
        BLOCK: [*BLOCKS, "?-"],
        VOID: VOIDS,
        RAW: RAWS,
        SKIP: SKIPS,
        CLOSES_P: ENDS_P,
        INLINE_MARK: MARKS,
        SCOPE: SCOPES,
    }
    for bit, names in kinds.items():
        for name in names:
            does[ID[name]] |= bit
    return does
