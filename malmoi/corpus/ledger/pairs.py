"""Pairs of prompt and answer out of the views of a finished corpus."""

from collections.abc import Iterator
from pathlib import Path

from malmoi.corpus.ledger.database import opened
from malmoi.corpus.ledger.layout import SHARDS
from malmoi.corpus.steps.views import USES
from malmoi.kit.errors import UserError, did_you_mean

ROWS_AT_ONCE = 1_000
_PAIRS = """
SELECT v.prompt AS prompt, substring(text, v.start + 1, v.end - v.start) AS response, id
FROM (SELECT id, text, unnest(list_filter(views, lambda view: view.use = $use)) AS v FROM shards
  WHERE views IS NOT NULL)"""


def rows(folder: Path, use: str) -> Iterator[dict[str, str]]:
    """{"prompt", "response", "id"} for fine-tuning, from the shards of a finished corpus, a thousand at a time.

    Of a summary the text is the prompt and the summary the response; of all others the view's prompt and its part of
    the text. Raises UserError for an unknown use, a folder that is no finished corpus, and shards that are damaged.
    """
    if use not in USES:
        raise UserError(f"use {use!r}", f"one of {', '.join(USES)}", did_you_mean(use, list(USES)))
    return _rows(folder, use)


def _rows(folder: Path, use: str) -> Iterator[dict[str, str]]:
    with opened(folder, (SHARDS,)) as database:
        database.execute("SET threads = 1")  # the order of the shards
        for batch in database.sql(_PAIRS, params={"use": use}).to_arrow_reader(ROWS_AT_ONCE):
            for row in batch.to_pylist():
                if use == "summary":
                    row["prompt"], row["response"] = row["response"], row["prompt"]
                yield row
