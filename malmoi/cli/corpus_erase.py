"""`malmoi corpus erase`: removes documents on request, wherever they lie; names what is left and the command for it."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.cli import erasure_runs, erasure_scope
from malmoi.cli.corpus_questions import corpus_verb, where
from malmoi.cli.erasure_scope import Scope
from malmoi.cli.terminal import harmless, show
from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.paths import is_remote

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request
    from malmoi.corpus.erasure.search import Hit

WITH_WORDS = "a file with the words"
SHOWN_HITS = 20
"""Of one person and corpus on a terminal; --json gives all."""


@dataclass
class Found:
    """What was found in one corpus. taken: what goes; undecided: what is only shown; media: stored files with the words
    in their bytes. reason: why it could not be searched, where it is not the one that was asked for."""

    corpus: Path
    taken: "list[Hit]" = field(default_factory=list)
    undecided: "list[Hit]" = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def ids(self) -> set[str]:
        """The documents that go."""
        return {hit.id for hit in self.taken if hit.id is not None}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to go."""
        return not self.taken and not self.media


def add_verb(verbs: Any) -> None:
    """Adds the verb to the room's."""
    erase = corpus_verb(
        verbs, "erase", "remove documents on request, wherever they lie; says which models saw them", _erase
    )
    erasure_scope.add_arguments(erase)
    siblings = "also in what the corpus stands on (base) and in the corpora and runs beside it"
    erase.add_argument("--siblings", action="store_true", help=siblings)
    near = "copies from this similarity on go too (default 0.7); from 0.4 on they are shown"
    erase.add_argument("--near-similarity", type=float, default=None, metavar="SHARE", help=near)
    erase.add_argument("--near-list", action="store_true", help="show every document that is undecided")
    erase.add_argument("--yes", action="store_true", help="what is undecided goes too")
    erase.add_argument("--dry-run", action="store_true", help="only say what would be erased")


def _erase(arguments: argparse.Namespace) -> None:
    requests = erasure_scope.requests_of(arguments)
    scope = erasure_scope.scope_of(arguments, arguments.siblings)
    similarity = _similarity(arguments)
    found = find_everywhere(scope, requests, similarity)
    _require_known_ids(requests, found, arguments.folder)
    if arguments.yes or _is_agreed(arguments, found):
        for one in found:
            one.taken, one.undecided = [*one.taken, *one.undecided], []
    erased = erased_before(scope, requests)
    ids = erased | {document for one in found for document in one.ids}
    seen = [erasure_runs.seen_by(run, ids) for run in scope.runs] if ids else []
    said: dict[str, Any] = {
        "documents": [_told(hit, one.corpus) for one in found if one.corpus in scope.erased for hit in one.taken],
        "undecided": [_told(hit, one.corpus) for one in found if one.corpus in scope.erased for hit in one.undecided],
        "media": [_stored(one, path) for one in found if one.corpus in scope.erased for path in one.media],
        "erased": {},
        "removed": [],
        "erased_before": sorted(erased),
        "seen_by": [run for run in seen if erasure_runs.is_concerned(run)],
        "searched": {"corpora": [str(one) for one in scope.corpora], "runs": [str(one) for one in scope.runs]},
    }
    if arguments.dry_run:
        said["left"] = []
    else:
        said |= _erase_all(scope, requests, found, similarity, seen)
    show(said, arguments.json, lambda told: _print(told, arguments.dry_run, arguments.near_list))


def erased_before(scope: Scope, requests: "Sequence[Request]") -> set[str]:
    """The documents that the same requests took before: a run may have seen them, and be asked about again."""
    from malmoi.corpus.erasure.certificate import documents_of

    told = (documents_of(corpus, requests) for corpus in scope.corpora)
    return {document for by_request in told for documents in by_request.values() for document in documents}


def find_everywhere(scope: Scope, requests: "Sequence[Request]", similarity: float) -> list[Found]:
    """What each corpus of a scope holds: hits, exact copies, and near copies of what is to go."""
    from malmoi.corpus.erasure import near

    found = [_found_in(corpus, requests, corpus == scope.corpora[0]) for corpus in scope.corpora]
    passages = [(number, text) for number, request in enumerate(requests) for text in request.texts]
    asked = [
        (one.corpus, {hit.id: hit.request for hit in one.taken if hit.id is not None})
        for one in found
        if one.corpus in scope.erased and not one.reason
    ]
    for one in (one for one in found if not one.reason):
        for number, (corpus, requests_by_id) in enumerate(asked):
            wanted = near.targets(corpus, requests_by_id, passages if number == 0 else (), one.corpus)
            _add_copies(one, near.find(one.corpus, wanted, frozenset(one.ids), similarity))
            if corpus != one.corpus:  # of its own the ledger knows the exact copies
                short = near.short_texts(corpus, requests_by_id)
                _add_copies(one, near.find_short(one.corpus, short, frozenset(one.ids)))
    return found


def _add_copies(one: Found, hits: "Sequence[Hit]") -> None:
    """Adds copies. What the words alone leave undecided goes where it is a copy."""
    certain = {hit.id for hit in hits if hit.is_certain}
    one.taken += [hit for hit in hits if hit.is_certain]
    one.undecided = [hit for hit in one.undecided if hit.id is None or hit.id not in certain]
    known = {hit.id for hit in one.undecided}
    one.undecided += [hit for hit in hits if not hit.is_certain and hit.id not in known]


def _found_in(corpus: Path, requests: "Sequence[Request]", is_own: bool) -> Found:
    """The hits and exact copies in one corpus. One that is not the own and cannot be read hinders nothing."""
    import pyarrow as pa

    from malmoi.corpus.erase import left_over
    from malmoi.corpus.erasure import search
    from malmoi.corpus.erasure.words import files_with
    from malmoi.corpus.ledger.layout import MEDIA

    try:
        hits = search.find(corpus, requests, frozenset(left_over(corpus)[0]))
    except (UserError, OSError, ValueError, KeyError, pa.ArrowException) as error:
        if is_own:
            raise
        return Found(corpus, reason=reason_of(error))
    one = Found(corpus, [hit for hit in hits if hit.is_certain], [hit for hit in hits if not hit.is_certain])
    if not is_remote(corpus) and (corpus / MEDIA).is_dir():
        one.media = [path.relative_to(corpus / MEDIA).as_posix() for path in files_with(corpus / MEDIA, requests)]
    return one


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
    undecided = [hit for one in found for hit in one.undecided]
    if not undecided or arguments.dry_run or arguments.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for hit in undecided:
        print(harmless(f"  {_line(asdict(hit))}"), file=sys.stderr)
    print(f"{len(undecided)} documents are undecided: erase them too? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네")


def _erase_all(
    scope: Scope,
    requests: "Sequence[Request]",
    found: Sequence[Found],
    similarity: float,
    seen: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Erases from the corpora of the scope, then from the tokens of its runs. Reports go first."""
    from malmoi.corpus.erasure import certificate
    from malmoi.corpus.erasure.words import files_with

    by_run = {run["run"]: run for run in seen}
    changed = {one.resolve().parent for one in scope.erased}
    total: dict[str, int] = {}
    removed, tokens, certificates = [], dict[Path, dict[str, Any]](), []
    for one in (one for one in found if one.corpus in scope.erased and not one.reason):
        run = one.corpus.resolve().parent
        told = by_run.get(str(run), {"heldout": 0})
        reports = erasure_runs.report_of(run, lambda report: any(files_with(report, requests)), told)
        was = erasure_runs.content_of(one.corpus)
        done = _erase_one(one, requests, similarity, reports if not one.is_empty else [])
        removed += [str(path) for path in reports if not path.exists()]
        total = {name: total.get(name, 0) + number for name, number in done.rows.items()}
        if run in scope.runs:
            tokens[run] = erasure_runs.erase_tokens(run, _all_ids(one), was)
        if done.certificate is not None:
            certificates.append({"corpus": str(one.corpus), "number": done.certificate})
    left = [*_left(scope, found, seen, tokens, changed), *_other_files(scope, requests, changed)]
    counted = {part: sum(int(one.get(part, 0)) for one in tokens.values()) for part in ("train", "heldout")}
    said = {"erased": total | {f"tokens ({part})": number for part, number in counted.items()}, "removed": removed}
    said |= {"left": left, "certificates": certificates}
    if certificates or any(one.get("files") for one in tokens.values()):
        body = {"what": "runs", "documents": sorted({document for one in found for document in one.ids})}
        named = [one for one in left if one["what"] != WITH_WORDS]  # the name of such a file may be the person's
        body |= {"tokens": {str(run): one for run, one in tokens.items()}, "removed": removed, "left": named}
        body |= {"other_files_left": len(left) - len(named)}
        body |= {"seen_by": [run for run in seen if erasure_runs.is_concerned(run)]}
        body |= {"searched": [str(one) for one in (*scope.corpora, *scope.runs)]}
        number = certificate.write(found[0].corpus, body)
        certificates.append({"corpus": str(found[0].corpus), "number": number})
    return said


def _erase_one(one: Found, requests: "Sequence[Request]", similarity: float, reports: Sequence[Path]) -> Any:
    from malmoi.cli.progress import bar
    from malmoi.corpus.erase import Gone, erase

    gone = Gone(
        places=tuple(hit.place for hit in one.taken if hit.id is None),
        media=tuple(one.media),
        below=tuple(address for request in requests for address in request.addresses),
        authors=_author_hashes(one.corpus, requests),
        similarity=similarity,
        terms=tuple(term for request in requests for term in request.terms),
        near=tuple(hit.id for hit in one.taken if hit.how == "near" and hit.id is not None),
    )
    with bar("erase") as progress:
        return erase(one.corpus, sorted(one.ids), progress, reports, gone)


def _author_hashes(corpus: Path, requests: "Sequence[Request]") -> tuple[str, ...]:
    """The hashes that the authors asked for have, or would have, at each source of the corpus."""
    from malmoi.corpus.ledger.database import opened, query
    from malmoi.corpus.sources.record import author_hashes

    authors = [author for request in requests for author in (*request.authors, *request.names)]
    if not authors:
        return ()
    with opened(corpus) as database:
        names = [row["name"] for row in query(database, "SELECT DISTINCT source.name AS name FROM ledger")]
    return tuple(sorted({one for name in {None, *names} for author in authors for one in author_hashes(author, name)}))


def _all_ids(one: Found) -> set[str]:
    """Everything that was ever erased from a corpus: what a killed erasure left in its tokens goes too."""
    from malmoi.corpus.ledger.tombstones import erased_ids

    return one.ids | set(erased_ids(one.corpus))


def _left(
    scope: Scope,
    found: Sequence[Found],
    seen: Sequence[dict[str, Any]],
    tokens: dict[Path, dict[str, Any]],
    changed: set[Path],
) -> list[dict[str, str]]:
    """What still holds documents, or may: other corpora, tokens that could not be changed, weights."""
    left = []
    for one in found:
        if one.reason:
            left.append({"path": str(one.corpus), "command": "mend it and ask again", "what": one.reason})
        elif one.corpus not in scope.erased and not one.is_empty:
            command = f"malmoi corpus erase {shlex.quote(str(one.corpus))} with the same words, or here with --siblings"
            left.append({"path": str(one.corpus), "command": command, "what": f"{len(one.taken)} documents"})
    for told in seen:
        if erasure_runs.is_concerned(told):
            run = Path(told["run"])
            left += erasure_runs.left(run, told, tokens.get(run) if run in changed else None)
    return left


def _other_files(scope: Scope, requests: "Sequence[Request]", changed: set[Path]) -> list[dict[str, str]]:
    """Files of the runs that hold the words and are nothing that this command knows how to change."""
    from malmoi.corpus.erasure.words import files_with
    from malmoi.corpus.ledger.layout import WRITTEN

    searched = (f"{corpus.name}/{name}" for corpus in scope.corpora for name in WRITTEN)
    skipped = (".safetensors", ".gguf", ".bin", "train/checkpoints", *searched)
    return [
        {
            "path": str(path),
            "command": f"look into it, then rm {shlex.quote(str(path))}",
            "what": WITH_WORDS,
        }
        for run in scope.runs
        if run in changed
        for path in files_with(run, requests, skipped)
    ]


def _told(hit: "Hit", corpus: Path) -> dict[str, Any]:
    return asdict(hit) | {"corpus": str(corpus)}


def _stored(one: Found, path: str) -> dict[str, str]:
    return {"corpus": str(one.corpus), "path": path}


def _line(hit: dict[str, Any]) -> str:
    similarity = f" {hit['similarity']:.2f}" if hit["similarity"] is not None else ""
    place = where(hit) if hit["origin"] else ""
    return f"{hit['id'] or '(no text)'}  {hit['how']}{similarity}  {place}  {hit['excerpt']}"


def _print(said: dict[str, Any], is_dry_run: bool, near_list: bool) -> None:
    from malmoi.corpus.ledger.layout import MEDIA

    verb = "would be erased" if is_dry_run else "erased"
    rows = "".join(f", {number} in {name}" for name, number in said["erased"].items() if number)
    print(f"{len(said['documents'])} documents {verb}{rows}; the raw files are yours to clean:")
    _print_groups(said["documents"], SHOWN_HITS if not is_dry_run else len(said["documents"]))
    if said["undecided"]:
        print(f"  {len(said['undecided'])} more are like them or may be meant, and stay: see them with --near-list, ")
        print("  and take them with --yes")
        _print_groups(said["undecided"], len(said["undecided"]) if near_list or is_dry_run else 0)
    for one in said["media"]:
        print(harmless(f"  {verb}: {Path(one['corpus']) / MEDIA / one['path']}: it holds the words"))
    if said["erased_before"]:
        print(f"  {len(said['erased_before'])} documents were erased on such a request before")
    for path in said["removed"]:
        print(f"  removed {path}: it shows beginnings of documents")
    for run in said["seen_by"]:
        print(harmless(f"  seen by {run['run']}: {steps_in_words(run)}"))
    for one in said["left"]:
        print(harmless(f"  left in {one['path']} ({one['what']}); mend with: {one['command']}"))
    if not said["seen_by"]:
        print("  no run that was looked at has any of them in its tokens or its training")
    searched = said["searched"]
    print(harmless(f"  searched: {', '.join((*searched['corpora'], *searched['runs']))}"))
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


def steps_in_words(run: dict[str, Any]) -> str:
    """What a run has of the documents, as `erasure_runs.seen_by` told it."""
    if run["steps"] == erasure_runs.UNKNOWN:
        return f"steps: unknown ({run['reason']})"
    told = []
    if run["documents"]:
        done = f"trained on in {run['steps']} steps ({run.get('first')} to {run.get('last')})"
        told.append(f"{run['documents']} of them {done if run['steps'] else 'encoded, in no step so far'}")
    if run["heldout"]:
        told.append(f"{run['heldout']} held out, never trained on")
    if run["checkpoints"]:
        told.append(f"in the weights of {', '.join(run['checkpoints'])}" + (" and of model" if run["model"] else ""))
    return "; ".join(told)
