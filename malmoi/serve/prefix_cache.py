"""Beginnings that were read before: keys and values of finished prompts and answers, kept by pieces of token ids.

A piece is found by a hash of its ids and of all before them, so it stands for one beginning of a text. The first hash
has the salt of who asked in it (its key and its `cache_salt`) and the adapter: nobody learns from the time to a first
token what another project asked, and no adapter gets another's numbers. What was used longest ago goes first, and of
one text its end before its beginning. One engine's thread owns a cache; other threads may read its counts.
"""

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from malmoi.model.cache import PIECE_TOKENS, Held, Row


class PrefixCache:
    """Pieces of at most `most_bytes` together; 0 keeps none."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._held = most_bytes, OrderedDict[bytes, Held]()
        self.held_bytes = self.hits = self.saved_tokens = 0

    def fill(self, row: Row, token_ids: Sequence[int], salt: str) -> None:
        """Puts the longest known beginning of a text into an empty row, all but the last token at most.

        Of the last token its logits are wanted, so it is always read. May raise torch's memory error.
        """
        keys = []
        for key in _keys(token_ids[:-1], salt):
            if key not in self._held:
                break
            keys.append(key)
        if not keys:
            return
        row.reserve(len(token_ids))
        for number, key in enumerate(keys):
            row.put(number, self._held[key])
        row.length = len(keys) * PIECE_TOKENS
        self._touch(keys)
        self.hits += 1
        self.saved_tokens += row.length

    def keep(self, row: Row, token_ids: Sequence[int], salt: str) -> None:
        """Keeps what a row holds of a text, whole pieces alone."""
        keys = list(_keys(token_ids[: row.length], salt)) if self._most_bytes else []
        for number, key in enumerate(keys):
            if key not in self._held:
                self._held[key] = row.piece(number)
                self.held_bytes += _bytes(self._held[key])
        self._touch(keys)
        while self.held_bytes > self._most_bytes:
            _, held = self._held.popitem(last=False)
            self.held_bytes -= _bytes(held)

    def _touch(self, keys: Sequence[bytes]) -> None:
        """They were used now. The first comes last: without it the others are of no use."""
        for key in reversed(keys):
            self._held.move_to_end(key)


def _keys(token_ids: Sequence[int], salt: str) -> Iterator[bytes]:
    """The key of each whole piece of a text: SHA-256 of its ids and the key before; the first is of the salt."""
    key = hashlib.sha256(salt.encode("utf-8", "surrogatepass")).digest()
    for start in range(0, len(token_ids) - PIECE_TOKENS + 1, PIECE_TOKENS):
        key = hashlib.sha256(key + array("q", token_ids[start : start + PIECE_TOKENS]).tobytes()).digest()
        yield key


def _bytes(held: Held) -> int:
    return sum(each.numel() * each.element_size() for each in held)
