"""What is judged on the scores of all documents at once: limits, sites, and the order of merit.

A pass over the scores of every chunk, some hundred bytes a document. Limits and sites come first, for who looks
dropped goes after all others: a document that goes anyway must not stay for one that would not.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.composition import trust
from malmoi.corpus.ledger import rules as ledger_rules
from malmoi.corpus.ledger.layout import SITES, THRESHOLDS
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.memory import RANK_BYTES, require_memory
from malmoi.corpus.passes.shuffle import ROWS_AT_ONCE
from malmoi.corpus.passes.tasks import SCAN, Chunk, Task, Workspace, read_chunks, write_chunks
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import thresholds, verdicts
from malmoi.corpus.steps.rule import Rule
from malmoi.kit.files import listed, write_text

RANKS = pa.schema({"rank": pa.int64(), "dropped": pa.bool_(), "trust": pa.float32(), "popularity": pa.float32()})
"""What is known of every document when all have been read, one row group a chunk."""

_MERITS = pa.schema({
    "number": pa.int64(), "base": pa.bool_(), "dropped": pa.bool_(), "quality": pa.float32(),
    "characters": pa.float32(), "id": pa.string(),
})  # fmt: skip
"""What documents are ranked by. base: it is of an older corpus. dropped: a rule about it alone fires."""
_ORDER = "SELECT number FROM merits ORDER BY base DESC, dropped, quality DESC, characters DESC, id, number"
_DOCUMENTS = pa.schema({"number": pa.int64(), **dict.fromkeys(("host", "kind", "source_name"), pa.string())})
_LINKS = pa.schema([("from_host", pa.string()), ("to_host", pa.string()), ("documents", pa.int64())])
_TRUSTED = """
SELECT d.number, t.trust, s.popularity FROM documents d JOIN document_trust t USING (number)
LEFT JOIN sites s ON s.host = d.host"""


def document_rules(recipe: CorpusRecipe, out: Path) -> tuple[Rule, ...]:
    """The rules about one document with the limits that the corpus in `out` learnt."""
    return thresholds.apply(recipe.document_rules(), learnt_limits(out))


def learnt_limits(out: Path) -> tuple[thresholds.Threshold, ...]:
    """The limits that the corpus in `out` learnt; none where it has no such file."""
    path = out / THRESHOLDS
    return thresholds.from_table(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else ()


def rules(recipe: CorpusRecipe, out: Path) -> tuple[Rule, ...]:
    """Every rule of the corpus in `out` with its limits as they were applied, in the order of reasons."""
    return (*document_rules(recipe, out), *recipe.group_rules())


def rank(task: Task) -> None:
    """Writes what is known of every document, and sites, limits and rules of the corpus; then the list of chunks.

    Holds RANK_BYTES of every document. Raises UserError where that is more than the recipe's memory.
    """
    space = task.space
    records = [path for path in listed(space.folder, ".json") if path.name.startswith(f"{SCAN}-")]
    chunks = [chunk for record in records for chunk in read_chunks(record)]
    total = sum(chunk.documents for chunk in chunks)
    require_memory(space.recipe, total)
    known = {
        "rank": np.empty(total, np.int64),
        "dropped": np.zeros(total, np.bool_),
        "trust": np.full(total, np.nan, np.float32),
        "popularity": np.full(total, np.nan, np.float32),
    }
    _judge_sites(space, chunks, known)
    _learn_limits(space, chunks)
    applied = document_rules(space.recipe, space.out)
    ledger_rules.write(space.out, rules(space.recipe, space.out))
    with shuffle.database(space, alone=True, held_bytes=total * RANK_BYTES) as connection:
        shuffle.load(connection, "merits", _MERITS, _merits(space, chunks, applied, known["dropped"]))
        first = 0
        for batch in connection.sql(_ORDER).to_arrow_reader(ROWS_AT_ONCE):
            known["rank"][batch.column("number").to_numpy()] = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
    shuffle.write_groups(shuffle.ranks_path(space), _cut(chunks, known), RANKS)
    write_chunks(task.record, chunks)


def _cut(chunks: Sequence[Chunk], known: dict[str, np.ndarray]) -> Iterator[pa.Table]:
    first = 0
    for chunk in chunks:
        rows = slice(first, first + chunk.documents)
        columns = [pa.array(known[field.name][rows], field.type, from_pandas=True) for field in RANKS]
        yield pa.Table.from_arrays(columns, schema=RANKS)
        first += chunk.documents


def read_scores(space: Workspace, chunk: Chunk, columns: list[str] | None = None) -> pa.RecordBatch:
    """The scores of a chunk that has documents."""
    return shuffle.read_table(chunk.path(space.folder, "scores"), columns).to_batches()[0]


def _merits(
    space: Workspace, chunks: Sequence[Chunk], applied: Sequence[Rule], dropped: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """What documents are ranked by. Fills `dropped` on the way."""
    for first, chunk in _numbered(chunks):
        scores = read_scores(space, chunk)
        rows = slice(first, first + chunk.documents)
        if not chunk.base:
            dropped[rows] = fired(scores, applied)
        columns = {
            "number": pa.array(np.arange(rows.start, rows.stop)),
            "base": pa.array(np.full(chunk.documents, chunk.base)),
            "dropped": pa.array(dropped[rows]),
            **{name: scores.column(name).cast(_MERITS.field(name).type) for name in ("quality", "characters", "id")},
        }
        yield pa.RecordBatch.from_pydict(columns, schema=_MERITS)


def fired(scores: pa.RecordBatch, applied: Sequence[Rule]) -> np.ndarray:
    """Whether any of the rules fires, for each document (bool)."""
    kinds = pa.StructArray.from_arrays([scores.column("kind")], ["kind"])
    judged = verdicts.judged(verdicts.with_columns(scores, {"source": kinds}), applied)
    result = np.zeros(scores.num_rows, np.bool_)
    for name in verdicts.reasons(judged.schema.names):
        result |= judged.column(name).to_numpy(zero_copy_only=False)
    return result


def _learn_limits(space: Workspace, chunks: Sequence[Chunk]) -> None:
    """Writes out/thresholds.json: the limit of every rule for every kind, learnt where the rule says how."""
    rules = space.recipe.document_rules()
    names = list(dict.fromkeys(rule.score for rule in rules))
    schema = pa.schema([("kind", pa.string()), *((name, pa.float32()) for name in names)])

    def rows() -> Iterator[pa.RecordBatch]:
        for _, chunk in _numbered(chunks):
            if not chunk.base:
                yield read_scores(space, chunk, schema.names).select(schema.names).cast(schema)

    with shuffle.database(space, alone=True) as connection:
        shuffle.load(connection, "scores", schema, rows())
        learnt = thresholds.to_table(thresholds.learn(connection, rules))
    write_text(space.out / THRESHOLDS, json.dumps(learnt, ensure_ascii=False, indent=1) + "\n")


def _judge_sites(space: Workspace, chunks: Sequence[Chunk], known: dict[str, np.ndarray]) -> None:
    """Fills trust and popularity of every document that has been read, and writes the table of sites."""
    with shuffle.database(space, alone=True, held_bytes=len(known["rank"]) * RANK_BYTES) as connection:
        shuffle.load(connection, "documents", _DOCUMENTS, _documents(space, chunks))
        shuffle.load(connection, "links", _LINKS, _links(space, chunks))
        trust.judge_sites(connection, space.recipe.trust)
        for batch in connection.sql(_TRUSTED).to_arrow_reader(ROWS_AT_ONCE):
            numbers = batch.column("number").to_numpy()
            for name in ("trust", "popularity"):
                known[name][numbers] = batch.column(name).to_numpy(zero_copy_only=False)
        table = connection.sql("FROM sites ORDER BY host").to_arrow_table()
        shuffle.write_table(space.out / SITES, table)


def _documents(space: Workspace, chunks: Sequence[Chunk]) -> Iterator[pa.RecordBatch]:
    for first, chunk in _numbered(chunks):
        if not chunk.base:
            scores = read_scores(space, chunk, _DOCUMENTS.names[1:]).select(_DOCUMENTS.names[1:])
            numbers = pa.array(np.arange(first, first + chunk.documents))
            yield pa.RecordBatch.from_arrays([numbers, *scores.columns], schema=_DOCUMENTS)


def _links(space: Workspace, chunks: Sequence[Chunk]) -> Iterator[pa.RecordBatch]:
    for _, chunk in _numbered(chunks):
        if chunk.links:
            yield from shuffle.read_table(chunk.path(space.folder, "links")).cast(_LINKS).to_batches()


def _numbered(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Chunk]]:
    """Chunks with documents, with the number of the first."""
    first = 0
    for chunk in chunks:
        if chunk.documents:
            yield first, chunk
        first += chunk.documents
