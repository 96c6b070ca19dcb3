"""What can be counted in a text in one pass over its UTF-8 bytes: kinds of characters, lines, sentences, repetition.

The walk over the characters is counts.py, n-grams are repetition.py; here counts become FEATURES. The measures follow
Rae et al. 2021 (Gopher, table A1) and Penedo et al. 2024 (FineWeb), with words between spaces in place of tokens, and
add what is Korean: lone letters, endings, syllables torn apart, syllables that wrong charsets make.
"""

from typing import Any

import numpy as np
from numba import njit, uint64

from malmoi.corpus.kernels.characters import (
    ACCENTED,
    DAMAGE,
    DIGIT,
    HANGUL,
    HANJA,
    JAMO,
    KANA,
    LATIN,
    LETTER,
    NEWLINE,
    NUM_CLASSES,
    PUNCTUATION,
    RARE_HANGUL,
    SPACE,
    SYMBOL,
    class_of,
    class_table,
)
from malmoi.corpus.kernels.counts import (
    BULLET_LINES,
    CLOSED_LINES,
    DISTINCT,
    ELLIPSES,
    ELLIPSIS_LINES,
    ENDED,
    ENGLISH,
    FOREIGN,
    JAMO_RUNS,
    LAST_PLACE,
    LETTERLESS,
    LINES,
    LONG_WORDS,
    LONGEST_DIGITS,
    LONGEST_RUN,
    MISREAD,
    NUM_TALLIES,
    SENTENCES,
    SHORT_LINES,
    SINGLE,
    SPACED,
    STORED,
    STORED_LINES,
    URL,
    VISIBLE,
    WORDS,
    english_table,
    mark_table,
    walk,
)
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.kernels.repetition import (
    GRAMS,
    LONGEST,
    NUM_REPEATS,
    TOP_WORD,
    UNIQUE,
    repeated_lines,
    repeats,
    slots_for,
)

JUDGED_WORDS = 20
"""With fewer words `spaced_share` says nothing; with fewer of two or more syllables, `ending_share`."""

STUFFED_WORDS = 50
"""With fewer words `top_word_share` says nothing."""

JUDGED_BRACKETS = 10

HANJA_BESIDE_HANGUL_SHARE = 0.15
"""From this share of Hangul in Hangul and Hanja on, the text is Korean in mixed script, not Chinese with a Korean name
in it. The declaration of 1919, as Hanja-laden as Korean gets, has 0.39. With a quarter as many kana as syllables the
Hanja are taken for Japanese."""

MEASURED_WORDS = 1 << 20
"""Repetition is measured on so many words (some 10 MB) from the start of a text: memory is bounded for any text."""

SEPARATORS = ",/|·ㆍ#、，;；／｜"
OPENING, CLOSING = "([{「『《〈【（［｛“‘", ")]}」』》〉】）］｝”’"


def measure(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The FEATURES of every text: float32, texts x features. An empty text has all 0, or NaN where that says less."""
    texts = len(offsets) - 1
    result = np.zeros((texts, len(FEATURES)), np.float32)
    if texts == 0:
        return result
    words = min(int(np.diff(offsets).max()) // 2 + 1, MEASURED_WORDS)
    hashes = (np.empty(words + 1, np.uint64), np.zeros(words + 1, np.int32))
    lines = (np.empty(words, np.uint64), np.empty(words, np.int32))
    seen = (np.zeros(int(LAST_PLACE) + 1, np.int32), np.empty(int(LAST_PLACE) + 1, np.uint32))
    table = np.zeros((slots_for(words), 2), np.uint64)
    work = (np.empty(words, np.int32), np.empty(words, np.int32))
    tables = (class_table(), mark_table(), english_table())
    _measure_all(data, offsets, tables, hashes, lines, seen, table, work, result)
    return result


# Places beside the classes in `totals`: what is told from how often single characters stand in a text.
_HASHES, _SEPARATORS, _ELLIPSIS, _BRACKETS, _UNBALANCED, _TOTALS = range(NUM_CLASSES, NUM_CLASSES + 6)
_LOGARITHMS = np.array([0.0, *(n * np.log2(n) for n in range(1, 4096))])
_SEPARATOR_CODES = np.array([ord(mark) for mark in SEPARATORS], np.int64)
_OPENING_CODES = np.array([ord(mark) for mark in OPENING], np.int64)
_CLOSING_CODES = np.array([ord(mark) for mark in CLOSING], np.int64)


@njit(nogil=True, cache=True)
def _measure_all(
    data: Any, offsets: Any, tables: Any, hashes: Any, lines: Any, seen: Any, table: Any, work: Any, result: Any
) -> None:
    tallies = np.zeros(NUM_TALLIES, np.int64)
    totals = np.zeros(_TOTALS, np.int64)
    repeated = np.zeros(NUM_REPEATS, np.int64)
    turn = uint64(1)
    for d in range(len(offsets) - 1):
        tallies[:] = 0
        walk(data, offsets[d], offsets[d + 1], tables, hashes, lines, seen, tallies)
        weight = _total(tables[0], seen, tallies[DISTINCT], totals)
        out = result[d]
        if tallies[VISIBLE] == 0:
            out[23:25], out[26], out[28] = np.nan, np.nan, np.nan
            continue
        turn = repeats(hashes[0], hashes[1], tallies[STORED], table, work, turn, repeated)
        twice = repeated_lines(lines[0], lines[1], tallies[STORED_LINES], table, turn)
        turn += uint64(1)
        _characters(tallies, totals, weight, out)
        _words(tallies, totals, repeated, out)
        _lines(tallies, twice, out)
        measured = hashes[1][tallies[STORED]]
        for place in range(LONGEST - 1):
            out[38 + place] = min(1.0, repeated[GRAMS + place] / measured)  # 하하하 하하하 하하하: pairs overlap


@njit(nogil=True, cache=True)
def _total(classes: Any, seen: Any, num_distinct: Any, totals: Any) -> Any:
    """Adds up characters by class and purpose, and sets `seen` back. Returns the sum of n log2 n of visible ones."""
    counts, distinct = seen
    totals[:] = 0
    weight = 0.0
    for i in range(num_distinct):
        code = distinct[i]
        n = counts[code]
        kind = class_of(classes, code)
        totals[kind] += n
        if kind > NEWLINE:
            weight += _LOGARITHMS[n] if n < len(_LOGARITHMS) else n * np.log2(n)
    totals[_HASHES], totals[_ELLIPSIS] = counts[35], counts[0x2026]
    for code in _SEPARATOR_CODES:
        totals[_SEPARATORS] += counts[code]
    for pair in range(len(_OPENING_CODES)):
        opened, closed = counts[_OPENING_CODES[pair]], counts[_CLOSING_CODES[pair]]
        totals[_BRACKETS] += opened + closed
        totals[_UNBALANCED] += abs(opened - closed)
    for i in range(num_distinct):
        counts[distinct[i]] = 0
    return weight


@njit(nogil=True, cache=True)
def _characters(tallies: Any, totals: Any, weight: Any, out: Any) -> None:
    visible = tallies[VISIBLE]
    hangul = totals[HANGUL] + totals[RARE_HANGUL]
    latin = totals[LATIN] + totals[ACCENTED]
    out[0] = visible + totals[SPACE] + totals[NEWLINE]
    out[1], out[2], out[3] = tallies[WORDS], tallies[LINES], tallies[SENTENCES]
    out[4] = hangul / visible
    out[5] = latin / visible
    out[6] = totals[HANJA] / visible
    out[7] = totals[KANA] / visible
    out[8] = totals[LETTER] / visible
    out[9] = totals[DIGIT] / visible
    out[10] = totals[JAMO] / visible
    out[11] = (totals[PUNCTUATION] + totals[SYMBOL]) / visible
    out[12] = min(1.0, (totals[DAMAGE] + totals[RARE_HANGUL] + tallies[MISREAD]) / visible)
    out[13] = tallies[JAMO_RUNS] / visible
    out[14] = tallies[URL] / visible
    out[15] = max(0.0, np.log2(visible) - weight / visible)
    korean = hangul + totals[JAMO]
    letters = korean + latin + totals[HANJA] + totals[KANA] + totals[LETTER]
    if hangul >= 4 * totals[KANA] and hangul >= HANJA_BESIDE_HANGUL_SHARE * (hangul + totals[HANJA]):
        korean += totals[HANJA]
    out[16] = korean / max(letters, 1)
    if totals[_BRACKETS] >= JUDGED_BRACKETS:
        out[17] = totals[_UNBALANCED] / totals[_BRACKETS]
    out[18] = max(tallies[LONGEST_RUN], min(letters + totals[DIGIT], 1))
    out[19] = tallies[LONGEST_DIGITS]


@njit(nogil=True, cache=True)
def _words(tallies: Any, totals: Any, repeated: Any, out: Any) -> None:
    words, stored = tallies[WORDS], tallies[STORED]
    out[20] = tallies[VISIBLE] / words
    out[21] = tallies[VISIBLE] / max(tallies[SENTENCES], 1)
    out[22] = repeated[UNIQUE] / stored
    out[23] = repeated[TOP_WORD] / stored if stored >= STUFFED_WORDS else np.nan
    out[24] = tallies[ENDED] / tallies[LONG_WORDS] if tallies[LONG_WORDS] >= JUDGED_WORDS else np.nan
    out[25] = tallies[SINGLE] / words
    out[26] = tallies[SPACED] / words if words >= JUDGED_WORDS else np.nan
    out[27] = tallies[LETTERLESS] / words
    out[28] = tallies[ENGLISH] / tallies[FOREIGN] if tallies[FOREIGN] else np.nan
    out[29] = totals[_SEPARATORS] / words
    out[30] = totals[_HASHES] / words
    out[31] = (tallies[ELLIPSES] + totals[_ELLIPSIS]) / words


@njit(nogil=True, cache=True)
def _lines(tallies: Any, twice: Any, out: Any) -> None:
    lines = tallies[LINES]
    out[32] = tallies[SHORT_LINES] / lines
    out[33] = tallies[BULLET_LINES] / lines
    out[34] = tallies[ELLIPSIS_LINES] / lines
    out[35] = tallies[CLOSED_LINES] / lines
    out[36] = twice[0] / max(tallies[STORED_LINES], 1)
    out[37] = twice[1] / tallies[VISIBLE]


def quality(measured: np.ndarray) -> np.ndarray:
    """One figure, 0..1, for choosing among copies of a text: whole, Korean, in sentences, not repeating itself.

    float32, rounded to two decimals, so that copies which differ by little are told apart by their length instead.
    """
    column = {name: measured[:, place] for place, name in enumerate(FEATURES)}
    whole = 1 - np.minimum(1, 10 * column["damage_share"])
    fresh = (1 - column["duplicate_line_share"]) * (1 - column["repeated_5gram_share"])
    sentences = np.minimum(1, np.nan_to_num(column["ending_share"], nan=0.5) / 0.6)
    return np.round(whole * column["korean_share"] * (1 - column["symbol_share"]) * fresh * sentences, 2)
