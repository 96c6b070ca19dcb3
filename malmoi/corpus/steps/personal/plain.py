"""What every finder of personal data reads and gives: text with plain signs at the same places, cues, lines, a span."""

import re
import unicodedata
from typing import NamedTuple


class PersonalSpan(NamedTuple):
    """Characters start..stop of a text are personal data of this type."""

    start: int
    stop: int
    type: str


def _one_to_one() -> dict[int, str]:
    """Full-width signs, other hyphens and other spaces as their ASCII twins: places in the text stay the same."""
    table = {0xFF01 + index: chr(0x21 + index) for index in range(94)}
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−﹣⁃─ㅡ"), "-")
    table |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2005\u2009\u202f\u3000\t"), " ")
    return table | {ord("∙"): "·", ord("﹒"): ".", ord("･"): "·", ord("ㆍ"): "·", ord("•"): "·", ord("。"): "."}


_PLAIN = _one_to_one()
_OTHER = frozenset(map(chr, _PLAIN))
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\ufe0e\ufe0f\u20e3"
"""Signs of no width (Unicode: default ignorable), and the frame that makes a digit a key (0 and U+20E3)."""
_INVISIBLE = frozenset(INVISIBLE)
_DIGIT_SIGNS = "".join(
    chr(code)
    for first, last in ((0x2070, 0x2089), (0x2460, 0x2468), (0x24EA, 0x24FF), (0x2776, 0x2792), (0x1D7CE, 0x1D7FF))
    for code in range(first, last + 1)
    if unicodedata.digit(chr(code), None) is not None
)
_DIGITS = {ord(sign): str(unicodedata.digit(sign)) for sign in _DIGIT_SIGNS}
_SIGNS = frozenset(_DIGIT_SIGNS)
_SIGN_RUN = re.compile(f"(?:[{_DIGIT_SIGNS}][-. ]?){{3,}}")
"""One sign in a circle numbers a paragraph; three in a row are a number."""
_HANGUL_DIGITS = {ord(sign): digit for sign, digit in zip("공영빵일이삼사오육륙칠팔구", "0001234566789", strict=True)}
_HANGUL_FOUR = re.compile("(?:[공영빵일이삼사오육륙칠팔구] ?){4}")
_HANGUL_RUN = re.compile(
    "(?<![가-힣])(?:[공영빵일이삼사오육륙칠팔구](?:[-.,/ ]{1,3}(?:(?:다시|하이픈|대시) )?|다시|에 ?)?){10,}"
)
"""Ten digits read out in a row: no sentence has so many of these syllables alone."""
_SPACES_AROUND = 64
BEFORE = r"(?<![0-9A-Za-z_])(?<![0-9][-.,:/])"
AFTER = r"(?![0-9A-Za-z_@])(?!-[0-9])"


def to_plain(text: str) -> str:
    """The text with ASCII digits and signs for their full-width and typographic twins, of the same length.

    Digits in circles and the like count where three stand in a row, digits in Hangul where ten do.
    """
    if not _OTHER.isdisjoint(text):  # looking is ten times faster than translating
        text = text.translate(_PLAIN)
    if not _SIGNS.isdisjoint(text):
        text = _SIGN_RUN.sub(lambda found: found.group().translate(_DIGITS), text)
    if _HANGUL_FOUR.search(text):
        text = _HANGUL_RUN.sub(lambda found: found.group().translate(_HANGUL_DIGITS), text)
    return text


def without_invisible(text: str) -> tuple[str, list[int] | None]:
    """The text without signs of no width, and the place in `text` of each character left; None where all are."""
    if _INVISIBLE.isdisjoint(text):
        return text, None
    places = [place for place, letter in enumerate(text) if letter not in INVISIBLE]
    return "".join(text[place] for place in places), places


def cued(text: str, start: int, cue: re.Pattern[str], characters: int) -> bool:
    """Whether a cue stands within so many characters before `start`, on the same line or the one before."""
    return cue.search(text, max(0, start - characters), start) is not None


def cued_after(text: str, stop: int, cue: re.Pattern[str], characters: int) -> bool:
    """Whether a cue stands within so many characters after `stop`."""
    return cue.search(text, stop, stop + characters) is not None


def alone(text: str, start: int, stop: int) -> bool:
    """Whether the text is these characters and no more: a field of a form, a cell of a table."""
    around = len(text) - (stop - start)
    return around <= _SPACES_AROUND and not text[:start].strip() and not text[stop:].strip()
