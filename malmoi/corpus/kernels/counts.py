"""One walk over the UTF-8 bytes of a text: how often each character stands there, and what only order can tell.

What can be told from how often a character stands in a text (shares of scripts, brackets, entropy) is told afterwards,
from the few hundred characters that a text has: the walk itself only counts them.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import njit, uint32, uint64

from malmoi.corpus.kernels import characters as kinds
from malmoi.corpus.kernels.characters import GOLDEN, PLANE, class_of, code_point, mix
from malmoi.corpus.kernels.syllable_pairs import is_seen
from malmoi.kit.hangul import FIRST_SYLLABLE, LAST_SYLLABLE, NUM_FINALS, soften

# Places in `tallies`: what the walk counts. STORED words and STORED_LINES are those that found room for their hash.
WORDS, LONG_WORDS, ENDED, LETTERLESS, SINGLE, SPACED, ENGLISH, FOREIGN, URL = 0, 1, 2, 3, 4, 5, 6, 7, 8
SENTENCES, LINES, SHORT_LINES, BULLET_LINES, ELLIPSIS_LINES, CLOSED_LINES = 9, 10, 11, 12, 13, 14
LONGEST_RUN, LONGEST_DIGITS, JAMO_RUNS, MISREAD, ELLIPSES, VISIBLE, STORED, STORED_LINES, DISTINCT = range(15, 24)
PAIRS, UNSEEN_PAIRS, STROKED, OLD_LETTERS, RULED, PROSE = range(24, 30)
NUM_TALLIES = 30

ENDINGS = "은는이가을를에의도로와과고며서면지만다요죠까네니나야자라게해한할된될던든기들씩큼뿐께랑처터음함됨임"
"""Last syllables of Korean particles and verb endings. Nouns end so by chance; a text of sentences does mostly.

A word also counts as ended where a figure follows it on its line (a table, a menu) or where it takes up the last
syllable of the longer word before it (the word-chain game): both are lists of nouns that have a sense.
"""

ENGLISH_WORDS = "the of and to is that it with are this by not you have from".split()
"""Of running English about one word in five; French, German, Spanish, romanised Korean and code hardly have them."""

SHORT_LINE_CHARACTERS = 30
"""FineWeb's limit of a short line, here without spaces (Penedo et al. 2024)."""

SPACED_WORDS = 4
"""So many words of one syllable each in a row are words torn apart: 데 이 터 를. Verse has three (그 날 밤)."""

MISREAD_RUN = 3
"""So many accented letters and signs in a row come of a wrong charset: one syllable of UTF-8, two of EUC-KR."""

RULER, LONGEST_RULER = 4, 100
RULING = "-=_*#~+·―＝" + "".join(map(chr, range(0x2500, 0x2580)))
"""Runs of these lengths of one of these signs are rulers (====, ━━━━): a frame around text. Longer ones are debris."""

STROKES = "|ㅣ!lI"
"""What OCR puts for a stroke of a syllable, between two others: 가ㅣ나."""

MEASURED_PAIRS, UNSEEN_SLOTS = 1 << 14, 1 << 13
"""So many pairs of syllables are looked at from the start of a text. One that no other text has counts once, however
often a text says it: a new name is no debris. With a slot for each, one in ten of them collides in the worst text."""

JAMO_RUN = 3
"""From ㅋㅋㅋ on; ㅠㅠ is a word of its own in comments."""

LAST_PLACE = np.uint32(0x3FFFF)
"""Code points from here on (tags, variation selectors, private planes) are counted as one."""

_SOFTENED = np.array([ord(soften(chr(code))) for code in range(FIRST_SYLLABLE, LAST_SYLLABLE + 1, NUM_FINALS)])
"""int64 code point by number of an initial with a vowel: its syllable without a final, at the beginning of a word."""

# Bits in the table of marks.
ENDS, CLOSES, BULLET, ASCII_BULLET, ENDING, WINDOWS, STROKE, RULES = 1, 2, 4, 8, 16, 32, 64, 128


@cache
def mark_table() -> np.ndarray:
    """uint8 of bits by code point below PLANE: what a character can be at the end of a word or the start of a line.

    WINDOWS are the characters that bytes 0x80 to 0xBF become when UTF-8 is read as Windows-1252 or Latin-1.
    """
    table = np.zeros(PLANE, np.uint8)
    windows = bytes(range(0x80, 0xC0)).decode("cp1252", "ignore") + bytes(range(0x80, 0xC0)).decode("latin-1")
    for bit, characters in (
        (ENDS, ".!?。！？．…‥｡"),
        (CLOSES, "\"'”’)]」』》〉】}*_`）］｣"),
        (BULLET, "•·ㆍ◦‣▪■□○●※◇◆▶▷►–—▸★☆"),
        (ASCII_BULLET, "-*+"),
        (ENDING, ENDINGS),
        (WINDOWS, windows),
        (STROKE, STROKES),
        (RULES, RULING),
    ):
        table[sorted({ord(character) for character in characters})] |= bit
    return table


@cache
def english_table() -> np.ndarray:
    """uint32: the ENGLISH_WORDS packed by `_packed`, each at its place modulo the length, so that one look tells."""
    packed = [int.from_bytes(word.encode(), "little") for word in ENGLISH_WORDS]
    size = next(size for size in range(len(packed), 1000) if len({value % size for value in packed}) == len(packed))
    table = np.zeros(size, np.uint32)
    table[[value % size for value in packed]] = packed
    return table


# The kernel takes numpy arrays and numbers only and allocates nothing. It is one function because what it keeps between
# two characters has to stay in registers.
@njit(nogil=True, cache=True)
def walk(  # noqa: C901 (compiled: one loop)
    data: Any, start: Any, stop: Any, tables: Any, words: Any, lines: Any, seen: Any, tallies: Any
) -> None:
    """Counts the text data[start:stop] into `tallies` and `seen`, and stores a hash of every word and line.

    tables: classes, marks, English words, pairs of syllables (syllable_pairs.tables), slots of unseen pairs, and
    the number of this text, another for each. words: hash of each word, visible characters before each word. lines:
    hash and visible characters of each line. seen: int32 count by code point up to LAST_PLACE, all 0 before, and
    the code points that stand in the text, tallies[DISTINCT] of them. Rulers are stored neither as words nor as
    lines.

    data: uint8 (bytes,). start, stop: int64. classes, marks: uint8 (PLANE,); English words: uint32. word hashes:
    uint64, starts: int32; line hashes: uint64, lengths: int32. tallies: int64 (NUM_TALLIES,), all 0 before. pair
    slots: int64 (UNSEEN_SLOTS,); text: int64.
    """
    classes, marks, english, pair_numbers, pair_bits, pair_slots, text = tables
    word_hashes, word_starts = words
    line_hashes, line_lengths = lines
    counts, distinct = seen
    num_distinct, visible, stored, stored_lines, measured = 0, 0, 0, 0, 0
    word, line = uint64(0), uint64(0)
    word_at, word_length, syllables, letters, latin = start, 0, 0, 0, 0
    line_from, line_words, spaced, url_from = 0, 0, 0, -1
    line_closed, line_trails, line_letters = False, False, False
    ruler, ruled, stroke_end, pairs = 0, 0, -1, 0
    previous, last_syllable, tail = uint32(0), uint32(0), uint32(0)
    run, longest_run, digits, digits_end, longest_digits = 0, 0, 0, -1, 0
    jamo, jamo_end, misread_end, dots, dots_end = 0, -1, -1, 0, -1
    misread, misread_visible = 0, 0
    open_sentence, unended = False, False
    at = start
    while at <= stop:
        first = uint32(data[at]) if at < stop else uint32(10)
        code, width = code_point(data, at, first)
        if FIRST_SYLLABLE <= code <= LAST_SYLLABLE:
            syllables += 1
            last_syllable = code
            if FIRST_SYLLABLE <= previous <= LAST_SYLLABLE and pairs < MEASURED_PAIRS:
                pairs += 1
                if not is_seen(previous, code, pair_numbers, pair_bits):
                    slot = (previous * uint32(31) ^ code) % uint32(UNSEEN_SLOTS)
                    tallies[UNSEEN_PAIRS] += pair_slots[slot] != text
                    pair_slots[slot] = text
            elif stroke_end == at and pairs < MEASURED_PAIRS:
                pairs += 1
                tallies[STROKED] += 1
            if code == previous:
                run += 1
                longest_run = max(longest_run, run)
            else:
                run, previous = 1, code
        else:
            kind = class_of(classes, code)
            if kind <= kinds.NEWLINE:
                if word_length:
                    # A word ends here.
                    tallies[WORDS] += 1
                    if syllables >= 2:
                        head, _ = code_point(data, word_at, uint32(data[word_at]))
                        ended = (marks[last_syllable] & ENDING) != 0 or _chains(tail, head)
                        tallies[LONG_WORDS] += 1
                        tallies[ENDED] += ended
                        tail, unended = last_syllable, not ended
                    elif syllables + letters:
                        # A figure, and no number of a list item (2. or 3).
                        tallies[ENDED] += unended and digits_end > word_at and previous != 46 and previous != 41
                        unended = False
                    if word_length == 1 and syllables == 1:
                        tallies[SINGLE] += 1
                        spaced += 1
                    else:
                        if spaced >= SPACED_WORDS:
                            tallies[SPACED] += spaced
                        spaced = 0
                    if syllables + letters == 0:
                        tallies[LETTERLESS] += 1
                    if latin and latin == letters and syllables == 0:
                        tallies[FOREIGN] += 1
                        if word_length <= 5 and latin <= 4:
                            tallies[ENGLISH] += _is_english(data, word_at, at, english)
                    if url_from >= 0:
                        tallies[URL] += word_length - url_from
                        url_from = -1
                    if line_words == 0:
                        tallies[BULLET_LINES] += _is_bullet(data, word_at, word_length, marks)
                    line_trails = previous == 0x2026 or (dots >= 3 and dots_end == at)
                    line_closed = previous < FIRST_SYLLABLE and _ends_sentence(data, word_at, at, marks)
                    tallies[SENTENCES] += line_closed
                    open_sentence = not line_closed
                    visible += word_length
                    if stored < len(word_hashes) - 1 and (ruled == 0 or 2 * ruled < word_length):
                        measured += word_length
                        word_hashes[stored] = mix(word)
                        stored += 1
                        word_starts[stored] = measured
                    line_letters |= syllables + letters > 0
                    line = (line ^ word) * GOLDEN
                    line_words += 1
                    word, word_length, syllables, letters, latin = uint64(0), 0, 0, 0, 0
                    tallies[RULED] += ruled
                    previous, ruled = uint32(0), 0
                if kind == kinds.NEWLINE and line_words:
                    tallies[LINES] += 1
                    tallies[SHORT_LINES] += visible - line_from < SHORT_LINE_CHARACTERS
                    tallies[CLOSED_LINES] += line_closed
                    tallies[PROSE] += visible - line_from if line_closed else 0
                    tallies[ELLIPSIS_LINES] += line_trails
                    if stored_lines < len(line_hashes) and line_letters:
                        line_hashes[stored_lines] = mix(line)
                        line_lengths[stored_lines] = visible - line_from
                        stored_lines += 1
                    line, line_words, line_from = uint64(0), 0, visible
                    unended, line_letters = False, False
                if at < stop:
                    if counts[code] == 0:
                        distinct[num_distinct] = code
                        num_distinct += 1
                    counts[code] += 1
                at += width
                word_at = at
                continue
            if kind < kinds.PUNCTUATION:
                letters += 1
                if code == previous:
                    run += 1
                    longest_run = max(longest_run, run)
                else:
                    run = 1
                if kind in (kinds.LATIN, kinds.ACCENTED):
                    latin += 1
                elif kind == kinds.DIGIT:
                    digits = digits + 1 if digits_end == at else 1
                    digits_end = at + width
                    longest_digits = max(longest_digits, digits)
                elif kind == kinds.JAMO:
                    jamo = jamo + 1 if jamo_end == at else 1
                    jamo_end = at + width
                    if jamo >= JAMO_RUN:
                        tallies[JAMO_RUNS] += JAMO_RUN if jamo == JAMO_RUN else 1
                elif kind == kinds.HANGUL:
                    tallies[OLD_LETTERS] += 1
            elif code == previous and code < PLANE and marks[code] & RULES:
                ruler += 1
                if ruler == RULER:
                    ruled += RULER
                elif ruler > RULER:
                    ruled += 1 if ruler <= LONGEST_RULER else -LONGEST_RULER * (ruler == LONGEST_RULER + 1)
            else:
                ruler = 1
            if code == 46:
                dots = dots + 1 if dots_end == at else 1
                dots_end = at + 1
                tallies[ELLIPSES] += dots == 3
                if at - word_at >= 3 and url_from < 0 and data[at - 1] == data[at - 2] == data[at - 3] == 119:
                    url_from = word_length - 3  # www.
            elif code == 47 and at - word_at >= 2 and url_from < 0 and data[at - 1] == 47 and data[at - 2] == 58:
                url_from = word_length - 2  # ://
            if width > 1 and code < PLANE and (kind == kinds.ACCENTED or (marks[code] & WINDOWS and misread_end == at)):
                # UTF-8 or EUC-KR read as Latin-1: accented letters and signs one after another (ì•ˆë…•, ¾È³ç).
                # A control character among them is damage of its own. Two in a row are German (Größe) or Finnish (ä).
                if misread_end != at:
                    misread, misread_visible = 0, 0
                misread += 1
                misread_visible += kind != kinds.DAMAGE
                if misread == MISREAD_RUN:
                    tallies[MISREAD] += misread_visible
                elif misread > MISREAD_RUN:
                    tallies[MISREAD] += kind != kinds.DAMAGE
                misread_end = at + width
            if code < PLANE and marks[code] & STROKE and FIRST_SYLLABLE <= previous <= LAST_SYLLABLE:
                stroke_end = at + width
            previous = code
        symbol = min(code, LAST_PLACE)
        if counts[symbol] == 0:
            distinct[num_distinct] = symbol
            num_distinct += 1
        counts[symbol] += 1
        word = (word ^ uint64(code)) * GOLDEN
        word_length += 1
        at += width
    if spaced >= SPACED_WORDS:
        tallies[SPACED] += spaced
    tallies[SENTENCES] += open_sentence
    tallies[LONGEST_RUN] = longest_run
    tallies[LONGEST_DIGITS] = longest_digits
    tallies[VISIBLE] = visible
    tallies[STORED] = stored
    tallies[STORED_LINES] = stored_lines
    tallies[DISTINCT] = num_distinct
    tallies[PAIRS] = pairs


@njit(nogil=True, cache=True)
def _chains(tail: Any, head: Any) -> Any:
    """Whether a word that begins with `head` may follow one that ends in `tail` in the word-chain game.

    It begins with the same syllable, or with that syllable as it stands at the beginning of a word (kit/hangul.py).

    tail, head: uint32 code points; 0 for none.
    """
    if tail == head:
        return tail != 0
    if not (FIRST_SYLLABLE <= tail <= LAST_SYLLABLE and FIRST_SYLLABLE <= head <= LAST_SYLLABLE):
        return False
    number = tail - FIRST_SYLLABLE
    return head == _SOFTENED[number // NUM_FINALS] + number % NUM_FINALS


@njit(inline="always")
def _is_english(data: Any, start: Any, stop: Any, english: Any) -> Any:  # pragma: no cover (compiled)
    """Whether data[start:stop] is one of the words of `english`, whatever its case, with a mark after it or none.

    data: uint8 (bytes,). start, stop: int64. english: uint32, of `english_table`. Words have at most four letters, so
    that one fits in 32 bits.
    """
    packed, letters = uint32(0), uint32(0)
    for at in range(start, stop):
        byte = uint32(data[at]) | uint32(32)
        if byte < 97 or byte > 122:
            break
        packed |= byte << (uint32(8) * letters)
        letters += uint32(1)
    return letters > 0 and english[packed % uint32(len(english))] == packed


@njit(inline="always")
def _is_bullet(data: Any, start: Any, length: Any, marks: Any) -> Any:  # pragma: no cover (compiled)
    """Whether the first word of a line is a bullet, or begins with one that is no ASCII character.

    data: uint8 (bytes,). start, length: int64, characters. marks: uint8 (PLANE,).
    """
    code, _ = code_point(data, start, uint32(data[start]))
    if code >= PLANE:
        return False
    return marks[code] & BULLET != 0 or (length == 1 and marks[code] & ASCII_BULLET != 0)


@njit(nogil=True, cache=True)
def _ends_sentence(data: Any, start: Any, stop: Any, marks: Any) -> Any:
    """Whether the word data[start:stop] ends in a full stop or the like, quotes and brackets after it left out.

    A stop after a digit is part of a date or a number in a list.

    data: uint8 (bytes,). start, stop: int64. marks: uint8 (PLANE,).
    """
    at = stop
    while at > start:
        at -= 1
        while at > start and data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = code_point(data, at, uint32(data[at]))
        if code >= PLANE or not marks[code] & (ENDS | CLOSES):
            return False
        if marks[code] & ENDS:
            return not (code == 46 and at > start and 48 <= data[at - 1] <= 57)
    return False
