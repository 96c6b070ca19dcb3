"""WebP (RFC 9649): the chunks that pixels and colours need, and no others."""

from collections.abc import Iterator

from malmoi.corpus.pictures.damage import DamagedError, take
from malmoi.corpus.pictures.exif import only_orientation, orientation

_SHOWN = frozenset((b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"))
_FRAME_HEAD_BYTES = 16
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def clean(content: bytes) -> bytes:
    """The same picture without EXIF (but its orientation), XMP, unknown chunks and what follows its end.

    Raises DamagedError.
    """
    size = int.from_bytes(take(content, 4, 4, "the RIFF head"), "little")
    body = take(content, 12, size - 4, "the RIFF body")
    chunks = list(_chunks(body))
    if not any(kind in (b"VP8 ", b"VP8L", b"ANMF") for kind, _ in chunks):
        raise DamagedError("no picture in the file")
    exif = next((part for kind, part in chunks if kind == b"EXIF"), b"").removeprefix(b"Exif\0\0")
    turned = orientation(exif)
    kept = [_chunk(kind, _shown(kind, part, turned)) for kind, part in chunks if kind in _SHOWN]
    if turned != 1 and chunks[0][0] == b"VP8X":
        kept.append(_chunk(b"EXIF", only_orientation(turned)))
    whole = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(whole).to_bytes(4, "little") + whole


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(body):
        head = take(body, at, 8, "a chunk's head")
        length = int.from_bytes(head[4:], "little")
        yield head[:4], take(body, at + 8, length, f"chunk {head[:4]!r}")
        at += 8 + length + length % 2


def _shown(kind: bytes, part: bytes, turned: int) -> bytes:
    """VP8X without the flags of what is gone; a frame of an animation without chunks that nobody knows."""
    if kind == b"VP8X":
        flags = take(part, 0, 10, "VP8X")[0] & ~(_EXIF_FLAG | _XMP_FLAG)
        return bytes((flags | (_EXIF_FLAG if turned != 1 else 0),)) + part[1:10]
    if kind == b"ANMF":
        frame = [_chunk(*pair) for pair in _chunks(part[_FRAME_HEAD_BYTES:]) if pair[0] in (b"ALPH", b"VP8 ", b"VP8L")]
        return take(part, 0, _FRAME_HEAD_BYTES, "a frame's head") + b"".join(frame)
    return part


def _chunk(kind: bytes, part: bytes) -> bytes:
    return kind + len(part).to_bytes(4, "little") + part + b"\0" * (len(part) % 2)
