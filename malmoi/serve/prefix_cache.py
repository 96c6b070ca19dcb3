"""Beginnings that were read before: keys and values of finished prompts and answers, kept by pieces of token ids.

A piece is found by a hash of its ids and of all before them, so it stands for one beginning of a text. The first hash
has the salt of who asked in it (its key and its `cache_salt`) and the adapter: nobody learns from the time to a first
token what another project asked, and no adapter gets another's numbers. What was used longest ago goes first, and of
one text its end before its beginning. All memory is taken at the start (pieces that come and go one by one left a
server's memory growing for eight minutes). One engine's thread owns a cache; other threads may read its counts.
"""

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from malmoi.kit.errors import UserError
from malmoi.model.cache import PIECE_TOKENS, Pieces, Row


class PrefixCache:
    """Pieces of rows like `like`, of at most `most_bytes` together; 0 keeps none."""

    def __init__(self, most_bytes: int, like: Row) -> None:
        """Takes the memory. Raises UserError where there is none."""
        try:
            self._pieces = Pieces(like, most_bytes)
        except (RuntimeError, MemoryError):
            wrong = f"prefix_cache_bytes is {most_bytes}, for which there is no memory"
            raise UserError(wrong, "less, or 0 for no cache") from None
        self._places, self._free = OrderedDict[bytes, int](), list(range(self._pieces.number))
        self.hits = self.saved_tokens = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the pieces that are held now."""
        return len(self._places) * self._pieces.piece_bytes

    def fill(self, row: Row, token_ids: Sequence[int], salt: str) -> None:
        """Puts the longest known beginning of a text into an empty row, all but the last token at most.

        Of the last token its logits are wanted, so it is always read. May raise torch's memory error.
        """
        keys = []
        for key in _keys(token_ids[:-1], salt):
            if key not in self._places:
                break
            keys.append(key)
        if not keys:
            return
        row.reserve(len(token_ids))
        for number, key in enumerate(keys):
            self._pieces.put(self._places[key], row, number)
        row.length = len(keys) * PIECE_TOKENS
        self._touch(keys)
        self.hits += 1
        self.saved_tokens += row.length

    def keep(self, row: Row, token_ids: Sequence[int], salt: str) -> None:
        """Keeps what a row holds of a text, whole pieces alone, as many as there is room for."""
        keys = list(_keys(token_ids[: row.length], salt))[: self._pieces.number] if self._pieces.number else []
        self._touch([key for key in keys if key in self._places])  # none of them goes for another of the same text
        for number, key in enumerate(keys):
            if key not in self._places:
                place = self._free.pop() if self._free else self._places.popitem(last=False)[1]
                self._pieces.take(place, row, number)
                self._places[key] = place
        self._touch(keys)

    def _touch(self, keys: Sequence[bytes]) -> None:
        """They were used now. The first comes last: without it the others are of no use."""
        for key in reversed(keys):
            self._places.move_to_end(key)


def _keys(token_ids: Sequence[int], salt: str) -> Iterator[bytes]:
    """The key of each whole piece of a text: SHA-256 of its ids and the key before; the first is of the salt."""
    key = hashlib.sha256(salt.encode("utf-8", "surrogatepass")).digest()
    for start in range(0, len(token_ids) - PIECE_TOKENS + 1, PIECE_TOKENS):
        key = hashlib.sha256(key + array("q", token_ids[start : start + PIECE_TOKENS]).tobytes()).digest()
        yield key
