"""Bad files: compressed, packed, crawled, linked, named and closed in every way that goes wrong."""

# ruff: noqa: E501 (one kind a line: a table is read by its names)
import bz2
import gzip
import lzma
import os
import random
import socket
import tarfile
import unicodedata
import zlib
from pathlib import Path

import zstandard
from bad_inputs import LIMIT, MORE, Kind, kind, row

WORDS = "봄비가 내린 뒤 마을 사람들은 무너진 둑을 다시 쌓았다. 물은 사흘 만에 빠졌고 논에는 다시 모를 냈다. "
TEXT = (WORDS * 3).encode()
NOISE = random.Random(5).randbytes(60_000)
BOMB_PIECE = bytes(20_000_000)
BOMB_PIECES = 14
"""So many pieces are more than streams.BOMB_FLOOR_BYTES."""
PACKERS = {"gz": gzip.compress, "zst": zstandard.compress, "xz": lzma.compress, "bz2": bz2.compress}


NOISY_ROWS = b"".join(row(body=NOISE[n : n + 2_000].hex()).encode() for n in range(0, 40_000, 2_000))
"""Rows that no compression makes small, so that a cut takes some of them only."""


def _each_compression() -> dict[str, Kind]:
    found = {}
    for suffix, pack in PACKERS.items():
        name = f"a.jsonl.{suffix}"
        found |= {
            f"{suffix} cut in the middle": kind(
                name, pack(NOISY_ROWS)[:-3_000], "truncated_archive no_text malformed_json", MORE
            ),
            f"{suffix} cut in its head": kind(
                name, pack(TEXT)[:7], "truncated_archive damaged_archive malformed_json", MORE
            ),
            f"{suffix} cut at its last byte": kind(
                "a.txt." + suffix, pack(TEXT)[:-1], "truncated_archive damaged_archive", MORE
            ),
            f"{suffix} with noise inside": kind(
                name,
                _overwritten(pack(NOISY_ROWS), 30_000),
                "damaged_archive no_text malformed_json truncated_archive",
                MORE,
            ),
            f"{suffix} followed by noise": kind(
                name, lambda good, pack=pack: pack(row(text=good()).encode()) + b"noise" * 50, "damaged_archive"
            ),
            f"{suffix} followed by zeros": kind(
                name, lambda good, pack=pack: pack(row(text=good()).encode()) + bytes(3_000)
            ),
            f"{suffix} twice after one another": kind(
                name, lambda good, pack=pack: pack(row(text=good()).encode()) + pack(row(text=good()).encode())
            ),
            f"{suffix} in itself": kind(f"a.txt.{suffix}", pack(pack(TEXT)), "binary encoding", MORE),
            f"{suffix} of nothing": kind(name, pack(b""), "empty"),
            f"{suffix} by name alone": kind(name, lambda good: row(text=good())),
            f"{suffix} by content alone": kind("a.jsonl", lambda good, pack=pack: pack(row(text=good()).encode())),
        }
    return found


def _overwritten(content: bytes, place: int) -> bytes:
    return content[:place] + b"\xa5" * 64 + content[place + 64 :]


def _bomb(pack, start: bytes = b"") -> bytes:
    """Pieces of zeros packed one by one, which read as one stream."""
    return (pack(start) if start else b"") + pack(BOMB_PIECE) * BOMB_PIECES


def _crafted_zstd(window: int) -> bytes:
    """A frame that asks for a window of 2^window bytes (RFC 8878, 3.1.1.1.2)."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(window - 10) << 3]) + b"\x01\x00\x00"


def _gzip_head(flags: int, extra: bytes) -> bytes:
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + extra


COMPRESSED = {
    **_each_compression(),
    "gzip bomb of lines": kind("a.jsonl.gz", lambda good: _bomb(gzip.compress, row(text=good()).encode()), "line_too_long decompression_bomb", MORE),
    "zstd bomb of lines": kind("a.jsonl.zst", lambda good: _bomb(zstandard.compress, row(text=good()).encode()), "line_too_long decompression_bomb", MORE),
    "gzip bomb of a text": kind("a.txt.gz", lambda _: _bomb(gzip.compress), "too_large"),
    "bzip2 bomb of a text": kind("a.txt.bz2", lambda _: bz2.compress(bytes(9_000_000)), "too_large"),
    "xz bomb of a text": kind("a.txt.xz", lambda _: lzma.compress(bytes(9_000_000)), "too_large"),
    "gzip bomb of an archive": kind("a.tar.gz", lambda _: gzip.compress(_head("a.bin", 1 << 40)) + _bomb(gzip.compress), "unsupported_format decompression_bomb", MORE),
    "gzip bomb of JSON": kind("a.json.gz", lambda _: gzip.compress(b'["') + gzip.compress(b"a" * 9_000_000), "too_large malformed_json"),
    "gzip bomb of a table": kind("a.csv.gz", lambda _: gzip.compress(b'text\n"' + b"a" * 9_000_000), "line_too_long empty", MORE),
    "gzip bomb of a crawl": kind("a.warc.gz", lambda _: gzip.compress(_warc_head(length=9_000_000) + bytes(9_000_000)), "too_large"),
    "gzip bomb in gzip bombs": kind("a.txt.gz", lambda _: gzip.compress(gzip.compress(bytes(50_000_000))), "binary"),
    "zstd that asks for a window of two gigabytes": kind("a.txt.zst", _crafted_zstd(31), "too_large", MORE),
    "zstd that asks for a window of a terabyte": kind("a.txt.zst", _crafted_zstd(41), "damaged_archive truncated_archive", MORE),
    "zstd with a wrong checksum": kind("a.txt.zst", zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)[:-1] + b"\0", "damaged_archive"),
    "zstd that needs a dictionary": kind("a.txt.zst", b"\x28\xb5\x2f\xfd\x23\x07\x00\x00\x00\x10" + bytes(30), "damaged_archive truncated_archive", MORE),
    "gzip with a wrong checksum": kind("a.txt.gz", gzip.compress(TEXT)[:-8] + bytes(8), "damaged_archive"),
    "gzip with a name that never ends": kind("a.txt.gz", _gzip_head(8, b"a" * 90_000), "truncated_archive damaged_archive", MORE),
    "gzip with more in its head than there is": kind("a.txt.gz", _gzip_head(4, b"\xff\xff" + b"a" * 90), "truncated_archive"),
    "gzip of a method that is none": kind("a.jsonl.gz", b"\x1f\x8b\x07" + bytes(60), "encoding"),
    "deflate without a head": kind("a.jsonl.gz", zlib.compress(TEXT), "malformed_json encoding", MORE),
    "a zip called text": kind("a.jsonl", b"PK\x03\x04" + NOISE[:90].replace(b"\n", b""), "malformed_json encoding", MORE),
    "LZ4 called zstd": kind("a.txt.zst", b"\x04\x22\x4d\x18\x64\x40\xa7" + NOISE[:900], "binary encoding", MORE),
    "xz of which the end says another size": kind("a.txt.xz", lzma.compress(TEXT)[:-20] + bytes(20), "damaged_archive truncated_archive", MORE),
    "old lzma called xz": kind("a.txt.xz", lzma.compress(TEXT, lzma.FORMAT_ALONE), "binary encoding", MORE),
    "two compressions by name": kind("a.txt.gz.gz", gzip.compress(TEXT), "unsupported_format"),
    "a compression alone as a name": kind("a.gz", gzip.compress(TEXT), "", 1),
}  # fmt: skip


def _head(name: str, size: int = 0, kind_of: bytes = tarfile.REGTYPE, link: str = "", **fields) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind_of, link
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _member(name: str, content: bytes, kind_of: bytes = tarfile.REGTYPE) -> bytes:
    return _head(name, len(content), kind_of) + content + bytes(-len(content) % 512)


END = bytes(1024)


def _tar(*middle: bytes, end: bytes = END, last: bool = True):
    """Bad members between two good ones."""

    def make(good) -> bytes:
        after = _member("z.txt", good().encode()) if last else b""
        return _member("a.txt", good().encode()) + b"".join(middle) + after + end

    return make


def _tar_of(name: str, content: bytes):
    return _tar(_member(name, content))


def _pax(record: bytes, name: str = "p.txt", content: bytes = TEXT) -> bytes:
    return _member("PaxHeader", record, tarfile.XHDTYPE) + _member(name, content)


def _packed(pack):
    return lambda good: pack(_tar()(good))


def _negative(name: str) -> bytes:
    """A head whose size is below zero, in GNU's binary form, with a right checksum."""
    head = bytearray(_head(name))
    head[124:136] = b"\xff" * 12
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


LINKS = {"a link": tarfile.SYMTYPE, "a hard link": tarfile.LNKTYPE}
DEVICES = {"a character device": tarfile.CHRTYPE, "a block device": tarfile.BLKTYPE, "a pipe": tarfile.FIFOTYPE}
UNSAFE = {
    "a path of the root": "/etc/passwd.txt", "a path upwards": "../a.txt", "a path upwards inside": "a/../../b.txt", "a path of Windows": "C:\\a.txt", "a path of a share": "\\\\host\\a.txt",
    "a path upwards of Windows": "..\\a.txt",
}  # fmt: skip
TARS = {
    **{f"tar with {name}": kind("a.tar", _tar(_head("x.txt", 0, kind_of, "/etc/passwd")), "unsafe_member") for name, kind_of in (LINKS | DEVICES).items()},
    **{f"tar with {name}": kind("a.tar", _tar_of(path, TEXT), "unsafe_member") for name, path in UNSAFE.items()},
    **{f"tar in {suffix}": kind(f"a.tar.{suffix}", _packed(pack)) for suffix, pack in PACKERS.items()},
    **{f"tar in {suffix}, cut": kind(f"a.tar.{suffix}", pack(_member("x.txt", NOISE.hex().encode()) + END)[:-9_000], "truncated_archive damaged_archive", MORE) for suffix, pack in PACKERS.items()},
    **{f"tar in {suffix} with noise inside": kind(f"a.tar.{suffix}", _overwritten(pack(_member("x.txt", NOISE.hex().encode()) + END), 40_000), "truncated_archive damaged_archive", MORE) for suffix, pack in PACKERS.items()},
    "tar with a picture": kind("a.tar", _tar_of("a.png", NOISE[:90]), "unsupported_format"),
    "tar with a tar": kind("a.tar", _tar_of("b.tar", _member("a.txt", TEXT) + END), "", 1),
    "tar with a packed tar": kind("a.tar", _tar_of("b.tar.gz", gzip.compress(_member("a.txt", TEXT) + END)), "", 1),
    "tar with a packed table": kind("a.tar", lambda good: _tar_of("b.jsonl.gz", gzip.compress(row(text=good()).encode()))(good)),
    "tar with a cut packed table": kind("a.tar", _tar_of("b.jsonl.gz", gzip.compress(TEXT)[:-30]), "truncated_archive malformed_json", MORE),
    "tar with a damaged Parquet file": kind("a.tar", _tar_of("b.parquet", b"PAR1" + NOISE[:900] + b"PAR1"), "malformed_table"),
    "tar with a packed Parquet file": kind("a.tar", _tar_of("b.parquet.gz", gzip.compress(b"PAR1PAR1")), "malformed_table"),
    "tar with an empty member": kind("a.tar", _tar_of("b.txt", b""), "empty"),
    "tar with a member without a suffix": kind("a.tar", _tar_of("Makefile", TEXT), "unsupported_format"),
    "tar with a member without a name": kind("a.tar", _tar_of("", TEXT), "unsupported_format"),
    "tar with a hidden member": kind("a.tar", _tar_of(".git/a.txt", TEXT)),
    "tar with a folder": kind("a.tar", _tar(_head("d/", 0, tarfile.DIRTYPE))),
    "tar with a folder of some size": kind("a.tar", _tar(_head("d/", 0, tarfile.DIRTYPE), _head("e/", 700, tarfile.DIRTYPE), bytes(1024))),
    "tar with a folder that is a file": kind("a.tar", _tar_of("d.txt/", TEXT)),
    "tar with a sparse member": kind("a.tar", _tar(_member("s.txt", TEXT, tarfile.GNUTYPE_SPARSE)), "unsupported_format"),
    "tar with a member of no known type": kind("a.tar", _tar(_member("s.txt", TEXT, b"Z")), "unsupported_format"),
    "tar with a name of CP949": kind("a.tar", _tar_of(b"\xb0\xa1.txt".decode("utf-8", "surrogateescape"), TEXT), "", 1),
    "tar with a name in NFD": kind("a.tar", _tar_of(unicodedata.normalize("NFD", "한글.txt"), TEXT), "", 1),
    "tar with a name of control characters": kind("a.tar", _tar_of("a\n\t\x1b[0m.txt", TEXT), "", 1),
    "tar with a name of 90,000 letters": kind("a.tar", _tar_of("a" * 90_000 + ".txt", TEXT), "", 1),
    "tar with a name of two megabytes": kind("a.tar", _tar(_member("a" * 2_000_000 + ".txt", TEXT), last=False), "damaged_archive"),
    "tar with the same member twice": kind("a.tar", _tar(_member("b.txt", TEXT), _member("b.txt", TEXT)), "", 2),
    "tar with the same name twice": kind("a.tar", _tar(_member("b.txt", TEXT), _member("b.txt", TEXT + TEXT[:60])), "", 2),
    "tar with a name that is an archive's": kind("a.tar", _tar_of("b.tar!c.txt", TEXT), "", 1),
    "tar with a broken checksum": kind("a.tar", _tar(_member("x.txt", TEXT).replace(b"x.txt", b"y.txt", 1)), "damaged_archive"),
    "tar with noise between members": kind("a.tar", _tar(NOISE[:5_120]), "damaged_archive"),
    "tar with half a block between members": kind("a.tar", _tar(NOISE[:300], last=False), "damaged_archive"),
    "tar with zeros between members": kind("a.tar", _tar(bytes(2_048))),
    "tar after its end": kind("a.tar", lambda good: _tar()(good) + _tar()(good)),
    "tar with noise after its end": kind("a.tar", _tar(end=END + NOISE[:2_048]), "damaged_archive"),
    "tar without its end": kind("a.tar", _tar(end=b""), "truncated_archive"),
    "tar cut in a head": kind("a.tar", _tar(end=_head("y.txt", 9)[:200]), "truncated_archive"),
    "tar cut in a member": kind("a.tar", _tar(end=_head("y.txt", 9_000) + TEXT), "truncated_archive"),
    "tar of a member larger than all disks": kind("a.tar", _tar(end=_head("y.txt", 1 << 62) + TEXT), "truncated_archive too_large", MORE),
    "tar of a member below zero": kind("a.tar", _tar(_negative("y.txt")), "damaged_archive"),
    "tar of a member over the limit": kind("a.tar", _tar_of("b.txt", b"a" * (LIMIT + 1)), "too_large"),
    "tar of zeros": kind("a.tar", bytes(10_240), "empty"),
    "tar of noise": kind("a.tar", NOISE[:10_240], "damaged_archive"),
    "tar of a few bytes": kind("a.tar", b"tar", "truncated_archive"),
    "tar of a thousand members": kind("a.tar", _tar(*(_member(f"{n}.png", b"x") for n in range(1_000))), "unsupported_format"),
    "tar whose long name is cut": kind("a.tar", _tar(end=_head("L", 5_000, tarfile.GNUTYPE_LONGNAME) + b"a"), "truncated_archive"),
    "tar whose long name has no member": kind("a.tar", _tar(_member("L", b"long.txt\0", tarfile.GNUTYPE_LONGNAME), last=False)),
    "tar whose long name is of no letters": kind("a.tar", _tar(_member("L", b"\0\0", tarfile.GNUTYPE_LONGNAME), _member("b.txt", TEXT)), "", 1),
    "pax of a length that lies": kind("a.tar", _tar(_pax(b"999 path=b.txt\n")), "", 1),
    "pax of a length below zero": kind("a.tar", _tar(_pax(b"-5 path=b.txt\n")), "", 1),
    "pax of a length without end": kind("a.tar", _tar(_pax(b"9" * 5_000 + b" path=b.txt\n")), "", 1),
    "pax of a path upwards": kind("a.tar", _tar(_pax(b"23 path=../../../b.txt\n")), "unsafe_member", 0),
    "pax of a size that lies": kind("a.tar", _tar(_pax(b"11 size=40\n")), "damaged_archive", MORE),
    "pax of a size without end": kind("a.tar", _tar(_pax(b"39 size=999999999999999999999999999999\n"), last=False), "truncated_archive", MORE),
    "pax of a path that is no UTF-8": kind("a.tar", _tar(_pax(b"15 path=\xb0\xa1.txt\n")), "", 1),
    "pax for all members": kind("a.tar", _tar(_member("g", b"19 comment=nothing\n", tarfile.XGLTYPE))),
}  # fmt: skip


def _warc_head(
    kind_of: str = "response", length: object = 0, more: str = "", content: str = "application/http"
) -> bytes:
    fields = f"WARC-Type: {kind_of}\r\nWARC-Target-URI: http://a.kr/\r\nContent-Type: {content}\r\n{more}"
    return f"WARC/1.0\r\n{fields}Content-Length: {length}\r\n\r\n".encode("utf-8", "surrogateescape")


def _http(
    body: bytes, head: str = "Content-Type: text/plain; charset=utf-8\r\n", status: str = "HTTP/1.1 200 OK"
) -> bytes:
    return f"{status}\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body


def _record(payload: bytes, **fields) -> bytes:
    return _warc_head(length=fields.pop("length", len(payload)), **fields) + payload + b"\r\n\r\n"


def _warc(*middle: bytes, end: bytes = b""):
    """Bad records between two good ones."""
    return lambda good: _record(_http(good().encode())) + b"".join(middle) + _record(_http(good().encode())) + end


def _served(head: str, body: bytes, status: str = "HTTP/1.1 200 OK") -> bytes:
    return _record(_http(body, head, status))


def _chunked(body: bytes) -> bytes:
    return _served("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", body)


def _coded(coding: str, body: bytes) -> bytes:
    return _served(f"Content-Type: text/plain\r\nContent-Encoding: {coding}\r\n", body)


PLAIN = "Content-Type: text/plain\r\n"
ODD = "empty malformed_record unsupported_format http_status binary encoding no_text too_large truncated_archive"
WARCS = {
    "a length that is no number": (_record(_http(TEXT), length="many"), "malformed_record", MORE), "a length below zero": (_record(_http(TEXT), length=-5), "malformed_record", MORE),
    "a length of 400 digits": (_record(_http(TEXT), length="9" * 400), "malformed_record", MORE), "a length in full-width digits": (_record(_http(TEXT), length="１２"), "malformed_record", MORE),
    "a length that is too short": (_record(_http(TEXT), length=40), "malformed_record empty", MORE), "a length that is too long": (_record(_http(TEXT), length=1_200), "malformed_record", MORE),
    "no length": (_record(_http(TEXT)).replace(b"Content-Length", b"X-Length"), "malformed_record", MORE), "two lengths": (_record(_http(TEXT), more="Content-Length: 3\r\n"), "malformed_record http_status", MORE),
    "no type": (_record(_http(TEXT)).replace(b"WARC-Type", b"X-Type"), "unsupported_format", 0), "a type of nobody": (_record(_http(TEXT), kind_of="song"), "unsupported_format", 0), "a request": (_record(_http(TEXT), kind_of="request"), "", 0),
    "a record seen before": (_record(b"", kind_of="revisit"), "", 0), "a head of 70,000 bytes": (_record(_http(TEXT), more="X: " + "a" * 70_000 + "\r\n"), "malformed_record", MORE), "a head of 9,000 lines": (_record(_http(TEXT), more="X: a\r\n" * 9_000), "", 1), "a head of 99,000 lines": (_record(_http(TEXT), more="X: a\r\n" * 99_000), "malformed_record", MORE),
    "a head without colons": (_record(_http(TEXT), more="no colon\r\n: nothing\r\n"), "", 1), "a head of bytes": (_record(_http(TEXT), more="X-\udcb0\udca1: \udcff\r\n"), "", 1), "lines of another end": (_record(_http(TEXT)).replace(b"\r\n\r\nHTTP", b"\n\nHTTP"), "", 1), "a version of the future": (_record(_http(TEXT)).replace(b"WARC/1.0", b"WARC/9.9"), "", 1),
    "an address of bytes": (_record(_http(TEXT)).replace(b"http://a.kr/", b"http://\xb0\xa1.kr/\xff"), "", 1), "an address of 50,000 letters": (_record(_http(TEXT)).replace(b"a.kr/", b"a.kr/" + b"a" * 50_000), "", 1), "an address that is none": (_record(_http(TEXT)).replace(b"http://a.kr/", b"<http://[::1>"), "", 1),
    "noise between records": (b"noise\r\n" * 50, "malformed_record", 0), "blank lines between records": (b"\r\n" * 900, "", 0), "a start of a record in noise": (b"x" * 99 + b"WARC/1.0 x\r\n", "malformed_record", MORE),
    "nothing served": (_record(b""), ODD, MORE), "blanks served": (_record(b" \r\n\r\n"), ODD, MORE), "a line served": (_record(b"HTTP/1.1 200 OK"), ODD, MORE), "no head served": (_record(TEXT), ODD, MORE), "a page as HTTP 0.9": (_record(b"<html>" + TEXT), ODD, MORE),
    "a status of letters": (_served(PLAIN, TEXT, "HTTP/1.1 OK OK"), ODD, MORE), "a status without end": (_served(PLAIN, TEXT, "HTTP/1.1 " + "2" * 400), ODD, MORE), "a status alone": (_served(PLAIN, TEXT, "200"), ODD, MORE), "not found": (_served(PLAIN, TEXT, "HTTP/1.1 404 Not Found"), "http_status", 0), "moved": (_served("Location: /x\r\n", b"", "HTTP/1.1 301 Moved"), "http_status", 0), "a part": (_served(PLAIN, TEXT, "HTTP/1.1 206 Partial"), "http_status", 0),
    "a head that never ends": (_record(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 90_000), ODD, MORE), "a head of NULs": (_served("X: \0\0\r\n" + PLAIN, TEXT), ODD, MORE), "a head of 9,000 fields": (_served("X: a\r\n" * 9_000 + PLAIN, TEXT), ODD, MORE), "a folded head": (_served("Content-Type:\r\n text/plain\r\n", TEXT), ODD, MORE),
    "chunks of sizes that are none": (_chunked(b"zz\r\n" + TEXT + b"\r\n0\r\n\r\n"), ODD, MORE), "chunks below zero": (_chunked(b"-5\r\nabcde\r\n0\r\n\r\n"), ODD, MORE), "chunks without end": (_chunked(b"ffffffffffffffffffff\r\nabc"), ODD, MORE), "chunks that are cut": (_chunked(b"%x\r\n" % 9_999 + TEXT), ODD, MORE), "chunks that are none": (_chunked(TEXT), ODD, MORE), "chunks of nothing": (_chunked(b"0\r\n\r\n"), ODD, MORE), "chunks with comments": (_chunked(b"%x;a=b\r\n" % len(TEXT) + TEXT + b"\r\n0\r\nX: y\r\n\r\n"), ODD, MORE),
    "gzip that is none": (_coded("gzip", TEXT), ODD, MORE), "gzip that is cut": (_coded("gzip", gzip.compress(TEXT)[:-9]), ODD, MORE), "gzip in gzip": (_coded("gzip, gzip", gzip.compress(gzip.compress(TEXT))), ODD, MORE), "a gzip bomb": (_coded("gzip", gzip.compress(bytes(9_000_000))), "too_large", 0), "deflate without a head": (_coded("deflate", zlib.compress(TEXT)[2:-4]), ODD, MORE), "Brotli that is none": (_coded("br", NOISE[:500]), ODD, MORE), "zstd inside": (_coded("zstd", zstandard.compress(TEXT)), ODD, MORE), "a coding of nobody": (_coded("x-y, \udcff", TEXT), ODD, MORE),
    "a charset of nobody": (_served("Content-Type: text/plain; charset=x-y\r\n", TEXT), "", 1), "a charset of names": (_served("Content-Type: text/plain; charset=idna\r\n", b"\xb0\xa1\xff\xb0" * 50), ODD, MORE), "a charset of bytes": (_served("Content-Type: text/plain; charset=hex\r\n", TEXT), "", 1), "a charset of 9,000 letters": (_served("Content-Type: text/plain; charset=" + "x" * 9_000 + "\r\n", TEXT), "", 1), "a charset with a NUL": (_served("Content-Type: text/plain; charset=\0\r\n", b"\xb0\xa1\xff" * 50), ODD, MORE),
    "a picture": (_served("Content-Type: image/png\r\n", NOISE[:90]), "unsupported_format", 0), "a picture called a page": (_served("Content-Type: text/html\r\n", b"\x89PNG\r\n\x1a\n" + NOISE[:90]), "binary", 0), "JSON": (_served("Content-Type: application/json\r\n", b"{}"), "no_text", 0), "two types": (_served("Content-Type: image/png\r\nContent-Type: text/plain\r\n", TEXT), ODD, MORE), "a type of nothing": (_served("Content-Type: ;;;=\r\n", TEXT), ODD, MORE), "a page of nothing": (_served("Content-Type: text/html\r\n", b"<html></html>"), "no_text", 0),
    "a record over the limit": (_record(_http(b"a" * 2 * LIMIT)), "too_large", 0), "text that was taken out of a page": (_record(TEXT, kind_of="conversion", content="text/plain"), "", 1), "a resource of no type": (_record(TEXT, kind_of="resource", content=""), "unsupported_format", 0), "a letter's head": (_record(b"x" * 90, kind_of="resource", content="message/rfc822"), "unsupported_format", 0),
}  # fmt: skip


def _gz_records(*middle: bytes):
    return lambda good: (
        gzip.compress(_record(_http(good().encode())))
        + b"".join(middle)
        + gzip.compress(_record(_http(good().encode())))
    )


RECORD = _record(_http(TEXT))
CRAWLS = {
    "crawl cut in a record": kind("a.warc", _warc(end=RECORD[:-200]), "truncated_archive"),
    "crawl cut in a head": kind("a.warc", _warc(end=RECORD[:60]), "truncated_archive"),
    "crawl cut in its first line": kind("a.warc", _warc(end=b"WARC/1"), "truncated_archive"),
    "crawl of noise": kind("a.warc", NOISE[:9_000], "malformed_record"),
    "crawl of zeros": kind("a.warc", bytes(9_000), "malformed_record"),
    "crawl of one line": kind("a.warc", b"WARC/1.0", "truncated_archive"),
    "crawl of requests": kind("a.warc", _record(_http(TEXT), kind_of="request") * 5, "empty"),
    "crawl of older days": kind(
        "a.warc", b"http://a.kr/ 1.2.3.4 20010101000000 text/html 5\nabcde\n" * 9, "malformed_record"
    ),
    "packed crawl with a cut record": kind(
        "a.warc.gz",
        _gz_records(gzip.compress(RECORD)[:-20]),
        "damaged_archive truncated_archive malformed_record",
        MORE,
    ),
    "packed crawl with noise between records": kind(
        "a.warc.gz", _gz_records(NOISE[:900]), "damaged_archive truncated_archive malformed_record", MORE
    ),
    "packed crawl with a damaged record": kind(
        "a.warc.gz",
        _gz_records(_overwritten(gzip.compress(_record(_http(NOISE.hex()[:9_000].encode()))), 900)),
        "damaged_archive",
    ),
    "packed crawl in one piece, cut": kind(
        "a.warc.gz",
        gzip.compress(RECORD + _record(_http(NOISE.hex()[:90_000].encode())))[:-9_000],
        "truncated_archive",
        1,
    ),
    "packed crawl of false gzip heads": kind(
        "a.warc.gz",
        lambda good: gzip.compress(_record(_http(good().encode()))) + b"\x1f\x8b\x08" * 900,
        "damaged_archive truncated_archive malformed_record",
        MORE,
    ),
    "crawl in zstd": kind("a.warc.zst", lambda good: zstandard.compress(_warc()(good))),
}


def _files(**contents: bytes):
    def make(folder: Path, _good) -> None:
        for name, content in contents.items():
            (folder / name).write_bytes(content)

    return make


def _named(name: str | bytes):
    """A text under an odd name."""

    def make(folder: Path, good) -> None:
        with open(os.fsencode(folder) + b"/" + os.fsencode(name), "wb") as stream:  # noqa: PTH123
            stream.write(good().encode())

    return make


def _link(target: str, name: str = "a.txt"):
    return lambda folder, _good: (folder / name).symlink_to(target)


def _pipe(folder: Path, _good) -> None:
    os.mkfifo(folder / "a.txt")


def _socket(folder: Path, _good) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the name of a socket has 108 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("a.txt")
    finally:
        os.chdir(here)


def _deep_folders(folder: Path, good) -> None:
    deep = folder.joinpath(*["d"] * 200)
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text(good(), encoding="utf-8")


def _folder_called_text(folder: Path, good) -> None:
    (folder / "a.txt").mkdir()
    (folder / "a.txt" / "b.txt").write_text(good(), encoding="utf-8")


def _hole(folder: Path, _good) -> None:
    """A file of zeros that takes no place on the disk."""
    with (folder / "a.txt").open("wb") as stream:
        stream.truncate(LIMIT * 10)


def _many_small(folder: Path, good) -> None:
    for number in range(600):
        (folder / f"{number:03}.txt").write_bytes(b"")
    (folder / "z.txt").write_text(good(), encoding="utf-8")


def _hard_link(folder: Path, _good) -> None:
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "b.txt").hardlink_to(folder / "a.txt")


def _closed(folder: Path, _good) -> None:
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "a.txt").chmod(0)


MAY_ALL = os.geteuid() == 0
NAMES = {
    "of CP949": b"\xb0\xa1\xb3\xaa.txt", "of one byte that is no UTF-8": b"\xff.txt", "in NFD": unicodedata.normalize("NFD", "한글 이름.txt"), "of a line end": "a\nb.txt", "of a carriage return and a tab": "a\r\tb.txt",
    "of 250 letters": "a" * 250 + ".txt", "of 83 syllables": "가" * 83 + ".txt", "of quotation marks": "a'b\"c`.txt", "of patterns": "a[b]*?{c}.txt", "of percent signs": "a%2F%00%s.txt", "of an exclamation mark": "a.tar!b.txt",
    "of a backslash": "a\\..\\b.txt", "of emoji": "😀👨‍👩‍👧.txt", "of signs of direction": "a\u202etxt.exe.txt", "of spaces": "  a  .txt", "of semicolons": "a;rm -rf;$(x)&.txt", "of a colon": "s3:a.txt", "of a hyphen": "-rf.txt", "in capitals": "A.TXT", "of a hash": "a#b?c.txt", "of nothing of any width": "\u200b.txt", "of half a character": "a\udced\udca0\udc80.txt",
}  # fmt: skip
DOCUMENT_SUFFIXES = (".pdf", ".hwp", ".hwpx", ".docx", ".xlsx", ".xls", ".pptx", ".epub")
DOCUMENT_BYTES = {
    "noise": NOISE[:90],
    "words": TEXT,
    "zeros": bytes(5_000),
    "the head of a PDF": b"%PDF-1.7",
    "the head of a package": b"PK\x03\x04",
    "the head of an OLE file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
}
ODD_SUFFIXES = {
    ".exe": b"MZ",
    ".xml": b"<a/>",
    ".7z": b"7z",
    ".rar": b"Rar!",
    ".arrow": b"ARROW1",
    ".py": b"print()",
    ".txt~": TEXT,
    ".": TEXT,
    ".가나": TEXT,
}
FOLDERS = {
    **{f"name {name}": kind("", _named(file)) for name, file in NAMES.items()},
    **{f"suffix {suffix}": kind(f"a{suffix}", content, "unsupported_format") for suffix, content in ODD_SUFFIXES.items()},
    **{
        f"a{suffix} of {name}": kind(f"a{suffix}", content, "malformed_document")
        for suffix in DOCUMENT_SUFFIXES
        for name, content in DOCUMENT_BYTES.items()
    },
    "no suffix": kind("LICENSE", TEXT, "", 1),
    "no suffix and no text": kind("LICENSE", bytes(range(256)), "unsupported_format"),
    "a zip of two letters": kind("a.jsonl.zip", b"PK", "truncated_archive"),
    "a file of nothing": kind("a.txt", b"", "empty"),
    "a page of nothing": kind("a.html", b"", "empty"),
    "a table of nothing": kind("a.parquet", b"", "empty"),
    "a notebook of spaces": kind("a.ipynb", b"  \n", "empty"),
    "an archive of nothing": kind("a.tar.gz", b"", "empty"),
    "a link to nothing": kind("", _link("none.txt"), "missing"),
    "a link to itself": kind("", _link("a.txt"), "missing read_error", MORE),
    "a link out of the folder": kind("", _link("/etc/passwd"), "unsafe_member"),
    "a link to the folder above": kind("", _link("..", "up"), "unsafe_member"),
    "a link to its own folder": kind("", _link(".", "here"), "unsafe_member"),
    "a link to a device": kind("", _link("/dev/zero"), "unsafe_member"),
    "a link to a process": kind("", _link("/proc/self/environ"), "unsafe_member"),
    "a link to the good file": kind("", _link("good.jsonl", "z.jsonl"), "", 1),
    "a hard link": kind("", _hard_link, "", 2),
    "a pipe": kind("", _pipe, "unsafe_member"),
    "a socket": kind("", _socket, "unsafe_member"),
    "folders two hundred deep": kind("", _deep_folders),
    "a folder called text": kind("", _folder_called_text),
    "a folder of nothing": kind("", lambda folder, _good: (folder / "d").mkdir()),
    "a hole": kind("", _hole, "too_large"),
    "600 files of nothing": kind("", _many_small, "empty"),
    "a file that may not be read": kind("", _closed, "" if MAY_ALL else "no_permission", int(MAY_ALL)),
    "a hidden file and one half written": kind("", _files(**{".a.txt": TEXT, "b.txt.partial": TEXT})),
}  # fmt: skip

KINDS: dict[str, Kind] = {
    **{f"compressed: {name}": one for name, one in COMPRESSED.items()},
    **TARS,
    **{
        f"crawl with {name}": kind("a.warc", _warc(record), told, documents)
        for name, (record, told, documents) in WARCS.items()
    },
    **CRAWLS,
    **{f"file: {name}": one for name, one in FOLDERS.items()},
}
