"""Windows bitmaps: heads, palette and pixels, and nothing between, behind or beside them."""

import struct

from malmoi.corpus.pictures.damage import DamagedError, NotCleanedError, take

_PLAIN, _FIELDS = 0, (0, 3, 6)
"""Compressions: none; none and none with masks of bits."""
_INFO_BYTES = 40


def clean(content: bytes) -> bytes:
    """The same picture as a bitmap of version 3: profiles (which may name a file) and hidden bytes go.

    Raises DamagedError, and NotCleanedError for the rare compressed ones.
    """
    offset, size = struct.unpack_from("<II", take(content, 0, 18, "the heads"), 10)
    if size < _INFO_BYTES:
        raise NotCleanedError("a bitmap of OS/2")
    head = take(content, 14, size, "the head")
    width, height, _, depth, how, _, _, _, colours, _ = struct.unpack_from("<iiHHIIiiII", head, 4)
    if how not in _FIELDS or depth not in (1, 4, 8, 16, 24, 32):
        raise NotCleanedError(f"a bitmap of compression {how} and {depth} bits")
    if width <= 0 or height == 0:
        raise DamagedError(f"a bitmap of {width} by {height}")
    masks = b"" if how == _PLAIN else content[54 : 54 + (12 if how == 3 else 16)]
    palette = take(
        content, 14 + size + (len(masks) if size == _INFO_BYTES else 0), 4 * _colours(depth, colours), "the palette"
    )
    pixels = take(content, offset, (width * depth + 31) // 32 * 4 * abs(height), "the pixels")
    new = struct.pack(
        "<IiiHHIIiiII", _INFO_BYTES, width, height, 1, depth, how, len(pixels), 0, 0, len(palette) // 4, 0
    )
    start = 14 + _INFO_BYTES + len(masks) + len(palette)
    return struct.pack("<2sIII", b"BM", start + len(pixels), 0, start) + new + masks + palette + pixels


def _colours(depth: int, stated: int) -> int:
    """How many colours the palette has."""
    return min(stated or 2**depth, 2**depth) if depth <= 8 else 0
