"""Gradient-boosted trees for yes or no: their form and how rows are scored. learning/boosting.py grows them.

All trees have one depth and are stored as full trees: the node after `node` is 2 * node + 1, or one more where the
value is above the threshold. LANES rows go down a tree together: every node compares all of them at once and takes for
each what came from its right or its left side, so that no step waits for another and none is a branch. That is 4 to 5
times as quick as following each row's way, and gives the same bits.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types, uint64
from numba.extending import intrinsic

EVER_LEFT = np.float32(np.inf)
"""The threshold of a node that does not split."""
DEPTH = 5
INNER = 2**DEPTH - 1
"""Nodes of a tree that ask for a column."""
LANES = 16
"""Rows that go together: a vector register of AVX-512 holds so many float32; narrower machines take two or four."""


class Trees(NamedTuple):
    """A sum of trees. column: int16 and threshold: float32, both (trees, INNER); leaf: float32 (trees, INNER + 1).

    A row goes right where its column is above the threshold; the leaf that it reaches is added to its log odds.
    """

    column: np.ndarray
    threshold: np.ndarray
    leaf: np.ndarray


@intrinsic
def _add_tree(_typing: Any, rows: Any, column: Any, threshold: Any, leaf: Any, sums: Any) -> Any:
    """Adds to sums, float32 (LANES,), the leaves of one tree. rows: float32 (columns * LANES,), a column after another.

    column: int16 and threshold: float32, both (INNER,); leaf: float32 (INNER + 1,).
    """

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pairs = zip(signature.args, arguments, strict=True)
        rows, column, threshold, leaf, sums = (
            context.make_array(kind)(context, builder, array).data for kind, array in pairs
        )
        lanes, index = ir.VectorType(ir.FloatType(), LANES), ir.IntType(64)

        def item(array: Any, position: int) -> Any:
            return builder.load(builder.gep(array, [index(position)]))

        def in_all_lanes(value: Any) -> Any:
            first = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, ir.IntType(32)(0))
            return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), None))

        def value_of(node: int) -> Any:
            if node >= INNER:
                return in_all_lanes(item(leaf, node - INNER))
            start = builder.mul(builder.zext(item(column, node), index), index(LANES))
            values = builder.load(builder.bitcast(builder.gep(rows, [start]), lanes.as_pointer()), align=4)
            is_right = builder.fcmp_ordered(">", values, in_all_lanes(item(threshold, node)))
            return builder.select(is_right, value_of(2 * node + 2), value_of(2 * node + 1))

        total = builder.bitcast(sums, lanes.as_pointer())
        builder.store(builder.fadd(builder.load(total, align=4), value_of(0)), total, align=4)
        return context.get_dummy_value()

    return types.void(rows, column, threshold, leaf, sums), written


@njit(nogil=True, cache=True)
def log_odds(features: np.ndarray, column: np.ndarray, threshold: np.ndarray, leaf: np.ndarray) -> np.ndarray:
    """float32 (rows,): the sum of the leaves that each row of features, float32 (rows, columns), reaches.

    column, threshold, leaf: the fields of Trees.
    """
    num_rows, num_columns = features.shape
    assert column.shape[1] == INNER and leaf.shape[1] == INNER + 1
    assert column.size == 0 or (column.min() >= 0 and column.max() < num_columns)
    result = np.empty((num_rows + LANES - 1) // LANES * LANES, np.float32)
    rows = np.zeros(num_columns * LANES, np.float32)
    for start in range(0, num_rows, LANES):
        for lane in range(min(LANES, num_rows - start)):
            row = features[start + lane]
            for c in range(num_columns):
                rows[uint64(c * LANES + lane)] = row[c]
        sums = result[start : start + LANES]
        sums[:] = 0
        for t in range(len(column)):
            _add_tree(rows, column[t], threshold[t], leaf[t], sums)  # pyright: ignore[reportCallIssue]
    return result[:num_rows]
