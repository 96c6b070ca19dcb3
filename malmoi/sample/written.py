"""The hand-written texts that samples/ is made of: one plain file per kind, `=== id` before each text."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from malmoi.corpus.document import Kind
from malmoi.kit.errors import UserError

HEADER_KEYS = ("kind", "title", "site", "category", "author", "published")


@dataclass(frozen=True)
class Text:
    """One written text. `group` is the part of the id before the dash: the file that it stands in."""

    id: str
    kind: str
    title: str
    body: str
    site: str = ""
    category: str = ""
    author: str = ""
    published: str = ""

    @property
    def group(self) -> str:
        """ "news" for "news-001"."""
        return self.id.rsplit("-", 1)[0]

    @property
    def paragraphs(self) -> list[str]:
        """The body at its blank lines."""
        return [paragraph.strip() for paragraph in self.body.split("\n\n") if paragraph.strip()]


def read_written(folder: Path) -> list[Text]:
    """All texts below `folder`, in the order of their ids. Raises UserError for a damaged header or a double id."""
    texts: dict[str, Text] = {}
    for path in sorted(folder.glob("*.txt")):
        for block in unicodedata.normalize("NFC", path.read_text(encoding="utf-8")).split("\n=== "):
            text = _parse(block.removeprefix("=== ").removeprefix("\n=== "), path)
            if text.id in texts:
                raise UserError(f"{path}: id {text.id!r} stands twice", "every id once")
            texts[text.id] = text
    if not texts:
        raise UserError(f"{folder} holds no written texts", "*.txt files with '=== id' headers")
    return [texts[key] for key in sorted(texts)]


def _parse(block: str, path: Path) -> Text:
    """One text. Raises UserError for an unknown header line, or where kind, title or body are missing."""
    header, _, body = block.strip().partition("\n\n")
    identity, *lines = header.splitlines()
    values: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon or key not in HEADER_KEYS:
            raise UserError(f"{path}: {identity!r} has the header line {line!r}", f"one of {', '.join(HEADER_KEYS)}")
        values[key] = value.strip()
    kind = values.get("kind", "")
    if kind not in get_args(Kind) or not values.get("title") or not body.strip():
        raise UserError(f"{path}: {identity!r} lacks a known kind, a title or a body")
    return Text(id=identity.strip(), body=body.strip(), **values)
