"""Columns about the text of a block: how much, how it is written, what it says, whether it repeats."""

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.groups import groups_of
from malmoi.corpus.html.markup import hash_word, match_words
from malmoi.corpus.html.scan import BREAKS, CHARACTERS, END, IMAGES, LINKED, LINKS, MARKED, OUTSIDE, START, WITHIN
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, Automaton

TEXT_NAMES = (
    "weight words word_weight link_share links mark_share punctuation commas sentence_ends digit_share capital_share "
    "quotes first_sign last_sign bars newlines images breaks breaks_before title_share repeats wide_share at_sign "
    "within_share outside_share wide_share_of_page is_data is_cut"
).split()
WIDE_WEIGHT = 2.5
"""Of a character of three bytes or more: block_features.py says why."""
MATCHED_BYTES = 160
"""So much of the beginning of a text is searched for TEXT_WORDS."""
TITLE_WORDS = 60
"""A longer text is no title."""
WORDS, MARKS, COMMAS, ENDS, DIGITS, CAPITALS, QUOTES, BARS, NEWLINES, WIDE, AT_SIGNS = range(11)
"""Positions in the counts of one block."""


@njit(nogil=True, cache=True)
def measure_texts(
    text: np.ndarray, blocks: np.ndarray, says: Automaton, title: np.ndarray, first_says: int, features: np.ndarray
) -> None:
    """Fills the columns TEXT_NAMES and, from `first_says`, one for each group of words that a text says.

    text: uint8 (bytes,). blocks: int64 (blocks, 12). title: uint64 (words,), hashes of the words of <title>. features:
    float32 (blocks, columns), is written to.
    """
    hashes = np.empty(len(blocks), np.uint64)
    counts = np.zeros(11, np.int64)
    num_says = int(np.ceil(np.log2(float(says.groups.max()) + 1)))  # bits in use
    for b in range(len(blocks)):
        start, end = blocks[b, START], blocks[b, END]
        counts[:] = 0
        weight, hashes[b] = _count_signs(text, start, end, counts)
        _fill(features[b], blocks[b], weight, counts)
        if end > start:
            features[b, 12] = _sign_class(int(text[start]))
            features[b, 13] = _sign_class(int(text[end - 1]))
        features[b, 26] = _is_data(text, start, end)
        features[b, 27] = _is_cut(text, start, end)
        if len(title) and counts[WORDS] + 1 < TITLE_WORDS:
            features[b, 19] = _share_of(word_hashes(text, start, end), title)
        groups = match_words(text, start, min(end, start + MATCHED_BYTES), says)
        for bit in range(num_says):
            features[b, first_says + bit] = groups >> bit & 1
    same, count = groups_of(hashes)
    sizes = np.bincount(same, minlength=count)
    wide, characters = 0.0, 1.0
    for b in range(len(blocks)):
        wide += features[b, 21] * blocks[b, CHARACTERS]
        characters += blocks[b, CHARACTERS]
    for b in range(len(blocks)):
        features[b, 20] = sizes[same[b]]
        features[b, 25] = wide / characters


@njit(nogil=True, cache=True)
def _fill(row: np.ndarray, block: np.ndarray, weight: float, counts: np.ndarray) -> None:
    """The columns that follow from one block's counts, int64 (11,); row: float32 (columns,), block: int64 (12,)."""
    characters, words = max(1, block[CHARACTERS]), counts[WORDS] + 1
    row[0] = weight
    row[1] = words
    row[2] = weight / words
    row[3] = block[LINKED] / characters
    row[4] = block[LINKS]
    row[5] = block[MARKED] / characters
    row[6] = counts[MARKS] / words
    row[7] = counts[COMMAS]
    row[8] = counts[ENDS]
    row[9] = counts[DIGITS] / characters
    row[10] = counts[CAPITALS] / characters
    row[11] = counts[QUOTES]
    row[14] = counts[BARS]
    row[15] = counts[NEWLINES]
    row[16] = block[IMAGES]
    row[17] = block[BREAKS]
    row[18] = block[BREAKS] - counts[NEWLINES]
    row[21] = counts[WIDE] / characters
    row[22] = counts[AT_SIGNS]
    row[23] = block[WITHIN] / characters
    row[24] = block[OUTSIDE] / characters


@njit(nogil=True, cache=True)
def _is_data(text: np.ndarray, start: int, end: int) -> bool:
    """Whether text[start:end] begins like JSON, as what scripts keep in hidden boxes does."""
    if end - start < 3 or not (text[start] == 123 or text[start] == 91):  # { [
        return False
    return text[start + 1] == 34 or text[start + 1] == 123


@njit(nogil=True, cache=True)
def _is_cut(text: np.ndarray, start: int, end: int) -> bool:
    """Whether text[start:end] ends with an ellipsis or three dots, as teasers do."""
    while end > start and text[end - 1] == 32:
        end -= 1
    if end - start < 3:
        return False
    dots = text[end - 1] == 46 and text[end - 2] == 46 and text[end - 3] == 46
    return dots or (text[end - 3] == 0xE2 and text[end - 2] == 0x80 and text[end - 1] == 0xA6)


@njit(nogil=True, cache=True)
def _count_signs(text: np.ndarray, start: int, end: int, counts: np.ndarray) -> tuple[float, np.uint64]:
    """Counts the characters of text[start:end]; its weight, and a hash of its letters, capitals as small ones.

    text: uint8 (bytes,). counts: int64 (11,), is added to. The hash leaves out spaces and punctuation, so that blocks
    that differ in those alone count as repeated.
    """
    weight = 0.0
    value = uint64(FNV_START)
    for i in range(start, end):
        byte = text[i]
        if byte >= 0x80:
            if byte >= 0xE0:
                weight += _count_wide(text, i, end, counts)
            elif byte >= 0xC0:
                weight += 1
            value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
            continue
        if byte == 32 or byte == 10:
            counts[WORDS] += 1
            counts[NEWLINES] += byte == 10
            continue
        weight += 1
        kind = _sign_class(int(byte))
        if kind <= 2:
            counts[CAPITALS] += kind == 1
            counts[DIGITS] += kind == 2
            value = (value ^ uint64(byte | 32)) * uint64(FNV_PRIME)
        else:
            _count_mark(text, i, end, kind, counts)
    return weight, value


@njit(nogil=True, cache=True)
def _count_wide(text: np.ndarray, i: int, end: int, counts: np.ndarray) -> float:
    """Counts a character of three bytes or more, which begins at text[i]; returns its weight."""
    if text[i] == 0xE2 and i + 2 < end and text[i + 1] == 0x80 and 0x98 <= text[i + 2] <= 0x9F:
        counts[QUOTES] += 1
        return 1.0
    if text[i] == 0xE3 and i + 2 < end and text[i + 1] == 0x80 and text[i + 2] == 0x82:  # the ideographic full stop
        counts[ENDS] += 1
        counts[MARKS] += 1
    counts[WIDE] += 1
    return WIDE_WEIGHT


@njit(nogil=True, cache=True)
def _count_mark(text: np.ndarray, i: int, end: int, kind: int, counts: np.ndarray) -> None:
    """Counts a punctuation mark of ASCII, whose class is `kind`. A stop inside a word or a number ends no sentence."""
    byte = text[i]
    if kind == 3:
        counts[MARKS] += 1
        counts[ENDS] += i + 1 >= end or text[i + 1] <= 39 or text[i + 1] >= 0x80
    elif kind <= 5:
        counts[MARKS] += 1
        counts[COMMAS] += byte == 44
    elif kind == 6:
        counts[QUOTES] += 1
    else:
        counts[BARS] += byte == 124 or byte == 62 or byte == 47
        counts[AT_SIGNS] += byte == 64 or byte == 35


@njit(nogil=True, cache=True)
def _sign_class(byte: int) -> int:
    """0 small letter, 1 capital, 2 digit, 3 end of sentence, 4 colon, 5 comma, 6 quote, 7 beyond ASCII, 8 other."""
    if 97 <= byte <= 122:
        return 0
    if 65 <= byte <= 90:
        return 1
    if 48 <= byte <= 57:
        return 2
    if byte == 46 or byte == 33 or byte == 63:
        return 3
    if byte == 58:
        return 4
    if byte == 44 or byte == 59 or byte == 45:
        return 5
    if byte == 34 or byte == 39:
        return 6
    return 7 if byte >= 0x80 else 8


@njit(nogil=True, cache=True)
def _is_word(byte: int) -> bool:
    """A letter or digit of ASCII, or a byte beyond it."""
    return 97 <= (byte | 32) <= 122 or 48 <= byte <= 57 or byte >= 0x80


@njit(nogil=True, cache=True)
def word_hashes(data: np.ndarray, start: int, end: int) -> np.ndarray:
    """Hashes of the words of data[start:end], uint64 (words,), capitals as small; words of one byte are left out."""
    hashes = np.empty((end - start) // 2 + 1, np.uint64)
    count = 0
    i = start
    while i < end:
        first = i
        while i < end and _is_word(data[i]):
            i += 1
        if i - first > 1:
            hashes[count] = hash_word(data, first, i)
            count += 1
        i += 1
    return hashes[:count]


@njit(nogil=True, cache=True)
def _share_of(words: np.ndarray, title: np.ndarray) -> float:
    """The words of the title that the text has, over the words of the longer of the two. Both: uint64 (words,)."""
    if len(words) == 0:
        return 0.0
    shared = 0
    for word in title:
        for other in words:
            if word == other:
                shared += 1
                break
    return shared / max(len(title), len(words))
