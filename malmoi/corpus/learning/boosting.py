"""Gradient boosting over histograms (Friedman 2001): how the trees of the core region are learnt."""

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from malmoi.corpus.html.boosting import EVER_LEFT, Trees

EDGE_ROWS = 20_000
"""So many rows tell where the bins of a column lie."""


@dataclass(frozen=True)
class Boosting:
    """How trees are grown. Defaults found by cross-validation on the training pages; they matter little."""

    num_trees: int = 100
    depth: int = 5
    rate: float = 0.1
    ridge: float = 5.0
    column_share: float = 0.3
    row_share: float = 0.8
    bins: int = 64
    least_hessian: float = 4.0
    seed: int = 1


def boost(features: np.ndarray, labels: np.ndarray, weights: np.ndarray, how: Boosting) -> Trees:
    """Trees that tell the log odds of a label of 1 from float32 (rows, columns). Labels may lie between 0 and 1."""
    random = np.random.default_rng(how.seed)
    edges, binned = _bin(features, how.bins)
    inner, leaves = 2**how.depth - 1, 2**how.depth
    trees = Trees(
        np.zeros((how.num_trees, inner), np.int16),
        np.full((how.num_trees, inner), EVER_LEFT, np.float32),
        np.zeros((how.num_trees, leaves), np.float32),
    )
    weights = (weights / weights.mean()).astype(np.float32)
    log_odds = np.zeros(len(labels), np.float32)
    for t in range(how.num_trees):
        chance = 1 / (1 + np.exp(-log_odds))
        drawn = weights * (random.random(len(labels), np.float32) < how.row_share)
        slopes = np.stack([drawn * (chance - labels), drawn * np.maximum(chance * (1 - chance), 1e-6)], axis=1)
        columns = np.sort(random.permutation(features.shape[1])[: max(1, int(how.column_share * features.shape[1]))])
        node = _grow(binned, edges, slopes, columns, how, trees, t)
        log_odds += trees.leaf[t][node]
    return trees


def bag(features: np.ndarray, labels: np.ndarray, weights: np.ndarray, how: Boosting, bags: int) -> Trees:
    """The mean of as many models that differ by their seed: what one draw of rows and columns got wrong evens out."""
    sets = [boost(features, labels, weights, replace(how, seed=how.seed + number)) for number in range(bags)]
    column, threshold, leaf = (np.concatenate(arrays) for arrays in zip(*sets, strict=True))
    return Trees(column, threshold, leaf / np.float32(bags))


def _bin(features: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """float32 (columns, bins - 1) upper edges and uint8 (columns, rows): the number of edges below a value."""
    edges = np.full((features.shape[1], bins - 1), np.inf, np.float32)
    sample = features[:: max(1, len(features) // EDGE_ROWS)]
    for c in range(features.shape[1]):
        ordered = np.sort(sample[:, c])
        values = np.unique(ordered)
        if len(values) > bins:
            values = np.unique(ordered[np.arange(bins) * len(ordered) // bins])
        edges[c, : len(values) - 1] = (values[:-1] + values[1:]) / 2
    binned = np.empty((features.shape[1], len(features)), np.uint8)
    _place(features, edges, binned)
    return edges, binned


@njit(nogil=True, cache=True)
def _place(features: np.ndarray, edges: np.ndarray, binned: np.ndarray) -> None:
    for c in range(features.shape[1]):
        for r in range(len(features)):
            low, high = 0, edges.shape[1]
            while low < high:
                middle = (low + high) // 2
                if edges[c, middle] < features[r, c]:
                    low = middle + 1
                else:
                    high = middle
            binned[c, r] = low


def _grow(
    binned: np.ndarray,
    edges: np.ndarray,
    slopes: np.ndarray,
    columns: np.ndarray,
    how: Boosting,
    trees: Trees,
    t: int,
) -> np.ndarray:
    """Writes tree t; returns the leaf of each row. slopes: gradient and hessian of each row."""
    node = np.zeros(binned.shape[1], np.int32)  # within the level
    for level in range(how.depth):
        sums = _sums(binned, slopes, node, columns, how.bins, 2**level)
        column, cut = _best_cuts(sums, how.ridge, how.least_hessian)
        first = 2**level - 1
        for k in range(2**level):
            if column[k] >= 0:
                trees.column[t, first + k] = columns[column[k]]
                trees.threshold[t, first + k] = edges[columns[column[k]], cut[k]]
        _move(binned, node, np.where(column >= 0, columns[np.maximum(column, 0)], -1), cut)
    leaves = 2**how.depth
    total, mass = (np.bincount(node, slopes[:, side], leaves) for side in (0, 1))
    trees.leaf[t] = -how.rate * total / (mass + how.ridge)
    return node


@njit(nogil=True, cache=True)
def _sums(
    binned: np.ndarray, slopes: np.ndarray, node: np.ndarray, columns: np.ndarray, bins: int, nodes: int
) -> np.ndarray:
    """Gradient and hessian by column, node and bin: float64 (columns, nodes, bins, 2)."""
    sums = np.zeros((len(columns), nodes, bins, 2))
    for c in range(len(columns)):
        values = binned[columns[c]]
        for r in range(len(node)):
            here = sums[c, node[r], values[r]]
            here[0] += slopes[r, 0]
            here[1] += slopes[r, 1]
    return sums


@njit(nogil=True, cache=True)
def _best_cuts(sums: np.ndarray, ridge: float, least: float) -> tuple[np.ndarray, np.ndarray]:
    """For each node the column (-1: none gains) and the bin after which to cut."""
    num_columns, nodes, bins, _ = sums.shape
    best_column, best_cut = np.full(nodes, -1, np.int64), np.zeros(nodes, np.int64)
    for k in range(nodes):
        best = 1e-6
        for c in range(num_columns):
            total_gradient, total_hessian = sums[c, k, :, 0].sum(), sums[c, k, :, 1].sum()
            whole = total_gradient * total_gradient / (total_hessian + ridge)
            gradient, hessian = 0.0, 0.0
            for b in range(bins - 1):
                gradient += sums[c, k, b, 0]
                hessian += sums[c, k, b, 1]
                rest = total_hessian - hessian
                if hessian < least or rest < least:
                    continue
                other = total_gradient - gradient
                gain = gradient * gradient / (hessian + ridge) + other * other / (rest + ridge) - whole
                if gain > best:
                    best, best_column[k], best_cut[k] = gain, c, b
    return best_column, best_cut


@njit(nogil=True, cache=True)
def _move(binned: np.ndarray, node: np.ndarray, column: np.ndarray, cut: np.ndarray) -> None:
    """Every row to its node on the next level."""
    for r in range(len(node)):
        k = node[r]
        right = column[k] >= 0 and binned[column[k], r] > cut[k]
        node[r] = 2 * k + right
