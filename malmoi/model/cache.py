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

Attention runs over each row's own slots and no others, so what a request gets is the same to the last bit whoever else
is in the batch (serve/torch_engine.py), and a short one does not pay for a long one beside it. To read another text
after the same beginning, set `length` back: later slots are written over and never seen. What a row holds can be taken
out in pieces and put into another row (serve/prefix_cache.py).
"""
# ruff: noqa: N803, N806 (shape letters)

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from malmoi.model.shape import Shape

BLOCK_TOKENS = 256
"""A row grows by so many slots at a time, up to a power of two of them: a long request is copied rarely."""

PIECE_TOKENS = 32
"""What is taken out of a row is so many tokens long. On a CPU in float32 their keys lie together, number by number, as
malmoi/model/cpu_attention.py wants them."""


@dataclass(eq=False)
class Row:
    """Keys (L layers, K, S, D), rotated, values (L, K, S, D); length: tokens held.

    is_blocked: keys are (L, K, S / 32, D, 32) instead, for the CPU's own attention.
    """

    keys: Tensor
    values: Tensor
    is_blocked: bool
    length: int = 0

    @staticmethod
    def empty(shape: Shape, like: Tensor) -> "Row":
        """A row without room yet, in the type and on the device of `like` (a weight)."""
        is_blocked = like.device.type == "cpu" and like.dtype == torch.float32
        heads = (shape.layers, shape.kv_heads, 0)
        keys = like.new_empty((*heads, shape.head_size, PIECE_TOKENS) if is_blocked else (*heads, shape.head_size))
        return Row(keys, like.new_empty((*heads, shape.head_size)), is_blocked)

    @property
    def slots(self) -> int:
        """How many tokens there is room for now."""
        return self.values.shape[2]

    def reserve(self, tokens: int) -> None:
        """Makes room for `tokens` more. Raises the memory error of torch (RuntimeError) where there is none."""
        needed = self.length + tokens
        if needed <= self.slots:
            return
        grown = max(-(-needed // BLOCK_TOKENS) * BLOCK_TOKENS, min(2 * self.slots, self.slots + 8 * BLOCK_TOKENS))
        unit = PIECE_TOKENS if self.is_blocked else 1
        self.keys = _grown(self.keys, grown // unit, -(-self.length // unit))
        self.values = _grown(self.values, grown, self.length)

    def write(self, layer: int, keys_KTD: Tensor, values_KTD: Tensor) -> tuple[Tensor, Tensor]:
        """Stores one layer's keys and values of the next T tokens; gives all up to them (K, S, D), without a copy."""
        stop = self.length + keys_KTD.shape[1]
        for store, fresh in ((self.keys, keys_KTD), (self.values, values_KTD)):
            store[layer, :, self.length : stop] = fresh
        return self.keys[layer, :, :stop], self.values[layer, :, :stop]

    def piece(self, number: int) -> tuple[Tensor, Tensor]:
        """The keys and values of the tokens from 32 x number on, where they lie."""
        values = slice(number * PIECE_TOKENS, (number + 1) * PIECE_TOKENS)
        keys = slice(number, number + 1) if self.is_blocked else values
        return self.keys[:, :, keys], self.values[:, :, values]


class Pieces:
    """Room for pieces of rows, taken when it is made: memory that a server needs is not missing later.

    keys, values: as in a row, with a place for each piece before them.
    """

    def __init__(self, like: Row, most_bytes: int) -> None:
        """As many as fit into `most_bytes`, of rows like `like`. Raises the memory error of torch (RuntimeError)."""
        layers, heads, _, *rest = like.keys.shape
        keys = (layers, heads, 1 if like.is_blocked else PIECE_TOKENS, *rest)
        values = (layers, heads, PIECE_TOKENS, like.values.shape[-1])
        self.piece_bytes = (math.prod(keys) + math.prod(values)) * like.values.element_size()
        self.number = most_bytes // self.piece_bytes
        # Filled, for the system gives memory only when it is written.
        self._keys = like.keys.new_empty((self.number, *keys)).fill_(0)
        self._values = like.values.new_empty((self.number, *values)).fill_(0)

    def take(self, place: int, row: Row, number: int) -> None:
        """Copies a piece of a row, which holds all its tokens, to a place."""
        self._keys[place], self._values[place] = row.piece(number)

    def put(self, place: int, row: Row, number: int) -> None:
        """Copies what lies at a place to where it belongs in a row with room for it; `length` is left to the caller."""
        keys, values = row.piece(number)
        keys.copy_(self._keys[place])
        values.copy_(self._values[place])


def _grown(old: Tensor, size: int, kept: int) -> Tensor:
    """A larger store (its third axis) that holds the first `kept` of the old one."""
    new = old.new_empty((*old.shape[:2], size, *old.shape[3:]))
    new[:, :, :kept] = old[:, :, :kept]
    return new


def next_positions(rows: Sequence[Row], tokens: int) -> Tensor:
    """The positions (B, T) of the next `tokens` tokens of each row, on the rows' device."""
    starts_B = torch.tensor([row.length for row in rows], device=rows[0].values.device)
    return starts_B[:, None] + torch.arange(tokens, device=starts_B.device)
