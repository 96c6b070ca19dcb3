"""Finds blocked words in a text as people hide them: other case and width, jamo apart, signs and spaces between.

A text becomes a line of signs with their places in it: the letters that kit/reading.py reads, Hangul as jamo. A word is
found only from the begin of a character to the end of one (발 is not in 바라), and with spaces, digits or punctuation
inside it that the word has not itself only where it stands alone: 다시 발표 does not hold 시발.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from malmoi.kit.reading import characters, jamo

_MOST_BETWEEN = 3
"""Signs between two letters of a hidden word; more are a sentence."""


@dataclass(frozen=True)
class Sign:
    """One letter or jamo. place: the character it came from. gap: signs that stand before it."""

    letter: str
    place: int
    begins: bool
    ends: bool
    gap: int


@dataclass(frozen=True)
class Found:
    """Where a blocked word begins in the text. is_open: what follows decides whether it is one."""

    place: int
    is_open: bool


class _Match(Enum):
    NONE, OPEN, WHEN_ALONE, WHOLE = range(4)


def find(text: str, words: Sequence[str], before: str = "", *, is_whole: bool = True) -> Found | None:
    """The first blocked word in a text, or the first place where one may have begun (not in a whole text).

    before: the character before the text. words: as a person wrote them.
    """
    found: list[Found] = []
    for with_digits in (False, True):
        wanted = [fold(word, with_digits) for word in words if any(map(str.isdigit, word)) == with_digits]
        if not wanted:
            continue
        signs = fold(text, with_digits)
        first_is_free = not any(_letters(letter, with_digits) for letter in characters(before).letters)
        for position, sign in enumerate(signs):
            free = sign.gap > 0 or (position == 0 and first_is_free)
            matches = {_match(signs[position : position + len(word) + 1], word, free) for word in wanted if word}
            is_found = _Match.WHOLE in matches or (is_whole and _Match.WHEN_ALONE in matches)
            if is_found or (not is_whole and matches & {_Match.OPEN, _Match.WHEN_ALONE}):
                found.append(Found(sign.place, not is_found))
                break
    return min(found, key=lambda one: (one.place, one.is_open), default=None)


def fold(text: str, with_digits: bool) -> list[Sign]:
    """The signs of a text; the last one has no letter where the text ends with what is none."""
    signs: list[Sign] = []
    gap = 0
    plain = characters(text)
    for place, letter in zip(plain.starts, plain.letters, strict=True):
        letters = _letters(letter, with_digits)
        gap += not letters
        for count, each in enumerate(letters):
            signs.append(Sign(each, place, count == 0, count == len(letters) - 1, gap if count == 0 else 0))
        if letters:
            gap = 0
    return [*signs, Sign("", len(text), begins=False, ends=False, gap=gap)] if gap else signs


def _match(signs: Sequence[Sign], word: Sequence[Sign], is_free: bool) -> _Match:
    """How the signs begin with a word. is_free: no letter stands before them."""
    word = word if word[-1].letter else word[:-1]
    has_gap = False
    for count, wanted in enumerate(word):
        if count == len(signs):
            return _Match.OPEN
        sign = signs[count]
        if count and sign.gap and not wanted.gap:
            has_gap = True
            if sign.gap > _MOST_BETWEEN or not is_free:
                return _Match.NONE
        if not sign.letter:
            return _Match.OPEN
        if sign.letter != wanted.letter or (count == 0 and not sign.begins):
            return _Match.NONE
    if not word or not signs[len(word) - 1].ends:
        return _Match.NONE
    if not has_gap or (len(signs) > len(word) and signs[len(word)].gap):
        return _Match.WHOLE
    return _Match.WHEN_ALONE if len(signs) == len(word) else _Match.NONE


def _letters(letter: str, with_digits: bool) -> str:
    """The jamo or the letter; empty for a sign between letters."""
    return "".join(each for each in jamo(letter) if each.isalpha() or (with_digits and each.isdigit()))
