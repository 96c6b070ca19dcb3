"""Keys and values of what was already read, so that each token of an answer costs one token of work.

Shape letters: B row of a batch, K key/value head, S slot (= position in the request), D number in a head, T token.

Each request has a Row of its own, which grows as it is read: a slot is its token's position. Requests decode together
as a list of rows, each at its own length; who leaves or joins moves nobody else's numbers.

    row = Row.empty(shape, like=weight)
    model(prompt_1T, next_positions([row], T), cache=[row])    # reads a prompt
    row.length += T
    rows = [row, other]
    model(last_tokens_B1, next_positions(rows, 1), cache=rows)  # one token for each
    for row in rows:
        row.length += 1

Attention runs row by row, each over its own slots and no others, so what a request gets is the same to the last bit
whoever else is in the batch (serve/torch_engine.py), and a short one does not pay for a long one beside it. To read
another text after the same beginning, set `length` back: later slots are written over and never seen.
"""
# ruff: noqa: N803, N806 (shape letters)

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from malmoi.model.shape import Shape

BLOCK_TOKENS = 256
"""A row grows by so many slots at a time, up to a power of two of them: a long request is copied rarely."""


@dataclass(eq=False)
class Row:
    """Per layer keys and values (K, S, D), rotated; length: tokens held."""

    keys: list[Tensor]
    values: list[Tensor]
    length: int = 0

    @staticmethod
    def empty(shape: Shape, like: Tensor) -> "Row":
        """A row without room yet, in the type and on the device of `like` (a weight)."""
        size = (shape.kv_heads, 0, shape.head_size)
        keys, values = ([like.new_empty(size) for _ in range(shape.layers)] for _ in range(2))
        return Row(keys, values)

    @property
    def slots(self) -> int:
        """How many tokens there is room for now."""
        return self.keys[0].shape[1]

    def reserve(self, tokens: int) -> None:
        """Makes room for `tokens` more. Raises the memory error of torch (RuntimeError) where there is none."""
        needed = self.length + tokens
        if needed <= self.slots:
            return
        grown = max(-(-needed // BLOCK_TOKENS) * BLOCK_TOKENS, min(2 * self.slots, self.slots + 8 * BLOCK_TOKENS))
        for stores in (self.keys, self.values):
            for layer, old in enumerate(stores):
                new = old.new_empty((old.shape[0], grown, old.shape[2]))
                new[:, : self.length] = old[:, : self.length]
                stores[layer] = new

    def write(self, layer: int, keys_KTD: Tensor, values_KTD: Tensor) -> tuple[Tensor, Tensor]:
        """Stores one layer's keys and values of the next T tokens; gives all up to them (K, S, D), without a copy."""
        stop = self.length + keys_KTD.shape[1]
        for stores, fresh in ((self.keys, keys_KTD), (self.values, values_KTD)):
            stores[layer][:, self.length : stop] = fresh
        return self.keys[layer][:, :stop], self.values[layer][:, :stop]


def next_positions(rows: Sequence[Row], tokens: int) -> Tensor:
    """The positions (B, T) of the next `tokens` tokens of each row, on the rows' device."""
    starts_B = torch.tensor([row.length for row in rows], device=rows[0].keys[0].device)
    return starts_B[:, None] + torch.arange(tokens, device=starts_B.device)
