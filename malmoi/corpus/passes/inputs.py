"""What the inputs of a build are known by, without one process that reads them all at every call.

The content of a local file is hashed by the worker that scans it. A file in an object store is known by its version
there (ETag), so that it is not downloaded for a hash. Whether anything changed since is first asked of names, sizes and
times alone; only where just the times differ (a copy, a checkout) is the content read to answer.
"""

import hashlib
import json
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from malmoi.corpus.passes.units import Unit, label
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import require_storage, sha256_of, write_text
from malmoi.kit.paths import is_remote, reaching

NAME = "inputs.json"
"""In the folder of a finished corpus: what its inputs looked like when they were read."""


@dataclass(frozen=True)
class Identity:
    """One input. Digests over the names of its files with: sizes; sizes and times (or versions); contents.

    content: None before the files have been scanned.
    """

    sizes: str
    stamp: str
    content: str | None = None

    @property
    def known_by(self) -> str:
        """What stands for the input in a manifest: its content, or its stamp where that is not known yet."""
        return self.content or self.stamp


def identify(recipe: CorpusRecipe, units: Sequence[Unit], out: Path) -> dict[str, Identity]:
    """Each input by number and label, as it is now, with the content hash that a build in `out` took of it.

    Reads no content unless sizes are those of that build and only times changed.
    """
    before, hashes = _remembered(out), _manifest_inputs(out)
    identities = {}
    for number, source in enumerate(recipe.inputs):
        name = f"{number} {label(source)}"
        files = [path for unit in units if unit.input_number == number for path in unit.files]
        now, old = _look(source, files), before.get(name)
        known = old.content if old else hashes.get(name)
        if known and now.content is None and (old is None or old.sizes == now.sizes):
            is_same = (old is not None and old.stamp == now.stamp) or _content(source, files) == known
            now = Identity(now.sizes, now.stamp, known if is_same else None)
        identities[name] = now
    return identities


def hash_files(unit: Unit) -> list[str]:
    """SHA-256 of each file of a unit, for its record; empty for files in an object store."""
    return [_hash(path) for path in unit.files if not is_remote(path)]


def with_contents(
    recipe: CorpusRecipe, identities: dict[str, Identity], scanned: Iterable[tuple[Unit, Sequence[str]]]
) -> dict[str, Identity]:
    """The identities with content hashes, from the units in order with the hashes of their files."""
    digests = [hashlib.sha256() for _ in recipe.inputs]
    for unit, hashes in scanned:
        if hashes:
            source = recipe.inputs[unit.input_number]
            _add(digests[unit.input_number], source, zip(unit.files, hashes, strict=True))
    contents = (digest.hexdigest() for digest in digests)
    return {
        name: Identity(now.sizes, now.stamp, now.content if is_remote(source.path) else content)
        for (name, now), source, content in zip(identities.items(), recipe.inputs, contents, strict=True)
    }


def remember(out: Path, identities: dict[str, Identity]) -> None:
    """Keeps what the next call compares with. Nothing where it is kept already."""
    if _remembered(out) != identities:
        table = {name: asdict(identity) for name, identity in identities.items()}
        write_text(out / NAME, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def _remembered(out: Path) -> dict[str, Identity]:
    """What was kept; nothing where it is absent or damaged: then contents are hashed."""
    try:
        table = json.loads((out / NAME).read_text(encoding="utf-8"))
        return {name: Identity(**identity) for name, identity in table.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _manifest_inputs(out: Path) -> dict[str, str]:
    try:
        return manifest.read(out).get("inputs", {})
    except UserError:
        return {}  # none, or damaged: `stage` says so


def _look(source: Input, files: Sequence[Path]) -> Identity:
    """An input as it looks from outside: one question for each local file, one listing for an object store."""
    looks = dict(_versions(source) if is_remote(source.path) else _times(files))
    sizes, stamp = hashlib.sha256(), hashlib.sha256()
    _add(sizes, source, ((path, looks.get(str(path), (0, ""))[0]) for path in files))
    _add(stamp, source, ((path, "{} {}".format(*looks.get(str(path), (0, "")))) for path in files))
    content = stamp.hexdigest() if is_remote(source.path) else None
    return Identity(sizes.hexdigest(), stamp.hexdigest(), content)


def _times(files: Sequence[Path]) -> Iterator[tuple[str, tuple[int, str]]]:
    for path in files:
        try:
            status = path.stat()
        except OSError as error:
            require_storage(path, error)
            continue  # what is not there or may not be looked at has neither size nor time
        if stat.S_ISDIR(status.st_mode):
            continue  # stands for what patterns leave out; its own size and time say nothing
        yield str(path), (status.st_size, str(status.st_mtime_ns))


def _versions(source: Input) -> Iterator[tuple[str, tuple[int, str]]]:
    remote: Any = source.path
    with reaching(source.path):
        listed = remote.fs.find(remote.path, detail=True)
    for name, entry in listed.items():
        version = next((entry[key] for key in ("ETag", "etag", "LastModified", "mtime", "created") if key in entry), "")
        yield f"{str(remote).removesuffix(remote.path)}{name}", (int(entry["size"] or 0), str(version))


def _content(source: Input, files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    _add(digest, source, ((path, _hash(path)) for path in files))
    return digest.hexdigest()


def _add(digest: Any, source: Input, values: Iterable[tuple[Path, Any]]) -> None:
    for path, value in values:
        digest.update(f"{origin_name(path, source)} {value}\n".encode())


def _hash(path: Path) -> str:
    """What may not be read has a hash as well: it is part of what the corpus was made from, and is in the ledger.

    Raises UserError (75) where the storage is away: nobody knows then whether the content is another one.
    """
    try:
        return sha256_of(path) if path.is_file() else "no file"
    except OSError as error:
        require_storage(path, error)
        return f"unreadable: {error.strerror}"
