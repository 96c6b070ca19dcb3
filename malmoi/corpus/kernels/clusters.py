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

CHAIN, SWEPT = 3, 1_000
"""From so many steps between its ends on a cluster of at most SWEPT documents is a chain: the copies of one text are
two steps from each other at most, over that text."""


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
    """Who stays: the best of each cluster, then the best that is not like any that stays, and so on. Where a cluster is
    a chain, its two ends come before the best.

    Every document that goes is thus similar to one that stays, not only linked to it through a chain of others. order:
    documents by cluster (all of one beside each other), the best first. roots: the cluster of each document.
    stands_for: filled with the document that stays for each; its own number where it stays itself. similarities: filled
    with the estimated similarity to the one that stays, for those that go. always: documents below this number stay
    whatever they are like (those of an older corpus).

    order, roots, stands_for: int64. sketches: uint8 (documents, bins). similarities: float64. All but the sketches:
    (documents,).
    """
    staying = np.empty(MOST_STAYING, np.int64)
    distances = np.empty(SWEPT, np.int64)
    first = 0
    while first < len(order):
        last = first + 1
        while last < len(order) and roots[order[last]] == roots[order[first]]:
            last += 1
        one, other = _ends(order[first:last], sketches, least, distances)
        count = 0
        for turn in range(3):  # documents of an older corpus, the ends of a chain, all others
            for k in range(first, last):
                member = order[k]
                is_end = member in (one, other)
                if turn != (0 if member < always else 1 if is_end else 2):
                    continue
                stands_for[member] = member
                for s in range(count if member >= always else 0):
                    alike = similarity(sketches[staying[s]], sketches[member])
                    if alike >= least:
                        stands_for[member], similarities[member] = staying[s], alike
                        break
                if stands_for[member] == member and count < MOST_STAYING:
                    staying[count] = member
                    count += 1
        first = last


@njit(nogil=True, cache=True)
def _ends(members: Any, sketches: Any, least: Any, distances: Any) -> Any:
    """The two documents farthest from each other, by steps between those that are alike, if they are CHAIN steps apart.

    Only they hold the beginning and the end of a text that slides (pages of a thread, a log written on). Found by
    sweeps in breadth, exact for a chain; where all are like the best one, the first says that there is none. Else
    -1, -1.

    members: int64, of one cluster, the best first. distances: int64 (SWEPT,), room.
    """
    if len(members) <= CHAIN or len(members) > SWEPT:
        return -1, -1
    far, steps = _farthest(members, 0, sketches, least, distances)
    if steps >= 2:
        far, steps = _farthest(members, far, sketches, least, distances)
    if steps < CHAIN:
        return -1, -1
    one = _outermost(members, steps, sketches, distances)
    _, steps = _farthest(members, one, sketches, least, distances)
    return members[one], members[_outermost(members, steps, sketches, distances)]


@njit(nogil=True, cache=True)
def _farthest(members: Any, start: Any, sketches: Any, least: Any, distances: Any) -> Any:
    """The place of the member that is most steps from the one at `start`, and the steps: a search in breadth."""
    distances[: len(members)] = -1
    queue = np.empty(len(members), np.int64)
    queue[0], distances[start], size = start, 0, 1
    at = 0
    while at < size and size < len(members):
        for k in range(len(members)):
            if distances[k] < 0 and similarity(sketches[members[queue[at]]], sketches[members[k]]) >= least:
                queue[size], distances[k] = k, distances[queue[at]] + 1
                size += 1
        at += 1
    return queue[size - 1], distances[queue[size - 1]]


@njit(nogil=True, cache=True)
def _outermost(members: Any, steps: Any, sketches: Any, distances: Any) -> Any:
    """Of the members that are so many steps away, the place of the one that is least like all the others together."""
    best, least_sum = -1, np.inf
    for k in range(len(members)):
        if distances[k] == steps:
            total = 0.0
            for other in range(len(members)):
                total += similarity(sketches[members[k]], sketches[members[other]])
            if total < least_sum:
                best, least_sum = k, total
    return best
