"""What the classifiers read of a text: two streams of symbols, in which spelling that hides a word looks like the word.

Plain symbols are code points after compatibility folding: full width becomes half width, capitals small, every digit 0,
any white space one space, a run of one sign at most RUN long; zero-width, control and combining signs vanish.

Letters are the jamo of Hangul and Latin letters only, all else left out, doubled consonants written singly. So 시1발,
씨@발, "시 발", ㅅㅣ발 and 시발 in decomposed form are the same letters.
"""

import itertools
import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numba import njit, uint32

from malmoi.corpus.kernels.characters import PLANE, code_point
from malmoi.kit.hangul import FINALS, FIRST_SYLLABLE, INITIALS, VOWELS

RUN = 3
"""Longer runs of one symbol are cut to this: ㅋㅋㅋㅋㅋㅋ says no more than ㅋㅋㅋ."""

NEWLINE, SPACE, EXCLAMATION, POINT, QUESTION, IDEOGRAPHIC_POINT = 10, 32, ord("!"), ord("."), ord("?"), 0x3002
LONGEST_BYTES = 600
"""A sentence without an end is cut at the next white space: 200 syllables."""

EMOJI = 0x2605
"""Stands for everything above the first plane."""

LETTERS = "\0" + "".join(map(chr, range(0x3131, 0x318F))) + "abcdefghijklmnopqrstuvwxyz"
LETTER_COUNT = 24
"""Where the number of a symbol's letters stands in `letter_table`."""
DOUBLED = {"ㄲ": "ㄱ", "ㄸ": "ㄷ", "ㅃ": "ㅂ", "ㅆ": "ㅅ", "ㅉ": "ㅈ"}


@cache
def symbol_table() -> np.ndarray:
    """uint16 plain symbol of each code point of the first plane; 0 vanishes."""
    return np.array([_symbol_of(chr(code)) for code in range(PLANE)], np.uint16)


def _symbol_of(character: str) -> int:
    if character.isspace() or unicodedata.category(character)[0] == "Z":
        return SPACE
    if "ㄱ" <= character <= "ㆎ":  # NFKC would make these conjoining jamo
        return ord(character)
    folded = _compatible(character).lower()
    category = unicodedata.category(folded[0])
    if category[0] == "C" or category in ("Mn", "Me"):
        return 0
    if category == "Nd":
        return ord("0")
    return min(ord(folded[0]), PLANE - 1)


def _compatible(character: str) -> str:
    """Folded, and a lone conjoining jamo (what is left of broken NFD) as the letter on the keyboard."""
    folded = unicodedata.normalize("NFKC", character)
    return _keyboard_letters().get(folded, folded)


@cache
def _keyboard_letters() -> dict[str, str]:
    letters = [chr(code) for code in range(0x3131, 0x3164)]
    return {unicodedata.normalize("NFKC", letter): letter for letter in letters} | {
        chr(0x11A8 + number): letter for number, letter in enumerate(FINALS)
    }


@cache
def letter_table() -> np.ndarray:
    """uint32 (PLANE,): the letters of each plain symbol as places in LETTERS, a byte each, the last one lowest.

    Bits 24 and up are how many there are: 0 to 3.
    """
    index = {letter: LETTERS.index(DOUBLED.get(letter, letter)) for letter in LETTERS}
    table = np.zeros(PLANE, np.uint32)
    for code, letters in enumerate(itertools.product(INITIALS, VOWELS, ("", *FINALS)), FIRST_SYLLABLE):
        places = bytes(index[letter] for letter in letters if letter)
        table[code] = int.from_bytes(places) | len(places) << LETTER_COUNT
    for letter in LETTERS[1:]:
        table[ord(letter)] = index[letter] | 1 << LETTER_COUNT
    return table


@njit(nogil=True, cache=True)
def read_sentence(data: Any, start: Any, stop: Any, table: Any, out: Any) -> tuple[int, int]:
    """Fills `out` with a sentence's plain symbols from byte `start`, a space before and after; their number, next byte.

    A sentence ends at a newline, at . ! ? before white space, at `stop`, when `out` is full (of all but one place), and
    when it is longer than LONGEST_BYTES, before a space. Blank lines belong to the sentence after them.
    """
    out[0] = SPACE
    count, run, at = 1, 1, start
    previous = uint32(SPACE)
    ended = False
    while at < stop and count < len(out) - 1:
        code, width = code_point(data, at, uint32(data[at]))
        if code <= SPACE:
            if count > 1 and (code == NEWLINE or ended or at - start > LONGEST_BYTES):
                break
        else:
            ended = code in (POINT, EXCLAMATION, QUESTION, IDEOGRAPHIC_POINT)
        at += width
        symbol = uint32(table[code]) if code < PLANE else uint32(EMOJI)
        if symbol == 0:
            continue
        run = run + 1 if symbol == previous else 1
        if run > (1 if symbol == SPACE else RUN):
            continue
        previous = symbol
        out[count] = symbol
        count += 1
    if count > 1 and previous != SPACE:
        out[count] = SPACE
        count += 1
    return count if count > 1 else 0, at
