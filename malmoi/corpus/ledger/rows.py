"""The ledger: one row for every item that was read, kept or not, with every verdict, every score and the reasons.

Shards hold what is kept, the ledger everything but the kept text. Its counts are taken from its own rows by SQL.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import CONFIDENCE, DOCUMENTS, SCHEMA, UNSURE
from malmoi.corpus.ledger.layout import COMPARISON
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import boilerplate, verdicts

# The first columns, in this order; scores, verdicts and what comparing found follow, the text is last. text_bytes is of
# the text as it came out, masked. reasons holds every reason that fired, the one that is counted first. detail says
# why there is no text, or which document this one is a copy of.
ACCOUNT = ("letters", "letters_read", "letters_taken")
"""The account of each item's letters: see document.DOCUMENTS. letters: those of the text as it came out."""
HEAD = (
    "id", "title", "origin", "input", "source", "raw_bytes", "text_bytes", *ACCOUNT, "kept", "reasons", "detail",
)  # fmt: skip
BUILD_COLUMNS = ("link_hosts",)
"""Columns that judging sources needs and nobody after it."""
TRUST = pa.field("trust", pa.float32())
"""Of the document's site or source (trust.py)."""


def judged_schema(recipe: CorpusRecipe) -> pa.Schema:
    """The columns of documents after all steps and the comparison: what the steps make of an empty batch."""
    batch = pa.RecordBatch.from_pylist([], DOCUMENTS)
    for step in recipe.steps():
        batch = step(batch)
    compared = pa.RecordBatch.from_pylist([], pa.schema([*batch.schema, *COMPARISON, TRUST]))
    if "paragraphs" not in recipe.off:
        compared = boilerplate.without(compared, np.empty(0, np.int64), boilerplate.gathered([]), recipe.paragraphs)
    return verdicts.judged(compared, recipe.rules()).schema


def ledger_schema(judged: pa.Schema) -> pa.Schema:
    """The columns of the ledger, from those of judged documents.

    Null where an item gave no text: everything about the document but where it lies. That is why `kind`, which no
    document lacks, may be null here.
    """
    source = pa.struct([field.with_nullable(True) for field in judged.field("source").type])
    own = {"kept": pa.bool_(), "reasons": pa.list_(pa.string()), "detail": pa.string(), "source": source}
    head = [pa.field(name, own[name] if name in own else judged.field(name).type) for name in HEAD]
    rest = [field for field in judged if field.name not in (*HEAD, *SCHEMA.names, *BUILD_COLUMNS)]
    return pa.schema([*head, *rest, pa.field("text", pa.large_string())])


def shard_schema(judged: pa.Schema) -> pa.Schema:
    """The columns of the shards: the document, its scores, no verdicts (all are false)."""
    of_copies = {"exact_similarity", "near_similarity", "exact_duplicate_of", "near_duplicate_of"}
    left_out = of_copies | {"over_share", "left_characters", *ACCOUNT, *BUILD_COLUMNS}
    return pa.schema([field for field in judged if not field.name.startswith("drop_") and field.name not in left_out])


def split(batch: pa.RecordBatch, recipe: CorpusRecipe) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Judged documents as rows of a shard (the kept ones) and rows of the ledger (all).

    This is the one place where documents are dropped.
    """
    names = list(dict.fromkeys(rule.reason for rule in recipe.rules()))
    fired = np.column_stack([batch.column(f"drop_{name}").to_numpy(zero_copy_only=False) for name in names])
    dropped = pa.array(fired.any(axis=1))
    batch = verdicts.replaced(batch, "text_bytes", pc.call_function("binary_length", [batch.column("text")]))
    own = {
        "kept": pc.call_function("invert", [dropped]),
        "reasons": pa.array([[names[place] for place in np.flatnonzero(row)] for row in fired], pa.list_(pa.string())),
        "detail": details(batch),
        "text": pc.call_function("if_else", [dropped, batch.column("text"), pa.scalar(None, pa.large_string())]),
    }
    schema = ledger_schema(batch.schema)
    rows = [own[field.name] if field.name in own else batch.column(field.name).cast(field.type) for field in schema]
    kept = batch.filter(own["kept"])
    return kept.select(shard_schema(batch.schema).names), pa.RecordBatch.from_arrays(rows, schema=schema)


def unreadable_rows(items: pa.Table, schema: pa.Schema) -> pa.Table:
    """Items without text as rows of the ledger."""
    reasons = pa.array([[reason] for reason in items.column("reason").to_pylist()], pa.list_(pa.string()))
    columns = {name: items.column(name) for name in ("id", "origin", "input", "raw_bytes", "detail")}
    columns |= {name: items.column(name) for name in ("letters_read", "letters_taken")}
    columns |= {name: pa.array(np.zeros(len(items), np.int64)) for name in ("letters", "text_bytes")}
    columns["reasons"] = reasons
    columns["kept"] = pa.array(np.zeros(len(items), np.bool_))
    return pa.table([columns.get(field.name, pa.nulls(len(items), field.type)) for field in schema], schema=schema)


def details(batch: pa.RecordBatch) -> pa.Array:
    """For copies, the document that stays for them: the end of the thread for whoever asks why a text is gone.

    For pages of which the core region is unsure, that: somebody may want to look at them.
    """
    said = [f"an exact copy of {one}" if one else None for one in batch.column("exact_duplicate_of").to_pylist()]
    near = [other and f"a near copy of {other}" for other in batch.column("near_duplicate_of").to_pylist()]
    pages = zip(batch.column(UNSURE).to_pylist(), batch.column(CONFIDENCE).to_pylist(), strict=True)
    unsure = [f"unsure core region: predicted F1 {f1:.2f}" if flag else None for flag, f1 in pages]
    return pa.array([one or other or note for one, other, note in zip(said, near, unsure, strict=True)], pa.string())
