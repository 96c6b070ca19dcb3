"""Composition: how many times each document is read, so that kinds come to their target shares under caps.

Sizes are solved first, by filling every kind and source in proportion up to its limit (water-filling); then documents
are chosen by weighted sampling without replacement (Efraimidis and Spirakis 2006: the smallest -ln(u)/weight stay),
where u is a hash of the id, so that the same documents stay on any machine and in any order.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.composition.shares import solve

if TYPE_CHECKING:
    import duckdb

    from malmoi.corpus.composition.shares import Sizes

UNKNOWN_VALUE = 0.5
"""Value of a document that has none."""
LEAST_WEIGHT = 1e-3


def plan(database: "duckdb.DuckDBPyConnection", settings: Mix) -> None:
    """Makes `mixed(number, over_share BOOLEAN, epochs INTEGER)`, a row for each of the view `candidates`.

    candidates(number, id, kind, source_name, text_bytes, trust, value, source_popularity): documents that nothing else
    has dropped. The last three are 0..1, or null. over_share: there is too much of its kind or source, and others were
    preferred; its epochs are 0. Where a kind is short, every document of it is read as many whole times as needed, and
    the preferred ones once more.

    Makes `mix_sources(kind, source_name, available_bytes, asked_bytes, planned_bytes, capped)` too.
    """

    sources = database.execute(
        "SELECT kind, source_name, sum(text_bytes)::BIGINT FROM candidates GROUP BY ALL ORDER BY kind, source_name"
    ).fetchall()
    kinds, names = [row[0] for row in sources], [row[1] for row in sources]
    available = np.array([row[2] for row in sources], np.float64)
    sizes = solve(settings, kinds, names, available)
    _write_sources(database, (kinds, names, available), sizes)
    _choose(database, settings)


def _write_sources(
    database: "duckdb.DuckDBPyConnection", found: tuple[list[str], list[str | None], np.ndarray], sizes: "Sizes"
) -> None:
    """mix_sources, and mix_groups: a capped source is drawn from by itself, all others of a kind together."""

    kinds, names, available = found
    columns = {
        "kind": pa.array(kinds, pa.string()),
        "source_name": pa.array(names, pa.string()),
        "available_bytes": pa.array(available.astype("int64")),
        "planned_bytes": pa.array(sizes.source_bytes),
        "capped": pa.array(sizes.source_capped),
    }
    asked = {"kind": list(sizes.asked_bytes), "asked_bytes": list(sizes.asked_bytes.values())}
    schema = pa.schema([("kind", pa.string()), ("asked_bytes", pa.float64())])
    for name, table in (("mix_sources", pa.table(columns)), ("mix_kinds", pa.table(asked, schema=schema))):
        database.register("given", table)
        database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")  # noqa: S608  one of our own names
        database.unregister("given")
    database.execute(
        "CREATE OR REPLACE TABLE mix_caps AS SELECT ? AS kind_cap, ? AS source_cap",
        [sizes.kind_cap, sizes.source_cap],
    )


def _choose(database: "duckdb.DuckDBPyConnection", settings: Mix) -> None:
    """mixed: whole epochs for all of a group, one more for those that fit into what is left, the preferred first.

    No group passes its size: a cap is a cap. What is within a byte of whole epochs is whole: sizes were solved in
    floating point.
    """
    weight = (
        f"greatest({LEAST_WEIGHT}, pow(greatest(0, least(1, coalesce(trust, {UNKNOWN_VALUE}))), $trust_power)"
        f" * pow(greatest(0, least(1, coalesce(value, {UNKNOWN_VALUE}))), $value_power)"
        f" * pow(greatest(0, least(1, coalesce(source_popularity, {UNKNOWN_VALUE}))), $source_popularity_power))"
    )
    chance = "((md5_number_lower($seed || ' ' || c.id) >> 11)::DOUBLE + 0.5) / 9007199254740992"
    database.execute(
        f"""
CREATE OR REPLACE TABLE mixed AS
WITH groups AS (
  SELECT kind, CASE WHEN capped THEN source_name END AS own_name, sum(available_bytes)::BIGINT AS available,
    sum(planned_bytes ORDER BY source_name) AS planned
  FROM mix_sources GROUP BY 1, 2),
sized AS (
  SELECT kind, own_name, planned, available,
    CASE WHEN abs(planned - available * round(planned / available)) <= 1 THEN round(planned / available)::INTEGER
      ELSE floor(planned / available)::INTEGER END AS epochs
  FROM groups WHERE available > 0),
ordered AS (
  SELECT c.number, s.epochs, s.planned - s.epochs * s.available AS rest,
    sum(c.text_bytes) OVER (PARTITION BY c.kind, s.own_name ORDER BY -ln({chance}) / {weight}, c.number
      ROWS UNBOUNDED PRECEDING) AS before_next
  FROM candidates c JOIN mix_sources m ON m.kind = c.kind AND m.source_name IS NOT DISTINCT FROM c.source_name
  LEFT JOIN sized s ON s.kind = c.kind AND s.own_name IS NOT DISTINCT FROM CASE WHEN m.capped THEN m.source_name END)
SELECT number, epochs = 0 AS over_share, epochs FROM (
  SELECT number, (coalesce(epochs, 1) + CASE WHEN rest > 1 AND before_next <= rest THEN 1 ELSE 0 END)::INTEGER AS epochs
  FROM ordered) ORDER BY number""",  # noqa: S608  numbers of ours
        {name: getattr(settings, name) for name in ("seed", "trust_power", "value_power", "source_popularity_power")},
    )


def summary(database: "duckdb.DuckDBPyConnection", most_sources: int = 30) -> dict[str, Any]:
    """What was asked and what could be had, after `plan`, as plain data for a report.

    total_bytes; kind_cap and source_cap as they were in force (1: none); kinds: documents, kept, available_bytes,
    asked_bytes and asked_share, mixed_bytes and mixed_share, mean_epochs (of what is kept), by mixed_bytes; sources:
    the same for the largest ones, with `capped` and nothing asked.
    """
    database.execute(
        "CREATE OR REPLACE TEMP TABLE mix_counts AS SELECT kind, source_name, count(*) AS documents,"
        " count(*) FILTER (NOT over_share) AS kept, sum(text_bytes)::BIGINT AS available_bytes,"
        " coalesce(sum(text_bytes) FILTER (NOT over_share), 0)::BIGINT AS kept_bytes,"
        " sum(text_bytes * epochs)::BIGINT AS mixed_bytes FROM candidates JOIN mixed USING (number) GROUP BY ALL"
    )
    ((whole,),) = database.execute("SELECT coalesce(sum(mixed_bytes), 0)::BIGINT FROM mix_counts").fetchall()
    (caps,) = database.execute("SELECT kind_cap, source_cap FROM mix_caps").fetchall()
    asked = (
        "any_value(asked_bytes) AS asked_bytes,"
        " any_value(asked_bytes) / nullif((SELECT sum(asked_bytes) FROM mix_kinds), 0) AS asked_share"
    )
    sums = ", ".join(
        f"sum({name})::BIGINT AS {name}" for name in ("documents", "kept", "available_bytes", "mixed_bytes")
    )
    ratios = (
        "coalesce(sum(mixed_bytes) / nullif($whole, 0), 0) AS mixed_share,"
        " sum(mixed_bytes) / nullif(sum(kept_bytes), 0) AS mean_epochs"
    )
    kinds = f"SELECT kind, {sums}, {asked}, {ratios} FROM mix_counts LEFT JOIN mix_kinds USING (kind)"  # noqa: S608
    sources = (
        f"SELECT c.kind, c.source_name, any_value(capped) AS capped,"  # noqa: S608
        f" {sums.replace('sum(available_bytes)', 'sum(c.available_bytes)')}, {ratios} FROM mix_counts c"
        " JOIN mix_sources m ON m.kind = c.kind AND m.source_name IS NOT DISTINCT FROM c.source_name"
        " GROUP BY ALL ORDER BY mixed_bytes DESC, c.kind, c.source_name LIMIT $most"
    )
    return {
        "total_bytes": whole,
        "kind_cap": caps[0],
        "source_cap": caps[1],
        "kinds": _rows(database, f"{kinds} GROUP BY kind ORDER BY mixed_bytes DESC, kind", whole=whole),
        "sources": _rows(database, sources, whole=whole, most=most_sources),
    }


def _rows(database: "duckdb.DuckDBPyConnection", query: str, **values: Any) -> list[dict[str, Any]]:
    return database.sql(query, params=values).to_arrow_table().to_pylist()
