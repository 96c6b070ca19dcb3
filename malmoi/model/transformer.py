"""The decoder: exactly Llama (RMSNorm, grouped-query attention with rotary positions, SwiGLU), in plain PyTorch.

Module names equal those of transformers' LlamaForCausalLM, so that an export is a copy of the tensors.
Shape letters: B sequence, T token, S slot that is attended to, H query head, K key/value head, D number in a head,
C hidden size, F feed-forward size, V vocabulary.
"""
# ruff: noqa: N803, N806 (shape letters)

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from malmoi.model.cache import Row
from malmoi.model.linear import Linear
from malmoi.model.shape import PARTS_PER_BLOCK, Shape
from malmoi.model.spans import Spans, attend

START_DEVIATION = 0.02
"""Standard deviation of new weights (GPT-2, Llama's `initializer_range`)."""

Mask = Tensor | Spans | None
"""Who sees whom: a bool tensor broadcastable to (B, 1, T, S), the pieces of a packed batch, or plain causal order."""

Rows = Sequence[Row] | None
"""A row of the cache for each row of the batch."""

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines (B, T, 1, D/2) of the angles of each position."""


class Norm(nn.Module):
    """RMSNorm (Zhang and Sennrich 2019)."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.epsilon = epsilon

    def forward(self, x_BTC: Tensor) -> Tensor:
        """Gives x / sqrt(mean(x^2) + epsilon) * weight over the last axis."""
        return functional.rms_norm(x_BTC, (x_BTC.shape[-1],), self.weight, self.epsilon)


class Attention(nn.Module):
    """Grouped-query attention (Ainslie et al. 2023)."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        wide, narrow = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
        biased = shape.variant.biased
        self.q_proj = Linear(shape.hidden, wide, "q_proj" in biased)
        self.k_proj = Linear(shape.hidden, narrow, "k_proj" in biased)
        self.v_proj = Linear(shape.hidden, narrow, "v_proj" in biased)
        self.o_proj = Linear(wide, shape.hidden, "o_proj" in biased)
        self.q_norm = self.k_norm = None
        if shape.variant.has_head_norms:
            self.q_norm = Norm(shape.head_size, shape.norm_epsilon)
            self.k_norm = Norm(shape.head_size, shape.norm_epsilon)
        self.layer, self.head_size = layer, shape.head_size

    def forward(self, x_BTC: Tensor, rotation: Rotation, view: "View") -> Tensor:
        """What each token gathers from those it may see."""
        q_BTHD, k_BTKD, v_BTKD = (
            part(x_BTC).unflatten(2, (-1, self.head_size)) for part in (self.q_proj, self.k_proj, self.v_proj)
        )
        if self.q_norm is not None and self.k_norm is not None:
            q_BTHD, k_BTKD = self.q_norm(q_BTHD), self.k_norm(k_BTKD)
        if view.is_blocked:
            return self.o_proj(view.gather_blocked(self.layer, (q_BTHD, k_BTKD, v_BTKD), rotation))
        q_BHTD, k_BKTD = rotate(q_BTHD, rotation).transpose(1, 2), rotate(k_BTKD, rotation).transpose(1, 2)
        gathered_BHTD = view.gather(self.layer, q_BHTD, (k_BKTD, v_BTKD.transpose(1, 2)))
        return self.o_proj(gathered_BHTD.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = Linear(shape.hidden, shape.feed_forward)
        self.up_proj = Linear(shape.hidden, shape.feed_forward)
        self.down_proj = Linear(shape.feed_forward, shape.hidden)

    def forward(self, x_BTC: Tensor) -> Tensor:
        """Gives down(silu(gate(x)) * up(x))."""
        gate_BTF, up_BTF = self.gate_proj(x_BTC), self.up_proj(x_BTC)
        if self.gate_proj.packed is not None:
            from malmoi.model.cpu_attention import gated  # compiled functions: for who serves alone

            return self.down_proj(gated(gate_BTF, up_BTF))
        return self.down_proj(functional.silu(gate_BTF) * up_BTF)


class Block(nn.Module):
    """One layer: attention and feed-forward, each behind its norm, each added to the stream."""

    def __init__(self, shape: Shape, layer: int) -> None:
        super().__init__()
        self.input_layernorm = Norm(shape.hidden, shape.norm_epsilon)
        self.self_attn = Attention(shape, layer)
        self.post_attention_layernorm = Norm(shape.hidden, shape.norm_epsilon)
        self.mlp = FeedForward(shape)

    def forward(self, x_BTC: Tensor, rotation: Rotation, view: "View") -> Tensor:
        """The stream after this layer."""
        x_BTC = x_BTC + self.self_attn(self.input_layernorm(x_BTC), rotation, view)
        return x_BTC + self.mlp(self.post_attention_layernorm(x_BTC))


class View:
    """What the tokens of one forward pass may look at: each other under a mask, or what their rows of a cache hold."""

    def __init__(self, tokens: int, mask: Mask, rows: Sequence[Row] | None) -> None:
        self.mask, self.rows = mask, rows
        self.is_blocked = rows is not None and rows[0].is_blocked
        if rows is not None:
            assert mask is None, "with a cache each token sees what its row holds up to itself"
            for row in rows:
                row.reserve(tokens)
            self.row_masks = [] if self.is_blocked else [_causal_mask(row, tokens) for row in rows]

    def gather(self, layer: int, q_BHTD: Tensor, new: tuple[Tensor, Tensor]) -> Tensor:
        """What each token gathers (B, H, T, D). new: keys and values (B, K, T, D) of the tokens themselves."""
        if self.rows is None:
            return self._attend(q_BHTD, new, self.mask)
        gathered = []
        for number, (row, mask) in enumerate(zip(self.rows, self.row_masks, strict=True)):
            k_KSD, v_KSD = row.write(layer, new[0][number], new[1][number])
            gathered.append(self._attend(q_BHTD[number : number + 1], (k_KSD[None], v_KSD[None]), mask))
        return torch.cat(gathered)

    def gather_blocked(self, layer: int, new: tuple[Tensor, Tensor, Tensor], rotation: Rotation) -> Tensor:
        """What each token gathers (B, T, H x D). new: queries, keys, values (B, T, heads, D), not rotated."""
        from malmoi.model.cpu_attention import gather  # compiled functions: for who serves alone

        assert self.rows is not None
        return gather(layer, new, rotation, self.rows)

    def _attend(self, q_BHTD: Tensor, held: tuple[Tensor, Tensor], mask: Mask) -> Tensor:
        """Scaled dot-product attention (B, H, T, D) to keys and values (B, K, S, D) under a mask."""
        k_BKSD, v_BKSD = (each.to(q_BHTD.dtype) for each in held)
        if isinstance(mask, Spans):
            return attend(q_BHTD, k_BKSD, v_BKSD, mask)
        groups = q_BHTD.shape[1] // k_BKSD.shape[1]
        if groups > 1 and mask is not None and q_BHTD.is_cuda:
            # On a GPU the kernel that takes a mask does not know shared heads; without this, a slow one would run.
            k_BKSD, v_BKSD = (each.repeat_interleave(groups, dim=1) for each in (k_BKSD, v_BKSD))
            groups = 1
        is_causal = mask is None and q_BHTD.shape[2] == k_BKSD.shape[2]
        return functional.scaled_dot_product_attention(
            q_BHTD, k_BKSD, v_BKSD, attn_mask=mask, is_causal=is_causal, enable_gqa=groups > 1
        )


def _causal_mask(row: Row, tokens: int) -> Tensor | None:
    """Who of the next T tokens sees which slot (T, S); None where plain causal order or one token needs no mask."""
    if tokens == 1 or row.length == 0:
        return None
    slots_S = torch.arange(row.length + tokens, device=row.keys.device)
    return slots_S <= slots_S[row.length :, None]


class Decoder(nn.Module):
    """Token ids to the hidden state after the last norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary_tokens, shape.hidden)
        self.layers = nn.ModuleList(Block(shape, layer) for layer in range(shape.layers))
        self.norm = Norm(shape.hidden, shape.norm_epsilon)
        self.shape = shape

    def forward(self, tokens_BT: Tensor, positions_BT: Tensor, view: View) -> Tensor:
        """Hidden states (B, T, C)."""
        x_BTC = self.embed_tokens(tokens_BT)
        rotation = angles_by_table(positions_BT, self.shape) if view.is_blocked else angles(positions_BT, self.shape)
        for layer in self.layers:
            x_BTC = layer(x_BTC, rotation, view)
        return self.norm(x_BTC)


class Transformer(nn.Module):
    """The whole model. Weights are uninitialised memory until `start` fills them or a checkpoint is loaded."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Decoder(shape)
        self.lm_head = Linear(shape.hidden, shape.vocabulary_tokens)
        if shape.tied:
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, tokens_BT: Tensor, positions_BT: Tensor, mask: Mask = None, cache: Rows = None) -> Tensor:
        """Logits (B, T, V) for the token after each token.

        positions_BT (int64) count from 0 in each document or request. With a cache (a Row for each of B), the tokens
        are written after what their rows hold, and each sees its row up to itself.
        """
        return self.lm_head(self.hidden(tokens_BT, positions_BT, mask, cache))

    def hidden(self, tokens_BT: Tensor, positions_BT: Tensor, mask: Mask = None, cache: Rows = None) -> Tensor:
        """The states (B, T, C) that the output matrix turns into logits: for who needs logits of few tokens only."""
        return self.model(tokens_BT, positions_BT, View(tokens_BT.shape[1], mask, cache))


def angles(positions_BT: Tensor, shape: Shape) -> Rotation:
    """Cosines and sines for rotary positions (Su et al. 2021), in float32.

    Computed anew from the positions (two small tensors a pass): a stored table would be one more thing to keep right
    on meta devices, in exports and beyond the training context.
    """
    if shape.variant.rope_speeds is None:
        speeds_D = rope_speeds(shape.head_size, shape.rope_theta, positions_BT.device)
    else:
        speeds_D = torch.tensor(shape.variant.rope_speeds, dtype=torch.float32, device=positions_BT.device)
    angles_BT1D = positions_BT[:, :, None, None].float() * speeds_D
    return angles_BT1D.cos(), angles_BT1D.sin()


def angles_by_table(positions_BT: Tensor, shape: Shape) -> Rotation:
    """As `angles`, looked up: a position has the same bits in any piece, which torch's cosines do not promise."""
    cosines, sines = _angle_table(shape)
    return cosines[positions_BT], sines[positions_BT]


@cache
def _angle_table(shape: Shape) -> Rotation:
    """The angles (S, 1, D/2) of all positions of a context."""
    cosines_BT1D, sines_BT1D = angles(torch.arange(shape.context_tokens)[None], shape)
    return cosines_BT1D[0], sines_BT1D[0]


def rope_speeds(head_size: int, theta: float, device: torch.device | None = None) -> Tensor:
    """Radians per position of each pair of numbers (D/2), in float32."""
    exponents_D = torch.arange(0, head_size, 2, dtype=torch.int64, device=device).float() / head_size
    return 1.0 / theta**exponents_D  # in this order, so that the rounding equals transformers'


def rotate(x_BTHD: Tensor, rotation: Rotation) -> Tensor:
    """Turns each pair of numbers by its angle; the pair of number i is i + D/2 (transformers' "rotate half")."""
    cosines, sines = (part.to(x_BTHD.dtype) for part in rotation)
    first, second = x_BTHD.chunk(2, dim=-1)
    return torch.cat((first * cosines - second * sines, second * cosines + first * sines), dim=-1)


@torch.no_grad()
def start(model: Transformer, seed: int) -> None:
    """Fills new weights: the same for the same seed, whatever the device.

    Normal with deviation 0.02; the two matrices of a layer that write to the stream get 0.02 / sqrt(2 layers), so that
    the stream does not grow with depth (GPT-2, Radford et al. 2019). Norms are 1.
    """
    generator = torch.Generator().manual_seed(seed)
    narrow = START_DEVIATION / math.sqrt(PARTS_PER_BLOCK * model.shape.layers)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            parameter.fill_(1.0)
            continue
        deviation = narrow if name.endswith(("o_proj.weight", "down_proj.weight")) else START_DEVIATION
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * deviation)
