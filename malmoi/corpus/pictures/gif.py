"""GIF (GIF89a, CompuServe 1990): pictures, their timing and the loop, and no other extension."""

from malmoi.corpus.pictures.damage import DamagedError, take

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_PROFILE = b"ICCRGBG1012"


def clean(content: bytes) -> bytes:
    """The same pictures without comments, plain texts, XMP and other applications' blocks, and what follows the end.
    The loop and the ICC profile stay. Raises DamagedError.
    """
    head = take(content, 0, 13, "the head")
    at = 13 + _colours_bytes(head[10])
    kept, pictures = [take(content, 0, at, "the colours")], 0
    while True:
        sign = take(content, at, 1, "a block")[0]
        if sign == _TRAILER:
            break
        if sign == _EXTENSION:
            label = take(content, at, 2, "an extension")[1]
            end = _blocks_end(content, at + 2)
            kept.append(_extension(label, content[at:end]))
        elif sign == _IMAGE:
            data = at + 11 + _colours_bytes(take(content, at, 10, "a picture's head")[9])
            end, pictures = _blocks_end(content, data), pictures + 1
            kept.append(content[at:end])
        else:
            raise DamagedError(f"block {sign:02X} at byte {at:,}")
        at = end
    if not pictures:
        raise DamagedError("no picture in the file")
    return b"".join((*kept, bytes((_TRAILER,))))


def _colours_bytes(flags: int) -> int:
    """Size of the table that a head announces: three bytes a colour."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(content: bytes, at: int) -> int:
    """The place behind a chain of sub-blocks, each led by its length; 0 ends it."""
    while length := take(content, at, 1, "a sub-block")[0]:
        at += 1 + length
    return at + 1


def _extension(label: int, whole: bytes) -> bytes:
    """What is kept of an extension: timing, the number of rounds (3 bytes), the profile."""
    if label == _CONTROL:
        return take(whole, 0, 7, "a control block") + b"\0"
    if label != _APPLICATION or whole[2] != 11:
        return b""
    name = whole[3:14]
    if name in _LOOPS and len(whole) >= 19 and whole[14:16] == b"\x03\x01":
        return whole[:18] + b"\0"
    return whole if name == _PROFILE else b""
