"""Stored pictures tell nothing of a place, a device or a person, and show what they showed."""

import hashlib
import io
import time
import warnings
from pathlib import Path
from urllib.parse import unquote

import marked_pictures
import pytest
from PIL import Image, ImageSequence

from malmoi.corpus import media
from malmoi.corpus.pictures.cleaning import cleaned
from malmoi.corpus.pictures.damage import DamagedError, NotCleanedError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="3" height="3"/></svg>'


@pytest.fixture(scope="module")
def planted() -> list[tuple[str, bytes, str]]:
    return list(marked_pictures.planted())


def shown(content: bytes) -> tuple[object, ...]:
    """All frames as pixels with their time, the profile, the loop, the orientation, the size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow says that a made-up MPF segment is none
        picture = Image.open(io.BytesIO(content))
        told = picture.info.get("icc_profile"), picture.info.get("loop"), picture.getexif().get(0x112, 1), picture.size
        frames = [(one.convert("RGBA").tobytes(), one.info.get("duration")) for one in ImageSequence.Iterator(picture)]
    return frames, told


def test_no_place_serial_number_or_person_is_left_in_any_picture_by_a_search_of_its_bytes(planted):
    holding = [
        name for name, content, _ in planted if any(word.encode() in content for word in marked_pictures.SECRETS)
    ]
    left = [
        name
        for name, content, suffix in planted
        if any(word.encode() in cleaned(content, suffix) for word in marked_pictures.SECRETS)
    ]
    print(f"pictures with secrets: {len(holding)} of {len(planted)}, and cleaned {len(left)}")
    assert len(holding) >= 200
    assert left == []


def test_pixels_frames_profile_loop_and_orientation_are_equal(planted):
    raster = [one for one in planted if one[2] != ".svg"]
    assert len(raster) >= 190
    assert [name for name, content, suffix in raster if shown(content) != shown(cleaned(content, suffix))] == []


def test_a_cleaned_picture_stays_as_it_is(planted):
    once = {name: (cleaned(content, suffix), suffix) for name, content, suffix in planted}
    assert len(once) > 200
    assert [name for name, (content, suffix) in once.items() if cleaned(content, suffix) != content] == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_stays_and_nothing_else_of_exif(orientation: int):
    base = marked_pictures.saved(marked_pictures.drawing(), format="JPEG")
    block = b"Exif\0\0" + marked_pictures.exif(orientation)
    content = base[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2) + block + base[2:]
    picture = Image.open(io.BytesIO(cleaned(content, ".jpg")))
    assert dict(picture.getexif()) == ({} if orientation == 1 else {0x112: orientation})


@pytest.mark.parametrize(
    "inside",
    [
        "<style>a{background:image('http://out.example/x')}</style>",
        '<style>a{background:cross-fade("x.out.example", "y")}</style>',
        '<rect style="--x:http://out.example"/>',
        '<rect style="fill:u\\72l(out.example)"/>',
        '<rect style="background:url(/**/out.example)"/>',
    ],
)
def test_no_way_of_css_to_name_an_address_stays(inside):
    assert b"out.example" not in cleaned(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode(), ".svg")


def test_shapes_texts_and_inner_addresses_of_svg_stay():
    content = (
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://a.example/x.dtd">'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
        b'<defs><linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient></defs>'
        b'<style>text { fill: url(#a) }</style><use xlink:href="#b"/>'
        b'<text id="b" x="1">\xea\xb0\x80 &lt; \xeb\x82\x98</text></svg>'
    )
    new = cleaned(content, ".svg").decode()
    for piece in ('viewBox="0 0 9 9"', 'id="a"', "url(#a)", 'xlink:href="#b"', "가 &lt; 나", 'stop-color="red"'):
        assert piece in new
    assert "a.example" not in new


@pytest.mark.parametrize(
    ("content", "suffix", "error"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + b"\0" * 30, ".png", DamagedError),
        (b"\x89PNG\r\n\x1a\n" + marked_pictures.chunk(b"IHDR", b"\0" * 13) * 90_000, ".png", DamagedError),
        (b"\xff\xd8" + b"\xff" * 3_000_000, ".jpg", DamagedError),
        (b"\xff\xd8\xff\xda\0\2" + b"\xff\0" * 1_000_000, ".jpg", DamagedError),
        (b"GIF89a" + b"\0" * 7 + b"\x21\xfe" + (b"\xff" + b"a" * 255) * 9_000, ".gif", DamagedError),
        (b"RIFF\xff\xff\xff\x7fWEBP" + b"VP8 \xff\xff\xff\x7f", ".webp", DamagedError),
        (b"BM" + b"\xff" * 60, ".bmp", DamagedError),
        (b"<svg>" + b"<g>" * 300_000, ".svg", DamagedError),
        (b"<svg>" + b"<g/>" * 300_000 + b"</svg>", ".svg", DamagedError),
        (b"<svg><g></svg>", ".svg", DamagedError),
        (
            b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
            + b"]><svg>&m;</svg>",
            ".svg",
            NotCleanedError,
        ),
        (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]><svg>&a;</svg>', ".svg", NotCleanedError),
        (b"II*\0" + b"\0" * 99, ".tiff", NotCleanedError),
        (b"\0\0\0\x18ftypheic" + b"\0" * 99, ".heic", NotCleanedError),
        (b"\0\0\0\x18ftypavif" + b"\0" * 99, ".avif", NotCleanedError),
        (b"\0\0\1\0" + b"\0" * 99, ".ico", NotCleanedError),
    ],
)
def test_hostile_and_foreign_pictures_are_refused_at_once(content: bytes, suffix: str, error: type[Exception]):
    start = time.process_time()
    with pytest.raises(error):
        cleaned(content, suffix)
    assert time.process_time() - start < 5


def test_pictures_cut_off_or_with_a_changed_byte_give_a_clean_picture_or_are_refused(planted):
    searched = 0
    for name, content, suffix in planted[::5]:
        pieces = [content[: len(content) * part // 12] for part in range(12)]
        pieces += [content[:at] + bytes((content[at] ^ 0xFF,)) + content[at + 1 :] for at in range(0, len(content), 97)]
        for piece in pieces:
            try:
                new = cleaned(piece, suffix)
            except (DamagedError, NotCleanedError):
                continue
            searched += 1
            assert not any(word.encode() in new for word in marked_pictures.SECRETS), name
    assert searched > 100


def test_what_is_stored_is_the_cleaned_picture_under_its_own_hash(tmp_path: Path, planted):
    _, content, _ = next(one for one in planted if one[0] == "jpg, baseline, exif")
    _, (segment,), contents = media.place(media.MARK, [media.item("image", content=content)])
    assert segment["sha256"] == hashlib.sha256(cleaned(content, ".jpg")).hexdigest()
    media.store(tmp_path, contents)
    stored = media.stored_path(tmp_path, segment["sha256"], contents[segment["sha256"]]).read_bytes()
    assert stored == cleaned(content, ".jpg")


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0 cut off", b"II*\0 tiff with a place inside"])
def test_a_picture_that_is_not_stored_says_why_in_its_place(content: bytes):
    text, (segment,), contents = media.place(
        f"앞 {media.MARK} 뒤", [media.item("image", content=content, caption="사진")]
    )
    assert (text, segment["sha256"], segment["caption"], contents) == ("앞 뒤", None, "사진", {})
    assert unquote(segment["uri"]).startswith((media.NOT_STORED + "damaged", media.NOT_STORED + "not cleaned"))
