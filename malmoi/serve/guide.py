"""Guides: constrained decoding through llguidance. Before each token, what the grammar forbids is masked out.

llguidance builds a 50,000-word choice in a third of a second (xgrammar 9.8 s) and brings no other package with it. It
works on the bytes of tokens, so a token that is a third of a Hangul syllable is allowed exactly where the syllable is.
"""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import llguidance.numpy
import numpy as np
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide
from malmoi.tokenizer.codec import Codec

MAX_CHOICES = 50_000

MAX_GRAMMAR_CHARACTERS = {"regex": 16_000, "json": 16_000, "lark": 4_000}
"""llguidance follows rules that name each other by recursion on the C stack, and the whole process dies where it ends.
With 8 MB of stack, 3,500 levels of a Lark grammar did so and 2,100 did not; 4,000 characters hold at most 1,700."""

_LIMITS = LLParserLimits(verbose_errors=False)
_SIGNS_OF_REGEX = frozenset("\\.+*?()|[]{}^$#&-~/\"'")


def check(guide: Guide) -> str:
    """The grammar of a guide, in llguidance's own form. Raises UserError saying what is wrong with it."""
    if guide.kind not in _GRAMMARS:
        raise UserError(f"guide.kind is {guide.kind!r}", f"one of {', '.join(_GRAMMARS)}")
    try:
        grammar = _GRAMMARS[guide.kind](guide.value)
    except (ValueError, RecursionError):  # half a surrogate pair, or nested deeper than JSON is read
        raise UserError(f"guide.value is no {guide.kind} that can be followed: broken text or too deep") from None
    problem = LLMatcher.validate_grammar(grammar, limits=_LIMITS)
    if problem and not problem.startswith("WARNING"):
        raise UserError(f"guide.value is no {guide.kind} that can be followed: {_told(problem)}")
    return grammar


class Grammars:
    """Makes matchers for one tokenizer. `end_ids` are the tokens that may end an answer where the grammar allows it."""

    def __init__(self, codec: Codec, end_ids: tuple[int, ...], vocabulary_tokens: int) -> None:
        """vocabulary_tokens: logits that the model gives, which may be more than the tokenizer has ids."""
        self._tokenizer = LLTokenizer(TokenizerWrapper(_Vocabulary(codec, end_ids)), vocabulary_tokens, list(end_ids))
        self._vocabulary_tokens = vocabulary_tokens

    def matcher(self, guide: Guide) -> "Matcher":
        """A matcher at the start of the answer. Raises UserError for a guide that cannot be followed."""
        found = LLMatcher(self._tokenizer, check(guide), log_level=0, limits=_LIMITS)
        if found.is_error():
            raise UserError(f"guide.value cannot be followed: {_told(found.get_error())}")
        return Matcher(found, self._vocabulary_tokens)


class Matcher:
    """Where one answer stands in its grammar."""

    def __init__(self, matcher: LLMatcher, vocabulary_tokens: int) -> None:
        self._matcher = matcher
        self._bits = llguidance.numpy.allocate_token_bitmask(1, vocabulary_tokens)
        self._vocabulary_tokens = vocabulary_tokens

    def forbidden(self, left_tokens: int) -> np.ndarray:  # noqa: ARG002
        """Per token (bool, V): whether the grammar forbids it as the next one."""
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._bits)
        allowed = np.unpackbits(self._bits[0].view(np.uint8), bitorder="little")
        return allowed[: self._vocabulary_tokens] == 0

    def accept(self, token_id: int) -> None:
        """Goes on by one token. Raises UserError where the grammar has grown too complex to follow."""
        if not self._matcher.consume_token(token_id):
            raise UserError(f"the guide failed: {_told(self._matcher.get_error())}")

    @property
    def is_complete(self) -> bool:
        """Whether nothing but the end may follow."""
        return self._matcher.is_stopped()


def _told(problem: str) -> str:
    """What llguidance says, in one line and without its marks for programmers."""
    return " ".join(problem.partition("<backtrace>")[0].replace("<non-verbose/>", "").split())[:300]


def _choice(value: Any) -> str:
    """The texts as the alternatives of one regular expression."""
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) and item for item in value):
        raise UserError("guide.value of a choice is not a list of texts", "at least one text, none of them empty")
    if len(value) > MAX_CHOICES:
        raise UserError(f"guide.value has {len(value)} choices", f"at most {MAX_CHOICES}")
    escaped = ("".join("\\" + sign if sign in _SIGNS_OF_REGEX else sign for sign in item) for item in value)
    return LLMatcher.grammar_from_regex(unicodedata.normalize("NFC", f"({'|'.join(escaped)})"))


def _json(value: Any) -> str:
    if not isinstance(value, dict):
        raise UserError("guide.value of json is not an object", "a JSON schema")
    schema = _text(json.dumps(value, ensure_ascii=False), "json", "a JSON schema")
    # Compact: with free whitespace a weak model emits tabs and newlines until its tokens run out.
    return LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})


def _text(value: Any, kind: str, expected: str) -> str:
    """A grammar as text within its bound. Raises UserError saying what it should be."""
    if not isinstance(value, str) or not value:
        raise UserError(f"guide.value is a {type(value).__name__}", expected)
    if len(value) > MAX_GRAMMAR_CHARACTERS[kind]:
        raise UserError(f"guide.value has {len(value)} characters", f"at most {MAX_GRAMMAR_CHARACTERS[kind]} of {kind}")
    return unicodedata.normalize("NFC", value)  # tokens are NFC: a grammar in NFD could not be spelt with them


_GRAMMARS: dict[str, Callable[[Any], str]] = {
    "choice": _choice,
    "regex": lambda value: LLMatcher.grammar_from_regex(_text(value, "regex", "a regular expression")),
    "json": _json,
    "lark": lambda value: LLMatcher.grammar_from_lark(_text(value, "lark", "a Lark grammar")),
}
"""The grammar of each kind of guide in llguidance's own form, made from the guide's value."""


KINDS = tuple(_GRAMMARS)


class _Vocabulary:
    """A Codec in the form that llguidance asks for."""

    def __init__(self, codec: Codec, end_ids: tuple[int, ...]) -> None:
        names = {token_id: name.encode() for name, token_id in codec.special_ids.items()}
        self.tokens = [
            names.get(token_id) or codec.token_bytes(token_id) for token_id in range(codec.vocabulary_tokens)
        ]
        self.special_token_ids = sorted(names)
        self.eos_token_id = end_ids[0]
        self.bos_token_id = None
        self._codec = codec

    def __call__(self, text: bytes) -> list[int]:
        return self._codec.encode(text.decode("utf-8", errors="replace"))
