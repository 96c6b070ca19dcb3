"""Union-find over candidate pairs, and the choice of who stays in each cluster.

Documents are numbers 0..n-1, better ones first. Path halving, the smaller number as parent: 9.5 million edges/s on one
core (references/curation.md 3a); one ascending pass flattens the forest; a root is the best of its cluster.
"""

from typing import Any

import numpy as np
from numba import njit

from malmoi.corpus.kernels.signatures import similarity

COMPARED_IN_BUCKET = 3
"""With how many members of its bucket a document is compared: the first ones and the one before it.
Recall and precision of the search with this number stand at NearDuplicate; other numbers were not measured."""

MOST_STAYING = 2_000
"""So many documents of one cluster are compared with its others: work stays linear in a cluster of any size."""


@njit(nogil=True, cache=True)
def pairs(keys: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which documents of each bucket are to be compared: two int64 arrays of documents, the better one first.

    keys: bucket of each entry, equal ones beside each other. members: the document of each entry, ascending within a
    bucket. Pairs are linear in the size of a bucket, and do not depend on what else there is.

    keys: uint64 (entries,). members: int64 (entries,).
    """
    left = np.empty((COMPARED_IN_BUCKET + 1) * len(keys), np.int64)
    right = np.empty_like(left)
    count, head = 0, 0
    for k in range(1, len(keys)):
        if keys[k] != keys[k - 1]:
            head = k
            continue
        last = min(head + COMPARED_IN_BUCKET - 1, k - 1)
        for other in range(head, last + 1):
            if members[other] != members[k]:
                left[count], right[count] = members[other], members[k]
                count += 1
        if k - 1 > last and members[k - 1] != members[k]:
            left[count], right[count] = members[k - 1], members[k]
            count += 1
    return left[:count].copy(), right[:count].copy()


@njit(nogil=True, cache=True)
def join(left: np.ndarray, right: np.ndarray, sketches: np.ndarray, least: float, parents: np.ndarray) -> int:
    """Joins the pairs that are alike; returns the number of comparisons.

    left, right: documents. sketches: uint8, one row a document. least: estimated Jaccard similarity from which two
    documents are joined. parents: changed in place. The clusters in the end do not depend on the order of pairs.

    left, right: int64 (pairs,). sketches: uint8 (documents, bins). parents: int64 (documents,).
    """
    compared = 0
    for k in range(len(left)):
        one, other = _root(parents, left[k]), _root(parents, right[k])
        if one != other:  # else they are in one cluster already
            compared += 1
            if similarity(sketches[left[k]], sketches[right[k]]) >= least:
                parents[max(one, other)] = min(one, other)  # the root is the best of its cluster
    return compared


@njit(nogil=True, cache=True)
def _root(parents: Any, member: Any) -> Any:
    """The root of a document's tree. On the way every second one is pointed at its grandparent (path halving, Tarjan
    and van Leeuwen 1984). parents: int64 (documents,).
    """
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member


@njit(nogil=True, cache=True)
def flatten(parents: np.ndarray) -> None:
    """Points every document at its root. Right because a parent is never larger than its child.

    parents: int64 (documents,), changed.
    """
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
    always: int = 0,
) -> None:
    """Who stays: the best of each cluster, then the best that is not like any that stays, and so on.

    Every document that goes is thus similar to one that stays, not only linked to it through a chain of others. order:
    documents by cluster (all of one beside each other), the best first. roots: the cluster of each document.
    stands_for: filled with the document that stays for each; its own number where it stays itself. similarities: filled
    with the estimated similarity to the one that stays, for those that go. always: documents below this number stay
    whatever they are like (those of an older corpus).

    order, roots, stands_for: int64. sketches: uint8 (documents, bins). similarities: float64. All but the sketches:
    (documents,).
    """
    staying = np.empty(MOST_STAYING, np.int64)
    count = 0
    for k in range(len(order)):
        member = order[k]
        if k == 0 or roots[member] != roots[order[k - 1]]:
            count = 0
        stands_for[member] = member
        for s in range(count if member >= always else 0):
            alike = similarity(sketches[staying[s]], sketches[member])
            if alike >= least:
                stands_for[member], similarities[member] = staying[s], alike
                break
        if stands_for[member] == member and count < MOST_STAYING:
            staying[count] = member
            count += 1
