"""The account of letters: every letter of an item is in its text, or a step says that it took it.

letters_read = letters + what letters_taken adds up to, for each row of the ledger and so for each build. What a step
adds (a mask, a label) is below 0. Letters are those of kernels/letter_counts.py.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import TAKEN, UNEXPLAINED
from malmoi.corpus.steps.verdicts import replaced
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require

PERSONAL_DATA, REPEATED_PARAGRAPHS = "personal_data", "repeated_paragraphs"
"""What the two steps that edit texts after reading are called in the account."""


@dataclass(frozen=True)
class Losses:
    """From what loss on the report names a source. Nothing is dropped by it.

    most_share: of a source's letters, what one step or one reason of dropping may take. Most sources of ours lose less
    than .2 to any (November 2026). most_share_by_step: other shares of some steps; of a web page menus and the like are
    .3 on average, and .52 at most on 119 Korean pages. most_documents_share: of a source's documents, as many may lose
    more than half to a step that edits texts, core_region left out: one file of which all is gone does not show in the
    share. least_letters: smaller sources are not named.
    """

    most_share: float = 0.3
    most_share_by_step: dict[str, float] = field(default_factory=lambda: {"core_region": 0.7})
    most_documents_share: float = 0.02
    least_letters: int = 10_000

    def __post_init__(self) -> None:
        require(self, "a share, 0 to 1", lambda share: 0 <= share <= 1, "most_share", "most_documents_share")
        for step, share in self.most_share_by_step.items():
            if not 0 <= share <= 1:
                raise UserError(f"most_share_by_step.{step} is {share}", "a share, 0 to 1")
        at_least(self, 0, "least_letters")

    @property
    def edits(self) -> tuple[str, ...]:
        """The steps that edit texts and of which no document should lose most."""
        return ("front_matter", "markup", "talk", "normalised", PERSONAL_DATA, REPEATED_PARAGRAPHS, UNEXPLAINED)

    def most_of(self, step: str) -> float:
        """The share that a step may take. Whatever is UNEXPLAINED is a fault."""
        return 0.0 if step == UNEXPLAINED else self.most_share_by_step.get(step, self.most_share)


def took(batch: pa.RecordBatch, step: str, taken: np.ndarray) -> pa.RecordBatch:
    """The batch after a step took so many letters (int64, rows) from the text of each row; 0 is not written down."""
    rows = np.flatnonzero(taken)
    if not len(rows):
        return batch
    letters = pc.call_function("subtract", [batch.column("letters"), pa.array(taken, pa.int64())])
    return replaced(_with_entries(batch, step, rows, taken[rows]), "letters", letters)


def settled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with letters_read for every row, and a number for every step of its account.

    An entry without a number gets the letters that are missing; where there is none, they are UNEXPLAINED.
    """
    letters = batch.column("letters").to_numpy(zero_copy_only=False).astype(np.int64)
    read, entries = batch.column("letters_read"), batch.column("letters_taken")
    if not len(entries.flatten()) and read.null_count == len(read):  # the usual case: rows that were read as they are
        return replaced(batch, "letters_read", pa.array(letters))
    owners, values = _owners(entries), entries.flatten().field("letters")
    is_rest = values.is_null().to_numpy(zero_copy_only=False)
    numbers = values.fill_null(0).to_numpy(zero_copy_only=False)
    named = letters + np.bincount(owners, numbers, len(letters)).astype(np.int64)
    read_letters = np.where(read.is_null().to_numpy(zero_copy_only=False), named, read.fill_null(0).to_numpy())
    rest = read_letters - named
    numbers = np.where(is_rest, rest[owners], numbers)
    rest[owners[is_rest]] = 0
    said = numbers != 0
    steps, owners = entries.flatten().field("step").filter(pa.array(said)), owners[said]
    filled = pa.StructArray.from_arrays([steps, pa.array(numbers[said])], fields=list(TAKEN.value_type))
    batch = replaced(batch, "letters_taken", _lists(owners, filled, len(letters)))
    batch = replaced(batch, "letters_read", pa.array(read_letters))
    unexplained = np.flatnonzero(rest)
    return _with_entries(batch, UNEXPLAINED, unexplained, rest[unexplained]) if len(unexplained) else batch


def _with_entries(batch: pa.RecordBatch, step: str, rows: np.ndarray, letters: np.ndarray) -> pa.RecordBatch:
    """The batch with one more entry in the accounts of `rows` (ascending). letters: int64 (rows,)."""
    entries = batch.column("letters_taken")
    added = pa.StructArray.from_arrays([pa.repeat(step, len(rows)), pa.array(letters)], fields=list(TAKEN.value_type))
    owners = np.concatenate([_owners(entries), rows])
    order = np.argsort(owners, kind="stable")  # behind the entries that a row has
    values = pa.concat_arrays([entries.flatten(), added]).take(pa.array(order))
    return replaced(batch, "letters_taken", _lists(np.sort(owners), values, batch.num_rows))


def _owners(entries: pa.Array) -> np.ndarray:
    """The row of each entry of a column of accounts."""
    return pc.call_function("list_parent_indices", [entries]).to_numpy(zero_copy_only=False).astype(np.int64)


def _lists(owners: np.ndarray, values: pa.Array, rows: int) -> pa.Array:
    """The column of accounts from its entries and the row of each, ascending. Null where a row has none."""
    counts = np.bincount(owners, minlength=rows)
    places = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(places, values, TAKEN, mask=pa.array(counts == 0))
