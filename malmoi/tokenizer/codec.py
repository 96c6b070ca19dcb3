"""Text to token ids and back, with one tokenizer.json. What looks like a special token in the text stays text."""

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.hangul import whole_characters
from malmoi.kit.special_tokens import BEGIN_ID, END_OF_TEXT, END_OF_TURN

NAME = "tokenizer.json"


def after_begin(ids: Iterable[int], begin_ids: Sequence[int] = (BEGIN_ID,)) -> list[int]:
    """The ids of a text as a model sees them: after the begin token, which every document of the training had.

    Training, evaluation, serving, cards and chat all make their ids here; exports say the same in their own files. A
    model that sees a text without it gives it less than it could (9.1 % more bits per byte over the first 8 tokens).
    """
    return [*begin_ids, *ids]


class Codec:
    """The tokenizer of a folder that holds tokenizer.json (the tokenizer stage's or an exported model's)."""

    def __init__(self, path: Path) -> None:
        """Loads path/tokenizer.json, or `path` itself where it is a file. Raises UserError where it cannot be read."""
        file = path / NAME if path.is_dir() else path
        if not file.is_file():
            raise UserError(f"no {NAME} in {path}", "the folder of a tokenizer or of an exported model")
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception for every damage
            raise UserError(f"{file} is no tokenizer: {error}") from None
        # Without this, a user who types <|endofturn|> would end the turn: the words must become ordinary bytes.
        self._tokenizer.encode_special_tokens = True
        added = self._tokenizer.get_added_tokens_decoder().items()
        self._special_ids = {token.content: token_id for token_id, token in added if token.special}
        self._begin_ids = self._find_begin()

    @property
    def vocabulary_tokens(self) -> int:
        """Number of ids, special and reserved ones included."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    @property
    def special_ids(self) -> dict[str, int]:
        """Special tokens by name."""
        return dict(self._special_ids)

    @property
    def begin_ids(self) -> tuple[int, ...]:
        """What stands before every text. Empty for a foreign tokenizer that puts nothing there."""
        return self._begin_ids

    def text_ids(self, text: str) -> list[int]:
        """Ids of a text as the model's training saw its documents: the begin token, then the text."""
        return after_begin(self.encode(text), self._begin_ids)

    def encode(self, text: str) -> list[int]:
        """Ids of `text` after NFC, without a begin; never the id of a special token. Half a surrogate pair is U+FFFD.

        Through the library's batch, which lets other threads run meanwhile: one text of 1 MB took 1.2 s and held
        them all up for as long (tokenizers 0.23).
        """
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, on as many threads as RAYON_NUM_THREADS allows."""
        encoded = self._tokenizer.encode_batch_fast(
            [whole_characters(text) for text in texts], add_special_tokens=False
        )
        return [one.ids for one in encoded]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`. Special tokens have none; bytes that are not UTF-8 become U+FFFD."""
        return b"".join(map(self.token_bytes, ids)).decode("utf-8", errors="replace")

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token, which may be part of a character. Empty for a special token."""
        return self._bytes_by_id[token_id]

    def special(self, name: str) -> int:
        """The id of a special token by its name ("<|endoftext|>"). Raises UserError for an unknown one."""
        if name not in self._special_ids:
            raise UserError(f"no special token {name!r}", hint=did_you_mean(name, sorted(self._special_ids)))
        return self._special_ids[name]

    def _find_begin(self) -> tuple[int, ...]:
        """Our own mark, or what the post-processor of a foreign tokenizer puts before a text."""
        if END_OF_TEXT in self._special_ids and END_OF_TURN in self._special_ids:
            return (self._special_ids[END_OF_TEXT],)
        return tuple(self._tokenizer.encode("", add_special_tokens=True).ids)

    @functools.cached_property
    def _bytes_by_id(self) -> list[bytes]:
        """Raises UserError for a tokenizer of another kind, whose tokens are not written in signs of bytes."""
        names = self._tokenizer.get_vocab(with_added_tokens=True)
        result = [b""] * self.vocabulary_tokens
        for name, token_id in names.items():
            if name in self._special_ids:
                continue
            if not all(sign in _BYTE_BY_SIGN for sign in name):
                raise UserError(f"the token {name!r} is not written in bytes", "a byte-level BPE tokenizer")
            result[token_id] = bytes(_BYTE_BY_SIGN[sign] for sign in name)
        return result


def _byte_signs() -> dict[str, int]:
    """GPT-2's table of one printable sign per byte, in which byte-level vocabularies are written."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    signs = {chr(byte): byte for byte in printable}
    return signs | {chr(256 + position): byte for position, byte in enumerate(hidden)}


_BYTE_BY_SIGN = _byte_signs()
