"""WARC 0.17 to 1.1 (ISO 28500), plain or compressed by record.

The records are cut out here, because a fault in one must not hide the others: after damage reading goes on at the next
gzip member or the next line that starts a record. What is inside an HTTP record (chunks, content encodings) is
fastwarc's work. The entries of a feed and the rows of an answer in JSON are documents of their own. Requests, metadata,
warcinfo and revisits carry no text of their own and are no items.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from fastwarc.warc import ArchiveIterator

from malmoi.corpus.sources import jsonl, xml_dumps
from malmoi.corpus.sources.chat_rows import talks
from malmoi.corpus.sources.document_files import formats
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.streams import DamagedError, Decompressed
from malmoi.corpus.text.charset import looks_binary

MAX_HEADER_BYTES = 64_000
PIECE_BYTES = 1 << 20
HTTP_HEADER_BYTES = 64_000
RECORD_START = b"WARC/"
RECORD_END = b"\r\n\r\n"
SILENT_TYPES = frozenset({"request", "metadata", "warcinfo", "revisit"})
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
TEXT_TYPES = frozenset({"text/plain", "text/markdown"})
READERS = {
    **dict.fromkeys(("text/xml", "application/xml", "application/rss+xml", "application/atom+xml"), xml_dumps.read),
    **dict.fromkeys(("application/rdf+xml", "text/rss+xml"), xml_dumps.read),
    **dict.fromkeys(("application/json", "text/json", "application/ld+json", "application/feed+json"), jsonl.read),
    **dict.fromkeys(("application/jsonl", "application/x-ndjson", "application/x-jsonlines"), jsonl.read),
}
"""Of what holds several documents: entries of a feed, rows of an answer in JSON."""
ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]{0,500}\?>\s*|<!--.{0,1000}?-->\s*){0,20}<(!doctype\s+html|html|rss|feed|rdf:rdf)\b",
    re.DOTALL | re.IGNORECASE,
)
"""The first element of a page or a feed, whatever type the server gives it."""


GOOD_STATUS = (200, 203)
"""203: a proxy has changed the page on its way."""
UNTYPED = frozenset({"", "application/octet-stream", "unknown/unknown", "application/unknown"})
STALE_HEADERS = ((), (b"transfer-encoding",), (b"content-encoding",), (b"transfer-encoding", b"content-encoding"))
"""Which HTTP headers are not believed, in the order in which readings are tried."""
TYPE = re.compile(r"[a-z]+(?:/[a-z0-9.+-]{1,60})?")
HEAD_END = re.compile(rb"\r?\n\r?\n")
CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]{0,100})?\r\n")


class _RecordError(Exception):
    """A record that breaks the format; reading goes on behind it."""


class _Source:
    """The bytes of a WARC file with a place to put bytes back. taken_bytes: given out so far and not put back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self.taken_bytes = 0

    def line(self) -> bytes:
        """The next line with its end, at most MAX_HEADER_BYTES of it; empty at the end of the file."""
        end = self._ahead.find(b"\n") + 1 or len(self._ahead)
        line, self._ahead = self._ahead[:end], self._ahead[end:]
        if not line.endswith(b"\n"):
            line += self._stream.readline(MAX_HEADER_BYTES)
        self.taken_bytes += len(line)
        return line

    def take(self, size_bytes: int) -> bytes:
        """So many bytes, fewer only at the end of the file."""
        taken, self._ahead = self._ahead[:size_bytes], self._ahead[size_bytes:]
        taken += self._stream.read(size_bytes - len(taken))
        self.taken_bytes += len(taken)
        return taken

    def put_back(self, content: bytes) -> None:
        """What is put back is read next."""
        self._ahead = content + self._ahead
        self.taken_bytes -= len(content)

    def recover(self) -> bool:
        """Goes on behind damage in a file compressed by record. False where that is not possible."""
        self._ahead = b""
        raw = getattr(self._stream, "raw", None)
        return isinstance(raw, Decompressed) and raw.skip_to_next_gzip_member()


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every record that holds a document; its offset is its number among all records."""
    records = _Source(stream)
    number = 0
    while True:
        begin = records.taken_bytes
        try:
            header = _next_header(records, (origin_file, number))
            if header is None:
                return
            if isinstance(header, Unreadable):
                yield header
                continue
            item = _read_record(records, header, (origin_file, number), source.max_bytes_per_document)
        except _RecordError as fault:
            item = Unreadable(origin_file, number, records.taken_bytes - begin, "malformed_record", str(fault))
        except DamagedError as damage:
            yield Unreadable(origin_file, number, records.taken_bytes - begin, damage.reason, damage.detail)
            if damage.reason != "damaged_archive" or not records.recover():
                return
            number += 1
            continue
        if isinstance(item, _Answer):
            yield from _items_of(item, source)
        elif item is not None:
            yield item
        number += 1


def _next_header(records: _Source, place: tuple[str, int]) -> dict[str, str] | Unreadable | None:
    """The header of the next record, in lower case. What lies between records and is not blank is Unreadable."""
    skipped = 0
    while line := records.line():
        if line.startswith(RECORD_START):
            if skipped:
                records.put_back(line)
                return Unreadable(*place, skipped, "malformed_record", f"{skipped} bytes between records")
            return _header_fields(records)
        skipped += len(line) if skipped or line.strip() else 0
    return Unreadable(*place, skipped, "malformed_record", f"{skipped} bytes that are no record") if skipped else None


def _header_fields(records: _Source) -> dict[str, str]:
    """The named fields up to the blank line, names in lower case; of a name that comes twice the first counts."""
    header: dict[str, str] = {}
    size_bytes = 0
    while line := records.line():
        size_bytes += len(line)
        if size_bytes > MAX_HEADER_BYTES:
            raise _RecordError(f"a header of more than {MAX_HEADER_BYTES} bytes")
        if not line.strip():
            return header
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            header.setdefault(name.strip().lower(), value.strip())
    raise DamagedError("truncated_archive", "the file ends inside the header of a record")


def _read_record(
    records: _Source, header: dict[str, str], place: tuple[str, int], limit_bytes: int
) -> "Raw | Unreadable | _Answer | None":
    """The record whose header was read, its body taken from the file. None where its type carries no document."""
    length = header.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise _RecordError(f"a Content-Length of {len(length)} characters that is no number")
    size_bytes = int(length)
    kind = header.get("warc-type", "").lower()
    if size_bytes > limit_bytes + HTTP_HEADER_BYTES:
        _skip(records, size_bytes)
        detail = f"a record of {size_bytes} bytes; the limit is {limit_bytes}"
        return None if kind in SILENT_TYPES else Unreadable(*place, size_bytes, "too_large", detail)
    body = records.take(size_bytes)
    _check_end(records, body, size_bytes)
    if kind in SILENT_TYPES:
        return None
    if kind == "response" and header.get("content-type", "").startswith("application/http"):
        return _http_document(header, body, place, limit_bytes)
    if kind in ("response", "resource", "conversion"):
        return _document(header, body, _content_type(header.get("content-type", "")), (*place, size_bytes))
    return Unreadable(*place, size_bytes, "unsupported_format", f"a record of type {_word(kind)}")


def _check_end(records: _Source, body: bytes, size_bytes: int) -> None:
    """Raises where the record is not as long as it says: DamagedError at the end of the file, else _RecordError."""
    end = records.take(len(RECORD_END))
    if len(body) == size_bytes and end in (RECORD_END, b"\n\n", b"\r\n", b"\n", b""):
        return  # some writers end the last record short; gzip members are checked by their own CRC
    inside = (body + end).find(RECORD_END + RECORD_START)
    if inside >= 0:
        records.put_back((body + end)[inside + len(RECORD_END) :])
        raise _RecordError(f"Content-Length is {size_bytes}, but the next record starts after {inside} bytes")
    if len(body) < size_bytes:
        raise DamagedError("truncated_archive", f"the file ends after {len(body)} of {size_bytes} bytes of a record")
    records.put_back(end)  # too short a Content-Length: what is left of the body is reported between records


def _http_document(
    header: dict[str, str], body: bytes, place: tuple[str, int], limit_bytes: int
) -> "Raw | Unreadable | _Answer":
    """The page inside a response, without the chunks and encodings of HTTP.

    Crawlers unpack bodies and leave the header that says how they were packed (pywb writes such records), so where a
    header is not true of the body it is left out: first the one for chunks, then the one for compression, then both.
    """
    size_bytes = len(body)
    head, content = _split_head(body)
    readings = (_response(_without(head, stale), content, limit_bytes) for stale in STALE_HEADERS)
    tried: list[_Response | str] = []
    for reading in readings if head else ():
        tried.append(reading)
        if isinstance(reading, _Response) and (reading.status not in GOOD_STATUS or reading.reads_as_text):
            tried = [reading]
            break
    best = next(
        (reading for reading in tried if isinstance(reading, _Response)), tried[0] if tried else "no HTTP header"
    )
    if isinstance(best, str):
        return Unreadable(*place, size_bytes, "malformed_record", best)
    if best.status not in GOOD_STATUS:
        return Unreadable(*place, size_bytes, "http_status", str(best.status))
    if len(best.content) > limit_bytes:
        return Unreadable(*place, size_bytes, "too_large", f"more than {limit_bytes} bytes when decoded")
    return _document(header, best.content, _content_type(best.content_type), (*place, size_bytes))


class _Response(NamedTuple):
    """A response as one reading of its headers gives it."""

    status: int | None
    content_type: str
    content: bytes

    @property
    def reads_as_text(self) -> bool:
        """Whether the body is not empty, and neither packed nor in chunks still."""
        head = self.content[:HTTP_HEADER_BYTES]
        return bool(head.strip()) and not looks_binary(head) and not CHUNK.match(head)


def _split_head(body: bytes) -> tuple[bytes, bytes]:
    """The HTTP header with lines that end as they must, and what follows it. A lone LF may end one (RFC 9112 2.2)."""
    end = HEAD_END.search(body, 0, HTTP_HEADER_BYTES)
    if end is None:
        return b"", body
    lines = [line.rstrip(b"\r") for line in body[: end.start()].split(b"\n")]
    return b"\r\n".join(lines), body[end.end() :]


def _without(head: bytes, names: Sequence[bytes]) -> bytes:
    """A header without the fields of these names, which are in lower case."""
    first, *lines = head.split(b"\r\n")
    return b"\r\n".join([first, *(line for line in lines if line.partition(b":")[0].strip().lower() not in names)])


def _response(head: bytes, content: bytes, limit_bytes: int) -> _Response | str:
    """A response as its header says; what is wrong with it where that cannot be, without a word of its content."""
    body = head + b"\r\n\r\n" + content
    framed = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
    framed += b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (len(body), body)
    try:
        record = next(iter(ArchiveIterator(io.BytesIO(framed), parse_http=True, auto_decode="all")), None)
        http = record.http_headers if record is not None else None
        decoded = record.reader.read(limit_bytes + 1) if record is not None else b""
    except (OSError, ValueError) as error:
        return f"the body is not as its HTTP header says ({type(error).__name__}; {len(content)} bytes)"
    if http is None:
        return "no HTTP header"
    return _Response(http.status_code, http.get("Content-Type") or "", decoded)


class _Answer(NamedTuple):
    """A record that holds several documents: what reads it, its content, its place, what is known of it."""

    reader: Callable[[BinaryIO, str, Input], Iterator[Raw | Unreadable]]
    content: bytes
    place: tuple[str, int, int]
    url: str | None


def _items_of(answer: _Answer, source: Input) -> Iterator[Raw | Unreadable]:
    """The entries of a feed or the rows of an answer in JSON; each has the record's number and a share of its bytes."""
    origin_file, number, size_bytes = answer.place
    stream: BinaryIO = io.BufferedReader(io.BytesIO(answer.content))  # type: ignore[assignment]
    items = list(talks(answer.reader(stream, origin_file, source), source.max_bytes_per_document))
    if not items:
        yield Unreadable(*answer.place, "empty", "no item in it")
    total = max(1, sum(item.raw_bytes for item in items))
    shares = [size_bytes * item.raw_bytes // total for item in items]
    for index, (item, share) in enumerate(zip(items, shares, strict=True)):
        placed = replace(item, origin_offset=number, raw_bytes=share if index else size_bytes - sum(shares[1:]))
        yield replace(placed, fields={"url": answer.url, **placed.fields}) if isinstance(placed, Raw) else placed


def _document(
    header: dict[str, str], content: bytes, typed: tuple[str, str | None], place: tuple[str, int, int]
) -> Raw | Unreadable | _Answer:
    """Content by its type; where the server states none, what begins as a page is one. Documents by their bytes."""
    content_type, charset = typed
    url = header.get("warc-target-uri", "").strip("<>")
    fields = {"url": url or None, "charset": charset}
    if not content.strip():
        return Unreadable(*place, "empty", "the record has no content")
    if content.startswith((formats.PDF, formats.OLE, formats.ZIP)):  # servers give any type for HWP, or none
        return Raw(content, "file", *place, fields)
    root, reader = ROOT.match(content), READERS.get(content_type)
    is_page = root is not None and b"html" in root[1].lower()
    if reader and is_page:
        return Raw(content, "html", *place, fields)
    if reader or (root and not is_page):
        return _Answer(reader or xml_dumps.read, content, place, url or None)
    if content_type in HTML_TYPES or (content_type in UNTYPED and content[:500].lstrip().startswith(b"<")):
        return Raw(content, "html", *place, fields)
    if content_type in TEXT_TYPES:
        return Raw(content, "markdown" if content_type == "text/markdown" else "text", *place, fields)
    return Unreadable(*place, "unsupported_format", f"content of type {_word(content_type)}")


def _content_type(value: str) -> tuple[str, str | None]:
    """ "text/html; charset=euc-kr" as ("text/html", "euc-kr")."""
    content_type, _, parameters = value.partition(";")
    name, _, charset = parameters.partition("=")
    return content_type.strip().lower(), charset.strip().strip("\"'") or None if "charset" in name.lower() else None


def _word(value: str) -> str:
    """A type as it is written where it is one; else how long it is: what stands in a broken header may be a page."""
    return repr(value) if TYPE.fullmatch(value) else f"that is none ({len(value)} characters)"


def _skip(records: _Source, size_bytes: int) -> None:
    while size_bytes > 0:
        skipped = len(records.take(min(size_bytes, PIECE_BYTES)))
        if not skipped:
            raise DamagedError("truncated_archive", f"the file ends {size_bytes} bytes before the end of a record")
        size_bytes -= skipped
