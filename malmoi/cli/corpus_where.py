"""`malmoi corpus where`: every place in which documents, or words of a person, lie; `certificates`: what was erased.

After an erasure it is the proof: nothing is found but in the weights that it names.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.cli import erasure_runs, erasure_scope
from malmoi.cli.corpus_questions import corpus_verb
from malmoi.cli.erasure_found import Found, erased_before, find_everywhere
from malmoi.cli.erasure_scope import Scope, may_be
from malmoi.cli.terminal import harmless, show
from malmoi.kit import erasing
from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.files import listed
from malmoi.kit.run import REPORT, TOKENIZER, TOKENS

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request

NOT_SEARCHED = (
    "the raw files, which are yours to clean",
    "trained weights: a model cannot be searched, so runs that saw a document are named",
    "files beside a corpus that are packed in another way than gzip, zstd, xz, bzip2, zip or tar, or with a password",
    "files beside a corpus for an expression, a passage over 100 letters or a Latin name of fewer than six",
    "copies of this folder elsewhere: backups, snapshots of a disk, other machines",
)
UNREAD = "a file of which a part could not be read (damaged, encrypted, packed otherwise): look into it"
TOKENS_AT_ONCE, OVERLAP_TOKENS = 1 << 20, 512
"""Of token shards that are decoded and searched; a name that lies across two reads is in one of them."""


def add_verbs(verbs: Any) -> None:
    """Adds the verbs to the room's."""
    asked = corpus_verb(verbs, "where", "every place in which documents or a person's words lie", _where)
    erasure_scope.add_arguments(asked)
    purpose = "what was erased from a corpus, when, and whether that was changed"
    asked = corpus_verb(verbs, "certificates", purpose, _show)
    asked.add_argument("number", type=int, nargs="?", help="one certificate whole")


def _where(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.ledger.erased_texts import NEAR_SIMILARITY

    requests = erasure_scope.requests_of(arguments)
    scope = erasure_scope.scope_of(arguments, with_siblings=True)
    found = find_everywhere(scope, requests, NEAR_SIMILARITY)
    erased = erased_before(scope, requests)
    ids = erased | {one for each in found for one in each.ids}
    seen = [erasure_runs.seen_by(run, ids) for run in scope.runs] if ids else []
    places = [*_unfinished(scope), *_in_corpora(found, requests), *_in_runs(scope, requests, ids)]
    said = {
        "found": places,
        "undecided": sum(len(one.undecided) + len(one.undecided_media) for one in found),
        "erased_before": sorted(erased),
        "weights": [run for run in seen if erasure_runs.is_concerned(run)],
        "searched": {"corpora": [str(one) for one in scope.corpora], "runs": [str(one) for one in scope.runs]},
        "not_searched": NOT_SEARCHED,
    }
    show(said, arguments.json, _print)


def _unfinished(scope: Scope) -> Iterator[dict[str, Any]]:
    """Erasures that were killed: what they were to take may be half there, and is not found by its words."""
    for corpus in scope.corpora:
        if left := erasing.find(corpus):
            yield _place(f"an erasure that is not finished (malmoi corpus erase {left[0]})", corpus / erasing.PLAN)


def _in_corpora(found: Sequence[Found], requests: "Sequence[Request]") -> Iterator[dict[str, Any]]:
    """Shards, index, ledger, media and the files beside them."""
    from malmoi.cli.erasure_words import files_with
    from malmoi.corpus.ledger.layout import INDEX, LEDGER, MEDIA, SHARDS

    for one in found:
        if one.reason:
            yield _place("a corpus that cannot be read", one.corpus) | {"reason": one.reason}
        kept = sorted({hit.id for hit in one.taken if hit.kept and hit.id})
        every = sorted({hit.id or f"row {hit.place[1]} of {hit.place[0]}" for hit in one.taken})
        for name, ids in ((SHARDS, kept), (INDEX, kept), (LEDGER, every)):
            if ids:
                yield _place(name, one.corpus / name, ids)
        for path in one.media:
            yield _place(MEDIA, one.corpus / MEDIA / path)
        if one.corpus.is_dir():
            unread = list[Path]()
            for path in files_with(one.corpus, requests, (SHARDS, LEDGER, INDEX, MEDIA), unread):
                yield _place("a file of the corpus", path)
            yield from (_place(UNREAD, path) for path in unread)


def _in_runs(scope: Scope, requests: "Sequence[Request]", ids: set[str]) -> Iterator[dict[str, Any]]:
    """Tokens by id and by what they say, the words of the vocabulary, and any other file of the runs."""
    from malmoi.cli.erasure_words import files_with

    corpora = {one.resolve() for one in scope.corpora}
    for run in scope.runs:
        yield from _in_tokens(run, requests, ids)
        yield from _in_report(run / REPORT, ids)
        inside = [corpus.relative_to(run).as_posix() for corpus in corpora if corpus.is_relative_to(run)]
        unread = list[Path]()
        for path in files_with(run, requests, (".safetensors", ".gguf", ".bin", *inside), unread):
            yield _place("a file of the run", path)
        yield from (_place(UNREAD, path) for path in unread)


def _place(what: str, path: Path, ids: Sequence[str] = ()) -> dict[str, Any]:
    """One place in which something was found. ids: of documents or rows there, none where it is a file as a whole."""
    return {"what": what, "path": str(path), "number": len(ids) or 1, "ids": list(ids)}


def _in_report(report: Path, ids: set[str]) -> Iterator[dict[str, Any]]:
    """Files of an evaluation that show documents, which they name by their ids."""
    for path in listed(report):
        told = path.read_text(encoding="utf-8", errors="replace") if path.suffix in (".json", ".html") else ""
        if inside := sorted(one for one in ids if one in told):
            yield _place("report", path, inside)


def _in_tokens(run: Path, requests: "Sequence[Request]", ids: set[str]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa

    from malmoi.tokenizer.erase import ids_in

    if not may_be(run / TOKENS):
        return
    try:
        for part, found in ids_in(run / TOKENS, ids).items():
            if found:
                yield _place(f"tokens ({part})", run / TOKENS, sorted(found))
        yield from _decoded(run, requests)
    except (UserError, OSError, ValueError, KeyError, pa.ArrowException) as error:
        reason = reason_of(error)
        yield _place("tokens that cannot be read", run / TOKENS) | {"reason": reason}


def _decoded(run: Path, requests: "Sequence[Request]") -> Iterator[dict[str, Any]]:
    """Documents of a run's tokens whose words say what is asked for, whatever their ids are; and such tokens."""
    import re

    from malmoi.cli.erasure_words import words_of
    from malmoi.corpus.text.fold import is_certain, pattern
    from malmoi.tokenizer.codec import Codec
    from malmoi.tokenizer.shards import PARTS, open_part

    asked = [(word, re.compile(pattern(word), re.IGNORECASE)) for word in words_of(requests)]
    if not asked or not may_be(run / TOKENIZER):
        return

    def says(text: str) -> bool:
        return any(is_certain(text, *hit.span(), word) for word, one in asked for hit in one.finditer(text))

    codec = Codec(run / TOKENIZER)
    for name in PARTS:
        part, ids = open_part(run / TOKENS, name), set[str]()
        for start in range(0, part.num_tokens, TOKENS_AT_ONCE):
            stop = start + TOKENS_AT_ONCE + OVERLAP_TOKENS
            if says(codec.decode(part.read(start, stop).tolist())):
                spans = part.documents(start, stop)
                ids |= {one for one, first, last in spans if says(codec.decode(part.read(first, last).tolist()))}
        if ids:
            yield _place(f"tokens ({name}), decoded", run / TOKENS, sorted(ids))
    words = (codec.token_bytes(token).decode(errors="replace") for token in range(codec.vocabulary_tokens))
    if spelt := [str(token) for token, word in enumerate(words) if says(word)]:
        yield _place("a token of the vocabulary", run / TOKENIZER, spelt)


def _print(said: dict[str, Any]) -> None:
    for one in said["found"]:
        reason = f" ({one['reason']})" if "reason" in one else ""
        print(harmless(f"{one['number']:>6,} in {one['what']}: {one['path']}{reason}"))
    if not said["found"]:
        print("nothing is there")
    if said["undecided"]:
        print(f"{said['undecided']} of documents and media may be meant: `malmoi corpus erase … --dry-run` shows them")
    if said["erased_before"]:
        print(f"{len(said['erased_before'])} documents were erased on such a request before")
    for run in said["weights"]:
        print(harmless(f"seen by {run['run']}: {erasure_runs.steps_in_words(run)}"))
    print(harmless(f"searched: {', '.join((*said['searched']['corpora'], *said['searched']['runs']))}"))
    print(f"not searched: {'; '.join(said['not_searched'])}")


def _show(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.erasure import certificate

    if arguments.number is not None:
        return show(certificate.only(arguments.folder, arguments.number), True, print)
    found = {"certificates": list(certificate.read(arguments.folder)), "wrong": certificate.verify(arguments.folder)}
    return show(found, arguments.json, _print_certificates)


def _print_certificates(found: dict[str, Any]) -> None:
    import time

    for one in found["certificates"]:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one["time"]))
        runs = one.get("tokens", {}).values()
        files = len(one.get("files", ())) or sum(len(tokens.get("files", ())) for tokens in runs)
        what = f"{one['what']}: {len(one['documents'])} documents, {files} files rewritten"
        print(f"{one['number']:>4}  {when} UTC  {what}")
    if not found["certificates"]:
        print("nothing was erased from it")
    print(*found["wrong"] or ["all certificates are as they were written"], sep="\n")
