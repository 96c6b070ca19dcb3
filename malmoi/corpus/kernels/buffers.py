"""Between Arrow string arrays and the flat byte and offset arrays that the kernels read: no Python string is made."""

from typing import cast

import numpy as np
import pyarrow as pa
from numba import njit

SEPARATOR = 10
"""The byte that `joined` puts around every text: no pattern may match a newline, so none matches across two texts."""


def string_buffers(array: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The UTF-8 bytes (uint8) of all texts and their offsets (int64, one more than there are texts).

    Text d is data[offsets[d]:offsets[d + 1]]. Nothing is copied but the offsets of small strings. A null is empty.
    """
    if isinstance(array, pa.ChunkedArray):
        array = cast(pa.Array, array.combine_chunks())
    kind = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, places, content = array.buffers()
    if places is None or content is None:
        return np.empty(0, np.uint8), np.zeros(len(array) + 1, np.int64)
    offsets = np.frombuffer(places, kind)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(content, np.uint8), offsets.astype(np.int64)


def string_array(data: np.ndarray | bytes, offsets: np.ndarray, null_like: pa.Array | None = None) -> pa.Array:
    """A large_string array over `data` and int64 `offsets`; null where `null_like` is null. Nothing is copied.

    data: uint8 (bytes,), UTF-8. offsets: int64 (strings + 1,), the first one 0 or more.
    """
    missing = null_like.is_valid() if null_like is not None and null_like.null_count else None
    validity = missing.buffers()[1] if missing is not None else None
    buffers = [validity, pa.py_buffer(np.ascontiguousarray(offsets, np.int64)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


@njit(nogil=True, cache=True)
def joined(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The texts one after another, a SEPARATOR first and after each, and the start of each text in that.

    The last start is that of a text that would follow: text d is result[starts[d]:starts[d + 1] - 1].

    data: uint8 (bytes,). offsets: int64 (texts + 1,). Returns uint8 (bytes + texts + 1,) and int64 (texts + 1,).
    """
    starts = offsets - offsets[0] + np.arange(1, len(offsets) + 1)
    result = np.empty(starts[-1], np.uint8)
    result[0] = SEPARATOR
    for d in range(len(offsets) - 1):
        length = offsets[d + 1] - offsets[d]
        result[starts[d] : starts[d] + length] = data[offsets[d] : offsets[d + 1]]
        result[starts[d] + length] = SEPARATOR
    return result, starts
