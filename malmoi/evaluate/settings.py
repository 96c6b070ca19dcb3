"""Settings of the evaluation. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass

from malmoi.kit.errors import UserError


@dataclass(frozen=True)
class EvaluateSettings:
    """What is measured, and on how much text.

    heldout_bytes_per_kind: text scored of each source kind, drawn by document id; kinds with less are scored whole.
    document_bytes: a document gives at most its first so many bytes, so that one long law does not speak for all.
    context_share: share of the context that a later window of a long document repeats without scoring it again.
    samples: continuations of held-out beginnings, each of at most `sample_tokens` after `prompt_tokens`.
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
        for name in ("heldout_bytes_per_kind", "document_bytes", "prompt_tokens", "sample_tokens"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}", "a whole number above 0")
        if self.samples < 0:
            raise UserError(f"samples is {self.samples}", "0 or more")
        if not 0 <= self.context_share < 1:
            raise UserError(f"context_share is {self.context_share}", "0 up to, not including, 1")
        if self.temperature < 0:
            raise UserError(f"temperature is {self.temperature}", "0 (always the likeliest token) or more")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UserError(f"top_p is {self.top_p}", "above 0 and at most 1")
