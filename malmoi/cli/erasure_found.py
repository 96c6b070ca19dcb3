"""What an erasure finds: hits, copies and near copies in every corpus of its scope, and what it took before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.erasure_scope import Scope
from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.paths import is_remote

if TYPE_CHECKING:
    from malmoi.corpus.erasure.request import Request
    from malmoi.corpus.erasure.search import Hit


@dataclass
class Found:
    """What was found in one corpus. taken: what goes; undecided: what is only shown; media: stored files with the words
    in their bytes, and those that hold them within other words alone (undecided_media). reason: why it could not be
    searched, where it is not the one that was asked for."""

    corpus: Path
    taken: "list[Hit]" = field(default_factory=list)
    undecided: "list[Hit]" = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    undecided_media: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def ids(self) -> set[str]:
        """The documents that go."""
        return {hit.id for hit in self.taken if hit.id is not None}

    def decide(self) -> None:
        """What is undecided goes too."""
        self.taken, self.undecided = [*self.taken, *self.undecided], []
        self.media, self.undecided_media = [*self.media, *self.undecided_media], []

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to go."""
        return not self.taken and not self.media


def erased_before(scope: Scope, requests: "Sequence[Request]") -> set[str]:
    """The documents that the same requests took before: a run may have seen them, and be asked about again."""
    from malmoi.corpus.erasure.certificate import documents_of

    return set[str]().union(*(documents_of(corpus, requests) for corpus in scope.corpora))


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
        try:
            for number, (corpus, requests_by_id) in enumerate(asked):
                wanted = near.targets(corpus, requests_by_id, passages if number == 0 else (), one.corpus)
                _add_copies(one, near.find(one.corpus, wanted, frozenset(one.ids), similarity))
                if corpus != one.corpus:  # of its own the ledger knows the exact copies
                    short = near.short_texts(corpus, requests_by_id)
                    _add_copies(one, near.find_short(one.corpus, short, frozenset(one.ids)))
        except _unreadable() as error:
            if one is found[0]:
                raise
            one.reason = reason_of(error)
    return found


def _unreadable() -> tuple[type[Exception], ...]:
    """What reading a damaged corpus raises."""
    import pyarrow as pa

    return UserError, OSError, ValueError, KeyError, pa.ArrowException


def _add_copies(one: Found, hits: "Sequence[Hit]") -> None:
    """Adds copies. What the words alone leave undecided goes where it is a copy."""
    certain = {hit.id for hit in hits if hit.is_certain}
    one.taken += [hit for hit in hits if hit.is_certain]
    one.undecided = [hit for hit in one.undecided if hit.id is None or hit.id not in certain]
    known = {hit.id for hit in one.undecided}
    one.undecided += [hit for hit in hits if not hit.is_certain and hit.id not in known]


def _found_in(corpus: Path, requests: "Sequence[Request]", is_own: bool) -> Found:
    """The hits and exact copies in one corpus. One that is not the own and cannot be read hinders nothing."""
    from malmoi.cli.erasure_words import files_with
    from malmoi.corpus.erasure import search
    from malmoi.corpus.ledger.layout import MEDIA

    try:
        hits = search.find(corpus, requests)
    except _unreadable() as error:
        if is_own:
            raise
        return Found(corpus, reason=reason_of(error))
    one = Found(corpus, [hit for hit in hits if hit.is_certain], [hit for hit in hits if not hit.is_certain])
    if not is_remote(corpus) and (corpus / MEDIA).is_dir():
        for path in files_with(corpus / MEDIA, requests):
            where = one.media if any(files_with(path, requests, whole=True)) else one.undecided_media
            where.append(path.relative_to(corpus / MEDIA).as_posix())
    return one
