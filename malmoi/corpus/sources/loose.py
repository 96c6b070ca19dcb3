"""Files that belong to no corpus, read as the corpus reads them: for judging a page, a letter or a log by itself."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from malmoi.corpus.sources.document_files import formats
from malmoi.corpus.sources.files import read, text_lines
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents
from malmoi.corpus.text import charset
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path

STDIN = "-"


class LooseDocument(NamedTuple):
    """One document of a file (None where it could not be read), where it lies, and why there is none."""

    file: str
    offset: int
    document: dict[str, Any] | None
    reason: str | None = None
    detail: str | None = None


def read_loose(
    files: Sequence[str], lines: bool = False, comments: bool = False, text_field: str = "text"
) -> Iterator[LooseDocument]:
    """The documents of files in order; a folder or an archive gives all that it holds, "-" is standard input.

    lines: every line of a plain text file that is not blank is a document. comments: readers' comments of a page are
    documents of their own. text_field: which field of rows holds the text. Raises UserError where a file is missing or
    a folder is empty; what cannot be read is told, nothing else raises.
    """
    for name in files:
        if name == STDIN:
            yield from _lines_of(sys.stdin.buffer, name) if lines else _whole(sys.stdin.buffer.read(), name)
        elif lines and to_local_path(name).is_dir():
            raise UserError(f"{name} is a folder", "with --lines a text file, or -")
        elif not to_local_path(name).exists() or (lines and not Path(name).is_file()):
            raise UserError(f"no file at {name}", "a text file, or -" if lines else "a file, a folder, an archive or -")
        elif lines:
            with Path(name).open("rb") as stream:
                yield from _lines_of(stream, name)
        else:
            yield from _files_of(Input(Path(name), comments=comments, text_field=text_field), name)


def _files_of(source: Input, name: str) -> Iterator[LooseDocument]:
    empty = True
    for item in read(source):
        empty = False
        file = name if source.path.is_file() else str(source.path / item.origin_file)
        yield from _documents(item, source, file)
    if empty:
        raise UserError(f"nothing to read in {name}", "a folder or an archive that holds files")


def _lines_of(stream: BinaryIO, name: str) -> Iterator[LooseDocument]:
    source = Input(Path(name))
    for item in text_lines(stream, name, source):
        yield from _documents(item, source, name)


def _whole(content: bytes, name: str) -> Iterator[LooseDocument]:
    if formats.begins_as_document(content):
        yield from _documents(Raw(content, "file", name, 0, len(content)), Input(Path(name)), name)
        return
    kind = "html" if charset.begins_as_page(content, or_xml=True) else "text"
    yield from _documents(Raw(content, kind, name, 0, len(content)), Input(Path(name)), name)


def _documents(item: Raw | Unreadable, source: Input, place: str) -> Iterator[LooseDocument]:
    documents = item if isinstance(item, Unreadable) else to_documents(item, source)
    if isinstance(documents, Unreadable):
        yield LooseDocument(place, documents.origin_offset, None, documents.reason, documents.detail)
        return
    for document in documents:
        if isinstance(document, Unreadable):
            yield LooseDocument(place, item.origin_offset, None, document.reason, document.detail)
        else:
            yield LooseDocument(place, item.origin_offset, document)
