"""Pages that list other pages: teasers, each a link and a text cut off, one like the other. They are no prose.

What is taken of such a page reads like an article in pieces (adbar/trafilatura#811). It is told by what repeats:
siblings of one style that hold most of the text, each with its own link, most of them cut with an ellipsis or dated.
"""

import re
from collections import defaultdict

import numpy as np

from malmoi.corpus.html.attributes import attribute
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.region_text import block_reader
from malmoi.corpus.html.scan import ATTRIBUTES, ELEMENT, PARENT, STYLE, TAG, ancestors
from malmoi.corpus.html.tags import ID

LEAST_TEASERS = 4
"""Fewer teasers may stand below an article."""
MOST_SHARE = 0.7
"""The teasers hold so much of the text that was chosen."""
CUT_SHARE, DATED_SHARE = 0.5, 0.7
"""So many of them are cut off; or so many are dated and short, and a few are cut off."""
TEASER_CHARACTERS = 400
MAX_BLOCKS = 1_500
"""A page with more blocks is read as it is: this walks in Python."""
CUT = re.compile(
    r"(?:…|\.{3}|···|‥)\s*(?:\[?(?:더 ?보기|자세히(?: ?보기)?|more|read more|계속 ?읽기)\]?)?\s*$", re.IGNORECASE
)
DATE = re.compile(r"(?:19|20)?\d{2}\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}|\d+\s?(?:분|시간|일|주|개월|년) ?전")
A = ID["a"]


def num_teasers(parsed: Parsed) -> int:
    """How many teasers the chosen text of a page stands in; 0 for a page that is no index.

    A teaser is read whole, also where the model chose a part of it.
    """
    chosen = np.flatnonzero(parsed.chosen).tolist()
    if not chosen or len(parsed.chosen) > MAX_BLOCKS:
        return 0
    read = block_reader(parsed.scanned)
    if not any(CUT.search(read(number)) for number in chosen):
        return 0
    texts = {number: read(number) for number in range(len(parsed.chosen))}
    letters = sum(len(texts[number]) for number in chosen)
    best = 0
    for items in _alike(parsed, list(texts)):
        inside = sum(len(texts[number]) for blocks in items.values() for number in blocks if parsed.chosen[number])
        held = ["\n".join(texts[number] for number in blocks) for blocks in items.values()]
        if inside < MOST_SHARE * letters or any(len(text) > TEASER_CHARACTERS for text in held):
            continue
        linked = sum(_leads_away(parsed, element) for element in items) if _are_teasers(held) else 0
        best = max(best, len(items) if linked > MOST_SHARE * len(items) else 0)
    return best


def _are_teasers(texts: list[str]) -> bool:
    cut = sum(any(CUT.search(line) for line in text.split("\n")) for text in texts)
    dated = sum(DATE.search(text) is not None for text in texts)
    return cut >= CUT_SHARE * len(texts) or (dated >= DATED_SHARE * len(texts) and cut >= LEAST_TEASERS)


def _alike(parsed: Parsed, numbers: list[int]) -> list[dict[int, list[int]]]:
    """The groups of siblings of one tag and style; of each sibling (an element) the chosen blocks in it."""
    elements = parsed.scanned.elements
    groups: dict[tuple[int, int, int], dict[int, list[int]]] = defaultdict(dict)
    for number in numbers:
        for element in ancestors(elements, int(parsed.scanned.blocks[number, ELEMENT])):
            key = (int(elements[element, PARENT]), int(elements[element, TAG]), int(elements[element, STYLE]))
            groups[key].setdefault(element, []).append(number)
    return [group for group in groups.values() if len(group) >= LEAST_TEASERS]


def _leads_away(parsed: Parsed, element: int) -> bool:
    """Whether an element holds, or stands in, a link to another page."""
    elements, spans = parsed.scanned.elements, parsed.scanned.spans
    links = [above for above in ancestors(elements, element) if elements[above, TAG] == A]
    number = element + 1
    while number < len(elements) and elements[number, PARENT] >= element:
        if elements[number, TAG] == A:
            links.append(number)
        number += 1
    addresses = (attribute(parsed, int(spans[link, ATTRIBUTES]), b"href") or "" for link in links)
    return any(address.strip() and address.strip()[0] != "#" for address in addresses)
