"""The items in a file whatever its format: the door of the reading half.

Every item gives exactly one Raw or one Unreadable, and so does every file that gives no item. What is compressed is
told by its first bytes, what it holds by its suffix; where the suffix says nothing ("view.do", "page.php", none), its
first bytes tell whether it is a page.
"""

import io
import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO

from malmoi.corpus.sources import archive, delimited, jsonl, notebook, parquet, warc, xml_dumps, zipped
from malmoi.corpus.sources.chat_rows import talks
from malmoi.corpus.sources.document_files import formats
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.lines import TextLine, filled_lines, peeked
from malmoi.corpus.sources.listing import is_archive, is_hidden, is_wanted, left_out, list_files, without_compression
from malmoi.corpus.sources.raw import Raw, Reason, Unreadable
from malmoi.corpus.sources.rows import guarded, joined, with_rest
from malmoi.corpus.sources.streams import BUFFER_BYTES, DamagedError, open_stream, read_whole
from malmoi.corpus.text.charset import begins_as_page, head_text, looks_binary
from malmoi.kit.files import opened, require_storage
from malmoi.kit.paths import is_remote

Items = Iterator[Raw | Unreadable]
Reader = Callable[[BinaryIO, str, Input], Items]

TABLES: dict[str, Reader] = {
    ".jsonl": jsonl.read, ".ndjson": jsonl.read, ".json": jsonl.read, ".csv": delimited.read,
    ".tsv": delimited.read, ".parquet": parquet.read, ".pq": parquet.read,
}  # fmt: skip
XML_SUFFIXES = (".xml", ".rss", ".atom", ".rdf")
SEEKING = (".parquet", ".pq")
"""Their readers say themselves how many bytes they did not read."""
DOCUMENTS = {
    **dict.fromkeys(".html .htm .xhtml".split(), "html"),
    **dict.fromkeys(".md .markdown .mdown .mkd .mdx .rmd .qmd".split(), "markdown"),
    **dict.fromkeys(".txt .text .srt .vtt .smi .sami .ass .ssa .lrc".split(), "text"),
}
"""By suffix. Markdown also with elements of JSX (MDX) or code that is run (R Markdown, Quarto)."""

PAGE_SUFFIXES = frozenset(
    ".php .php3 .phtml .do .jsp .jspx .asp .aspx .ashx .cgi .pl .nhn .naver .daum .action .mvc .shtml .xhtm".split()
)
"""Of pages that programs make: what begins with a tag is a page."""


def read_file(path: Path, source: Input) -> Items:
    """The items of one file of an input. No file, however broken, raises.

    Storage that fails is no fault of the file, and nothing may be lost from the corpus by it: raises OSError for a
    network, UserError (75) for a disk.
    """
    origin_file = origin_name(path, source)
    if path == source.path and (source.include or source.exclude) and path.is_dir():
        count, size_bytes, names = left_out(source)
        yield _left_out(origin_file, "file", count, size_bytes, names)
        return
    refusal = None if is_remote(path) else _refusal(path, source)
    if refusal:
        yield Unreadable(origin_file, 0, _plain_size(path), *refusal)
        return
    size_bytes = -1
    try:
        with opened(path) as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size_bytes == 0:
                yield Unreadable(origin_file, 0, 0, "empty", "a file of 0 bytes")
            else:
                left = partial(_left_bytes, file, size_bytes)
                items = guarded(_read_stream(file, origin_file, size_bytes, source), origin_file, left)
                yield from _never_silent(items, origin_file, size_bytes)
    except OSError as error:
        if is_remote(path) and (size_bytes >= 0 or _reason(error) == "read_error"):
            raise
        if not is_remote(path):
            require_storage(path, error)
        yield Unreadable(origin_file, 0, max(size_bytes, 0), _reason(error), error.strerror or str(error))


def read(source: Input) -> Items:
    """All items of an input, file after file. Raises UserError where the input is missing."""
    for path in list_files(source):
        yield from read_file(path, source)


def _read_stream(file: BinaryIO, origin_file: str, size_bytes: int, source: Input, depth: int = 0) -> Items:
    """The items of a stream, by its name. depth: how many archives it is inside of."""
    name = without_compression(origin_file)
    suffix = os.path.splitext(name)[1].partition("?")[0]  # noqa: PTH122 (a mirror writes "a.html?no=1")
    stream = open_stream(file, size_bytes)
    if is_archive(name):
        if depth > 1:
            detail = "an archive inside an archive inside an archive: unpack the outer one first"
            return iter([Unreadable(origin_file, 0, size_bytes, "unsupported_format", detail)])
        return _read_archive(stream, origin_file, size_bytes, source, depth)
    left = partial(_left_bytes, file, size_bytes)
    if suffix in TABLES:
        rows = TABLES[suffix](stream, origin_file, source)
        items = guarded(rows if suffix in SEEKING else with_rest(rows, stream), origin_file, left)
        return joined(talks(items, source.max_bytes_per_document), source)
    if suffix == ".warc":
        return warc.read(stream, origin_file, source)
    if suffix in DOCUMENTS or suffix == ".ipynb":
        return _read_document(stream, origin_file, suffix, source)
    head = peeked(stream)
    if suffix in XML_SUFFIXES and not begins_as_page(head):
        return guarded(with_rest(xml_dumps.read(stream, origin_file, source), stream), origin_file, left)
    if suffix in formats.SUFFIXES or formats.begins_as_document(head[:8]):
        return _read_document_file(stream, origin_file, source)
    if known := _suffix_by_bytes(head, suffix):
        return _read_document(stream, origin_file, known, source)
    return iter([Unreadable(origin_file, 0, size_bytes, "unsupported_format", _way_on(suffix))])


def _read_archive(stream: BinaryIO, origin_file: str, size_bytes: int, source: Input, depth: int) -> Items:
    """The items of all members that the input asks for, and one that counts those it does not ask for."""
    out: list[tuple[str, int]] = []
    read_member = partial(_read_member, origin_file, source, depth + 1, out)
    if without_compression(origin_file).endswith(".zip"):
        yield from zipped.read_members(stream, origin_file, size_bytes, read_member)
    else:
        yield from archive.read_members(stream, origin_file, read_member)
    if out:
        yield _left_out(origin_file, "member", len(out), sum(size for _, size in out), [name for name, _ in out[:3]])


def _left_out(origin_file: str, what: str, count: int, size_bytes: int, names: list[str]) -> Unreadable:
    many = f"{count} {what}s are" if count > 1 else f"1 {what} is"
    detail = f"{many} left out by include and exclude ({', '.join(names)[:200]}{', …' if count > len(names) else ''})"
    return Unreadable(origin_file, 0, size_bytes, "left_out", detail)


def _suffix_by_bytes(head: bytes, suffix: str) -> str | None:
    """The suffix that a file without a telling one should have: ".html" for a page, ".txt" for a text without any."""
    text = head_text(head)
    if begins_as_page(head) or (suffix in PAGE_SUFFIXES and text.startswith("<") and not text.startswith("<?php")):
        return ".html"
    return ".txt" if not suffix and not looks_binary(head) else None


@cache
def ways_on() -> dict[str, str]:
    """What to do with files that have no reader, by suffix, in English and Korean."""
    table = tomllib.loads(Path(__file__).with_name("ways_on.toml").read_text(encoding="utf-8"))
    return {suffix: f"{way['en']} ({way['ko']})" for way in table["way"] for suffix in way["suffixes"]}


def _way_on(suffix: str) -> str:
    if not suffix:
        return "no suffix and no text: give it the suffix of what it holds (내용에 맞는 확장자를 붙이세요)"
    any_way = "convert it to text, HTML, JSON Lines or Parquet first (먼저 텍스트, HTML, Parquet 등으로 바꾸세요)"
    return formats.way_on(suffix) or f"no reader for {suffix!r} files: {ways_on().get(suffix, any_way)}"


def _read_document_file(stream: BinaryIO, origin_file: str, source: Input) -> Items:
    """A PDF, an HWP, a mail: read whole here, and taken apart where a worker that dies of it is blamed for one item."""
    try:
        content = read_whole(stream, source.max_bytes_per_document)
    except DamagedError as damage:
        more = "; raise max_bytes_per_document of the input" if damage.reason == "too_large" else ""
        raise DamagedError(damage.reason, damage.detail + more) from None
    yield Raw(content, "file", origin_file, 0, len(content))


def _read_document(stream: BinaryIO, origin_file: str, suffix: str, source: Input) -> Items:
    if suffix in (".txt", ".text") and source.rows_per_document > 1:
        yield from joined(guarded(text_lines(stream, origin_file, source), origin_file), source)
        return
    content = read_whole(stream, source.max_bytes_per_document)
    if not content.strip():
        yield Unreadable(origin_file, 0, len(content), "empty", "white space only")
    elif suffix == ".ipynb":
        yield notebook.read(content, origin_file)
    else:
        yield Raw(content, DOCUMENTS[suffix], origin_file, 0, len(content))  # type: ignore[arg-type]


def text_lines(stream: BinaryIO, origin_file: str, source: Input) -> Items:
    """Every line of a plain text that is not blank as an item of its own; its offset is the byte where it starts."""
    for line in filled_lines(stream, origin_file, source.max_bytes_per_document):
        is_line = isinstance(line, TextLine)
        yield Raw(line.content or b"", "text", origin_file, line.offset, line.size_bytes) if is_line else line


def _read_member(
    archive_file: str, source: Input, depth: int, out: list[tuple[str, int]], member: Any, name: str, size_bytes: int
) -> Items:
    """The items of one member of an archive. out: name and size of what the input does not ask for are added to it."""
    origin_file = f"{archive_file}!{name}"
    if any(is_hidden(part) for part in name.split("/")):
        return
    asked = source.include and is_wanted(archive_file, source)
    if not is_wanted(name, source, inside=bool(asked) or is_archive(name)):
        out.append((name, size_bytes))
        return
    if size_bytes == 0:
        yield Unreadable(origin_file, 0, 0, "empty", "a file of 0 bytes")
        return
    buffered = io.BufferedReader(member, BUFFER_BYTES)
    try:
        items = guarded(_read_stream(buffered, origin_file, size_bytes, source, depth), origin_file)
    except DamagedError as damage:
        items = iter([Unreadable(origin_file, 0, size_bytes, damage.reason, damage.detail)])
    yield from _never_silent(items, origin_file, size_bytes)


def _never_silent(items: Items, origin_file: str, size_bytes: int) -> Items:
    """The items; one Unreadable where there are none (a table of no rows, an archive of nothing that is asked for)."""
    num_items = 0
    for item in items:
        num_items += 1
        yield item
    if num_items == 0:
        yield Unreadable(origin_file, 0, size_bytes, "empty", "no item in it")


def _left_bytes(file: BinaryIO, size_bytes: int, nothing_read: bool) -> int:
    """Bytes of a file, as it is stored, that were not read when it turned out damaged."""
    try:
        return size_bytes if nothing_read else max(0, size_bytes - file.tell())
    except (OSError, ValueError):
        return 0


def _plain_size(path: Path) -> int:
    """Bytes of a plain file that is not opened; a link, a device and what has gone count for nothing."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _refusal(path: Path, source: Input) -> tuple[Reason, str] | None:
    """Why a file must not be opened: a link out of the input or to a folder, a device, a closed folder."""
    try:
        if path != source.path and path.is_symlink():
            target = path.resolve(strict=True)
            if not target.is_relative_to(source.path.resolve()):
                return "unsafe_member", "a link out of the input's folder"
            if target.is_dir():
                return "unsafe_member", "a link to a folder is not followed"
        mode = path.stat().st_mode
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        require_storage(path, error)
        return _reason(error), str(error)[:200]
    if stat.S_ISDIR(mode):
        return "no_permission", "the folder may not be entered"
    return None if stat.S_ISREG(mode) else ("unsafe_member", "a device, a pipe or a socket")


def _reason(error: OSError | RuntimeError) -> Reason:
    if isinstance(error, PermissionError):
        return "no_permission"
    return "missing" if isinstance(error, FileNotFoundError) else "read_error"
