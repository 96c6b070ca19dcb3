"""What can be counted in a text in one pass over its UTF-8 bytes: shares of kinds of characters, repetition, endings.

The repetition measures follow Rae et al. 2021 (Gopher, table A1) with words between spaces in place of tokens; a new
one costs a line in `_measure` when it needs counts that are there, and one pass over word hashes when it does not.
"""

from typing import Any

import numpy as np
from numba import njit, uint32, uint64

from malmoi.corpus.kernels.characters import (
    ACCENTED,
    DAMAGE,
    DIGIT,
    HANGUL,
    JAMO,
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
    code_point,
    mix,
)

FEATURES = (
    "characters",  # with spaces
    "words",  # between white space
    "lines",  # that are not blank
    "hangul_share",  # of the characters that are no spaces, as are the next five
    "latin_share",
    "digit_share",
    "jamo_share",  # ㅋ, ㅠ: lone letters
    "symbol_share",  # punctuation and symbols
    "damage_share",  # U+FFFD, control and private characters, syllables and accents that wrong charsets make
    "korean_share",  # of letters, digits left out
    "longest_run",  # of one letter or digit, characters
    "mean_word_characters",
    "unique_word_share",
    "ending_share",  # of words with two or more syllables: ends like a particle or a verb; NaN where they are few
    "duplicate_line_share",  # of characters
    "top_bigram_share",  # of characters, in the most frequent pair of words, if it comes more than once
    "repeated_5gram_share",  # of characters, in five words in a row that stood in the text before
)
"""Names of the columns of `measure`, in order. Shares are 0..1."""

ENDINGS = "은는이가을를에의도로와과고며서면지만다요죠까네니나야자라게해한할된될던든기들씩큼뿐께랑처터음함됨임"
"""Last syllables of Korean particles and verb endings. Nouns end so by chance; a text of sentences does mostly."""

JUDGED_WORDS = 20
"""With fewer words of two or more syllables `ending_share` says nothing."""

MEASURED_WORDS = 200_000
"""Repetition is measured on so many words from the start of a text: memory stays bounded for a text of any length."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def measure(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The FEATURES of every text: float32, texts x features. An empty text has all 0."""
    texts = len(offsets) - 1
    result = np.zeros((texts, len(FEATURES)), np.float32)
    if texts == 0:
        return result
    longest_bytes = int(np.diff(offsets).max())
    words = min(longest_bytes // 2 + 1, MEASURED_WORDS)
    slots = 1 << (2 * words).bit_length()
    scratch = (
        np.empty(words + 1, np.uint64),  # hash of each word
        np.zeros(words + 1, np.int64),  # characters before each word, without spaces
        np.empty(words + 1, np.uint64),  # hash of each line
        np.zeros(words + 1, np.int64),  # characters of each line
        np.empty(words + 1, np.uint64),  # hash of each run of words
        np.zeros(slots, np.uint64),  # hash table: key, round in which the slot was taken, count
        np.zeros(slots, np.int64),
        np.zeros(slots, np.int64),
    )
    endings = np.zeros(0x10000, np.bool_)
    endings[[ord(syllable) for syllable in ENDINGS]] = True
    _measure_all(data, offsets, class_table(), endings, scratch, result)
    return result


# The kernels below take numpy arrays and numbers only, and allocate nothing for a text: all texts share `scratch`. Its
# hash table is never cleared; a slot counts as free unless it was taken in the present round.
@njit(nogil=True, cache=True)
def _measure_all(data: Any, offsets: Any, table: Any, endings: Any, scratch: Any, result: Any) -> None:
    counts = np.zeros(NUM_CLASSES, np.int64)
    tallies = np.zeros(NUM_TALLIES, np.int64)
    rounds = 0
    for d in range(len(offsets) - 1):
        counts[:] = 0
        tallies[:] = 0
        _scan(data, offsets[d], offsets[d + 1], table, endings, scratch, counts, tallies)
        rounds = _measure(counts, tallies, scratch, rounds, result[d])


# Places in `tallies`. STORED words and STORED_LINES are those that found room in scratch, which bounds repetition.
WORDS, LINES, LONGEST_RUN, ENDED, LONG_WORDS, STORED, STORED_LINES, NUM_TALLIES = 0, 1, 2, 3, 4, 5, 6, 7


@njit(nogil=True, cache=True)
def _scan(data: Any, start: Any, stop: Any, table: Any, endings: Any, scratch: Any, counts: Any, tallies: Any) -> None:
    """Counts characters by class, and stores hash and length of every word and line."""
    word_hashes, word_starts, line_hashes, line_lengths = scratch[0], scratch[1], scratch[2], scratch[3]
    word, line = uint64(0), uint64(0)
    word_length, line_length, syllables, run, length = 0, 0, 0, 0, 0
    previous, last = uint32(0), uint32(0)
    at = start
    while at <= stop:
        code, width = uint32(10), 1
        if at < stop:
            code, width = code_point(data, at, uint32(data[at]))
        kind = class_of(table, code)
        at += width
        if kind in (SPACE, NEWLINE):
            if word_length:
                tallies[WORDS] += 1
                tallies[LONG_WORDS] += syllables >= 2
                tallies[ENDED] += syllables >= 2 and endings[last]
                if tallies[STORED] < len(word_hashes) - 1:
                    word_hashes[tallies[STORED]] = mix(word)
                    tallies[STORED] += 1
                    word_starts[tallies[STORED]] = length
                word, word_length, syllables = uint64(0), 0, 0
            if kind == NEWLINE and line_length:
                tallies[LINES] += 1
                if tallies[STORED_LINES] < len(line_hashes) - 1:
                    line_hashes[tallies[STORED_LINES]] = mix(line)
                    line_lengths[tallies[STORED_LINES]] = line_length
                    tallies[STORED_LINES] += 1
                line, line_length = uint64(0), 0
            counts[kind] += at <= stop
            previous = uint32(0)
            continue
        counts[kind] += 1
        if kind == HANGUL:
            syllables += 1
            last = code
        word = (word ^ uint64(code)) * GOLDEN
        line = (line ^ uint64(code)) * GOLDEN
        word_length += 1
        line_length += 1
        length += 1
        run = run + 1 if code == previous else 1
        previous = code
        if run > tallies[LONGEST_RUN] and kind < PUNCTUATION:
            tallies[LONGEST_RUN] = run


@njit(nogil=True, cache=True)
def _measure(counts: Any, tallies: Any, scratch: Any, rounds: Any, out: Any) -> Any:
    """Writes FEATURES from the counts; returns the number of hash-table rounds used so far."""
    dense = counts.sum() - counts[SPACE] - counts[NEWLINE]
    if dense == 0:
        return rounds
    letters = counts[HANGUL : LETTER + 1].sum() - counts[DIGIT]
    words, stored = tallies[WORDS], tallies[STORED]
    measured = max(scratch[1][stored], 1)
    out[0], out[1], out[2] = counts.sum(), words, tallies[LINES]
    out[3] = (counts[HANGUL] + counts[RARE_HANGUL]) / dense
    out[4] = counts[LATIN] / dense
    out[5] = counts[DIGIT] / dense
    out[6] = counts[JAMO] / dense
    out[7] = (counts[PUNCTUATION] + counts[SYMBOL]) / dense
    out[8] = (counts[DAMAGE] + counts[RARE_HANGUL] + counts[ACCENTED]) / dense
    out[9] = (counts[HANGUL] + counts[RARE_HANGUL] + counts[JAMO]) / max(letters, 1)
    out[10] = tallies[LONGEST_RUN]
    out[11] = dense / words
    out[12] = _unique(scratch, stored, rounds + 1) / max(stored, 1)
    out[13] = tallies[ENDED] / tallies[LONG_WORDS] if tallies[LONG_WORDS] >= JUDGED_WORDS else np.nan
    out[14] = _duplicate_lines(scratch, tallies[STORED_LINES], rounds + 2) / dense
    out[15] = min(1.0, _top_bigram(scratch, stored, rounds + 3) / measured)  # 하하하 하하하 하하하: pairs overlap
    out[16] = _repeated_5grams(scratch, stored, rounds + 4) / measured
    return rounds + 4


@njit(inline="always")
def _slot(hash_value: Any, mask: Any, keys: Any, taken: Any, round_number: Any) -> Any:  # pragma: no cover (compiled)
    """The slot of a key in the open hash table: taken in this round if the key was seen, else free for it."""
    place = hash_value & mask
    while taken[place] == round_number and keys[place] != hash_value:
        place = (place + uint64(1)) & mask
    return place


@njit(inline="always")
def _mask(entries: Any) -> Any:  # pragma: no cover (compiled)
    """Only as much of the table as a text needs, so that short texts stay in the processor's cache."""
    size = uint64(16)
    while size < uint64(2 * entries):
        size = size << uint64(1)
    return size - uint64(1)


@njit(nogil=True, cache=True)
def _unique(scratch: Any, words: Any, round_number: Any) -> Any:
    hashes, keys, taken = scratch[0], scratch[5], scratch[6]
    mask, unique = _mask(words), 0
    for k in range(words):
        place = _slot(hashes[k], mask, keys, taken, round_number)
        if taken[place] != round_number:
            taken[place], keys[place] = round_number, hashes[k]
            unique += 1
    return unique


@njit(nogil=True, cache=True)
def _duplicate_lines(scratch: Any, lines: Any, round_number: Any) -> Any:
    """Characters of the lines that stood in the text before."""
    hashes, lengths, keys, taken = scratch[2], scratch[3], scratch[5], scratch[6]
    mask, repeated = _mask(lines), 0
    for k in range(lines):
        place = _slot(hashes[k], mask, keys, taken, round_number)
        if taken[place] == round_number:
            repeated += lengths[k]
        taken[place], keys[place] = round_number, hashes[k]
    return repeated


@njit(nogil=True, cache=True)
def _top_bigram(scratch: Any, words: Any, round_number: Any) -> Any:
    """Characters covered by the pair of words that covers most, among pairs that come more than once."""
    hashes, starts, keys, taken, times = scratch[0], scratch[1], scratch[5], scratch[6], scratch[7]
    mask, top = _mask(words), 0
    for k in range(words - 1):
        pair = mix(hashes[k] * GOLDEN + hashes[k + 1])
        place = _slot(pair, mask, keys, taken, round_number)
        if taken[place] == round_number:
            times[place] += 1
            top = max(top, times[place] * (starts[k + 2] - starts[k]))
        else:
            taken[place], keys[place], times[place] = round_number, pair, 1
    return top


@njit(nogil=True, cache=True)
def _repeated_5grams(scratch: Any, words: Any, round_number: Any) -> Any:
    """Characters inside runs of five words that stood in the text before; none is counted twice."""
    hashes, starts, runs, keys, taken = scratch[0], scratch[1], scratch[4], scratch[5], scratch[6]
    mask, covered, reached = _mask(words), 0, 0
    for k in range(words - 4):
        value = hashes[k]
        for n in range(1, 5):
            value = value * GOLDEN + hashes[k + n]
        runs[k] = mix(value)
        place = _slot(runs[k], mask, keys, taken, round_number)
        if taken[place] == round_number:
            covered += starts[k + 5] - starts[max(k, reached)]
            reached = k + 5
        taken[place], keys[place] = round_number, runs[k]
    return covered


def quality(measured: np.ndarray) -> np.ndarray:
    """One figure, 0..1, for choosing among copies of a text: whole, Korean, in sentences, not repeating itself.

    float32, rounded to two decimals, so that copies which differ by little are told apart by their length instead.
    """
    column = {name: measured[:, place] for place, name in enumerate(FEATURES)}
    whole = 1 - np.minimum(1, 10 * column["damage_share"])
    fresh = (1 - column["duplicate_line_share"]) * (1 - column["repeated_5gram_share"])
    sentences = np.minimum(1, np.nan_to_num(column["ending_share"], nan=0.5) / 0.6)
    return np.round(whole * column["korean_share"] * (1 - column["symbol_share"]) * fresh * sentences, 2)
