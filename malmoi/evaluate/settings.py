"""Settings of the evaluation. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass

from malmoi.kit.ranges import at_least, require


@dataclass(frozen=True)
class EvaluateSettings:
    """What is measured, and on how much text.

    heldout_bytes_per_kind: text scored of each source kind, drawn by document id; kinds with less are scored whole.
    document_bytes: a document gives at most its first so many bytes, so that one long law does not speak for all.
    context_share: share of the context that a later window of a long document repeats without scoring it again.
    samples: continuations of held-out beginnings, each of at most `sample_tokens` after `prompt_tokens`. temperature: 0
    takes always the likeliest token.
    """

    heldout_bytes_per_kind: int = 100_000
    document_bytes: int = 32_768
    context_share: float = 0.5
    samples: int = 10
    prompt_tokens: int = 32
    sample_tokens: int = 96
    temperature: float = 0.8
    top_p: float | None = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(self, 1, "heldout_bytes_per_kind", "document_bytes", "prompt_tokens", "sample_tokens")
        at_least(self, 0, "samples", "temperature")
        require(self, "0 up to, not including, 1", lambda share: 0 <= share < 1, "context_share")
        require(self, "above 0 and at most 1", lambda share: 0 < share <= 1, "top_p")
