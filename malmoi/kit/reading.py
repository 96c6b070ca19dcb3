"""How a text is read past the ways to disguise it: each of its characters folded, with its place in the text.

Width, case, marks above and below, signs without a shape and torn syllables make no difference here. Words that a card
blocks (cards/blocked.py) and the safety filter (serve/safety/spelling.py) both look for words in what this gives.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.kit.hangul import FINALS, INITIALS, VOWELS

CONJOINING = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[\u3131-\u318e]")
CALLS = ("아", "야", "들")
"""What may follow a word that is called out."""
_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters of Hangul, by their category, that show nothing."""


@dataclass(frozen=True)
class Reading:
    """letters: how the text may be read. starts, stops: where each letter stands in the text, in characters.

    begins: whether a word of the text begins with the letter (bytes, one a letter).
    """

    letters: str
    starts: Sequence[int]
    stops: Sequence[int]
    begins: bytes

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Letters start..stop as characters of the text."""
        return self.starts[start], self.stops[stop - 1]

    def is_whole(self, start: int, stop: int) -> bool:
        """Whether letters start..stop hold no gap between words, or are words from their first to their last letter."""
        if not any(self.begins[start + 1 : stop]):
            return True
        return self.is_words(start, stop)

    def is_words(self, start: int, stop: int) -> bool:
        """Whether a word begins with letter `start`, and none goes on behind `stop`, but for a call (아, 야, 들)."""
        stop += self.letters[stop : stop + 1] in CALLS
        return bool(self.begins[start]) and (stop >= len(self.letters) or bool(self.begins[stop]))


def characters(text: str) -> Reading:
    """The text folded character by character, white space and signs as they stand."""
    letters, starts, stops = [], [], []
    at = 0
    while at < len(text):
        found = CONJOINING.match(text, at)
        folded = _folded(found[0] if found else text[at])
        stop = found.end() if found else at + 1
        if not folded and stops:
            stops[-1] = stop  # a sign without a shape belongs to what stands before it
        for letter in folded:
            letters.append(letter)
            starts.append(at)
            stops.append(stop)
        at = stop
    begins = bytes(number == 0 or letters[number - 1].isspace() for number in range(len(letters)))
    return Reading("".join(letters), starts, stops, begins)


def _folded(written: str) -> str:
    if len(written) > 1:
        return unicodedata.normalize("NFC", written)
    if "ㄱ" <= written <= "ㅣ":
        return written
    if written in _FILLERS or unicodedata.category(written) in ("Cf", "Mn", "Me"):
        return ""
    if "\U0001f150" <= written <= "\U0001f189":  # letters in black circles and boxes, which NFKC leaves
        return chr(ord("a") + (ord(written) - 0x1F150) % 32)
    plain = unicodedata.normalize("NFKC", written)
    if not plain.isascii() and not "가" <= plain[0] <= "힣":
        plain = "".join(each for each in unicodedata.normalize("NFKD", plain) if unicodedata.category(each) != "Mn")
    return "".join(map(_keyboard_letter, plain)).casefold() if plain.strip() else " "


def _keyboard_letter(letter: str) -> str:
    """A conjoining jamo as the letter of the keyboard; any other as it is."""
    code = ord(letter)
    for first, row in ((0x1100, INITIALS), (0x1161, VOWELS), (0x11A8, FINALS)):
        if 0 <= code - first < len(row):
            return row[code - first]
    return letter


def is_hangul(letter: str) -> bool:
    """A syllable, a letter of the keyboard, or one of old Hangul: with its vowel ㅂㆍㅅ is no row of consonants."""
    return "가" <= letter <= "힣" or "ㄱ" <= letter <= "ㅣ" or "\u1100" <= letter <= "\u11ff"


def jamo(letter: str) -> str:
    """A syllable as the letters that are typed for it (발: ㅂㅏㄹ); any other letter as it is."""
    return "".join(map(_keyboard_letter, unicodedata.normalize("NFD", letter))) if "가" <= letter <= "힣" else letter
