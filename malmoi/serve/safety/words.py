"""Words of abuse in a text, however they are spelt: the lexicons and what they find, in characters of the text."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import NamedTuple

from malmoi.corpus.steps import profanity
from malmoi.kit.reading import Reading, characters, is_hangul
from malmoi.serve.safety.spelling import digits_and_latin, latin, readings, typed_in_korean

REFINED = ("졸_라", "닥_[쳐치]", "아_가_리")
"""Words of the corpus' lexicon that words.toml has in a narrower form: a share of a document forgives what a mask must
not touch."""
FEWEST_KEYS = 4
"""Of a word that was typed with the keyboard in the other language: "whe" begins too many words."""
WORDS = Path(__file__).with_suffix(".toml")
BOUNDARIES = WORDS.with_name("boundaries.toml")
MOST_SYLLABLES = 4
"""Of a word in boundaries.toml."""


class Found(NamedTuple):
    """Characters start..stop are a word of abuse. weight: "strong" or "mild"."""

    start: int
    stop: int
    weight: str


class _Lexicon(NamedTuple):
    strong: re.Pattern[str]
    mild: re.Pattern[str]
    whole: re.Pattern[str]
    hidden: re.Pattern[str]
    digits: re.Pattern[str]
    latin: re.Pattern[str]
    signs: re.Pattern[str]
    innocent: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    """The words of the corpus, where nothing stands between their letters, and those of words.toml."""
    own = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    shared = tomllib.loads(profanity.LEXICON.read_text(encoding="utf-8"))
    for name in ("strong", "mild"):
        own[name] += [word.replace("_", "").replace(" ?", "") for word in shared[name] if word not in REFINED]
    own["innocent"] += shared["innocent"]
    return _Lexicon(**{name: re.compile("|".join(own[name])) for name in _Lexicon._fields})


@cache
def _boundaries() -> tuple[frozenset[str], frozenset[str]]:
    """Words that end inside a word of abuse, and words that begin inside one (boundaries.toml)."""
    words = tomllib.loads(BOUNDARIES.read_text(encoding="utf-8"))
    return frozenset(words["ends"].split()), frozenset(words["begins"].split())


def find_words(text: str) -> list[Found]:
    """Every word of abuse by place, none inside another. Those inside an innocent word are left out."""
    words = _lexicon()
    plain = characters(text)
    innocent = [plain.span(*match.span()) for match in words.innocent.finditer(plain.letters) if _is_innocent(match[0])]
    found: set[Found] = set()
    for reading in typed_in_korean(text):
        hits = _found(words.strong, reading, "strong")
        found |= {hit for hit in hits if hit.start == reading.starts[0] and hit.stop - hit.start >= FEWEST_KEYS}
    for reading in readings(plain):
        for pattern, weight in ((words.strong, "strong"), (words.mild, "mild")):
            found |= _found(pattern, reading, weight)
        found |= _found(words.whole, reading, "strong", whole=True)
        found |= {hit for hit in _found(words.hidden, reading, "strong") if _is_disguised(text, hit, reading)}
    found |= _found(words.digits, digits_and_latin(plain), "strong")
    found |= _found(words.signs, plain, "strong")
    found |= _found_latin(words.latin, latin(plain))
    kept = [hit for hit in found if not any(start <= hit.start and hit.stop <= stop for start, stop in innocent)]
    return _outermost(kept)


def _is_innocent(said: str) -> bool:
    """An expression that ends in a word for a person (역시발놈) is no 역시 | 발견 any more."""
    return bool(said) and not re.search("[시씨] ?[발팔벌빨][놈년뇬]$", said)


def _found(pattern: re.Pattern[str], reading: Reading, weight: str, *, whole: bool = False) -> set[Found]:
    """whole: only what is a word or several, with nothing before or behind."""
    return {
        Found(*reading.span(*match.span()), weight)
        for match in pattern.finditer(reading.letters)
        if match[0] and (reading.is_words if whole else reading.is_whole)(*match.span())
        if not _is_two_words(reading, *match.span())
    }


def _is_two_words(reading: Reading, start: int, stop: int) -> bool:
    """Whether letters start..stop are the end of one common word and the beginning of the next: 질병|신고, 편지|랄까.

    Only as the text is written: what was hidden is not read so.
    """
    letters, ends_begins = reading.letters, _boundaries()
    if (
        start == 0
        or reading.begins[start]
        or any(reading.begins[start + 1 : stop])
        or not _is_as_written(reading, start, stop)
        or _is_called(reading, stop)
    ):
        return False
    for border in range(start + 1, stop):
        firsts = (letters[at:border] for at in range(max(0, border - MOST_SYLLABLES), start))
        seconds = (letters[border:at] for at in range(stop, border + MOST_SYLLABLES + 1))
        if any(word in ends_begins[0] for word in firsts) and any(word in ends_begins[1] for word in seconds):
            return True
    return False


def _is_called(reading: Reading, stop: int) -> bool:
    """Whether a person is called what stands before `stop`: 역|시발|놈, 조|개새끼|야. Then it is no two words."""
    after, ends = reading.letters[stop : stop + 1], stop + 1 >= len(reading.letters) or bool(reading.begins[stop + 1])
    return after in ("놈", "년", "뇬") or (after in ("야", "아") and ends)


def _is_as_written(reading: Reading, start: int, stop: int) -> bool:
    """Whether each letter is one character of the text, and the next one follows it."""
    return all(reading.starts[at] == reading.starts[start - 1] + at - start + 1 for at in range(start, stop))


def _is_disguised(text: str, hit: Found, reading: Reading) -> bool:
    return unicodedata.normalize("NFC", text[hit.start : hit.stop]) not in reading.letters


def _found_latin(pattern: re.Pattern[str], reading: Reading) -> set[Found]:
    """Whole Latin words only: "assassin" and "Scunthorpe" are none. Hangul may follow (a particle)."""
    found = set()
    for match in pattern.finditer(reading.letters):
        start, stop = match.span()
        after = reading.letters[stop : stop + 1]
        ends = not after or is_hangul(after) or bool(reading.begins[stop]) or _is_ending(reading, stop)
        if reading.begins[start] and ends and _is_even(reading.begins[start:stop]):
            found.add(Found(*reading.span(start, stop), "strong"))
    return found


def _is_even(begins: bytes) -> bool:
    """Whether a word is in one piece, in single letters (f u c k), or in pieces of two and more: not "%s hits"."""
    lengths = [len(piece) for piece in begins.split(b"\1")[1:]]
    return len(lengths) == 1 or max(lengths) == 0 or min(lengths) > 0


def _is_ending(reading: Reading, stop: int) -> bool:
    ending = re.compile("(?:ing|er|ed|s|y|ers|ty)").match(reading.letters, stop)
    return bool(ending) and (ending.end() == len(reading.letters) or bool(reading.begins[ending.end()]))


def _outermost(found: list[Found]) -> list[Found]:
    """By place; of those that overlap, one over all that they cover, strong if one of them is."""
    merged: list[Found] = []
    for hit in sorted(found):
        if merged and hit.start < merged[-1].stop:
            last = merged.pop()
            weight = "strong" if "strong" in (last.weight, hit.weight) else "mild"
            hit = Found(last.start, max(last.stop, hit.stop), weight)
        merged.append(hit)
    return merged
