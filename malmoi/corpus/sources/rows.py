"""Rows of tables (JSON, CSV, Parquet) as raw documents, and several short rows as one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from malmoi.corpus.sources import chat_rows, fragments
from malmoi.corpus.sources.dialogue import written
from malmoi.corpus.sources.fields import HTML_FIELD, pick
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.nested import likely_text
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.source_verdict import given_verdict
from malmoi.corpus.sources.streams import BUFFER_BYTES, DamagedError

HTML_STARTS = ("<!doctype html", "<html", "<?xml")


def row_to_raw(row: Any, place: tuple[str, int, int], source: Input) -> Raw | Unreadable:
    """One row of a table as a Raw. place: origin_file, origin_offset, raw_bytes.

    The text is in `source.text_field`, else in `html`, else it is put together from the turns of a dialogue. A row
    that is itself text is taken as the text.
    """
    if isinstance(row, str):
        row = {source.text_field: row}
    if not isinstance(row, Mapping):
        return Unreadable(*place, "not_text", f"the row is {_shown(row)}, not a table")
    if chat := chat_rows.read(row, place):
        return chat
    text = row.get(source.text_field)
    is_html = text is None and HTML_FIELD in row
    text = row.get(HTML_FIELD) if is_html else text
    fields = pick(row) | given_verdict(row, source)
    if text is None and fields.get("turns"):
        text = written(fields["turns"])
    text = fields.pop("text", None) if text is None else text
    if text is None:
        return Unreadable(*place, "no_text", _missing(row, source))
    if not isinstance(text, (str, bytes)):
        return Unreadable(
            *place, "not_text", f"the field {source.text_field!r} is {_shown(text)}{_path_into(text, source)}"
        )
    if not text.strip():
        return Unreadable(*place, "no_text", f"the field {source.text_field!r} is blank")
    if (size_bytes := _size_bytes(text)) > source.max_bytes_per_document:
        return Unreadable(*place, "too_large", f"{size_bytes} bytes; the limit is {source.max_bytes_per_document}")
    if _is_html(text):
        return Raw(text, "html", *place, fields)
    fragment = None if isinstance(text, bytes) or _is_code(fields, source) else fragments.read(text, is_html)
    if fragment is None:
        return Raw(text, "text", *place, fields)
    if not fragment.text.strip():
        return Unreadable(*place, "no_text", f"the field {source.text_field!r} holds markup only")
    return Raw(fragment.text, "text", *place, {**fields, "media": fragment.media} if fragment.media else fields)


def _missing(row: Mapping[Any, Any], source: Input) -> str:
    """What is said of a row without the text field: which fields there are, and which one would do."""
    if source.text_field in row:
        return f"the field {source.text_field!r} is null"
    likely = likely_text(row)
    likely = f"{likely}[]" if isinstance(row.get(likely), list) else likely
    way = f"; text_field = {likely!r} would do" if likely and likely != source.text_field else ""
    return f"no field {source.text_field!r}{way}; fields: {', '.join(map(str, row))[:200]}"


def _path_into(value: Any, source: Input) -> str:
    """Which path leads to the text in a field that is a list or a table; empty where there is none."""
    likely = likely_text({source.text_field: value})
    path = f"{likely}[]" if likely == source.text_field else likely
    return f"; text_field = {path!r} reads it" if path else ""


def guarded(
    items: Iterable[Raw | Unreadable], origin_file: str, left_bytes: Callable[[bool], int] = lambda _: 0
) -> Iterator[Raw | Unreadable]:
    """The items of a reader; where its stream turns out damaged, one Unreadable for the rest ends them.

    Its offset is the number of items that came before. left_bytes: how many bytes
    are not read then; it is told whether no item came before.
    """
    num_items = 0
    try:
        for item in items:
            yield item
            num_items += 1
    except DamagedError as damage:
        yield Unreadable(origin_file, num_items, left_bytes(num_items == 0), damage.reason, damage.detail)
    except OSError as error:
        yield Unreadable(origin_file, num_items, left_bytes(num_items == 0), "read_error", str(error))


def with_rest(items: Iterable[Raw | Unreadable], stream: BinaryIO) -> Iterator[Raw | Unreadable]:
    """The items of a reader of `stream`. One that ends the reading too early has all bytes that are left unread."""
    held: Unreadable | None = None
    for item in items:
        if held is not None:
            yield held
        held = item if isinstance(item, Unreadable) else None
        if held is None:
            yield item
    if held is None:
        return
    left_bytes = 0
    try:
        while piece := stream.read(BUFFER_BYTES):
            left_bytes += len(piece)
    finally:  # damage in the rest is told after this item
        yield replace(held, raw_bytes=held.raw_bytes + left_bytes)


def joined(items: Iterable[Raw | Unreadable], source: Input) -> Iterator[Raw | Unreadable]:
    """Every `rows_per_document` consecutive readable rows as one document; what is unreadable passes by.

    The document has the place of its first row and the metadata that all its rows share.
    """
    if source.rows_per_document == 1:
        yield from items
        return
    held: list[Raw] = []
    held_bytes = 0
    for item in items:
        if isinstance(item, Unreadable):
            yield item
            continue
        if held and held_bytes + item.raw_bytes > source.max_bytes_per_document:
            yield _join(held)
            held, held_bytes = [], 0
        held.append(item)
        held_bytes += item.raw_bytes
        if len(held) == source.rows_per_document:
            yield _join(held)
            held, held_bytes = [], 0
    if held:
        yield _join(held)


def _join(rows: list[Raw]) -> Raw:
    """Rows as one, line by line. Turns do not survive: rows of different people would become one talk."""
    first = rows[0]
    shared = {
        key: value
        for key, value in first.fields.items()
        if key != "turns" and all(row.fields.get(key) == value for row in rows)
    }
    if all(isinstance(row.content, bytes) for row in rows):
        content: bytes | str = b"\n".join(row.content.rstrip(b"\r\n") for row in rows if isinstance(row.content, bytes))
    else:
        content = "\n".join(row.content.strip() for row in rows if isinstance(row.content, str))
    raw_bytes = sum(row.raw_bytes for row in rows)
    return Raw(content, first.format, first.origin_file, first.origin_offset, raw_bytes, shared)


def _is_html(text: str | bytes) -> bool:
    head = text[:200].lstrip()
    start = head.decode("ascii", "replace") if isinstance(head, bytes) else head
    return start.startswith("<") and start.lower().startswith(HTML_STARTS)


def _is_code(fields: Mapping[str, Any], source: Input) -> bool:
    return (source.kind or fields.get("kind")) == "code"


def _size_bytes(text: str | bytes) -> int:
    return len(text) if isinstance(text, bytes) or text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _shown(value: Any) -> str:
    return f"of type {type(value).__name__}"  # never its repr: it may be huge, or nested beyond the stack
