"""Every kind of broken input is one Unreadable with its reason, and what is whole beside it is still read."""

import gzip
import io
import json
import lzma
import os
import socket
import tarfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from malmoi.corpus.sources import archive, files, streams
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import list_files
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_document

TEXT = "강릉에 올겨울 첫눈이 내렸다. 기상청은 오늘 밤까지 눈이 더 온다고 했다."
GOOD = json.dumps({"text": TEXT}, ensure_ascii=False).encode() + b"\n"
LIMIT = 100_000


def tar_of(*members, mode="w", end=True):
    """An archive of (name, content) pairs; a name with a TarInfo as content is added as it is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    content = buffer.getvalue()
    if end:
        return content
    return content[: len(content.rstrip(b"\0")) // 512 * 512 + 512]


def special(kind, target=""):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def parquet_of(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, row_group_size=1)
    return buffer.getvalue()


def broken_group(content, group):
    """Overwrites the data of one row group of a Parquet file."""
    column = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(group).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    return content[:start] + b"\xff" * column.total_compressed_size + content[start + column.total_compressed_size :]


def record(body, kind="response", length=None, status="200 OK", content_type="text/html", url="http://a.example/"):
    payload = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http\r\n"
    length = len(payload) if length is None else length
    return head.encode() + f"Content-Length: {length}\r\n\r\n".encode() + payload + b"\r\n\r\n"


PAGE = f"<html><body><article><p>{TEXT * 3}</p></article></body></html>".encode()
RECORD = record(PAGE)
GZ_RECORD = gzip.compress(RECORD)
CORRUPT_GZ_RECORD = GZ_RECORD[:40] + b"\xff\xff\xff\xff" + GZ_RECORD[44:]
CHECKED_ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT.encode() * 50)
BROKEN_ZSTD = CHECKED_ZSTD[:-1] + bytes([CHECKED_ZSTD[-1] ^ 1])
NOTEBOOK = json.dumps({"cells": [{"cell_type": "markdown", "source": [TEXT]}]}).encode()

MEMBER = ("a.txt", TEXT.encode())


def csv_of(*lines):
    return "".join(f"{line}\n" for line in lines).encode()


# name of the file, its content, documents that come out of it, reasons of what does not
CASES = {
    "bad JSON line": ("a.jsonl", GOOD + b'{"text": "\n' + GOOD, 2, ["malformed_json"]),
    "JSON line that is a list": ("a.jsonl", GOOD + b"[1, 2]\n", 1, ["not_text"]),
    "JSON line that is a number": ("a.jsonl", b"7\n" + GOOD, 1, ["not_text"]),
    "JSON nested beyond the stack": ("a.jsonl", b"[" * 50_000 + b"\n" + GOOD, 1, ["malformed_json"]),
    "row without text": ("a.jsonl", b'{"title": "x"}\n' + GOOD, 1, ["no_text"]),
    "row with null text": ("a.jsonl", b'{"text": null}\n' + GOOD, 1, ["no_text"]),
    "row with blank text": ("a.jsonl", b'{"text": " \\n"}\n' + GOOD, 1, ["no_text"]),
    "row whose text is a number": ("a.jsonl", b'{"text": 7}\n' + GOOD, 1, ["not_text"]),
    "row whose text is a list": ("a.jsonl", b'{"text": ["a"]}\n' + GOOD, 1, ["not_text"]),
    "row of control characters": ("a.jsonl", b'{"text": "\\u0000\\u0007"}\n' + GOOD, 1, ["no_text"]),
    "line too long": ("a.jsonl", GOOD + b'{"text": "' + b"x" * LIMIT + b'"}\n' + GOOD, 2, ["line_too_long"]),
    "last line too long": ("a.jsonl", GOOD + b"x" * (LIMIT + 5), 1, ["line_too_long"]),
    "last line cut off": ("a.jsonl", GOOD + GOOD[:20], 1, ["malformed_json"]),
    "line of bytes without sense": ("a.jsonl", b"\x80\x81\x82\xff\xfe\xfd\n" + GOOD, 1, ["malformed_json"]),
    "blank lines only": ("a.jsonl", b"\n\n  \n", 0, ["empty"]),
    "empty file": ("a.jsonl", b"", 0, ["empty"]),
    "empty text file": ("a.txt", b"", 0, ["empty"]),
    "white space only": ("a.txt", b" \n\t\n", 0, ["empty"]),
    "text too large": ("a.txt", TEXT.encode() * 2000, 0, ["too_large"]),
    "picture named as text": ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60), 0, ["binary"]),
    "program named as text": ("a.txt", b"\x7fELF\x02\x01" + os.urandom(400), 0, ["binary"]),
    "zeros named as text": ("a.md", b"abc" + bytes(500), 0, ["binary"]),
    "PDF named as a page": ("a.html", b"%PDF-1.7 text text", 0, ["binary"]),
    "page of scripts only": ("a.html", b"<html><script>var a = 1</script></html>", 0, ["no_text"]),
    "no reader for the suffix": ("a.hwpz", b"HWP", 0, ["unsupported_format"]),
    "no suffix and no text": ("LICENSE", bytes(range(256)), 0, ["unsupported_format"]),
    "JSON array cut off": ("a.json", b"[" + GOOD + b"," + GOOD, 2, ["malformed_json"]),
    "JSON array with a fault inside": ("a.json", b"[" + GOOD + b", {bad}, " + GOOD + b"]", 1, ["malformed_json"]),
    "JSON array of no rows": ("a.json", b"[]", 0, ["empty"]),
    "JSON file of one bad object": ("a.json", b'{"text": ', 0, ["malformed_json"]),
    "JSON file of white space": ("a.json", b"  \n ", 0, ["empty"]),
    "JSON value too large": ("a.json", b'[{"text": "' + b"x" * 3 * LIMIT + b'"}]', 0, ["too_large"]),
    "CSV without the column": ("a.csv", "제목,내용\na,b\n".encode(), 0, ["no_text"]),
    "CSV with a header only": ("a.csv", b"text,title\n", 0, ["empty"]),
    "CSV without anything": ("a.csv", b"\n", 0, ["empty"]),
    "CSV row with too many fields": ("a.csv", csv_of("text,n", f"{TEXT},1", "a,1,2,3", TEXT), 2, ["malformed_table"]),
    "CSV row without the field": ("a.csv", csv_of("n,text", "1", f"2,{TEXT}"), 1, ["no_text"]),
    "CSV line too long": ("a.csv", csv_of("text", TEXT, "x" * LIMIT + "xx", TEXT), 2, ["line_too_long"]),
    "CSV with a quote that never ends": ("a.csv", f'text\n"{"가나다라마 " * 20_000}\n'.encode(), 0, ["line_too_long"]),
    "Parquet cut off": ("a.parquet", parquet_of(text=[TEXT])[:-20], 0, ["malformed_table"]),
    "Parquet of random bytes": ("a.parquet", os.urandom(500), 0, ["malformed_table"]),
    "Parquet without the column": ("a.parquet", parquet_of(body=[TEXT, TEXT]), 0, ["no_text"]),
    "Parquet with null text": ("a.parquet", parquet_of(text=[TEXT, None, TEXT]), 2, ["no_text"]),
    "Parquet whose text is numbers": ("a.parquet", parquet_of(text=[1, 2]), 0, ["not_text", "not_text"]),
    "Parquet with a broken row group": (
        "a.parquet", broken_group(parquet_of(text=[TEXT, TEXT, TEXT]), 1), 2, ["malformed_table"],
    ),
    "Parquet of no rows": ("a.parquet", parquet_of(text=pa.array([], pa.string())), 0, ["empty"]),
    "gzip cut off": ("a.jsonl.gz", gzip.compress(GOOD * 300)[:-6], 300, ["truncated_archive"]),
    "gzip with a wrong checksum": ("a.txt.gz", gzip.compress(TEXT.encode())[:-8] + bytes(8), 0, ["damaged_archive"]),
    "zstd cut off": ("a.jsonl.zst", zstandard.compress(GOOD * 5)[:-9], 0, ["truncated_archive"]),
    "zstd damaged": ("a.txt.zst", BROKEN_ZSTD, 0, ["damaged_archive"]),
    "xz cut off": ("a.txt.xz", lzma.compress(TEXT.encode())[:-12], 0, ["truncated_archive"]),
    "not compressed in spite of its name": ("a.jsonl.gz", GOOD, 1, []),
    "bytes after the end of a gzip": ("a.jsonl.gz", gzip.compress(GOOD) + b"garbage", 1, ["damaged_archive"]),
    "tar cut off in a member": ("a.tar", tar_of(MEMBER, ("b.txt", b"b" * 5000))[:3000], 1, ["truncated_archive"]),
    "tar without its end": ("a.tar", tar_of(MEMBER, end=False), 1, ["truncated_archive"]),
    "tar of random bytes": ("a.tar", b"x" * 2048, 0, ["damaged_archive"]),
    "tar with a broken header": (
        "a.tar", tar_of(("z.txt", b"a" * 10), MEMBER).replace(b"z.txt", b"zzzzz", 1), 1, ["damaged_archive"],
    ),
    "tar of nothing": ("a.tar", bytes(10240), 0, ["empty"]),
    "tar in a tar in a tar": (
        "a.tar", tar_of(("b.tar", tar_of(("c.tar", tar_of(("d.txt", b"d")))))), 0, ["unsupported_format"]
    ),
    "tar with unsafe members": (
        "a.tar.gz",
        gzip.compress(
            tar_of(
                ("../../etc/passwd.txt", b"x"), ("/etc/b.txt", b"x"), ("C:/g.txt", b"x"), ("h/../../i.txt", b"x"),
                ("c.txt", special(tarfile.SYMTYPE, "/etc/passwd")), ("d.txt", special(tarfile.LNKTYPE, "a.txt")),
                ("e.txt", special(tarfile.CHRTYPE)), ("f.txt", special(tarfile.FIFOTYPE)), MEMBER,
            )
        ),
        1,
        ["unsafe_member"] * 8,
    ),
    "compressed tar cut off": (
        "a.tar.xz", lzma.compress(tar_of(MEMBER, ("b.txt", os.urandom(50_000).hex().encode())))[:9000], 1,
        ["truncated_archive"],
    ),
    "broken member among good ones": (
        "a.tar", tar_of(("a.jsonl.gz", gzip.compress(GOOD)[:-9]), ("b.jsonl", GOOD), ("c.json", b"[")), 2,
        ["truncated_archive", "malformed_json"],
    ),
    "WARC cut off": ("a.warc", RECORD + RECORD[:-150], 1, ["truncated_archive"]),
    "WARC cut off in a header": ("a.warc", RECORD + RECORD[:60], 1, ["truncated_archive"]),
    "WARC of random bytes": ("a.warc", b"\x00\x01\n" * 99, 0, ["malformed_record"]),
    "WARC with garbage between records": ("a.warc", RECORD + b"garbage\r\n" * 9 + RECORD, 2, ["malformed_record"]),
    "WARC record without a length": (
        "a.warc", RECORD + RECORD.replace(b"Content-Length", b"Content-Lenght") + RECORD, 2,
        ["malformed_record", "malformed_record"],
    ),
    "WARC record of a false length": ("a.warc", RECORD + record(PAGE, length=1500) + RECORD, 2, ["malformed_record"]),
    "WARC record of a length without end": ("a.warc", RECORD + record(PAGE, length=10**14), 1, ["truncated_archive"]),
    "WARC record too large": ("a.warc", RECORD + record(b"x" * 2 * LIMIT) + RECORD, 2, ["too_large"]),
    "WARC record that breaks its gzip": (
        "a.warc.gz", GZ_RECORD + CORRUPT_GZ_RECORD + GZ_RECORD, 2, ["damaged_archive"],
    ),
    "WARC of errors and pictures": (
        "a.warc", record(b"x", status="404 No") + record(b"x", content_type="image/png") + record(b" ") + RECORD, 1,
        ["http_status", "unsupported_format", "empty"],
    ),
    "WARC without a document": ("a.warc", record(b"x", kind="request"), 0, ["empty"]),
    "notebook that is no JSON": ("a.ipynb", b"{", 0, ["malformed_json"]),
    "notebook without cells": ("a.ipynb", b'{"nbformat": 4}', 0, ["unsupported_format"]),
    "notebook without text": ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": []}, 3]}', 0, ["no_text"]),
    "notebook that is good": ("a.ipynb", NOTEBOOK, 1, []),
}  # fmt: skip


def account(source):
    """Documents of an input and the reasons of all that is unreadable."""
    documents, reasons = [], []
    for item in read(source):
        result = to_document(item, source) if isinstance(item, Raw) else item
        (reasons if isinstance(result, Unreadable) else documents).append(result)
    return documents, reasons


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_told_and_the_rest_is_read(case, tmp_path):
    name, content, num_documents, reasons = CASES[case]
    (tmp_path / name).write_bytes(content)
    documents, unreadable = account(Input(tmp_path, max_bytes_per_document=LIMIT))
    assert Counter(item.reason for item in unreadable) == Counter(reasons), unreadable
    assert len(documents) == num_documents
    for item in unreadable:
        assert item.detail
        assert item.origin_file.startswith(name)
        assert item.origin_offset >= 0


@pytest.mark.parametrize("name", ["a.json", "a.parquet"])
def test_a_row_that_is_whole_and_above_the_limit_is_no_document(name, tmp_path):
    texts = ["a" * (LIMIT + 1), TEXT]
    rows = json.dumps([{"text": text} for text in texts]).encode()
    (tmp_path / name).write_bytes(rows if name.endswith("json") else parquet_of(text=texts))
    first, second = read(Input(tmp_path, max_bytes_per_document=LIMIT))
    assert isinstance(first, Unreadable)
    assert first.reason == "too_large"
    assert isinstance(second, Raw)


def test_there_are_at_least_forty_kinds_of_bad_input():
    assert sum(bool(reasons) for *_, reasons in CASES.values()) >= 40


def test_links_and_devices_of_a_folder_are_not_followed(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("비밀", encoding="utf-8")
    (inside / "ok.txt").write_text(TEXT, encoding="utf-8")
    (inside / "out.txt").symlink_to(outside / "secret.txt")
    (inside / "loop").symlink_to(inside)
    (inside / "broken.txt").symlink_to(inside / "none.txt")
    (inside / "circle.txt").symlink_to(inside / "circle.txt")
    (inside / "same.txt").symlink_to(inside / "ok.txt")
    os.mkfifo(inside / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(inside / "socket.txt"))
        documents, unreadable = account(Input(inside))
    found = {item.origin_file: item.reason for item in unreadable}
    assert found.pop("circle.txt") in ("missing", "read_error")
    unsafe = dict.fromkeys(("out.txt", "loop", "pipe.txt", "socket.txt"), "unsafe_member")
    assert found == unsafe | {"broken.txt": "missing"}
    assert sorted(document["origin"]["file"] for document in documents) == ["ok.txt", "same.txt"]


@pytest.mark.skipif(os.geteuid() != 0 and not hasattr(os, "seteuid"), reason="needs to give up rights for a moment")
def test_files_and_folders_without_permission_are_told(tmp_path):
    (tmp_path / "closed.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "closed").mkdir()
    (tmp_path / "ok.txt").write_text(TEXT, encoding="utf-8")
    for parent in [tmp_path, *tmp_path.parents][:4]:
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(0o755)
    (tmp_path / "closed.txt").chmod(0)
    (tmp_path / "closed").chmod(0)
    owner = os.geteuid()
    if owner == 0:
        os.seteuid(65534)
    try:
        found = {item.origin_file: getattr(item, "reason", None) for item in read(Input(tmp_path))}
    finally:
        os.seteuid(owner)
        (tmp_path / "closed").chmod(0o755)
    assert found == {"closed": "no_permission", "closed.txt": "no_permission", "ok.txt": None}


def test_a_file_that_vanishes_after_the_listing_is_missing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    source = Input(tmp_path)
    listed = list_files(source)
    path.unlink()
    assert [item.reason for item in files.read_file(listed[0], source)] == ["missing"]


def test_names_that_are_no_utf8_are_written_out(tmp_path):
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt"))).write_text(TEXT, encoding="utf-8")
    (item,) = read(Input(tmp_path))
    assert item.origin_file == "\\xff\\xfe.txt"
    (tmp_path / "a.tar").write_bytes(tar_of((b"\xff\xfe.txt".decode("utf-8", "surrogateescape"), TEXT.encode())))
    (item,) = read(Input(tmp_path / "a.tar"))
    assert item.origin_file == "a.tar!\\xff\\xfe.txt"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.txt.gz", "a.csv.zst", "a.warc.gz", "a.tar.gz", "a.json.xz"])
def test_bombs_end_early_whatever_they_hold(name, tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "BOMB_FLOOR_BYTES", 2_000_000)
    content = (b'["' if "json." in name else b"text\n") + bytes(8_000_000)
    if name.endswith("tar.gz"):
        content = tar_of(("a.jsonl", content))
    packed = {".gz": gzip.compress, ".zst": zstandard.compress, ".xz": lzma.compress}[Path(name).suffix](content)
    (tmp_path / name).write_bytes(packed)
    items = list(read(Input(tmp_path, max_bytes_per_document=LIMIT)))
    assert {item.reason for item in items if isinstance(item, Unreadable)} & {"decompression_bomb", "too_large"}
    assert all(isinstance(item, Unreadable) or len(item.content) <= LIMIT for item in items)


def test_a_name_record_of_a_gigabyte_is_not_read(tmp_path):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"x" * 1024)
    (item,) = read(Input(tmp_path))
    assert (item.reason, archive.MAX_NAME_RECORD_BYTES < 1 << 30) == ("damaged_archive", True)
