"""JPEG (ITU-T T.81; JFIF: T.871; Adobe's APP14: T.872): the segments that pixels need, and no others."""

from malmoi.corpus.pictures.damage import DamagedError, take
from malmoi.corpus.pictures.exif import only_orientation, orientation

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_JFIF, _EXIF, _ICC, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_NEEDED = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xE0)})
"""Frames, tables, scans, restart intervals. Not: application segments, comments, reserved markers."""
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
"""Without the thumbnail, and without what may follow the transform flag."""


def clean(content: bytes) -> bytes:
    """The same picture without Exif (but a turned picture's orientation), XMP, IPTC, maker's notes, thumbnails,
    comments, other pictures (MPF) and what follows its end. The ICC profile stays. Raises DamagedError.
    """
    kept, at, turned, has_scan = [content[:2]], 2, 1, False
    while True:
        marker, at = _marker(content, at)
        if marker == _END:
            break
        length = int.from_bytes(take(content, at, 2, "a segment's length"))
        body = take(content, at + 2, length - 2, f"segment FF{marker:02X}")
        at += length
        if marker == _APP1 and body.startswith(_EXIF):
            turned = orientation(body[len(_EXIF) :])
        part = _needed(marker, body)
        if part is not None:
            kept.append(_segment(marker, part))
        if marker == _SCAN:
            has_scan, end = True, _scan_end(content, at)
            kept.append(content[at:end])
            at = end
    if not has_scan:
        raise DamagedError("no scan before the end of the picture")
    if turned != 1:
        place = 2 if len(kept) > 1 and kept[1][1] == _APP0 else 1  # JFIF comes first
        kept.insert(place, _segment(_APP1, _EXIF + only_orientation(turned)))
    return b"".join((*kept, bytes((0xFF, _END))))


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker at this place and the place behind it; fill bytes (FF FF) are passed over."""
    if take(content, at, 2, "a marker")[0] != 0xFF:
        raise DamagedError(f"no marker at byte {at:,}")
    at += 1
    while take(content, at, 1, "a marker")[0] == 0xFF:
        at += 1
    marker = content[at]
    if marker in (0x00, 0x01, _START) or 0xD0 <= marker <= 0xD7:
        raise DamagedError(f"marker FF{marker:02X} at byte {at:,}, outside a scan")
    return marker, at + 1


def _needed(marker: int, body: bytes) -> bytes | None:
    """What is kept of a segment's body; None: nothing."""
    if marker in _NEEDED or (marker == _APP2 and body.startswith(_ICC)):
        return body
    if marker == _APP0 and body.startswith(_JFIF) and len(body) >= _JFIF_BYTES:
        return body[: _JFIF_BYTES - 2] + b"\0\0"
    return body[:_ADOBE_BYTES] if marker == _APP14 and body.startswith(_ADOBE) else None


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def _scan_end(content: bytes, at: int) -> int:
    """Where the coded data of a scan ends: at the first marker that is neither stuffing (FF00) nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise DamagedError("the picture has no end: it is cut off")
        following = content[at + 1]
        if following == 0xFF:
            at += 1
        elif following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        else:
            return at
