"""What can be counted in a text in one pass over its UTF-8 bytes: kinds of characters, lines, sentences, repetition.

The walk over the characters is counts.py, n-grams are repetition.py; here counts become FEATURES. The measures follow
Rae et al. 2021 (Gopher, table A1) and Penedo et al. 2024 (FineWeb), with words between spaces in place of tokens, and
add what is Korean: lone letters, endings, syllables torn apart, syllables that wrong charsets make.
"""

from typing import Any

import numpy as np
from numba import njit, uint64

from malmoi.corpus.kernels import characters as kinds
from malmoi.corpus.kernels import counts as tally
from malmoi.corpus.kernels import repetition, syllable_pairs
from malmoi.corpus.kernels.feature_names import FEATURES

JUDGED_WORDS = 20
"""With fewer words `spaced_share` says nothing; with fewer of two or more syllables, `ending_share`."""

STUFFED_WORDS = 50
"""With fewer words `top_word_share` says nothing."""

JUDGED_PAIRS, OLD_LETTERS_SHARE = 80, 0.01
"""With fewer pairs of syllables, or more letters of old Hangul for each pair, `unseen_pair_share` says nothing."""

DIGITS_OF_PROSE = 2
"""So many digits for each character of prose are a timetable with its remarks, a result with its report."""

JUDGED_BRACKETS = 10
"""With fewer brackets of all sorts `bracket_imbalance` is 0: one that is forgotten is no damage."""

HANJA_BESIDE_HANGUL_SHARE = 0.15
"""From this share of Hangul in Hangul and Hanja on, the text is Korean in mixed script, not Chinese with a Korean name
in it. The declaration of 1919, as Hanja-laden as Korean gets, has 0.39. With a quarter as many kana as syllables the
Hanja are taken for Japanese."""

MEASURED_WORDS = 1 << 20
"""Repetition is measured on so many words (some 10 MB) from the start of a text: memory is bounded for any text."""

SEPARATORS = ",/|·ㆍ#、，;；／｜"
OPENING, CLOSING = "([{「『《〈【（［｛“‘", ")]}」』》〉】）］｝”’"


def measure(data: np.ndarray, offsets: np.ndarray, letters: np.ndarray | None = None) -> np.ndarray:
    """The FEATURES of every text: float32, texts x features. An empty text has all 0, or NaN where that says less.

    letters: filled with the letters of each text, as kernels/letter_counts.py counts them, at no cost.

    data: uint8 (bytes,). offsets: int64 (texts + 1,). letters: int64 (texts,).
    """
    texts = len(offsets) - 1
    letters = np.zeros(texts, np.int64) if letters is None else letters
    result = np.zeros((texts, len(FEATURES)), np.float32)
    if texts == 0:
        return result
    words = min(int(np.diff(offsets).max()) // 2 + 1, MEASURED_WORDS)
    hashes = (np.empty(words + 1, np.uint64), np.zeros(words + 1, np.int32))
    lines = (np.empty(words, np.uint64), np.empty(words, np.int32))
    seen = (np.zeros(int(tally.LAST_PLACE) + 1, np.int32), np.empty(int(tally.LAST_PLACE) + 1, np.uint32))
    table = np.zeros((repetition.slots_for(words), 2), np.uint64)
    work = (np.empty(words, np.int32), np.empty(words, np.int32))
    tables = (kinds.class_table(), tally.mark_table(), tally.english_table(), *syllable_pairs.tables())
    _measure_all(data, offsets, tables, hashes, lines, seen, table, work, letters, result)
    return result


# Places beside the classes in `totals`: what is told from how often single characters stand in a text.
_HASHES, _SEPARATORS, _ELLIPSIS, _BRACKETS, _UNBALANCED, _TOTALS = range(kinds.NUM_CLASSES, kinds.NUM_CLASSES + 6)
_LOGARITHMS = np.array([0.0, *(n * np.log2(n) for n in range(1, 4096))])
_SEPARATOR_CODES = np.array([ord(mark) for mark in SEPARATORS], np.int64)
_OPENING_CODES = np.array([ord(mark) for mark in OPENING], np.int64)
_CLOSING_CODES = np.array([ord(mark) for mark in CLOSING], np.int64)


@njit(nogil=True, cache=True)
def _measure_all(
    data: Any,
    offsets: Any,
    tables: Any,
    hashes: Any,
    lines: Any,
    seen: Any,
    table: Any,
    work: Any,
    letters: Any,
    result: Any,
) -> None:
    """Fills `result` (float32, texts x features) and `letters` (int64, texts). data: uint8 (bytes,). offsets: int64
    (texts + 1,). tables, hashes, lines, seen: as counts.walk takes them. table, work: as repetition.repeats takes them.
    Nothing is allocated for a text, and all tables are used again for the next one.
    """
    tallies = np.zeros(tally.NUM_TALLIES, np.int64)
    totals = np.zeros(_TOTALS, np.int64)
    repeated = np.zeros(repetition.NUM_REPEATS, np.int64)
    pair_slots = np.full(tally.UNSEEN_SLOTS, -1, np.int64)
    turn = uint64(1)
    for d in range(len(offsets) - 1):
        tallies[:] = 0
        by = tables[0], tables[1], tables[2], tables[3], tables[4], pair_slots, d
        tally.walk(data, offsets[d], offsets[d + 1], by, hashes, lines, seen, tallies)
        weight = _total(tables[0], seen, tallies[tally.DISTINCT], totals)
        letters[d] = 0
        for kind in range(kinds.NUM_CLASSES):
            letters[d] += totals[kind] if kinds.IS_WORD[kind] else 0
        out = result[d]
        if tallies[tally.VISIBLE] == 0:
            out[23:25], out[26], out[28], out[47] = np.nan, np.nan, np.nan, np.nan
            continue
        turn = repetition.repeats(hashes[0], hashes[1], tallies[tally.STORED], table, work, turn, repeated)
        twice = repetition.repeated_lines(lines[0], lines[1], tallies[tally.STORED_LINES], table, turn)
        turn += uint64(1)
        _characters(tallies, totals, weight, out)
        _words(tallies, totals, repeated, out)
        _lines(tallies, twice, out)
        _debris(tallies, totals, out)
        measured = max(hashes[1][tallies[tally.STORED]], 1)
        for index in range(repetition.LONGEST - 1):
            share = repeated[repetition.GRAMS + index] / measured
            out[38 + index] = min(1.0, share)  # 하하하 하하하 하하하: pairs overlap


@njit(nogil=True, cache=True)
def _total(classes: Any, seen: Any, num_distinct: Any, totals: Any) -> Any:
    """Adds up characters by class and purpose, and sets `seen` back. Returns the sum of n log2 n of visible ones.

    classes: uint8 (PLANE,). seen: counts (int32) and distinct code points (uint32). totals: int64 (_TOTALS,), filled.
    """
    counts, distinct = seen
    totals[:] = 0
    weight = 0.0
    for i in range(num_distinct):
        code = distinct[i]
        n = counts[code]
        kind = kinds.class_of(classes, code)
        totals[kind] += n
        if kind > kinds.NEWLINE:
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
    """Features 0 to 19: sizes, shares of kinds of characters, entropy. tallies, totals: int64. weight: float64, the sum
    of n log2 n over the characters. out: float32 (features,). Entropy is log2 N - (1 / N) sum n log2 n (Shannon
    1948).
    """
    visible = tallies[tally.VISIBLE]
    hangul = totals[kinds.HANGUL] + totals[kinds.RARE_HANGUL]
    latin = totals[kinds.LATIN] + totals[kinds.ACCENTED]
    out[0] = visible + totals[kinds.SPACE] + totals[kinds.NEWLINE]
    out[1], out[2], out[3] = tallies[tally.WORDS], tallies[tally.LINES], tallies[tally.SENTENCES]
    out[4] = hangul / visible
    out[5] = latin / visible
    out[6] = totals[kinds.HANJA] / visible
    out[7] = totals[kinds.KANA] / visible
    out[8] = totals[kinds.LETTER] / visible
    out[9] = totals[kinds.DIGIT] / visible
    out[10] = totals[kinds.JAMO] / visible
    signs = totals[kinds.PUNCTUATION] + totals[kinds.SYMBOL] - tallies[tally.RULED]
    out[11] = signs / max(visible - tallies[tally.RULED], 1)
    out[12] = min(1.0, (totals[kinds.DAMAGE] + totals[kinds.RARE_HANGUL] + tallies[tally.MISREAD]) / visible)
    out[13] = tallies[tally.JAMO_RUNS] / visible
    out[14] = tallies[tally.URL] / visible
    out[15] = max(0.0, np.log2(visible) - weight / visible)
    korean = hangul + totals[kinds.JAMO]
    letters = korean + latin + totals[kinds.HANJA] + totals[kinds.KANA] + totals[kinds.LETTER]
    hanja = totals[kinds.HANJA]
    if hangul >= 4 * totals[kinds.KANA] and hangul >= HANJA_BESIDE_HANGUL_SHARE * (hangul + hanja):
        korean += hanja
    out[16] = korean / max(letters, 1)
    if totals[_BRACKETS] >= JUDGED_BRACKETS:
        out[17] = totals[_UNBALANCED] / totals[_BRACKETS]
    out[18] = max(tallies[tally.LONGEST_RUN], min(letters + totals[kinds.DIGIT], 1))
    out[19] = tallies[tally.LONGEST_DIGITS]


@njit(nogil=True, cache=True)
def _words(tallies: Any, totals: Any, repeated: Any, out: Any) -> None:
    """Features 20 to 31: of words. tallies, totals, repeated: int64. out: float32 (features,)."""
    words, stored = tallies[tally.WORDS], tallies[tally.STORED]
    out[20] = tallies[tally.VISIBLE] / words
    out[21] = tallies[tally.VISIBLE] / max(tallies[tally.SENTENCES], 1)
    out[22] = repeated[repetition.UNIQUE] / max(stored, 1)
    out[23] = repeated[repetition.TOP_WORD] / stored if stored >= STUFFED_WORDS else np.nan
    out[24] = tallies[tally.ENDED] / tallies[tally.LONG_WORDS] if tallies[tally.LONG_WORDS] >= JUDGED_WORDS else np.nan
    out[25] = tallies[tally.SINGLE] / words
    out[26] = tallies[tally.SPACED] / words if words >= JUDGED_WORDS else np.nan
    out[27] = tallies[tally.LETTERLESS] / words
    out[28] = tallies[tally.ENGLISH] / tallies[tally.FOREIGN] if tallies[tally.FOREIGN] else np.nan
    out[29] = totals[_SEPARATORS] / words
    out[30] = totals[_HASHES] / words
    out[31] = (tallies[tally.ELLIPSES] + totals[_ELLIPSIS]) / words


@njit(nogil=True, cache=True)
def _lines(tallies: Any, twice: Any, out: Any) -> None:
    """Features 32 to 37: of lines. twice: lines that stood in the text before, and their characters. out: float32
    (features,).
    """
    lines = tallies[tally.LINES]
    out[32] = tallies[tally.SHORT_LINES] / lines
    out[33] = tallies[tally.BULLET_LINES] / lines
    out[34] = tallies[tally.ELLIPSIS_LINES] / lines
    out[35] = tallies[tally.CLOSED_LINES] / lines
    out[36] = twice[0] / max(tallies[tally.STORED_LINES], 1)
    out[37] = twice[1] / tallies[tally.VISIBLE]


@njit(nogil=True, cache=True)
def _debris(tallies: Any, totals: Any, out: Any) -> None:
    """Features 47 and 48: pairs of syllables, digits. tallies, totals: int64. out: float32 (features,).

    Strokes between syllables count where syllables are misread too: a bar alone parts columns (가|나|다).
    """
    pairs = tallies[tally.PAIRS]
    judged = pairs >= JUDGED_PAIRS and tallies[tally.OLD_LETTERS] <= OLD_LETTERS_SHARE * pairs
    unseen = tallies[tally.UNSEEN_PAIRS]
    out[47] = (unseen + min(unseen, tallies[tally.STROKED])) / pairs if judged else np.nan
    digits = totals[kinds.DIGIT] - DIGITS_OF_PROSE * tallies[tally.PROSE]
    out[48] = max(0, digits) / tallies[tally.VISIBLE]


def quality(measured: np.ndarray) -> np.ndarray:
    """One figure, 0..1, for choosing among copies of a text: whole, Korean, in sentences, not repeating itself.

    float32, rounded to two decimals, so that copies which differ by little are told apart by their length instead.

    measured: float32 (texts, features). Returns float32 (texts,).
    """
    column = {name: measured[:, index] for index, name in enumerate(FEATURES)}
    whole = 1 - np.minimum(1, 10 * column["damage_share"])
    fresh = (1 - column["duplicate_line_share"]) * (1 - column["repeated_5gram_share"])
    sentences = np.minimum(1, np.nan_to_num(column["ending_share"], nan=0.5) / 0.6)
    return np.round(whole * column["korean_share"] * (1 - column["symbol_share"]) * fresh * sentences, 2)
