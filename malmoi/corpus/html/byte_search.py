"""Looking for bytes in a page, many at a time: most bytes of a page are passed over here. Compiled."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types, uint64
from numba.extending import intrinsic

WIDTH = 32
"""Bytes that are compared at once: a vector register of AVX2 holds so many."""
PIECE_BYTES = 4096


def _borrowed(_typing: Any, array: Any) -> Any:
    """An array that a caller holds, without its counter of references.

    A compiled function counts every array that it is given up and down, with locked instructions; of small functions
    that are called for every tag that was a quarter of the time. Only for arrays that are arguments of the caller.
    """

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo, view.parent = view.meminfo.type(None), view.parent.type(None)
        return view._getvalue()  # noqa: SLF001 (so the guide of numba.extending has it)

    return array(array), written


borrowed: Any = intrinsic(_borrowed)


@intrinsic
def _first_of_32(_typing: Any, page: Any, start: Any, byte: Any) -> Any:  # noqa: ARG001 (names of arguments)
    """The position, from `start`, of the first such byte among page[start : start + WIDTH]; WIDTH if there is none."""

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        lanes, mask = ir.VectorType(ir.IntType(8), WIDTH), ir.IntType(WIDTH)
        block = builder.load(builder.bitcast(builder.gep(data, [arguments[1]]), lanes.as_pointer()), align=1)
        wanted = builder.insert_element(ir.Constant(lanes, ir.Undefined), arguments[2], ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), None)
        is_wanted = builder.icmp_unsigned("==", block, builder.shuffle_vector(wanted, wanted, zeros))
        count = builder.cttz(builder.bitcast(is_wanted, mask), ir.IntType(1)(0))
        return builder.zext(count, ir.IntType(64))

    return types.uint64(page, types.uint64, types.uint8), written


@njit(nogil=True, cache=True)
def count_byte(page: np.ndarray, byte: int) -> int:
    """How often the byte stands in the page."""
    count, wanted = 0, np.uint8(byte)
    for k in range(uint64(len(page))):
        count += page[k] == wanted
    return count


@njit(nogil=True, cache=True)
def find_byte(page: np.ndarray, i: int, byte: int) -> int:
    """The offset of the next such byte at or after page[i]; the length of the page if there is none.

    Offsets are unsigned: numba then leaves out the check for negative indices.
    """
    k, n, wanted = uint64(i), uint64(len(page)), np.uint8(byte)
    while k + uint64(WIDTH) <= n:
        first = _first_of_32(page, k, wanted)  # pyright: ignore[reportCallIssue]
        if first < uint64(WIDTH):
            return np.int64(k + first)  # pyright: ignore[reportReturnType]
        k += uint64(WIDTH)
    while k < n and page[k] != wanted:
        k += uint64(1)
    return np.int64(k)  # pyright: ignore[reportReturnType]


@njit(nogil=True, cache=True)
def holds_fours(page: np.ndarray, fours: np.ndarray) -> np.ndarray:
    """Whether each of the words of four bytes, uint8 (words, 4), stands anywhere in the page; bool (words,).

    Without a branch inside a piece, so that the compiler compares many bytes at once: several times as quick as `in`.
    """
    held = np.zeros(len(fours), np.bool_)
    for start in range(0, len(page) - 3, PIECE_BYTES):
        size = min(PIECE_BYTES, len(page) - 3 - start)
        here, next_1 = page[start : start + size], page[start + 1 : start + 1 + size]
        next_2, next_3 = page[start + 2 : start + 2 + size], page[start + 3 : start + 3 + size]
        for word in range(len(fours)):
            a, b, c, d = fours[word, 0], fours[word, 1], fours[word, 2], fours[word, 3]
            found = False
            for k in range(uint64(size)):
                found |= (here[k] == a) & (next_1[k] == b) & (next_2[k] == c) & (next_3[k] == d)
            held[word] |= found
    return held
