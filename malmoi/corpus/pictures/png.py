"""PNG (W3C, third edition, APNG within): the chunks that pixels and colours need, and no others."""

import zlib

from malmoi.corpus.pictures.damage import DamagedError, take
from malmoi.corpus.pictures.exif import only_orientation, orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_SHOWN = frozenset((*_CRITICAL, *b"tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs cICP mDCV cLLI acTL fcTL fdAT".split()))
_MOST_CHUNKS = 200_000


def clean(content: bytes) -> bytes:
    """The same picture without eXIf (but its orientation), texts (tEXt, zTXt, iTXt: XMP), times, private chunks and
    what follows its end. The ICC profile stays, its name does not. Raises DamagedError.
    """
    kept, at, seen, turned, place = [SIGNATURE], len(SIGNATURE), set(), 1, 1
    for _ in range(_MOST_CHUNKS):
        head = take(content, at, 8, "a chunk's head")
        length, kind = int.from_bytes(head[:4]), head[4:]
        body = take(content, at + 8, length, f"chunk {kind!r}")
        check = take(content, at + 8 + length, 4, f"the checksum of {kind!r}")
        at += 12 + length
        if not seen and kind != b"IHDR":
            raise DamagedError(f"the first chunk is {kind!r}, not IHDR")
        if kind in _CRITICAL and zlib.crc32(kind + body) != int.from_bytes(check):
            raise DamagedError(f"the checksum of {kind!r} is wrong")
        seen.add(kind)
        if kind == b"eXIf":
            turned = orientation(body)
        if kind in _SHOWN:
            kept.append(_chunk(kind, _without_name(body) if kind == b"iCCP" else body))
        place = 2 if kind == b"IHDR" else place
        if kind == b"IEND":
            break
    if not {b"IDAT", b"IEND"} <= seen:
        raise DamagedError("no IDAT, or no IEND")
    if turned != 1:
        kept.insert(place, _chunk(b"eXIf", only_orientation(turned)))
    return b"".join(kept)


def _without_name(profile: bytes) -> bytes:
    """An iCCP chunk begins with a name and a NUL; it may be anything and is shown nowhere."""
    return b"ICC\0" + profile[profile.find(b"\0", 0, 80) + 1 :]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
