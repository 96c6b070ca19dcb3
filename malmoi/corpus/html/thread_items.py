"""Which elements hold one answer, comment or post each: named boxes, and siblings of one style in named lists."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit

from malmoi.corpus.html.attributes import element_words
from malmoi.corpus.html.core_region import Look
from malmoi.corpus.html.scan import FIRST, LAST, PARENT, START, STYLE, TAG
from malmoi.corpus.html.tags import ID
from malmoi.corpus.html.thread_words import AUTHOR, COMMENT, DATE, FORM, LIST, thread_words

BOXES = np.zeros(256, np.bool_)
BOX_NAMES = "div li article section dl dd tr tbody table td ul ol main form fieldset blockquote ?- p"
BOXES[[ID[name] for name in BOX_NAMES.split()]] = True
ITEM_TAGS = np.zeros(256, np.bool_)
ITEM_TAGS[[ID[name] for name in "div li article section dl dd tr table ?- blockquote".split()]] = True
SELF_TOLD = np.zeros(256, np.bool_)
SELF_TOLD[[ID[name] for name in "li article dd tr".split()]] = True
HEADINGS = np.zeros(256, np.bool_)
HEADINGS[[ID[f"h{level}"] for level in range(1, 7)]] = True
LI = ID["li"]
MAX_PARTS = 1_000
MAX_LEVELS = 12
NAME_BYTES = 240
"""An element named for an author or a date that has more text is a box around more."""
ITEMS_SHARE = 0.6
"""Siblings of one style are the items of a list where they hold so much of its text."""
TEXT_SHARE = 0.5
"""An element with so much of the page's text is no list of comments, whatever its class says."""


@dataclass(frozen=True)
class Tree:
    """The page with what is asked of it again and again. ends: the element after the last below each; lows, highs: the
    range of its blocks; sizes: bytes of its text; named: whether an author or a date stands below it."""

    seen: Look
    bits: np.ndarray
    ends: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    sizes: np.ndarray
    named: np.ndarray

    @property
    def elements(self) -> np.ndarray:
        """As scanned."""
        return self.seen.scanned.elements


def grow(seen: Look) -> Tree:
    """Measures what the questions about a page need."""
    scanned = seen.scanned
    bits = element_words(seen.page, scanned, thread_words())
    starts = scanned.blocks[:, START]
    lows = np.searchsorted(starts, scanned.places[:, FIRST], "left")
    highs = np.searchsorted(starts, scanned.places[:, LAST], "left")
    sizes = scanned.places[:, LAST] - scanned.places[:, FIRST]
    told = ((bits & (AUTHOR | DATE)) != 0) & (sizes > 0) & (sizes <= NAME_BYTES)
    ends, named = _below(scanned.elements[:, PARENT], told)
    return Tree(seen, bits, ends, lows, highs, sizes, named)


@njit(nogil=True, cache=True)
def _below(parents: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each element the one after the last below it, and whether it or one below it is told."""
    ends = np.arange(1, len(parents) + 1)
    named = told.copy()
    for e in range(len(parents) - 1, 0, -1):
        parent = parents[e]
        ends[parent] = max(ends[parent], ends[e])
        named[parent] |= named[e]
    return ends, named


def items_of(tree: Tree, bit: int, without: int = 0, inside: list[int] | None = None) -> list[int]:
    """The elements that hold one answer (comment, post) each, outer before inner, in reading order."""
    outermost = list(_outermost(tree, bit, without))
    many = len(outermost) > 1
    found: list[int] = []
    for element in outermost:
        if inside is not None and not any(outer < element < tree.ends[outer] for outer in inside):
            continue
        for item in _expand(tree, element, bit, many):
            if len(found) >= MAX_PARTS:
                return found
            found += [item, *_nested(tree, item)][: MAX_PARTS - len(found)]
    return found


def _outermost(tree: Tree, bit: int, without: int) -> Iterator[int]:
    """Boxes with the word, none inside another; one that also holds what it should not, or the text, is entered."""
    end = 0
    boxed = BOXES[tree.elements[:, TAG]] & (tree.sizes > 0) & ((tree.bits & bit) != 0) & ((tree.bits & FORM) == 0)
    chosen = np.concatenate([[0], np.cumsum(tree.seen.chosen)])
    others = np.concatenate([[0], np.cumsum(((tree.bits & without) != 0) & ((tree.bits & bit) == 0))])
    marked = np.concatenate([[0], np.cumsum(boxed)])
    for element in np.flatnonzero(boxed).tolist():
        if element < end or tree.bits[element] & without:
            continue
        after = int(tree.ends[element])
        holds_more = marked[after] - marked[element] > 1
        if others[after] - others[element] and holds_more:
            continue
        if bit == COMMENT and holds_more and chosen[-1]:
            own = chosen[tree.highs[element]] - chosen[tree.lows[element]]
            if own > TEXT_SHARE * chosen[-1] and not tree.bits[element] & LIST:
                continue
        end = after
        yield element


def _expand(tree: Tree, element: int, bit: int, many: bool) -> list[int]:
    """The items of a list, or the element itself where it is no list."""
    is_list = False
    current = element
    for _ in range(MAX_LEVELS):
        is_list |= bool(tree.bits[current] & LIST)
        kids = _children(tree, current)
        if not kids:
            break
        total = sum(int(tree.sizes[kid]) for kid in kids)
        own = [kid for kid in kids if tree.bits[kid] & bit]
        if len(own) > 1 and sum(int(tree.sizes[kid]) for kid in own) >= ITEMS_SHARE * total:
            return own
        styles = Counter((int(tree.elements[kid, TAG]), int(tree.elements[kid, STYLE])) for kid in kids)
        for style, count in styles.most_common(3):
            group = [kid for kid in kids if (tree.elements[kid, TAG], tree.elements[kid, STYLE]) == style]
            told = style[1] != 0 or SELF_TOLD[style[0]]  # boxes without a class may be anything
            if count > 1 and told and ITEM_TAGS[style[0]] and _is_group(tree, group, total, bit, is_list and not many):
                return group
        widest = max(kids, key=lambda kid: tree.sizes[kid])
        if tree.sizes[widest] < ITEMS_SHARE * total:
            break
        if is_list and (tree.bits[widest] & bit or tree.elements[widest, TAG] == LI):
            element = widest  # a list of one
        current = widest
    return [element]


def _children(tree: Tree, element: int) -> list[int]:
    """Boxes with text right below, headings left out."""
    kids: list[int] = []
    kid, end = element + 1, int(tree.ends[element])
    while kid < end and len(kids) < MAX_PARTS:
        tag = tree.elements[kid, TAG]
        if BOXES[tag] and tree.sizes[kid] > 0 and not HEADINGS[tag]:
            kids.append(kid)
        kid = int(tree.ends[kid])
    return kids


def _is_group(tree: Tree, group: list[int], total: int, bit: int, is_list: bool) -> bool:
    if sum(int(tree.sizes[kid]) for kid in group) < ITEMS_SHARE * total:
        return False
    known = sum(bool(tree.bits[kid] & bit) or bool(tree.named[kid]) for kid in group)
    return 2 * known >= len(group) or is_list


def _nested(tree: Tree, item: int) -> list[int]:
    """Elements of the item's own tag and style inside it: answers to it, in a list of its own kind."""
    tag, style = tree.elements[item, TAG], tree.elements[item, STYLE]
    inner = slice(item + 1, int(tree.ends[item]))
    alike = (tree.elements[inner, TAG] == tag) & (tree.elements[inner, STYLE] == style) & (tree.sizes[inner] > 0)
    alike &= (style != 0) | ((tag == LI) & tree.named[inner])
    return (np.flatnonzero(alike) + item + 1).tolist()[:MAX_PARTS]
