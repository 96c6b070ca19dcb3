"""JSON under a guide: bounds for every field, and an answer that is closed before its tokens run out.

A weak model writes on inside a string until its tokens end, and half a JSON helps nobody. So what a schema leaves open
gets a bound, and when the tokens that are left are just enough to close what is open, only what closes it is allowed.
"""
# ruff: noqa: N803, N806 (shape letters)

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_FIELD_CHARACTERS = 2_000
MAX_FIELD_ITEMS = 128
MAX_INTEGER = 10**15
"""Bounds of a field whose schema has none: above what a person reads in one answer, and JavaScript's safe integers."""

_RESERVE_TOKENS = 8
"""Beside the fewest tokens of a whole answer and one for each open bracket: rests of escapes and of characters."""

_RANKS = ([re.compile(rb"[\]}]+"), re.compile(rb'"'), re.compile(rb'[,:]"?')], [re.compile(rb'"[\]},:]*')])
"""What closes soonest, in this order, between strings and inside of one; after these comes any other token."""
_FREE = 9


def bounded(schema: Any) -> Any:
    """A schema whose strings, arrays and integers have bounds, where they had none and list no values."""
    if isinstance(schema, list):
        return [bounded(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    keep = ("enum", "const", "default", "examples", "required")
    result = {key: value if key in keep else bounded(value) for key, value in schema.items()}
    kind = schema.get("type")
    if "enum" in schema or "const" in schema or not isinstance(kind, str):
        return result
    if kind == "string" and not {"pattern", "format"} & schema.keys():
        result.setdefault("maxLength", MAX_FIELD_CHARACTERS)
    if kind == "array":
        result.setdefault("maxItems", max(MAX_FIELD_ITEMS, _number(schema.get("minItems"))))
    if kind == "integer":
        if "exclusiveMinimum" not in schema:
            result.setdefault("minimum", -MAX_INTEGER)
        if "exclusiveMaximum" not in schema:
            result.setdefault("maximum", MAX_INTEGER)
    return result


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def closing_ranks(contents: Sequence[bytes], end_ids: Sequence[int], vocabulary_tokens: int) -> np.ndarray:
    """How soon each token closes an answer (uint8, 2 x V), between strings and inside of one; ends come first."""
    ranks_2V = np.full((2, vocabulary_tokens), _FREE, np.uint8)
    for row, patterns in zip(ranks_2V, _RANKS, strict=True):
        for token_id, content in enumerate(contents):
            row[token_id] = next((rank for rank, each in enumerate(patterns, 1) if each.fullmatch(content)), _FREE)
    ranks_2V[:, list(end_ids)] = 0
    return ranks_2V


def soonest(allowed_V: np.ndarray, ranks_V: np.ndarray) -> np.ndarray:
    """Those of the allowed tokens (bool, V) that close soonest."""
    if not allowed_V.any():
        return allowed_V
    return allowed_V & (ranks_V == ranks_V[allowed_V].min())


class Depth:
    """How many brackets an answer has open, and whether a string, followed byte by byte."""

    def __init__(self) -> None:
        self.open = 0
        self.in_string = self._is_escaped = False

    def follow(self, content: bytes) -> None:
        """Goes on by the bytes of one token."""
        for byte in content:
            if self._is_escaped:
                self._is_escaped = False
            elif self.in_string and byte == ord("\\"):
                self._is_escaped = True
            elif byte == ord('"'):
                self.in_string = not self.in_string
            elif not self.in_string:
                self.open += (byte in b"{[") - (byte in b"}]")

    def reserve(self, fewest_tokens: int) -> int:
        """Tokens to keep for closing the answer. fewest_tokens: of a whole answer under the same guide."""
        return fewest_tokens + self.open + _RESERVE_TOKENS
