"""What is asked to be erased: of one person or matter a `Request`, of several a list, also from a file.

A file is TOML (`[[person]]` with name, author, address, text, id, matching: a string or a list of strings), CSV with
such columns (several values of a cell parted by "|"), or plain lines: a name, an address (with ://), or an id on each.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from malmoi.corpus.text import charset
from malmoi.corpus.text.fold import squeezed
from malmoi.kit.errors import UserError, did_you_mean

ID = re.compile(r"[0-9a-f]{32}")
LEAST_LETTERS = 2
"""Of a name or a text: one letter stands in every document."""
_COLUMNS = {"name": "names", "author": "authors", "address": "addresses", "text": "texts", "id": "ids"}
_OTHER_WORDS = {
    "이름": "name", "성명": "name", "글쓴이": "author", "필명": "author", "작성자": "author", "주소": "address",
    "url": "address", "링크": "address", "글": "text", "본문": "text", "번호": "id", "matching": "matching",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Documents of one person or matter: those that any of these finds.

    ids: of documents. texts: a passage, or a whole document, whose near copies are found too. addresses: of a page, or
    of all below it. authors: by the hash of the name at each source. names: of a person, who is looked for in texts,
    titles, addresses, file names, speakers and captions, and as an author. matching: a regular expression (RE2).
    """

    ids: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    matching: str | None = None

    def __post_init__(self) -> None:
        if not any(getattr(self, field.name) for field in fields(self)):
            raise UserError(
                "nothing is asked to be erased", "an id, a text, an address, an author, a name or a pattern"
            )
        said = [(value, sum(map(str.isalnum, squeezed(value)))) for value in (*self.texts, *self.names)]
        called = [(value, len(squeezed(value))) for value in self.authors]  # a nickname may be signs alone
        for value, letters in (*said, *called):
            if letters < LEAST_LETTERS:
                raise UserError(f"{value!r} is asked for", f"{LEAST_LETTERS} letters or more: others are in every text")
        for value in self.addresses:
            if "." not in value:
                raise UserError(f"the address {value!r}", "an address with a host, such as https://blog.example/1")
        if self.matching is not None:
            _require_pattern(self.matching)

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Every value with its kind ("id", "name", ...): what a certificate keeps under a key."""
        pairs = [(kind, value) for kind, name in _COLUMNS.items() for value in getattr(self, name)]
        return pairs + ([("matching", self.matching)] if self.matching else [])


def _require_pattern(pattern: str) -> None:
    """Raises UserError where RE2 cannot read a pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.call_function("match_substring_regex", [pa.array([""])], pc.MatchSubstringOptions(pattern))
    except pa.ArrowInvalid as error:
        raise UserError(f"the pattern {pattern!r} cannot be read: {error}", "a regular expression (RE2)") from None


def from_file(path: Path) -> list[Request]:
    """The requests in a file. Raises UserError where it cannot be read, or a part of it asks for nothing."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "a file of persons") from None
    decoded = charset.decode(content, None, is_html=False)
    if decoded is None or decoded.damage_share:
        raise UserError(f"{path} is no text in UTF-8 or CP949", "a file of persons or ids")
    text, suffix = decoded.text.removeprefix("\ufeff"), path.suffix.lower()
    read = {".toml": _from_toml, ".csv": _from_csv}.get(suffix, _from_lines)
    found = list(read(text, path))
    if not found:
        raise UserError(f"{path} asks for nothing", "a name, an address or an id on each line")
    return found


def _from_lines(text: str, _path: Path) -> Iterable[Request]:
    for line in filter(None, map(str.strip, text.splitlines())):
        if ID.fullmatch(line):
            yield Request(ids=(line,))
        else:
            yield Request(addresses=(line,)) if "://" in line else Request(names=(line,))


def _from_toml(text: str, path: Path) -> Iterable[Request]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} cannot be read: {error}", "TOML") from None
    rows = table.get("person", [])
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or table.keys() - {"person"}:
        raise UserError(f"{path} has {', '.join(map(repr, table))}", "a table [[person]] for each person, no other")
    for row in rows:
        yield _request(row, path)


def _from_csv(text: str, path: Path) -> Iterable[Request]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, [])
        for row in rows:
            if any(cell.strip() for cell in row[len(header) :]):
                wrong = f"{path}, line {rows.line_num}: {len(row)} cells below {len(header)} columns"
                raise UserError(wrong, 'a column for each cell; several values of a cell parted by "|"')
            cells = dict[str, list[str]]()
            for key, cell in zip(header, row, strict=False):
                cells.setdefault(key, []).extend(one.strip() for one in cell.split("|") if one.strip())
            if any(cells.values()):
                yield _request({key: values for key, values in cells.items() if values}, path)
    except csv.Error as error:
        raise UserError(f"{path}, line {rows.line_num}, cannot be read: {error}", "CSV with a header") from None


def _request(row: dict[str, Any], path: Path) -> Request:
    """One person of a table. A name's plural and Korean words for the columns are understood."""
    values: dict[str, Any] = {}
    for key, value in row.items():
        word = key.strip().lower()
        word = _OTHER_WORDS.get(word, "address" if word == "addresses" else word.removesuffix("s"))
        if word not in (*_COLUMNS, "matching"):
            raise UserError(f"{path} has {key!r}", f"some of {', '.join(_COLUMNS)}", did_you_mean(word, list(_COLUMNS)))
        given: Sequence[Any] = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in given):
            raise UserError(f"{path}: {key} is {value!r}", "a string or a list of strings")
        if word == "matching":
            values["matching"] = "|".join(f"(?:{one})" for one in given) or None
        else:
            values[_COLUMNS[word]] = (*values.get(_COLUMNS[word], ()), *filter(None, given))
    return Request(**values)
