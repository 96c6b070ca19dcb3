"""Documents that hold items of evaluation sets: a model that has read them is not measured by them.

Every item is cut into n-grams of words or of letters without spaces. In Korean the same sentence is spaced in many
ways and a particle is part of the word, so letters find what words miss (benchmarks/decontamination.py).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from malmoi.corpus.steps.evaluation_sets import EvaluationSet, read_items
from malmoi.corpus.steps.rule import Rule
from malmoi.corpus.steps.verdicts import with_columns
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import require

if TYPE_CHECKING:
    from malmoi.corpus.kernels.ngrams import Known

CONTAMINATED = "contaminated"
MOST_NGRAMS = 10_000_000
"""Of all sets together; each takes about 30 bytes in every process, three times that while the sets are read."""
_ITEMS_AT_ONCE = 1000
MOST_NAMED = 50
"""So many items are named for one document, those first of which it holds most."""


@dataclass(frozen=True)
class Decontamination:
    """Drops documents that hold more than `maximum_share` of the n-grams of any evaluation item.

    unit: what n-grams are of. ngram: so many units. An item with fewer units is looked for as a whole; one with fewer
    than `least` says nothing ("네, 맞아요.") and is left out. Most Korean items have fewer than 13 words, so that words
    find whole items only; 13 letters find them however they are spaced, and three of five with one particle changed,
    without a false alarm among 5,000 laws (benchmarks/decontamination.py, --part tuning).
    """

    reads: ClassVar[tuple[str, ...]] = ("text",)
    adds: ClassVar[tuple[str, ...]] = ("contaminated_ngrams", "contaminated_share", "contaminated_items")

    sets: tuple[EvaluationSet, ...] = ()
    unit: Literal["words", "letters"] = "letters"
    ngram: int = 13
    least: int = 10
    maximum_share: float = 0.3

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.ngram <= 1000:
            raise UserError(f"least is {self.least} and ngram {self.ngram}", "1 <= least <= ngram <= 1000")
        require(self, "0 or more, less than 1", lambda share: 0 <= share < 1, "maximum_share")
        names = [each.name for each in self.sets]
        if len(set(names)) < len(names):
            raise UserError(f"the names of evaluation sets are {', '.join(names)}", "different names")

    def rules(self) -> tuple[Rule, ...]:
        """By the largest share of one item that a document holds."""
        return (Rule(CONTAMINATED, "contaminated_share", maximum=self.maximum_share),) if self.sets else ()

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with contaminated_ngrams (int32: different n-grams of any item), contaminated_share (float32: the
        largest share of one item) and contaminated_items (list of names of the items over the limit, or null)."""
        from malmoi.corpus.kernels import ngrams
        from malmoi.corpus.kernels.buffers import string_buffers

        if not self.sets:
            return batch
        items = read_all(self)
        texts, numbers = ngrams.find(*string_buffers(batch.column("text")), items.known)
        return with_columns(batch, _columns(batch.num_rows, texts, numbers, items, self.maximum_share))


class Items(NamedTuple):
    """All items of all sets. n-gram k stands in items owners[starts[k]:starts[k + 1]]; sizes: n-grams of each item."""

    known: "Known"
    starts: np.ndarray
    owners: np.ndarray
    names: list[str]
    texts: list[str]
    sizes: np.ndarray


def read_all(settings: Decontamination) -> Items:
    """The items of settings, read once a process, and again when a file (or a folder's list of files) has changed.

    Raises UserError for what cannot be read and for too many n-grams.
    """
    return _read_all(settings, tuple(_stamp(each.path) for each in settings.sets))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None  # who reads it says so better
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=2)
def _read_all(settings: Decontamination, _stamps: tuple[tuple[int, int] | None, ...]) -> Items:
    from malmoi.corpus.kernels import ngrams

    read = [item for each in settings.sets for item in read_items(each)]
    texts = [text for _, text in read]
    item, length, hashes, seeds = _windows(texts, settings)
    order = ngrams.order(settings.ngram, length, hashes, seeds)
    item, length, hashes, seeds = item[order], length[order], hashes[order], seeds[order]
    new = np.ones(len(order), bool)  # a short item is told from a window of n tokens by its length
    new[1:] = (hashes[1:] != hashes[:-1]) | (length[1:] != length[:-1])
    pairs = np.unique(np.stack([np.cumsum(new) - 1, item], 1), axis=0)  # an n-gram that comes twice in an item is one
    starts = np.searchsorted(pairs[:, 0], np.arange(int(new.sum()) + 1))
    known = ngrams.known(settings.unit == "words", settings.ngram, settings.least, length[new], hashes[new], seeds[new])
    sizes = np.bincount(pairs[:, 1], minlength=len(read))
    return Items(known, starts, pairs[:, 1], [name for name, _ in read], texts, sizes)


def _windows(texts: list[str], settings: Decontamination) -> list[np.ndarray]:
    """Item, length, hash and seed of every n-gram of every item (see `ngrams.windows`)."""

    from malmoi.corpus.kernels import ngrams
    from malmoi.corpus.kernels.buffers import string_buffers

    parts, total = [], 0
    for first in range(0, len(texts), _ITEMS_AT_ONCE):
        some = string_buffers(pa.array(texts[first : first + _ITEMS_AT_ONCE], pa.large_string()))
        item, *rest = ngrams.windows(*some, settings.unit == "words", settings.ngram, settings.least)
        parts.append((item + first, *rest))
        total += len(item)
        if total > MOST_NGRAMS:
            raise UserError(f"the evaluation sets have more than {MOST_NGRAMS} n-grams", "fewer", "leave some sets out")
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _columns(
    rows: int, texts: np.ndarray, numbers: np.ndarray, items: Items, maximum_share: float
) -> "dict[str, np.ndarray | pa.Array]":
    pairs = np.unique(np.stack([texts, numbers], 1), axis=0)
    documents, grams = pairs[:, 0], pairs[:, 1]
    counts = items.starts[grams + 1] - items.starts[grams]
    begins = np.repeat(items.starts[grams] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    owners = items.owners[begins + np.arange(len(begins))]
    held, times = np.unique(np.stack([np.repeat(documents, counts), owners], 1), axis=0, return_counts=True)
    shares = (times / items.sizes[held[:, 1]]).astype(np.float32)
    largest = np.zeros(rows, np.float32)
    np.maximum.at(largest, held[:, 0], shares)
    over = np.flatnonzero(shares > maximum_share)
    over = over[np.lexsort((held[over, 1], -shares[over], held[over, 0]))]
    named: list[list[str] | None] = [None] * rows
    for document, item in held[over].tolist():
        names = named[document] = named[document] or []
        if len(names) < MOST_NAMED:
            names.append(items.names[item])
    return {
        "contaminated_ngrams": np.bincount(documents, minlength=rows).astype(np.int32),
        "contaminated_share": largest,
        "contaminated_items": pa.array(named, pa.list_(pa.string())),
    }
