"""`malmoi corpus erase`: removes documents on request; names what else holds them, and the command that mends it."""

import argparse
import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from malmoi.cli.corpus_questions import corpus_verb, where
from malmoi.cli.terminal import harmless, show
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, opened
from malmoi.kit.paths import to_local_path, to_path

UNKNOWN = "unknown"
"""Stands for a number of documents or steps that a run cannot tell."""
STAGES = ("tokens", "train", "model", "report")
"""Folders of a run that may hold what a document said."""


def add_verb(verbs: Any) -> None:
    """Adds the verb to the room's."""
    erase = corpus_verb(verbs, "erase", "remove documents on request; says which trained runs have seen them", _erase)
    erase.add_argument("--ids", type=to_path, metavar="FILE", help="a file with one id a line")
    erase.add_argument("--id", action="append", default=[], metavar="ID", help="an id; may be given again")
    erase.add_argument("--matching", metavar="REGEX", help="documents in whose text, title or address it is found")
    runs = "where trained runs lie (default: the run's own folder)"
    erase.add_argument("--runs", type=to_local_path, metavar="DIR", help=runs)
    erase.add_argument("--dry-run", action="store_true", help="only say what would be erased")


def _erase(arguments: argparse.Namespace) -> None:
    from malmoi.cli.progress import bar
    from malmoi.corpus.erase import Asked, erase, find

    ids = [*arguments.id, *(_ids_in(arguments.ids) if arguments.ids else [])]
    found = find(arguments.folder, Asked(tuple(ids), arguments.matching))
    gone = [row["id"] for row in found]
    corpus = arguments.folder.resolve()
    seen = runs_that_saw(gone, _runs(corpus.parent, arguments.runs or corpus.parent)) if gone else []
    said: dict[str, Any] = {"documents": found, "erased": {}, "removed": [], "seen_by": seen}
    if not arguments.dry_run:
        reports = _report(corpus.parent, seen)
        with bar("erase") as progress:
            said["erased"] = erase(arguments.folder, gone, progress, reports)
        said["removed"] = [str(path) for path in reports]
    said["left"] = [one for run in seen for one in _left(run, corpus)]
    show(said, arguments.json, partial(_print, is_dry_run=arguments.dry_run))


def _runs(own: Path, folder: Path) -> list[Path]:
    """The corpus's own run, and those in a folder, itself included, that have a stage that may hold documents."""
    runs = {own, *(run.resolve() for run in (folder, *listed(folder)))}
    return sorted(run for run in runs if any(_may_be(run / stage) for stage in STAGES))


def _may_be(path: Path) -> bool:
    """Whether there is such a file or folder; also where that may not be asked."""
    try:
        return path.exists()
    except OSError:
        return True


def runs_that_saw(ids: Sequence[str], runs: Sequence[Path]) -> list[dict[str, Any]]:
    """Those of the runs that have any of these documents in their tokens, or cannot tell. Never raises for a run.

    run; documents (how many of them are in its tokens); steps (in which any of them was trained on; 0: none yet). Where
    that cannot be read, "unknown" and a `reason`: a removal must not wait for a run to be mended.
    """
    import pyarrow as pa

    seen = []
    for run in runs:
        told: dict[str, Any] = {"run": str(run), "documents": UNKNOWN, "steps": UNKNOWN}
        try:
            inside = _inside(run / "tokens", ids)
            told["documents"] = len(inside)
            told["steps"] = _steps_with(run, inside) if inside else 0
        except (UserError, OSError, ValueError, TypeError, AttributeError, LookupError, pa.ArrowException) as error:
            told["reason"] = error.wrong if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        if told["documents"] != 0:
            seen.append(told)
    return seen


def _inside(tokens: Path, ids: Sequence[str]) -> set[str]:
    """Those of the ids that are in a tokens folder. Of the others no Python object is made."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    manifest.read(tokens)  # without one it is unfinished, and more may be in its shards than in its tables
    wanted, inside = pc.field("id").isin(list(ids)), set[str]()
    for table in listed(tokens, ".documents.parquet"):
        with opened(table) as stream:
            inside.update(pq.read_table(stream, columns=["id"], filters=wanted)["id"].to_pylist())
    return inside


def _steps_with(run: Path, ids: set[str]) -> int:
    """In how many steps of a run's training any of the documents was seen; 0 where it was not trained."""
    from malmoi.cli.train import loader_of

    if not (run / "train").is_dir():
        return 0
    loader, num_steps = loader_of(run / "train")
    return len(loader.steps_with_any(ids, num_steps) or ())


def _report(own: Path, seen: Sequence[dict[str, Any]]) -> list[Path]:
    """The report of the corpus's own run, which shows beginnings of documents, where there is one."""
    report = own / "report"
    return [report] if str(own) in [run["run"] for run in seen] and report.exists() else []


def _left(run: dict[str, Any], corpus: Path) -> list[dict[str, str]]:
    """What of a run still holds documents, or may, and the command that mends it.

    Training refuses to go on with other tokens, hence `rm -r`. Of a run that was never trained the tokens alone do.
    """
    folder = Path(run["run"])
    other, train = folder / "corpus", folder / "train"
    again = f"rm -r {shlex.quote(str(train))} && malmoi run RECIPE" if _may_be(train) else "malmoi run RECIPE"
    commands = dict.fromkeys(STAGES, again) | {"tokens": "malmoi tokenizer encode RECIPE"}
    left = [(folder / stage, command) for stage, command in commands.items() if _may_be(folder / stage)]
    if _may_be(other) and other.resolve() != corpus:
        left.insert(0, (other, f"malmoi corpus erase {shlex.quote(str(other))} --ids FILE"))
    return [{"path": str(path), "command": command} for path, command in left]


def _print(said: dict[str, Any], is_dry_run: bool) -> None:
    verb = "would be erased" if is_dry_run else "erased"
    rows = "".join(f", {number} in {name}" for name, number in said["erased"].items() if number)
    print(f"{len(said['documents'])} documents {verb}{rows}; the raw files are yours to clean:")
    for row in said["documents"]:
        print(f"  {row['id']}  {where(row)}  {harmless(row['title'] or '')}")
    for path in said["removed"]:
        print(f"  removed {path}: it shows beginnings of documents")
    for run in said["seen_by"]:
        print(harmless(f"  seen by {run['run']}: {run['documents']} of them, {_steps(run)}"))
    for one in said["left"]:
        print(harmless(f"  left in {one['path']}; mend with: {one['command']}"))
    if not said["seen_by"]:
        print("  no trained run has seen any of them")


def _steps(run: dict[str, Any]) -> str:
    if run["steps"] == UNKNOWN:
        return f"steps: unknown ({run['reason']})"
    return f"trained on in {run['steps']} steps" if run["steps"] else "encoded, in no step so far"


def _ids_in(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text in UTF-8", "one id a line") from None
