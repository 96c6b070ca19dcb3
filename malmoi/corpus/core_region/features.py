"""What the model is told about a block of text: the text, the elements around it, its place and its neighbours.

One row a block, float32, columns as named in NAMES. "Weight" measures text across scripts: a code point of three bytes
or more (Hangul, Kana, Chinese) counts 2.5, any other 1, for Korean says in one syllable what English says in two to
three letters. A block is "good" when it reads like running text: weight of 50 or more and less than 0.4 of it links.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from malmoi.corpus.core_region.scan import (
    BREAKS, CHARACTERS, DEPTH, ELEMENT, END, ENTERED, FLAGS, IMAGES, LINKED, LINKS, MARKED, PARENT, START, STYLE, TAG,
    UNSEEN, WORDS, Scanned, match_words,
)  # fmt: skip
from malmoi.corpus.core_region.tags import CLASS_WORDS, FNV_PRIME, FNV_START, ID, NAMES as TAG_NAMES, TEXT_WORDS, Automaton
from malmoi.corpus.core_region.tags import tables

GOOD_WEIGHT, GOOD_LINK_SHARE, WIDE_WEIGHT = 50.0, 0.4, 2.5
FAR = 30
"""No such element above the block, or further above than this."""
MATCHED_BYTES = 160
"""So much of the beginning of a text is searched for TEXT_WORDS."""
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
LEVELS = 5
PLACES: dict[str, str] = {
    "article": "article", "main": "main", "section": "section", "nav": "nav menu", "header": "header", "footer": "footer",
    "aside": "aside", "form": "form fieldset", "list": "ul ol", "item": "li", "table": "table", "cell": "td th",
    "figure": "figure", "figcaption": "figcaption", "quote": "blockquote", "button": "button", "link": "a", "pre": "pre",
    "paragraph": "p", "custom": "?-", "heading": "h1 h2 h3 h4 h5 h6", "small": "small label time", "dl": "dl dt dd",
    "details": "details summary dialog",
}  # fmt: skip
TAG_CLASSES = "p h1 h2 h3 h4 h5 h6 div li td th blockquote pre figcaption dt dd section article ?- a button body".split()

TEXT_NAMES = (
    "weight words word_weight link_share links mark_share punctuation commas sentence_ends digit_share capital_share "
    "quotes first_sign last_sign bars newlines images breaks breaks_before title_share repeats wide_share at_sign"
).split()
PLACE_NAMES = (
    "tag level depth style_blocks style_weight style_good_share style_link_share "
    "kin_blocks kin_weight kin_good_share in_best above_best best_gap best_weight_share "
    "index_share blocks weight_before good_before good_share_page since_good until_good since_heading heading_level "
    "since_title headings_before page_weight same_as_last same_as_next last_good_style next_good_style window_good after_good"
).split()
LEVEL_NAMES = [f"{what}_{level}" for level in range(LEVELS) for what in ("good", "links", "blocks", "mean", "tag")]
NEAR = ("weight", "link_share", "sentence_ends", "tag", "last_sign", "in_best", "style_good_share", "same_style")
NAMES = (
    TEXT_NAMES
    + PLACE_NAMES
    + LEVEL_NAMES
    + [f"under_{name}" for name in PLACES]
    + ["under_unseen"]
    + [f"under_words_{name}" for name in CLASS_WORDS]
    + [f"says_{name}" for name in TEXT_WORDS]
    + [f"{name}_{offset:+d}" for offset in NEIGHBOURS for name in NEAR]
)
COLUMN = {name: number for number, name in enumerate(NAMES)}
FIRST_PLACE, FIRST_LEVEL = len(TEXT_NAMES), len(TEXT_NAMES) + len(PLACE_NAMES)
FIRST_UNDER = FIRST_LEVEL + len(LEVEL_NAMES)
NUM_PLACES, NUM_WORDS = len(PLACES), len(CLASS_WORDS)
FIRST_SAYS = FIRST_UNDER + NUM_PLACES + 1 + NUM_WORDS
FIRST_NEAR = FIRST_SAYS + len(TEXT_WORDS)
NUM_SAYS = len(TEXT_WORDS)
NEAR_COLUMNS = np.array([COLUMN[name] for name in NEAR[:-1]], np.int64)
OFFSETS = np.array(NEIGHBOURS, np.int64)
PLACE_OF_TAG = np.zeros(256, np.uint32)
for _bit, _names in enumerate(PLACES.values()):
    for _name in _names.split():
        PLACE_OF_TAG[ID[_name]] |= np.uint32(1 << _bit)
CLASS_OF_TAG = np.full(256, len(TAG_CLASSES), np.float32)
for _number, _name in enumerate(TAG_CLASSES):
    CLASS_OF_TAG[ID[_name]] = _number
LEVEL_OF_TAG = np.zeros(256, np.float32)
for _number in range(1, 7):
    LEVEL_OF_TAG[ID[f"h{_number}"]] = _number
assert len(TAG_NAMES) < 256

W, N_WORDS, LINK_SHARE, SENTENCES, LAST_SIGN = (
    COLUMN[name] for name in ("weight", "words", "link_share", "sentence_ends", "last_sign")
)


class Page(NamedTuple):
    """Sums over a page that several columns share: per block, per element."""

    weight: np.ndarray
    good: np.ndarray
    hashes: np.ndarray
    style: np.ndarray
    kin: np.ndarray
    totals: np.ndarray


def block_features(page: np.ndarray, scanned: Scanned) -> tuple[np.ndarray, np.ndarray]:
    """float32 (blocks, columns) for a page (uint8) as scanned, and for each block the number of its style."""
    blocks, elements = scanned.blocks, scanned.elements
    features = np.zeros((len(blocks), len(NAMES)), np.float32)
    n = len(blocks)
    if not n:
        return features, np.zeros(0, np.int64)
    sums = Page(
        np.zeros(n, np.float64), np.zeros(n, np.float64), np.zeros(n, np.uint64), np.zeros(n, np.int64),
        np.zeros(n, np.int64), np.zeros((len(elements), 5), np.float64),
    )  # fmt: skip
    first, last = scanned.title
    title = _word_hashes(page, first, min(last, first + 400))
    _texts(scanned.text, blocks, tables().text_words, title, sums, features)
    _around(elements, blocks, features, PLACE_OF_TAG)
    _places(elements, blocks, sums, features, CLASS_OF_TAG, LEVEL_OF_TAG)
    _neighbours(features, sums.style, NEAR_COLUMNS, OFFSETS)
    return features, sums.style


@njit(nogil=True, cache=True)
def _is_word(byte: int) -> bool:
    return 97 <= (byte | 32) <= 122 or 48 <= byte <= 57 or byte >= 0x80


@njit(nogil=True, cache=True)
def _word_hashes(data: np.ndarray, start: int, end: int) -> np.ndarray:
    """Hashes of the words, capitals as small letters; words of one sign left out."""
    hashes = np.empty((end - start) // 2 + 1, np.uint64)
    count = 0
    i = start
    while i < end:
        value = uint64(FNV_START)
        first = i
        while i < end and _is_word(data[i]):
            byte = data[i]
            if 65 <= byte <= 90:
                byte += 32
            value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
            i += 1
        if i - first > 1:
            hashes[count] = value
            count += 1
        i += 1
    return hashes[:count]


@njit(nogil=True, cache=True)
def _sign_class(byte: int) -> int:
    """0 small letter, 1 capital, 2 digit, 3 end of sentence, 4 colon, 5 comma and the like, 6 quote, 7 beyond ASCII, 8 other."""
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
def _texts(
    text: np.ndarray, blocks: np.ndarray, says: Automaton, title: np.ndarray, sums: Page, features: np.ndarray
) -> None:
    for b in range(len(blocks)):
        start, end = blocks[b, START], blocks[b, END]
        weight, words, marks, commas, ends, digits, capitals, quotes, bars, newlines, wide = 0.0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
        at_sign = 0
        value = uint64(FNV_START)
        for i in range(start, end):
            byte = text[i]
            if byte >= 0x80:
                if byte >= 0xE0:
                    weight += WIDE_WEIGHT
                    wide += 1
                    if byte == 0xE3 and i + 2 < end and text[i + 1] == 0x80 and text[i + 2] == 0x82:
                        ends += 1  # the ideographic full stop
                        marks += 1
                    elif byte == 0xE2 and i + 2 < end and text[i + 1] == 0x80 and 0x98 <= text[i + 2] <= 0x9F:
                        quotes += 1
                        weight -= WIDE_WEIGHT - 1
                        wide -= 1
                elif byte >= 0xC0:
                    weight += 1
                value = (value ^ uint64(byte)) * uint64(FNV_PRIME)
                continue
            if byte == 32 or byte == 10:
                words += 1
                newlines += byte == 10
                continue
            weight += 1
            kind = _sign_class(byte)
            if kind <= 2:
                capitals += kind == 1
                digits += kind == 2
                value = (value ^ uint64(byte | 32)) * uint64(FNV_PRIME)
            elif kind == 3:
                marks += 1
                if i + 1 >= end or text[i + 1] <= 39 or text[i + 1] >= 0x80:
                    ends += 1
            elif kind <= 5:
                marks += 1
                commas += byte == 44
            elif kind == 6:
                quotes += 1
            else:
                bars += byte == 124 or byte == 62 or byte == 47
                at_sign += byte == 64 or byte == 35
        characters = max(1, blocks[b, CHARACTERS])
        link_share = blocks[b, LINKED] / characters
        row = features[b]
        row[0] = weight
        row[1] = words
        row[2] = weight / words
        row[3] = link_share
        row[4] = blocks[b, LINKS]
        row[5] = blocks[b, MARKED] / characters
        row[6] = marks / words
        row[7] = commas
        row[8] = ends
        row[9] = digits / characters
        row[10] = capitals / characters
        row[11] = quotes
        if end > start:
            row[12] = _sign_class(text[start])
            row[13] = _sign_class(text[end - 1])
        row[14] = bars
        row[15] = newlines
        row[16] = blocks[b, IMAGES]
        row[17] = blocks[b, BREAKS]
        row[18] = blocks[b, BREAKS] - newlines
        row[21] = wide / characters
        row[22] = at_sign
        if len(title) and words < 60:
            own = _word_hashes(text, start, end)
            row[19] = _share_of(own, title)
        found = match_words(text, start, min(end, start + MATCHED_BYTES), says)
        for bit in range(NUM_SAYS):
            row[FIRST_SAYS + bit] = found >> bit & 1
        sums.weight[b] = weight
        sums.good[b] = weight if weight >= GOOD_WEIGHT and link_share < GOOD_LINK_SHARE else 0.0
        sums.hashes[b] = value
    groups, _ = _groups(sums.hashes)
    counts = np.zeros(len(blocks), np.int64)
    for b in range(len(blocks)):
        counts[groups[b]] += 1
    for b in range(len(blocks)):
        features[b, 20] = counts[groups[b]]


@njit(nogil=True, cache=True)
def _share_of(own: np.ndarray, title: np.ndarray) -> float:
    """The share of the title's words that the text has, less what it has besides."""
    if len(own) == 0:
        return 0.0
    shared = 0
    for word in title:
        for other in own:
            if word == other:
                shared += 1
                break
    return shared / max(len(title), len(own))


@njit(nogil=True, cache=True)
def _groups(keys: np.ndarray) -> tuple[np.ndarray, int]:
    """For each key the number of its group, counted from 0 in the order of first sight."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    slots = np.full(size, -1, np.int64)
    group = np.empty(len(keys), np.int64)
    count = 0
    for k in range(len(keys)):
        slot = (keys[k] * uint64(0x9E3779B97F4A7C15)) >> uint64(32)
        slot = slot & uint64(size - 1)
        while slots[slot] >= 0 and keys[slots[slot]] != keys[k]:
            slot = (slot + uint64(1)) & uint64(size - 1)
        if slots[slot] < 0:
            slots[slot] = k
            group[k] = count
            count += 1
        else:
            group[k] = group[slots[slot]]
    return group, count


@njit(nogil=True, cache=True)
def _around(elements: np.ndarray, blocks: np.ndarray, features: np.ndarray, place_of_tag: np.ndarray) -> None:
    """How many elements up the nearest one of each kind is: of a kind by its name, or by words in its class."""
    width = NUM_PLACES + 1 + NUM_WORDS
    near = np.full((len(elements), width), FAR, np.uint8)
    for e in range(len(elements)):
        parent = elements[e, PARENT]
        if parent >= 0:
            for g in range(width):
                near[e, g] = min(FAR, near[parent, g] + 1)
        bits = np.int64(place_of_tag[elements[e, TAG]]) | (elements[e, FLAGS] & UNSEEN) << NUM_PLACES
        bits |= elements[e, WORDS] << (NUM_PLACES + 1)
        g = 0
        while bits:
            if bits & 1:
                near[e, g] = 0
            bits >>= 1
            g += 1
    for b in range(len(blocks)):
        e = blocks[b, ENTERED]
        for g in range(width):
            features[b, FIRST_UNDER + g] = near[e, g]


@njit(nogil=True, cache=True)
def _style_key(elements: np.ndarray, e: int, generations: int) -> int:
    value = uint64(FNV_START)
    for _ in range(generations):
        if e < 0:
            break
        value = (value ^ uint64(elements[e, TAG])) * uint64(FNV_PRIME)
        value = (value ^ uint64(elements[e, STYLE])) * uint64(FNV_PRIME)
        e = elements[e, PARENT]
    return value


@njit(nogil=True, cache=True)
def _places(
    elements: np.ndarray,
    blocks: np.ndarray,
    sums: Page,
    features: np.ndarray,
    class_of_tag: np.ndarray,
    level_of_tag: np.ndarray,
) -> None:
    n = len(blocks)
    totals = sums.totals  # per element and all below it: weight, good, linked weight, blocks, score as a container
    weight, good = sums.weight, sums.good
    page_weight, page_good = max(1.0, weight.sum()), max(1.0, good.sum())
    for b in range(n):
        e = blocks[b, ELEMENT]
        totals[e, 0] += weight[b]
        totals[e, 1] += good[b]
        totals[e, 2] += weight[b] * features[b, LINK_SHARE]
        totals[e, 3] += 1
        if good[b] > 0:
            gain = good[b] + 25.0 * features[b, SENTENCES]
            totals[e, 4] += 0.5 * gain
            parent = elements[e, PARENT]
            if parent >= 0:
                totals[parent, 4] += gain
                if elements[parent, PARENT] >= 0:
                    totals[elements[parent, PARENT], 4] += 0.5 * gain
    for e in range(len(elements) - 1, 0, -1):
        parent = elements[e, PARENT]
        for column in range(4):
            totals[parent, column] += totals[e, column]
    best, best_score = 0, -1.0
    for e in range(len(elements)):
        score = totals[e, 4] * (1.0 - totals[e, 2] / max(1.0, totals[e, 0]))
        if score > best_score:
            best, best_score = e, score
    above = np.zeros(len(elements), np.uint8)  # 1: holds the best container, 2: within it
    e = elements[best, PARENT]
    while e >= 0:
        above[e] = 1
        e = elements[e, PARENT]
    meeting = np.zeros(len(elements), np.int64)
    for e in range(len(elements)):
        parent = elements[e, PARENT]
        if e == best or (parent >= 0 and above[parent] == 2):
            above[e] = 2
        meeting[e] = e if above[e] else (meeting[parent] if parent >= 0 else 0)

    keys, kin_keys = np.empty(n, np.uint64), np.empty(n, np.uint64)
    for b in range(n):
        keys[b] = _style_key(elements, blocks[b, ELEMENT], 3)
        kin_keys[b] = _style_key(elements, blocks[b, ELEMENT], 1)
    style, num_styles = _groups(keys)
    kin, num_kin = _groups(kin_keys)
    style_sums = np.zeros((num_styles, 4))
    kin_sums = np.zeros((num_kin, 3))
    for b in range(n):
        sums.style[b], sums.kin[b] = style[b], kin[b]
        style_sums[style[b], 0] += 1
        style_sums[style[b], 1] += weight[b]
        style_sums[style[b], 2] += good[b]
        style_sums[style[b], 3] += weight[b] * features[b, LINK_SHARE]
        kin_sums[kin[b], 0] += 1
        kin_sums[kin[b], 1] += weight[b]
        kin_sums[kin[b], 2] += good[b]

    next_good = np.full(n + 1, n, np.int64)
    window = np.zeros(n + 1)
    for b in range(n):
        window[b + 1] = window[b] + good[b]
    for b in range(n - 1, -1, -1):
        next_good[b] = b if good[b] > 0 else next_good[b + 1]
    before, good_before = 0.0, 0.0
    last_good, last_heading, last_level, last_title, headings = -1, -1, 0.0, -1, 0
    for b in range(n):
        e = blocks[b, ELEMENT]
        tag = elements[e, TAG]
        level = level_of_tag[tag]
        p = FIRST_PLACE
        row = features[b]
        row[p] = class_of_tag[tag]
        row[p + 1] = level
        row[p + 2] = elements[e, DEPTH]
        s = style[b]
        row[p + 3] = style_sums[s, 0]
        row[p + 4] = style_sums[s, 1] / style_sums[s, 0]
        row[p + 5] = style_sums[s, 2] / page_good
        row[p + 6] = style_sums[s, 3] / max(1.0, style_sums[s, 1])
        k = kin[b]
        row[p + 7] = kin_sums[k, 0]
        row[p + 8] = kin_sums[k, 1] / kin_sums[k, 0]
        row[p + 9] = kin_sums[k, 2] / page_good
        row[p + 10] = above[e] == 2
        row[p + 11] = elements[e, DEPTH] - elements[best, DEPTH]
        row[p + 12] = elements[best, DEPTH] - elements[meeting[e], DEPTH] if above[e] != 2 else -1
        row[p + 13] = totals[best, 1] / page_good
        row[p + 14] = b / n
        row[p + 15] = n
        row[p + 16] = before / page_weight
        row[p + 17] = good_before / page_good
        row[p + 18] = page_good / page_weight
        row[p + 19] = min(50, b - last_good) if last_good >= 0 else 60
        after = next_good[b + 1]
        row[p + 20] = min(50, after - b) if after < n else 60
        row[p + 21] = min(50, b - last_heading) if last_heading >= 0 else 60
        row[p + 22] = last_level
        row[p + 23] = min(50, b - last_title) if last_title >= 0 else 60
        row[p + 24] = headings
        row[p + 25] = page_weight
        row[p + 26] = style[b - 1] == s if b else 0
        row[p + 27] = style[b + 1] == s if b + 1 < n else 0
        row[p + 28] = last_good >= 0 and style[last_good] == s
        row[p + 29] = after < n and style[after] == s
        low, high = max(0, b - 5), min(n, b + 6)
        row[p + 30] = (window[high] - window[low]) / page_good
        row[p + 31] = (window[n] - window[b + 1]) / page_good
        for depth in range(LEVELS):
            q = FIRST_LEVEL + 5 * depth
            row[q] = totals[e, 1] / page_good
            row[q + 1] = totals[e, 2] / max(1.0, totals[e, 0])
            row[q + 2] = totals[e, 3]
            row[q + 3] = totals[e, 0] / max(1.0, totals[e, 3])
            row[q + 4] = class_of_tag[elements[e, TAG]]
            e = max(0, elements[e, PARENT])
        before += weight[b]
        good_before += good[b]
        if good[b] > 0:
            last_good = b
        if level > 0:
            last_heading, last_level = b, level
            headings += 1
        if row[19] > 0.6:
            last_title = b


@njit(nogil=True, cache=True)
def _neighbours(features: np.ndarray, style: np.ndarray, columns: np.ndarray, offsets: np.ndarray) -> None:
    n = len(features)
    for b in range(n):
        column = FIRST_NEAR
        for offset in offsets:
            other = b + offset
            inside = 0 <= other < n
            for source in columns:
                features[b, column] = features[other, source] if inside else -1.0
                column += 1
            features[b, column] = inside and style[other] == style[b]
            column += 1
