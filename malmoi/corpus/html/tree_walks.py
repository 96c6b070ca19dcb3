"""Walks over the elements of a scanned page, compiled: what stands around what. A parent has the lower number.

elements: int64 (elements, 6), as scanned. A mask is bool (256,), by the id of a tag (tags.tag_mask).
"""

import numpy as np
from numba import njit

from malmoi.corpus.html.scan import PARENT, TAG


@njit(nogil=True, cache=True)
def innermost(elements: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """int64 (elements,): the innermost element of the mask around each element, or the element itself; 0 for none."""
    found = np.zeros(len(elements), np.int64)
    for e in range(1, len(elements)):
        found[e] = e if mask[elements[e, TAG]] else found[elements[e, PARENT]]
    return found


@njit(nogil=True, cache=True)
def is_within(elements: np.ndarray, element: int, box: int) -> bool:
    """Whether an element is the box, which is not the page (0), or stands inside it."""
    while element > box:
        element = elements[element, PARENT]
    return element == box and box > 0
