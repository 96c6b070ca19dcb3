"""Raw files as they come in the world, written the same byte for byte each time: JSONL, WARC, Parquet, tar, pages."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.sample.plant import Personal
from malmoi.sample.written import Text


@dataclass
class Record:
    """One raw document on its way into a file, with what is true of it.

    `name` is unique; `duplicate_of` names another record. `clean` says that a good recipe keeps it (masked, if it
    carries personal data). `place` is filled in by whoever writes it: the file and the offset of Document.origin.
    """

    name: str
    text: Text
    plants: list[str] = field(default_factory=list)
    duplicate_of: str | None = None
    jaccard: float | None = None
    personal: list[Personal] = field(default_factory=list)
    clean: bool = True
    place: tuple[str, int] | None = None

    @property
    def url(self) -> str:
        """An address on a reserved domain (RFC 2606)."""
        return f"https://{self.text.group}.example/{self.name}"

    @property
    def row(self) -> dict[str, Any]:
        """The record as a JSON or Parquet row."""
        text = self.text
        named = {"title": text.title, "name": text.site, "category": text.category, "author": text.author}
        return {"url": self.url, "kind": text.kind, **named, "published": text.published, "text": text.body}


def write_truth(stream: TextIO, records: Sequence[Record]) -> None:
    """One JSON line for each record: where it lies and what is true of it. Originals must be among the records."""
    places = {record.name: record.place for record in records}
    for record in sorted(records, key=lambda record: record.place or ("", 0)):
        assert record.place is not None, record.name
        target = places[record.duplicate_of] if record.duplicate_of else None
        line = {
            "file": record.place[0],
            "offset": record.place[1],
            "written": record.text.id,
            "plants": record.plants,
            "duplicate_of": {"file": target[0], "offset": target[1]} if target else None,
            "jaccard": record.jaccard,
            "personal": [asdict(item) for item in record.personal],
            "clean": record.clean,
        }
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_jsonl(root: Path, name: str, records: Iterable[Record]) -> None:
    """One row a line; the place of a record is the byte at which its line starts."""
    offset = 0
    with (root / name).open("wb") as stream:
        for record in records:
            record.place = (name, offset)
            offset += stream.write(json.dumps(record.row, ensure_ascii=False).encode() + b"\n")


def write_parquet(root: Path, name: str, records: Sequence[Record]) -> None:
    """One row a record; the place is the number of the row."""
    for number, record in enumerate(records):
        record.place = (name, number)
    pq.write_table(pa.Table.from_pylist([record.row for record in records]), root / name, compression="zstd")


def write_file(root: Path, name: str, record: Record, content: bytes) -> None:
    """A file of its own."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    record.place = (name, 0)


def markdown(record: Record) -> bytes:
    """The text with a YAML front matter."""
    text = record.text
    head = {"title": text.title, "url": record.url, "published": text.published, "site": text.site}
    lines = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items())
    return f"---\n{lines}---\n\n# {text.title}\n\n{text.body}\n".encode()


def write_tar(root: Path, name: str, members: Sequence[tuple[str, Record, bytes]]) -> None:
    """A tar.gz with one file a record, without times or owners."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, record, content in members:
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            record.place = (f"{name}!{member}", 0)
    (root / name).write_bytes(gzip.compress(held.getvalue(), mtime=0))


def write_warc(root: Path, name: str, pages: Iterable[tuple[Record, bytes, str]]) -> None:
    """A WARC 1.0 file (ISO 28500) of HTTP responses, each record its own gzip member; record 0 is the warcinfo.

    pages: the record, the page's bytes, and the charset that its HTTP header claims ("" for none).
    """
    with (root / name).open("wb") as stream:
        stream.write(_warc_record("warcinfo", "", b"software: malmoi\r\nformat: WARC File Format 1.0\r\n"))
        for number, (record, content, charset) in enumerate(pages, start=1):
            claimed = f"; charset={charset}" if charset else ""
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html{claimed}\r\nContent-Length: {len(content)}\r\n\r\n"
            stream.write(_warc_record("response", record.url, head.encode() + content))
            record.place = (name, number)


def _warc_record(kind: str, url: str, block: bytes) -> bytes:
    """One gzip member. The date is fixed, so that the same pages give the same bytes."""
    media = "application/warc-fields" if kind == "warcinfo" else "application/http; msgtype=response"
    target = f"WARC-Target-URI: {url}\r\n" if url else ""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n{target}"
        f"Content-Type: {media}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", compresslevel=6, mtime=0)
