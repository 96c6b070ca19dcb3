"""Pairs of prompt and answer out of the views of a finished corpus."""

from collections.abc import Iterator
from pathlib import Path

from malmoi.corpus.steps.views import USES
from malmoi.kit.errors import UserError, did_you_mean

ROWS_AT_ONCE = 1_000


def rows(folder: Path, use: str) -> Iterator[dict[str, str]]:
    """{"prompt", "response", "id"} for fine-tuning, from the shards of a finished corpus, a thousand at a time.

    Of a summary the text is the prompt and the summary the response; of all others the view's prompt and its part of
    the text. Raises UserError for an unknown use, a folder that is no finished corpus, and shards that are damaged.
    """
    if use not in USES:
        raise UserError(f"use {use!r}", f"one of {', '.join(USES)}", did_you_mean(use, list(USES)))
    return _rows(folder, use)


def _rows(folder: Path, use: str) -> Iterator[dict[str, str]]:
    import duckdb
    import pyarrow as pa

    from malmoi.corpus.ledger.database import connected, parquet_files
    from malmoi.corpus.ledger.layout import SHARDS
    from malmoi.kit import manifest

    if manifest.read(folder).get("stage") != "corpus":
        raise UserError(f"{folder} holds no corpus", "the folder of a finished corpus")
    names = ("response", "prompt") if use == "summary" else ("prompt", "response")
    try:
        with connected(folder, "500MB") as database:
            database.execute("SET threads = 1")  # the order of the shards
            database.read_parquet(parquet_files(folder / SHARDS)).create_view("shards")
            found = database.sql(
                f"SELECT v.prompt AS {names[0]}, substring(text, v.start + 1, v.end - v.start) AS {names[1]}, id"  # noqa: S608
                " FROM (SELECT id, text, unnest(list_filter(views, lambda one: one.use = $use)) AS v FROM shards"
                " WHERE views IS NOT NULL)",
                params={"use": use},
            )
            for batch in found.to_arrow_reader(ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    yield {name: row[name] for name in ("prompt", "response", "id")}
    except (duckdb.Error, pa.ArrowException) as error:
        wrong = " ".join(str(error).split())[:300]
        raise UserError(f"{folder} cannot be read: {wrong}", hint="build the corpus again") from None
