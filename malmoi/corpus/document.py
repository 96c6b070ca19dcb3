"""The Document: one Arrow schema for every text that malmoi reads, keeps or drops."""

import hashlib
from typing import Literal, get_args

import pyarrow as pa

from malmoi.kit.errors import UserError, did_you_mean

Kind = Literal["news", "cafe", "blog", "kin", "comment", "web", "wiki", "book", "law", "expert", "dialogue", "code"]
KINDS: tuple[str, ...] = get_args(Kind)


def require_kind(kind: str, where: str) -> None:
    """UserError where a setting names a kind that there is none of. where: the setting, for the message."""
    if kind not in KINDS:
        raise UserError(f"{where} is {kind!r}", "a kind of source", did_you_mean(kind, list(KINDS)))


SOURCE = pa.struct(
    [
        pa.field("kind", pa.string(), nullable=False),
        ("name", pa.string()),  # the newspaper, cafe, blog, statute book: where it was published
        ("url", pa.string()),
        ("category", pa.string()),
        ("author_hash", pa.string()),
        ("published", pa.string()),  # ISO 8601 date, as far as the source gives it
        ("licence", pa.string()),
        ("popularity", pa.float64()),
        ("language", pa.string()),  # as the page itself says: "ko", "en-US"
    ]
)
TURN = pa.struct([("speaker", pa.string()), ("text", pa.string()), ("role", pa.string())])
"""role: question | answer | accepted_answer | post | comment | quotation | user | assistant; null where unknown."""
SEGMENT = pa.struct(
    [
        ("type", pa.string()),  # text | image | audio | video | code | music
        ("uri", pa.string()),
        ("sha256", pa.string()),
        ("start", pa.int64()),  # characters in `text`
        ("end", pa.int64()),
        ("caption", pa.string()),
    ]
)
VIEW = pa.struct(
    [
        ("use", pa.string()),  # search | dialogue | qa | summary
        ("prompt", pa.string()),  # the query, the question, the title or abstract
        ("start", pa.int64()),  # characters in `text` that answer it
        ("end", pa.int64()),
    ]
)
"""One way to use a document beside reading it: what is asked, and which part of its text answers."""
ORIGIN = pa.struct(
    [
        pa.field("file", pa.string(), nullable=False),  # relative to the input's folder; "a.tar.zst!member" inside one
        pa.field("offset", pa.int64(), nullable=False),  # see corpus/sources: byte, row or record, by format
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("source", SOURCE, nullable=False),
        pa.field("turns", pa.list_(TURN)),
        pa.field("segments", pa.list_(SEGMENT)),
        pa.field("views", pa.list_(VIEW)),
        pa.field("origin", ORIGIN, nullable=False),
    ]
)
"""Columns of every batch. Steps append scores; the runner appends `drop_<reason>` (bool) when limits are known."""


def document_id(source: str, content: bytes) -> str:
    """A stable id: the first 32 hex digits of SHA-256 over the source (URL or file) and the raw content."""
    digest = hashlib.sha256(source.encode("utf-8", "surrogatepass"))
    digest.update(b"\0")
    digest.update(content)
    return digest.hexdigest()[:32]


DAMAGE = "decoding_damage_share"
"""Column: the share of a text that is U+FFFD, as read."""


CONFIDENCE, UNSURE = "core_region_confidence", "unsure_core_region"
"""Columns: the F1, 0..1, that the core region of a page is predicted to have, and whether that is among the lowest.

Null for what is no page, and for pages of threads or with their text in a script.
"""


TAKEN = pa.list_(pa.struct([("step", pa.string()), ("letters", pa.int64())]))
"""How many letters each step took from an item, in order; below 0 where it added some (masks, speakers' labels).

letters null: whatever nobody else accounts for. Steps that read: front_matter, markup, core_region, talk, normalised,
page_furniture; steps after them: personal_data, repeated_paragraphs. UNEXPLAINED is a fault of ours, which the report
names.
"""
UNEXPLAINED = "unexplained"


VERDICT = pa.struct([("spam", pa.float64()), ("popularity", pa.float64()), ("category", pa.string())])
"""What the source itself says of a document (sources/source_verdict.py); null where nothing was asked for or given."""


DOCUMENTS = pa.schema(
    [
        *SCHEMA,
        pa.field("input", pa.string()),
        pa.field("raw_bytes", pa.int64()),
        pa.field("text_bytes", pa.int64()),  # as read; what is masked later is not counted again
        pa.field("letters", pa.int64()),  # letters and digits of `text`; null until they are counted
        pa.field("letters_read", pa.int64()),  # of the item as decoded; null: as many as its text and what was taken
        pa.field("letters_taken", TAKEN),  # letters_read = letters + the sum of these
        pa.field(DAMAGE, pa.float32()),
        pa.field(CONFIDENCE, pa.float32()),
        pa.field(UNSURE, pa.bool_()),
        pa.field("source_verdict", VERDICT),
        pa.field("link_hosts", pa.list_(pa.string())),  # other sites that a page links to, each once
    ]
)
"""What steps get: documents with where they came from and how large they were."""


UNREADABLE = pa.schema(
    [
        ("id", pa.string()),  # of a document that was erased; nothing else here has one
        ("input", pa.string()),
        ("origin", ORIGIN),
        ("raw_bytes", pa.int64()),
        ("letters_read", pa.int64()),
        ("letters_taken", TAKEN),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
