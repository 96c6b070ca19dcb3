"""Media tied to text: marks that become places, contents that are told by their bytes and stored by their hash."""

import base64
import hashlib
import json
import os
import tarfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from small_batches import document

from malmoi.corpus import media
from malmoi.corpus.document import DOCUMENTS, SEGMENT
from malmoi.corpus.ledger import stored_media
from malmoi.corpus.media import MARK, item, place, sniff, store
from malmoi.corpus.pictures.cleaning import cleaned
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.markdown import clean, clean_with_media
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_document
from malmoi.corpus.steps.personal_data import PersonalData

DATA = Path(__file__).parents[3] / "shared" / "data" / "text"
SOURCE = Input(Path("unused"))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
PLACED = {
    f"앞\n\n{MARK}\n\n뒤": ("앞\n\n뒤", [3]),
    f"{MARK}\n글": ("글", [0]),
    f"글\n{MARK}": ("글", [1]),
    f"앞 {MARK} 뒤": ("앞 뒤", [2]),
    f"앞{MARK}뒤": ("앞뒤", [1]),
    f"글\n{MARK} {MARK}\n뒤": ("글\n뒤", [2, 2]),
    f"글\n\n{MARK}\n\n{MARK}\n\n끝": ("글\n\n끝", [3, 3]),
    f"- {MARK} 항목": ("- 항목", [2]),
    f"글{MARK}\n\n {MARK}\n{MARK}뒤": ("글\n\n뒤", [1, 3, 3]),
    f"글\n  {MARK}\n뒤": ("글\n뒤", [2]),
    f"앞 {MARK} {MARK}\n뒤": ("앞\n뒤", [1, 1]),
    f"앞 {MARK}": ("앞", [1]),
    f"나랏말ᄊᆞ미 👨‍👩‍👧{MARK} 달아": ("나랏말ᄊᆞ미 👨‍👩‍👧 달아", [12]),
    MARK: ("", [0]),
    "": ("", []),
}


@pytest.mark.parametrize("text", PLACED)
def test_marks_become_places_in_the_text_without_them(text: str):
    items = [item("image", f"https://a.kr/{n}.png") for n in range(text.count(MARK))]
    found, segments, contents = place(text, items)
    assert (found, [one["start"] for one in segments]) == PLACED[text]
    assert [one["uri"] for one in segments] == [one["uri"] for one in items]
    assert all(one["end"] == one["start"] for one in segments)
    assert contents == {}


@given(st.lists(st.text(alphabet="가a \n🍀", max_size=6), min_size=1, max_size=8))
def test_no_word_is_lost_and_every_place_lies_between_the_same_words(pieces: list[str]):
    text = MARK.join(pieces).strip()
    found, segments, _ = place(text, [item("image", "a")] * text.count(MARK))
    words = "".join(text.replace(MARK, " ").split())
    assert "".join(found.split()) == words
    assert MARK not in found
    assert "\n\n\n" not in found or "\n\n\n" in text
    before = ["".join("".join(text.split(MARK)[: n + 1]).split()) for n in range(text.count(MARK))]
    assert ["".join(found[: one["start"]].split()) for one in segments] == before


def test_marks_without_items_are_nobodys_and_items_without_marks_stand_at_the_end():
    found, segments, _ = place(f"가{MARK}나{MARK}다", [item("image", "a")])
    assert (found, len(segments), segments[0]["start"]) == ("가나다", 1, 1)
    found, segments, _ = place("가나다", [item("video", "b")])
    assert (found, [(one["type"], one["start"]) for one in segments]) == ("가나다", [("video", 3)])


FORMATS = [
    (PNG, ("image", ".png")),
    (b"\xff\xd8\xff\xe0" + bytes(20), ("image", ".jpg")),
    (b"GIF89a" + bytes(9), ("image", ".gif")),
    (b"RIFF\x10\0\0\0WEBPVP8 ", ("image", ".webp")),
    (b"RIFF\x10\0\0\0WAVEfmt ", ("audio", ".wav")),
    (b"RIFF\x10\0\0\0XXXX", None),
    (SVG, ("image", ".svg")),
    (b'<?xml version="1.0"?>\n<!-- x -->\n<svg>', ("image", ".svg")),
    (b"\0\0\0\x20ftypisom" + bytes(9), ("video", ".mp4")),
    (b"\0\0\0\x20ftypavif" + bytes(9), ("image", ".avif")),
    (b"\0\0\0\x20ftypM4A " + bytes(9), ("audio", ".m4a")),
    (b"\x1aE\xdf\xa3" + bytes(9), ("video", ".webm")),
    (b"ID3\x04" + bytes(9), ("audio", ".mp3")),
    (b"\xff\xfb\x90\x64" + bytes(9), ("audio", ".mp3")),
    (b"OggS\0\x02", ("audio", ".ogg")),
    (b"MThd\0\0\0\x06", ("music", ".mid")),
    (b"X: 1\nT: \xec\x95\x84\xeb\xa6\xac\xeb\x9e\x91\nK: G\n", ("music", ".abc")),
    (b'<?xml version="1.0"?><score-partwise version="4.0">', ("music", ".musicxml")),
    (b"<html><svg></svg></html>", None),
    (b"MZ\x90\0", None),
    (b"#!/bin/sh\nrm -rf /\n", None),
    ("한글 글".encode(), None),
    ("한글".encode("utf-16"), None),
    (b"", None),
]


@pytest.mark.parametrize(("content", "expected"), FORMATS)
def test_what_bytes_are_is_told_by_the_bytes(content: bytes, expected: tuple[str, str] | None):
    assert sniff(content) == expected


def test_contents_lie_under_their_hash_and_a_name_says_nothing(tmp_path: Path):
    lied = item("video", None, PNG, "그림")
    _, (segment, program), contents = place(f"가{MARK}{MARK}", [lied, item("image", None, b"MZ\x90\0program")])
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert (segment["type"], segment["sha256"], segment["caption"]) == ("image", sha256, "그림")
    assert program["sha256"] == hashlib.sha256(b"MZ\x90\0program").hexdigest()
    assert contents == {sha256: PNG}, "what is no medium is not kept"
    assert store(tmp_path, contents) == len(PNG)
    path = tmp_path / sha256[:2] / f"{sha256}.png"
    assert path.read_bytes() == PNG
    before = path.stat().st_mtime_ns
    assert store(tmp_path, contents) == 0
    assert path.stat().st_mtime_ns == before
    assert not os.access(path, os.X_OK) or os.geteuid() == 0
    assert path.stat().st_mode & 0o111 == 0
    with pytest.raises(AssertionError):
        store(tmp_path, {sha256: PNG + b"x"})


def test_a_torn_file_or_a_link_is_written_again_and_nothing_is_followed(tmp_path: Path):
    sha256 = hashlib.sha256(PNG).hexdigest()
    path, outside = tmp_path / "m" / sha256[:2] / f"{sha256}.png", tmp_path / "outside"
    outside.write_bytes(b"x" * len(PNG))
    path.parent.mkdir(parents=True)
    path.write_bytes(PNG[:9])
    assert store(tmp_path / "m", {sha256: PNG}) == len(PNG)
    path.unlink()
    path.symlink_to(outside)
    assert store(tmp_path / "m", {sha256: PNG}) == len(PNG)
    assert path.read_bytes() == PNG
    assert not path.is_symlink()
    assert outside.read_bytes() == b"x" * len(PNG)


def test_media_of_dropped_documents_are_removed(tmp_path: Path):
    contents = {hashlib.sha256(one).hexdigest(): one for one in (PNG, SVG)}
    store(tmp_path / "media", contents)
    (tmp_path / "media" / "ab").mkdir(exist_ok=True)
    (tmp_path / "media" / "ab" / "x.png.5.partial").write_bytes(b"half")
    kept = [{**dict.fromkeys(field.name for field in SEGMENT), "sha256": hashlib.sha256(SVG).hexdigest()}]
    (tmp_path / "shards").mkdir()
    segments = pa.array([kept, None, []], pa.list_(SEGMENT))
    pq.write_table(pa.table({"segments": segments}), tmp_path / "shards" / "part-00000.parquet")
    assert stored_media.remove_unwanted(tmp_path) == 2
    assert [path.suffix for path in (tmp_path / "media").glob("*/*")] == [".svg"]
    assert stored_media.remove_unwanted(tmp_path) == 0


def test_addresses_with_data_in_them_are_contents_and_bad_ones_are_nothing():
    good = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    uris = [good, "data:image/svg+xml," + SVG.decode(), "data:image/png;base64,@@@", "data:,", "DATA:x"]
    _, segments, contents = place(MARK * len(uris), [item("image", uri) for uri in uris])
    assert [one["sha256"] is not None for one in segments] == [True, True, False, False, False]
    assert all(one["uri"] is None for one in segments)
    assert sorted(contents.values()) == sorted([PNG, cleaned(SVG, ".svg")])
    assert media.from_base64("A" * 40_000_000) is None


def test_numbers_and_lengths_are_bounded():
    items = [item("image", "https://a.kr/" + "x" * 5_000, None, "말" * 5_000)] * 1_500
    found, segments, _ = place(f"글{MARK}" * 1_500, items)
    assert (found, len(segments)) == ("글" * 1_500, 1_000)
    assert (segments[0]["uri"], len(segments[0]["caption"])) == (None, 2_000)


FIGURES = {
    "앞 ![그림 설명](a.png \"제목\") 뒤": [("image", "a.png", "그림 설명")],
    "![](a.png '제목')": [("image", "a.png", "제목")],
    "![그림][1]\n\n[1]: https://a.kr/b.png": [("image", "https://a.kr/b.png", "그림")],
    "![그림][]\n\n[그림]: c.png": [("image", "c.png", "그림")],
    "[![배지](b.svg)](https://ci.kr)": [("image", "b.svg", "배지")],
    "![하나](1.png) <img src='2.png' alt=\"둘 &amp; 셋\"/> ![셋](3.png)": [
        ("image", "1.png", "하나"), ("image", "2.png", "둘 & 셋"), ("image", "3.png", "셋"),
    ],
    "`코드` ![하나](1.png)\n\n![둘](2.png)\n\n`코드` ![셋](3.png)": [
        ("image", "1.png", "하나"), ("image", "2.png", "둘"), ("image", "3.png", "셋"),
    ],
    "<video controls><source src=\"v.mp4\"><track label=\"한국어 자막\"></video>": [("video", "v.mp4", "한국어 자막")],
    "<audio src=\"a.mp3\" title=\"녹음\"></audio>": [("audio", "a.mp3", "녹음")],
    "<YouTubeIframe src=\"https://www.youtube.com/embed/x\" title=\"발표\" />": [
        ("video", "https://www.youtube.com/embed/x", "발표"),
    ],
    "<iframe src=\"https://codesandbox.io/x\"></iframe>": [],
    "<a href=\"x\"><img src=\"logo.png\">실행하기</a>": [],
    "<img src=\"dot.gif\" width=\"1\" height=\"1\">": [],
    "`![코드](a.png)`": [],
    "```\n![코드](a.png) <img src='b.png'>\n```": [],
    f"<img src=\"x.png\"> 남의 표시 {MARK} 없다": [("image", "x.png", None)],
}  # fmt: skip


@pytest.mark.parametrize("text", FIGURES)
def test_figures_of_markdown_in_the_order_of_the_text(text: str):
    marked, items = clean_with_media(media.without_marks(text), ())
    assert [(one["type"], one["uri"], one["caption"]) for one in items] == FIGURES[text]
    assert marked.count(MARK) == len(items)
    assert marked.replace(MARK, "") == clean(text)


def test_embedded_pictures_of_markdown_are_contents():
    data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    text = f'글 ![첫째]({data}) 가운데 {data} <img src="{data}" alt="둘째"> 끝'
    found = to_document(Raw(text, "markdown", "a.md", 0, 9), SOURCE)
    assert not isinstance(found, Unreadable)
    assert found["text"] == "글 가운데  끝"
    assert [(one["caption"], one["sha256"]) for one in found["segments"]] == [
        ("첫째", hashlib.sha256(PNG).hexdigest()),
        ("둘째", hashlib.sha256(PNG).hexdigest()),
    ]
    assert list(found[media.CONTENTS].values()) == [PNG]


def test_signs_of_a_source_are_not_taken_for_marks():
    for form, text in (("markdown", f"남의 {MARK} 표시 ![그림](a.png) 끝"), ("text", f"남의 {MARK} 표시 끝")):
        found = to_document(Raw(text, form, "a", 0, 9), SOURCE)
        assert not isinstance(found, Unreadable)
        assert MARK not in found["text"]
        starts = [found["text"][one["start"] :].strip() for one in found["segments"] or ()]
        assert starts == (["끝"] if form == "markdown" else [])


def notebook(*cells: dict, version: int = 4) -> bytes:
    return json.dumps(
        {"nbformat": version, "cells": list(cells)} if version == 4 else {"worksheets": [{"cells": list(cells)}]}
    ).encode()


def test_pictures_of_a_notebook_stand_behind_their_cells(tmp_path: Path):
    encoded = base64.b64encode(PNG).decode()
    cells = [
        {"cell_type": "markdown", "source": [
            f"# 제목 {MARK}\n", "![붙임](attachment:a.png)와 ![밖](b.png) 그리고 ![없음](attachment:c.png)"],
         "attachments": {"a.png": {"image/png": encoded}}},
        {"cell_type": "code", "source": "plot()", "outputs": [
            {"output_type": "stream", "text": ["찍힌 말"]},
            {"data": {"image/png": [encoded[:20] + "\n", encoded[20:]], "text/plain": ["<Figure size 640x480>"]}},
            {"data": {"image/svg+xml": [SVG.decode()], "text/plain": "나무 그림"}},
            {"data": {"image/png": "@@@"}}, {"data": None}, 5,
        ]},
        {"cell_type": "markdown", "source": "끝"},
    ]  # fmt: skip
    (tmp_path / "a.ipynb").write_bytes(notebook(*cells))
    ((raw,), source) = (list(read(Input(tmp_path))), Input(tmp_path))
    assert isinstance(raw, Raw)
    found = to_document(raw, source)
    assert not isinstance(found, Unreadable)
    assert found["text"] == "# 제목\n와 그리고\n\n```python\nplot()\n```\n\n끝"
    assert found["title"] == "제목"
    shown = [(one["caption"], one["uri"], one["sha256"] and one["sha256"][:8]) for one in found["segments"]]
    png, svg = (hashlib.sha256(one).hexdigest()[:8] for one in (PNG, cleaned(SVG, ".svg")))
    assert shown == [
        ("붙임", None, png), ("밖", "b.png", None), ("없음", "attachment:c.png", None), (None, None, png),
        ("나무 그림", None, svg),
    ]  # fmt: skip
    assert [found["text"][one["start"] :][:2] for one in found["segments"]] == ["와 ", "그리", "\n\n", "끝", "끝"]


def test_pictures_of_the_older_notebook_format(tmp_path: Path):
    cell = {"cell_type": "code", "input": "plot()", "outputs": [{"png": base64.b64encode(PNG).decode()}]}
    (tmp_path / "a.ipynb").write_bytes(notebook(cell, version=3))
    (raw,) = read(Input(tmp_path))
    assert isinstance(raw, Raw)
    assert [one["content"] for one in raw.fields["media"]] == [PNG]


def test_places_hold_after_masking_and_nfc():
    text = unicodedata.normalize("NFD", "각각 010-1234-5678 말") + "\n\n![그림 02-123-4567](a.png)\n\n뒤"
    found = to_document(Raw(text, "markdown", "a.md", 0, 9), SOURCE)
    assert not isinstance(found, Unreadable)
    batch = pa.RecordBatch.from_pylist([{**document(""), **found, "link_hosts": None}], DOCUMENTS)
    (row,) = PersonalData()(batch).to_pylist()
    assert "1234" not in row["text"]
    assert row["text"][row["segments"][0]["start"] :] == "뒤"
    assert "123-4567" not in row["segments"][0]["caption"]


def members(archive: str, suffix: str) -> Iterator[tuple[str, bytes]]:
    if not (DATA / archive).exists():
        pytest.skip(f"no real data at {DATA}")
    with (
        (DATA / archive).open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() and member.name.endswith(suffix) else None
            if stream:
                yield member.name, stream.read()


def test_real_notebooks_give_every_picture_that_they_hold(tmp_path: Path):
    expected: list[bytes] = []
    for number, (_, content) in enumerate(members("tensorflow_docs_ko.tar.zst", ".ipynb")):
        (tmp_path / f"{number:03d}.ipynb").write_bytes(content)
        for cell in json.loads(content)["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                if "image/png" in data:
                    expected.append(cleaned(base64.b64decode("".join(data["image/png"])), ".png"))
                elif "image/svg+xml" in data:
                    expected.append(cleaned("".join(data["image/svg+xml"]).encode(), ".svg"))
    source = Input(tmp_path)
    found = [to_document(raw, source) for raw in read(source) if isinstance(raw, Raw)]
    hashes = [one["sha256"] for row in found for one in row["segments"] or () if one["sha256"]]
    assert hashes == [hashlib.sha256(one).hexdigest() for one in expected]
    assert len(hashes) > 30
    for row in found:
        store(tmp_path / "media", row.get(media.CONTENTS, {}))
        assert all(0 <= one["start"] <= len(row["text"]) for one in row["segments"] or ())
        assert MARK not in row["text"]
    assert {path.suffix for path in (tmp_path / "media").glob("*/*")} == {".png", ".svg"}


def test_real_pages_with_figures_keep_their_captions():
    captions, videos = [], 0
    for name, content in members("docs_and_literature.tar.zst", ".md"):
        if "react_docs_ko" not in name:
            continue
        found = to_document(Raw(content, "markdown", name, 0, len(content)), SOURCE)
        if isinstance(found, Unreadable):
            continue
        captions += [one["caption"] for one in found["segments"] or () if one["type"] == "image" and one["caption"]]
        videos += sum(one["type"] == "video" for one in found["segments"] or ())
    assert "디버그 값이 표시된 React DevTools의 스크린샷" in captions
    assert "1부터 9까지의 숫자가 채워진 틱택토 보드" in captions
    assert videos > 20
