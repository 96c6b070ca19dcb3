"""From the true text of a page to a label for each of its blocks: how much of the block is in the true text.

The words of the page and of the truth are aligned (dynamic programming over both, in order), where a match counts far
more right after another match. So a short block such as a subheading is labelled by where it stands, and the same
words in a menu are not.
"""

import numpy as np
from numba import njit

from malmoi.corpus.learning.region_measure import FIND_WORDS

FIRST_MATCH, NEXT_MATCH = 1, 3
"""What a match is worth: the first of a run, and one right after another."""
MAX_CELLS = 60_000_000
"""Of the alignment: beyond it the page's words that the truth does not have are left out first, then its end."""


def label_blocks(texts: list[str], truth: str) -> tuple[np.ndarray, np.ndarray]:
    """Of each block the share of words that are in the true text, float64 (blocks,), and its words, int64 (blocks,).

    texts: of the blocks, in reading order. truth: the text that a reader came for.
    """
    words = [FIND_WORDS(text) for text in texts]
    number: dict[str, int] = {}
    true_ids = np.array([number.setdefault(word, len(number)) for word in FIND_WORDS(truth)], np.int32)
    owner = np.array([b for b, block_words in enumerate(words) for word in block_words if word in number], np.int32)
    ids = np.array([number[word] for block_words in words for word in block_words if word in number], np.int32)
    limit = MAX_CELLS // max(1, len(true_ids))
    matched = _align(ids[:limit], true_ids)
    lengths = np.array([len(block_words) for block_words in words], np.int64)
    shares = np.bincount(owner[:limit][matched], minlength=len(texts)) / np.maximum(1, lengths)
    return shares, lengths


@njit(nogil=True, cache=True)
def _align(page: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Bool (page words,): which words of the page the best alignment matches.

    page, true: int32, the ids of the words of both in order. Time and memory are the product of their lengths.
    """
    n, m = len(page), len(true)
    came = np.zeros((n + 1, m + 1), np.uint8)  # bits 0-1: from where the best comes; bit 2: a first match
    best = np.zeros((2, m + 1), np.int32)
    ended = np.full((2, m + 1), -(1 << 30), np.int32)  # the best that ends in a match here
    for i in range(1, n + 1):
        now, before = i & 1, (i - 1) & 1
        for j in range(1, m + 1):
            ended[now, j] = -(1 << 30)
            step = 0
            value = best[before, j]
            if best[now, j - 1] > value:
                value, step = best[now, j - 1], 1
            if page[i - 1] == true[j - 1]:
                first = best[before, j - 1] + FIRST_MATCH
                following = ended[before, j - 1] + NEXT_MATCH
                if following >= first:
                    ended[now, j] = following
                else:
                    ended[now, j] = first
                    step |= 4
                if ended[now, j] >= value:
                    value = ended[now, j]
                    step = (step & 4) | 2
            best[now, j] = value
            came[i, j] = step
    matched = np.zeros(n, np.bool_)
    i, j, in_match = n, m, False
    while i > 0 and j > 0:
        step = came[i, j]
        if in_match or step & 3 == 2:
            matched[i - 1] = True
            in_match = step & 4 == 0
            i -= 1
            j -= 1
        elif step & 3 == 1:
            j -= 1
        else:
            i -= 1
    return matched
