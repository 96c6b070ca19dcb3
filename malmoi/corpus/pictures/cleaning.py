"""Pictures without what tells of people: place, device, serial number, author, thumbnails. Pixels stay as they are.

Nothing is decoded: segments and chunks that pixels and colours do not need are left out, so that a picture loses
nothing and a hostile one costs no more than its bytes. What is not on the list of what is needed goes, known or not.
Refused, and so never stored: TIFF, HEIC, AVIF and icons, whose metadata lies anywhere in the file, and what is broken.
"""

from collections.abc import Callable

from malmoi.corpus.pictures import bmp, gif, jpeg, png, svg, webp
from malmoi.corpus.pictures.damage import NotCleanedError

_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    ".jpg": jpeg.clean,
    ".png": png.clean,
    ".webp": webp.clean,
    ".gif": gif.clean,
    ".bmp": bmp.clean,
}


def cleaned(content: bytes, suffix: str) -> bytes:
    """A picture without metadata. suffix: what its first bytes say that it is (".jpg").

    Raises DamagedError where it is broken, NotCleanedError where its format is not cleaned.
    """
    if suffix == ".svg":
        return svg.clean(content, cleaned)
    if suffix not in _CLEANERS:
        raise NotCleanedError(f"metadata is not taken out of {suffix} pictures")
    return _CLEANERS[suffix](content)
