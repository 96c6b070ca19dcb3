"""One pass over a page's bytes: its elements and its blocks of text in reading order, without building a tree.

A tree that Python walks costs more than everything else together (114 pages/s with lxml, 1,257 for lexbor's parse
alone); this pass runs at several hundred MB/s and needs memory in proportion to the page, whatever the page nests.
It follows the HTML standard where that decides which text stands where: void and raw elements, ends that are implied,
ends that match nothing, table cells as walls. Misnested formatting is not rearranged.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from malmoi.corpus.core_region.tags import BLOCK, CLOSES_P, FNV_PRIME, FNV_START, HASH_SLOTS, ID, RAW, SCOPE, SKIP, VOID
from malmoi.corpus.core_region.tags import INLINE_MARK, Automaton, Tables

MAX_DEPTH = 512
"""Deeper elements are not opened; their text belongs to the deepest that is. The HTML parsers of browsers do the same."""
MAX_ELEMENTS = 1 << 18
MAX_BLOCKS = 1 << 15
MAX_SCRIPTS = 256
MAX_NAME_BYTES = 32
ELEMENT_COLUMNS = ("parent", "tag", "words", "style", "depth", "flags")
PARENT, TAG, WORDS, STYLE, DEPTH, FLAGS = range(6)
BLOCK_COLUMNS = ("element", "start", "end", "characters", "linked", "marked", "images", "breaks", "links", "end_element")
ELEMENT, START, END, CHARACTERS, LINKED, MARKED, IMAGES, BREAKS, LINKS, ENTERED = range(10)
UNSEEN, BODY_TEXT = 1, 2
"""Flags of an element: not shown (hidden, display:none, aria-hidden); itemprop=articleBody."""
P, LI, TD, TH, TR, DT, DD, A, BR, PRE, IMG, TITLE, SCRIPT, OPTION, SVG = (
    ID[name] for name in "p li td th tr dt dd a br pre img title script option svg".split()
)
UL, OL, DL, TABLE, TBODY, THEAD, TFOOT, HR, HTML, BODY = (
    ID[name] for name in "ul ol dl table tbody thead tfoot hr html body".split()
)


class Scanned(NamedTuple):
    """A page as arrays.

    elements: int64 (elements, 6), columns as named in ELEMENT_COLUMNS; element 0 is the page itself.
    blocks: int64 (blocks, 10), columns as in BLOCK_COLUMNS; start and end are places in `text`, UTF-8 bytes.
    scripts: int64 (scripts, 3): where the start tag, the content and the end of each <script> are in the page.
    title: start and end of the content of <title> in the page, or zeros.
    """

    elements: np.ndarray
    blocks: np.ndarray
    text: np.ndarray
    scripts: np.ndarray
    title: tuple[int, int]


def scan(page: np.ndarray, tables: Tables) -> Scanned:
    """Reads a page (uint8, UTF-8). Time and memory are linear in its bytes, and bounded by the MAX_ constants."""
    elements = np.empty((min(MAX_ELEMENTS, len(page) // 3 + 2), len(ELEMENT_COLUMNS)), np.int64)
    blocks = np.empty((min(MAX_BLOCKS, len(page) // 2 + 2), len(BLOCK_COLUMNS)), np.int64)
    text = np.empty(len(page) + len(page) // 4 + 64, np.uint8)
    scripts = np.zeros((MAX_SCRIPTS, 3), np.int64)
    title = np.zeros(2, np.int64)
    num_elements, num_blocks, length, num_scripts = _scan(page, tables, elements, blocks, text, scripts, title)
    found = (elements[:num_elements], blocks[:num_blocks], text[:length], scripts[:num_scripts])
    return Scanned(*found, (int(title[0]), int(title[1])))


@njit(nogil=True, cache=True)
def match_words(data: np.ndarray, start: int, end: int, words: Automaton) -> int:
    """The groups (as bits) of the words in data[start:end], between two boundaries."""
    found, before = 0, 0
    state = int(words.step[0, 0])
    for i in range(start, end):
        sign = int(words.fold[data[i]])
        if sign == 0 and before == 0:
            continue
        state = int(words.step[state, sign])
        found |= int(words.found[state])
        before = sign
    if before != 0:
        found |= int(words.found[words.step[state, 0]])
    return found


@njit(nogil=True, cache=True)
def _fnv(data: np.ndarray, start: int, end: int) -> int:
    value = uint64(FNV_START)
    for i in range(start, end):
        byte = data[i]
        if 65 <= byte <= 90:
            byte += 32
        value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
    return value


@njit(nogil=True, cache=True)
def _tag(page: np.ndarray, start: int, end: int, tables: Tables) -> int:
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
def _is_space(byte: int) -> bool:
    return byte == 32 or 9 <= byte <= 13


@njit(nogil=True, cache=True)
def _is_letter(byte: int) -> bool:
    return 97 <= (byte | 32) <= 122


@njit(nogil=True, cache=True)
def _same(page: np.ndarray, start: int, end: int, word: bytes) -> bool:
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
    for i in range(start, end - len(word) + 1):  # noqa: SIM110: the compiler knows no generators
        if _same(page, i, i + len(word), word):
            return True
    return False


@njit(nogil=True, cache=True)
def _entity(page: np.ndarray, i: int, text: np.ndarray, length: int, tables: Tables) -> tuple[int, int]:
    """Writes what the reference at page[i] ('&') stands for. The place after it, and the new length; as it is if none."""
    n = len(page)
    j = i + 1
    if j < n and page[j] == 35:  # '#'
        j += 1
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
        if j > first:
            if j < n and page[j] == 59:
                j += 1
            return j, _put(text, length, code)
        text[length] = 38
        return i + 1, length + 1
    while j < n and j - i <= MAX_NAME_BYTES and (_is_letter(page[j]) or 48 <= page[j] <= 57):
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
def _put(text: np.ndarray, length: int, code: int) -> int:
    """Writes a code point as UTF-8. Nothing for control characters, U+FFFD for what is none. The new length."""
    if code < 32 and code != 9 and code != 10 or code == 127:
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
def _raw_end(page: np.ndarray, i: int, start: int, end: int) -> int:
    """Where '</name' begins at or after i, name = page[start:end]; the end of the page if nowhere."""
    n, width = len(page), end - start
    while i + width + 2 <= n:
        if page[i] == 60 and page[i + 1] == 47:
            k = 0
            while k < width and (page[i + 2 + k] | 32) == (page[start + k] | 32):
                k += 1
            if k == width:
                return i
        i += 1
    return n


@njit(nogil=True, cache=True)
def _attributes(page: np.ndarray, i: int, words: Automaton, found: np.ndarray) -> int:
    """Reads the attributes from page[i] to the '>'. found: words, style, flags. The place after the '>'."""
    n = len(page)
    while i < n:
        while i < n and (_is_space(page[i]) or page[i] == 47):
            i += 1
        if i >= n or page[i] == 62:
            return i + 1
        start = i
        i += 1
        while i < n and not (page[i] == 61 or page[i] == 62 or page[i] == 47 or _is_space(page[i])):
            i += 1
        end = i
        while i < n and _is_space(page[i]):
            i += 1
        value_start = value_end = i
        if i < n and page[i] == 61:
            i += 1
            while i < n and _is_space(page[i]):
                i += 1
            quote = int(page[i]) if i < n else 0
            if quote == 34 or quote == 39:
                i += 1
                value_start = i
                while i < n and page[i] != quote:
                    i += 1
                value_end = i
                i += 1
            else:
                value_start = i
                while i < n and page[i] != 62 and not _is_space(page[i]):
                    i += 1
                value_end = i
        _attribute(page, start, end, value_start, value_end, words, found)
    return n


@njit(nogil=True, cache=True)
def _attribute(page: np.ndarray, start: int, end: int, first: int, last: int, words: Automaton, found: np.ndarray) -> None:
    width = end - start
    letter = page[start] | 32
    if letter == 99 and _same(page, start, end, b"class"):
        found[0] |= match_words(page, first, last, words)
        value = uint64(FNV_START)
        for k in range(first, last):
            if not 48 <= page[k] <= 57:  # numbers tell siblings apart; a style is what they share
                value = (value ^ uint64(page[k])) * uint64(FNV_PRIME)
        found[1] = np.int64(value >> uint64(24))
    elif (
        (letter == 105 and (width == 2 or _same(page, start, end, b"itemprop")))
        or (letter == 114 and _same(page, start, end, b"role"))
        or (letter == 100 and width > 8 and _same(page, start, start + 6, b"data-t"))
        or (letter == 100 and width > 8 and _same(page, start, start + 6, b"data-c"))
    ):
        found[0] |= match_words(page, first, min(last, first + 100), words)
    elif letter == 104 and _same(page, start, end, b"hidden"):
        found[2] |= UNSEEN
    elif letter == 97 and _same(page, start, end, b"aria-hidden") and _same(page, first, last, b"true"):
        found[2] |= UNSEEN
    elif letter == 115 and _same(page, start, end, b"style") and _holds(page, first, last, b"display"):
        if _holds(page, first, last, b"none"):
            found[2] |= UNSEEN


@njit(nogil=True, cache=True)
def _find_open(stack: np.ndarray, top: int, tag: int, wall_one: int, wall_two: int) -> int:
    """The place of the innermost open `tag`, looking no further than a wall; -1 if none."""
    for k in range(top, 0, -1):
        if stack[k, 1] == tag:
            return k
        if stack[k, 1] == wall_one or stack[k, 1] == wall_two:
            return -1
    return -1


@njit(nogil=True, cache=True)
def _implied_end(stack: np.ndarray, top: int, tag: int, does: int, counts: np.ndarray) -> int:
    """The new top of the stack after the ends that the start of `tag` implies."""
    if does & CLOSES_P and counts[P]:
        k = top
        while k > 0 and stack[k, 1] != P and not (stack[k, 3] & (SCOPE | BLOCK)):
            k -= 1
        if k > 0 and stack[k, 1] == P:
            top = k - 1
    k = -1
    if tag == LI and counts[LI]:
        k = _find_open(stack, top, LI, UL, OL)
    elif (tag == TD or tag == TH) and (counts[TD] or counts[TH]):
        k = max(_find_open(stack, top, TD, TR, TABLE), _find_open(stack, top, TH, TR, TABLE))
    elif tag == TR and counts[TR]:
        k = _find_open(stack, top, TR, TABLE, TABLE)
    elif (tag == DT or tag == DD) and (counts[DT] or counts[DD]):
        k = max(_find_open(stack, top, DT, DL, DL), _find_open(stack, top, DD, DL, DL))
    elif tag == OPTION and counts[OPTION]:
        k = _find_open(stack, top, OPTION, OPTION, OPTION)
    elif (tag == TBODY or tag == THEAD or tag == TFOOT) and (counts[TBODY] or counts[THEAD]):
        k = max(_find_open(stack, top, TBODY, TABLE, TABLE), _find_open(stack, top, THEAD, TABLE, TABLE))
    elif tag == A and counts[A]:
        k = top if stack[top, 1] == A else -1
    return k - 1 if k > 0 else top


@njit(nogil=True, cache=True)
def _end_of(stack: np.ndarray, top: int, tag: int, does: int) -> int:
    """The new top of the stack after </tag>, which is open somewhere; the same if a wall is in between."""
    for k in range(top, 0, -1):
        if stack[k, 1] == tag:
            return k - 1
        if not does & BLOCK and stack[k, 3] & BLOCK:
            return top  # </b> does not end the box around it
        if stack[k, 3] & SCOPE and tag != TABLE and tag != TR and tag != TBODY and tag != THEAD and tag != TFOOT:
            return top
    return top


@njit(nogil=True, cache=True)
def _scan(
    page: np.ndarray,
    tables: Tables,
    elements: np.ndarray,
    blocks: np.ndarray,
    text: np.ndarray,
    scripts: np.ndarray,
    title: np.ndarray,
) -> tuple[int, int, int, int]:
    """The pass itself, one loop by need: all its state is local, which is what makes it quick.

    stack rows: element, tag, block element that text here belongs to, what it does, whether it is still a link.
    """
    n = len(page)
    stack = np.zeros((MAX_DEPTH + 1, 4), np.int64)
    counts = np.zeros(256, np.int64)
    found = np.zeros(3, np.int64)
    elements[0] = 0
    elements[0, PARENT] = -1
    num_elements, num_blocks, length, num_scripts = 1, 0, 0, 0
    top, overflow, skipped = 0, 0, -1  # skipped: place in the stack of an element whose text is not for reading
    open_block, space, breaks, links, marks, images, in_link = -1, False, 0, 0, 0, 0, False
    i = 3 if n >= 3 and page[0] == 0xEF and page[1] == 0xBB else 0
    while i < n:
        byte = page[i]
        if byte != 60 or i + 1 >= n:
            if skipped >= 0:
                i += 1
                continue
            is_pre = counts[PRE] > 0
            if _is_space(byte) and not (is_pre and (byte == 10 or byte == 32 or byte == 9) and open_block >= 0):
                space = True
                i += 1
                continue
            if breaks > 1 and open_block >= 0 and not is_pre:
                blocks[open_block, END] = length
                open_block = -1
            if open_block < 0:
                if num_blocks == len(blocks):
                    break
                open_block = num_blocks
                num_blocks += 1
                blocks[open_block] = 0
                blocks[open_block, ELEMENT] = stack[top, 2]
                blocks[open_block, ENTERED] = stack[top, 0]
                blocks[open_block, START] = length
                blocks[open_block, IMAGES] = images
                blocks[open_block, BREAKS] = breaks
                images = 0
            elif breaks:
                text[length] = 10
                length += 1
                blocks[open_block, BREAKS] += breaks
            elif space:
                text[length] = 32
                length += 1
            space, breaks = False, 0
            before = length
            if byte == 38:
                i, length = _entity(page, i, text, length, tables)
                if length == before + 2 and text[before] == 0xC2 and text[before + 1] == 0xA0:
                    length = before  # a space that does not break
                    space = True
            elif byte == 0xC2 and i + 1 < n and page[i + 1] == 0xA0:
                space = True
                i += 2
            elif byte < 32 and byte != 10 and byte != 9 or byte == 127:
                i += 1
            else:
                text[length] = byte
                length += 1
                i += 1
            if length > before:
                size = 0
                for k in range(before, length):
                    size += (text[k] & 0xC0) != 0x80 and text[k] > 32
                blocks[open_block, CHARACTERS] += size
                if counts[A]:
                    blocks[open_block, LINKED] += size
                    if not in_link:
                        blocks[open_block, LINKS] += 1
                        in_link = True
                else:
                    in_link = False
                if marks:
                    blocks[open_block, MARKED] += size
            elif blocks[open_block, START] == length:  # nothing but spaces so far: no block yet
                images = blocks[open_block, IMAGES]
                num_blocks -= 1
                open_block = -1
            continue
        after = page[i + 1]
        if after == 33 or after == 63:  # <! or <?
            if i + 3 < n and page[i + 2] == 45 and page[i + 3] == 45:
                i += 4
                if i < n and page[i] == 62:
                    i += 1
                    continue
                while i + 2 < n and not (page[i] == 45 and page[i + 1] == 45 and page[i + 2] == 62):
                    i += 1
                i += 3
            else:
                while i < n and page[i] != 62:
                    i += 1
                i += 1
            continue
        is_end = after == 47
        start = i + 2 if is_end else i + 1
        if start >= n or not _is_letter(page[start]):
            if is_end:
                while i < n and page[i] != 62:
                    i += 1
                i += 1
            elif skipped < 0 and open_block >= 0:  # a plain "<"
                if space:
                    text[length] = 32
                    length += 1
                    space = False
                text[length] = 60
                length += 1
                blocks[open_block, CHARACTERS] += 1
                i += 1
            else:
                i += 1
            continue
        end = start
        while end < n and not (page[end] == 62 or page[end] == 47 or _is_space(page[end])):
            end += 1
        tag = _tag(page, start, end, tables)
        does = int(tables.does[tag])
        found[:] = 0
        if is_end:
            i = end
            while i < n and page[i] != 62:
                i += 1
            i += 1
            if overflow and tag != TABLE and tag != BODY and tag != HTML and not does & VOID:
                overflow -= 1
                continue
            if tag == BODY or tag == HTML:
                continue
            new_top = _end_of(stack, top, tag, does) if counts[tag] else top
            if tag == P and not counts[P]:
                does |= BLOCK
        else:
            i = _attributes(page, end, tables.class_words, found)
            if tag == BR:
                breaks += 1
                continue
            if tag == IMG:
                images += 1
            new_top = _implied_end(stack, top, tag, does, counts)
        if does & BLOCK or new_top < top:
            ends_block = does & BLOCK
            while top > new_top:
                counts[stack[top, 1]] -= 1
                ends_block |= stack[top, 3] & BLOCK
                marks -= (stack[top, 3] & INLINE_MARK) != 0
                top -= 1
            if skipped > top:
                skipped = -1
            if ends_block:
                if open_block >= 0:
                    blocks[open_block, END] = length
                    open_block = -1
                space, breaks, in_link = False, 0, False
        if is_end:
            if tag == A:
                in_link = False
            continue
        if does & RAW:
            close = _raw_end(page, i, start, end)
            if tag == TITLE and title[1] == 0 and skipped < 0:
                title[0], title[1] = i, close
            if tag == SCRIPT and num_scripts < len(scripts):
                scripts[num_scripts, 0], scripts[num_scripts, 1], scripts[num_scripts, 2] = start, i, close
                num_scripts += 1
            i = close
            continue
        if does & VOID:
            continue
        if tag == BODY or tag == HTML:
            if num_elements == 1 or tag == BODY:
                elements[0, WORDS] |= found[0]
            continue
        if page[min(i, n) - 2] == 47 and tag == SVG:
            continue
        if top >= MAX_DEPTH:
            overflow += 1
            continue
        if num_elements == len(elements):
            break
        parent = stack[top, 0]
        elements[num_elements, PARENT] = parent
        elements[num_elements, TAG] = tag
        elements[num_elements, WORDS] = found[0]
        elements[num_elements, STYLE] = found[1]
        elements[num_elements, DEPTH] = elements[parent, DEPTH] + 1
        elements[num_elements, FLAGS] = found[2]
        top += 1
        stack[top, 0] = num_elements
        stack[top, 1] = tag
        stack[top, 2] = num_elements if does & BLOCK else stack[top - 1, 2]
        stack[top, 3] = does
        counts[tag] += 1
        marks += (does & INLINE_MARK) != 0
        num_elements += 1
        if does & SKIP and skipped < 0:
            skipped = top
    if open_block >= 0:
        blocks[open_block, END] = length
    return num_elements, num_blocks, length, num_scripts
