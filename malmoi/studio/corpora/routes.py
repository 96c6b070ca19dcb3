"""The corpus of a run: its numbers, pages of documents kept and dropped, and why one document was."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as FromQuery

from malmoi.cards.card import Both
from malmoi.corpus.report.labels import KINDS, PERSONAL, REASONS, SCORES
from malmoi.serve.http_errors import ApiError
from malmoi.studio.corpora import folder, listing, replies
from malmoi.studio.corpora.conditions import Query
from malmoi.studio.needs import CorpusNeed

router = APIRouter(prefix="/api/runs/{run}")

_LABELS = replies.CorpusLabels(
    *(
        {name: Both(korean, english) for name, (korean, english) in labels.items()}
        for labels in (REASONS, KINDS, PERSONAL, SCORES)
    )
)
"""What pages call the names of the ledger, in both languages. It is made once: every reply brings it."""

_Name = Annotated[str | None, FromQuery(max_length=200)]


def _query(
    status: Literal["kept", "dropped"] | None = None,
    reason: _Name = None,
    kind: _Name = None,
    source: _Name = None,
    q: _Name = None,
    after: Annotated[str | None, FromQuery(pattern=listing.AFTER)] = None,
    size: Annotated[int, FromQuery(ge=1, le=100)] = 20,
) -> Query:
    """Which documents an address asks for. An empty word asks for all, as a form that was cleared sends it."""
    return Query(status, reason or None, kind or None, source or None, q or None, after, size)


@router.get("/corpus")
def corpus_numbers(corpus: CorpusNeed) -> replies.Corpus:
    """How many documents came in, stayed and went, for which reasons, and what pages call reasons, kinds and types."""
    return folder.numbers(corpus, _LABELS)


@router.get("/documents")
def list_documents(corpus: CorpusNeed, query: Annotated[Query, Depends(_query)]) -> replies.DocumentList:
    """One page of documents. 409 for a place of another build of the corpus: its first page is to be asked for."""
    try:
        return listing.list_documents(corpus, query)
    except listing.RebuiltError:
        message = "the corpus was built anew since `after` was given; leave it out for the first page"
        raise ApiError(409, message, "after", "corpus_rebuilt") from None


@router.get("/documents/{document_id}")
def read_document(corpus: CorpusNeed, document_id: str) -> replies.DocumentDetail:
    """One document with every step's verdict."""
    found = folder.why(corpus, document_id)
    if found is None:
        raise ApiError(404, f"the ledger has no document {document_id[:80]!r}", "document_id", "document_not_found")
    return found
