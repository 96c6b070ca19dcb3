"""Which tokens of a packed batch may see each other: only those of the same document, earlier ones.

A packed row holds the ends, wholes and beginnings of several documents. A document begins wherever a position is 0, so
the positions alone say it. Two forms of the same rule:
- `Spans` cuts the batch, read row after row as one line of N tokens, into pieces that are attended to one by one. On a
  CPU this is the faster form: the work is the sum of the pieces' squares, and nothing masked is ever computed.
- `block_mask` is one mask (B, 1, T, T), for GPUs, where many small calls cost more than what they save.
"""
# ruff: noqa: N803, N806 (shape letters)

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

GROUPED_TOKENS = 128
"""Neighbouring short documents are attended to together, under a mask, up to this many tokens: comments of ten tokens
would else cost a call each (about 0.1 ms forward and backward, as much as the attention of 128 tokens)."""


@dataclass(frozen=True)
class Spans:
    """Pieces of a line of tokens: their lengths, and for each a mask (T, T) or None for plain causal order."""

    lengths: list[int]
    masks: list[Tensor | None]


def spans_of(positions_BT: Tensor) -> Spans:
    """The pieces of a batch. A row's beginning begins a document too, whatever its position."""
    starts_BT = positions_BT == 0
    starts_BT[:, 0] = True
    edges = [*starts_BT.flatten().nonzero().flatten().tolist(), positions_BT.numel()]
    documents = [stop - start for start, stop in itertools.pairwise(edges)]
    groups: list[list[int]] = []
    for length in documents:
        if groups and sum(groups[-1]) + length <= GROUPED_TOKENS:
            groups[-1].append(length)
        else:
            groups.append([length])
    masks = [_group_mask(group).to(positions_BT.device) if len(group) > 1 else None for group in groups]
    return Spans([sum(group) for group in groups], masks)


def block_mask(positions_BT: Tensor) -> Tensor:
    """Bool mask (B, 1, T, T), True where the row's token may see the column's: same document, not later."""
    starts_BT = positions_BT == 0
    return _causal_within(starts_BT.cumsum(dim=1))[:, None]


def attend(q_BHTD: Tensor, k_BKTD: Tensor, v_BKTD: Tensor, spans: Spans) -> Tensor:
    """Attention (B, H, T, D) within each piece. Keys and values may have fewer heads than queries (GQA)."""
    lines = [x.transpose(0, 1).flatten(1, 2)[None].split(spans.lengths, dim=2) for x in (q_BHTD, k_BKTD, v_BKTD)]
    shares_heads = q_BHTD.shape[1] != k_BKTD.shape[1]
    pieces = [
        functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=shares_heads
        )[0].transpose(0, 1)
        for q, k, v, mask in zip(*lines, spans.masks, strict=True)
    ]
    line_NHD = torch.cat(pieces)
    return line_NHD.unflatten(0, (q_BHTD.shape[0], q_BHTD.shape[2])).transpose(1, 2)


def _group_mask(lengths: list[int]) -> Tensor:
    return _causal_within(torch.repeat_interleave(torch.tensor(lengths)))


def _causal_within(document_T: Tensor) -> Tensor:
    """Mask (..., T, T) from the number of the document that each token (..., T) belongs to."""
    same = document_T[..., :, None] == document_T[..., None, :]
    tokens = document_T.shape[-1]
    return same & torch.ones(tokens, tokens, dtype=torch.bool, device=document_T.device).tril()
