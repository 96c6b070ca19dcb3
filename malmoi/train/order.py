"""The order in which windows of text are trained on: a keyed permutation that needs no table.

A Feistel network is a bijection on 2k bits whatever its round function (Luby and Rackoff 1988); values that fall
outside the wanted size are sent through again until one falls inside ("cycle walking", Black and Rogaway 2002), which
keeps it a bijection. So sample i of an epoch is known without the samples before it, on any number of machines, and the
inverse tells when a window was used.
"""

import hashlib
from collections.abc import Callable

ROUNDS = 8
"""Four make it pseudo-random for a strong round function; ours is a fast mixer, so twice that."""

_WORD = (1 << 64) - 1


class Order:
    """One epoch's permutation of 0..size-1. The same size, seed and epoch give the same order everywhere."""

    def __init__(self, size: int, seed: int, epoch: int) -> None:
        assert size > 0, size
        self.size = size
        self._half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
        text = f"malmoi order {seed} {epoch}".encode()
        digest = hashlib.blake2b(text, digest_size=8 * ROUNDS).digest()
        self._keys = [int.from_bytes(digest[8 * one : 8 * one + 8], "little") for one in range(ROUNDS)]

    def at(self, place: int) -> int:
        """The item at a place (0..size-1)."""
        return self._walk(self._forth, place)

    def place_of(self, item: int) -> int:
        """The place of an item: the inverse of `at`."""
        return self._walk(self._back, item)

    def _walk(self, step: Callable[[int], int], value: int) -> int:
        """Sends a value through `step` until it is below the size: at most four times on average (4**k <= 4 size)."""
        assert 0 <= value < self.size, (value, self.size)
        value = step(value)
        while value >= self.size:
            value = step(value)
        return value

    def _forth(self, value: int) -> int:
        """One pass through the Feistel network, halves of k bits: left, right = right, left ^ F(right)."""
        mask = (1 << self._half_bits) - 1
        left, right = value >> self._half_bits, value & mask
        for key in self._keys:
            left, right = right, left ^ (_mix(right ^ key) & mask)
        return left << self._half_bits | right

    def _back(self, value: int) -> int:
        """The inverse pass: the rounds in the opposite order."""
        mask = (1 << self._half_bits) - 1
        left, right = value >> self._half_bits, value & mask
        for key in reversed(self._keys):
            left, right = right ^ (_mix(left ^ key) & mask), left
        return left << self._half_bits | right


def _mix(value: int) -> int:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit in moves every bit out."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _WORD
    return value ^ value >> 31
