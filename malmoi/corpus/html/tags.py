"""What the scanner knows of HTML: element names with what they do, named entities, and machines that find words.

All of it is flat arrays, because the compiled scanner takes nothing else. Element behaviour follows the HTML standard
(sections 13.1.2 and 13.2.6) as far as it decides where a text belongs; what only a renderer needs is left out.
"""

import tomllib
from functools import cache
from html.entities import html5
from pathlib import Path
from typing import NamedTuple

import numpy as np

from malmoi.corpus.html.class_words import CLASS_WORDS, TEXT_WORDS

BLOCK, VOID, RAW, SKIP, CLOSES_P, INLINE_MARK, SCOPE = 1, 2, 4, 8, 16, 32, 64
"""Bits of what an element does: ends a block of text; has no content; has no markup inside; holds no text for reading;
ends an open <p>; is emphasis; stops the search for the element that an end tag closes.

elements.toml gives each bit its elements.
"""

ELEMENTS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("elements.toml").read_text(encoding="utf-8")
)
BLOCKS, VOIDS, RAWS, SKIPS, MARKS, OTHERS, ENDS_P, SCOPES = (names.split() for names in ELEMENTS["does"].values())
OPEN_ENDED, VOID_TODAY, USUAL = (frozenset(names.split()) for names in ELEMENTS["written"].values())
"""For tags among words: without those that only old pages have, so that their mention stays one."""
NAMES = tuple(dict.fromkeys(["?", "?-", *BLOCKS, *VOIDS, *RAWS, *SKIPS, *MARKS, *OTHERS]))
"""Element names by id; 0 is any other name, 1 any name with a hyphen (a custom element: those are boxes)."""
ID = {name: number for number, name in enumerate(NAMES)}
HASH_SLOTS = 1024
"""Of the table of element names: a power of two, several times their number, so that most lookups are one step."""
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
"""64-bit FNV-1a (RFC 9923): short names, one multiplication a byte."""


class Automaton(NamedTuple):
    """A machine that finds words in one pass over a text (Aho and Corasick 1975), over folded bytes.

    fold: uint8 (256,): the symbol of each byte, 0 for what separates words. step: int16 (states, symbols): the next
    state. groups: uint32 (states,): bits of the groups of which a word ends in this state.
    """

    fold: np.ndarray
    step: np.ndarray
    groups: np.ndarray


class Tables(NamedTuple):
    """Everything that the scanner looks up.

    name_hashes: uint64 (HASH_SLOTS,), 0 where free, and name_ids: uint8 (HASH_SLOTS,): element names by hash, open
    addressing. does: uint8 (element names,): bits as above. entity_hashes: uint64 (entities,), sorted, entity_starts:
    int32 (entities + 1,) and entity_bytes: uint8: what each named character reference stands for, in UTF-8.
    """

    name_hashes: np.ndarray
    name_ids: np.ndarray
    does: np.ndarray
    entity_hashes: np.ndarray
    entity_starts: np.ndarray
    entity_bytes: np.ndarray
    class_words: Automaton
    text_words: Automaton


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
    )


def automaton(groups: dict[str, str]) -> Automaton:
    """The words of all groups as one machine. The bit of a group is its position in the dictionary, at most 31.

    groups: words separated by spaces, in the notation of words.toml: a dot is a boundary or any run of separators.
    """
    fold = _folding(groups)
    steps: list[dict[int, int]] = [{}]
    bits = [0]
    for bit, words in enumerate(groups.values()):
        for word in words.split():
            state = 0
            for sign in _folded(word, fold):
                if sign not in steps[state]:
                    steps[state][sign] = len(steps)
                    steps.append({})
                    bits.append(0)
                state = steps[state][sign]
            bits[state] |= 1 << bit
    return Automaton(fold, *_with_failures(steps, bits, int(fold.max()) + 1))


def _folded(word: str, fold: np.ndarray) -> list[int]:
    """The symbols of a word. A run of separators counts once, as it does in the texts that are searched."""
    signs: list[int] = []
    for byte in word.encode():
        if fold[byte] or not signs or signs[-1]:
            signs.append(int(fold[byte]))
    return signs


def _folding(groups: dict[str, str]) -> np.ndarray:
    """uint8 (256,): 0 for separators (all but letters, digits and bytes beyond ASCII), 1.. for bytes that words use.

    Capitals count as small letters. All bytes that no word uses share the last symbol, so that the table stays small.
    """
    used = sorted({byte for words in groups.values() for byte in words.lower().encode() if _is_word(byte)})
    fold = np.zeros(256, np.uint8)
    for byte in range(256):
        small = byte + 32 if 65 <= byte <= 90 else byte
        if _is_word(small):
            fold[byte] = 1 + used.index(small) if small in used else 1 + len(used)
    return fold


def _is_word(byte: int) -> bool:
    return byte >= 0x80 or chr(byte).isalnum()


def _with_failures(steps: list[dict[int, int]], bits: list[int], width: int) -> tuple[np.ndarray, np.ndarray]:
    """The trie as a table without failure links, by breadth (Aho and Corasick 1975, algorithm 4); and its groups.

    steps: by state the children by symbol. bits: by state the groups of the words that end there. width: symbols.
    """
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
                bits[after] |= bits[back]
                queue.append(after)
    return table, np.array(bits, np.uint32)


def tag_mask(names: str) -> np.ndarray:
    """By element id, bool (256,): whether the element is one of the names, which are separated by spaces."""
    mask = np.zeros(256, np.bool_)
    mask[[ID[name] for name in names.split()]] = True
    return mask


def _behaviour() -> np.ndarray:
    """uint8 (element names,): the bits of what each element does."""
    does = np.zeros(len(NAMES), np.uint8)
    kinds = {BLOCK: [*BLOCKS, "?-"], VOID: VOIDS, RAW: RAWS, SKIP: SKIPS, CLOSES_P: ENDS_P, INLINE_MARK: MARKS}
    for bit, names in [*kinds.items(), (SCOPE, SCOPES)]:
        for name in names:
            does[ID[name]] |= bit
    return does
