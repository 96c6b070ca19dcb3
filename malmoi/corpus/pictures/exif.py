"""Of Exif (CIPA DC-008, TIFF 6.0 inside) the one field that changes how a picture is shown: its orientation."""

import struct

_ORIENTATION, _SHORT = 0x0112, 3
_MOST_FIELDS = 1_000


def orientation(block: bytes) -> int:
    """1 to 8 as in the first directory of a block that begins as TIFF does; 1 where it says nothing or is broken."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        for number in range(min(count, _MOST_FIELDS)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def only_orientation(value: int) -> bytes:
    """A block with this field and no other: 26 bytes."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0)
