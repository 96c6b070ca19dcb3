"""What the model is told about a block of text: the text, the elements around it, its position and its neighbours.

One row a block, float32, columns as named in NAMES. "Weight" measures text across scripts: a code point of three bytes
or more (Hangul, Kana, Chinese) counts 2.5, any other 1, for Korean says in one syllable what English says in two to
three letters. A block is "good" when it reads like running text: weight of 50 or more and less than 0.4 of it links.
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.class_words import CLASS_WORDS, TEXT_WORDS
from malmoi.corpus.html.layout_features import LAYOUT_NAMES, LEVEL_NAMES, measure_layout
from malmoi.corpus.html.markup import UNSEEN
from malmoi.corpus.html.scan import ENTERED, FLAGS, PARENT, TAG, WORDS, Scanned
from malmoi.corpus.html.tags import ELEMENTS, ID, tables
from malmoi.corpus.html.text_features import TEXT_NAMES, measure_texts, word_hashes

GOOD_WEIGHT, GOOD_LINK_SHARE = 50.0, 0.4
"""The trees learn from what the two make of a page, so that their exact values matter little."""
FAR = 30
"""No such element above the block, or further above than this."""
TITLE_BYTES = 400
"""Of <title>, whose words are looked for in the blocks."""
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
"""Positions, from the block, of the blocks whose NEAR columns are repeated."""
CONTAINERS = ELEMENTS["containers"]
"""Elements whose distance above a block is a column."""
TAG_CLASSES = ELEMENTS["blocks"]["classes"].split()
NEAR = ("weight", "link_share", "sentence_ends", "tag", "last_sign", "in_best", "style_good_share", "same_style")
NAMES = (
    TEXT_NAMES
    + LAYOUT_NAMES
    + LEVEL_NAMES
    + [f"under_{name}" for name in CONTAINERS]
    + ["under_unseen"]
    + [f"under_words_{name}" for name in CLASS_WORDS]
    + [f"says_{name}" for name in TEXT_WORDS]
    + [f"{name}_{offset:+d}" for offset in NEIGHBOURS for name in NEAR]
)
COLUMN = {name: number for number, name in enumerate(NAMES)}
FIRST_LAYOUT = len(TEXT_NAMES)
FIRST_UNDER = FIRST_LAYOUT + len(LAYOUT_NAMES) + len(LEVEL_NAMES)
NUM_CONTAINERS, NUM_WORDS = len(CONTAINERS), len(CLASS_WORDS)
FIRST_SAYS = FIRST_UNDER + NUM_CONTAINERS + 1 + NUM_WORDS
FIRST_NEAR = FIRST_SAYS + len(TEXT_WORDS)
NEAR_COLUMNS = np.array([COLUMN[name] for name in NEAR[:-1]], np.int64)
OFFSETS = np.array(NEIGHBOURS, np.int64)
CONTAINER_OF_TAG = np.zeros(256, np.uint32)
for _bit, _names in enumerate(CONTAINERS.values()):
    for _name in _names.split():
        CONTAINER_OF_TAG[ID[_name]] |= np.uint32(1 << _bit)
TAG_TABLE = np.zeros((256, 2), np.float32)
TAG_TABLE[:, 0] = len(TAG_CLASSES)
for _number, _name in enumerate(TAG_CLASSES):
    TAG_TABLE[ID[_name], 0] = _number
for _number in range(1, 7):
    TAG_TABLE[ID[f"h{_number}"], 1] = _number


def block_features(page: np.ndarray, scanned: Scanned) -> tuple[np.ndarray, np.ndarray]:
    """The features, float32 (blocks, NAMES), and the number of the style of each block, int64 (blocks,).

    page: uint8 (bytes,) in UTF-8, of which `scanned` was made.
    """
    blocks, elements = scanned.blocks, scanned.elements
    features = np.zeros((len(blocks), len(NAMES)), np.float32)
    if not len(blocks):
        return features, np.zeros(0, np.int64)
    first, last = scanned.title
    title = word_hashes(page, first, min(last, first + TITLE_BYTES))
    measure_texts(scanned.text, blocks, tables().text_words, title, FIRST_SAYS, features)
    weight, link_share = features[:, COLUMN["weight"]].astype(np.float64), features[:, COLUMN["link_share"]]
    good = np.where((weight >= GOOD_WEIGHT) & (link_share < GOOD_LINK_SHARE), weight, 0.0)
    sentences, title_share = features[:, COLUMN["sentence_ends"]], features[:, COLUMN["title_share"]]
    texts = np.stack([weight, weight * link_share, sentences, title_share], axis=1)
    style = measure_layout(elements, blocks, good, texts, TAG_TABLE, features[:, FIRST_LAYOUT:FIRST_UNDER])
    _around(elements, blocks, features, CONTAINER_OF_TAG)
    _neighbours(features, style, NEAR_COLUMNS, OFFSETS)
    return features, style


@njit(nogil=True, cache=True)
def _around(elements: np.ndarray, blocks: np.ndarray, features: np.ndarray, container_of_tag: np.ndarray) -> None:
    """Writes how many elements up the nearest one of each kind is, at most FAR: by its name, or by words in its class.

    elements: int64 (elements, 6). blocks: int64 (blocks, 12). features: float32 (blocks, NAMES). container_of_tag:
    uint32 (256,), bits of CONTAINERS.
    """
    width = NUM_CONTAINERS + 1 + NUM_WORDS
    near = np.full((len(elements), width), FAR, np.uint8)
    for e in range(len(elements)):
        parent = elements[e, PARENT]
        if parent >= 0:
            for g in range(width):
                near[e, g] = min(FAR, near[parent, g] + 1)
        bits = np.int64(container_of_tag[elements[e, TAG]]) | (elements[e, FLAGS] & UNSEEN) << NUM_CONTAINERS
        bits |= elements[e, WORDS] << (NUM_CONTAINERS + 1)
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
def _neighbours(features: np.ndarray, style: np.ndarray, columns: np.ndarray, offsets: np.ndarray) -> None:
    """Writes the NEAR columns of the blocks around each block; -1 beyond the ends of the page.

    features: float32 (blocks, NAMES). style: int64 (blocks,). columns: int64, NEAR_COLUMNS. offsets: int64, OFFSETS.
    """
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
