"""The items of evaluation sets, read for decontamination: JSON, JSONL, CSV, TSV and plain text, one text after another.

These are small files of a known form, not a crawl: what cannot be read is an error that names the file and the place.
"""

import csv
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.kit import config
from malmoi.kit.errors import UserError

LINES = ".txt"
SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", LINES)


@dataclass(frozen=True)
class EvaluationSet:
    """One evaluation set that the corpus must not hold.

    path: a file, or a folder of which every file with a known suffix is read. fields: which fields of a row hold text
    that the model must not have seen; "data.context" goes into tables and through lists. A number is the column of a
    CSV or TSV file that has no header. Every line of a .txt file is an item.
    """

    name: str
    path: Path = config.file()
    fields: tuple[str, ...] = ("text",)

    def __post_init__(self) -> None:
        if not self.name or ":" in self.name:
            raise UserError(f"name is {self.name!r}", "a name for the evaluation set, without colons")
        if not self.fields or not all(self.fields):
            raise UserError(f"fields of {self.name} is {self.fields}", "at least one name of a field")


def read_items(source: EvaluationSet) -> Iterator[tuple[str, str]]:
    """Every text of a set in NFC, with a name: set, file, number of the row from 1, field.

    Raises UserError where a file is missing or broken, and where no row has any of the fields.
    """
    found = False
    for path in _files(source):
        file = path.relative_to(source.path).as_posix() if path != source.path else path.name
        for number, row in enumerate(_rows(path, source), 1):
            for field in source.fields if path.suffix != LINES else ("line",):
                text = "\n".join(_texts(row, field.split("."))) if path.suffix != LINES else row
                if text.strip():
                    found = True
                    yield f"{source.name}:{file}:{number}:{field}", unicodedata.normalize("NFC", text)
    if not found:
        raise UserError(f"no text in {source.path}", f"rows with {' or '.join(source.fields)}")


def _files(source: EvaluationSet) -> Sequence[Path]:
    if not source.path.exists():
        raise UserError(f"no evaluation set at {source.path}", "a file or a folder")
    if not source.path.is_dir():
        if source.path.suffix not in SUFFIXES:
            raise UserError(f"the evaluation set is {source.path}", f"a file of {', '.join(SUFFIXES)}")
        return [source.path]
    return [path for path in sorted(source.path.rglob("*")) if path.suffix in SUFFIXES]


def _rows(path: Path, source: EvaluationSet) -> Iterator[Any]:
    try:
        content = path.read_text("utf-8-sig")
        if path.suffix == LINES:
            yield from content.splitlines()
        elif path.suffix in (".csv", ".tsv"):
            yield from _table(content, "\t" if path.suffix == ".tsv" else ",", source.fields)
        elif path.suffix == ".json":
            value = json.loads(content)
            yield from value if isinstance(value, list) else [value]
        else:
            yield from (json.loads(line) for line in content.split("\n") if line.strip())
    except (ValueError, csv.Error) as error:
        raise UserError(
            f"{path} of {source.name} cannot be read: {error}", "UTF-8 text of the form of its suffix"
        ) from error


def _table(content: str, delimiter: str, fields: Sequence[str]) -> Iterator[dict[str, str]]:
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    rows = csv.reader(content.splitlines(keepends=True), delimiter=delimiter, quoting=quoting)
    if all(field.isdigit() for field in fields):
        yield from ({str(index): value for index, value in enumerate(row)} for row in rows)
        return
    header = next(rows, [])
    yield from (dict(zip(header, row, strict=False)) for row in rows)


def _texts(value: Any, steps: Sequence[str]) -> Iterator[str]:
    """The strings at a path of names, through lists."""
    if isinstance(value, list):
        for each in value:
            yield from _texts(each, steps)
    elif steps and isinstance(value, dict):
        yield from _texts(value.get(steps[0]), steps[1:])
    elif not steps and isinstance(value, str):
        yield value
