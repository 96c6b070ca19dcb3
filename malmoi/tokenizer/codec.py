"""Text to token ids and back, with one tokenizer.json. What looks like a special token in the text stays text."""

import functools
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from tokenizers import Encoding, Tokenizer

from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.hangul import whole_characters
from malmoi.kit.special_tokens import BEGIN_ID, END_OF_TEXT, END_OF_TURN
from malmoi.tokenizer.folder_marks import read_marks

NAME = "tokenizer.json"
_MAX_TOKENS = 2**22
"""Some ten times the largest vocabularies of today."""


def after_begin(ids: Iterable[int], begin_ids: Sequence[int] = (BEGIN_ID,)) -> list[int]:
    """The ids of a text as a model sees them: after the begin token, which every document of the training had.

    Training, evaluation, serving, cards and chat all make their ids here; exports say the same in their own files. A
    model that sees a text without it gives it less than it could (9.1 % more bits per byte over the first 8 tokens).
    """
    return [*begin_ids, *ids]


class Codec:
    """The tokenizer of a folder that holds tokenizer.json: the tokenizer stage's, an exported model's, or another's.

    A foreign vocabulary may be written in signs of bytes, as ours, or as SentencePiece writes it: in text with "▁" for
    a space, and single bytes as "<0xE2>".
    """

    def __init__(self, path: Path) -> None:
        """Loads path/tokenizer.json, or `path` itself where it is a file. Raises UserError where it cannot be read."""
        file = path / NAME if path.is_dir() else path
        if not file.is_file():
            raise UserError(f"no {NAME} in {path}", "the folder of a tokenizer or of an exported model")
        _check_content(file)
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exception for every damage
            raise UserError(f"{file} is no tokenizer: {error}") from None
        self.marks = read_marks(file.parent)
        """What the files beside it say. Our own tokenizers need none of it."""
        # Without this, a user who types <|endofturn|> would end the turn: the words must become ordinary bytes.
        self._tokenizer.encode_special_tokens = True
        # A foreign folder may ask to cut texts, or to fill them up, for a training.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # What its configs call a mark is special, as in transformers, whatever tokenizer.json says of it.
        marked = sorted(set(self.marks.names.values()))
        self._tokenizer.add_special_tokens([each for each in marked if self._tokenizer.token_to_id(each) is not None])
        self._added = self._tokenizer.get_added_tokens_decoder()
        self._special_ids = {token.content: token_id for token_id, token in self._added.items() if token.special}
        self._begin_ids = self._find_begin()

    @functools.cached_property
    def vocabulary_tokens(self) -> int:
        """Number of ids, special and reserved ones included; of a foreign vocabulary, also those that it leaves out."""
        return max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1

    @property
    def special_ids(self) -> dict[str, int]:
        """Special tokens by name."""
        return dict(self._special_ids)

    @property
    def is_ours(self) -> bool:
        """Whether it has the marks of malmoi, which say themselves what begins and ends a text and a turn."""
        return {END_OF_TEXT, END_OF_TURN} <= self._special_ids.keys()

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
        encoded = _told(self._tokenizer, [whole_characters(text) for text in texts])
        return [one.ids for one in encoded]

    def marked_ids(self, text: str) -> list[int]:
        """Ids of a text in which the names of special tokens are these tokens: what a chat template has written."""
        return _told(self._marking, [whole_characters(text)])[0].ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`. Special tokens have none; bytes that are not UTF-8 become U+FFFD."""
        text = b"".join(map(self.token_bytes, ids)).decode("utf-8", errors="replace")
        return text.removeprefix(" ") if self.adds_space else text

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token, which may be part of a character. Empty for a special token, and for an id that only
        the model has: many makers fill the embedding up to a round size."""
        return self._bytes_by_id[token_id] if token_id < len(self._bytes_by_id) else b""

    def special(self, name: str) -> int:
        """The id of a special token by its name ("<|endoftext|>"). Raises UserError for an unknown one."""
        if name not in self._special_ids:
            raise UserError(f"no special token {name!r}", hint=did_you_mean(name, sorted(self._special_ids)))
        return self._special_ids[name]

    @functools.cached_property
    def adds_space(self) -> bool:
        """Whether a text begins with a space that is not its own (SentencePiece's dummy prefix)."""
        steps = self._decoder_steps
        return any(step.get("type") == "Strip" and step.get("start") for step in steps) or any(
            step.get("type") == "Metaspace" and step.get("prepend_scheme") != "never" for step in steps
        )

    def _find_begin(self) -> tuple[int, ...]:
        """Our own mark, or what a foreign folder says: its config, else its tokenizer's post-processor."""
        if self.is_ours:
            return (self._special_ids[END_OF_TEXT],)
        begin = self._special_ids.get(self.marks.names.get("bos_token", ""))
        if self.marks.begins is not None and (begin is not None or not self.marks.begins):
            return (begin,) if self.marks.begins and begin is not None else ()
        # A letter between, for some put an end behind the text too.
        marked, bare = (self._tokenizer.encode("a", add_special_tokens=adds).ids for adds in (True, False))
        places = [place for place in range(len(marked)) if marked[place : place + len(bare)] == bare]
        return tuple(marked[: places[0]]) if bare and places else ()

    @functools.cached_property
    def _marking(self) -> Tokenizer:
        """The same tokenizer, which finds special tokens in a text."""
        marking = Tokenizer.from_str(self._tokenizer.to_str())
        marking.encode_special_tokens = False
        return marking

    @functools.cached_property
    def _decoder_steps(self) -> list[dict[str, Any]]:
        decoder = json.loads(self._tokenizer.to_str()).get("decoder") or {}
        return decoder.get("decoders", [decoder])

    @functools.cached_property
    def _bytes_by_id(self) -> list[bytes]:
        """Raises UserError for a tokenizer of another kind, whose tokens are not written in signs of bytes."""
        steps = {step.get("type") for step in self._decoder_steps}
        in_text = (
            not self.is_ours and "ByteLevel" not in steps and bool(steps & {"Replace", "Metaspace", "ByteFallback"})
        )
        read = _text_bytes if in_text else _signed_bytes
        names = self._tokenizer.get_vocab(with_added_tokens=True)
        result = [b""] * self.vocabulary_tokens
        for name, token_id in names.items():
            if name in self._special_ids:
                continue
            added = self._added.get(token_id)
            is_plain = added is not None and not self.is_ours  # added tokens are written as they are
            result[token_id] = name.encode() if is_plain else read(name)
        return result


def _told(tokenizer: Tokenizer, texts: list[str]) -> list[Encoding]:
    """The encodings. Raises UserError where a foreign tokenizer's expression gives a text up (a panic there)."""
    try:
        return tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it is no Exception, and would pass every edge
            raise
        raise UserError("the model's tokenizer cannot read this text", "a tokenizer whose expressions end") from None


def _check_content(file: Path) -> None:
    """Raises UserError for what the library would end the whole process at, or fill the memory with."""
    try:
        content = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"{file} is no tokenizer: {error}") from None
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict):
        raise UserError(f"{file} is no tokenizer", "a table with its model")
    if model.get("type", "BPE") == "BPE" and model.get("continuing_subword_prefix"):
        raise UserError(f"{file} has a continuing_subword_prefix", "a byte-level or SentencePiece BPE tokenizer")
    vocabulary, added = model.get("vocab"), content.get("added_tokens")
    ids = list(vocabulary.values()) if isinstance(vocabulary, dict) else []
    ids += [each.get("id") for each in added if isinstance(each, dict)] if isinstance(added, list) else []
    largest = max((each for each in ids if isinstance(each, int)), default=0)
    if largest >= _MAX_TOKENS:  # tables are made of all ids up to it
        raise UserError(f"{file} has the id {str(largest)[:80]}", f"ids below {_MAX_TOKENS}")


_BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")


def _text_bytes(name: str) -> bytes:
    """The bytes of a token as SentencePiece writes it."""
    single = _BYTE.fullmatch(name)
    return bytes([int(single[1], 16)]) if single else name.replace("▁", " ").encode()


def _signed_bytes(name: str) -> bytes:
    """The bytes of a token in GPT-2's signs. Raises UserError for one that is not written in them."""
    if not all(sign in _BYTE_BY_SIGN for sign in name):
        raise UserError(f"the token {name!r} is not written in bytes", "a byte-level or SentencePiece BPE tokenizer")
    return bytes(_BYTE_BY_SIGN[sign] for sign in name)


def _byte_signs() -> dict[str, int]:
    """GPT-2's table of one printable sign per byte, in which byte-level vocabularies are written."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    signs = {chr(byte): byte for byte in printable}
    return signs | {chr(256 + position): byte for position, byte in enumerate(hidden)}


_BYTE_BY_SIGN = _byte_signs()
