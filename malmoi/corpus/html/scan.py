"""One pass over a page's bytes: its elements and its blocks of text in reading order, without building a tree.

A tree that Python walks costs more than everything else together (114 pages/s with lxml, 1,257 for lexbor's parse
alone); this pass runs at several hundred MB/s and needs memory in proportion to the page, whatever the page nests.
It follows the HTML standard where that decides which text stands where: void and raw elements, and which elements a tag
ends (open_elements.py). Misnested formatting is not rearranged.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit

from malmoi.corpus.html import markup
from malmoi.corpus.html.byte_search import borrowed, count_byte, find_byte
from malmoi.corpus.html.character_references import write_reference
from malmoi.corpus.html.open_elements import end_of, implied_end
from malmoi.corpus.html.tags import BLOCK, ID, INLINE_MARK, RAW, SKIP, VOID, Automaton, Tables

MAX_DEPTH = 512
"""Deeper elements are not opened; their text belongs to the deepest that is. Browsers do the same (Chromium: 512)."""
MAX_ELEMENTS = 1 << 18
MAX_BLOCKS = 1 << 16
MAX_SCRIPTS = 256
MAX_MARKS = 1 << 14
"""Bounds on memory: rows of 19, 6, 0.006 and 0.8 MB. When the elements or the blocks run out, the scan ends; scripts
and marks beyond are left out.
"""
ELEMENT_COLUMNS = "parent tag words style depth flags".split()
PARENT, TAG, WORDS, STYLE, DEPTH, FLAGS = range(6)
SPAN_COLUMNS = "attributes first last".split()
ATTRIBUTES, FIRST, LAST = range(3)
MARK_COLUMNS = "tag attributes element block at inside".split()
MARK_TAG, MARK_ATTRIBUTES, MARK_ELEMENT, MARK_BLOCK, MARK_AT, INSIDE = range(6)
BLOCK_COLUMNS = "element start end characters linked marked images breaks links entered within outside".split()
ELEMENT, START, END, CHARACTERS, LINKED, MARKED, IMAGES, BREAKS, LINKS, ENTERED, WITHIN, OUTSIDE = range(12)
P, A, BR, PRE, IMG, TITLE, SCRIPT, SVG, TABLE, HTML, BODY, SPAN = (
    ID[name] for name in "p a br pre img title script svg table html body span".split()
)
META, LINK, SOURCE, VIDEO, AUDIO, XMP = (ID[name] for name in "meta link source video audio xmp".split())


class Scanned(NamedTuple):
    """A page as arrays.

    Offsets are bytes, of the page or of `text`; element numbers are rows of `elements`, in the order of their start
    tags, so that a parent has a lower number than its children.

    elements: int64 (elements, 6), columns ELEMENT_COLUMNS: number of the parent (-1 for element 0, the page itself), id
    of the tag, bits of the words in its class, hash of its class, depth, flags of markup.py.
    blocks: int64 (blocks, 12), columns BLOCK_COLUMNS: the innermost element that is a box; start and end in `text`;
    visible characters, those inside links, those inside emphasis; images since the block before; line breaks; links;
    the innermost element of any kind at the first character; of the linked characters those whose link leads within
    the page or runs a script, and those whose link names a host.
    text: uint8 (bytes,): the text of all blocks, UTF-8 as far as the page is.
    scripts: int64 (scripts, 3): where the start tag, the content and the end of each <script> are in the page.
    title: start and end of the content of <title> in the page, or zeros.
    spans: int64 (elements, 3), columns SPAN_COLUMNS: where the attributes of an element begin in the page, and the
    first and last offset of its text in `text`.
    marks: int64 (marks, 6), columns MARK_COLUMNS: the <meta>, <link>, <img>, <source>, <video> and <audio> of the page:
    id of the tag, where its attributes begin in the page, the element around it, the block that it stands in
    (inside = 1) or before (0), its offset in `text`.
    html: where the attributes of <html> begin in the page, 0 if nowhere.
    """

    elements: np.ndarray
    blocks: np.ndarray
    text: np.ndarray
    scripts: np.ndarray
    title: tuple[int, int]
    spans: np.ndarray
    marks: np.ndarray
    html: int


def scan(page: np.ndarray, tables: Tables) -> Scanned:
    """Reads a page, uint8 (bytes,) in UTF-8; never fails. Time and memory are linear in its bytes.

    The number of rows is bounded by the MAX_ constants; `text` may be a quarter longer than the page, because some
    named references are shorter than the UTF-8 of what they stand for.
    """
    most = count_byte(page, 60) + 2  # every element, block and mark comes after a "<"
    elements = np.empty((min(MAX_ELEMENTS, most), len(ELEMENT_COLUMNS)), np.int64)
    blocks = np.empty((min(MAX_BLOCKS, most), len(BLOCK_COLUMNS)), np.int64)
    text = np.empty(len(page) + len(page) // 4 + 64, np.uint8)
    scripts = np.zeros((MAX_SCRIPTS, 3), np.int64)
    heads = np.zeros(3, np.int64)  # start and end of <title>, attributes of <html>
    spans = np.empty((len(elements), len(SPAN_COLUMNS)), np.int64)
    marks = np.empty((min(MAX_MARKS, most), len(MARK_COLUMNS)), np.int64)
    state = np.zeros((MAX_DEPTH + 1, 4), np.int64), np.zeros(256, np.int64), np.zeros(3, np.int64)
    counts = _scan(page, tables, elements, blocks, text, scripts, heads, spans, marks, *state)
    num_elements, num_blocks, length, num_scripts, num_marks = counts
    return Scanned(
        elements[:num_elements],
        blocks[:num_blocks],
        text[:length],
        scripts[:num_scripts],
        (int(heads[0]), int(heads[1])),
        spans[:num_elements],
        marks[:num_marks],
        int(heads[2]),
    )


def ancestors(elements: np.ndarray, element: int) -> Iterator[int]:
    """The element and those above it, innermost first, without the page itself. elements: int64 (elements, 6)."""
    while element > 0:
        yield element
        element = int(elements[element, PARENT])


@njit(nogil=True, cache=True)
def _num_visible(text: np.ndarray, start: int, end: int) -> int:
    """Characters of text[start:end] (uint8) that are no spaces.

    Continuation bytes of UTF-8 do not count, so that the scanner may pass a character byte by byte.
    """
    count = 0
    for k in range(start, end):
        count += (text[k] & 0xC0) != 0x80 and text[k] > 32
    return count


@njit(nogil=True, cache=True)
def _open_element(elements: np.ndarray, e: int, parent: int, tag: int, attributes: np.ndarray) -> None:
    """Writes row e. attributes: int64 (3,), the row of `read_attributes`."""
    elements[e, PARENT] = parent
    elements[e, TAG] = tag
    elements[e, WORDS] = attributes[0]
    elements[e, STYLE] = attributes[1]
    elements[e, DEPTH] = elements[parent, DEPTH] + 1
    elements[e, FLAGS] = attributes[2]


@njit(nogil=True, cache=True)
def _unlink(blocks: np.ndarray, num_blocks: int, element: int, since: int) -> None:
    """Makes the text of the boxes inside an <a> that was never closed plain text.

    A browser would make a link of the rest of the page; what a reader reads there is no link. Text in the box around
    the <a> stays linked, for old menus leave out every </a>. since: offset in the text at which the <a> began.
    """
    b = num_blocks - 1
    while b >= 0 and blocks[b, START] >= since:
        if blocks[b, ELEMENT] > element:
            blocks[b, LINKED] = blocks[b, LINKS] = blocks[b, WITHIN] = blocks[b, OUTSIDE] = 0
        b -= 1


@njit(nogil=True, cache=True)
def _scan(  # noqa: C901 (one loop: its state is local, which makes it quick)
    page: np.ndarray,
    tables: Tables,
    elements: np.ndarray,
    blocks: np.ndarray,
    text: np.ndarray,
    scripts: np.ndarray,
    heads: np.ndarray,
    spans: np.ndarray,
    marks_out: np.ndarray,
    stack: np.ndarray,
    counts: np.ndarray,
    attributes: np.ndarray,
) -> tuple[int, int, int, int, int]:
    """The pass itself; the arrays are those of `Scanned`, empty, and are filled. Returns how much of each is in use.

    It is one loop by need: all its state is local, which is what makes it quick. Rows of the stack, int64 (MAX_DEPTH +
    1, 4): number of the element, its id, number of the box that text here belongs to, what the element does. counts:
    open elements by id. marks: open elements of emphasis. breaks: <br> since the last character. link: row of the stack
    of the open <a href>, -1 for none; an <a> without href is no link (HTML standard, 4.5.1), and the next <a> ends it.
    """
    n = len(page)
    page, text, elements, blocks = borrowed(page), borrowed(text), borrowed(elements), borrowed(blocks)
    spans, stack, counts, attributes = borrowed(spans), borrowed(stack), borrowed(counts), borrowed(attributes)
    does_of, name_hashes, name_ids = borrowed(tables.does), borrowed(tables.name_hashes), borrowed(tables.name_ids)
    words = tables.class_words
    class_words = Automaton(borrowed(words.fold), borrowed(words.step), borrowed(words.groups))
    plain = np.ones(256, np.bool_)  # bytes of text after which nothing is asked
    plain[:33] = False
    for sign in (38, 60, 127, 0xC2, 0xE2, 0xEF):
        plain[sign] = False
    elements[0] = 0
    elements[0, PARENT] = -1
    spans[0] = 0
    num_elements, num_blocks, length, num_scripts, num_marks = 1, 0, 0, 0, 0
    top, overflow, skipped = 0, 0, -1  # skipped: row of the stack of an element whose text is not for reading
    open_block, space, breaks, marks, images, in_link = -1, False, 0, 0, 0, False
    indent, margin = 0, 32  # spaces at the beginning of a line of code, and which
    link, link_flags = -1, 0
    i = 3 if n >= 3 and page[0] == 0xEF and page[1] == 0xBB else 0
    while i < n:
        byte = page[i]
        if byte != 60 or i + 1 >= n or not markup.begins_markup(page[i + 1]):
            if skipped >= 0:
                i = find_byte(page, i + 1, 60)
                continue
            is_pre = counts[PRE] > 0
            if markup.is_space(byte) and not (is_pre and (byte == 10 or byte == 32 or byte == 9) and open_block >= 0):
                space = True
                indent, margin = (0, byte) if byte == 10 else (indent + 1, byte)
                i += 1
                while not is_pre and i < n and markup.is_space(page[i]):
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
                while is_pre and indent > 0 and byte != 10:  # the first line of code keeps its indentation
                    text[length] = margin
                    length += 1
                    indent -= 1
            elif breaks:
                for _ in range(breaks if is_pre else 1):
                    text[length] = 10
                    length += 1
                blocks[open_block, BREAKS] += breaks
            elif space and text[length - 1] != 32:
                text[length] = 32
                length += 1
            space, breaks, indent = False, 0, 0
            before = length
            if byte == 38:
                i, length = write_reference(page, i, text, length, tables)
                if length == before + 2 and text[before] == 0xC2 and text[before + 1] == 0xA0:
                    text[before] = 32  # a space that does not break; in code it stays as it is
                    length = before + is_pre
                    space = not is_pre
                elif length > before and text[before] >= 0xC2 and markup.unseen_bytes(text, before) == length - before:
                    length = before
            elif byte == 0xC2 and i + 1 < n and page[i + 1] == 0xA0:
                text[length] = 32
                length += is_pre
                space = not is_pre
                i += 2
            elif (byte < 32 and byte != 10 and byte != 9) or byte == 127:
                i += 1
            elif byte >= 0xC2 and markup.unseen_bytes(page, i):
                i += markup.unseen_bytes(page, i)
            else:
                text[length] = byte
                length += 1
                i += 1
                while i < n and plain[page[i]]:  # most of a text goes this way
                    text[length] = page[i]
                    length += 1
                    i += 1
            if length > before:
                size = _num_visible(text, before, length)
                blocks[open_block, CHARACTERS] += size
                if link >= 0:
                    blocks[open_block, LINKED] += size
                    blocks[open_block, WITHIN] += size * ((link_flags & markup.WITHIN) != 0)
                    blocks[open_block, OUTSIDE] += size * ((link_flags & markup.OUTSIDE) != 0)
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
            i = markup.after_declaration(page, i)
            continue
        is_end = after == 47
        start = i + 2 if is_end else i + 1
        if start >= n or not markup.is_letter(page[start]):
            i = markup.after_tag(page, i)
            continue
        end = start
        while end < n and not (page[end] == 62 or page[end] == 47 or markup.is_space(page[end])):
            end += 1
        tag = markup.tag_at(page, start, end, name_hashes, name_ids)
        does = int(does_of[tag])
        attributes[:] = 0
        if is_end:
            i = markup.after_tag(page, end)
            if overflow and tag != TABLE and tag != BODY and tag != HTML and not does & VOID:
                overflow -= 1
                continue
            if tag in (BODY, HTML):
                continue
            if tag == A:
                link = -1
            new_top = end_of(stack, top, tag, does) if counts[tag] else top
            if tag == P and not counts[P]:
                does |= BLOCK
        else:
            i = markup.read_attributes(page, end, class_words, attributes)
            if tag == BR:
                breaks += 1
                continue
            if tag == IMG:
                images += 1
            if tag in (META, LINK, IMG, SOURCE, VIDEO, AUDIO) and num_marks < len(marks_out):
                mark = marks_out[num_marks]
                mark[MARK_TAG], mark[MARK_ATTRIBUTES], mark[MARK_ELEMENT] = tag, end, stack[top, 0]
                mark[MARK_BLOCK] = open_block if open_block >= 0 else num_blocks
                mark[MARK_AT], mark[INSIDE] = length, open_block >= 0
                num_marks += 1
            new_top = implied_end(stack, top, tag, does, counts)
            if tag == A and link >= 0:
                _unlink(blocks, num_blocks, stack[link, 0], spans[stack[link, 0], FIRST])
                link = -1
        if does & BLOCK or new_top < top:
            ends_block = does & BLOCK
            while top > new_top:
                counts[stack[top, 1]] -= 1
                ends_block |= stack[top, 3] & BLOCK
                marks -= (stack[top, 3] & INLINE_MARK) != 0
                spans[stack[top, 0], LAST] = length
                if top == link:
                    _unlink(blocks, num_blocks, stack[top, 0], spans[stack[top, 0], FIRST])
                    link = -1
                top -= 1
            if skipped > top:
                skipped = -1
            if ends_block:
                if open_block >= 0:
                    blocks[open_block, END] = length
                    open_block = -1
                space, breaks, in_link, indent = False, 0, False, 0
        if is_end:
            if tag == A:
                in_link = False
            continue
        if does & RAW:
            close = markup.raw_end(page, i, start, end)
            if tag == XMP:
                elements[0, FLAGS] |= markup.CODE
            if tag == TITLE and heads[1] == 0 and skipped < 0:
                heads[0], heads[1] = i, close
            if tag == SCRIPT and num_scripts < len(scripts):
                scripts[num_scripts, 0], scripts[num_scripts, 1], scripts[num_scripts, 2] = start, i, close
                num_scripts += 1
            i = close
            continue
        if does & VOID:
            continue
        if tag in (BODY, HTML):
            if tag == HTML and heads[2] == 0:
                heads[2] = end
            if num_elements == 1 or tag == BODY:
                elements[0, WORDS] |= attributes[0]
            continue
        if page[min(i, n) - 2] == 47 and tag == SVG:
            continue
        if top >= MAX_DEPTH:
            overflow += 1
            continue
        if num_elements == len(elements):
            break
        is_link = tag == A and attributes[2] & markup.LINK
        _open_element(elements, num_elements, stack[top, 0], tag if tag != A or is_link else SPAN, attributes)
        spans[num_elements, ATTRIBUTES], spans[num_elements, FIRST] = end, length
        top += 1
        if is_link:
            link, link_flags = top, int(attributes[2])
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
    if link >= 0:
        _unlink(blocks, num_blocks, stack[link, 0], spans[stack[link, 0], FIRST])
    while top > 0:
        spans[stack[top, 0], LAST] = length
        top -= 1
    spans[0, LAST] = length
    return num_elements, num_blocks, length, num_scripts, num_marks
