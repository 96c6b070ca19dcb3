"""The features of one text as their definitions read, in slow Python: what the kernel has to agree with."""

import math
import re
from collections import Counter
from functools import cache
from itertools import groupby, pairwise

import numpy as np

from malmoi.corpus.kernels import characters as classes
from malmoi.corpus.kernels.counts import ENDINGS, ENGLISH_WORDS, RULING, STROKES, UNSEEN_SLOTS
from malmoi.corpus.kernels.quality_features import CLOSING, OPENING, SEPARATORS
from malmoi.corpus.kernels.syllable_pairs import NUM_COMMON, numbers, tables

NAN = math.nan
ENDS, CLOSERS = ".!?。！？．…‥｡", "\"'”’)]」』》〉】}*_`）］｣"
BULLETS = "•·ㆍ◦‣▪■□○●※◇◆▶▷►–—▸★☆"


def kind(character: str) -> int:
    code = ord(character)
    if code < classes.PLANE:
        return int(classes.class_table()[code])
    return classes.HANJA if 0x20000 <= code < 0x32400 else classes.SYMBOL


def is_syllable(character: str) -> bool:
    return "가" <= character <= "힣"


def is_letter(character: str) -> bool:
    return classes.NEWLINE < kind(character) < classes.PUNCTUATION


def split(text: str, highest: int) -> list[str]:
    """Parts between characters whose class is NEWLINE, or also SPACE."""
    kinds = (classes.NEWLINE,) if highest == classes.NEWLINE else (classes.SPACE, classes.NEWLINE)
    groups = groupby(text, key=lambda character: kind(character) in kinds)
    return ["".join(part) for is_gap, part in groups if not is_gap]


def closes(word: str) -> bool:
    while word:
        if word[-1] in ENDS:
            return not re.search(r"[0-9]\.$", word)
        if word[-1] not in CLOSERS:
            return False
        word = word[:-1]
    return False


def trails(word: str) -> bool:
    return word.endswith(("…", "..."))


def is_bullet(word: str) -> bool:
    return word[0] in BULLETS or word in ("-", "*", "+")


def longest(text: str, wanted, same: bool) -> int:
    groups = groupby(text, key=lambda character: character if same and wanted(character) else wanted(character))
    return max((len(list(part)) for key, part in groups if key), default=0)


def url_characters(word: str) -> int:
    """From the first :// or www. on: what follows the dot or the second slash, and the mark itself."""
    places = [word.find(mark) for mark in ("://", "www.")]
    found = [place for place in places if place >= 0]
    return len(word) - min(found) if found else 0


def misread(text: str) -> int:
    windows = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore") + bytes(range(0x80, 0xC0)).decode("latin-1")
    windows = "".join(character for character in windows if kind(character) > classes.NEWLINE)
    pattern = rf"[{_accented()}][{_accented()}{re.escape(windows)}]{{2,}}"
    return sum(kind(character) != classes.DAMAGE for run in re.findall(pattern, text) for character in run)


def _accented() -> str:
    return "".join(chr(code) for code in range(0x80, 0x180) if classes.class_table()[code] == classes.ACCENTED)


def repeated(words: list[str], size: int) -> int:
    """Characters inside n-grams that stood before."""
    seen, covered = set(), set()
    for place in range(len(words) - size + 1):
        gram = tuple(words[place : place + size])
        if gram in seen:
            covered |= set(range(place, place + size))
        seen.add(gram)
    return sum(len(words[place]) for place in covered)


def top(words: list[str], size: int) -> int:
    """Characters of the n-gram that covers most, of those that come more than once."""
    times = Counter(tuple(words[place : place + size]) for place in range(len(words) - size + 1))
    return max((count * sum(map(len, gram)) for gram, count in times.items() if count > 1), default=0)


def features(text: str) -> dict[str, float]:
    words = split(text, classes.SPACE)
    dense = "".join(words)
    if not dense:
        return {}
    lines = [split(line, classes.SPACE) for line in split(text, classes.NEWLINE)]
    lines = [line for line in lines if line]
    kinds = Counter(map(kind, text))
    share = {
        name: kinds[getattr(classes, name)] / len(dense)
        for name in dir(classes)
        if isinstance(getattr(classes, name), int)
    }
    hangul = kinds[classes.HANGUL] + kinds[classes.RARE_HANGUL]
    hanja, kana, latin = kinds[classes.HANJA], kinds[classes.KANA], kinds[classes.LATIN] + kinds[classes.ACCENTED]
    letters = hangul + hanja + kana + latin + kinds[classes.JAMO] + kinds[classes.LETTER]
    korean = hangul + kinds[classes.JAMO] + (hanja if hangul >= 4 * kana and hangul >= 0.15 * (hangul + hanja) else 0)
    long_words = [word for word in words if sum(map(is_syllable, word)) >= 2]
    ended = ended_words(lines)
    foreign = [word for word in words if is_foreign(word)]
    single = [len(word) == 1 and is_syllable(word) for word in words]
    runs = [len(list(part)) for alone, part in groupby(single) if alone]
    brackets = [(text.count(opened), text.count(closed)) for opened, closed in zip(OPENING, CLOSING, strict=True)]
    bracket_sum = sum(map(sum, brackets))
    sentences = sum(map(closes, words)) + (not closes(words[-1]))
    rulers = sum(map(ruled, words))
    stored = [word for word in words if 2 * ruled(word) < len(word)]
    measured = max(sum(map(len, stored)), 1)
    longest_word = max((count for word, count in Counter(stored).items() if len(word) > 1), default=0)
    before: set[tuple[str, ...]] = set()
    twice = []
    lettered = [line for line in lines if any(map(is_letter, "".join(line)))]
    for line in lettered:
        if tuple(line) in before:
            twice.append(line)
        before.add(tuple(line))
    return {
        "characters": len(text),
        "words": len(words),
        "lines": len(lines),
        "sentences": sentences,
        "hangul_share": hangul / len(dense),
        "latin_share": latin / len(dense),
        "hanja_share": share["HANJA"],
        "kana_share": share["KANA"],
        "foreign_letter_share": share["LETTER"],
        "digit_share": share["DIGIT"],
        "jamo_share": share["JAMO"],
        "symbol_share": (kinds[classes.PUNCTUATION] + kinds[classes.SYMBOL] - rulers) / max(len(dense) - rulers, 1),
        "damage_share": min(1, share["DAMAGE"] + share["RARE_HANGUL"] + misread(text) / len(dense)),
        "jamo_run_share": sum(map(len, re.findall("[ㄱ-ㆌㆎﾠ-ￜ]{3,}", text))) / len(dense),
        "url_share": sum(map(url_characters, words)) / len(dense),
        "entropy_bits": entropy(dense),
        "korean_share": korean / max(letters, 1),
        "bracket_imbalance": sum(abs(a - b) for a, b in brackets) / bracket_sum if bracket_sum >= 10 else 0,
        "longest_run": max((longest(word, is_letter, same=True) for word in words), default=0),
        "longest_digits": longest(text, lambda letter: kind(letter) == classes.DIGIT, same=False),
        "mean_word_characters": len(dense) / len(words),
        "mean_sentence_characters": len(dense) / sentences,
        "unique_word_share": len(set(stored)) / max(len(stored), 1),
        "top_word_share": longest_word / len(stored) if len(stored) >= 50 else NAN,
        "ending_share": ended / len(long_words) if len(long_words) >= 20 else NAN,
        "single_syllable_share": sum(single) / len(words),
        "spaced_share": sum(run for run in runs if run >= 4) / len(words) if len(words) >= 20 else NAN,
        "letterless_share": sum(not any(map(is_letter, word)) for word in words) / len(words),
        "english_share": sum(map(is_english, foreign)) / len(foreign) if foreign else NAN,
        "separator_share": sum(map(text.count, SEPARATORS)) / len(words),
        "hash_share": text.count("#") / len(words),
        "ellipsis_share": (len(re.findall(r"\.{3,}", text)) + text.count("…")) / len(words),
        "short_line_share": sum(sum(map(len, line)) < 30 for line in lines) / len(lines),
        "bullet_line_share": sum(is_bullet(line[0]) for line in lines) / len(lines),
        "ellipsis_line_share": sum(trails(line[-1]) for line in lines) / len(lines),
        "closed_line_share": sum(closes(line[-1]) for line in lines) / len(lines),
        "repeated_line_share": len(twice) / max(len(lettered), 1),
        "duplicate_line_share": sum(len("".join(line)) for line in twice) / len(dense),
        "top_bigram_share": min(1, top(stored, 2) / measured),
        "top_3gram_share": min(1, top(stored, 3) / measured),
        "top_4gram_share": min(1, top(stored, 4) / measured),
        **{f"repeated_{size}gram_share": repeated(stored, size) / measured for size in range(5, 11)},
        "unseen_pair_share": unseen_pair_share(words),
        "bare_digit_share": max(0, kinds[classes.DIGIT] - 2 * prose(lines)) / len(dense),
    }


def ruled(word: str) -> int:
    """Characters in runs of 4 to 100 of one ruling sign."""
    runs = [(sign, len(list(part))) for sign, part in groupby(word)]
    return sum(length for sign, length in runs if sign in RULING and 4 <= length <= 100)


def prose(lines: list[list[str]]) -> int:
    return sum(len("".join(line)) for line in lines if closes(line[-1]))


def unseen_pair_share(words: list[str]) -> float:
    pairs = [pair for word in words for pair in pairwise(word) if all(map(is_syllable, pair))]
    strokes = sum(
        sign in STROKES and is_syllable(left) and is_syllable(right)
        for word in words
        for left, sign, right in zip(word, word[1:], word[2:], strict=False)
    )
    old = sum("\u1100" <= letter <= "\u11ff" or "\ua960" <= letter <= "\ua97f" for letter in "".join(words))
    old += sum("\ud7b0" <= letter <= "\ud7ff" for letter in "".join(words))
    count = len(pairs) + strokes
    if count < 80 or old > 0.01 * count:
        return NAN
    unseen = len({slot(left, right) for left, right in pairs if not is_known(left, right)})
    return (unseen + min(strokes, unseen)) / count


def slot(left: str, right: str) -> int:
    return (ord(left) * 31 % 2**32 ^ ord(right)) % UNSEEN_SLOTS


def is_known(left: str, right: str) -> bool:
    one, other = (int(numbers()[ord(letter) - 0xAC00]) for letter in (left, right))
    return one >= 0 and other >= 0 and bool(seen_pairs()[one * NUM_COMMON + other])


@cache
def seen_pairs() -> np.ndarray:
    return np.unpackbits(tables()[1], bitorder="little")


def ended_words(lines: list[list[str]]) -> int:
    """Words of two or more syllables that end like particles and verbs, chain on, or stand before a figure."""
    ended, tail = 0, ""
    for line in lines:
        waiting = False
        for word in line:
            syllables = [letter for letter in word if is_syllable(letter)]
            if len(syllables) >= 2:
                ends = syllables[-1] in ENDINGS or word[0] in taken_up(tail)
                ended, tail, waiting = ended + ends, syllables[-1], not ends
            elif any(map(is_letter, word)):
                has_digit = any(kind(letter) == classes.DIGIT for letter in word)
                ended += waiting and has_digit and word[-1] not in ".)"
                waiting = False
    return ended


def taken_up(tail: str) -> set[str]:
    """What a word may begin with after one that ends in `tail`: 두음법칙 by a table of whole syllables."""
    if not tail:
        return set()
    before = "녀뇨뉴니랴려례료류리라래로뢰루르"
    after = "여요유이야여예요유이나내노뇌누느"
    bare = chr(ord(tail) - (ord(tail) - 0xAC00) % 28)
    found = {tail}
    if bare in before:
        found.add(chr(ord(after[before.index(bare)]) + (ord(tail) - 0xAC00) % 28))
    return found


def entropy(dense: str) -> float:
    """Planes that are private or hold no letters count as one character."""
    times = Counter(min(ord(character), 0x3FFFF) for character in dense)
    return -sum(n / len(dense) * math.log2(n / len(dense)) for n in times.values())


def is_foreign(word: str) -> bool:
    letters = [letter for letter in word if is_letter(letter)]
    return bool(letters) and all(kind(letter) in (classes.LATIN, classes.ACCENTED) for letter in letters)


def is_english(word: str) -> bool:
    start = re.match("[A-Za-z]*", word)
    assert start is not None
    letters = [letter for letter in word if is_letter(letter)]
    return len(word) <= 5 and len(letters) <= 4 and start[0].lower() in ENGLISH_WORDS
