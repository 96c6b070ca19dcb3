"""Signs that nobody sees or that only some programs write, as the letters that a reader sees.

Zero-width signs go, but for joiners in emoji and in scripts that need them; soft hyphens go; half-width jamo and torn
conjoining jamo become syllables or the letters of the keyboard; characters of private use become what they stand for.
"""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from malmoi.kit.hangul import FINALS, INITIALS, NUM_FINALS, VOWELS

SHAPELESS = "\xad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
TAGS = "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
"""Inside a character class: signs without a shape."""
INVISIBLE = re.compile(f"[\U000e0020-\U000e007f]+|[{SHAPELESS}{TAGS}]")
"""Signs without a shape (Default_Ignorable_Code_Point of Unicode 16, and anchors of annotations)."""
BLANK = " \t\n\r\f\v\xa0\u3000\u200b\u200c\u200d\u2060\ufeff\xad"
"""What a paragraph of nothing may consist of, for str.strip."""
BLANK_LINE = re.compile(rf"^[ \t\xa0]*[{SHAPELESS}][ \t\xa0{SHAPELESS}]*$\n?", re.MULTILINE)
HALF_WIDTH = re.compile("[\uffa0-\uffdc]+")
CONJOINING = re.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]+")
_PRIVATE = "[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
PRIVATE = re.compile(_PRIVATE)
ICON = re.compile(rf"(?:^|(?<=[ \t]))(?:{_PRIVATE})+[ \t]?|{_PRIVATE}", re.MULTILINE)
"""With the blank behind it where it stands alone."""
LINE_SIGNS = re.compile("[\u2028\u2029]")
ODD = re.compile(
    f"[{SHAPELESS}{TAGS}\u1100-\u11ff\u2028\u2029\ua960-\ua97c\ud7b0-\ud7fb\uffa0-\uffdc"
    "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)
"""A text without any of these stays as it is."""
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
JOINING = re.compile("[\u0590-\u10ff\u1200-\u1cff\ua800-\ua95f\ua980-\uabff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Scripts in which joiners, or in South East Asia U+200B between words, are part of the spelling."""
DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
EMOJI_SIGNS = frozenset("\u203c\u2049\u2139\u3030\ufe0f\u20e3")
FLAG = "\U0001f3f4"
MOST_UNKNOWN_SHARE = 0.02
"""Of the characters: what icon fonts and lists have. More is a text in a font of its own (old Hangul of the nineties),
which must not lose its letters silently: they stay, and the rule broken_encoding sees them."""
_COMPATIBILITY = {
    **{chr(0x1100 + number): letter for number, letter in enumerate(INITIALS)},
    **{chr(0x1161 + number): letter for number, letter in enumerate(VOWELS)},
    **{chr(0x11A8 + number): letter for number, letter in enumerate(FINALS)},
}
"""Modern conjoining jamo as the letters of the keyboard."""


def normalised(text: str) -> str:
    """The text without signs that nobody sees, in NFC, as the module says. Linear in its length."""
    if "\u2028" in text or "\u2029" in text:
        text = LINE_SIGNS.sub("\n", text)
    if PRIVATE.search(text):
        text = _without_private(text)
    if HALF_WIDTH.search(text):
        text = HALF_WIDTH.sub(lambda found: _full_width(found[0]), text)
    if INVISIBLE.search(text):
        text = _without_invisible(text)
    text = unicodedata.normalize("NFC", text)
    if CONJOINING.search(text):
        text = CONJOINING.sub(lambda found: _keyboard(found[0]), text)
    return text


def _without_private(text: str) -> str:
    """Characters of private use as what they stand for. What is not known goes where it is rare."""
    known = _private_signs()
    text = PRIVATE.sub(lambda found: known.get(found[0], found[0]), text)
    unknown = len(PRIVATE.findall(text))
    return ICON.sub("", text) if unknown <= max(2, MOST_UNKNOWN_SHARE * len(text)) else text


@cache
def _private_signs() -> dict[str, str]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {chr(int(code, 16)): sign for table in tables.values() for code, sign in table.items()}


def _full_width(run: str) -> str:
    """Half-width jamo as syllables, as a keyboard would put them together; what is left over as single letters."""
    folded = [unicodedata.normalize("NFKC", letter) for letter in run if letter != "\uffa0"]  # one by one: conjoining
    letters = "".join(_COMPATIBILITY.get(letter, letter) for letter in folded)
    written: list[str] = []
    at = 0
    while at < len(letters):
        syllable, used = _syllable(letters, at)
        written.append(syllable)
        at += used
    return "".join(written)


def _syllable(letters: str, at: int) -> tuple[str, int]:
    """The syllable that begins at a letter of the keyboard, and how many letters it takes; else the letter itself."""
    initial, vowel = letters[at], letters[at + 1 : at + 2]
    if initial not in INITIALS or not vowel or vowel not in VOWELS:
        return initial, 1
    final, next_vowel = letters[at + 2 : at + 3], letters[at + 3 : at + 4]
    has_final = bool(final) and final in FINALS and not (next_vowel and next_vowel in VOWELS)
    number = INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)
    last = FINALS.index(final) + 1 if has_final else 0
    return chr(0xAC00 + number * NUM_FINALS + last), 3 if has_final else 2


def _keyboard(run: str) -> str:
    """Conjoining jamo that NFC left alone as letters of the keyboard; old Hangul stays as it is."""
    return "".join(_COMPATIBILITY[sign] for sign in run) if all(sign in _COMPATIBILITY for sign in run) else run


def _without_invisible(text: str) -> str:
    """A line of nothing else goes as a whole; of the others the signs that no script and no emoji needs."""
    if BLANK_LINE.search(text):
        text = re.sub(r"\n{3,}", "\n\n", BLANK_LINE.sub("", text))
    text = text.replace("\u3164", " ") if "\u3164" in text else text
    has_direction = RIGHT_TO_LEFT.search(text) is not None
    return INVISIBLE.sub(lambda found: found[0] if _is_needed(found, has_direction) else "", text)


def _is_needed(found: re.Match[str], has_direction: bool) -> bool:
    """Whether the sign is part of an emoji or of a script's spelling. has_direction: the text has Arabic or Hebrew."""
    sign, text = found[0], found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    if "\ufe00" <= sign <= "\ufe0f":
        keycap = before in "0123456789#*" and after == "\u20e3"
        return bool(before) and (keycap or _is_emoji(before) or bool(IDEOGRAPH.match(before) or JOINING.match(before)))
    if sign[0] >= "\U000e0100":
        return bool(IDEOGRAPH.match(before))
    if sign[0] >= "\U000e0000":
        return before == FLAG
    if sign in "\u200b\u200c\u200d":
        joins = JOINING.match(before) and (sign != "\u200b" or JOINING.match(after))
        return bool(joins) or (sign == "\u200d" and bool(before and after) and _is_emoji(before) and _is_emoji(after))
    if sign in "\u115f\u1160":
        return bool(CONJOINING.match(before) or CONJOINING.match(after))
    return has_direction and sign in DIRECTIONS


def _is_emoji(sign: str) -> bool:
    return sign in EMOJI_SIGNS or unicodedata.category(sign) in ("So", "Sm", "Sk")
