"""Spellings that hide a word from a filter, and the ways to read them. Every letter knows where it stands in the text.

A text is read as its characters (kit/reading.py: folded, without signs that show nothing, torn syllables put together),
and then in several readings (`readings`): without what stands between letters, with jamo put together, with letters
that look alike, with digits, and as what the same keys write on a Korean keyboard.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from malmoi.kit.hangul import FINALS, FIRST_SYLLABLE, INITIALS, NUM_FINALS, VOWELS
from malmoi.kit.reading import Reading, is_hangul

MOST_BETWEEN = 3
"""Digits or Latin letters between two syllables are read over up to so many; more are a word or a number of its own."""
LAUGHTER = frozenset("ㅋㅎㅠㅜㅡㅣ")
"""Lone letters between two syllables that are laughter, tears or a long vowel."""
SENTENCE_SIGNS = frozenset(".,!?…:;)")
ALIKE = dict(zip("1li|7hrλ人入○◯0o口己2z匕卜", "ㅣㅣㅣㅣㄱㅐㅏㅅㅅㅅㅇㅇㅇㅇㅁㄹㄹㄹㅂㅏ", strict=True))
"""Signs that look like a letter of Hangul (야민정음)."""
LEET = {"1": "i", "!": "i", "3": "e", "4": "a", "@": "a", "0": "o", "$": "s", "5": "s", "7": "t", "v": "u"}
"""Signs that look like a Latin letter inside a Latin word."""
_KEYS = dict(
    zip(
        "rRseEfaqQtTdwWczxvgkoiOjpuPhynbml",
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ",
        strict=True,
    )
)
"""The keys of the Korean keyboard (KS X 5002)."""
_PAIRS = {"ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ"}


def readings(plain: Reading) -> Iterator[Reading]:
    """The ways to read the `characters` of a text; the same letters only once."""
    seen: set[str] = set()
    korean = _between(plain)
    alike = _alike(plain)
    for reading in (korean, _joined(korean, False), _joined(korean, True), alike, alike and _joined(alike, True)):
        for one in (reading, reading and _squeezed(reading)):
            if one and one.letters not in seen:
                seen.add(one.letters)
                yield one


def digits_and_latin(plain: Reading) -> Reading:
    """Letters and digits alone: what is written with them as they are (18, c8, g랄)."""
    return _taken(plain, [number for number, letter in enumerate(plain.letters) if letter.isalnum()])


def latin(plain: Reading) -> Reading:
    """Latin words, with the signs that stand for their letters, runs of one letter written once."""
    numbers: list[int] = []
    letters: list[str] = []
    for number, letter in enumerate(plain.letters):
        read = LEET.get(letter, letter) if _is_beside_latin(plain.letters, number) else letter
        if read.isalpha() and not (letters and letters[-1] == read and not plain.begins[number]):
            numbers.append(number)
            letters.append(read)
    return _taken(plain, numbers, "".join(letters))


def typed_in_korean(text: str) -> Iterator[Reading]:
    """Each Latin word as what its keys write on a Korean keyboard, where that is whole syllables (tlqkf, 시발)."""
    for found in re.finditer(r"(?<![A-Za-z_])[A-Za-z]{4,24}(?![A-Za-z_])", unicodedata.normalize("NFKC", text)):
        if len(unicodedata.normalize("NFKC", text[: found.start()])) != found.start():
            return  # places moved: a text in letters of another form is read by `characters` alone
        keys = [_KEYS.get(key, _KEYS[key.lower()]) for key in found[0]]
        places = list(range(found.start(), found.end()))
        typed = Reading("".join(keys), places, [place + 1 for place in places], bytes([1, *[0] * (len(keys) - 1)]))
        joined = _joined(_paired(typed), False)
        if not re.search("[ㄱ-ㅣ]", joined.letters):
            yield joined


def _paired(reading: Reading) -> Reading:
    """Two vowels that are typed one after another and are one."""
    numbers: list[int] = []
    letters: list[str] = []
    for number, letter in enumerate(reading.letters):
        if letters and letters[-1] + letter in _PAIRS:
            letters[-1] = _PAIRS[letters[-1] + letter]
        else:
            numbers.append(number)
            letters.append(letter)
    return _taken(reading, numbers, "".join(letters))


def _is_beside_latin(letters: str, number: int) -> bool:
    around = letters[max(0, number - 2) : number] + letters[number + 1 : number + 3]
    return any("a" <= letter <= "z" for letter in around)


def _taken(reading: Reading, numbers: Sequence[int], letters: str | None = None) -> Reading:
    """Some letters of a reading. A word begins where one begins at the letter, or at one left out before it."""
    begins, last = bytearray(), -1
    for number in numbers:
        between = reading.letters[last + 1 : number]
        begins.append(last < 0 or any(reading.begins[last + 1 : number + 1]) or _parts_words(between))
        last = number
    letters = letters if letters is not None else "".join(reading.letters[number] for number in numbers)
    starts, stops = ([places[number] for number in numbers] for places in (reading.starts, reading.stops))
    return Reading(letters, starts, stops, bytes(begins))


def _parts_words(between: str) -> bool:
    """Whether what was left out between two letters parts words without white space."""
    signs = sum(letter in SENTENCE_SIGNS for letter in between)
    foreign = sum(letter.isalnum() and not is_hangul(letter) for letter in between)
    return signs > 1 or "," in between or foreign > MOST_BETWEEN


def _between(plain: Reading) -> Reading:
    """Hangul without what stands between its letters; a longer run of Latin letters or digits parts words."""
    letters = plain.letters
    return _taken(plain, [n for n, letter in enumerate(letters) if is_hangul(letter) and not _is_laughter(letters, n)])


def _is_laughter(letters: str, number: int) -> bool:
    """A run of ㅋ and the like between two syllables."""
    if letters[number] not in LAUGHTER:
        return False
    before, after = number, number
    while before >= 0 and letters[before] in LAUGHTER:
        before -= 1
    while after < len(letters) and letters[after] in LAUGHTER:
        after += 1
    return before >= 0 and after < len(letters) and all("가" <= letters[place] <= "힣" for place in (before, after))


def _alike(plain: Reading) -> Reading | None:
    """With look-alikes as letters of Hangul, where one stands beside Hangul; None where there is none."""
    letters = list(plain.letters)
    changed = False
    for word in re.finditer(r"\S+", plain.letters):
        if not any(map(is_hangul, word[0])):
            continue
        for number in range(word.start(), word.end()):
            if letters[number] in ALIKE:
                letters[number] = ALIKE[letters[number]]
                changed = True
    if not changed:
        return None
    return _between(Reading("".join(letters), plain.starts, plain.stops, plain.begins))


def _joined(reading: Reading, into_syllables: bool) -> Reading:
    """Letters of the keyboard put together to syllables: ㅅㅣㅂㅏㄹ, and `into_syllables` those before them: 벼ㅇ."""
    letters, starts, stops, begins = [], [], [], bytearray()
    at, source = 0, reading.letters
    while at < len(source):
        length, letter = _syllable_at(source, at)
        if into_syllables and length == 1 and letters and not reading.begins[at]:
            joined = _with_final(letters[-1], letter) if not _is_vowel(source, at + 1) else ""
            if joined:
                letters[-1], stops[-1], at = joined, reading.stops[at], at + 1
                continue
        letters.append(letter)
        starts.append(reading.starts[at])
        stops.append(reading.stops[at + length - 1])
        begins.append(reading.begins[at])
        at += length
    return Reading("".join(letters), starts, stops, bytes(begins))


def _is_vowel(letters: str, at: int) -> bool:
    return at < len(letters) and letters[at] in VOWELS


def _syllable_at(letters: str, at: int) -> tuple[int, str]:
    """How many letters from `at` are one syllable, and that syllable: one letter as it is where they are none."""
    first = letters[at]
    if first == "ㄱ" and letters[at : at + 2] == "ㄱㄱ" and _is_vowel(letters, at + 2):
        return _with_vowel(letters, at, 2, "ㄲ")
    if first in INITIALS and _is_vowel(letters, at + 1):
        return _with_vowel(letters, at, 1, first)
    return 1, first


def _with_vowel(letters: str, at: int, width: int, initial: str) -> tuple[int, str]:
    head = (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(letters[at + width])) * NUM_FINALS + FIRST_SYLLABLE
    final = letters[at + width + 1 : at + width + 2]
    if final and final in FINALS and not _is_vowel(letters, at + width + 2):
        doubled = final == "ㄱ" and letters[at + width + 2 : at + width + 3] == "ㄱ"
        if not (doubled and _is_vowel(letters, at + width + 3)):
            return width + 2, chr(head + 1 + FINALS.index(final))
    return width + 1, chr(head)


def _with_final(syllable: str, letter: str) -> str:
    """The syllable with a final consonant that it lacks; "" where that cannot be."""
    if not "가" <= syllable <= "힣" or letter not in FINALS or (ord(syllable) - FIRST_SYLLABLE) % NUM_FINALS:
        return ""
    return chr(ord(syllable) + 1 + FINALS.index(letter))


def _squeezed(reading: Reading) -> Reading:
    """Long vowels as short ones: 시이이발, 벼엉신. A syllable of ㅇ and the vowel before it gives its final letter."""
    letters: list[str] = []
    starts, stops, begins = [], [], bytearray()
    for number, letter in enumerate(reading.letters):
        joined = _longer(letters[-1], letter) if letters and not reading.begins[number] else ""
        if joined:
            letters[-1], stops[-1] = joined, reading.stops[number]
            continue
        letters.append(letter)
        starts.append(reading.starts[number])
        stops.append(reading.stops[number])
        begins.append(reading.begins[number])
    return Reading("".join(letters), starts, stops, bytes(begins))


def _longer(before: str, letter: str) -> str:
    if not ("가" <= before <= "힣" and "가" <= letter <= "힣"):
        return ""
    first, second = ord(before) - FIRST_SYLLABLE, ord(letter) - FIRST_SYLLABLE
    initial, vowel = divmod(second // NUM_FINALS, len(VOWELS))
    own = first // NUM_FINALS % len(VOWELS)
    is_same = vowel == own or VOWELS[own] + VOWELS[vowel] in ("ㅟㅣ", "ㅢㅣ", "ㅑㅏ", "ㅕㅓ", "ㅛㅗ", "ㅠㅜ")
    if INITIALS[initial] != "ㅇ" or not is_same or first % NUM_FINALS:
        return ""
    return chr(ord(before) + second % NUM_FINALS)
