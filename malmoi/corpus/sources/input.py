"""One input of a recipe: what to read, and what is known of it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from malmoi.corpus.document import require_kind
from malmoi.corpus.sources.names import shown
from malmoi.kit.errors import UserError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Input:
    """One thing to read: a file, an archive, or a folder with everything below it.

    include, exclude: shell patterns ("*.md", "law/*.md") over paths relative to `path`; empty includes all.
    text_field: the field that holds the text; in JSON and Parquet also a path through tables and lists
    ("document.paragraph.form", see sources/nested.py).
    rows_per_document: joins so many consecutive rows of one file with newlines (short reviews of one film); above 1,
    the rows of a plain text file are its lines.
    comments: readers' comments on a page become a document of their own, of the kind comment; else they are left out.
    speakers: "labels" puts "화자 1", "화자 2" for the speakers of talks, "names" keeps them; None: labels in chat logs,
    whose speakers are private people, names elsewhere.
    mail_quotes: "once" keeps each line of the earlier mails that a mail quotes once, "cut" leaves those mails out; the
    account of letters counts what goes.
    spam_field, popularity_field, category_field: which fields of rows hold what the source itself says of them, names
    or paths ("meta.spam"): the ledger's source_verdict, by which [corpus.source_verdict] and the mix judge.
    max_bytes_per_document: raw bytes; what is larger is reported as unreadable and never held whole.
    """

    path: Path
    kind: str | None = None
    name: str | None = None
    licence: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    text_field: str = "text"
    rows_per_document: int = 1
    comments: bool = False
    speakers: Literal["labels", "names"] | None = None
    mail_quotes: Literal["once", "cut"] = "once"
    spam_field: str | None = None
    popularity_field: str | None = None
    category_field: str | None = None
    max_bytes_per_document: int = 20 * MEGABYTE

    def __post_init__(self) -> None:
        if self.kind is not None:
            require_kind(self.kind, "kind")
        if not self.text_field:
            raise UserError("text_field is empty", "the name of the field that holds the text")
        for name in ("spam_field", "popularity_field", "category_field"):
            if getattr(self, name) == "":
                raise UserError(f"{name} is empty", "the name of a field, or nothing")
        for name in ("rows_per_document", "max_bytes_per_document"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}", "1 or more")


def origin_name(path: Path, source: Input) -> str:
    """A file's name in `origin`: relative to the input's path, as names.shown gives it."""
    name = path.relative_to(source.path).as_posix() if path != source.path else path.name
    return shown(os.fsencode(name))
