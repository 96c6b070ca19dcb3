"""Files of JSON: an array of rows, one object, or objects after one another; read piece by piece, never whole.

An object that is larger than a document may be is walked through: the tables in its lists are read one by one, so that
a file of 200 MB takes no more memory than its largest row.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.nested import MOST_DEPTH, Rows, rows_of
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text import charset

PIECE_CHARACTERS = 1 << 16
BETWEEN = re.compile(r"(?:[\s,\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
"""What may stand between values; comments are no JSON, but files that people write have them at their beginning."""
MOST_DIGITS = 4_000
"""Python reads no longer whole number; such a one is no text, and the row has other fields."""


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number)
COMMA_BEFORE_BRACKET = re.compile(r",\s*[}\]]\s*.?.?$")
FAULTS = (
    (re.compile(r"//|/\*|#"), "a comment; JSON allows none: remove it"),
    (re.compile(r"'"), "single quotation marks; JSON allows double ones only"),
    (re.compile(r"(?:None|True|False)\b"), "a word of Python; JSON writes null, true, false"),
)


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
    """One item for every value, or for every row in one that holds rows; its offset is its number.

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
            for rows, size_bytes in _next_rows(window, source, not in_array):
                for row in rows:
                    yield row_to_raw(row, (origin_file, number, size_bytes // len(rows)), source)
                    number += 1
        except (ValueError, RecursionError) as error:
            size_bytes = len(window.text[window.start :].encode("utf-8", "surrogatepass"))
            large = size_bytes > source.max_bytes_per_document
            detail = f"row {number} and all after it are not read: {in_words(error, window.text)}"
            if large:
                detail = f"row {number} is larger than max_bytes_per_document ({source.max_bytes_per_document})"
            yield Unreadable(origin_file, number, size_bytes, "too_large" if large else "malformed_json", detail)
            return
    if in_array:
        yield Unreadable(origin_file, number, 0, "malformed_json", "the file ends inside the array")
    elif number == 0:
        yield Unreadable(origin_file, 0, 0, "empty", "no value in the file")


def in_words(error: Exception, text: str) -> str:
    """What is wrong with a JSON, in words that say what to do. Nothing of its text is told, only the place."""
    if not isinstance(error, json.JSONDecodeError):
        return "lists or tables in one another without end" if isinstance(error, RecursionError) else "a faulty number"
    after = text[error.pos : error.pos + 10].lstrip()
    place = f"at line {error.lineno}, character {error.colno}"
    for pattern, words in FAULTS:
        if pattern.match(after):
            return f"{words} ({place})"
    if COMMA_BEFORE_BRACKET.search(text, max(0, error.pos - 100), error.pos + 3):
        return f"a comma before a closing bracket; JSON allows none there: remove it ({place})"
    return f"{error.msg} ({place})"


def is_cut_off(error: json.JSONDecodeError, text: str) -> bool:
    """Whether a JSON may only be cut off: it fails at the very end, or at the start of a string that goes on."""
    return error.pos >= len(text) - 16 or error.msg.startswith("Unterminated string")


def _next_rows(window: _Window, source: Input, is_file: bool) -> Iterator[tuple[list[Any], int]]:
    """The rows of the next value with their bytes, all at once; of an object beyond the limit, one after another."""
    start = window.text[window.start : window.start + 1]
    try:
        value, size_bytes = _next_value(window, source.max_bytes_per_document)
    except ValueError:
        if not is_file or start != "{" or len(window.text) - window.start <= source.max_bytes_per_document:
            raise
        yield from _walk(window, Rows(source, (), {}))
        return
    yield rows_of(value, source, is_file), size_bytes


def _walk(window: _Window, rows: Rows) -> Iterator[tuple[list[Any], int]]:
    """The rows in the lists of tables of an object that is too large to be held, each with its bytes.

    What stands before a list describes its rows; what follows it is read past.
    """
    limit_bytes = rows.source.max_bytes_per_document
    _expect(window, "{")
    while (sign := window.next_sign()) != "}":
        key, _ = _next_value(window, limit_bytes) if sign == '"' else (None, 0)
        _expect(window, ":") if key is not None else _expect(window, '"')
        sign = window.next_sign()
        if sign == "{" and rows.depth < MOST_DEPTH:
            yield from _walk(window, rows.below(key))
        elif sign == "[":
            yield from _walk_list(window, rows.below(key))
        else:
            rows.describe(key, _next_value(window, limit_bytes)[0])
    window.start += 1


def _walk_list(window: _Window, rows: Rows) -> Iterator[tuple[list[Any], int]]:
    _expect(window, "[")
    while window.next_sign() != "]":
        value, size_bytes = _next_value(window, rows.source.max_bytes_per_document)
        if isinstance(value, dict):
            yield rows.of(value), size_bytes
    window.start += 1


def _expect(window: _Window, sign: str) -> None:
    if window.next_sign() != sign:
        raise json.JSONDecodeError(f"Expecting {sign!r}", window.text, min(window.start, len(window.text)))
    window.start += 1


def _next_value(window: _Window, limit_bytes: int) -> tuple[Any, int]:
    """Reads one value on from the window, and its size in bytes. Raises ValueError where it never becomes whole."""
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, window.start)
        except json.JSONDecodeError as error:
            if (
                not is_cut_off(error, window.text)
                or len(window.text) - window.start > limit_bytes
                or not window.refill()
            ):
                raise
            continue
        if end == len(window.text) and not isinstance(value, (dict, list, str)) and window.refill():
            continue  # a number may go on in the next piece
        size_bytes = len(window.text[window.start : end].encode("utf-8", "surrogatepass"))
        window.start = end
        return value, size_bytes
