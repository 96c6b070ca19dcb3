"""The small readers that the scanner is made of: names, attributes, ends of raw content.

All of them are compiled. `page` and `data` are uint8 (bytes,) in UTF-8; i, start, end, first and last are offsets of
bytes in it, an end not included. A reader that goes on returns the offset after what it has read. Numbers that are
compared with a byte are ASCII codes: 45 -, 47 /, 58 :, 59 ;, 60 <, 61 =, 62 >.
"""

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.byte_search import find_byte
from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, HASH_SLOTS, Automaton

MAX_NAME_BYTES = 32
"""Longer names are neither an element nor a character reference; the longest of HTML has 31 bytes."""
MAX_ID_BYTES = 100
"""So much of an id, role, itemprop or data attribute is searched for words."""
UNSEEN, ITEM, LINK, WITHIN, OUTSIDE, CODE, LINES = 1, 2, 4, 8, 16, 32, 64
"""Flags of an element: it is not shown (hidden, display:none, aria-hidden); it carries microdata (itemprop, ...).

Three more are of href: there is one; it leads within the page or runs a script; it names a host. CODE: it may hold code
without a <pre> (code_markup.py). LINES: it may be a line of code of its own.
"""


@njit(nogil=True, cache=True)
def match_words(data: np.ndarray, start: int, end: int, words: Automaton) -> int:
    """Bits of the groups whose words are in data[start:end]; its ends count as boundaries of words."""
    fold, step, groups = words.fold, words.step, words.groups
    bits, zero = 0, uint64(0)
    before, state = zero, uint64(step[0, 0])
    for k in range(uint64(start), uint64(end)):
        sign = uint64(fold[data[k]])
        if sign == zero and before == zero:
            continue
        state = uint64(step[state, sign])
        bits |= int(groups[state])
        before = sign
    if before != zero:
        bits |= int(groups[uint64(step[state, zero])])
    return bits


@njit(nogil=True, cache=True)
def hash_word(data: np.ndarray, start: int, end: int) -> np.uint64:
    """FNV-1a of data[start:end], capitals of ASCII as small letters. See tags.fnv."""
    value = uint64(FNV_START)
    for i in range(start, end):
        value = (value ^ uint64(small_letter(data[i]))) * uint64(FNV_PRIME)
    return value


@njit(nogil=True, cache=True)
def small_letter(byte: int) -> int:
    """A capital of ASCII as its small letter; any other byte as it is."""
    return byte + 32 if 65 <= byte <= 90 else byte


@njit(nogil=True, cache=True)
def tag_at(page: np.ndarray, start: int, end: int, name_hashes: np.ndarray, name_ids: np.ndarray) -> int:
    """The id (tags.ID) of the element whose name is page[start:end]: 0 for an unknown one, 1 for a custom one.

    name_hashes, name_ids: the fields of Tables.
    """
    if end - start <= MAX_NAME_BYTES:
        value = hash_word(page, start, end)
        slot = value % uint64(HASH_SLOTS)
        while name_hashes[slot] != 0:
            if name_hashes[slot] == value:
                return int(name_ids[slot])
            slot = (slot + uint64(1)) % uint64(HASH_SLOTS)
    for i in range(start, end):
        if page[i] == 45:
            return 1
    return 0


@njit(nogil=True, cache=True)
def is_space(byte: int) -> bool:
    """White space of ASCII."""
    return byte == 32 or 9 <= byte <= 13


@njit(nogil=True, cache=True)
def unseen_bytes(page: np.ndarray, i: int) -> int:
    """The bytes of the character at page[i] if it shows nothing and joins nothing: U+200B, U+FEFF or U+00AD; else 0.

    Editors of blogs fill empty paragraphs with them. The joiners U+200C and U+200D shape emoji and scripts, and stay.
    """
    if page[i] == 0xC2:
        return 2 if i + 1 < len(page) and page[i + 1] == 0xAD else 0
    if page[i] == 0xE2:
        return 3 if i + 2 < len(page) and page[i + 1] == 0x80 and page[i + 2] == 0x8B else 0
    if page[i] == 0xEF:
        return 3 if i + 2 < len(page) and page[i + 1] == 0xBB and page[i + 2] == 0xBF else 0
    return 0


@njit(nogil=True, cache=True)
def is_letter(byte: int) -> bool:
    """A letter of ASCII."""
    return 97 <= (byte | 32) <= 122


@njit(nogil=True, cache=True)
def begins_markup(after: int) -> bool:
    """Whether a "<" before this byte begins a tag, a comment or a declaration; any other is text (HTML 13.2.5.6)."""
    return is_letter(after) or after == 33 or after == 47 or after == 63


@njit(nogil=True, cache=True)
def same_word(page: np.ndarray, start: int, end: int, word: bytes) -> bool:
    """Whether page[start:end] is the word, which is given in small letters; the page may write it in any case."""
    if end - start != len(word):
        return False
    for i in range(len(word)):  # noqa: SIM110 (the compiler knows no generators)
        if small_letter(page[start + i]) != word[i]:
            return False
    return True


@njit(nogil=True, cache=True)
def holds(page: np.ndarray, start: int, end: int, word: bytes) -> bool:
    """Whether the word (small letters) is anywhere in page[start:end], in any case."""
    for i in range(start, end - len(word) + 1):  # noqa: SIM110 (the compiler knows no generators)
        if same_word(page, i, i + len(word), word):
            return True
    return False


@njit(nogil=True, cache=True)
def raw_end(page: np.ndarray, i: int, start: int, end: int) -> int:
    """The offset of '</name' at or after i, where name = page[start:end]; the length of the page if there is none."""
    n, width = len(page), end - start
    while i + width + 2 <= n:
        i = find_byte(page, i, 60)
        if i + width + 2 > n:
            break
        if page[i + 1] == 47:
            k = 0
            while k < width and (page[i + 2 + k] | 32) == (page[start + k] | 32):
                k += 1
            if k == width:
                return i
        i += 1
    return n


@njit(nogil=True, cache=True)
def next_attribute(page: np.ndarray, i: int) -> tuple[int, int, int, int, int]:
    """The attribute at or after page[i] in a tag: start and end of its name, of its value, and the offset after it.

    The start is -1 at the end of the tag; the offset is then the one after the '>'. A name without a value has an empty
    span. A quoted value may hold '>'.
    """
    n = len(page)
    while i < n and (is_space(page[i]) or page[i] == 47):
        i += 1
    if i >= n or page[i] == 62:
        return -1, -1, -1, -1, i + 1
    start = i
    i += 1
    while i < n and not (page[i] == 61 or page[i] == 62 or page[i] == 47 or is_space(page[i])):
        i += 1
    end = i
    while i < n and is_space(page[i]):
        i += 1
    if i >= n or page[i] != 61:
        return start, end, i, i, i
    i += 1
    while i < n and is_space(page[i]):
        i += 1
    quote = int(page[i]) if i < n else 0
    first = i
    if quote == 34 or quote == 39:
        first = i + 1
        i = find_byte(page, first, quote)
        return start, end, first, i, i + 1
    while i < n and page[i] != 62 and not is_space(page[i]):
        i += 1
    return start, end, first, i, i


@njit(nogil=True, cache=True)
def read_attributes(page: np.ndarray, i: int, words: Automaton, row: np.ndarray) -> int:
    """Reads the attributes from page[i] to the '>' and returns the offset after it.

    row: int64 (3,), is added to: bits of the word groups in class, id, itemprop, role and data-t*, data-c*; a hash of
    the class (its style); the flags of an element.
    """
    while i < len(page):
        start, end, first, last, i = next_attribute(page, i)
        if start < 0:
            return i
        _add_attribute(page, start, end, first, last, words, row)
    return i


@njit(nogil=True, cache=True)
def _add_style(page: np.ndarray, first: int, last: int, row: np.ndarray) -> None:
    """Adds the hash of the class page[first:last], and CODE where it is one of those that code_markup.py knows."""
    value = uint64(FNV_START)
    for k in range(first, last):
        if page[k] == 118 and page[k - 1] == 95 and page[k - 2] == 101:  # e_v, as in __se_code_view
            row[2] |= CODE
        if page[k] == 104 and page[k - 1] == 120 and page[k - 2] == 97:  # axh, as in syntaxhighlighter
            row[2] |= CODE
        if (
            page[k] == 117 and page[k - 1] == 110 and page[k - 2] == 95 and page[k - 3] == 101
        ):  # e_nu, as in line_number
            row[2] |= CODE | LINES
        if not 48 <= page[k] <= 57:  # numbers tell siblings apart; a style is what they share
            value = (value ^ uint64(page[k])) * uint64(FNV_PRIME)
    row[1] = np.int64(value >> uint64(24))


@njit(nogil=True, cache=True)
def _add_attribute(
    page: np.ndarray, start: int, end: int, first: int, last: int, words: Automaton, row: np.ndarray
) -> None:
    """Adds one attribute, named page[start:end] with the value page[first:last], to the row of `read_attributes`."""
    width = end - start
    letter = page[start] | 32
    if letter == 105 and width >= 8 and same_word(page, start, start + 4, b"item"):
        row[2] |= ITEM
    if letter == 99 and same_word(page, start, end, b"class"):
        row[0] |= match_words(page, first, last, words)
        _add_style(page, first, last, row)
    elif (
        (letter == 105 and (width == 2 or same_word(page, start, end, b"itemprop")))
        or (letter == 114 and same_word(page, start, end, b"role"))
        or (letter == 100 and width > 8 and same_word(page, start, start + 6, b"data-t"))
        or (letter == 100 and width > 8 and same_word(page, start, start + 6, b"data-c"))
    ):
        row[0] |= match_words(page, first, min(last, first + MAX_ID_BYTES), words)
    elif letter == 100 and width >= 9 and same_word(page, start, start + 9, b"data-line"):
        row[2] |= CODE | LINES
    elif letter == 104 and width == 4 and same_word(page, start, end, b"href"):
        row[2] |= LINK | _where_to(page, first, last)
    elif (letter == 104 and same_word(page, start, end, b"hidden")) or (
        letter == 97 and same_word(page, start, end, b"aria-hidden") and same_word(page, first, last, b"true")
    ):
        row[2] |= UNSEEN
    elif letter == 115 and same_word(page, start, end, b"style"):
        if holds(page, first, last, b"display"):
            row[2] |= UNSEEN * holds(page, first, last, b"none")
        if holds(page, first, last, b"white-space"):
            row[2] |= CODE


@njit(nogil=True, cache=True)
def _where_to(page: np.ndarray, first: int, last: int) -> int:
    """WITHIN, OUTSIDE or 0 (to another page under a relative address) for the href page[first:last]."""
    while first < last and is_space(page[first]):
        first += 1
    if first == last or page[first] == 35 or same_word(page, first, min(last, first + 11), b"javascript:"):
        return WITHIN
    if same_word(page, first, min(last, first + 2), b"//") or same_word(page, first, min(last, first + 4), b"http"):
        return OUTSIDE
    return 0


@njit(nogil=True, cache=True)
def find_attribute(page: np.ndarray, i: int, name: bytes) -> tuple[int, int]:
    """Start and end of the value of an attribute (small letters) of the tag whose attributes begin at page[i].

    -1, -1 where the tag has none; an empty span for one without a value.
    """
    while i < len(page):
        start, end, first, last, i = next_attribute(page, i)
        if start < 0:
            break
        if same_word(page, start, end, name):
            return first, min(last, len(page))
    return -1, -1


@njit(nogil=True, cache=True)
def after_declaration(page: np.ndarray, i: int) -> int:
    """The offset after the comment, doctype or processing instruction at page[i] ('<!' or '<?').

    A comment ends at '-->'; "<!-->" is a whole one (HTML standard, 13.2.5.43).
    """
    n = len(page)
    if i + 3 < n and page[i + 2] == 45 and page[i + 3] == 45:
        i += 4
        if i < n and page[i] == 62:
            return i + 1
        while i + 2 < n:
            i = find_byte(page, i + 2, 62) - 2
            if i + 2 >= n or (page[i] == 45 and page[i + 1] == 45):
                break
            i += 1
        return i + 3
    return after_tag(page, i)


@njit(nogil=True, cache=True)
def after_tag(page: np.ndarray, i: int) -> int:
    """The offset after the next '>' at or after page[i]."""
    return find_byte(page, i, 62) + 1
