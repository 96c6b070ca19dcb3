"""The words are found in any file, however they are written, escaped and packed, and others are not."""

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import quopri
import sqlite3
import tarfile
import unicodedata
import zipfile
from email.header import Header
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from malmoi.cli.erasure_words import files_with
from malmoi.corpus.erasure.request import Request
from malmoi.corpus.text.fold import is_whole

NAME, OTHER = "소라빛나루", "가온누리솔"
LINE = f"글쓴이 {NAME}의 글"
LONG = "남의 긴 글이 이어진다. " * 2_000
NFD = unicodedata.normalize("NFD", NAME)


def tar(content: bytes, name: str = "a.txt") -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as file:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        file.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def zipped(content: bytes, name: str = "a.txt") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return held.getvalue()


def numpy_file(save) -> bytes:
    held = io.BytesIO()
    save(held, np.array([NAME, "x"]))
    return held.getvalue()


def parquet(column: pa.Array) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({"column": column}), held)
    return held.getvalue()


SPELT = {
    "zero width": "\u200b".join(NAME),
    "soft hyphens": "\xad".join(NAME),
    "line": f"{NAME[:2]}\r\n{NAME[2:]}",
    "nfd": NFD,
    "percent": f"GET /{quote(NAME)}/1",
    "twice": f"GET /{quote(quote(NAME))}",
    "nfd percent": quote(NFD),
    "cp949 percent": quote(NAME.encode("cp949")),
    "json": json.dumps({"a": LINE}),
    "json twice": json.dumps(json.dumps(LINE)),
    "json zero width": json.dumps("\u200b".join(NAME)),
    "entities": "".join(f"&#{ord(one)};" for one in NAME),
    "hex entities": "".join(f"&#x{ord(one):X};" for one in NAME),
    "header": Header(LINE, "utf-8").encode(),
    "cp949 header": Header(LINE, "euc-kr").encode(),
    "base64": json.dumps({"x": base64.b64encode(f"a{NAME}".encode()).decode()}),
    "address base64": f"?u={base64.urlsafe_b64encode(LINE.encode()).decode()}",
    "escaped html": html.escape(html.escape(LINE)),
    "utf16 json": json.dumps(NAME),
    "full width": "Ｇａｒａｍ　Ｑｗｉｓｔ",
}
BYTES = {
    "cp949": LINE.encode("cp949"),
    "odd cp949": b"\xc7" + LINE.encode("cp949"),
    "utf16": LINE.encode("utf-16"),
    "utf32": LINE.encode("utf-32"),
    "far": f"{LONG * 9}{LINE}{LONG}".encode(),
    "far cp949": f"{LONG * 9}{LINE}".encode("cp949"),
    "quoted": quopri.encodestring((LINE * 5).encode()),
    "quoted cp949": quopri.encodestring((LINE * 5).encode("cp949")),
    "mail": b"Subject: x\n\n" + base64.encodebytes(f"{LONG[:300]}{LINE}{LONG[:300]}".encode()),
    "mail cp949": b"Subject: x\n\n" + base64.encodebytes(f"{LONG[:301]}{LINE}{LONG[:300]}".encode("cp949")),
    "gz": gzip.compress(f"{LONG}{LINE}".encode()),
    "gz cp949": gzip.compress(f"{LONG}{LINE}".encode("cp949")),
    "zst": zstandard.compress(f"{LONG}{LINE}".encode()),
    "xz": lzma.compress(LINE.encode()),
    "bz2": bz2.compress(LINE.encode()),
    "tar": tar(LINE.encode("cp949")),
    "tar.gz": gzip.compress(tar(NFD.encode())),
    "tar name": tar(b"x", f"{NAME}.txt"),
    "zip": zipped(f"{LONG}{LINE}".encode()),
    "gz in zip": zipped(gzip.compress(LINE.encode())),
    "zip name": zipped(b"x", f"{NAME}.txt"),
    "tar in zst": zstandard.compress(tar(json.dumps(LINE).encode())),
    "office": zipped(f"<w:t>{NAME}</w:t>".encode(), "word/document.xml"),
    "numpy.npy": numpy_file(np.save),
    "numpy.npz": numpy_file(np.savez_compressed),
    "dictionary": parquet(pa.array([NAME]).dictionary_encode()),
    "bytes": parquet(pa.array([LINE.encode()], pa.binary())),
    "map": parquet(pa.array([[("k", NAME)]], pa.map_(pa.string(), pa.string()))),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    for name, content in {**{name: text.encode() for name, text in SPELT.items()}, **BYTES}.items():
        (folder / name).write_bytes(content)
    (folder / f"x{NAME.encode('cp949').decode('utf-8', 'surrogateescape')}").write_bytes(b"x")
    (folder / f"{quote(NAME)}.html").write_bytes(b"x")
    (folder / f"{NFD}_folder").mkdir()
    with sqlite3.connect(folder / "table.db") as database:
        database.execute("CREATE TABLE t (a)")
        database.execute("INSERT INTO t VALUES (?)", (LINE,))
    database.close()
    return folder


def test_every_way_of_writing_and_packing_is_found_and_another_name_is_in_none(folder):
    unread = []
    found = {path.name for path in files_with(folder, [Request(names=(NAME, "Garam Qwist"))], (), unread)}
    assert {path.name for path in folder.iterdir()} - found == set()
    assert unread == []
    assert list(files_with(folder, [Request(names=(OTHER, "Haneul Vexmoor"))])) == []


def test_an_address_is_found_though_it_is_written_otherwise(tmp_path):
    (tmp_path / "log").write_text(f"GET https://blog.example/{quote(NAME)}/1 200", encoding="utf-8")
    for asked in (f"https://blog.example/{NAME}", f"https://blog.example/{quote(NAME)}"):
        assert list(files_with(tmp_path, [Request(addresses=(asked,))])) == [tmp_path / "log"]


def test_what_cannot_be_unpacked_is_told_and_never_taken_for_clean(tmp_path):
    whole = gzip.compress(LONG.encode() * 5)
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.zip").write_bytes(zipped(LINE.encode())[:60])
    (tmp_path / "torn.parquet").write_bytes(b"PAR1torn")
    unread = []
    assert list(files_with(tmp_path, [Request(names=(NAME,))], (), unread)) == []
    assert [path.name for path in unread] == ["cut.gz", "cut.zip", "torn.parquet"]


@pytest.mark.parametrize(
    ("before", "after", "term", "expected"),
    [
        ("", "", "김수", True), (" ", " ", "김수", True), ("", "현", "김수", False), ("박", "", "김수", False),
        ("", "이", "김수", False), ("", "가", "홍길동", True), ("", "전", "홍길동", False), ("큰", "", "홍길동", False),
        ("f", "", "홍길동", True), ("", "2", "홍길동", True), ("S", "", "Lee Ji", False), ("", "n", "Lee Ji", False),
        ("글", "이", "Lee Ji", True), ("\x02", "\x1c", "Lee Ji", True),
        ("故", "", "홍길동", True),
    ],
)  # fmt: skip
def test_a_word_of_its_own_is_told_from_a_part_of_another(before, after, term, expected):
    assert is_whole(before, after, term) is expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "cp949"])
def test_a_name_within_another_word_of_a_file_is_no_whole_one(tmp_path, encoding):
    asked = [Request(names=("홍길동",))]
    for name, text in (
        ("in.jpg", "사진 홍길동전 작가"),
        ("own.jpg", "사진 홍길동 작가"),
        ("both.jpg", "홍길동전과 홍길동"),
    ):
        (tmp_path / name).write_bytes(b"\xff\xd8\0\0" + text.encode(encoding) + b"\0\0\xff\xd9")
    assert len(list(files_with(tmp_path, asked))) == 3
    assert {path.name for path in files_with(tmp_path, asked, whole=True)} == {"own.jpg", "both.jpg"}
