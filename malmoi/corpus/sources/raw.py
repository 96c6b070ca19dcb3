"""What a reader yields: each item of an input is exactly one Raw or one Unreadable, and no third thing."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Reason: TypeAlias = Literal[
    "missing",  # gone since the folder was listed, or a broken link
    "no_permission",
    "read_error",  # the disk or the network failed
    "unsafe_member",  # a link, a device, an absolute path or one with ".."
    "unsupported_format",  # no known suffix, or content of another kind than text
    "binary",  # named as text, but is not
    "empty",
    "no_text",  # a row without the text field, or with nothing in it
    "index_page",  # a page of teasers, each a link to another page
    "not_text",  # the text field holds a number, a list, ...
    "malformed_json",
    "malformed_table",  # a CSV row or a Parquet file that breaks the format
    "malformed_record",  # a WARC record
    "left_out",  # files or members that include and exclude do not let through, counted in one item
    "http_status",  # the server answered with an error or a redirect
    "line_too_long",
    "too_large",
    "truncated_archive",
    "damaged_archive",
    "decompression_bomb",
    "encoding",  # no charset gives text
    "malformed_document",  # a document file (PDF, HWP, ...) that breaks its format
    "encrypted",  # it asks for a password
    "needs_ocr",  # pages that are pictures; the detail has their numbers
    "attachment",  # files inside a mail that are not read
]


@dataclass(frozen=True)
class Raw:
    """One item as its source gives it, before decoding and extraction.

    content: bytes whose charset is not known yet, or text; of a "file", the bytes of a document file, whatever its
    format (PDF, HWP, DOCX, ...). origin_file: relative to the input's folder, with
    "archive!member" inside an archive. origin_offset: byte of the line (JSONL), row (Parquet, CSV, JSON array),
    record (WARC), else 0. raw_bytes: size of the item in the source, uncompressed.
    fields: metadata under the names in sources/fields.py (title, url, author, published, turns, ...).
    taken: letters by step that the reader took away on purpose before `content` was made (running heads of a PDF, ...).
    """

    content: bytes | str
    format: Literal["html", "markdown", "text", "wikitext", "file"]
    origin_file: str
    origin_offset: int
    raw_bytes: int
    fields: dict[str, Any] = field(default_factory=dict)
    taken: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """One item that gave no text: where it lies, how large it is, why, and what steps took the letters that it had.

    raw_bytes: all that is not read because of it; of a table without its text column, the whole file.
    """

    origin_file: str
    origin_offset: int
    raw_bytes: int
    reason: Reason
    detail: str
    taken: tuple[tuple[str, int], ...] = ()
