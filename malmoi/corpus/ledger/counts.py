"""The counts of a corpus, taken from the rows of its own ledger by SQL."""

from pathlib import Path
from typing import Any

import duckdb

from malmoi.corpus.ledger.database import add_view, connected, query
from malmoi.corpus.ledger.layout import LEDGER
from malmoi.corpus.steps.written_forms import TYPES

MOST_SOURCES = 500
"""Sources listed by name in the counts; the rest are summed up."""


OTHERS = "(others)"


def count(folder: Path) -> dict[str, Any]:
    """The counts of the manifest, from the ledger in `folder`.

    documents_in, documents_kept, documents_dropped; dropped_by_reason (the first reason of each counts);
    raw_bytes_in, text_bytes_in, text_bytes_kept; letters_in, letters_kept (of kept documents), letters_taken (by step),
    letters_dropped (by the first reason); by_kind and by_source (kept documents and bytes, with documents_in; of a
    source also `dropped` and `dropped_bytes`, documents and raw bytes by reason, and `losses`, by step or reason
    letters, documents, documents_mostly); masked (pieces of personal data by type); near_duplicate_clusters,
    largest_cluster (documents). Raises AssertionError where the numbers do not add up.
    """
    with connected(folder, "400MB") as database:
        database.execute("SET threads = 1")
        add_view(database, folder / LEDGER, LEDGER)
        totals = query(database, _TOTALS)[0]
        counts = {
            **totals,
            "dropped_by_reason": dict(database.execute(_REASONS).fetchall()),
            "by_kind": {row.pop("kind"): row for row in query(database, _KINDS)},
            "letters_taken": dict(database.execute(_STEPS).fetchall()),
            "letters_dropped": dict(database.execute(_DROPPED).fetchall()),
            "by_source": _by_source(database),
            "masked": _masked(database),
        }
    assert counts["documents_in"] == counts["documents_kept"] + counts["documents_dropped"], counts
    taken = sum(counts["letters_taken"].values()) + sum(counts["letters_dropped"].values())
    assert counts["letters_in"] == counts["letters_kept"] + taken, counts
    assert counts["documents_dropped"] == sum(counts["dropped_by_reason"].values()), counts
    return counts


_TOTALS = """
SELECT count(*) AS documents_in,
  count(*) FILTER (kept) AS documents_kept,
  count(*) FILTER (NOT kept) AS documents_dropped,
  coalesce(sum(raw_bytes), 0)::BIGINT AS raw_bytes_in,
  coalesce(sum(text_bytes), 0)::BIGINT AS text_bytes_in,
  coalesce(sum(text_bytes) FILTER (kept), 0)::BIGINT AS text_bytes_kept,
  coalesce(sum(letters_read), 0)::BIGINT AS letters_in,
  coalesce(sum(letters) FILTER (kept), 0)::BIGINT AS letters_kept,
  count(DISTINCT cluster) FILTER (near_duplicate_of IS NOT NULL) AS near_duplicate_clusters,
  coalesce(max(cluster_size), 0) AS largest_cluster
FROM ledger"""


_REASONS = "SELECT reasons[1], count(*) FROM ledger WHERE NOT kept GROUP BY 1 ORDER BY 2 DESC, 1"


_STEPS = """
SELECT entry.step, sum(entry.letters)::BIGINT AS letters FROM (SELECT unnest(letters_taken) AS entry FROM ledger)
GROUP BY 1 ORDER BY 2 DESC, 1"""


_DROPPED = """
SELECT reasons[1], sum(letters)::BIGINT AS letters FROM ledger WHERE NOT kept
GROUP BY 1 HAVING sum(letters) > 0 ORDER BY 2 DESC, 1"""


_KINDS = """
SELECT source.kind AS kind,
  count(*) FILTER (kept) AS documents,
  coalesce(sum(text_bytes) FILTER (kept), 0)::BIGINT AS text_bytes,
  count(*) AS documents_in
FROM ledger WHERE source IS NOT NULL GROUP BY 1 ORDER BY 1"""


_ITEMS = """
CREATE TEMP VIEW items AS
SELECT coalesce(nullif(coalesce(source.name, input), ''), '(no name)') AS name, * FROM ledger"""
_LARGEST = "CREATE TEMP TABLE largest AS SELECT name FROM items GROUP BY name ORDER BY count(*) DESC, name LIMIT $most"


_SOURCES = """
SELECT CASE WHEN name IN (FROM largest) THEN name ELSE $others END AS name,
  count(*) AS documents_in,
  count(*) FILTER (kept) AS documents,
  sum(raw_bytes)::BIGINT AS raw_bytes_in,
  coalesce(sum(text_bytes) FILTER (kept), 0)::BIGINT AS text_bytes,
  coalesce(sum(letters_read), 0)::BIGINT AS letters_in,
  coalesce(sum(letters) FILTER (kept), 0)::BIGINT AS letters_kept
FROM items GROUP BY 1 ORDER BY any_value(items.name IN (FROM largest)) DESC, documents_in DESC, 1"""


_DROPPED_OF_SOURCES = """
SELECT CASE WHEN name IN (FROM largest) THEN name ELSE $others END AS name, reasons[1] AS reason,
  count(*) AS documents, coalesce(sum(raw_bytes), 0)::BIGINT AS raw_bytes
FROM items WHERE NOT kept GROUP BY ALL ORDER BY name, documents DESC, reason"""


_LOSSES = """
WITH entries AS (
  SELECT name, letters_read, unnest(letters_taken) AS entry FROM items
  UNION ALL
  SELECT name, letters_read, {'step': reasons[1], 'letters': letters} FROM items WHERE NOT kept AND letters > 0)
SELECT CASE WHEN name IN (FROM largest) THEN name ELSE $others END AS name, entry.step AS step,
  sum(entry.letters)::BIGINT AS letters, count(*) AS documents,
  count(*) FILTER (entry.letters > 0.5 * letters_read) AS documents_mostly
FROM entries GROUP BY ALL ORDER BY name, letters DESC, step"""
"""documents_mostly: of which the step took more than half."""


def _masked(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = database.sql("FROM ledger")
    names = [name for name in TYPES if f"masked_{name}" in rows.columns]
    if not names:
        return {}
    sums = rows.aggregate(", ".join(f"coalesce(sum(masked_{name}), 0)::BIGINT" for name in names)).fetchall()[0]
    return dict(zip(names, sums, strict=True))


def _by_source(database: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What each source gave and what became of it, the largest first; the small ones of a long list are summed up."""
    database.execute(_ITEMS)
    database.execute(_LARGEST, {"most": MOST_SOURCES})
    rows = query(database, _SOURCES, others=OTHERS)
    found = {row.pop("name"): {**row, "dropped": {}, "dropped_bytes": {}, "losses": {}} for row in rows}
    for row in query(database, _DROPPED_OF_SOURCES, others=OTHERS):
        source = found[row["name"]]
        source["dropped"][row["reason"]], source["dropped_bytes"][row["reason"]] = row["documents"], row["raw_bytes"]
    for row in query(database, _LOSSES, others=OTHERS):
        found[row.pop("name")]["losses"][row.pop("step")] = row
    return found
