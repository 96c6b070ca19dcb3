"""What simple means need for the same held-out text: whoever trains a model should know that it beats them.

unigram: the frequency of each token in the training part plus one, with the model's own tokenizer.
gzip and xz: bytes after compression at the strongest setting, all excerpts of a kind one after another.
"""

import gzip
import lzma
from collections.abc import Callable, Sequence

import numpy as np

from malmoi.evaluate.bits_per_byte import sum_by_kind
from malmoi.evaluate.heldout import Excerpt
from malmoi.tokenizer.shards import Part

TOKENS_PER_READ = 1 << 20

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, 9, mtime=0),
    "xz": lambda text: lzma.compress(text, preset=9 | lzma.PRESET_EXTREME),
}


def unigram_nats(train: Part, vocabulary_tokens: int) -> np.ndarray:
    """-ln p of each token by its count in the training part, with one added to every count (Laplace)."""
    counts = np.ones(vocabulary_tokens, np.int64)
    for start in range(0, train.num_tokens, TOKENS_PER_READ):
        counts += np.bincount(train.read(start, start + TOKENS_PER_READ), minlength=vocabulary_tokens)
    return -np.log(counts / counts.sum())


def unigram(excerpts: Sequence[Excerpt], nats: np.ndarray) -> dict[str, float]:
    """Bits per byte by kind of a model that knows nothing but each token's frequency."""
    costs = [float(nats[list(excerpt.ids)].sum()) for excerpt in excerpts]
    return {kind: measured.bits_per_byte for kind, measured in sum_by_kind(excerpts, costs).items()}


def compressed(excerpts: Sequence[Excerpt], texts: Sequence[bytes]) -> dict[str, dict[str, float]]:
    """Bits per byte by compressor and kind. `texts` are the bytes of the excerpts."""
    by_kind: dict[str, list[bytes]] = {}
    for excerpt, text in zip(excerpts, texts, strict=True):
        by_kind.setdefault(excerpt.kind, []).append(text)
    joined = {kind: b"\n".join(some) for kind, some in by_kind.items()}
    return {
        name: {kind: 8 * len(compress(text)) / len(text) if text else 0.0 for kind, text in joined.items()}
        for name, compress in COMPRESSORS.items()
    }
