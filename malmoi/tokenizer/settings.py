"""Settings of the two tokenizer stages. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass
from typing import Literal

from malmoi.kit import config
from malmoi.kit.ranges import at_least, require
from malmoi.kit.special_tokens import NAMED_SPECIAL_TOKENS

NUM_RESERVED = 1024
"""Ids kept for other media, so that a text model can be taught pictures or sound without renumbering."""

SPECIAL_TOKENS = NAMED_SPECIAL_TOKENS + tuple(f"<|reserved_{number:04d}|>" for number in range(NUM_RESERVED))

MIN_VOCABULARY_TOKENS = len(SPECIAL_TOKENS) + 256
"""Special tokens and one token per byte: a vocabulary without a single merge."""

MAX_HELDOUT_SHARE = 0.2
"""No tokenizer is learnt from documents whose id falls below this share, so that held-out text stays unseen by the
tokenizer whatever `heldout_share` is chosen later."""


@dataclass(frozen=True)
class LearnSettings:
    """How a tokenizer is learnt.

    vocabulary_tokens: size with special and reserved tokens; fewer where the sample offers no more merges.
    sample_bytes: text to learn from. The analyser reads 0.1-0.2 MB/s, so it is a sample, never the corpus.
    guide: "morphemes" lets no merge cross a morpheme boundary of the sample; "none" is plain byte-level BPE.
    processes: workers for the analyser; None is one per core. It changes the speed and nothing else.
    """

    vocabulary_tokens: int = 32_000
    sample_bytes: int = 16_000_000
    guide: Literal["morphemes", "none"] = "morphemes"
    seed: int = 0
    processes: int | None = config.machine(None)

    def __post_init__(self) -> None:
        expected = f"{MIN_VOCABULARY_TOKENS} (special tokens and bytes) to {2**20}"
        require(self, expected, lambda tokens: MIN_VOCABULARY_TOKENS <= tokens <= 2**20, "vocabulary_tokens")
        at_least(self, 1, "sample_bytes", "processes")


@dataclass(frozen=True)
class EncodeSettings:
    """How a corpus becomes token shards.

    heldout_share: share of the documents, chosen by id, that no model is trained on; one at least, unless it is 0.
    shard_tokens: a shard is closed before the document that would pass this; a longer document gets its own shard.
    processes: workers; None is one per core. The files are the same for any number.
    """

    heldout_share: float = 0.01
    shard_tokens: int = 100_000_000
    processes: int | None = config.machine(None)

    def __post_init__(self) -> None:
        expected = f"0 to {MAX_HELDOUT_SHARE} (the tokenizer is learnt from the other documents only)"
        require(self, expected, lambda share: 0 <= share <= MAX_HELDOUT_SHARE, "heldout_share")
        at_least(self, 1, "shard_tokens", "processes")


def id_share(document_id: str) -> float:
    """Where an id lies in 0..1. A document is held out iff this is below `heldout_limit` (corpus_text.py)."""
    return int(document_id[:8], 16) / 2**32
