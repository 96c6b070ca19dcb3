"""Keys and values of what was already read, so that each token of an answer costs one token of work.

Shape letters: B row (one request), K key/value head, S slot (= position in the request), D number in a head, T token.

How an engine with several requests at once (continuous batching) uses it:

    cache = Cache.empty(shape, rows=8, slots=1024)
    one = cache.rows(2, 3)                                # a view of row 2: a new request comes in
    model(prompt_1T, one.next_positions(T), cache=one)    # read its prompt
    one.advance(T)
    running = cache.rows(0, 3)                            # rows 0..2 decode together, each at its own length
    model(last_tokens_B1, running.next_positions(1), cache=running)
    running.advance(1)

Views share memory with the whole and copy nothing, so the requests that run must be the first rows: when row 0 ends,
`cache.move(2, 0)` fills the hole. A slot is its token's position, and a query at position p sees slots 0..p, so what a
former request or padding left in later slots is never seen: rows need no clearing, only `lengths` set to 0. Prompts of
different lengths can be read at once, padded on the right; advance each row by its own length then.
"""
# ruff: noqa: N803, N806, N815 (shape letters)

from dataclasses import dataclass

import torch
from torch import Tensor

from malmoi.model.shape import Shape


@dataclass
class Cache:
    """Per layer keys and values (B, K, S, D), rotated; `lengths_B` (int64, on the CPU): tokens each row holds."""

    keys: list[Tensor]
    values: list[Tensor]
    lengths_B: Tensor

    @staticmethod
    def empty(shape: Shape, rows: int, slots: int, like: Tensor | None = None) -> "Cache":
        """Room for `rows` requests of `slots` tokens each, in the type and on the device of `like` (a weight)."""
        size = (rows, shape.kv_heads, slots, shape.head_size)
        dtype, device = (like.dtype, like.device) if like is not None else (torch.float32, torch.device("cpu"))
        keys = [torch.zeros(size, dtype=dtype, device=device) for _ in range(shape.layers)]
        values = [torch.zeros(size, dtype=dtype, device=device) for _ in range(shape.layers)]
        return Cache(keys, values, torch.zeros(rows, dtype=torch.int64))

    @property
    def slots(self) -> int:
        """How many tokens a row can hold."""
        return self.keys[0].shape[2]

    def rows(self, start: int, stop: int) -> "Cache":
        """A view of rows start..stop-1. What is written through it is written to the whole."""
        keys, values = [each[start:stop] for each in self.keys], [each[start:stop] for each in self.values]
        return Cache(keys, values, self.lengths_B[start:stop])

    def next_positions(self, tokens: int) -> Tensor:
        """The positions (B, T) of the next `tokens` tokens of each row, on the cache's device."""
        positions_BT = self.lengths_B[:, None] + torch.arange(tokens)
        return positions_BT.to(self.keys[0].device)

    def advance(self, tokens: int | Tensor) -> None:
        """Counts `tokens` (one number, or one per row) as read, after the forward pass that wrote them."""
        self.lengths_B += tokens

    def move(self, source: int, target: int) -> None:
        """Moves the request in row `source` to row `target`; `source` is free afterwards."""
        length = int(self.lengths_B[source])
        for each in (*self.keys, *self.values):
            each[target, :, :length] = each[source, :, :length]
        self.lengths_B[target] = length
        self.lengths_B[source] = 0

    def write(self, layer: int, positions_BT: Tensor, new: tuple[Tensor, Tensor]) -> None:
        """Stores keys and values (B, K, T, D) of one layer at the slots that their positions name."""
        rows_B1 = torch.arange(positions_BT.shape[0], device=positions_BT.device)[:, None]
        for store, fresh in zip((self.keys[layer], self.values[layer]), new, strict=True):
            store.transpose(1, 2)[rows_B1, positions_BT] = fresh.transpose(1, 2).to(store.dtype)

    def read(self, layer: int, slots: int) -> tuple[Tensor, Tensor]:
        """Keys and values (B, K, slots, D) of one layer, without a copy."""
        return self.keys[layer][:, :, :slots], self.values[layer][:, :, :slots]
