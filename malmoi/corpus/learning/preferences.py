"""What a model has learnt, in words: which words of some texts push its score up, and which down."""

from collections import Counter
from typing import Any

import pyarrow as pa

from malmoi.corpus.classify.columns import OF_DOCUMENTS, OF_SENTENCES
from malmoi.corpus.classify.linear_model import Model, shipped
from malmoi.corpus.kernels.buffers import string_buffers

LONGEST_CHARACTERS = 12
HARDLY = 0.3
"""Log odds that a single word has by chance."""


def preferences(model: Model, texts: pa.Array, least_share: float = 0.01) -> list[tuple[str, float, int]]:
    """Words in at least `least_share` of the texts: word, log odds of it alone less the bias, texts; highest first.

    It shows what an n-gram model knows of single words; what lies in their neighbourhood is not in it. Slow: a sample
    of some thousand texts is enough.
    """
    counts = Counter(word for text in texts.to_pylist() for word in set((text or "").split()))
    words = sorted(
        word for word, count in counts.items() if count >= least_share * len(texts) and len(word) <= LONGEST_CHARACTERS
    )
    odds = model.margins(*string_buffers(pa.array(words, pa.string()))) - model.bias
    return sorted(
        ((word, float(value), counts[word]) for word, value in zip(words, odds, strict=True)),
        key=lambda row: (-row[1], row[0]),
    )


def preference_rows(texts: pa.Array, most: int = 12, least_share: float = 0.01) -> list[dict[str, Any]]:
    """What every shipped model likes and dislikes of the words of some documents, for a report.

    One row a model: `model`; `up` and `down`, at most so many {word, log_odds, texts}, the strongest first; words that
    hardly move a score (less than HARDLY) are left out.
    """
    rows = []
    for name in (*OF_DOCUMENTS, *OF_SENTENCES):
        words = preferences(shipped(name), texts, least_share)
        sides = [row for row in words if row[1] > HARDLY], [row for row in reversed(words) if row[1] < -HARDLY]
        up, down = (
            [{"word": word, "log_odds": round(odds, 2), "texts": count} for word, odds, count in side[:most]]
            for side in sides
        )
        rows.append({"model": name, "up": up, "down": down})
    return rows
