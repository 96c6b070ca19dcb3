"""Which tokens may follow so that an answer is always UTF-8: a table of 8 states of an open character by V tokens.

Byte-level tokens are parts of characters. A model may want the rest of a syllable where none is open, and a person
would read U+FFFD. States (Unicode 17, table 3-7): between characters; one, two or three bytes to come; and the four
first bytes after which the second one is bounded (E0, ED, F0, F4). Shape letters: S state, V vocabulary.
"""
# ruff: noqa: N806 (shape letters)

import codecs
from collections.abc import Sequence

import numpy as np

from malmoi.tokenizer.codec import Codec

BETWEEN = 0
_ONE, _TWO, _THREE, _AFTER_E0, _AFTER_ED, _AFTER_F0, _AFTER_F4, _BROKEN = range(1, 9)
NUM_STATES = _BROKEN

_RULES = [
    (BETWEEN, 0x00, 0x7F, BETWEEN),
    (BETWEEN, 0xC2, 0xDF, _ONE),
    (BETWEEN, 0xE0, 0xE0, _AFTER_E0),
    (BETWEEN, 0xE1, 0xEC, _TWO),
    (BETWEEN, 0xED, 0xED, _AFTER_ED),
    (BETWEEN, 0xEE, 0xEF, _TWO),
    (BETWEEN, 0xF0, 0xF0, _AFTER_F0),
    (BETWEEN, 0xF1, 0xF3, _THREE),
    (BETWEEN, 0xF4, 0xF4, _AFTER_F4),
    (_ONE, 0x80, 0xBF, BETWEEN),
    (_TWO, 0x80, 0xBF, _ONE),
    (_THREE, 0x80, 0xBF, _TWO),
    (_AFTER_E0, 0xA0, 0xBF, _ONE),
    (_AFTER_ED, 0x80, 0x9F, _ONE),
    (_AFTER_F0, 0x90, 0xBF, _TWO),
    (_AFTER_F4, 0x80, 0x8F, _TWO),
]
"""State, first and last byte, next state; every other byte breaks."""


def _steps() -> np.ndarray:
    """The next state (uint8) of each state and byte."""
    steps = np.full((NUM_STATES + 1, 256), _BROKEN, np.uint8)
    for state, first, last, following in _RULES:
        steps[state, first : last + 1] = following
    return steps


_STEPS = _steps()


def after(state: int, content: bytes) -> int:
    """The state after some more bytes; after what is no UTF-8 a new character begins."""
    for byte in content:
        state = int(_STEPS[state, byte])
    return BETWEEN if state == _BROKEN else state


def breaking(contents: Sequence[bytes]) -> np.ndarray:
    """Whether each token breaks UTF-8 in each state (bool, S x V). A token without bytes may come between characters.

    The longest token says how many steps are taken, each over the whole vocabulary: 32,000 tokens take 50 ms.
    """
    lengths_V = np.array([len(content) for content in contents])
    longest = int(lengths_V.max(initial=0))
    bytes_VL = np.zeros((len(contents), longest), np.uint8)
    for token_id, content in enumerate(contents):
        bytes_VL[token_id, : len(content)] = np.frombuffer(content, np.uint8)
    states_SV = np.repeat(np.arange(NUM_STATES, dtype=np.uint8)[:, None], len(contents), axis=1)
    for place in range(longest):
        states_SV = np.where(place < lengths_V, _STEPS[states_SV, bytes_VL[:, place]], states_SV)
    breaking_SV = states_SV == _BROKEN
    breaking_SV[1:, lengths_V == 0] = True
    return breaking_SV


def open_bytes(codec: Codec, ids: Sequence[int]) -> bytes:
    """The bytes of a character that is open at the end of `ids`; empty where none is, as after a special token."""
    tail = b""
    for token_id in reversed(ids):
        content = codec.token_bytes(token_id)
        tail = content + tail
        if not content or len(tail) >= 3:
            break
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
    decoder.decode(tail)
    return decoder.getstate()[0]
