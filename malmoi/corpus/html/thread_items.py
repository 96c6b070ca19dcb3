"""Which elements hold one answer, comment or post each: named boxes, and siblings of one style in named lists."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit

from malmoi.corpus.html.attributes import element_words
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.scan import FIRST, LAST, PARENT, START, STYLE, TAG, ancestors
from malmoi.corpus.html.tags import ID, tag_mask
from malmoi.corpus.html.thread_words import AUTHOR, COMMENT, DATE, FORM, LIST, thread_words

BOXES = tag_mask("div li article section dl dd tr tbody table td ul ol main form fieldset blockquote ?- p")
ITEM_TAGS = tag_mask("div li article section dl dd tr table ?- blockquote")
ITEMS_WITHOUT_CLASS = tag_mask("li article dd tr")
"""Elements that are items of a list even where no class says so; a box without a class may be anything."""
HEADINGS = tag_mask("h1 h2 h3 h4 h5 h6")
LI = ID["li"]
MAX_PARTS = 1_000
"""Items that are read of a page, and children that are looked at of an element."""
MAX_LEVELS = 12
"""Boxes that are entered on the way from the named element to its items."""
MAX_STYLES = 3
"""Of the styles among siblings the most frequent are tried: items, and perhaps the advertisements between them."""
LIFT_LEVELS = 3
"""Elements above the text of a comment that may be the box around it and its author."""
NAME_BYTES = 240
"""An element named for an author or a date that has more text is a box around more."""
ITEMS_SHARE = 0.6
"""Siblings of one style are the items of a list where they hold so much of its text."""
TEXT_SHARE = 0.5
"""An element with so much of the page's text is no list of comments, whatever its class says."""


@dataclass(frozen=True)
class ThreadIndex:
    """A page, and what is asked again and again of each of its elements; all arrays have the shape (elements,).

    bits: int64, the groups of words in its class and id (thread_words.py). ends: int64, the number after the last
    element below it. lows, highs: int64, the range of its blocks. sizes: int64, bytes of its text. named: bool, whether
    it or an element below it names an author or a date.
    """

    parsed: Parsed
    bits: np.ndarray
    ends: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    sizes: np.ndarray
    named: np.ndarray

    @property
    def elements(self) -> np.ndarray:
        """int64 (elements, 6), as scanned."""
        return self.parsed.scanned.elements


def thread_index(parsed: Parsed) -> ThreadIndex:
    """Measures a page once for all that is asked of it."""
    scanned = parsed.scanned
    bits = element_words(parsed, thread_words())
    starts = scanned.blocks[:, START]
    lows = np.searchsorted(starts, scanned.spans[:, FIRST], "left")
    highs = np.searchsorted(starts, scanned.spans[:, LAST], "left")
    sizes = scanned.spans[:, LAST] - scanned.spans[:, FIRST]
    names = ((bits & (AUTHOR | DATE)) != 0) & (sizes > 0) & (sizes <= NAME_BYTES)
    ends, named = _below(scanned.elements[:, PARENT], names)
    return ThreadIndex(parsed, bits, ends, lows, highs, sizes, named)


@njit(nogil=True, cache=True)
def _below(parents: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each element the number after the last below it (int64), and whether it or one below it is marked (bool).

    parents: int64 (elements,). names: bool (elements,), the marked ones.
    """
    ends = np.arange(1, len(parents) + 1)
    named = names.copy()
    for e in range(len(parents) - 1, 0, -1):
        parent = parents[e]
        ends[parent] = max(ends[parent], ends[e])
        named[parent] |= named[e]
    return ends, named


def items_of(index: ThreadIndex, bit: int, without: int = 0, inside: list[int] | None = None) -> list[int]:
    """The elements that hold one answer (comment, post) each, outer before inner, in reading order.

    bit: the group of words that names them. without: bits of groups that must not be inside. inside: only items within
    one of these elements; None: all.
    """
    outermost = list(_outermost(index, bit, without))
    many = len(outermost) > 1
    items: list[int] = []
    for element in outermost:
        if inside is not None and not any(outer < element < index.ends[outer] for outer in inside):
            continue
        for item in _expand(index, element, bit, many):
            if len(items) >= MAX_PARTS:
                return items
            items += [item, *_nested(index, item)][: MAX_PARTS - len(items)]
    return _with_authors(index, items)


def _with_authors(index: ThreadIndex, items: list[int]) -> list[int]:
    """The items; where none names its author, the boxes right around them that do, one around each."""
    if not items or any(index.named[item] for item in items):
        return items
    lifted = [_named_box(index, item) for item in items]
    apart = all(index.ends[a] <= b for a, b in itertools.pairwise(lifted))
    return lifted if all(lifted) and apart else items


def _named_box(index: ThreadIndex, item: int) -> int:
    """The innermost box around an item, at most LIFT_LEVELS above, that names an author and adds little; 0 for none."""
    for element in itertools.islice(ancestors(index.elements, int(index.elements[item, PARENT])), LIFT_LEVELS):
        if index.sizes[element] - index.sizes[item] > NAME_BYTES:
            break
        if index.named[element] and BOXES[index.elements[element, TAG]]:
            return element
    return 0


def _outermost(index: ThreadIndex, bit: int, without: int) -> Iterator[int]:
    """Boxes with the word, none inside another; one that also holds what it should not, or the text, is entered."""
    end = 0
    boxed = BOXES[index.elements[:, TAG]] & (index.sizes > 0) & ((index.bits & bit) != 0) & ((index.bits & FORM) == 0)
    chosen = np.concatenate([[0], np.cumsum(index.parsed.chosen)])
    others = np.concatenate([[0], np.cumsum(((index.bits & without) != 0) & ((index.bits & bit) == 0))])
    marked = np.concatenate([[0], np.cumsum(boxed)])
    for element in np.flatnonzero(boxed).tolist():
        if element < end or index.bits[element] & without:
            continue
        after = int(index.ends[element])
        holds_more = marked[after] - marked[element] > 1
        if others[after] - others[element] and holds_more:
            continue
        if bit == COMMENT and holds_more and chosen[-1]:
            chosen_inside = chosen[index.highs[element]] - chosen[index.lows[element]]
            if chosen_inside > TEXT_SHARE * chosen[-1] and not index.bits[element] & LIST:
                continue
        end = after
        yield element


def _expand(index: ThreadIndex, element: int, bit: int, many: bool) -> list[int]:
    """The items of a list, or the element itself where it is no list."""
    is_list = False
    current = element
    for _ in range(MAX_LEVELS):
        is_list |= bool(index.bits[current] & LIST)
        kids = _children(index, current)
        if not kids:
            break
        total = sum(int(index.sizes[kid]) for kid in kids)
        widest = max(kids, key=lambda kid: index.sizes[kid])
        named = [kid for kid in kids if index.bits[kid] & bit]
        is_wide = index.sizes[widest] >= ITEMS_SHARE * total
        are_items = len(named) > 1 and sum(int(index.sizes[kid]) for kid in named) >= ITEMS_SHARE * total
        if are_items and is_wide and _are_parts_of_one(index, named, widest):
            break
        if are_items and not (is_wide and _is_list_under_heading(index, named, widest)):
            return _with_others(index, named, kids, bit)
        group = _largest_group(index, kids, total, bit, is_list and not many)
        if group:
            return _with_others(index, group, kids, bit)
        if not is_wide:
            break
        if index.named[element] and not index.named[widest]:
            break  # the author stands beside what is said
        if is_list and (index.bits[widest] & bit or index.elements[widest, TAG] == LI):
            element = widest  # a list of one
        current = widest
    return [element]


def _are_parts_of_one(index: ThreadIndex, named: list[int], widest: int) -> bool:
    """Whether some named boxes are an author's and a text's, of one comment: each of a style of its own, the author's
    short.
    """
    styles = {(int(index.elements[kid, TAG]), int(index.elements[kid, STYLE])) for kid in named}
    authors = [kid for kid in named if kid != widest and index.named[kid]]
    return len(styles) == len(named) and bool(authors) and not index.named[widest]


def _is_list_under_heading(index: ThreadIndex, named: list[int], widest: int) -> bool:
    """Whether the widest of some named boxes is a list of the items, and the others its heading, count or form."""
    if widest not in named:
        return False
    styles = {(int(index.elements[kid, TAG]), int(index.elements[kid, STYLE])) for kid in named}
    return len(styles) == len(named) and not any(index.named[kid] for kid in named if kid != widest)


def _largest_group(index: ThreadIndex, kids: list[int], total: int, bit: int, is_list: bool) -> list[int]:
    """The siblings of one style that are the items of a list; [] where there are none."""
    styles = Counter((int(index.elements[kid, TAG]), int(index.elements[kid, STYLE])) for kid in kids)
    for style, count in styles.most_common(MAX_STYLES):
        group = [kid for kid in kids if (index.elements[kid, TAG], index.elements[kid, STYLE]) == style]
        may_be_items = count > 1 and ITEM_TAGS[style[0]] and (style[1] != 0 or ITEMS_WITHOUT_CLASS[style[0]])
        if may_be_items and _is_group(index, group, total, bit, is_list):
            return group
    return []


def _with_others(index: ThreadIndex, items: list[int], kids: list[int], bit: int) -> list[int]:
    """The items with those that their siblings hold: answers to them, in a list of their own."""
    found = list(items)
    for kid in kids:
        if kid in items or not ITEM_TAGS[index.elements[kid, TAG]] or not index.named[kid]:
            continue
        inner = np.arange(kid + 1, int(index.ends[kid]))
        inner = inner[BOXES[index.elements[inner, TAG]] & ((index.bits[inner] & bit) != 0) & (index.sizes[inner] > 0)]
        if len(inner) and not index.bits[kid] & FORM:
            found += _expand(index, int(inner[0]), bit, False)[:MAX_PARTS]
    return sorted(found)


def _children(index: ThreadIndex, element: int) -> list[int]:
    """Boxes with text right below, headings left out."""
    kids: list[int] = []
    kid, end = element + 1, int(index.ends[element])
    while kid < end and len(kids) < MAX_PARTS:
        tag = index.elements[kid, TAG]
        if BOXES[tag] and index.sizes[kid] > 0 and not HEADINGS[tag]:
            kids.append(kid)
        kid = int(index.ends[kid])
    return kids


def _is_group(index: ThreadIndex, group: list[int], total: int, bit: int, is_list: bool) -> bool:
    """Whether siblings of one style are the items: most of the text, and half of them named for it or by an author.

    total: bytes of the text of all siblings. is_list: they stand in what is named a list; then the text is enough.
    """
    if sum(int(index.sizes[kid]) for kid in group) < ITEMS_SHARE * total:
        return False
    known = sum(bool(index.bits[kid] & bit) or bool(index.named[kid]) for kid in group)
    return 2 * known >= len(group) or is_list


def _nested(index: ThreadIndex, item: int) -> list[int]:
    """Elements of the item's own tag and style inside it: answers to it, in a list of its own kind."""
    tag, style = index.elements[item, TAG], index.elements[item, STYLE]
    inner = slice(item + 1, int(index.ends[item]))
    alike = (index.elements[inner, TAG] == tag) & (index.elements[inner, STYLE] == style) & (index.sizes[inner] > 0)
    alike &= (style != 0) | ((tag == LI) & index.named[inner])
    return (np.flatnonzero(alike) + item + 1).tolist()[:MAX_PARTS]
