"""The files of an input, and the items in a file whatever its format: the door of the reading half.

Every item gives exactly one Raw or one Unreadable, and so does every file that gives no item. What is compressed is
told by its first bytes, what it holds by its suffix.
"""

import fnmatch
import io
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from malmoi.corpus.sources import delimited, json_values, jsonl, notebook, parquet, warc
from malmoi.corpus.sources.archive import Member, read_members
from malmoi.corpus.sources.chat_rows import talks
from malmoi.corpus.sources.document_files import formats
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.lines import read_lines, too_long
from malmoi.corpus.sources.raw import Raw, Reason, Unreadable
from malmoi.corpus.sources.rows import guarded, joined, with_rest
from malmoi.corpus.sources.streams import BUFFER_BYTES, DamagedError, open_stream, read_whole
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL, opened, require_storage, sizes_below
from malmoi.kit.paths import is_remote, require_reachable

Items = Iterator[Raw | Unreadable]
Reader = Callable[[BinaryIO, str, Input], Items]

COMPRESSED_SUFFIXES = (".gz", ".zst", ".zstd", ".xz", ".bz2")
ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tzst", ".txz", ".tbz2")
TABLES: dict[str, Reader] = {
    ".jsonl": jsonl.read, ".ndjson": jsonl.read, ".json": json_values.read, ".csv": delimited.read,
    ".tsv": delimited.read, ".parquet": parquet.read, ".pq": parquet.read,
}  # fmt: skip
SEEKING = (".parquet", ".pq")
"""Their readers say themselves how many bytes they did not read."""
DOCUMENTS = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".md": "markdown", ".markdown": "markdown", ".txt": "text",
    ".text": "text", ".srt": "text", ".vtt": "text", ".smi": "text", ".sami": "text", ".ass": "text", ".ssa": "text",
    ".lrc": "text",
}  # fmt: skip


def list_files(source: Input) -> list[Path]:
    """The files of an input in a stable order, an archive being one file.

    Hidden names (".git") and half-written ones are left out, and what include and exclude leave out. Links, devices
    and folders that may not be entered are listed, so that read_file reports them. Raises UserError where the input
    is missing, and (75) where its storage is away.
    """
    root = source.path
    if is_remote(root):
        return [path for path, _ in _remote_files(source)]
    _size(root)  # raises where its storage is away
    if not root.exists():
        raise UserError(f"no input at {root}", "a file or a folder", "correct `path` in corpus.inputs")
    if not root.is_dir():
        return [root]
    files: list[Path] = []
    closed: list[Path] = []

    def note_closed(error: OSError) -> None:
        require_storage(Path(error.filename), error)
        closed.append(Path(error.filename))

    for folder, folders, names in os.walk(root, onerror=note_closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        for name in sorted([*names, *links]):
            path = Path(folder, name)
            if not _is_hidden(name) and _is_wanted(path.relative_to(root).as_posix(), source, _is_archive(name)):
                files.append(path)
    return sorted([*files, *closed])


def sized_files(source: Input) -> list[tuple[Path, int]]:
    """`list_files` with the bytes of each; 0 for what has gone or may not be looked at, which read_file reports."""
    return _remote_files(source) if is_remote(source.path) else [(path, _size(path)) for path in list_files(source)]


def _remote_files(source: Input) -> list[tuple[Path, int]]:
    """As on a disk, in the same order, from one listing. There are no links and no closed folders."""
    root = source.path
    require_reachable(root)
    sizes = sizes_below(root)
    if not sizes and not root.is_file():
        raise UserError(f"no input at {root}", "a file or a folder", "correct `path` in corpus.inputs")
    if not sizes:
        return [(root, root.stat().st_size)]
    return [
        (root / name, size)
        for name, size in sizes.items()
        if not any(map(_is_hidden, name.split("/"))) and _is_wanted(name, source, _is_archive(name))
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        require_storage(path, error)
        return 0


def would_read(path: Path, source: Input) -> bool:
    """Whether a plain file at `path`, there or not, would be among `list_files`. Both paths must be resolved alike."""
    if not path.is_relative_to(source.path):
        return False
    relative = path.relative_to(source.path)
    return not any(map(_is_hidden, relative.parts)) and _is_wanted(relative.as_posix(), source)


def read_file(path: Path, source: Input) -> Items:
    """The items of one file of an input. No file, however broken, raises.

    Storage that fails is no fault of the file, and nothing may be lost from the corpus by it: raises OSError for a
    network, UserError (75) for a disk.
    """
    origin_file = origin_name(path, source)
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
                yield from items if _may_be_silent(path, source) else _never_silent(items, origin_file, size_bytes)
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


def _read_stream(file: BinaryIO, origin_file: str, size_bytes: int, source: Input, inside: bool = False) -> Items:
    """The items of a stream, by its name. inside: it is a member of an archive."""
    name = _without_compression(origin_file)
    suffix = os.path.splitext(name)[1]  # noqa: PTH122
    stream = open_stream(file, size_bytes)
    if suffix in ARCHIVE_SUFFIXES:
        if inside:
            return iter([Unreadable(origin_file, 0, size_bytes, "unsupported_format", "an archive inside an archive")])
        return read_members(stream, origin_file, partial(_read_member, origin_file, source))
    left = partial(_left_bytes, file, size_bytes)
    if suffix in TABLES:
        rows = TABLES[suffix](stream, origin_file, source)
        items = guarded(rows if suffix in SEEKING else with_rest(rows, stream), origin_file, left)
        return joined(talks(items, source.max_bytes_per_document), source)
    if suffix == ".warc":
        return warc.read(stream, origin_file, source)
    if suffix in DOCUMENTS or suffix == ".ipynb":
        return _read_document(stream, origin_file, suffix, source)
    if suffix in formats.SUFFIXES or formats.begins_as_document(stream.peek(8)[:8]):
        return _read_document_file(stream, origin_file, source)
    detail = formats.way_on(suffix) or (f"no reader for {suffix!r} files" if suffix else "a name without a suffix")
    return iter([Unreadable(origin_file, 0, size_bytes, "unsupported_format", detail)])


def _read_document_file(stream: BinaryIO, origin_file: str, source: Input) -> Items:
    """A PDF, an HWP, a mail: read whole here, and taken apart where a worker that dies of it is blamed for one item."""
    content = read_whole(stream, source.max_bytes_per_document)
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
    for line in read_lines(stream, source.max_bytes_per_document):
        if line.content is None:
            yield too_long(line, origin_file, source.max_bytes_per_document)
        elif line.content.strip():
            yield Raw(line.content, "text", origin_file, line.offset, line.size_bytes)


def _read_member(archive_file: str, source: Input, member: Member, name: str, size_bytes: int) -> Items:
    origin_file = f"{archive_file}!{name}"
    if any(_is_hidden(part) for part in name.split("/")):
        return
    if not _is_wanted(name, source) and not (source.include and _is_wanted(archive_file, source)):
        return
    if size_bytes == 0:
        yield Unreadable(origin_file, 0, 0, "empty", "a file of 0 bytes")
        return
    buffered = io.BufferedReader(member, BUFFER_BYTES)
    try:
        items = guarded(_read_stream(buffered, origin_file, size_bytes, source, inside=True), origin_file)
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


def _may_be_silent(path: Path, source: Input) -> bool:
    """Whether a file may rightly give nothing: an archive in a folder, none of whose members the input asks for."""
    return path != source.path and _is_archive(path.name) and bool(source.include or source.exclude)


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


def _without_compression(name: str) -> str:
    name = name.lower()
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _is_archive(name: str) -> bool:
    return _without_compression(name).endswith(ARCHIVE_SUFFIXES)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.endswith(PARTIAL)


def _is_wanted(name: str, source: Input, is_archive: bool = False) -> bool:
    """Whether include and exclude let a name through. An archive always passes include: it is asked of its members."""
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in source.exclude):
        return False
    return is_archive or not source.include or any(fnmatch.fnmatchcase(name, pattern) for pattern in source.include)
