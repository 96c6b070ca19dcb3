"""Which texts are copies of which: a build that only compares, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.build import build
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.minhash import NearDuplicate

_COMPARED = """
SELECT origin.offset AS number, id, exact_duplicate_of, near_duplicate_of, near_similarity, cluster
FROM ledger WHERE id IS NOT NULL ORDER BY number"""


class Comparison(NamedTuple):
    """What a build says of one text, in numbers of texts.

    cluster: the best text of all that are linked with it; None for a text without copies. representative: the text that
    stays for it, its own number where it stays. similarity: to the representative, None where it stays.
    """

    cluster: int | None
    representative: int
    similarity: float | None


def compare(texts: Sequence[str] | pa.Array, settings: NearDuplicate | None = None) -> list[Comparison]:
    """One comparison a text, in the order given. Who stays is decided as in a corpus: by quality, then by length.

    Takes the memory of a build with the default recipe, however many texts there are. A text that a build cannot read
    (an empty one) has no copies.
    """
    with tempfile.TemporaryDirectory(prefix="malmoi-") as folder:
        raw, out = Path(folder, "texts.parquet"), Path(folder, "corpus")
        pq.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), raw)
        off = ("personal_data", "promotion", "profanity", "learned", "paragraphs")
        recipe = CorpusRecipe((Input(raw),), near_duplicate=settings or NearDuplicate(), off=off)
        build(recipe, out, lambda *_: None)
        with opened(out) as database:
            rows = query(database, _COMPARED)
    firsts = {row["id"]: row for row in rows if row["exact_duplicate_of"] is None}
    result = [Comparison(None, number, None) for number in range(len(texts))]
    for row in rows:
        first = firsts[row["exact_duplicate_of"] or row["id"]]  # an exact copy goes where the one that stays goes
        stays = firsts[first["near_duplicate_of"] or first["id"]]["number"]
        similarity = first["near_similarity"] or (None if row is first else 1.0)
        cluster = firsts[row["cluster"]]["number"] if row["cluster"] else None
        result[row["number"]] = Comparison(cluster, stays, similarity)
    return result
