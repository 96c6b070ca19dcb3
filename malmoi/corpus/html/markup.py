"""The small readers that the scanner is made of: names, attributes, character references, ends of raw content.

All of them take the page as bytes (uint8) and places in it, and are compiled.
"""

import numpy as np
from numba import njit, uint64

from malmoi.corpus.html.tags import FNV_PRIME, FNV_START, HASH_SLOTS, Automaton, Tables

MAX_NAME_BYTES = 32
UNSEEN, ITEM = 1, 2
"""Flags of an element: it is not shown (hidden, display:none, aria-hidden); it carries microdata (itemprop, ...)."""


@njit(nogil=True, cache=True)
def match_words(data: np.ndarray, start: int, end: int, words: Automaton) -> int:
    """The groups (as bits) of the words in data[start:end], between two boundaries."""
    found, zero = 0, uint64(0)
    before, state = zero, uint64(words.step[0, 0])
    for k in range(uint64(start), uint64(end)):
        sign = uint64(words.fold[data[k]])
        if sign == zero and before == zero:
            continue
        state = uint64(words.step[state, sign])
        found |= int(words.found[state])
        before = sign
    if before != zero:
        found |= int(words.found[uint64(words.step[state, zero])])
    return found


@njit(nogil=True, cache=True)
def _fnv(data: np.ndarray, start: int, end: int) -> np.uint64:
    value = uint64(FNV_START)
    for i in range(start, end):
        byte = data[i]
        if 65 <= byte <= 90:
            byte += 32
        value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
    return value


@njit(nogil=True, cache=True)
def tag_at(page: np.ndarray, start: int, end: int, tables: Tables) -> int:
    """The id of the element whose name is page[start:end]."""
    if end - start <= MAX_NAME_BYTES:
        value = _fnv(page, start, end)
        slot = value % uint64(HASH_SLOTS)
        while tables.name_hashes[slot] != 0:
            if tables.name_hashes[slot] == value:
                return int(tables.name_ids[slot])
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
def is_letter(byte: int) -> bool:
    """A letter of ASCII."""
    return 97 <= (byte | 32) <= 122


@njit(nogil=True, cache=True)
def same_word(page: np.ndarray, start: int, end: int, word: bytes) -> bool:
    """Whether page[start:end] is the word (small letters), in any case."""
    if end - start != len(word):
        return False
    for i in range(len(word)):
        byte = page[start + i]
        if 65 <= byte <= 90:
            byte += 32
        if byte != word[i]:
            return False
    return True


@njit(nogil=True, cache=True)
def _holds(page: np.ndarray, start: int, end: int, word: bytes) -> bool:
    for i in range(start, end - len(word) + 1):  # noqa: SIM110 (the compiler knows no generators)
        if same_word(page, i, i + len(word), word):
            return True
    return False


@njit(nogil=True, cache=True)
def write_reference(page: np.ndarray, i: int, text: np.ndarray, length: int, tables: Tables) -> tuple[int, int]:
    """Writes what the reference at page[i] ('&') stands for, or a plain '&'. The place after it, and the new length."""
    n = len(page)
    j = i + 1
    if j < n and page[j] == 35:  # '#'
        j, code = _number(page, j + 1)
        if code >= 0:
            return j, _put(text, length, code)
        text[length] = 38
        return i + 1, length + 1
    while j < n and j - i <= MAX_NAME_BYTES and (is_letter(page[j]) or 48 <= page[j] <= 57):
        j += 1
    if j > i + 1 and j < n and page[j] == 59:
        value = uint64(FNV_START)
        for k in range(i + 1, j):
            value = (value ^ uint64(page[k])) * uint64(FNV_PRIME)
        low, high = 0, len(tables.entity_hashes)
        while low < high:
            middle = (low + high) // 2
            if tables.entity_hashes[middle] < value:
                low = middle + 1
            else:
                high = middle
        if low < len(tables.entity_hashes) and tables.entity_hashes[low] == value:
            for k in range(tables.entity_starts[low], tables.entity_starts[low + 1]):
                text[length] = tables.entity_bytes[k]
                length += 1
            return j + 1, length
    text[length] = 38
    return i + 1, length + 1


@njit(nogil=True, cache=True)
def _number(page: np.ndarray, j: int) -> tuple[int, int]:
    """The place after the number of a reference, which begins at page[j], and its code point; -1 if there is none."""
    n = len(page)
    is_hex = j < n and (page[j] | 32) == 120
    if is_hex:
        j += 1
    code, first = 0, j
    while j < n and j - first < 8:
        byte = int(page[j])
        if 48 <= byte <= 57:
            digit = byte - 48
        elif is_hex and 97 <= (byte | 32) <= 102:
            digit = (byte | 32) - 87
        else:
            break
        code = code * (16 if is_hex else 10) + digit
        j += 1
    if j == first:
        return j, -1
    return j + (j < n and page[j] == 59), code


@njit(nogil=True, cache=True)
def _put(text: np.ndarray, length: int, code: int) -> int:
    """Writes a code point as UTF-8. Nothing for control characters, U+FFFD for what is none. The new length."""
    if (code < 32 and code != 9 and code != 10) or code == 127:
        return length
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        code = 0xFFFD
    if code < 0x80:
        text[length] = code
        return length + 1
    if code < 0x800:
        text[length] = 0xC0 | code >> 6
    elif code < 0x10000:
        text[length] = 0xE0 | code >> 12
        length += 1
        text[length] = 0x80 | code >> 6 & 63
    else:
        text[length] = 0xF0 | code >> 18
        text[length + 1] = 0x80 | code >> 12 & 63
        text[length + 2] = 0x80 | code >> 6 & 63
        length += 2
    text[length + 1] = 0x80 | code & 63
    return length + 2


@njit(nogil=True, cache=True)
def raw_end(page: np.ndarray, i: int, start: int, end: int) -> int:
    """Where '</name' begins at or after i, name = page[start:end]; the end of the page if nowhere."""
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
def find_byte(page: np.ndarray, i: int, byte: int) -> int:
    """The place of the next such byte at or after page[i]; the end of the page if there is none.

    Most bytes of a page are passed over here. Places are unsigned, which spares the check for those from the end.
    """
    k, n = uint64(i), uint64(len(page))
    while k + uint64(4) <= n:
        if page[k] == byte:
            return np.int64(k)  # pyright: ignore[reportReturnType]
        if page[k + uint64(1)] == byte:
            return np.int64(k) + 1  # pyright: ignore[reportReturnType]
        if page[k + uint64(2)] == byte:
            return np.int64(k) + 2  # pyright: ignore[reportReturnType]
        if page[k + uint64(3)] == byte:
            return np.int64(k) + 3  # pyright: ignore[reportReturnType]
        k += uint64(4)
    while k < n and page[k] != byte:
        k += uint64(1)
    return np.int64(k)  # pyright: ignore[reportReturnType]


@njit(nogil=True, cache=True)
def next_attribute(page: np.ndarray, i: int) -> tuple[int, int, int, int, int]:
    """The attribute at or after page[i] in a tag: start and end of its name, of its value, and the place after it.

    The start is -1 at the end of the tag; the place is then the one after the '>'.
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
def read_attributes(page: np.ndarray, i: int, words: Automaton, found: np.ndarray) -> int:
    """Reads the attributes from page[i] to the '>'. found: words, style, flags. The place after the '>'."""
    while i < len(page):
        start, end, first, last, i = next_attribute(page, i)
        if start < 0:
            return i
        _attribute(page, start, end, first, last, words, found)
    return i


@njit(nogil=True, cache=True)
def _attribute(
    page: np.ndarray, start: int, end: int, first: int, last: int, words: Automaton, found: np.ndarray
) -> None:
    width = end - start
    letter = page[start] | 32
    if letter == 105 and width >= 8 and same_word(page, start, start + 4, b"item"):
        found[2] |= ITEM
    if letter == 99 and same_word(page, start, end, b"class"):
        found[0] |= match_words(page, first, last, words)
        value = uint64(FNV_START)
        for k in range(first, last):
            if not 48 <= page[k] <= 57:  # numbers tell siblings apart; a style is what they share
                value = (value ^ uint64(page[k])) * uint64(FNV_PRIME)
        found[1] = np.int64(value >> uint64(24))
    elif (
        (letter == 105 and (width == 2 or same_word(page, start, end, b"itemprop")))
        or (letter == 114 and same_word(page, start, end, b"role"))
        or (letter == 100 and width > 8 and same_word(page, start, start + 6, b"data-t"))
        or (letter == 100 and width > 8 and same_word(page, start, start + 6, b"data-c"))
    ):
        found[0] |= match_words(page, first, min(last, first + 100), words)
    elif (letter == 104 and same_word(page, start, end, b"hidden")) or (
        letter == 97 and same_word(page, start, end, b"aria-hidden") and same_word(page, first, last, b"true")
    ):
        found[2] |= UNSEEN
    elif letter == 115 and same_word(page, start, end, b"style") and _holds(page, first, last, b"display"):
        found[2] |= UNSEEN * _holds(page, first, last, b"none")


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
    """The place after the comment, doctype or processing instruction at page[i] ('<!' or '<?')."""
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
    return after_sign(page, i)


@njit(nogil=True, cache=True)
def after_sign(page: np.ndarray, i: int) -> int:
    """The place after the next '>'."""
    return find_byte(page, i, 62) + 1
