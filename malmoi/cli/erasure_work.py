"""The work of an erasure: a plan for all corpora of its scope, carried out in them and in the tokens of their runs.

The plan (kit/erasing.py) is whole before anything is changed. What is killed after that is finished by `malmoi corpus
erase` in that corpus, with or without the words.
"""

import contextlib
import secrets
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.cli import erasure_runs
from malmoi.cli.erasure_found import Found
from malmoi.cli.erasure_scope import Scope, is_corpus
from malmoi.kit import erasing
from malmoi.kit.files import remove
from malmoi.kit.paths import to_path

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request

WITH_WORDS, PARTS = "a file with the words", ("train", "heldout")


@dataclass(frozen=True)
class Work:
    """What is to be done. seen: what each run has of the documents; similarity: from which later texts are copies."""

    scope: Scope
    requests: "Sequence[Request]"
    found: Sequence[Found]
    seen: Sequence[dict[str, Any]]
    similarity: float


def hold(closing: contextlib.ExitStack, corpora: Sequence[Path]) -> None:
    """Takes the locks of corpora. Raises UserError (75) where a build or another erasure is at work in one."""
    from malmoi.kit.lock import lock

    for corpus in filter(is_corpus, corpora):
        closing.enter_context(lock(corpus))


def finish_left(closing: contextlib.ExitStack, corpora: Sequence[Path]) -> list[dict[str, Any]]:
    """Finishes the erasures that were killed in corpora whose locks are held, with those that they were to change."""
    held, done = {one.resolve() for one in corpora}, []
    for corpus in corpora:
        if left := erasing.find(corpus):
            named = [to_path(one["path"]) for one in left[1]["corpora"]]
            others = {one.resolve() for one in (*named, left[0])} - held
            hold(closing, [*others])
            held |= others
            done.append(_carry_out(*left))
    return done


def erase_all(work: Work, with_files: bool) -> dict[str, Any]:
    """Erases from the corpora of the scope, whose locks are held, then from the tokens of their runs.

    with_files: other files of the runs that hold the words are removed too.
    """
    mine = [one for one in work.found if one.corpus in work.scope.erased and not one.reason]
    plan: erasing.Plan = {
        "request": secrets.token_hex(16),
        "corpora": [_part(work, one) for one in mine if not one.is_empty],
        "tokens": dict(_tokens(one) for one in mine if one.corpus.resolve().parent in work.scope.runs),
        "elsewhere": [*_elsewhere(work)],
        "seen": [run for run in work.seen if erasure_runs.is_concerned(run)],
        "changed": [str(one) for one in work.scope.erased],
        "searched": [str(one) for one in (*work.scope.corpora, *work.scope.runs)],
    }
    owner = work.scope.corpora[0]
    if plan["corpora"] or any(planned.get(part) for planned in plan["tokens"].values() for part in PARTS):
        erasing.begin(owner, plan)
    return _carry_out(owner, plan, work, with_files)


def _part(work: Work, one: Found) -> dict[str, Any]:
    """What is to be done in one corpus. The report of its run goes first, where it may show any of it."""
    from malmoi.corpus.erase import Gone, plan
    from malmoi.corpus.erasure.words import files_with

    run, requests = one.corpus.resolve().parent, work.requests
    told = next((told for told in work.seen if told["run"] == str(run)), {"heldout": 0})
    reports = erasure_runs.report_of(run, lambda report: any(files_with(report, requests)), told)
    by_id = [hit for hit in one.taken if hit.id is not None]
    gone = Gone(
        places=tuple(hit.place for hit in one.taken if hit.id is None),
        media=tuple(one.media),
        below=tuple(address for request in requests for address in request.addresses),
        authors=tuple(author for request in requests for author in (*request.authors, *request.names)),
        similarity=work.similarity,
        terms=tuple(term for request in requests for term in request.terms),
        near=tuple(str(hit.id) for hit in by_id if hit.how == "near"),
        of_person=tuple(str(hit.id) for hit in by_id if hit.is_certain and not hit.how.endswith("text")),
    )
    return plan(one.corpus, sorted(one.ids), gone, reports)


def _tokens(one: Found) -> tuple[str, dict[str, Any]]:
    """What is to be taken out of the tokens of a corpus's run: also what was erased before and is there still."""
    from malmoi.corpus.ledger.tombstones import erased_ids

    run = one.corpus.resolve().parent
    return str(run), erasure_runs.plan_tokens(run, one.ids | set(erased_ids(one.corpus))) | {"corpus": str(one.corpus)}


def _elsewhere(work: Work) -> Iterator[dict[str, str]]:
    """Corpora that hold documents and are not changed."""
    for one in work.found:
        if one.reason:
            yield {"path": str(one.corpus), "command": "mend it and ask again", "what": one.reason}
        elif one.corpus not in work.scope.erased and not one.is_empty:
            command = f"malmoi corpus erase {shlex.quote(str(one.corpus))} with the same words, or here with --siblings"
            yield {"path": str(one.corpus), "command": command, "what": f"{len(one.taken)} documents"}


def _carry_out(owner: Path, plan: erasing.Plan, work: Work | None = None, with_files: bool = False) -> dict[str, Any]:
    """Does what is planned, and certifies it. work: None where the words are not known any more: then files beside the
    corpora are not searched."""
    from malmoi.cli.progress import bar
    from malmoi.corpus.erase import carry_out
    from malmoi.corpus.erasure import certificate
    from malmoi.corpus.ledger.tombstones import erased_ids

    plan = {"tokens": {}, "elsewhere": [], "seen": [], "searched": [], "changed": []} | plan  # of corpus/erase.py alone
    total, certificates, parts = Counter[str](), [], plan["corpora"]
    for part in parts:
        with bar("erase") as progress:
            done = carry_out(to_path(part["path"]), plan["request"], part, progress)
        total.update(done.rows)
        certificates.append({"corpus": part["path"], "number": done.certificate})
    tokens = {
        run: erasure_runs.erase_tokens(Path(run), set(erased_ids(to_path(planned["corpus"]))), planned)
        for run, planned in plan["tokens"].items()
    }
    total.update({f"tokens ({part})": sum(int(one.get(part, 0)) for one in tokens.values()) for part in PARTS})
    files = [*_other_files(work)] if work else []
    for path in files if with_files else ():
        remove(path)
    left = [*plan["elsewhere"], *_left(plan, tokens)]
    removed = [path for part in parts for path in part["first"]]
    documents = sorted({one for part in parts for one in part["ids"]})
    if parts or with_files or any(one.get("files") for one in tokens.values()):
        # The name of another file may be the person's: such are counted.
        body = {"what": "runs", "request": plan["request"], "terms": [], "documents": documents, "tokens": tokens}
        body |= {"removed": removed, "left": left, "seen_by": plan["seen"], "searched": plan["searched"]}
        body |= {"other_files": {"removed" if with_files else "left": len(files)} if work else "not searched"}
        certificates.append({"corpus": str(owner), "number": certificate.write(owner, body)})
        erasing.end(owner, plan)
    said = {"erased": dict(total), "removed": removed + ([str(path) for path in files] if with_files else [])}
    return said | {"documents": documents, "left": left + ([] if with_files else [*map(_named, files)]),
                   "certificates": certificates}  # fmt: skip


def _left(plan: erasing.Plan, tokens: dict[str, dict[str, Any]]) -> Iterator[dict[str, str]]:
    """What runs still hold of the documents, or may: tokens that could not be changed, weights."""
    changed = {str(to_path(one).resolve().parent) for one in plan["changed"]}
    for told in plan["seen"]:
        run = told["run"]
        yield from erasure_runs.left(Path(run), told, tokens.get(run, {}) if run in changed else None)


def _other_files(work: Work) -> Iterator[Path]:
    """Files of the runs that hold the words and are nothing that this command knows how to change."""
    from malmoi.corpus.erasure.words import files_with
    from malmoi.corpus.ledger.layout import WRITTEN

    changed = {one.resolve().parent for one in work.scope.erased}
    searched = (f"{corpus.name}/{name}" for corpus in work.scope.corpora for name in WRITTEN)
    skipped = (".safetensors", ".gguf", ".bin", "train/checkpoints", *searched)
    for run in work.scope.runs:
        if run in changed:
            yield from files_with(run, work.requests, skipped)


def _named(path: Path) -> dict[str, str]:
    command = f"look into it, then rm {shlex.quote(str(path))}, or ask with --files"
    return {"path": str(path), "command": command, "what": WITH_WORDS}
