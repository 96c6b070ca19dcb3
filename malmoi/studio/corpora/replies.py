"""What the routes of a corpus answer: its numbers, a page of its documents, and one document with every verdict."""

from dataclasses import dataclass
from typing import Any, Literal

from malmoi.cards.card import Both

Plain = str | int | float | bool | None


@dataclass(frozen=True)
class ReasonCount:
    """How many documents were dropped for a reason that is counted first."""

    reason: str
    documents: int


@dataclass(frozen=True)
class KindCount:
    """The kept documents of a kind. text_bytes: UTF-8 bytes of their texts; None in a manifest of an older format."""

    kind: str
    documents: int
    text_bytes: int | None


@dataclass(frozen=True)
class SourceCount:
    """The kept documents of a source, as KindCount."""

    source: str
    documents: int
    text_bytes: int | None


@dataclass(frozen=True)
class MaskedCount:
    """How often a type of personal data was masked."""

    type: str
    count: int


@dataclass(frozen=True)
class CorpusLabels:
    """What pages call reasons, kinds, types of personal data and scores, by the names that the server uses."""

    reason: dict[str, Both]
    kind: dict[str, Both]
    masked: dict[str, Both]
    score: dict[str, Both]


@dataclass(frozen=True)
class Corpus:
    """The flow through the corpus stage: documents in = kept + dropped. seconds: how long the build took."""

    documents_in: int
    documents_kept: int
    documents_dropped: int
    raw_bytes_in: int
    text_bytes_kept: int
    dropped_by_reason: tuple[ReasonCount, ...]
    by_kind: tuple[KindCount, ...]
    by_source: tuple[SourceCount, ...]
    masked: tuple[MaskedCount, ...]
    seconds: float | None
    labels: CorpusLabels


@dataclass(frozen=True)
class Origin:
    """Where a document lies in the raw files. offset: in bytes, or the number of the row (malmoi/corpus/sources)."""

    file: str
    offset: int


@dataclass(frozen=True)
class CorpusDocument:
    """A row of the ledger as it is listed. What could not be read has no id, no source and no text."""

    id: str | None
    title: str | None
    kind: str | None
    source: str | None
    origin: Origin | None
    kept: bool
    reasons: tuple[str, ...]
    detail: str | None
    text_bytes: int | None
    excerpt: str | None


@dataclass(frozen=True)
class DocumentList:
    """One page of documents. next, previous: what `after` is for the pages beside it; None at either end.

    before: how many documents lie before this page. total: of all pages. None: more than are counted.
    """

    documents: tuple[CorpusDocument, ...]
    size: int
    next: str | None
    previous: str | None
    before: int | None
    total: int | None


@dataclass(frozen=True)
class Verdict:
    """Whether a reason to drop fired."""

    reason: str
    fired: bool


@dataclass(frozen=True)
class Score:
    """A measure that a step took of a document."""

    name: str
    value: Plain


@dataclass(frozen=True)
class Judgement:
    """What one rule said: the score it looks at, its value, the limit, and whether the rule drops the document."""

    reason: str
    score: str
    value: Plain
    bound: Literal["at most", "at least"]
    limit: float | None
    dropped: bool


@dataclass(frozen=True)
class DocumentDetail(CorpusDocument):
    """A document with every step's verdict. text: its first characters, text_chars: how many the whole has.

    source_fields: all that is known of the source. judgements: empty where no rule could be read. copy_of: the id of
    the document that stays in the place of this one.
    """

    text: str | None
    text_chars: int
    verdicts: tuple[Verdict, ...]
    scores: tuple[Score, ...]
    source_fields: dict[str, Any] | None
    copy_of: str | None
    judgements: tuple[Judgement, ...]
