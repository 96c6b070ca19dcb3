"""Guides: constrained decoding through llguidance. Before each token, what the grammar forbids is masked out.

llguidance builds a 50,000-word choice in a third of a second (xgrammar 9.8 s) and brings no other package with it. It
works on the bytes of tokens, so a token that is a third of a Hangul syllable is allowed exactly where the syllable is.

A guide may be made to be costly, so it costs its own request alone. It is built in a thread of its own, once for the
same guide, and the mask of each token in another, beside the model's step; both let the interpreter's lock go. A mask
has a limit of work (about a tenth of a second), an answer a budget of time for all its masks.
"""

import hashlib
import json
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import llguidance.numpy
import numpy as np
import orjson
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper
from llguidance.gbnf_to_lark import gbnf_to_lark

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide
from malmoi.serve.guide_json import Depth, bounded, closing_ranks, soonest
from malmoi.tokenizer.codec import Codec

MAX_CHOICES = 50_000

MAX_GRAMMAR_CHARACTERS = {"regex": 16_000, "json": 16_000, "lark": 4_000}
"""llguidance follows rules that name each other by recursion on the C stack, and the whole process dies where it ends.
With 8 MB of stack, 3,500 levels of a Lark grammar did so and 2,100 did not; 4,000 characters hold at most 1,700."""

MAX_MASKS_S = 5.0
"""CPU seconds for all masks of one answer; an ordinary one takes half a millisecond."""

MAX_BUILD_S = 2.0

_MOST_TOKEN_BYTES = 255
"""llguidance panics at a longer token. It is not used under a guide, for shorter ones say the same."""
_KEPT_GUIDES = 64
_KEPT_CHARACTERS = 1_000_000
"""Of all kept guides together: one of a million takes 15 MB, and 64 of 40,000 choices each took 635."""
_BUILD_THREADS = _MASK_THREADS = 2
_MOST_SIMULATED = 1_000
_MOST_LEVELS = 250
"""Of lists and objects in each other: orjson ends at 254."""


def _limits(kind: str) -> LLParserLimits:
    """What a grammar may cost. With llguidance's own limits ((a{1000}){1000}){1000} takes 1.1 s and 168 MB at its first
    mask, with these 0.05 s and 19 MB. 40,000 choices need 900,000, and they are plain words, which are cheap."""
    return LLParserLimits(
        initial_lexer_fuel=1_000_000 if kind == "choice" else 100_000,
        step_lexer_fuel=10_000,
        step_max_items=50_000,
        max_items_in_row=2_000,
        max_lexer_states=50_000,
        max_grammar_size=500_000,
        verbose_errors=False,
    )


_ESCAPED = {ord(sign): "\\" + sign for sign in "\\.+*?()|[]{}^$#&-~/\"'"}
"""What means something in a regular expression, as it stands for itself there."""


def check(guide: Guide) -> None:
    """Raises UserError saying what is wrong with a guide, for whoever has no model at hand."""
    problem = LLMatcher.validate_grammar(_grammar(guide), limits=_limits(guide.kind))
    if problem and not problem.startswith("WARNING"):
        raise UserError(f"guide.value is no {guide.kind} that can be followed: {_told(problem)}")


def _grammar(guide: Guide) -> str:
    """The grammar of a guide, in llguidance's own form."""
    if guide.kind not in _GRAMMARS:
        raise UserError(f"guide.kind is {guide.kind!r}", f"one of {', '.join(_GRAMMARS)}")
    try:
        return _GRAMMARS[guide.kind](guide.value)
    except (ValueError, RecursionError):  # half a surrogate pair, or nested deeper than JSON is read
        raise UserError(f"guide.value is no {guide.kind} that can be followed: broken text or too deep") from None


@dataclass(frozen=True)
class Built:
    """A guide that can be followed: a matcher at the start, to be copied, and the fewest tokens of an answer (JSON)."""

    start: LLMatcher
    fewest_tokens: int | None = None


class Grammars:
    """Makes matchers for one tokenizer. `end_ids` are the tokens that may end an answer where the grammar allows it."""

    def __init__(self, codec: Codec, end_ids: tuple[int, ...], vocabulary_tokens: int) -> None:
        """vocabulary_tokens: logits that the model gives, which may be more than the tokenizer has ids."""
        named = _Vocabulary(codec, end_ids, vocabulary_tokens)
        self._tokenizer = LLTokenizer(TokenizerWrapper(named), vocabulary_tokens, list(end_ids))
        contents = [codec.token_bytes(token_id) for token_id in range(min(codec.vocabulary_tokens, vocabulary_tokens))]
        self._masks = Masks(vocabulary_tokens, contents, closing_ranks(contents, end_ids, vocabulary_tokens))
        self._builder = ThreadPoolExecutor(_BUILD_THREADS, "malmoi-guide-builder")
        self._built: OrderedDict[str, tuple[Future[Built], int]] = OrderedDict()  # with the characters of the guide
        self._lock = threading.Lock()
        self.num_built, self.num_hits = 0, 0

    def building(self, guide: Guide) -> Future[Built]:
        """The guide, being built or built before. Its result raises UserError for one that cannot be followed."""
        written = _written(guide)
        key = hashlib.sha256(written).hexdigest()
        with self._lock:
            is_new = key not in self._built
            self.num_built, self.num_hits = self.num_built + is_new, self.num_hits + (not is_new)
            if is_new:
                self._built[key] = self._builder.submit(self._build, guide), len(written)
            self._built.move_to_end(key)
            while len(self._built) > 1 and self._keeps_too_much():
                self._built.popitem(last=False)
            return self._built[key][0]

    def _keeps_too_much(self) -> bool:
        return len(self._built) > _KEPT_GUIDES or sum(size for _, size in self._built.values()) > _KEPT_CHARACTERS

    def matcher(self, guide: Guide) -> "Matcher":
        """A matcher at the start of the answer. Raises UserError for a guide that cannot be followed."""
        return self.begin(self.building(guide).result())

    def begin(self, built: Built) -> "Matcher":
        """A matcher at the start of an answer, whose first mask is on the way."""
        return Matcher(built, self._masks)

    def close(self) -> None:
        """Ends the threads."""
        self._builder.shutdown(wait=False, cancel_futures=True)
        self._masks.threads.shutdown(wait=False, cancel_futures=True)

    def _build(self, guide: Guide) -> Built:
        matcher = LLMatcher(self._tokenizer, _grammar(guide), log_level=0, limits=_limits(guide.kind))
        if matcher.is_error():
            raise UserError(f"guide.value is no {guide.kind} that can be followed: {_told(matcher.get_error())}")
        return Built(matcher, self._fewest_tokens(matcher.deep_copy()) if guide.kind == "json" else None)

    def _fewest_tokens(self, matcher: LLMatcher) -> int:
        """Tokens of the answer that closes soonest at every token."""
        began_s = time.thread_time()
        depth = Depth()
        for count in range(_MOST_SIMULATED):
            if time.thread_time() - began_s > MAX_BUILD_S:
                raise UserError("guide.value takes too long to follow", f"at most {MAX_BUILD_S:.0f} s to be built")
            ranks_V = self._masks.ranks_2V[int(depth.in_string)]  # noqa: N806
            allowed = np.flatnonzero(soonest(self._masks.allowed(matcher), ranks_V))
            if not len(allowed) or matcher.is_stopped() or not matcher.consume_token(int(allowed[0])):
                return count
            depth.follow(self._masks.contents[allowed[0]])
        return _MOST_SIMULATED


@dataclass(frozen=True)
class Masks:
    """What the masks of all answers share: the vocabulary, and the threads that work them out."""

    vocabulary_tokens: int
    contents: Sequence[bytes]
    ranks_2V: np.ndarray  # noqa: N815
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_MASK_THREADS, "malmoi-guide-mask"))

    def allowed(self, matcher: LLMatcher) -> np.ndarray:
        """Per token (bool, V): whether the grammar allows it as the next one. Lets the interpreter's lock go."""
        bits = llguidance.numpy.allocate_token_bitmask(1, self.vocabulary_tokens)
        llguidance.numpy.fill_next_token_bitmask(matcher, bits)
        return np.unpackbits(bits[0].view(np.uint8), bitorder="little")[: self.vocabulary_tokens] != 0


class Matcher:
    """Where one answer stands in its grammar. The mask of its next token is worked out in another thread."""

    def __init__(self, built: Built, masks: Masks) -> None:
        self._matcher, self._masks, self._fewest_tokens = built.start.deep_copy(), masks, built.fewest_tokens
        self._depth, self._spent_s = Depth(), 0.0
        self.is_complete = False
        """Whether nothing but the end may follow."""
        self.mask: Future[np.ndarray] = masks.threads.submit(self._allowed)

    @property
    def is_ready(self) -> bool:
        """Whether `forbidden` gives its answer at once."""
        return self.mask.done()

    def forbidden(self, left_tokens: int) -> np.ndarray:
        """Per token (bool, V): whether it may not be the next one, when the answer has so many tokens left.

        Raises UserError where the grammar has grown too complex, or has taken too long.
        """
        allowed = self.mask.result()
        if self._matcher.is_error():
            raise UserError(f"the guide failed: {_told(self._matcher.get_error())}")
        if self._spent_s > MAX_MASKS_S:
            raise UserError(
                f"the guide has taken {self._spent_s:.0f} s of work", f"at most {MAX_MASKS_S:.0f} s an answer"
            )
        if self._fewest_tokens is not None and left_tokens <= self._depth.reserve(self._fewest_tokens):
            allowed = soonest(allowed, self._masks.ranks_2V[int(self._depth.in_string)])
        return ~allowed

    def accept(self, token_id: int) -> None:
        """Goes on by one token. Raises UserError where the grammar has grown too complex to follow."""
        self.mask.result()  # one thread at a time may hold the matcher
        if not self._matcher.consume_token(token_id):
            raise UserError(f"the guide failed: {_told(self._matcher.get_error())}")
        self.is_complete = self._matcher.is_stopped()  # kept, for the next mask's thread holds the matcher from here on
        if not self.is_complete:
            self._depth.follow(self._masks.contents[token_id])
            self.mask = self._masks.threads.submit(self._allowed)

    def _allowed(self) -> np.ndarray:
        began_s = time.thread_time()
        allowed = self._masks.allowed(self._matcher)
        self._spent_s += time.thread_time() - began_s
        return allowed


def _written(guide: Guide) -> bytes:
    """The same for guides that ask for the same; the order of keys counts, for it is the order of the answer's.

    Raises UserError for one that is nested deeper than anybody follows (llguidance goes down half as far): Python's own
    writer takes 3 ms for a schema of 180 levels, in which no stream goes on.
    """
    try:
        return orjson.dumps([guide.kind, guide.value], default=repr)
    except TypeError as error:
        if "ecursion limit" in str(error):
            raise UserError("guide.value is nested too deep", f"at most {_MOST_LEVELS} levels") from None
        # half a surrogate pair, or a number above 64 bits
        return json.dumps([guide.kind, guide.value], default=repr).encode()


def _told(problem: str) -> str:
    """What llguidance says, in one line and without its marks for programmers."""
    return " ".join(problem.partition("<backtrace>")[0].replace("<non-verbose/>", "").split())[:300]


def _choice(value: Any) -> str:
    """The texts as the alternatives of one regular expression."""
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) and item for item in value):
        raise UserError("guide.value of a choice is not a list of texts", "at least one text, none of them empty")
    if len(value) > MAX_CHOICES:
        raise UserError(f"guide.value has {len(value)} choices", f"at most {MAX_CHOICES}")
    escaped = "|".join(item.translate(_ESCAPED) for item in value)
    return LLMatcher.grammar_from_regex(unicodedata.normalize("NFC", f"({escaped})"))


def _json(value: Any) -> str:
    if not isinstance(value, dict):
        raise UserError("guide.value of json is not an object", "a JSON schema")
    _text(json.dumps(value, ensure_ascii=False), "json", "a JSON schema")  # its length, before bounds are added
    schema = unicodedata.normalize("NFC", json.dumps(bounded(value), ensure_ascii=False))
    # Compact: with free whitespace a weak model emits tabs and newlines until its tokens run out.
    return LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})


def _text(value: Any, kind: str, expected: str) -> str:
    """A grammar as text within its bound. Raises UserError saying what it should be."""
    if not isinstance(value, str) or not value:
        raise UserError(f"guide.value is a {type(value).__name__}", expected)
    if len(value) > MAX_GRAMMAR_CHARACTERS[kind]:
        raise UserError(f"guide.value has {len(value)} characters", f"at most {MAX_GRAMMAR_CHARACTERS[kind]} of {kind}")
    return unicodedata.normalize("NFC", value)  # tokens are NFC: a grammar in NFD could not be spelt with them


def _lark(value: Any) -> str:
    """A Lark grammar; one in llama.cpp's form ("root ::= ...") is put into it."""
    grammar = _text(value, "lark", "a Lark grammar")
    if "::=" not in grammar:
        return grammar
    try:
        return gbnf_to_lark(grammar)
    except RecursionError:
        raise
    except Exception as error:  # llguidance's reader raises bare Exception for a rule that is not there
        raise UserError(f"guide.value is no GBNF grammar: {_told(str(error))}") from None


_GRAMMARS: dict[str, Callable[[Any], str]] = {
    "choice": _choice,
    "regex": lambda value: LLMatcher.grammar_from_regex(_text(value, "regex", "a regular expression")),
    "json": _json,
    "lark": lambda value: LLMatcher.grammar_from_lark(_lark(value)),
}
"""The grammar of each kind of guide in llguidance's own form, made from the guide's value."""


KINDS = tuple(_GRAMMARS)


class _Vocabulary:
    """A Codec in the form that llguidance asks for: as many tokens as the model has logits, some without bytes."""

    def __init__(self, codec: Codec, end_ids: tuple[int, ...], logits: int) -> None:
        names = {token_id: name.encode() for name, token_id in codec.special_ids.items() if token_id < logits}
        known = range(min(codec.vocabulary_tokens, logits))
        contents = [names.get(token_id) or codec.token_bytes(token_id) for token_id in known]
        self.tokens = [content if len(content) <= _MOST_TOKEN_BYTES else b"" for content in contents]
        self.tokens += [b""] * (logits - len(known))
        self.special_token_ids = sorted(names)
        self.eos_token_id = end_ids[0]
        self.bos_token_id = None
        special = set(names)
        self._by_bytes = {content: place for place, content in enumerate(self.tokens) if place not in special}
        self._most_bytes = max(map(len, self.tokens), default=0)
        self._codec = codec

    def __call__(self, text: bytes) -> list[int]:
        """Ids with exactly these bytes. Some tokenizers put a space before a text, which here has a text before it."""
        ids = self._codec.encode(text.decode("utf-8", errors="replace"))
        if b"".join(map(self._codec.token_bytes, ids)) == text:
            return ids
        return self._longest(text)

    def _longest(self, text: bytes) -> list[int]:
        """The longest token at each place. It ends where none fits."""
        ids, place = [], 0
        while place < len(text):
            lengths = range(min(len(text) - place, self._most_bytes), 0, -1)
            token_id = next(
                (found for n in lengths if (found := self._by_bytes.get(text[place : place + n])) is not None), None
            )
            if token_id is None:
                break
            ids.append(token_id)
            place += len(self.tokens[token_id])
        return ids
