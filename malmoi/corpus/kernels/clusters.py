"""Union-find over candidate pairs, and the choice of who stays in each cluster.

Documents are numbers 0..n-1, better ones first. Path halving, the smaller number as parent: 9.5 million edges/s on one
core (references/curation.md 3a); one ascending pass flattens the forest; a root is the best of its cluster.
"""

from typing import Any

import numpy as np
from numba import njit

from malmoi.corpus.kernels.signatures import similarity

COMPARED_IN_BUCKET = 3
"""With how many members of its bucket a document is compared: the first ones and the one before it."""

MOST_STAYING = 2_000
"""So many documents of one cluster are compared with its others: work stays linear in a cluster of any size."""


@njit(nogil=True, cache=True)
def link(keys: np.ndarray, members: np.ndarray, sketches: np.ndarray, least: float, parents: np.ndarray) -> int:
    """Joins what is alike within each bucket; returns the number of comparisons.

    keys: bucket of each entry, equal ones beside each other. members: the document of each entry. sketches: uint8, one
    row a document. least: estimated Jaccard similarity from which two documents are joined. parents: changed in place.
    """
    compared, head = 0, 0
    for k in range(1, len(keys)):
        if keys[k] != keys[k - 1]:
            head = k
            continue
        last = min(head + COMPARED_IN_BUCKET - 1, k - 1)
        for other in range(head, last + 1):
            compared += _join_if_alike(members[k], members[other], sketches, least, parents)
        if k - 1 > last:
            compared += _join_if_alike(members[k], members[k - 1], sketches, least, parents)
    return compared


@njit(nogil=True, cache=True)
def _join_if_alike(one: Any, other: Any, sketches: Any, least: Any, parents: Any) -> Any:
    left, right = _root(parents, one), _root(parents, other)
    if left == right:
        return 0
    if similarity(sketches[one], sketches[other]) >= least:
        parents[max(left, right)] = min(left, right)
    return 1


@njit(nogil=True, cache=True)
def _root(parents: Any, member: Any) -> Any:
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member


@njit(nogil=True, cache=True)
def flatten(parents: np.ndarray) -> None:
    """Points every document at its root. Right because a parent is never larger than its child."""
    for k in range(len(parents)):
        parents[k] = parents[parents[k]]


@njit(nogil=True, cache=True)
def choose(
    order: np.ndarray,
    roots: np.ndarray,
    sketches: np.ndarray,
    least: float,
    stands_for: np.ndarray,
    similarities: np.ndarray,
) -> None:
    """Who stays: the best of each cluster, then the best that is not like any that stays, and so on.

    Every document that goes is thus similar to one that stays, not only linked to it through a chain of others.
    order: documents by cluster (all of one beside each other), the best first. roots: the cluster of each document.
    stands_for: filled with the document that stays for each; its own number where it stays itself.
    similarities: filled with the estimated similarity to the one that stays, for those that go.
    """
    staying = np.empty(MOST_STAYING, np.int64)
    count = 0
    for k in range(len(order)):
        member = order[k]
        if k == 0 or roots[member] != roots[order[k - 1]]:
            count = 0
        stands_for[member] = member
        for s in range(count):
            alike = similarity(sketches[staying[s]], sketches[member])
            if alike >= least:
                stands_for[member], similarities[member] = staying[s], alike
                break
        if stands_for[member] == member and count < MOST_STAYING:
            staying[count] = member
            count += 1
