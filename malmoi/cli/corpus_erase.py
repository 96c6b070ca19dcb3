"""`malmoi corpus erase`: removes documents on request, wherever they lie; names what is left and the command for it."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.cli import erasure_runs, erasure_scope, erasure_work
from malmoi.cli.corpus_questions import corpus_verb, where
from malmoi.cli.erasure_found import Found, erased_before, find_everywhere
from malmoi.cli.terminal import harmless, show
from malmoi.kit import erasing
from malmoi.kit.errors import UserError

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request
    from malmoi.corpus.erasure.search import Hit

PART_OF_WORDS = "it holds them within other words alone"
SHOWN_HITS = 20
"""Of one person and corpus on a terminal; --json gives all."""


def add_verb(verbs: Any) -> None:
    """Adds the verb to the room's."""
    purpose = "remove documents on request, wherever they lie; says which models saw them"
    erase = corpus_verb(verbs, "erase", purpose, _erase)
    erasure_scope.add_arguments(erase)
    siblings = "also in what the corpus stands on (base) and in the corpora and runs beside it"
    erase.add_argument("--siblings", action="store_true", help=siblings)
    near = "copies from this similarity on go too (default 0.7); from 0.4 on they are shown"
    erase.add_argument("--near-similarity", type=float, default=None, metavar="SHARE", help=near)
    erase.add_argument("--near-list", action="store_true", help="show every document that is undecided")
    files = "other files of the runs that hold the words (notes, logs) are removed too; else they are named"
    erase.add_argument("--files", action="store_true", help=files)
    erase.add_argument("--yes", action="store_true", help="what is undecided goes too")
    erase.add_argument("--dry-run", action="store_true", help="only say what would be erased")


def _erase(arguments: argparse.Namespace) -> None:
    is_asked = erasure_scope.is_asked(arguments)
    left = erasing.find(arguments.folder)
    requests = erasure_scope.requests_of(arguments) if is_asked or left is None else []
    similarity = _similarity(arguments)
    scope = erasure_scope.scope_of(arguments, arguments.siblings)
    if arguments.dry_run:
        erasing.require_none(*scope.erased)
        said = _asked(arguments, scope, requests, similarity)
        return show(said, arguments.json, lambda told: _print(told, arguments))
    with contextlib.ExitStack() as closing:
        erasure_work.hold(closing, scope.erased)
        said = {"finished": erasure_work.finish_left(closing, scope.erased)}
        if is_asked:
            said |= _asked(arguments, scope, requests, similarity)
    return show(said, arguments.json, lambda told: _print(told, arguments))


def _asked(
    arguments: argparse.Namespace, scope: erasure_scope.Scope, requests: "Sequence[Request]", similarity: float
) -> dict[str, Any]:
    """Finds what is asked for, lets a person decide, and erases it, but for a dry run."""
    found = find_everywhere(scope, requests, similarity)
    _require_known_ids(requests, found, arguments.folder)
    if arguments.yes or _is_agreed(arguments, found):
        for one in found:
            one.decide()
    erased = erased_before(scope, requests)
    ids = erased | {document for one in found for document in one.ids}
    seen = [erasure_runs.seen_by(run, ids) for run in scope.runs] if ids else []
    mine = [one for one in found if one.corpus in scope.erased]
    said: dict[str, Any] = {
        "documents": [_told(hit, one.corpus) for one in mine for hit in one.taken],
        "undecided": [_told(hit, one.corpus) for one in mine for hit in one.undecided],
        "media": [_stored(one, path) for one in mine for path in one.media],
        "undecided_media": [_stored(one, path) for one in mine for path in one.undecided_media],
        "erased": {},
        "removed": [],
        "left": [],
        "erased_before": sorted(erased),
        "seen_by": [run for run in seen if erasure_runs.is_concerned(run)],
        "searched": {"corpora": [str(one) for one in scope.corpora], "runs": [str(one) for one in scope.runs]},
    }
    if not arguments.dry_run:
        done = erasure_work.erase_all(erasure_work.Work(scope, requests, found, seen, similarity), arguments.files)
        said = done | said | {name: done[name] for name in ("erased", "removed", "left")}
    return said


def _similarity(arguments: argparse.Namespace) -> float:
    from malmoi.corpus.erasure.near import LEAST_SHOWN
    from malmoi.corpus.ledger.erased_texts import NEAR_SIMILARITY

    value = arguments.near_similarity
    if value is not None and not LEAST_SHOWN <= value <= 1:  # below it later builds would drop what is no copy
        raise UserError(f"--near-similarity {value}", f"{LEAST_SHOWN} to 1")
    return NEAR_SIMILARITY if value is None else value


def _require_known_ids(requests: "Sequence[Request]", found: Sequence[Found], folder: Path) -> None:
    """Raises UserError for an id that is in no corpus of the scope, nor was erased from one."""
    from malmoi.corpus.ledger.tombstones import erased_ids

    asked = {one for request in requests for one in request.ids}
    asked -= {hit.id for one in found for hit in (*one.taken, *one.undecided)}
    for one in found if asked else ():
        asked -= set(erased_ids(one.corpus))
    if asked:
        raise UserError(f"no document {min(asked)!r} to erase in {folder}", "ids of documents of a corpus")


def _is_agreed(arguments: argparse.Namespace, found: Sequence[Found]) -> bool:
    """Asks on a terminal whether what is undecided goes too; nowhere else."""
    undecided = [_line(asdict(hit)) for one in found for hit in one.undecided]
    undecided += [_medium(_stored(one, path), PART_OF_WORDS) for one in found for path in one.undecided_media]
    if not undecided or arguments.dry_run or arguments.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for line in undecided:
        print(harmless(f"  {line}"), file=sys.stderr)
    print(f"{len(undecided)} of them are undecided: erase them too? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네")


def _told(hit: "Hit", corpus: Path) -> dict[str, Any]:
    return asdict(hit) | {"corpus": str(corpus)}


def _stored(one: Found, path: str) -> dict[str, str]:
    return {"corpus": str(one.corpus), "path": path}


def _medium(one: dict[str, str], why: str) -> str:
    from malmoi.corpus.ledger.layout import MEDIA

    return harmless(f"{Path(one['corpus']) / MEDIA / one['path']}: {why}")


def _line(hit: dict[str, Any]) -> str:
    similarity = f" {hit['similarity']:.2f}" if hit["similarity"] is not None else ""
    place = where(hit) if hit["origin"] else ""
    return f"{hit['id'] or '(no text)'}  {hit['how']}{similarity}  {place}  {hit['excerpt']}"


def _print(said: dict[str, Any], arguments: argparse.Namespace) -> None:
    for one in said.get("finished", ()):
        rows = ", ".join(f"{number} in {name}" for name, number in one["erased"].items() if number)
        print(harmless(f"an erasure that was killed is finished: {len(one['documents'])} documents ({rows})"))
        _print_left(one)
    if "documents" not in said:
        return
    verb = "would be erased" if arguments.dry_run else "erased"
    rows = "".join(f", {number} in {name}" for name, number in said["erased"].items() if number)
    print(f"{len(said['documents'])} documents {verb}{rows}; the raw files are yours to clean:")
    _print_groups(said["documents"], SHOWN_HITS if not arguments.dry_run else len(said["documents"]))
    for one in said["media"]:
        print(f"  {verb}: {_medium(one, 'it holds the words')}")
    if said["undecided"] or said["undecided_media"]:
        number, all_of_them = len(said["undecided"]) + len(said["undecided_media"]), arguments.near_list
        print(f"  {number} more are like them or may be meant, and stay: see them with --near-list, ")
        print("  and take them with --yes")
        _print_groups(said["undecided"], number if all_of_them or arguments.dry_run else 0)
        for one in said["undecided_media"]:
            print(f"    {_medium(one, PART_OF_WORDS)}")
    if said["erased_before"]:
        print(f"  {len(said['erased_before'])} documents were erased on such a request before")
    for run in said["seen_by"]:
        print(harmless(f"  seen by {run['run']}: {erasure_runs.steps_in_words(run)}"))
    if not said["seen_by"]:
        print("  no run that was looked at has any of them in its tokens or its training")
    _print_left(said)
    searched = said["searched"]
    print(harmless(f"  searched: {', '.join((*searched['corpora'], *searched['runs']))}"))


def _print_left(said: dict[str, Any]) -> None:
    for path in said["removed"]:
        print(harmless(f"  removed {path}"))
    for one in said["left"]:
        print(harmless(f"  left in {one['path']} ({one['what']}); mend with: {one['command']}"))
    for one in said.get("certificates", ()):
        print(harmless(f"  certificate {one['number']} in {one['corpus']}: malmoi corpus certificates {one['corpus']}"))


def _print_groups(hits: Sequence[dict[str, Any]], most: int) -> None:
    """Hits by request and corpus, so that several persons stay apart."""
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for hit in hits:
        groups.setdefault((hit["request"], hit["corpus"]), []).append(hit)
    for (request, corpus), rows in groups.items():
        print(harmless(f"  request {request + 1}, {corpus}: {len(rows)}"))
        for row in rows[:most]:
            print(harmless(f"    {_line(row)}"))
