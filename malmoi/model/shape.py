"""The sizes of a model and what follows from them: parameters, flops, bytes. No torch here: plans are made without it.

A model is a decoder exactly Llama-shaped (Touvron et al. 2023): grouped-query attention, rotary positions, SwiGLU,
RMSNorm before each half of a block, no bias anywhere.
"""

import dataclasses
from dataclasses import dataclass

from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least

PARTS_PER_BLOCK = 2
"""Attention and feed-forward: each has one norm before it and one matrix that writes to the residual stream."""


@dataclass(frozen=True)
class ModelSettings:
    """The [model] table of a recipe: every size but the vocabulary, which the tokenizer decides.

    kv_heads < heads shares keys and values between heads (GQA, Ainslie et al. 2023). `tied` uses the embedding as the
    output matrix too: right for small models, where the embedding is most of the parameters.
    """

    layers: int = 4
    hidden: int = 256
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 704  # about 8/3 hidden, as SwiGLU has three matrices (Shazeer 2020)
    context_tokens: int = 1024
    rope_theta: float = 10_000.0
    tied: bool = True
    norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        at_least(self, 1, "layers", "hidden", "heads", "kv_heads", "feed_forward", "context_tokens")
        if self.hidden % self.heads or (self.hidden // self.heads) % 2:
            raise UserError(f"hidden {self.hidden} with heads {self.heads}", "hidden = heads x an even number")
        if self.heads % self.kv_heads:
            raise UserError(f"heads {self.heads} with kv_heads {self.kv_heads}", "heads = a multiple of kv_heads")
        if self.rope_theta <= 0 or self.norm_epsilon <= 0:
            raise UserError(f"rope_theta {self.rope_theta}, norm_epsilon {self.norm_epsilon}", "numbers above 0")

    def shape(self, vocabulary_tokens: int) -> "Shape":
        """The full shape, with the tokenizer's vocabulary (special and reserved ids included, no padding)."""
        return Shape(vocabulary_tokens=vocabulary_tokens, **dataclasses.asdict(self))


@dataclass(frozen=True)
class Variant:
    """What models of other makers have and ours have not.

    head_size: numbers per head where that is not hidden / heads (Qwen3). has_head_norms: queries and keys are normed
    head by head (Qwen3). biased: the projections of an attention that add a bias (Qwen2: q_proj, k_proj, v_proj).
    rope_speeds: radians per position of each pair of numbers, where they are not those of rope_theta alone.
    """

    head_size: int | None = None
    has_head_norms: bool = False
    biased: tuple[str, ...] = ()
    rope_speeds: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Shape:
    """Everything that decides which tensors a model has and what it computes. Fields as in ModelSettings."""

    vocabulary_tokens: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    feed_forward: int
    context_tokens: int
    rope_theta: float
    tied: bool
    norm_epsilon: float
    variant: Variant = Variant()

    @property
    def head_size(self) -> int:
        """Numbers per head in queries, keys and values."""
        return self.variant.head_size or self.hidden // self.heads

    @property
    def block_parameters(self) -> int:
        """Parameters of one block: q and o, k and v, the three SwiGLU matrices, two norms, and what a variant adds."""
        wide, narrow = self.heads * self.head_size, self.kv_heads * self.head_size
        attention = 2 * self.hidden * (wide + narrow) + (2 * self.head_size if self.variant.has_head_norms else 0)
        rows = {"q_proj": wide, "k_proj": narrow, "v_proj": narrow, "o_proj": self.hidden}
        attention += sum(rows[name] for name in self.variant.biased)
        return attention + 3 * self.hidden * self.feed_forward + PARTS_PER_BLOCK * self.hidden

    @property
    def parameters(self) -> int:
        """All parameters. A tied output matrix counts once."""
        embeddings = (1 if self.tied else 2) * self.vocabulary_tokens * self.hidden
        return embeddings + self.layers * self.block_parameters + self.hidden

    @property
    def training_flops_per_token(self) -> int:
        """Flops of forward and backward for one token at the full context.

        6 P + 12 L h s with P = blocks and output matrix, without the embedding look-up, and attention not halved for
        causality: the convention of PaLM (Chowdhery et al. 2022, appendix B) and torchtitan, so that MFU compares.
        """
        multiplied = self.layers * self.block_parameters + self.vocabulary_tokens * self.hidden
        return 6 * multiplied + 12 * self.layers * self.hidden * self.context_tokens

    @property
    def training_state_bytes(self) -> int:
        """Bytes of weights, gradients and the two AdamW moments, all float32: 16 a parameter, without activations."""
        return 16 * self.parameters

    def cache_bytes_per_token(self, bytes_per_value: int = 4) -> int:
        """Bytes that one token of one request takes in the key/value cache."""
        return 2 * self.layers * self.kv_heads * self.head_size * bytes_per_value
