""".json files: an array of rows, one object, or objects after one another; read piece by piece, never whole."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from malmoi.corpus.sources.fields import rows_within
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text import charset

PIECE_CHARACTERS = 1 << 16
BETWEEN = re.compile(r"[\s,\ufeff]*")
MOST_DIGITS = 4_000
"""Python refuses to read longer numbers; nobody asks for them, and the row is worth more."""
DECODER = json.JSONDecoder(strict=False, parse_int=lambda digits: int(digits) if len(digits) <= MOST_DIGITS else None)
"""Takes control characters in strings, and a number of too many digits as none."""


class _Window:
    """The part of a text stream that is in memory: `text` from `start` on is not read yet."""

    def __init__(self, stream: BinaryIO) -> None:
        self._pieces = charset.text_pieces(stream)
        self._fault: DamagedError | None = None
        self.text = ""
        self.start = 0

    def refill(self) -> bool:
        """Reads as much again as is held, so that a long value costs linear time. False at the end.

        A fault of the stream is raised only when all that came before it has been read.
        """
        if self._fault:
            raise self._fault
        parts = [self.text[self.start :]]
        wanted = max(PIECE_CHARACTERS, len(parts[0]))
        try:
            while wanted > 0 and (piece := next(self._pieces, None)) is not None:
                parts.append(piece)
                wanted -= len(piece)
        except DamagedError as fault:
            self._fault = fault
        self.text, self.start = "".join(parts), 0
        return len(parts) > 1 or self._fault is not None

    def next_sign(self) -> str:
        """The next character that is neither white space nor a comma, left where it is. Empty at the end."""
        while True:
            self.start = BETWEEN.match(self.text, self.start).end()  # type: ignore[union-attr]
            if self.start < len(self.text):
                return self.text[self.start]
            if not self.refill():
                return ""


def read(stream: BinaryIO, origin_file: str, source: Input) -> Iterator[Raw | Unreadable]:
    """One item for every value, or for every row in one that holds only rows; its offset is its number.

    What follows a fault in the syntax is one Unreadable.
    """
    window = _Window(stream)
    in_array = window.next_sign() == "["
    window.start += in_array
    number = 0
    while sign := window.next_sign():
        if in_array and sign == "]":
            window.start += 1
            in_array = window.next_sign() == "["  # files that were written one after another
            window.start += in_array
            continue
        try:
            value, size_bytes = _next_value(window, source.max_bytes_per_document)
        except (ValueError, RecursionError) as error:
            size_bytes = len(window.text) - window.start
            large = size_bytes > source.max_bytes_per_document
            detail = f"row {number} and all after it are not read: {type(error).__name__} {error}"[:200]
            yield Unreadable(origin_file, number, size_bytes, "too_large" if large else "malformed_json", detail)
            return
        rows = rows_within(value)
        for row in rows:
            yield row_to_raw(row, (origin_file, number, size_bytes // len(rows)), source)
            number += 1
    if in_array:
        yield Unreadable(origin_file, number, 0, "malformed_json", "the file ends inside the array")
    elif number == 0:
        yield Unreadable(origin_file, 0, 0, "empty", "no value in the file")


def _next_value(window: _Window, limit_bytes: int) -> tuple[Any, int]:
    """Reads one value on from the window, and its size in bytes. Raises ValueError where it never becomes whole."""
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, window.start)
        except json.JSONDecodeError as error:
            # What is only cut off fails at the very end of the window, or at the start of a string that goes on.
            cut_off = error.pos >= len(window.text) - 16 or error.msg.startswith("Unterminated string")
            if not cut_off or len(window.text) - window.start > limit_bytes or not window.refill():
                raise
            continue
        if end == len(window.text) and not isinstance(value, (dict, list, str)) and window.refill():
            continue  # a number may go on in the next piece
        size_bytes = len(window.text[window.start : end].encode("utf-8", "surrogatepass"))
        window.start = end
        return value, size_bytes
