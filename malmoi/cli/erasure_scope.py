"""Where an erasure looks: the corpus, what it stands on, the corpora beside it, and the runs that were made of them."""

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed
from malmoi.kit.paths import to_local_path, to_path
from malmoi.kit.run import CORPUS, STAGES, is_run

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request


@dataclass(frozen=True)
class Scope:
    """corpora: every one that is searched, the one that was asked for first; erased: those of them that are to be
    changed. runs: folders of runs whose tokens, reports and weights are looked at."""

    corpora: tuple[Path, ...]
    erased: tuple[Path, ...]
    runs: tuple[Path, ...]


def add_arguments(verb: argparse.ArgumentParser) -> None:
    """What to look for, and where: the same words for `erase` and `where`."""
    verb.add_argument("--ids", type=to_path, metavar="FILE", help="a file with one id a line")
    verb.add_argument("--id", action="append", default=[], metavar="ID", help="an id; may be given again")
    verb.add_argument("--matching", metavar="REGEX", help="documents in whose text, title or address it is found")
    person = "a name, in texts, titles, addresses and file names, and as an author"
    verb.add_argument("--person", action="append", default=[], metavar="NAME", help=person)
    verb.add_argument("--author", action="append", default=[], metavar="NAME", help="documents of an author")
    address = "documents at an address, or below it"
    verb.add_argument("--address", action="append", default=[], metavar="URL", help=address)
    passage = "documents that hold a passage; of a longer one near copies too"
    verb.add_argument("--text", action="append", default=[], metavar="TEXT", help=passage)
    in_file = "the same, in a file"
    verb.add_argument("--text-file", action="append", type=to_path, default=[], metavar="FILE", help=in_file)
    people = "several persons or matters at once: TOML, CSV, or a name, address or id on each line"
    verb.add_argument("--persons", type=to_path, metavar="FILE", help=people)
    runs = "where more trained runs lie (default: beside the run's own folder)"
    verb.add_argument("--runs", type=to_local_path, metavar="DIR", help=runs)
    under = "also every corpus and run below a folder; may be given again"
    verb.add_argument("--all-under", action="append", type=to_local_path, default=[], metavar="DIR", help=under)


def is_asked(arguments: argparse.Namespace) -> bool:
    """Whether anything is asked: `erase` without a word finishes what was killed."""
    names = ("ids", "id", "matching", "person", "author", "address", "text", "text_file", "persons")
    return any(getattr(arguments, name) for name in names)


def requests_of(arguments: argparse.Namespace) -> "list[Request]":
    """What is asked. Raises UserError where nothing is, or a file cannot be read."""
    from malmoi.corpus.erasure.request import Request, from_file

    ids = [*arguments.id, *(_lines(arguments.ids) if arguments.ids else [])]
    texts = [*arguments.text, *(_text(path) for path in arguments.text_file)]
    given: dict[str, Any] = {"ids": ids, "texts": texts, "addresses": arguments.address, "authors": arguments.author}
    given = {name: tuple(values) for name, values in {**given, "names": arguments.person}.items()}
    found = from_file(arguments.persons) if arguments.persons else []
    if any(given.values()) or arguments.matching or not found:
        found.insert(0, Request(**given, matching=arguments.matching))
    return found


def scope_of(arguments: argparse.Namespace, with_siblings: bool) -> Scope:
    """Where to look. with_siblings: what the corpus stands on and what lies beside it is changed too."""
    own = arguments.folder
    beside = [*bases_of(own), *_siblings(own)]
    under = [corpus for folder in arguments.all_under for corpus in _corpora_under(folder)]
    corpora = _distinct([own, *beside, *under])
    erased = _distinct([own, *(beside if with_siblings else ()), *under])
    around = [arguments.runs or _run_of(own).parent] if arguments.runs or is_run(_run_of(own)) else []
    near = [run for folder in around for run in (folder, *listed(folder))]
    runs = _distinct([*(_run_of(one) for one in corpora), *near, *(_run_of(one) for one in under)])
    return Scope(corpora, erased, tuple(run for run in runs if any(may_be(run / stage) for stage in STAGES)))


def bases_of(corpus: Path, known: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """The older corpora that a corpus stands on, and theirs. One that is not there is named too: it may lie elsewhere
    now, with texts in it."""
    found = manifest.find(corpus) if is_corpus(corpus) else None
    for base in map(Path, (found or {}).get("config", {}).get("base") or ()):
        if base.resolve() not in known:
            yield base
            yield from bases_of(base, known | {base.resolve()})


def may_be(path: Path) -> bool:
    """Whether there is such a file or folder; also where that may not be asked."""
    try:
        return path.exists()
    except OSError:
        return True


def _run_of(corpus: Path) -> Path:
    return corpus.resolve().parent


def _siblings(corpus: Path) -> Iterator[Path]:
    """Corpora in the folder of this one, and those of the runs beside its run."""
    run = _run_of(corpus)
    beside = [*listed(run), *(other / CORPUS for other in (listed(run.parent) if is_run(run) else ()))]
    yield from (folder for folder in beside if is_corpus(folder))


def _corpora_under(folder: Path) -> Iterator[Path]:
    """Every finished corpus below a folder. Raises UserError where there is no such folder."""
    if not folder.is_dir():
        raise UserError(f"--all-under {folder} is no folder", "a folder with corpora or runs somewhere below it")
    for root, folders, files in os.walk(folder):
        folders.sort()
        if manifest.NAME in files and is_corpus(Path(root)):
            folders.clear()
            yield Path(root)


def is_corpus(folder: Path) -> bool:
    """Whether a finished corpus lies there. One that cannot be read is none: it is not ours to change."""
    try:
        return folder.is_dir() and (manifest.find(folder) or {}).get("stage") == CORPUS
    except (OSError, UserError, AttributeError):
        return False


def _distinct(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Each folder once, whatever ways lead to it, as it was first named."""
    named: dict[Path, Path] = {}
    for folder in folders:
        named.setdefault(folder.resolve(), folder)
    return tuple(named.values())


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in _text(path).splitlines() if line.strip()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows put U+FEFF before the first id
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text in UTF-8", "a text; of ids, one a line") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "a text file") from None
