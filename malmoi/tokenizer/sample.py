"""A sample of the kept documents to learn a tokenizer from: spread over kinds and sources, the same for one seed.

Two passes and no list of documents: the first weighs kinds and sources, the second takes each document with its
source's probability, decided by a hash of its id, so that memory does not grow with the corpus.
"""

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import xxhash

from malmoi.tokenizer.corpus_text import Documents, heldout_limit, read_documents
from malmoi.tokenizer.settings import MAX_HELDOUT_SHARE, id_share

Key = TypeVar("Key")

EXCERPT_BYTES = 65_536
"""A document gives its beginning only, so that a few long statutes do not fill the sample."""

NAME_BUCKETS = 1024
"""Sources are weighed by a hash of their name: a crawl has millions of blogs, and they must fit in memory."""

Source = tuple[str, int]
"""A kind and the bucket of a source's name."""


@dataclass(frozen=True)
class Excerpt:
    """What one document gives to the sample."""

    kind: str
    text: str


@dataclass(frozen=True)
class Weights:
    """How likely a document of each source is taken, and the expected size of the sample in bytes.

    heldout_limit: documents whose `id_share` is below it may be held out later, and give nothing.
    """

    rates: dict[Source, float]
    expected_bytes: int
    heldout_limit: float = MAX_HELDOUT_SHARE


def weigh(corpus: Path, sample_bytes: int) -> Weights:
    """The first pass: reads every text's length and divides `sample_bytes` over kinds, then over their sources."""
    available: defaultdict[str, Counter[Source]] = defaultdict(Counter)
    limit = heldout_limit(corpus, MAX_HELDOUT_SHARE)
    for documents in read_documents(corpus):
        for position, size in enumerate(documents.text_bytes()):
            if id_share(documents.ids[position]) >= limit:
                source = _source(documents, position)
                available[source[0]][source] += min(size, EXCERPT_BYTES)
    by_kind = divide(sample_bytes, {kind: sources.total() for kind, sources in available.items()})
    shares = [divide(by_kind[kind], sources) for kind, sources in available.items()]
    rates = {
        source: share[source] / sources[source]
        for share, sources in zip(shares, available.values(), strict=True)
        for source in sources
        if sources[source]
    }
    return Weights(rates, round(sum(by_kind.values())), limit)


def draw(corpus: Path, weights: Weights, seed: int) -> Iterator[Excerpt]:
    """The second pass: the excerpts of the sample, in the order of the corpus."""
    for documents in read_documents(corpus):
        for position, document_id in enumerate(documents.ids):
            if id_share(document_id) < weights.heldout_limit:
                continue
            rate = weights.rates.get(_source(documents, position), 0.0)
            if xxhash.xxh3_64_intdigest(document_id.encode(), seed=seed) / 2**64 < rate:
                yield Excerpt(documents.kinds[position], _beginning(documents.texts[position].as_py()))


def divide(budget: float, available: Mapping[Key, int]) -> dict[Key, float]:
    """Shares of `budget` in proportion to the square root of what is available, none larger than what is.

    The square root (as in multilingual models' sampling with exponent 0.5) lets small kinds be heard without giving
    them the vocabulary. What a small one cannot use goes to the others.
    """
    shares: dict[Key, float] = {}
    left = dict(sorted(available.items(), key=lambda item: item[1]))
    weight = sum(math.sqrt(size) for size in left.values())
    for key, size in left.items():  # smallest first: only a smaller one can leave something over
        share = min(float(size), budget * math.sqrt(size) / weight) if weight > 0 else 0.0
        shares[key] = share
        budget -= share
        weight -= math.sqrt(size)
    return shares


def _source(documents: Documents, position: int) -> Source:
    name = documents.names[position].encode("utf-8", "surrogatepass")
    return documents.kinds[position], zlib.crc32(name) % NAME_BUCKETS


def _beginning(text: str) -> str:
    head = text[:EXCERPT_BYTES].encode("utf-8", "replace")
    return head[:EXCERPT_BYTES].decode("utf-8", "ignore") if len(head) > EXCERPT_BYTES else text[:EXCERPT_BYTES]
