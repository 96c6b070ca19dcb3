"""Which held-out text is measured: some of each kind, drawn by document id, the same for every model of a run."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from malmoi.evaluate.settings import EvaluateSettings
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.shards import Located, Part


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a held-out document, or all of it: then the last id is the separator."""

    id: str
    kind: str
    ids: tuple[int, ...]
    text_bytes: int


def choose(part: Part, codec: Codec, settings: EvaluateSettings) -> list[Excerpt]:
    """Up to `heldout_bytes_per_kind` of each kind, kinds and documents in a fixed order.

    Documents come in the order of the digits of their id that did not decide that they are held out.
    """
    sizes = np.array([len(codec.token_bytes(token)) for token in range(codec.vocabulary_tokens)], np.int64)
    by_kind: defaultdict[str, list[Located]] = defaultdict(list)
    for document in part.located(0, part.num_tokens):
        by_kind[document.kind].append(document)
    chosen: list[Excerpt] = []
    for kind in sorted(by_kind):
        left = settings.heldout_bytes_per_kind
        for document in sorted(by_kind[kind], key=lambda one: one.id[8:]):
            if left <= 0:
                break
            tokens = part.read(document.start, document.stop)
            chosen.append(_beginning(document, tokens, sizes[tokens], min(left, settings.document_bytes)))
            left -= chosen[-1].text_bytes
    return chosen


def _beginning(document: Located, tokens: np.ndarray, sizes: np.ndarray, limit_bytes: int) -> Excerpt:
    """Whole tokens within the limit, and at least one; the separator only where the whole text is."""
    ends = np.cumsum(sizes)
    count = len(tokens) if ends[-1] <= limit_bytes else max(1, int(np.searchsorted(ends, limit_bytes, side="right")))
    return Excerpt(document.id, document.kind, tuple(tokens[:count].tolist()), int(ends[count - 1]))


def texts_of(excerpts: list[Excerpt], codec: Codec) -> list[bytes]:
    """The bytes of each excerpt."""
    return [b"".join(map(codec.token_bytes, excerpt.ids)) for excerpt in excerpts]
