"""What a changed recipe adds to a corpus and takes from it: two ledgers compared, document by document."""

from pathlib import Path
from typing import Any

from malmoi.corpus.ledger.database import add_view, opened, query
from malmoi.corpus.ledger.layout import LEDGER, SHARDS
from malmoi.corpus.report.questions import numbers

SHOWN_CHARACTERS = 300
COUNTED = ("documents_in", "documents_kept", "text_bytes_kept")
"""The counts of the manifests that are shown side by side."""
CHANGES = ("added", "dropped", "new", "gone", "changed", "other_reason")
"""What may become of a document from A to B.

added: dropped in A, kept in B. dropped: kept in A, dropped in B. new, gone: it was read in B only, in A only. changed:
kept in both, with another text. other_reason: dropped in both, counted under another reason.
"""

# A document is the same in both where its id is; copies within one file share an id and are told apart by their order.
# What could not be read has no id: its place stands for one.
_ROWS = """
CREATE VIEW {name}_rows AS SELECT
  coalesce(id, origin.file || '@' || origin.offset) AS document,
  row_number() OVER (PARTITION BY coalesce(id, origin.file || '@' || origin.offset) ORDER BY kept DESC, origin) AS copy,
  id, title, origin, input, source.kind AS kind, coalesce(source.name, input) AS source_name,
  kept, reasons[1] AS reason, detail,
  CASE WHEN kept THEN text_bytes ELSE 0 END AS text_bytes
FROM {name}"""

# Never carried through the window and the join: the texts of all that was dropped need not fit into memory.
_TEXTS = "CREATE VIEW {name}_texts AS SELECT id, text FROM {name}_shards UNION ALL SELECT id, text FROM {name}"

_CHANGES = """
CREATE TABLE changes AS SELECT
  CASE WHEN a.document IS NULL THEN 'new'
       WHEN b.document IS NULL THEN 'gone'
       WHEN NOT a.kept AND b.kept THEN 'added'
       WHEN a.kept AND NOT b.kept THEN 'dropped'
       WHEN a.kept AND b.kept AND a.text_bytes <> b.text_bytes THEN 'changed'
       WHEN NOT a.kept AND NOT b.kept AND a.reason IS DISTINCT FROM b.reason THEN 'other_reason'
  END AS change,
  a.reason AS reason_a, b.reason AS reason_b, coalesce(b.kept, false) AS kept_b,
  coalesce(b.id, a.id) AS id, coalesce(b.title, a.title) AS title, coalesce(b.origin, a.origin) AS origin,
  coalesce(b.input, a.input) AS input, coalesce(b.kind, a.kind) AS kind,
  coalesce(b.source_name, a.source_name) AS source_name, coalesce(b.detail, a.detail) AS detail,
  coalesce(a.text_bytes, 0) AS bytes_a, coalesce(b.text_bytes, 0) AS bytes_b
FROM a_rows a FULL JOIN b_rows b USING (document, copy)
WHERE change IS NOT NULL"""


def difference(before: Path, after: Path, samples: int = 3) -> dict[str, Any]:
    """What `after` does otherwise than `before`, two finished corpora.

    counts: of both, as in their manifests. changes: for each change and pair of reasons (None: kept, or not there) the
    documents and bytes kept before and after, the largest first. by_kind, by_source: the same sums for each. samples: up
    to so many documents of each, chosen by id, so that they are the same every time. Raises UserError where a folder is no finished corpus.
    """
    sides = {"before": numbers(before), "after": numbers(after)}
    with opened(before, ()) as database:
        for name, folder in (("a", before), ("b", after)):
            add_view(database, folder / LEDGER, name)
            add_view(database, folder / SHARDS, f"{name}_shards")
            database.execute(_TEXTS.format(name=name))
            database.execute(_ROWS.format(name=name))
        database.execute(_CHANGES)
        return {
            "counts": {side: {name: counts[name] for name in COUNTED} for side, counts in sides.items()},
            "changes": query(database, _SUMS.format(by="reason_a, reason_b")),
            "by_kind": query(database, _SUMS.format(by="kind")),
            "by_source": query(database, _SUMS.format(by="source_name")),
            "samples": query(database, _SAMPLES, count=samples, characters=SHOWN_CHARACTERS),
        }


_SUMS = """
SELECT change, {by}, count(*) AS documents,
  sum(bytes_a)::BIGINT AS bytes_before, sum(bytes_b)::BIGINT AS bytes_after
FROM changes GROUP BY ALL
ORDER BY min(list_position(['added', 'dropped', 'new', 'gone', 'changed', 'other_reason'], change)),
  documents DESC, {by}"""


# The text of a document that is kept lies in a shard, of one that is dropped in the ledger.
_SAMPLES = """
WITH picked AS (
  SELECT * FROM changes
  QUALIFY row_number() OVER (PARTITION BY change, reason_a, reason_b ORDER BY hash(id), origin) <= $count
),
texts_a AS (SELECT id, any_value(text) AS text FROM (FROM a_texts SEMI JOIN picked USING (id)) GROUP BY id),
texts_b AS (SELECT id, any_value(text) AS text FROM (FROM b_texts SEMI JOIN picked USING (id)) GROUP BY id)
SELECT change, reason_a, reason_b, id, picked.title, input, origin, kind, detail,
  left(coalesce(texts_b.text, texts_a.text), $characters) AS text
FROM picked LEFT JOIN texts_a USING (id) LEFT JOIN texts_b USING (id)
ORDER BY change, reason_a, reason_b, id, origin"""
