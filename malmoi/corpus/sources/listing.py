"""The files of an input: which there are, which its patterns let through, and what they leave out."""

import os
from pathlib import Path

from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.names import matches, shown
from malmoi.kit.errors import UserError
from malmoi.kit.files import PARTIAL, require_storage, sizes_below
from malmoi.kit.paths import is_remote, require_reachable

COMPRESSED_SUFFIXES = (".gz", ".zst", ".zstd", ".xz", ".bz2")
ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tzst", ".txz", ".tbz2", ".zip")
EXAMPLES = 3
"""Names of what is left out that are told."""


def list_files(source: Input) -> list[Path]:
    """The files of an input in a stable order, an archive being one file.

    Hidden names (".git") and half-written ones are left out, and what include and exclude leave out; where these leave
    out anything, the folder itself stands at the end of the list for it. Links, devices and folders that may not be
    entered are listed, so that read_file reports them. Raises UserError where the input is missing, and (75) where its
    storage is away.
    """
    root = source.path
    if is_remote(root):
        return [path for path, _ in _remote_files(source)]
    size_of(root)  # raises where its storage is away
    if not root.exists():
        raise UserError(f"no input at {root}", "a file or a folder", "correct `path` in corpus.inputs")
    if not root.is_dir():
        return [root]
    wanted, closed, left_out = _walk(source)
    return sorted([*wanted, *closed]) + ([root] if left_out and wanted else [])


def sized_files(source: Input) -> list[tuple[Path, int]]:
    """`list_files` with the bytes of each; 0 for what has gone or may not be looked at, which read_file reports."""
    return _remote_files(source) if is_remote(source.path) else [(path, size_of(path)) for path in list_files(source)]


def left_out(source: Input) -> tuple[int, int, list[str]]:
    """How many files of an input's folder its patterns leave out, their bytes, and the names of the first."""
    root = source.path
    if is_remote(root):
        sizes = {name: size for name, size in _remote_sizes(source).items() if not _is_let_through(name, source)}
        return len(sizes), sum(sizes.values()), sorted(sizes)[:EXAMPLES]
    out = _walk(source)[2]
    names = sorted(shown(os.fsencode(path.relative_to(root).as_posix())) for path in out)
    return len(out), sum(map(size_of, out)), names[:EXAMPLES]


def _walk(source: Input) -> tuple[list[Path], list[Path], list[Path]]:
    """The files of a folder that are wanted, the folders that may not be entered, and the files that are left out."""
    root = source.path
    wanted: list[Path] = []
    closed: list[Path] = []
    out: list[Path] = []

    def note_closed(error: OSError) -> None:
        require_storage(Path(error.filename), error)
        closed.append(Path(error.filename))

    for folder, folders, names in os.walk(root, onerror=note_closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        for name in sorted([*names, *links]):
            path = Path(folder, name)
            if not is_hidden(name):
                (wanted if _is_let_through(path.relative_to(root).as_posix(), source) else out).append(path)
    return wanted, closed, out


def _remote_files(source: Input) -> list[tuple[Path, int]]:
    """As on a disk, in the same order, from one listing. There are no links and no closed folders."""
    root = source.path
    require_reachable(root)
    sizes = _remote_sizes(source)
    if not sizes and not root.is_file():
        raise UserError(f"no input at {root}", "a file or a folder", "correct `path` in corpus.inputs")
    if not sizes:
        return [(root, root.stat().st_size)]
    wanted = [(root / name, size) for name, size in sizes.items() if _is_let_through(name, source)]
    return wanted + ([(root, 0)] if wanted and len(wanted) < len(sizes) else [])


def _remote_sizes(source: Input) -> dict[str, int]:
    sizes = sizes_below(source.path)
    return {name: size for name, size in sizes.items() if not any(map(is_hidden, name.split("/")))}


def size_of(path: Path) -> int:
    """The bytes of a file; 0 where it has gone or may not be looked at, and for a folder."""
    try:
        return 0 if path.is_dir() else path.stat().st_size
    except OSError as error:
        require_storage(path, error)
        return 0


def would_read(path: Path, source: Input) -> bool:
    """Whether a plain file at `path`, there or not, would be among `list_files`. Both paths must be resolved alike."""
    if not path.is_relative_to(source.path):
        return False
    relative = path.relative_to(source.path)
    return not any(map(is_hidden, relative.parts)) and is_wanted(relative.as_posix(), source)


def without_compression(name: str) -> str:
    """A name in lower case without the suffixes of compression."""
    name = name.lower()
    for suffix in COMPRESSED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def is_archive(name: str) -> bool:
    """Whether a name is that of an archive."""
    return without_compression(name).endswith(ARCHIVE_SUFFIXES)


def is_hidden(name: str) -> bool:
    """Whether one part of a path is hidden, or that of a file which we are writing."""
    return name.startswith(".") or name.endswith(PARTIAL)


def is_wanted(name: str, source: Input, inside: bool = False) -> bool:
    """Whether include and exclude let a name through. inside: include is asked of what is inside it, not of it."""
    name = shown(os.fsencode(name))
    if matches(name, source.exclude):
        return False
    return inside or not source.include or matches(name, source.include)


def _is_let_through(name: str, source: Input) -> bool:
    """Whether a file of a folder is read. An archive always passes include: it is asked of its members."""
    return is_wanted(name, source, is_archive(name))
