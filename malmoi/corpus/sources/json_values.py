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
MOST_LEFT_BYTES = 64_000
"""Of values in lists that are neither tables nor at the path of the text: what a file says of itself has less."""
BETWEEN = re.compile(r"(?:[\s,\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
"""What may stand between values; comments are no JSON, but files that people write have them at their beginning."""
MOST_DIGITS = 4_000
"""Python reads no longer whole number; such a one is no text, and the row has other fields."""


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else digits


DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number)
STRUCTURE = re.compile(r"\\.|[\"{}\[\]]", re.DOTALL)
COMMA_BEFORE_BRACKET = re.compile(r",\s*[}\]]\s*.?.?$")
FAULTS = (
    (re.compile(r"//|/\*|#"), "a comment; JSON allows none: remove it"),
    (re.compile(r"'"), "single quotation marks; JSON allows double ones only"),
    (re.compile(r"(?:None|True|False)\b"), "a word of Python; JSON writes null, true, false"),
)


class _TooLargeError(ValueError):
    """A value that goes on beyond the limit."""


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

    What follows a fault in the syntax is one Unreadable. A row beyond the limit is one too; those after it are read.
    """
    window = _Window(stream)
    in_array = window.next_sign() == "["
    window.start += in_array
    number = left_bytes = 0
    while sign := window.next_sign():
        if in_array and sign == "]":
            window.start += 1
            in_array = window.next_sign() == "["  # files that were written one after another
            window.start += in_array
            continue
        try:
            for rows, size_bytes in _next_rows(window, source, not in_array):
                left_bytes += 0 if rows is None or rows else size_bytes
                if rows is None:
                    detail = f"row {number} has {size_bytes} bytes, more than max_bytes_per_document "
                    detail += f"({source.max_bytes_per_document}); the rows after it are read"
                    yield Unreadable(origin_file, number, size_bytes, "too_large", detail)
                    number += 1
                for row in rows or ():
                    yield row_to_raw(row, (origin_file, number, size_bytes // len(rows or ())), source)
                    number += 1
        except (ValueError, RecursionError) as error:
            size_bytes = len(window.text[window.start :].encode("utf-8", "surrogatepass"))
            detail = f"row {number} and all after it are not read: {in_words(error, window.text)}"
            yield Unreadable(origin_file, number, size_bytes, "malformed_json", detail)
            return
    if left_bytes and (number == 0 or left_bytes > MOST_LEFT_BYTES):
        detail = "lists of values that are no tables: give text_field the path of the texts, as 'data[]'"
        yield Unreadable(origin_file, number, left_bytes, "no_text", detail)
        number += 1
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


def _next_rows(window: _Window, source: Input, is_file: bool) -> Iterator[tuple[list[Any] | None, int]]:
    """The rows of the next value with their bytes, all at once; of an object beyond the limit, one after another.

    None for a row beyond the limit, which is read past; no rows for a value that holds none.
    """
    start = window.text[window.start : window.start + 1]
    try:
        value, size_bytes = _next_value(window, source.max_bytes_per_document)
    except _TooLargeError:
        if is_file and start == "{":
            yield from _walk(window, Rows(source, (), {}))
        else:
            yield None, _skip(window)
        return
    yield rows_of(value, source, is_file), size_bytes


def _walk(window: _Window, rows: Rows) -> Iterator[tuple[list[Any] | None, int]]:
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
            try:
                rows.describe(key, _next_value(window, limit_bytes)[0])
            except _TooLargeError:
                yield None, _skip(window)
    window.start += 1


def _walk_list(window: _Window, rows: Rows) -> Iterator[tuple[list[Any] | None, int]]:
    _expect(window, "[")
    while window.next_sign() != "]":
        try:
            value, size_bytes = _next_value(window, rows.source.max_bytes_per_document)
        except _TooLargeError:
            yield None, _skip(window)
            continue
        found = rows.of(value) if isinstance(value, (dict, list, str)) else []
        is_read = isinstance(value, dict) or any(rows.source.text_field in row for row in found)
        yield found if is_read else [], size_bytes
    window.start += 1


def _skip(window: _Window) -> int:
    """Reads past a value of any size without holding it. Returns its bytes; where it never ends, those of the rest."""
    depth, size_bytes, in_string = 0, 0, False
    while True:
        begin = window.start
        for sign in STRUCTURE.finditer(window.text, begin):
            if sign[0] == '"':
                in_string = not in_string
            elif not in_string and len(sign[0]) == 1:
                depth += 1 if sign[0] in "{[" else -1
            if depth <= 0 and not in_string and len(sign[0]) == 1:
                window.start = sign.end()
                return size_bytes + len(window.text[begin : sign.end()].encode("utf-8", "surrogatepass"))
        tail = len(window.text) - len(window.text.rstrip("\\"))
        window.start = len(window.text) - tail % 2  # a backslash and what it stands before stay together
        size_bytes += len(window.text[begin : window.start].encode("utf-8", "surrogatepass"))
        if not window.refill():
            window.start = len(window.text)
            return size_bytes


def _expect(window: _Window, sign: str) -> None:
    if window.next_sign() != sign:
        raise json.JSONDecodeError(f"Expecting {sign!r}", window.text, min(window.start, len(window.text)))
    window.start += 1


def _next_value(window: _Window, limit_bytes: int) -> tuple[Any, int]:
    """Reads one value on from the window, and its size in bytes. Raises ValueError where it never becomes whole, and
    _TooLargeError where it goes on beyond the limit.
    """
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, window.start)
        except json.JSONDecodeError as error:
            if not is_cut_off(error, window.text):
                raise
            if len(window.text) - window.start > limit_bytes:
                raise _TooLargeError from None
            if not window.refill():
                raise
            continue
        if end == len(window.text) and not isinstance(value, (dict, list, str)) and window.refill():
            continue  # a number may go on in the next piece
        size_bytes = len(window.text[window.start : end].encode("utf-8", "surrogatepass"))
        window.start = end
        return value, size_bytes
