"""What a model has learnt, in words: which words of some texts push its score up, and which down."""

from collections import Counter

import pyarrow as pa

from malmoi.corpus.classify.model import Model
from malmoi.corpus.kernels.buffers import string_buffers

LONGEST_CHARACTERS = 12


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
